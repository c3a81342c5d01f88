"""The dataset says of itself where it can be had, under which terms and what it links to."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from mandates.dataset.description import DATASET, describe_dataset
from mandates.dataset.names import BASE, RDF, SKOS

PREFIXES = """
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX schema: <https://schema.org/>
PREFIX void: <http://rdfs.org/ns/void#>
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
