"""Each rule finds what it is for, our own ontology breaks none, and waivers run out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.dataset.loading import load
from mandates.dataset.sources import find_sources
from mandates.quality.lint import Waiver, lint, read_waivers, rules, scan

HEAD = """
@prefix : <https://example.org/o#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix vann: <http://purl.org/vocab/vann/> .
"""
GOOD = """
<https://example.org/o> a owl:Ontology ; owl:versionIRI <https://example.org/o/1> ;
    dct:title "O"@en ; dct:description "An ontology."@en ; dct:creator "Us" ;
    dct:license <https://creativecommons.org/licenses/by/4.0/> ; dct:created "2026-01-01" ;
    dct:publisher "Us" ; dct:issued "2026-01-01" ; dct:bibliographicCitation "Us: O." ;
    vann:preferredNamespacePrefix "o" .
:Organ a owl:Class ; rdfs:isDefinedBy : ; skos:prefLabel "organ"@en ;
    skos:definition "A part of a state."@en .
:Court a owl:Class ; rdfs:isDefinedBy : ; skos:prefLabel "court"@en ; rdfs:subClassOf :Organ ;
    skos:definition "An organ that judges."@en .
:oversees a owl:ObjectProperty ; rdfs:isDefinedBy : ; skos:prefLabel "oversees"@en ;
    skos:definition "Relates an organ to one below it."@en ;
    rdfs:domain :Organ ; rdfs:range :Organ .
:heeds a owl:ObjectProperty ; rdfs:isDefinedBy : ; skos:prefLabel "heeds"@en ;
    skos:definition "Relates a court to an organ that it heeds."@en ;
    rdfs:domain :Court ; rdfs:range :Organ .
:Act a owl:Class ; rdfs:isDefinedBy : ; skos:prefLabel "act"@en ; owl:disjointWith :Organ ;
    skos:definition "A law that a legislature has passed."@en .
:empowers a owl:ObjectProperty ; rdfs:isDefinedBy : ; skos:prefLabel "empowers"@en ;
    skos:definition "Relates an act to an organ to which it gives a power."@en ;
    rdfs:domain :Act ; rdfs:range :Organ .
