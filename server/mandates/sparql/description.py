"""The service description of SPARQL 1.1: what this endpoint is and can.

https://www.w3.org/TR/sparql11-service-description/. Only what depends on where the server runs is
made here; statistics of the data are computed at build and stand in the dataset itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pyoxigraph as ox

from mandates.dataset.dumps import in_order
from mandates.sparql.prefixes import PREFIXES

FORMATS = "http://www.w3.org/ns/formats/"
_RESULT_FORMATS = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "RDF_XML",
    "JSON-LD",
    "TriG",
    "N-Quads",
)


def describe_service(
    endpoint: str,
    dataset: str,
    graphs: Mapping[str, int],
    *,
    union: bool = True,
    updates: bool = False,
    federates: bool = False,
) -> Iterator[ox.Triple]:
    """The triples that describe a service.

    Args:
        endpoint: address of the endpoint.
        dataset: IRI of the dataset, which the dataset's own description uses too.
        graphs: named graphs and how many triples each has.
        union: whether the default graph is the union of the named ones.
        updates: whether updates are taken.
        federates: whether SERVICE may call anyone.

    >>> triples = set(describe_service("http://h/sparql", "http://d/", {"http://g/": 2}))
    >>> {str(t.object) for t in triples if str(t.predicate).endswith("#endpoint>")}
    {'<http://h/sparql>'}
    """
    sd, void, rdf = PREFIXES["sd"], PREFIXES["void"], PREFIXES["rdf"]

    def node(iri: str) -> ox.NamedNode:
        return ox.NamedNode(iri)

    def say(
        subject: ox.NamedNode | ox.BlankNode, prefix: str, name: str, value: object
    ) -> ox.Triple:
        term = value if isinstance(value, ox.NamedNode | ox.BlankNode) else _literal(value)
        return ox.Triple(subject, node(prefix + name), term)

    service, data, default = node(endpoint), node(dataset), ox.BlankNode("default")
    yield say(service, rdf, "type", node(sd + "Service"))
    yield say(service, sd, "endpoint", service)
    yield say(service, sd, "supportedLanguage", node(sd + "SPARQL11Query"))
    if updates:
        yield say(service, sd, "supportedLanguage", node(sd + "SPARQL11Update"))
    if federates:
        yield say(service, sd, "feature", node(sd + "BasicFederatedQuery"))
    for name in _RESULT_FORMATS:
        yield say(service, sd, "resultFormat", node(FORMATS + name))
    if union:
        yield say(service, sd, "feature", node(sd + "UnionDefaultGraph"))
    yield say(service, sd, "defaultDataset", data)
    yield say(service, sd, "availableGraphs", ox.BlankNode("graphs"))
    yield say(ox.BlankNode("graphs"), rdf, "type", node(sd + "GraphCollection"))
    yield say(data, rdf, "type", node(sd + "Dataset"))
    yield say(data, rdf, "type", node(void + "Dataset"))
    yield say(data, void, "sparqlEndpoint", service)
    yield say(data, sd, "defaultGraph", default)
    yield say(default, rdf, "type", node(sd + "Graph"))
    for number, (name, count) in enumerate(graphs.items()):
        named, graph = ox.BlankNode(f"named{number}"), ox.BlankNode(f"graph{number}")
        yield say(data, sd, "namedGraph", named)
        yield say(ox.BlankNode("graphs"), sd, "namedGraph", named)
        yield say(named, rdf, "type", node(sd + "NamedGraph"))
        yield say(named, sd, "name", node(name))
        yield say(named, sd, "graph", graph)
        yield say(graph, rdf, "type", node(sd + "Graph"))
        yield say(graph, void, "triples", count)


def parse_triples(document: bytes) -> list[ox.Triple]:
    """The triples of an N-Triples document."""
    return [quad.triple for quad in ox.parse(document, format=ox.RdfFormat.N_TRIPLES)]


def serialise(triples: Iterable[ox.Triple], media_type: str) -> bytes:
    """Triples as bytes of one of the graph formats."""
    form = ox.RdfFormat.from_media_type(media_type)
    if form is None:
        raise ValueError(f"not a format for graphs: {media_type}")
    prefixes = PREFIXES if form in (ox.RdfFormat.TURTLE, ox.RdfFormat.TRIG) else None
    body = ox.serialize(triples, format=form, prefixes=dict(prefixes) if prefixes else None)
    return in_order(body or b"")


def _literal(value: object) -> ox.Literal:
    return ox.Literal(value) if isinstance(value, int) else ox.Literal(str(value))
