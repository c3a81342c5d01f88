from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from mandates.sparql.problems import KINDS, PROBLEM_BASE, Problem
from mandates.sparql.request import METHODS, parse_request
from mandates.sparql.writing import NotXMLError, XMLGuard

SELECT = "SELECT * { ?s ?p ?o } ORDER BY ?s LIMIT 1"
CONSTRUCT = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 1"
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"


def get(client: FlaskClient, query: str, accept: str | None = None, **more: str) -> TestResponse:
    headers = {} if accept is None else {"Accept": accept}
    return client.get("/sparql", query_string={"query": query, **more}, headers=headers)


def problem(response: TestResponse, slug: str) -> dict[str, Any]:
    assert response.mimetype == "application/problem+json"
    body: dict[str, Any] = json.loads(response.data)
    assert body["type"] == PROBLEM_BASE + slug
    assert body["status"] == response.status_code == KINDS[slug].status
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    return body


def test_the_four_ways_to_send_a_query(client: FlaskClient) -> None:
    answers = [
        get(client, SELECT),
        client.post("/sparql", data={"query": SELECT}),
        client.post("/sparql", data=SELECT, content_type=DIRECT),
        client.open("/sparql", method="QUERY", data=SELECT, content_type=DIRECT + ";charset=UTF-8"),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.data for answer in answers}) == 1


def test_head_has_the_headers_of_get_and_no_body(client: FlaskClient) -> None:
    whole, head = get(client, SELECT), client.head("/sparql", query_string={"query": SELECT})
    assert head.data == b""
    for name in ("Content-Type", "Content-Length", "ETag", "Dataset-Version", "Vary"):
        assert head.headers[name] == whole.headers[name]


def test_options_says_what_is_understood(client: FlaskClient) -> None:
    response = client.options("/sparql", headers={"Access-Control-Request-Method": "QUERY"})
    assert response.status_code == 204
    assert set(response.headers["Allow"].split(", ")) == set(METHODS)
    assert "QUERY" in response.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "application/sparql-results+json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("text/turtle, text/csv;q=0.1", "text/csv; charset=utf-8"),
    ],
)
@pytest.mark.parametrize("query", [SELECT, "ASK {}"])
def test_rows_by_accept(
    client: FlaskClient, query: str, accept: str | None, content_type: str
) -> None:
    assert get(client, query, accept).content_type == content_type


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "text/turtle; charset=utf-8"),
        ("application/n-triples", "application/n-triples"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("application/ld+json", "application/ld+json"),
        ("application/trig", "application/trig"),
        ("application/n-quads", "application/n-quads"),
        ("text/csv, application/ld+json;q=0.1", "application/ld+json"),
    ],
)
@pytest.mark.parametrize("query", [CONSTRUCT, "DESCRIBE ?s { ?s ?p ?o } LIMIT 1"])
def test_graphs_by_accept(
    client: FlaskClient, query: str, accept: str | None, content_type: str
) -> None:
    assert get(client, query, accept).content_type == content_type


def test_format_outdoes_accept(client: FlaskClient) -> None:
    assert (
        get(client, SELECT, "text/csv", format="xml").mimetype == "application/sparql-results+xml"
    )
    assert get(client, CONSTRUCT, "text/csv", output="nt").mimetype == "application/n-triples"


def test_a_format_of_the_other_kind_is_not_acceptable(client: FlaskClient) -> None:
    body = problem(get(client, SELECT, "text/turtle"), "not-acceptable")
    assert "text/csv" in body["formats"]["rows"]
    problem(get(client, CONSTRUCT, format="csv"), "not-acceptable")
    problem(get(client, SELECT, "image/png"), "not-acceptable")
    problem(get(client, SELECT, format="docx"), "not-acceptable")


