"""Each alignment answers a question in its partner's words and is no stronger than its table."""

from __future__ import annotations

import csv
from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.dataset.sources import project_root

FOLDER = project_root() / "ontology" / "alignments"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ttl"))

# What the mapping relations make of a class or property of the partner: ours that answer to it.
_MATCH = "^(skos:closeMatch|skos:broadMatch|skos:narrowMatch|skos:relatedMatch|rdfs:subClassOf)"
_PREFIXES = """
PREFIX aao: <http://linked.data.gov.au/def/aao#>
PREFIX action: <http://www.estrellaproject.org/lkif-core/legal-action.owl#>
PREFIX cv: <http://data.europa.eu/m8g/>
PREFIX d3f: <http://d3fend.mitre.org/ontologies/d3fend.owl#>
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dpv: <https://w3id.org/dpv#>
PREFIX eli: <http://data.europa.eu/eli/ontology#>
PREFIX ge: <https://spec.edmcouncil.org/fibo/ontology/BE/GovernmentEntities/GovernmentEntities/>
PREFIX gufo: <http://purl.org/nemo/gufo#>
PREFIX investigation: <https://ontology.caseontology.org/case/investigation/>
PREFIX lrmlmm: <http://docs.oasis-open.org/legalruleml/ns/v1.0/metamodel#>
PREFIX norm: <http://www.estrellaproject.org/lkif-core/norm.owl#>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX stix: <http://docs.oasis-open.org/cti/ns/stix#>
PREFIX time: <http://www.w3.org/2006/time#>
"""
_PTA = "https://w3id.org/mandates/id/pk/actor/pta"
_PECA = "https://w3id.org/mandates/id/pk/instrument/peca-2016"
_BLOCK = "https://w3id.org/mandates/id/pk/mandate/peca-s37.1-remove-or-block"

# Name of the alignment, a query with nothing of ours in it, a thing that its answers must hold.
QUESTIONS = {
    "org": ("?x a org:Organization", _PTA),
    "cpov": ("?x a cv:PublicOrganisation", _PTA),
    "cpsv-ap": (f"cv:hasCompetentAuthority {_MATCH} ?p . ?m ?p ?x", _PTA),
    "eli": ("?part eli:is_part_of ?x . ?x a eli:LegalResource", _PECA),
    "prov-o": ("?x a prov:Agent . FILTER EXISTS { ?y prov:wasDerivedFrom ?z }", _PTA),
    "skos": (
        "?x a skos:Concept ; skos:broader ?y . ?y a skos:Concept",
        "https://w3id.org/mandates/scheme/function/block-access",
    ),
    "dcat": (f"dcat:Resource {_MATCH} ?c . ?x a ?c", f"{_PECA}".replace("instrument", "document")),
    "owl-time": (f"time:hasBeginning {_MATCH} ?p . ?x ?p ?date", _BLOCK),
    "dpv": (f"dpv:Authority {_MATCH} ?c . ?x a ?c", _PTA),
    "lkif-core": (f"norm:Hohfeldian_Power {_MATCH} ?c . ?x a ?c", _BLOCK),
    "legalruleml": (
        f"lrmlmm:Obligation {_MATCH} ?c . ?x a ?c",
        "https://w3id.org/mandates/id/in/mandate/it-s70B.4-respond",
    ),
    "aao": (
        f"aao:responsibleDepartment {_MATCH} ?p . ?m ?p ?x . "
        f"aao:matterDealtWith {_MATCH} ?q . ?m ?q ?matter",
        _PTA,
    ),
    "fibo": (
        f"ge:GovernmentDepartment {_MATCH} ?c . ?x a ?c",
        "https://w3id.org/mandates/id/pk/actor/moitt",
    ),
    "uco-case": (f"investigation:Authorization {_MATCH} ?c . ?x a ?c", _BLOCK),
    "d3fend": (
        f"d3f:InternetPersona {_MATCH} ?x",
        "https://w3id.org/mandates/scheme/layer/persona-and-identity",
    ),
    "stix": (f"stix:Identity {_MATCH} ?c . ?x a ?c", _PTA),
    "gufo": (f"gufo:Relator {_MATCH} ?c . ?x a ?c . gufo:mediates {_MATCH} ?p . ?x ?p ?y", _BLOCK),
    "schema-legislation": ("?new schema:legislationAmends ?x . ?x a schema:Legislation", _PECA),
}


def rows(name: str) -> list[dict[str, str]]:
    """Read a table of mappings with its terms in full."""
    lines = (FOLDER / f"{name}.sssom.tsv").read_text("utf-8").splitlines()
    prefixes = {"rdfs": "http://www.w3.org/2000/01/rdf-schema#"}
    for line in lines:
        if line.startswith("#   "):
            prefix, _, namespace = line[4:].partition(": ")
            prefixes[prefix] = namespace
    found = []
    for row in csv.DictReader((li for li in lines if not li.startswith("#")), delimiter="\t"):
        for column in ("subject_id", "predicate_id", "object_id", "mapping_justification"):
            prefix, _, local = row[column].partition(":")
            row[column] = prefixes[prefix] + local
        found.append(row)
    return found


