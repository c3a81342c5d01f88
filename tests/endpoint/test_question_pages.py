"""Questions, description and dumps, over data made here."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from rdflib import Graph, Namespace, URIRef

from mandates.dataset.description import DATASET, describe_dataset
from mandates.dataset.questions import questions
from mandates.dataset.snapshot import Snapshot, write_snapshot
from mandates.sparql.negotiation import ROW_FORMATS
from mandates.web import Settings, create_app

VOID = Namespace("http://rdfs.org/ns/void#")
SH = Namespace("http://www.w3.org/ns/shacl#")


@pytest.fixture(scope="module")
def described(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("described")
    quads = list(ox.parse(path=str(snapshot.quads_file), format=ox.RdfFormat.N_QUADS))
    write_snapshot(folder, [*quads, *describe_dataset(quads)], dumps=True)
    app = create_app(Settings(data_dir=folder, reload_seconds=0))
    yield app
    app.extensions["engine"].close()


@pytest.fixture
def browser(described: Flask) -> FlaskClient:
    return described.test_client()


@pytest.mark.parametrize("name", questions())
def test_every_question_has_a_page_and_is_data(browser: FlaskClient, name: str) -> None:
    page = browser.get(f"/questions/{name}", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert questions()[name].title in page.get_data(as_text=True).replace("&#39;", "'")
    answer = browser.get(f"/questions/{name}.json")
    assert answer.status_code == 200
    assert "bindings" in answer.json["results"]  # type: ignore[index]
    assert browser.get(f"/questions/{name}.rq").data.startswith(b"#+ title")


def test_every_format_of_an_answer(browser: FlaskClient) -> None:
    name = next(iter(questions()))
    for form in ROW_FORMATS:
        response = browser.get(f"/questions/{name}.{form.name}")
        assert response.mimetype == form.media_type
        assert response.headers["Dataset-Version"]
    assert browser.get(f"/questions/{name}.docx").status_code == 404
    assert browser.get("/questions/nonsense").status_code == 404
    assert browser.get("/questions/nonsense.csv").status_code == 404


@pytest.mark.parametrize("value", ["soon", "2024-13-01", "'; DROP ALL", "<script>", "9" * 400])
def test_a_value_that_can_not_be_is_refused(browser: FlaskClient, value: str) -> None:
    name, parameter = next(
        (question.name, parameter.name)
        for question in questions().values()
        for parameter in question.parameters.values()
        if parameter.type == "date"
    )
    response = browser.get(f"/questions/{name}.json", query_string={parameter: value})
    assert response.status_code == 400
    assert parameter in json.loads(response.data)["detail"]


def test_the_api_is_described_whole(browser: FlaskClient) -> None:
    api = browser.get("/openapi.json").json
    assert api is not None
    for name, question in questions().items():
        operation = api["paths"][f"/questions/{name}.csv"]["get"]
        assert operation["summary"] == question.title
        assert {item["name"] for item in operation["parameters"]} == set(question.parameters)


def test_the_description_counts_what_is_there(browser: FlaskClient) -> None:
    response = browser.get("/.well-known/void", headers={"Accept": "text/turtle"})
    graph = Graph().parse(data=response.data, format="turtle")
    dataset = URIRef(DATASET)
    regulators = [
        graph.value(part, VOID.entities)
        for part in graph.objects(dataset, VOID.classPartition)
        if str(graph.value(part, VOID["class"])).endswith("#Regulator")
    ]
    assert [int(str(count)) for count in regulators] == [3]
    count = (
        'SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } FILTER(!CONTAINS(STR(?g), "derived")) }'
    )
    answer = browser.get("/sparql", query_string={"query": count, "format": "csv"})
    stated = int(str(graph.value(dataset, VOID.triples)))
    assert int(answer.data.split()[1]) == stated - 1, "one entailed triple is in no other graph"
    assert len(set(graph.subjects(predicate=SH.select))) == len(questions())
    assert (None, SH.prefix, None) in graph
    endpoint = graph.value(dataset, VOID.sparqlEndpoint)
    assert str(endpoint) == "http://localhost/sparql"


def test_the_same_data_has_the_same_description(snapshot: Snapshot) -> None:
    quads = list(ox.parse(path=str(snapshot.quads_file), format=ox.RdfFormat.N_QUADS))
    assert set(describe_dataset(quads)) == set(describe_dataset(reversed(quads)))


def test_the_dataset_has_an_address(browser: FlaskClient) -> None:
    response = browser.get("/dataset", headers={"Accept": "text/turtle"})
    assert response.status_code == 200
    assert b"void:Dataset" in response.data
    home = browser.get("/", headers={"Accept": "application/ld+json"})
    assert home.mimetype == "application/ld+json"


def test_dumps_are_what_their_checksums_say(browser: FlaskClient, described: Flask) -> None:
    listing = browser.get("/dumps/").json
    assert listing is not None
    assert listing["version"] == described.extensions["engine"].version
    assert {"dataset.nq.gz", "dataset.ttl.gz", "dataset.jsonld.gz"} <= {
        item["name"] for item in listing["files"]
    }
    for item in listing["files"]:
        with browser.get("/dumps/" + item["name"]) as response:
            content = response.data
        assert hashlib.sha256(content).hexdigest() == item["sha256"]
        assert len(content) == item["bytes"]
        form = ox.RdfFormat.from_extension(item["name"].split(".")[-2])
        assert form is not None
        assert list(ox.parse(gzip.decompress(content), format=form))
    assert browser.get("/dumps/../snapshot.json").status_code == 404
    assert browser.get("/dumps/nothing.gz").status_code == 404
    assert browser.get("/dumps/", headers={"Accept": "text/html"}).mimetype == "text/html"


def test_dumps_are_the_same_on_every_machine(snapshot: Snapshot, tmp_path: Path) -> None:
    quads = list(ox.parse(path=str(snapshot.quads_file), format=ox.RdfFormat.N_QUADS))
    sums = [
        (write_snapshot(tmp_path / name, quads, dumps=True).dumps / "SHA256SUMS").read_text()
        for name in ("a", "b")
    ]
    assert sums[0] == sums[1]


def test_a_snapshot_without_dumps_says_so(client: FlaskClient) -> None:
    assert client.get("/dumps/").status_code == 404