@pytest.mark.parametrize(
    ("default", "named", "query", "answer"),
    [
        ([], [], "ASK { ?s a owl:Ontology }", True),
        (["ontology/mandates"], [], "ASK { ?s a owl:Ontology }", True),
        (["instances/pk/actors"], [], "ASK { ?s a owl:Ontology }", False),
        (["instances/pk/actors", "ontology/mandates"], [], "ASK { ?s a owl:Ontology }", True),
        (["ontology/mandates"], [], "ASK { GRAPH ?g { ?s ?p ?o } }", False),
        ([], ["ontology/mandates"], "ASK { ?s ?p ?o }", False),
        ([], ["ontology/mandates"], "ASK { GRAPH ?g { ?s a owl:Ontology } }", True),
        ([], ["instances/pk/actors"], "ASK { GRAPH ?g { ?s a owl:Ontology } }", False),
        (["instances/pk/actors"], [], "ASK FROM graph:ontology/mandates { ?s a owl:Class }", False),
        (["no/such/graph"], [], "ASK { ?s ?p ?o }", False),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST form", "POST direct"])
def test_the_dataset_of_the_request(
    client: FlaskClient, method: str, default: list[str], named: list[str], query: str, answer: bool
) -> None:
    base = "https://w3id.org/mandates/graph/"
    query = query.replace("graph:ontology/mandates", f"<{base}ontology/mandates>")
    query = "PREFIX owl: <http://www.w3.org/2002/07/owl#> " + query
    graphs = [("default-graph-uri", base + name) for name in default]
    graphs += [("named-graph-uri", base + name) for name in named]
    if method == "GET":
        response = client.get("/sparql?" + urlencode([("query", query), *graphs]))
    elif method == "POST form":
        content = urlencode([("query", query), *graphs])
        response = client.post("/sparql", data=content, content_type=FORM)
    else:
        response = client.post("/sparql?" + urlencode(graphs), data=query, content_type=DIRECT)
    assert response.json == {"head": {}, "boolean": answer}


@pytest.mark.parametrize(
    ("method", "address", "content_type", "content", "slug"),
    [
        ("GET", "?query=ASK%7B%7D&query=ASK%7B%7D", None, b"", "bad-request"),
        ("GET", "?default-graph-uri=http://a/", None, b"", "bad-request"),
        ("GET", "?query=%FF", None, b"", "bad-request"),
        ("GET", "?query=ASK%7B%7D&default-graph-uri=relative", None, b"", "bad-request"),
        ("GET", "?query=ASK%7B%7D&default-graph-uri=http://a/%3Eb", None, b"", "bad-request"),
        ("GET", "?query=ASK%7B%7D&timeout=soon", None, b"", "bad-request"),
        ("GET", "?query=ASK%7B%7D&timeout=-1", None, b"", "bad-request"),
        ("GET", "?query=ASK%7B%7D&timeout=nan", None, b"", "bad-request"),
        ("GET", "?update=CLEAR+ALL", None, b"", "bad-request"),
        ("GET", "?query=ASK", None, b"", "syntax-error"),
        ("POST", "", FORM, b"query=ASK%7B%7D&query=ASK%7B%7D", "bad-request"),
        ("POST", "", FORM, b"query=%E9", "bad-request"),
        ("POST", "", FORM, "query=ASK {} # é".encode("latin-1"), "bad-request"),
        ("POST", "", FORM, b"update=CLEAR+ALL", "update-refused"),
        ("POST", "", DIRECT, "ASK {} # é".encode("utf-16"), "bad-request"),
        ("POST", "", DIRECT + "; charset=latin-1", b"ASK {}", "bad-request"),
        ("POST", "?query=ASK%7B%7D", DIRECT, b"ASK {}", "bad-request"),
        ("POST", "", "application/sparql-update", b"CLEAR ALL", "update-refused"),
        ("POST", "", "text/plain", b"ASK {}", "unsupported-media-type"),
        ("POST", "", None, b"ASK {}", "unsupported-media-type"),
        ("POST", "", DIRECT, b"#" * 17_000, "request-too-large"),
        ("PUT", "", DIRECT, b"ASK {}", "method-not-allowed"),
        ("DELETE", "", None, b"", "method-not-allowed"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(
    client: FlaskClient,
    method: str,
    address: str,
    content_type: str | None,
    content: bytes,
    slug: str,
) -> None:
    response = client.open(
        "/sparql" + address, method=method, data=content, content_type=content_type
    )
    body = problem(response, slug)
    assert body["instance"] == "urn:mandates:query:" + response.headers["Query-Id"]
    if slug == "method-not-allowed":
        assert set(response.headers["Allow"].split(", ")) == set(METHODS)


def test_a_body_in_chunks_is_bounded_too(client: FlaskClient) -> None:
    class Endless:
        taken = 0

        def read(self, size: int = -1) -> bytes:
            assert size > 0, "the whole of an endless body was asked for"
            self.taken += size
            return b"#" * size

    endless = Endless()
    response = client.post(
        "/sparql",
        content_type=DIRECT,
        environ_overrides={"wsgi.input": endless, "CONTENT_LENGTH": ""},
    )
    problem(response, "request-too-large")
    assert endless.taken < 20_000


def test_unknown_parameters_are_tolerated(client: FlaskClient) -> None:
    assert get(client, "ASK {}", should_sponge="", debug="on").status_code == 200


def test_a_syntax_error_leads_to_its_place(client: FlaskClient) -> None:
    body = problem(get(client, "SELECT *\n{ ?s skos:prefLabel ?o }"), "syntax-error")
    assert (body["line"], body["column"], body["token"]) == (2, 6, "skos:prefLabel")
    assert "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>" in body["hint"]


def test_a_problem_is_shown_to_people_as_a_page(client: FlaskClient) -> None:
    response = get(client, "SELECT <script>alert(1)</script>", "text/html, */*;q=0.1")
    assert response.status_code == 400
    assert response.mimetype == "text/html"
    assert b"<script>" not in response.data
    assert get(client, "SELEC", "text/plain, */*;q=0.1").mimetype == "text/plain"


def test_an_answer_says_what_it_is_an_answer_of(client: FlaskClient, app: Flask) -> None:
    response = get(client, SELECT)
    assert response.headers["Dataset-Version"] == app.extensions["engine"].version
    assert 'rel="license"' in response.headers["Link"]
    assert "Accept" in response.headers["Vary"]
    exposed = response.headers["Access-Control-Expose-Headers"]
    assert {"Dataset-Version", "ETag", "Query-Id", "Retry-After"} <= set(exposed.split(", "))


def test_an_unchanged_answer_is_not_sent_again(client: FlaskClient, app: Flask) -> None:
    first = get(client, SELECT)
    etag = first.headers["ETag"]
    assert etag.startswith('"')
    dead = app.extensions["engine"].deaths
    for given_tag in (etag, f'"other", {etag}', "W/" + etag):
        again = client.get(
            "/sparql", query_string={"query": SELECT}, headers={"If-None-Match": given_tag}
        )
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == etag
    assert app.extensions["engine"].deaths == dead


def test_the_tag_tells_answers_apart(client: FlaskClient) -> None:
    tags = [
        get(client, SELECT).headers["ETag"],
        get(client, SELECT, "text/csv").headers["ETag"],
        get(client, SELECT.replace("LIMIT 1", "LIMIT 2")).headers["ETag"],
        get(client, SELECT, **{"default-graph-uri": "http://a/"}).headers["ETag"],
    ]
    assert len(set(tags)) == 4
    same = get(client, SELECT.replace(" ", "\n  ") + " # comment").headers["ETag"]
    assert same == tags[0]


@pytest.mark.parametrize("function", ["RAND()", "NOW()", "UUID()", "STRUUID()", "BNODE()"])
def test_an_answer_that_will_differ_has_no_tag(client: FlaskClient, function: str) -> None:
    response = get(client, f"SELECT ({function} AS ?x) {{}}")
    assert response.status_code == 200
    assert "ETag" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"


def test_an_address_without_a_query_is_the_page(client: FlaskClient) -> None:
    response = client.get("/sparql", headers={"Accept": "text/html"})
    assert response.mimetype == "text/html"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@given(
    st.sampled_from([*METHODS, "PUT", "BREW"]),
    st.text(st.characters(max_codepoint=255), max_size=60),
    st.one_of(st.none(), st.sampled_from([FORM, DIRECT, "text/plain"]), st.text(max_size=20)),
    st.binary(max_size=60),
    st.one_of(st.none(), st.text(max_size=30)),
)
def test_any_request_is_read_or_refused(
    method: str, query_string: str, content_type: str | None, body: bytes, accept: str | None
) -> None:
    try:
        parsed: Any = parse_request(method, query_string, content_type, body, accept)
    except Problem as found:
        parsed = found
    if isinstance(parsed, Problem):
        assert 400 <= parsed.status < 500
    else:
        assert parsed.rows or parsed.graph


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_query_arrives_as_it_was_sent(query: str) -> None:
    encoded = urlencode({"query": query})
    assert parse_request("GET", encoded, None, b"", None).query == query
    assert parse_request("POST", "", FORM, encoded.encode(), None).query == query
    assert parse_request("QUERY", "", DIRECT, query.encode(), None).query == query


@pytest.mark.parametrize(
    ("query", "suffix"),
    [
        ('SELECT ("\\u0001" AS ?x) {}', "xml"),
        ('SELECT ("a\\uFFFEb" AS ?x) {}', "xml"),
        ('CONSTRUCT { <a:> <a:b> "\\u0001" } {}', "rdf"),
        ('CONSTRUCT { <a:> <http://x/1> "v" } {}', "rdf"),
        ('CONSTRUCT { <a:> <http://x/> "v" } {}', "rdf"),
        ("CONSTRUCT { <a:> a <http://x/1> } {}", "rdf"),
        ("CONSTRUCT { <a:> <https://w3id.org/mandates/ns#> 1 } {}", "rdf"),
        # Large enough to be on its way in pieces.
        (
            "CONSTRUCT { ?s ?p ?o . <a:> <http://x/1> ?s } { ?s ?p ?o }",
            "rdf",
        ),
    ],
)
def test_what_xml_can_not_hold_is_not_sent_as_xml(
    client: FlaskClient, query: str, suffix: str
) -> None:
    for accept in ("application/xml", "application/rdf+xml, application/sparql-results+xml"):
        answer = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept})
        assert answer.status_code == 406
        problem = json.loads(answer.data)
        kind = "rows" if suffix == "xml" else "graph"
        (other, *_) = problem["formats"][kind]
        assert not any("xml" in item for item in problem["formats"][kind])
        again = client.get("/sparql", query_string={"query": query}, headers={"Accept": other})
        assert again.status_code == 200


@given(st.text(max_size=30), st.integers(1, 30))
def test_what_is_let_through_as_xml_is_xml(text: str, size: int) -> None:
    triple = ox.Triple(ox.NamedNode("http://a/"), ox.NamedNode("http://a/b"), ox.Literal(text))
    body = ox.serialize([triple], format=ox.RdfFormat.RDF_XML)
    assert body is not None
    look = XMLGuard("rdf")
    try:
        for start in range(0, len(body), size):
            look.add(body[start : start + size])
    except NotXMLError:
        with pytest.raises(ElementTree.ParseError):
            ElementTree.fromstring(body)
    else:
        ElementTree.fromstring(body)