def graph(name: str) -> ox.Store:
    """Parse one alignment."""
    store = ox.Store()
    store.load(path=str(FOLDER / f"{name}.ttl"), format=ox.RdfFormat.TURTLE)
    return store


@pytest.mark.parametrize("name", NAMES)
def test_a_query_in_the_partners_words_is_answered(record: ox.Store, name: str) -> None:
    pattern, expected = QUESTIONS[name]
    assert "mand:" not in pattern
    # Mapping relations relate concepts in the partner's sense as well as properties.
    pattern = pattern.replace("rdfs:subClassOf)", "rdfs:subClassOf|rdfs:subPropertyOf)")
    found = record.query(f"{_PREFIXES} SELECT DISTINCT ?x WHERE {{ {pattern} }}")
    assert isinstance(found, ox.QuerySolutions)
    assert expected in {row["x"].value for row in found}  # type: ignore[union-attr]


@pytest.mark.parametrize("name", NAMES)
def test_table_and_turtle_say_the_same(name: str) -> None:
    kinds = ("subClassOf", "subPropertyOf", "Match")
    said = {
        (q.subject.value, q.predicate.value, q.object.value)  # type: ignore[union-attr]
        for q in graph(name)
        if q.predicate.value.endswith(kinds)
    }
    assert said == {(r["subject_id"], r["predicate_id"], r["object_id"]) for r in rows(name)}


@pytest.mark.parametrize("name", NAMES)
def test_every_mapping_is_justified_and_none_too_sure(name: str) -> None:
    for row in rows(name):
        assert row["mapping_justification"].startswith("https://w3id.org/semapv/vocab/")
        assert row["comment"]
        sure = float(row["confidence"])
        assert 0 < sure <= 1
        # What entails something must be surer than what only suggests.
        if "rdf-schema" in row["predicate_id"]:
            assert sure >= 0.8
        if row["predicate_id"].endswith("relatedMatch"):
            assert sure <= 0.7


@pytest.mark.parametrize("name", NAMES)
def test_our_side_of_a_mapping_exists(record: ox.Store, name: str) -> None:
    for row in rows(name):
        ours = ox.NamedNode(row["subject_id"])
        assert any(record.quads_for_pattern(ours, None, None, None)), ours


def test_each_alignment_has_its_table_and_question() -> None:
    assert {Path(p.name).name.split(".")[0] for p in FOLDER.glob("*.tsv")} == set(NAMES)
    assert set(QUESTIONS) == set(NAMES)
    assert len(NAMES) == 18


def test_institutions_of_different_countries_are_never_the_same(record: ox.Store) -> None:
    same = ox.NamedNode("http://www.w3.org/2002/07/owl#sameAs")
    assert not list(record.quads_for_pattern(None, same, None, None))


# What the partner says of the ends of its properties: (property, class at its beginning, at its
# end); empty when it says nothing or a class that takes anything of ours.
_ENDS = (
    ("eli:responsibility_of_agent", "eli:LegalResource", ""),
    ("schema:legislationAmends", "schema:Legislation", "schema:Legislation"),
    ("schema:legislationRepeals", "schema:Legislation", "schema:Legislation"),
    ("org:unitOf", "org:OrganizationalUnit", "org:Organization"),
    ("org:memberOf", "prov:Agent", "org:Organization"),
    ("prov:wasDerivedFrom", "prov:Entity", "prov:Entity"),
)


@pytest.mark.parametrize(("name", "begin", "end"), _ENDS)
def test_what_a_property_of_a_partner_relates_is_of_the_partners_classes(
    record: ox.Store, name: str, begin: str, end: str
) -> None:
    assert record.query(f"{_PREFIXES} ASK {{ ?x {name} ?y }}")
    for node, kind in (("?x", begin), ("?y", end)):
        if kind:
            odd = record.query(
                f"{_PREFIXES} SELECT DISTINCT {node} "
                f"{{ ?x {name} ?y FILTER NOT EXISTS {{ {node} a {kind} }} }}"
            )
            assert isinstance(odd, ox.QuerySolutions)
            assert [row[0].value for row in odd] == []  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["eli:LegalResource", "schema:Legislation"])
def test_what_is_no_legislation_is_not_said_to_be(record: ox.Store, kind: str) -> None:
    found = record.query(
        f"""{_PREFIXES} PREFIX mand: <https://w3id.org/mandates/ns#>
        SELECT DISTINCT ?other {{
          VALUES ?other {{
            mand:Charter mand:Directive mand:Judgment mand:MemorandumInstrument mand:Order
            mand:Policy mand:Provision mand:Strategy
          }}
          ?x a ?other , {kind} }}"""
    )
    assert isinstance(found, ox.QuerySolutions)
    assert [row[0].value for row in found] == []  # type: ignore[union-attr]


@pytest.mark.reasoner
def test_ontology_with_all_alignments_is_consistent_and_every_class_can_have_members() -> None:
    from mandates.dataset.loading import load
    from mandates.dataset.sources import find_sources
    from mandates.quality.reasoner import axioms, reason

    verdict = reason(axioms(load(find_sources(instances=False)).quads))
    assert verdict.consistent
    assert verdict.unsatisfiable == ()
