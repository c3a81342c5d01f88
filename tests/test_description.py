"""The dataset says of itself where it can be had, under which terms and what it links to."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
import yaml

from mandates.dataset.description import (
    AUTHORS,
    DATASET,
    ISSUED,
    KEYWORDS,
    TITLE,
    Dump,
    describe_dataset,
    describe_version,
)
from mandates.dataset.names import BASE, RDF, SKOS
from mandates.dataset.sources import project_root

PREFIXES = """
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX schema: <https://schema.org/>
PREFIX spdx: <http://spdx.org/rdf/terms#>
PREFIX void: <http://rdfs.org/ns/void#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""


@pytest.fixture(scope="module")
def description() -> ox.Store:
    def node(iri: str) -> ox.NamedNode:
        return ox.NamedNode(iri)

    a, b = node(BASE + "id/a"), node("https://www.wikidata.org/entity/Q1")
    graph = node(BASE + "graph/x")
    quads = [
        ox.Quad(a, node(RDF + "type"), node(BASE + "ns#Power"), graph),
        ox.Quad(a, node(SKOS + "exactMatch"), b, graph),
    ]
    store = ox.Store()
    store.bulk_extend(ox.Quad(q.subject, q.predicate, q.object) for q in describe_dataset(quads))
    return store


@pytest.mark.parametrize(
    "pattern",
    [
        "$d schema:includedInDataCatalog ?c . ?c a schema:DataCatalog, dcat:Catalog",
        "?c dcat:dataset $d ; dcat:service ?s . ?s dcat:servesDataset $d ; dcat:endpointURL ?s",
        "$d dcat:distribution ?x . ?x dcat:downloadURL ?f ; dcat:mediaType ?m ; dct:license ?l",
        "$d void:dataDump ?f ; dct:license ?l ; dct:publisher ?p ; void:triples 2",
        "$d dct:title ?t ; dct:description ?x ; dct:issued ?on ; dcat:keyword 'ontology'@en . "
        "FILTER (DATATYPE(?on) = xsd:date)",
        "$d dct:creator ?a ; dct:publisher ?a . ?a a foaf:Agent ; foaf:name 'The mandates authors'",
        "?c a dcat:Catalog ; dct:publisher ?a ; dct:description ?x . ?a a foaf:Agent",
        "$d schema:name ?t ; schema:description ?x ; schema:license ?l ; schema:creator ?a",
        "$d void:subset ?l . ?l a void:Linkset ; void:subjectsTarget $d ; void:triples 1 ; "
        "void:linkPredicate <http://www.w3.org/2004/02/skos/core#exactMatch>",
    ],
)
def test_dataset_is_described(description: ox.Store, pattern: str) -> None:
    assert description.query(f"{PREFIXES} ASK {{ {pattern.replace('$d', f'<{DATASET}>')} }}")


def test_every_dump_that_is_named_is_written(description: ox.Store, tmp_path) -> None:  # type: ignore[no-untyped-def]
    from mandates.dataset.dumps import write_dumps

    write_dumps(tmp_path / "dumps", b"")
    named = {
        quad.object.value.removeprefix(BASE)  # type: ignore[union-attr]
        for quad in description.quads_for_pattern(
            None, ox.NamedNode("http://www.w3.org/ns/dcat#downloadURL"), None
        )
    }
    assert named == {f"dumps/{path.name}" for path in (tmp_path / "dumps").glob("*.gz")}


def test_no_version_is_in_what_the_version_is_a_hash_of(description: ox.Store) -> None:
    about = {quad.predicate.value for quad in description}
    assert not [name for name in about if name.endswith(("#version", "versionInfo", "byteSize"))]


def test_what_is_served_says_version_sizes_and_checksums() -> None:
    store = ox.Store()
    files = [Dump("dataset.nq.gz", 12, "ab" * 32), Dump("graph/pk/roles.ttl.gz", 1, "cd" * 32)]
    store.extend(
        ox.Quad(t.subject, t.predicate, t.object)  # type: ignore[arg-type]
        for t in describe_version("1637043811cf8b22", files)
    )
    part = f"<{DATASET}#distribution/dataset.nq.gz>"
    assert store.query(
        f"""{PREFIXES} ASK {{
        <{DATASET}> dcat:version "1637043811cf8b22" ; dct:bibliographicCitation ?cited .
        {part} dcat:byteSize "12"^^xsd:nonNegativeInteger ; spdx:checksum ?sum .
        ?sum a spdx:Checksum ; spdx:algorithm spdx:checksumAlgorithm_sha256 ;
          spdx:checksumValue "{"ab" * 32}"^^xsd:hexBinary
        FILTER (CONTAINS(?cited, "1637043811cf8b22")) }}"""
    )
    assert not [quad for quad in store if "roles" in str(quad)]


def test_description_says_what_the_citation_says() -> None:
    cited = yaml.safe_load((project_root() / "CITATION.cff").read_text("utf-8"))
    assert str(cited["date-released"]) == ISSUED
    assert list(KEYWORDS) == cited["keywords"]
    assert cited["title"] == f"mandates: {TITLE[0].lower()}{TITLE[1:]}"
    (author,) = cited["authors"]
    ontology = ox.Store()
    ontology.load(
        path=str(project_root() / "ontology" / "mandates.ttl"), format=ox.RdfFormat.TURTLE
    )
    name = ox.NamedNode("http://xmlns.com/foaf/0.1/name")
    for said in (ontology, list(describe_dataset([]))):
        if isinstance(said, list):
            store = ox.Store()
            store.extend(said)
        else:
            store = said
        (quad,) = store.quads_for_pattern(ox.NamedNode(AUTHORS), name, None)
        assert quad.object.value == author["name"]  # type: ignore[union-attr]
