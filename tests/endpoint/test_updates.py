"""Changing data through the gateway: who may, what is passed on, and what is not."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mandates.web import Settings, create_app
from stores import OXIGRAPH, oxigraph

pytestmark = pytest.mark.skipif(not OXIGRAPH, reason="the package oxigraph is not installed")

TOKEN = {"Authorization": "Bearer open sesame"}
UPDATE = "application/sparql-update"
GRAPH = "http://example.org/graph"
TRIPLE = "<http://example.org/a> <http://example.org/b> <c> ."


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    with oxigraph() as addresses:
        settings = Settings(
            store=addresses.query,
            store_update=addresses.update,
            store_graphs=addresses.graphs,
            allow_update=True,
            update_token="open sesame",
            max_query_kb=8,
            max_update_mb=1,
            timeout=5,
            slow_seconds=0,
        )
        app = create_app(settings)
        yield app
        app.extensions["engine"].close()


@pytest.fixture
def store(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.post("/sparql", data={"update": "DROP ALL"}, headers=TOKEN)
    return client


def slug(response: object) -> str:
    return str(json.loads(response.data)["type"]).rpartition("/")[2]  # type: ignore[attr-defined]


def ask(store: FlaskClient, pattern: str) -> bool:
    response = store.get("/sparql", query_string={"query": f"ASK {{ {pattern} }}"})
    assert response.status_code == 200, response.data
    return bool(response.json and response.json["boolean"])


def test_an_update_by_form_and_direct_is_seen_at_once(store: FlaskClient) -> None:
    assert not ask(store, "?s ?p ?o")
    done = store.post("/sparql", data={"update": f"INSERT DATA {{ {TRIPLE} }}"}, headers=TOKEN)
    assert done.status_code == 204
    assert done.headers["Query-Id"]
    # A relative name is resolved against the base of the dataset, never the store's address.
    assert ask(store, "?s ?p <https://w3id.org/mandates/c>")
    done = store.post(
        "/sparql", data="DELETE WHERE { ?s ?p ?o }", content_type=UPDATE, headers=TOKEN
    )
    assert done.status_code == 204
    assert not ask(store, "?s ?p ?o")


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer open"}, {"Authorization": "Basic open sesame"}],
)
def test_without_the_token_nothing_changes(store: FlaskClient, headers: dict[str, str]) -> None:
    update = f"INSERT DATA {{ {TRIPLE} }}"
    answers = [
        store.post("/sparql", data={"update": update}, headers=headers),
        store.post("/sparql", data=update, content_type=UPDATE, headers=headers),
        store.put("/graph-store?default", data=TRIPLE, content_type="text/turtle", headers=headers),
        store.post("/graph-store", data=TRIPLE, content_type="text/turtle", headers=headers),
        store.delete("/graph-store?default", headers=headers),
    ]
    for answer in answers:
        assert (answer.status_code, slug(answer)) == (401, "unauthorised")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert not ask(store, "?s ?p ?o")


def test_reading_needs_no_token(store: FlaskClient) -> None:
    assert store.get("/sparql?query=ASK%7B%7D").status_code == 200
    assert store.get("/graph-store?default").status_code == 200


@pytest.mark.parametrize(
    ("update", "problem"),
    [
        ("LOAD <http://127.0.0.1:9/x>", "service-refused"),
        ("LOAD SILENT <http://169.254.169.254/> INTO GRAPH <http://a/>", "service-refused"),
        ("PREFIX a: <http://a/> LOAD a:b", "service-refused"),
        ("INSERT { ?s ?p ?o } WHERE { SERVICE <http://a/> { ?s ?p ?o } }", "service-refused"),
        (r"\u004COAD <http://127.0.0.1:9/x>", "service-refused"),
        ("INSERT DATA { ?s ?p ?o }", "syntax-error"),
        ("SELECT * { ?s ?p ?o }", "syntax-error"),
    ],
)
def test_an_update_that_calls_out_or_is_none_is_refused(
    store: FlaskClient, update: str, problem: str
) -> None:
    answer = store.post("/sparql", data={"update": update}, headers=TOKEN)
    assert slug(answer) == problem
    assert not ask(store, "?s ?p ?o")


def test_a_query_stays_a_query(store: FlaskClient) -> None:
    answer = store.post("/sparql", data={"query": f"INSERT DATA {{ {TRIPLE} }}"}, headers=TOKEN)
    assert slug(answer) == "update-refused"
    both = store.post("/sparql", data={"query": "ASK {}", "update": "DROP ALL"}, headers=TOKEN)
    assert slug(both) == "bad-request"
    by_get = store.get("/sparql?update=DROP+ALL", headers=TOKEN)
    assert slug(by_get) == "bad-request"
    by_query = store.open(
        "/sparql", method="QUERY", data="DROP ALL", content_type=UPDATE, headers=TOKEN
    )
    assert slug(by_query) == "bad-request"


def test_who_may_change_data_may_send_more(store: FlaskClient) -> None:
    rows = "".join(f"<http://example.org/{n}> a <http://example.org/T> .\n" for n in range(1000))
    update = f"INSERT DATA {{ {rows} }}"
    assert slug(store.post("/sparql", data={"update": update})) == "request-too-large"
    assert store.post("/sparql", data={"update": update}, headers=TOKEN).status_code == 204
    huge = store.post("/sparql", data={"update": update * 40}, headers=TOKEN)
    assert slug(huge) == "request-too-large"
    assert json.loads(huge.data)["limit"] == {"name": "max_update_mb", "value": 1}
    big = store.put(
        "/graph-store?default", data=rows * 40, content_type="text/turtle", headers=TOKEN
    )
    assert slug(big) == "request-too-large"


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("text/turtle", TRIPLE),
        ("application/n-triples", TRIPLE.replace("<c>", "<http://example.org/graph/c>")),
        (
            "application/ld+json",
            '{"@id": "http://example.org/a", "http://example.org/b": {"@id": "c"}}',
        ),
        (
            None,
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
            'xmlns:e="http://example.org/"><rdf:Description rdf:about="http://example.org/a">'
            '<e:b rdf:resource="c"/></rdf:Description></rdf:RDF>',
        ),
    ],
)
def test_a_graph_is_put_in_any_format(
    store: FlaskClient, media_type: str | None, content: str
) -> None:
    where = {"graph": "http://example.org/graph/"}
    put = store.put(
        "/graph-store", query_string=where, data=content, content_type=media_type, headers=TOKEN
    )
    assert put.status_code == 201
    found = store.get(
        "/graph-store", query_string=where, headers={"Accept": "application/n-triples"}
    )
    # Relative names are resolved against the graph's own (section 4.2 of the protocol).
    assert found.data.strip() in (
        b"<http://example.org/a> <http://example.org/b> <http://example.org/graph/c> .",
        b"<http://example.org/a> <http://example.org/b> <http://example.org/c> .",
    )
    again = store.put(
        "/graph-store", query_string=where, data=content, content_type=media_type, headers=TOKEN
    )
    assert again.status_code == 204
    assert store.delete("/graph-store", query_string=where, headers=TOKEN).status_code == 204
    assert store.get("/graph-store", query_string=where).status_code == 404
    assert store.delete("/graph-store", query_string=where, headers=TOKEN).status_code == 404


@pytest.mark.parametrize(
    ("method", "address", "media_type", "content", "status"),
    [
        ("PUT", "?default", "text/turtle", "<a> <b> .", 400),
        ("PUT", "?default", "text/turtle; charset=latin-1", TRIPLE, 400),
        ("PUT", "?default", "application/trig", TRIPLE, 415),
        ("PUT", "?default", "text/html", TRIPLE, 415),
        ("PUT", "?graph=relative", "text/turtle", TRIPLE, 400),
        ("PUT", "", "text/turtle", TRIPLE, 400),
        ("PUT", "?default&graph=http%3A%2F%2Fa%2F", "text/turtle", TRIPLE, 400),
        ("POST", "?default&graph=http%3A%2F%2Fa%2F", "text/turtle", TRIPLE, 400),
        ("PUT", "/direct?default", "text/turtle", TRIPLE, 400),
        ("PATCH", "?default", "text/turtle", TRIPLE, 405),
        ("POST", "?default", "multipart/form-data; boundary=x", "", 400),
    ],
)
def test_a_bad_write_is_told_what_is_wrong(
    store: FlaskClient, method: str, address: str, media_type: str, content: str, status: int
) -> None:
    answer = store.open(
        "/graph-store" + address,
        method=method,
        data=content,
        content_type=media_type,
        headers=TOKEN,
    )
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert not ask(store, "?s ?p ?o")


def test_parts_keep_their_blank_nodes_apart(store: FlaskClient) -> None:
    parts = {
        name: (
            io.BytesIO(b"_:x <http://example.org/is> '%s' ." % name.encode()),
            f"{name}.ttl",
            "text/turtle",
        )
        for name in ("one", "two")
    }
    done = store.post("/graph-store?default", data=parts, headers=TOKEN)
    assert done.status_code in (200, 201, 204)
    assert ask(store, "?a ?p 'one' . ?b ?p 'two'")
    assert not ask(store, "?a ?p 'one' . ?a ?p 'two'")


def test_a_graph_without_a_name_gets_one(store: FlaskClient) -> None:
    made = store.post("/graph-store", data=TRIPLE, content_type="text/turtle", headers=TOKEN)
    assert made.status_code == 201
    location = made.headers["Location"]
    assert location.startswith("http://localhost/graph-store/")
    assert store.get(location).status_code == 200
    assert store.get("/graph-store", query_string={"graph": location}).status_code == 200
    assert ask(store, f"GRAPH <{location}> {{ ?s ?p <{location.rpartition('/')[0]}/c> }}")


def test_what_may_be_done_is_told(store: FlaskClient) -> None:
    told = store.options("/graph-store")
    assert {"PUT", "POST", "DELETE"} <= set(told.headers["Allow"].split(", "))
    assert "Authorization" in told.headers["Access-Control-Allow-Headers"]
    assert "Authorization" in store.options("/sparql").headers["Access-Control-Allow-Headers"]


def test_the_description_says_that_updates_are_taken(store: FlaskClient) -> None:
    described = store.get("/sparql", headers={"Accept": "application/n-triples"}).data
    assert b"#SPARQL11Update>" in described
    assert b"#UnionDefaultGraph>" not in described
    assert b"#BasicFederatedQuery>" not in described


def test_no_token_in_the_log(store: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        store.post("/sparql", data={"update": "DROP ALL"}, headers=TOKEN)
    slow = [record for record in caplog.records if record.name == "mandates.slow"]
    assert slow
    assert all("open sesame" not in str(record.__dict__) for record in caplog.records)


@pytest.mark.parametrize(
    "settings",
    [
        {"allow_update": True, "update_token": "x"},
        {"allow_update": True, "store": "http://h/"},
        {"allow_update": True, "store": "http://h/", "update_token": "x", "store_version": "1"},
    ],
)
def test_updates_are_never_allowed_by_accident(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="allow_update"):
        Settings(**settings)  # type: ignore[arg-type]
