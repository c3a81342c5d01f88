"""The W3C's own tests of protocol, service description and graph store.

They are read from a checkout of https://github.com/w3c/rdf-tests that MANDATES_W3C_TESTS names.
With MANDATES_EARL set to a file, the outcome is written there as an EARL report.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from rdflib import Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.compare import isomorphic
from rdflib.namespace import RDF
from rdflib.term import Node
from werkzeug.test import TestResponse

from mandates.dataset.snapshot import write_snapshot
from mandates.web import Settings, create_app
from stores import OXIGRAPH, Addresses, oxigraph

CHECKOUT = os.environ.get("MANDATES_W3C_TESTS")
EARL = os.environ.get("MANDATES_EARL")

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")

needs_both = pytest.mark.skipif(
    not (CHECKOUT and OXIGRAPH),
    reason="MANDATES_W3C_TESTS names no checkout of w3c/rdf-tests, or oxigraph is not installed",
)

FORMATS = {
    "boolean": {"application/sparql-results+json", "application/sparql-results+xml"},
    "tabular": {"application/sparql-results+json", "application/sparql-results+xml", "text/csv"},
    "RDF": {"text/turtle", "application/rdf+xml", "application/n-triples"},
}


@dataclass
class Exchange:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    statuses: list[str]
    boolean: bool | None
    format: str | None
    location: str | None = None
    graph: Graph | None = None


@dataclass
class Case:
    iri: str
    name: str
    kind: str
    writes: bool = False
    exchanges: list[Exchange] = field(default_factory=list)


def read(folder: str, name: str = "manifest.ttl") -> list[Case]:
    if not CHECKOUT:
        return []
    path = Path(CHECKOUT) / "sparql" / "sparql11" / folder / name
    graph = Graph().parse(path, format="turtle")
    cases = []
    entries = next(graph.objects(None, MF.entries))
    for entry in Collection(graph, entries):
        kind = graph.value(entry, RDF.type)
        case = Case(str(entry), str(graph.value(entry, MF.name)), str(kind).rpartition("#")[2])
        action = graph.value(entry, MF.action)
        if action is not None:
            requests = graph.value(action, HT.requests)
            assert requests is not None
            case.exchanges = [exchange(graph, item) for item in Collection(graph, requests)]
        bodies = b"".join(item.body for item in case.exchanges)
        case.writes = str(entry).rpartition("#")[2].startswith("update_") or b"CLEAR" in bodies
        case.writes = case.writes and "#bad_" not in str(entry)
        cases.append(case)
    return cases


def exchange(graph: Graph, node: Node) -> Exchange:
    response = graph.value(node, HT.resp)
    headers, body = graph.value(node, HT.headers), graph.value(node, HT.body)
    text = graph.value(body, CNT.chars) if body else ""
    encoding = graph.value(body, CNT.characterEncoding) if body else "utf-8"
    boolean = graph.value(response, MF.expectedBoolean)
    form = graph.value(response, MF.expectedFormat)
    location = graph.value(response, MF.expectedLocation)
    expected = graph.value(response, HT.body)
    if expected:
        chars = str(graph.value(expected, CNT.chars))
    return Exchange(
        method=str(graph.value(node, HT.methodName)),
        path=str(graph.value(node, HT.absolutePath)),
        headers={
            str(graph.value(item, HT.fieldName)): str(graph.value(item, HT.fieldValue))
            for item in (Collection(graph, headers) if headers else ())
        },
        body=str(text).encode(str(encoding)),
        statuses=[str(item) for item in graph.objects(response, MF.expectedStatus)],
        boolean=None if boolean is None else bool(boolean.toPython()),  # type: ignore[attr-defined]
        format=None if form is None else str(form),
        location=None if location is None else str(location),
        graph=Graph().parse(data=chars, format="turtle") if expected else None,
    )


@pytest.fixture(scope="module")
def w3c(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    assert CHECKOUT
    quads = []
    for number in (1, 2, 3):
        path = Path(CHECKOUT) / f"sparql/sparql11/protocol/data{number}.nt"
        name = ox.NamedNode(f"http://kasei.us/2009/09/sparql/data/data{number}.rdf")
        parsed = ox.parse(path=str(path), format=ox.RdfFormat.N_TRIPLES)
        quads += [ox.Quad(quad.subject, quad.predicate, quad.object, name) for quad in parsed]
    folder = tmp_path_factory.mktemp("w3c")
    write_snapshot(folder, quads)
    app = create_app(Settings(data_dir=folder, reload_seconds=0))
    yield app
    app.extensions["engine"].close()


@pytest.fixture(scope="module")
def store() -> Iterator[Addresses]:
    with oxigraph() as addresses:
        yield addresses


@pytest.fixture
def writable(store: Addresses) -> Iterator[Flask]:
    """The gateway before another server, with the data of the tests in it."""
    settings = Settings(
        store=store.query,
        store_update=store.update,
        store_graphs=store.graphs,
        allow_update=True,
        update_token="open sesame",
    )
    app = create_app(settings)
    client = app.test_client()
    assert client.post("/sparql", data={"update": "DROP ALL"}, headers=TOKEN).status_code == 204
    for number in (1, 2, 3):
        assert CHECKOUT
        path = Path(CHECKOUT) / f"sparql/sparql11/protocol/data{number}.nt"
        added = client.put(
            "/graph-store",
            query_string={"graph": f"http://kasei.us/2009/09/sparql/data/data{number}.rdf"},
            data=path.read_bytes(),
            content_type="application/n-triples",
            headers=TOKEN,
        )
        assert added.status_code == 201
    yield app
    app.extensions["engine"].close()


OUTCOMES: dict[str, str] = {}
TOKEN = {"Authorization": "Bearer open sesame"}


@contextmanager
def outcome(case: Case) -> Iterator[None]:
    """A test that is run in two settings has passed when it passed in both."""
    before = OUTCOMES.get(case.iri, "passed")
    OUTCOMES[case.iri] = "failed"
    yield
    OUTCOMES[case.iri] = before


@pytest.fixture(autouse=True, scope="module")
def report() -> Iterator[None]:
    yield
    if EARL and OUTCOMES:
        Path(EARL).write_text(earl(OUTCOMES))


def earl(outcomes: dict[str, str]) -> str:
    lines = [
        "@prefix doap: <http://usefulinc.com/ns/doap#> .",
        "@prefix earl: <http://www.w3.org/ns/earl#> .",
        "",
        "<https://w3id.org/mandates/software> a doap:Project , earl:Software , earl:TestSubject ;",
        '    doap:name "mandates" ;',
        '    doap:programming-language "Python" .',
    ]
    for iri, outcome in sorted(outcomes.items()):
        lines += [
            "",
            "[] a earl:Assertion ;",
            "    earl:assertedBy <https://w3id.org/mandates/software> ;",
            "    earl:subject <https://w3id.org/mandates/software> ;",
            f"    earl:test <{iri}> ;",
            f"    earl:result [ a earl:TestResult ; earl:outcome earl:{outcome} ] ;",
            "    earl:mode earl:automatic .",
        ]
    return "\n".join(lines) + "\n"


def run(client: FlaskClient, item: Exchange, **headers: str) -> TestResponse:
    # Without a content type of its own the test client would add one for a form.
    sent = {name: value for name, value in item.headers.items() if name.lower() != "content-type"}
    content_type = next((v for k, v in item.headers.items() if k.lower() == "content-type"), None)
    environ: dict[str, Any] = {} if content_type else {"CONTENT_TYPE": ""}
    response = client.open(
        re.sub("^/sparql/", "/sparql", item.path),
        method=item.method,
        data=item.body,
        content_type=content_type,
        headers=sent | headers,
        environ_overrides=environ,
    )
    names = {status.rpartition("#")[2] for status in item.statuses}
    reason = "".join(response.status.split()[1:])
    found = {f"StatusCode{response.status_code // 100}xx", reason.replace("NOCONTENT", "NoContent")}
    assert not names or {name.lower() for name in names} & {name.lower() for name in found}, (
        names,
        response.status,
        response.data,
    )
    if item.format:
        assert response.mimetype in FORMATS[item.format]
    if item.boolean is not None:
        assert response.json is not None
        assert response.json["boolean"] is item.boolean
    if item.graph is not None:
        assert response.mimetype == "text/turtle"
        assert isomorphic(Graph().parse(data=response.data, format="turtle"), item.graph)
    return response


@pytest.mark.skipif(not CHECKOUT, reason="MANDATES_W3C_TESTS names no checkout of w3c/rdf-tests")
@pytest.mark.parametrize("case", read("protocol"), ids=lambda case: case.iri.rpartition("#")[2])
def test_protocol(w3c: Flask, case: Case) -> None:
    if case.writes:
        pytest.skip("the embedded store is immutable")
    with outcome(case):
        for item in case.exchanges:
            run(w3c.test_client(), item)


@needs_both
@pytest.mark.parametrize("case", read("protocol"), ids=lambda case: case.iri.rpartition("#")[2])
def test_protocol_before_a_store_that_takes_updates(writable: Flask, case: Case) -> None:
    with outcome(case):
        for item in case.exchanges:
            run(writable.test_client(), item, **TOKEN)


@needs_both
@pytest.mark.parametrize(
    "case",
    [
        *read("graph-store-protocol", "manifest-direct.ttl"),
        *read("graph-store-protocol", "manifest-indirect.ttl"),
    ],
    ids=lambda case: case.iri.rpartition("#")[2],
)
def test_graph_store_protocol(writable: Flask, case: Case) -> None:
    """The manifest tells to put the address of the service in the place of ``/gsp``."""
    with outcome(case):
        known: dict[str, str] = {}
        for item in case.exchanges:
            path = item.path.replace("/gsp", "/graph-store", 1)
            for name, value in known.items():
                path = path.replace(name, value)
            response = run(writable.test_client(), replace(item, path=path), **TOKEN)
            if item.location:
                known[item.location] = response.headers["Location"]


@pytest.mark.skipif(not CHECKOUT, reason="MANDATES_W3C_TESTS names no checkout of w3c/rdf-tests")
@pytest.mark.parametrize(
    "case", read("service-description"), ids=lambda case: case.iri.rpartition("#")[2]
)
def test_service_description(w3c: Flask, case: Case) -> None:
    with outcome(case):
        check_description(w3c.test_client(), case.iri.rpartition("#")[2])


def check_description(client: FlaskClient, name: str) -> None:
    response = client.get("/sparql", headers={"Accept": "text/turtle, */*;q=0.5"})
    assert response.mimetype == "text/turtle"
    graph = Graph().parse(data=response.data, format="turtle")
    endpoint = URIRef("http://localhost/sparql")
    if name == "returns-rdf":
        assert len(graph) > 0
    elif name == "has-endpoint-triple":
        assert (None, SD.endpoint, endpoint) in graph
    elif name == "conforms-to-schema":
        # The classes and properties of the vocabulary, used as the vocabulary says.
        for subject, object_ in graph.subject_objects(SD.namedGraph):
            assert (subject, RDF.type, SD.Dataset) in graph or (
                (subject, RDF.type, SD.GraphCollection) in graph
            )
            assert (object_, RDF.type, SD.NamedGraph) in graph
            assert graph.value(object_, SD.name) is not None
        for service in graph.subjects(SD.endpoint):
            assert (service, RDF.type, SD.Service) in graph
            assert list(graph.objects(service, SD.supportedLanguage)) == [SD.SPARQL11Query]
        assert list(graph.objects(None, SD.defaultGraph))
    else:
        pytest.fail(f"a test that is not known here: {name}")


@pytest.mark.parametrize("name", ["returns-rdf", "has-endpoint-triple", "conforms-to-schema"])
def test_the_service_description_of_any_data(client: FlaskClient, name: str) -> None:
    check_description(client, name)


def test_graphs_are_read_by_the_graph_store_protocol(client: FlaskClient) -> None:
    graph = "https://w3id.org/mandates/graph/ontology/mandates"
    indirect = client.get("/graph-store", query_string={"graph": graph})
    direct = client.get("/graph/ontology/mandates", headers={"Accept": "text/turtle"})
    assert indirect.status_code == direct.status_code == 200
    parsed = [Graph().parse(data=item.data, format="turtle") for item in (indirect, direct)]
    assert isomorphic(*parsed)
    head = client.head("/graph-store", query_string={"graph": graph})
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == indirect.headers["Content-Length"]
    everything = client.get("/graph-store?default", headers={"Accept": "application/n-triples"})
    assert len(everything.data.splitlines()) > 3000


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "?graph=https%3A%2F%2Fw3id.org%2Fmandates%2Fgraph%2Fno", 404),
        ("HEAD", "?graph=https%3A%2F%2Fw3id.org%2Fmandates%2Fgraph%2Fno", 404),
        ("GET", "?graph=%3E%7B", 404),
        ("GET", "", 400),
        ("GET", "?default&graph=http%3A%2F%2Fa%2F", 400),
        ("PUT", "?default", 403),
        ("POST", "?default", 403),
        ("DELETE", "?default", 403),
        ("PATCH", "?default", 403),
    ],
)
def test_graphs_that_are_not_there_and_writes(
    client: FlaskClient, method: str, address: str, status: int
) -> None:
    assert client.open("/graph-store" + address, method=method).status_code == status


def test_the_description_names_every_graph(client: FlaskClient) -> None:
    response = client.get("/.well-known/void", headers={"Accept": "text/turtle"})
    graph = Graph().parse(data=response.data, format="turtle")
    names = {str(name) for name in graph.objects(None, SD.name)}
    assert "https://w3id.org/mandates/graph/ontology/mandates" in names