"""

#: For each rule: words of the good example, and what to put in their place (all of them breaks it).
BREAKS = {
    "class-alone": ("rdfs:subClassOf :Organ ;", "", "rdfs:domain :Court ;", ""),
    "class-cycle": (":Organ a owl:Class ;", ":Organ a owl:Class ; rdfs:subClassOf :Court ;"),
    "class-name": (":Court", ":court"),
    "defined-nowhere": (":Court a owl:Class ; rdfs:isDefinedBy : ;", ":Court a owl:Class ;"),
    "definition-circular": ("An organ that judges.", "A court that judges."),
    "definition-missing": ('skos:definition "An organ that judges."@en', 'skos:note "x"@en'),
    "definition-not-a-sentence": ("An organ that judges.", "organ that judges"),
    "definition-repeated": ("An organ that judges.", "A part of a state."),
    "definition-several": ('"An organ that judges."@en', '"An organ."@en , "A body."@en'),
    "deprecated-used": (":Organ a owl:Class ;", ":Organ a owl:Class ; owl:deprecated true ;"),
    "disjoint-below": (
        "rdfs:subClassOf :Organ ;",
        "rdfs:subClassOf :Organ ; owl:disjointWith :Organ ;",
    ),
    "disjointness-missing": ("owl:disjointWith :Organ ;", ""),
    "domain-or-range-missing": ("rdfs:domain :Court ; rdfs:range", "rdfs:range"),
    "header-anonymous": ("<https://example.org/o> a owl:Ontology", "[] a owl:Ontology"),
    "header-uri-apart": ("<https://example.org/o/1>", "<https://example.org/o>"),
    "header-versions-several": ("<https://example.org/o/1>", "<urn:x:1> , <urn:x:2>"),
    "iri-file-ending": ("<https://example.org/o> a", "<https://example.org/o.owl> a"),
    "iri-long": (":Court", f":Court{'t' * 255}"),
    "iri-opaque": (":Court", ":C_0001234"),
    "header-citation": ('dct:bibliographicCitation "Us: O." ;', ""),
    "header-creator": ('dct:creator "Us" ;', "", 'dct:publisher "Us" ;', ""),
    "header-dates": ('dct:created "2026-01-01" ;', "", 'dct:issued "2026-01-01" ;', ""),
    "header-description": ('dct:description "An ontology."@en ;', ""),
    "header-licence": ("dct:license <https://creativecommons.org/licenses/by/4.0/> ;", ""),
    "header-prefix": ('vann:preferredNamespacePrefix "o"', 'dct:subject "o"'),
    "header-publisher": ('dct:publisher "Us" ;', ""),
    "header-title": ('dct:title "O"@en ;', ""),
    "header-version": ("owl:versionIRI <https://example.org/o/1> ;", ""),
    "inverse-mismatch": (
        ":heeds a owl:ObjectProperty ;",
        ":heeds a owl:ObjectProperty ; owl:inverseOf :binds ;",
    ),
    "inverse-of-symmetric": (
        ":oversees a owl:ObjectProperty ;",
        ":oversees a owl:ObjectProperty , owl:SymmetricProperty ; owl:inverseOf :under ;",
    ),
    "is-primitive": (":heeds", ":isA"),
    "label-missing": ('skos:prefLabel "court"@en ;', ""),
    "label-repeated": ('"court"@en', '"organ"@en'),
    "label-several": ('"court"@en', '"court"@en , "bench"@en'),
    "label-untidy": ('"court"@en', '"court "@en'),
    "label-without-language": ('"court"@en', '"court"'),
    "label-as-definition": ("An organ that judges.", "Court"),
    "miscellany": (":Court", ":OrganOther"),
    "name-merges": (":Court", ":CourtAndTribunal"),
    "own-inverse": (
        ":oversees a owl:ObjectProperty ;",
        ":oversees a owl:ObjectProperty ; owl:inverseOf :oversees ;",
    ),
    "property-cycle": (
        ":heeds a owl:ObjectProperty ;",
        ":heeds a owl:ObjectProperty ; rdfs:subPropertyOf :oversees . "
        ":oversees rdfs:subPropertyOf :heeds . :heeds",
    ),
    "property-name": (":heeds", ":Heeds"),
    "same-name-different-case": (":Court", ":organ"),
    "several-domains": ("rdfs:domain :Court ;", "rdfs:domain :Court , :State ;"),
    "several-ranges": (
        "rdfs:domain :Court ; rdfs:range",
        "rdfs:domain :Court ; rdfs:range :State ,",
    ),
    "symmetric-across": (
        ":heeds a owl:ObjectProperty ;",
        ":heeds a owl:ObjectProperty , owl:SymmetricProperty ;",
    ),
    "transitive-across": (
        "rdfs:domain :Court ; rdfs:range :Organ",
        "a owl:TransitiveProperty ; rdfs:domain :Court ; rdfs:range :State",
    ),
}
#: Rules that cannot be broken alone, and what they are broken with.
COMPANY = {
    "inverse-mismatch": "\n:binds rdfs:range :State .\n",
    "same-name-different-case": "",
}

_SOME = "[ a owl:Restriction ; owl:onProperty :oversees ; owl:someValuesFrom :Organ ]"
_MANY = "[ a owl:Restriction ; owl:onProperty :oversees ; owl:minCardinality {} ]"
#: For rules on axioms: what breaks the rule when added to the good example, and what nearly does.
ADDED = {
    "axiom-named": (
        ":x a owl:Axiom ; owl:annotatedSource :Court .",
        "[] a owl:Axiom ; owl:annotatedSource :Court .",
    ),
    "cardinality-high": (
        f":Court rdfs:subClassOf {_MANY.format(8)} .",
        f":Court rdfs:subClassOf {_MANY.format(7)} .",
    ),
    "chain-of-one": (
        ":heeds owl:propertyChainAxiom ( :oversees ) .",
        ":heeds owl:propertyChainAxiom ( :oversees :heeds ) .",
    ),
    "defined-and-below": (
        f":Court owl:equivalentClass {_SOME} ; rdfs:subClassOf {_MANY.format(2)} .",
        f":Court owl:equivalentClass {_SOME} .",
    ),
    "deprecated-not-boolean": (
        ':Act owl:deprecated "yes" .',
        ":Act owl:deprecated false .",
    ),
    "equivalence-costly": (
        ":Court owl:equivalentClass [ a owl:Class ; owl:complementOf :Organ ] .",
        ":Court rdfs:subClassOf [ a owl:Class ; owl:complementOf :Act ] .",
    ),
    "equivalence-without-genus": (
        f":Court owl:equivalentClass {_SOME} .",
        f":Court owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( :Organ {_SOME} ) ] .",
    ),
    "equivalences-several": (
        ":Court owl:equivalentClass <urn:x:Bench> , <urn:x:Forum> .",
        ":Court owl:equivalentClass <urn:x:Bench> .",
    ),
    "equivalent-in-one-namespace": (
        ":Court owl:equivalentClass :Organ .",
        ":Court owl:equivalentClass <urn:x:Court> .",
    ),
    "equivalent-properties-apart": (
        ":empowers owl:equivalentProperty :heeds .",
        ":empowers rdfs:subPropertyOf :heeds .",
    ),
    "general-axiom": (f"{_SOME} rdfs:subClassOf :Organ .", f":Organ rdfs:subClassOf {_SOME} ."),
    "import-cycle": (
        "<urn:y> owl:imports <urn:x> . <urn:x> owl:imports <urn:y> .",
        "<urn:y> owl:imports <urn:x> .",
    ),
    "imports-incompatible": (
        "<https://example.org/o> owl:imports <urn:x> ; owl:incompatibleWith <urn:x> .",
        "<https://example.org/o> owl:imports <urn:x> ; owl:incompatibleWith <urn:y> .",
    ),
    "inverses-several": (
        ":oversees owl:inverseOf <urn:x:under> , <urn:x:below> .",
        ":oversees owl:inverseOf <urn:x:under> .",
    ),
    "label-as-alternative": (
        ':Court skos:altLabel "organ"@en .',
        ':Court skos:altLabel "bench"@en .',
    ),
    "list-broken": (":x <urn:p> [ rdf:first :Court ] .", ":x <urn:p> ( :Court ) ."),
    "list-shared": (
        ":Organ owl:unionOf _:l . :Court owl:unionOf _:l . _:l rdf:first :Act ; rdf:rest () .",
        ":Organ owl:unionOf _:l . _:l rdf:first :Act ; rdf:rest () .",
    ),
    "property-kinds-mixed": (
        ":heeds rdfs:subPropertyOf :named . :named a owl:DatatypeProperty .",
        ":heeds rdfs:subPropertyOf :oversees . :named a owl:DatatypeProperty .",
    ),
    "replaced-not-deprecated": (
        ":Act dct:isReplacedBy :Court .",
        ":Act dct:isReplacedBy :Court ; owl:deprecated true .",
    ),
    "restriction-implied": (
        f":Court rdfs:subClassOf {_SOME} . :Organ rdfs:subClassOf {_SOME} .",
        f":Court rdfs:subClassOf {_SOME} . :Act rdfs:subClassOf {_SOME} .",
    ),
    "subproperty-wider": (
        ":oversees rdfs:subPropertyOf :heeds .",
        ":heeds rdfs:subPropertyOf :oversees .",
    ),
    "text-untidy": (':Court skos:scopeNote " x"@en .', ':Court skos:scopeNote "x"@en .'),
    "thing-said": (":Act rdfs:subClassOf owl:Thing .", ":Act rdfs:subClassOf <urn:x:Thing> ."),
    "used-in-its-own-axiom": (
        ":heeds rdfs:domain :heeds .",
        f":Organ rdfs:subClassOf {_SOME} .",
    ),
}


def triples(turtle: str) -> list[ox.Triple]:
    return [q.triple for q in ox.parse(HEAD + turtle, format=ox.RdfFormat.TURTLE)]


def test_good_example_breaks_no_rule() -> None:
    assert scan(triples(GOOD)).problems == ()
    assert scan(triples(GOOD)).terms == 6


@pytest.mark.parametrize("rule", ADDED)
def test_rule_finds_its_axiom_and_lets_the_like_be(rule: str) -> None:
    bad, good = ADDED[rule]
    assert rule in scan(triples(GOOD + bad)).by_rule
    assert rule not in scan(triples(GOOD + good)).by_rule


def test_every_rule_has_an_example() -> None:
    assert set(BREAKS) | set(ADDED) == {rule.name for rule in rules()}
    assert not set(BREAKS) & set(ADDED)


@pytest.mark.parametrize("rule", BREAKS)
def test_rule_finds_what_it_is_for(rule: str) -> None:
    changes = BREAKS[rule]
    turtle = GOOD
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in turtle
        turtle = turtle.replace(old, new)
    assert rule in scan(triples(turtle + COMPANY.get(rule, ""))).by_rule


def shipped() -> list[ox.Triple]:
    sources = [s for s in find_sources(instances=False) if "/alignments/" not in s.name]
    return [quad.triple for quad in load(sources).quads]


def test_shipped_ontology_breaks_no_rule_that_is_not_waived() -> None:
    assert lint(shipped(), read_waivers()) == []


def test_waiver_runs_out_and_is_reported_when_it_waives_nothing() -> None:
    node = "https://w3id.org/mandates/ns/dl"
    waiver = Waiver("header-prefix", node, "x", date(2026, 1, 1))
    assert lint(shipped(), [waiver], today=date(2025, 12, 31)) == []
    after = lint(shipped(), [waiver], today=date(2026, 1, 1))
    assert {"header-prefix", "waiver"} == {p.rule for p in after}
    idle = Waiver("label-missing", node, "x", date(2027, 1, 1))
    assert "waiver" in {p.rule for p in lint(shipped(), [idle], today=date(2026, 1, 1))}


def test_waiver_without_reason_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.toml"
    path.write_text('[[waiver]]\nrule = "x"\nnode = "y"\nexpires = 2027-01-01\n', "utf-8")
    with pytest.raises(KeyError):
        read_waivers(path)
