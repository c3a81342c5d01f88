"""The gateway before other servers: two real ones, and one that does everything wrong."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph

from mandates.dataset.snapshot import Snapshot
from mandates.sparql import syntax
from mandates.sparql.backend import Limits
from mandates.sparql.engine import Engine
from mandates.sparql.negotiation import GRAPH_FORMATS, ROW_FORMATS, Format
from mandates.sparql.prefixes import PREFIXES
from mandates.sparql.problems import Problem
from mandates.sparql.remote import RemoteStore, Store
from mandates.sparql.request import QueryRequest
from mandates.web import Settings, create_app
from stores import OXIGRAPH, VIRTUOSO, Addresses, oxigraph, virtuoso

needs_oxigraph = pytest.mark.skipif(not OXIGRAPH, reason="the package oxigraph is not installed")
needs_virtuoso = pytest.mark.skipif(not VIRTUOSO, reason="virtuoso-opensource-7 is not installed")

VALUES = "SELECT * { ?s <https://w3id.org/mandates/ns#value> ?o } ORDER BY ?s"
GRAPHS = "CONSTRUCT WHERE { ?s <https://w3id.org/mandates/ns#value> ?o }"
NEVER = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
LATE = "{ ?s ?p ?o } UNION { ?s ?p ?o . ?a ?b ?c . ?d ?e ?f FILTER(?s = ?a && ?a = ?o) }"
LIMITS = Limits(timeout=30, max_rows=5000, max_bytes=2 << 20, concurrency=3, queue=3, long=2)


def send(url: str, method: str, body: bytes, media_type: str) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        connection.request(
            method, f"{parts.path}?{parts.query}", body, {"Content-Type": media_type}
        )
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


@contextmanager
def gateway(store: Store, limits: Limits = LIMITS) -> Iterator[RemoteStore]:
    remote = RemoteStore(store, limits, prefixes=PREFIXES)
    remote.start()
    try:
        yield remote
    finally:
        remote.close()


def run(remote: RemoteStore, query: str, **options: object) -> bytes:
    return remote.run(QueryRequest(query, **options)).read()  # type: ignore[arg-type]


def problem(remote: RemoteStore, query: str, **options: object) -> Problem:
    with pytest.raises(Problem) as caught:
        run(remote, query, **options)
    return caught.value


@pytest.fixture(scope="module")
def filled(snapshot: Snapshot) -> Iterator[Addresses]:
    with oxigraph("--union-default-graph") as addresses:
        quads = snapshot.quads_file.read_bytes()
        assert send(addresses.graphs, "POST", quads, "application/n-quads") == 204
        yield addresses


@pytest.fixture(scope="module")
def remote(filled: Addresses) -> Iterator[RemoteStore]:
    with gateway(Store(filled.query)) as remote:
        yield remote


@needs_oxigraph
@pytest.mark.parametrize("form", ROW_FORMATS, ids=lambda form: form.name)
@pytest.mark.parametrize(
    "query", [VALUES + " LIMIT 200", VALUES, "ASK { ?s ?p ?o }", "ASK { 1 ?p ?o }"]
)
def test_rows_are_those_of_the_embedded_engine(
    remote: RemoteStore, engine: Engine, query: str, form: Format
) -> None:
    request = QueryRequest(query, rows=form)
    ours, theirs = engine.run(request), remote.run(request)
    assert (ours.kind, ours.rows, ours.size) == (theirs.kind, theirs.rows, theirs.size)
    assert ours.read() == theirs.read()


@needs_oxigraph
@pytest.mark.parametrize("form", GRAPH_FORMATS, ids=lambda form: form.name)
def test_triples_are_those_of_the_embedded_engine(
    remote: RemoteStore, engine: Engine, form: Format
) -> None:
    request = QueryRequest("CONSTRUCT WHERE { ?s a ?o }", graph=form)
    ours, theirs = engine.run(request), remote.run(request)
    assert ours.rows == theirs.rows > 3
    kind = ox.RdfFormat.from_media_type(form.media_type)
    parsed = [{quad.triple for quad in ox.parse(item.read(), kind)} for item in (ours, theirs)]
    assert parsed[0] == parsed[1]


@needs_oxigraph
def test_the_dataset_of_the_request_is_passed_on(remote: RemoteStore) -> None:
    base = "https://w3id.org/mandates/graph/"
    request = QueryRequest("ASK { ?s a <https://w3id.org/mandates/ns#Regulator> }")
    for name, answer in (("instances/pk/actors", True), ("ontology/mandates", False)):
        found = remote.run(replace(request, default_graphs=(base + name,))).read()
        assert json.loads(found)["boolean"] is answer


@needs_oxigraph
def test_values_are_bound_and_relative_names_are_ours(remote: RemoteStore) -> None:
    pta = "https://w3id.org/mandates/id/pk/actor/pta"
    bound = remote.run(
        QueryRequest("ASK { $this a ?c }"), bindings={"this": {"type": "uri", "value": pta}}
    )
    assert json.loads(bound.read())["boolean"] is True
    assert json.loads(run(remote, "ASK { <id/pk/actor/pta> a ?c }"))["boolean"] is True
    assert (
        json.loads(run(remote, "BASE <http://a/> ASK { <id/pk/actor/pta> a ?c }"))["boolean"]
        is False
    )


@needs_oxigraph
@pytest.mark.parametrize(
    ("query", "slug", "limit"),
    [
        ("SELECT ?a { ?a ?b ?c . ?d ?e ?f } LIMIT 9000", "result-too-large", "max_rows"),
        ("SELECT * { ?a ?b ?c . ?d ?e ?f }", "result-too-large", None),
        ("CONSTRUCT { ?a ?b ?f } { ?a ?b ?c . ?d ?e ?f }", "result-too-large", "max_rows"),
        ("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", "timeout", "timeout"),
        (f"SELECT * {{ {LATE} }}", "timeout", "timeout"),
        (f"CONSTRUCT {{ ?s ?p ?o }} {{ {LATE} }}", "timeout", "timeout"),
    ],
)
def test_limits_hold_and_nothing_is_cut(
    remote: RemoteStore, query: str, slug: str, limit: str | None
) -> None:
    # A limit that is no limit of time must be met also where the machine is busy.
    found = problem(remote, query, timeout=1.0 if slug == "timeout" else None)
    assert found.slug == slug
    assert limit in (None, found.members["limit"]["name"])


@needs_oxigraph
@pytest.mark.parametrize(
    ("query", "members"),
    [
        ("SELECT * { ?s skos:prefLabel ?o }", {"line": 1, "column": 15, "token": "skos:prefLabel"}),
        ("SELEC * { ?s ?p ?o }", {"line": 1, "column": 1, "token": "SELEC"}),
        ("SELECT *\n{ ?s ?p }", {"line": 2, "column": 9, "token": "}"}),
        ("SELECT * { <relative> ?p ?o } }", {"line": 1, "column": 31, "token": "}"}),
    ],
)
def test_a_syntax_error_leads_to_its_place(
    remote: RemoteStore, query: str, members: dict[str, object]
) -> None:
    found = problem(remote, query)
    assert found.slug == "syntax-error"
    assert members.items() <= found.members.items()


@needs_oxigraph
def test_the_operator_stops_a_query(remote: RemoteStore) -> None:
    caught: list[str] = []
    asking = threading.Thread(target=lambda: caught.append(problem(remote, NEVER).slug))
    asking.start()
    while not remote.live():
        time.sleep(0.01)
    time.sleep(0.1)
    assert remote.cancel(remote.live()[0].query_id)
    asking.join()
    assert caught == ["cancelled"]


@needs_oxigraph
def test_long_queries_leave_a_place_for_brief_ones(filled: Addresses) -> None:
    caught: list[str] = []
    limits = replace(LIMITS, concurrency=3, long=1, brief=0.2, timeout=3)
    with gateway(Store(filled.query), limits) as remote:
        threads = [
            threading.Thread(target=lambda: caught.append(problem(remote, NEVER).slug))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        assert json.loads(run(remote, "ASK {}"))["boolean"] is True
        for thread in threads:
            thread.join()
    assert sorted(caught) == ["busy", "timeout"]


@needs_oxigraph
def test_a_server_with_a_time_of_its_own_is_not_believed(snapshot: Snapshot) -> None:
    """It answers 200 and writes into the rows that its time was up."""
    with oxigraph("--timeout-s", "1", "--union-default-graph") as addresses:
        quads = snapshot.quads_file.read_bytes()
        assert send(addresses.graphs, "POST", quads, "application/n-quads") == 204
        with gateway(Store(addresses.query), replace(LIMITS, timeout=20)) as remote:
            csv = ROW_FORMATS[2]
            assert problem(remote, f"SELECT * {{ {LATE} }}", rows=csv).slug == "timeout"
            assert problem(remote, f"CONSTRUCT {{ ?s ?p ?o }} {{ {LATE} }}").slug == "timeout"


@pytest.fixture(scope="module")
def app(filled: Addresses) -> Iterator[Flask]:
    app = create_app(Settings(store=filled.query, timeout=5, admin_token="open sesame"))
    yield app
    app.extensions["engine"].close()


@needs_oxigraph
def test_pages_entities_and_description_come_from_the_store(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/id/pk/actor/pta", headers={"Accept": "text/html"}, follow_redirects=True)
    assert "Pakistan Telecommunication Authority" in page.get_data(as_text=True)
    turtle = client.get("/id/pk/actor/pta.ttl")
    assert (turtle.status_code, turtle.mimetype) == (200, "text/turtle")
    assert len(Graph().parse(data=turtle.data, format="turtle")) > 5
    described = Graph().parse(data=client.get("/.well-known/void").data, format="turtle")
    assert "https://w3id.org/mandates/graph/ontology/mandates" in {
        str(o) for o in described.objects()
    }
    assert client.get("/-/ready").status_code == 200
    assert client.get("/dumps/").status_code == 404
    assert client.get("/graph-store?default").status_code == 200


@needs_oxigraph
def test_data_that_may_change_are_not_kept(app: Flask) -> None:
    client = app.test_client()
    for address in ("/sparql?query=ASK%7B%7D", "/id/pk/actor/pta.ttl"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "ETag" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Dataset-Version" not in answer.headers


@needs_oxigraph
def test_data_of_a_stated_version_are_kept(filled: Addresses) -> None:
    app = create_app(Settings(store=filled.query, store_version="v7"))
    client = app.test_client()
    try:
        first = client.get("/sparql?query=ASK%7B%7D")
        assert first.headers["Dataset-Version"] == "v7"
        tag = {"If-None-Match": first.headers["ETag"]}
        assert client.get("/sparql?query=ASK%7B%7D", headers=tag).status_code == 304
        client.get("/sparql?query=ASK%7B%7D")
        assert 'mandates_cached_total{how="cache"} 1.0' in client.get("/-/metrics").text
    finally:
        app.extensions["engine"].close()


@pytest.mark.parametrize("method", ["update", "form"])
def test_updates_are_refused_unless_allowed(app: Flask, method: str) -> None:
    client = app.test_client()
    if method == "form":
        answer = client.post("/sparql", data={"update": "CLEAR ALL"})
    else:
        answer = client.post("/sparql", data="CLEAR ALL", content_type="application/sparql-update")
    assert answer.status_code == 403
    assert answer.json
    assert answer.json["type"].endswith("/update-refused")


# A server that does everything wrong.

CHUNKED = "Transfer-Encoding: chunked\r\n"
TURTLE = "text/turtle"
JSON = "application/sparql-results+json"
ROW = b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"1"}}'
TRIPLE = b"<http://a/> <http://b/> <http://c/> .\n"
Wrong = Callable[[socket.socket], None]


def answer(body: bytes, head: str, media_type: str = JSON, status: str = "200 OK") -> Wrong:
    def send(wire: socket.socket) -> None:
        wire.sendall(
            f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\n{head}\r\n".encode() + body
        )

    return send


def chunked(*pieces: bytes, end: bool) -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return body + (b"0\r\n\r\n" if end else b"")


def drip(wire: socket.socket) -> None:
    answer(b"", CHUNKED)(wire)
    for _ in range(100):
        wire.sendall(b"1\r\n \r\n")
        time.sleep(0.05)


def drip_headers(wire: socket.socket) -> None:
    wire.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        wire.sendall(b"X-Wait: 1\r\n")
        time.sleep(0.05)


def say_nothing(wire: socket.socket) -> None:
    while wire.recv(1 << 16):
        pass


@contextmanager
def wrong(act: Wrong, seen: list[bytes] | None = None) -> Iterator[str]:
    """A server that answers every request in one way and may note it; stops with the block."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                wire, _ = listener.accept()
            except OSError:
                return
            with wire:
                try:
                    request = wire.recv(1 << 16)
                    if seen is not None:
                        seen.append(request)
                    act(wire)
                    # Closing with a part of the request unread would reset the connection.
                    wire.shutdown(socket.SHUT_WR)
                    wire.settimeout(5)
                    say_nothing(wire)
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


@pytest.mark.parametrize(
    ("act", "slug"),
    [
        (answer(ROW + b"]}}", "Transfer-Encoding: identity\r\n"), "200"),
        (answer(ROW + b"]}}", "Content-Length: 200\r\n"), "bad-gateway"),
        (answer(ROW, f"Content-Length: {len(ROW)}\r\n"), "bad-gateway"),
        (answer(chunked(ROW, b"]}}", end=True), CHUNKED), "200"),
        (answer(chunked(ROW, b"]}}", end=False), CHUNKED), "bad-gateway"),
        (
            answer(chunked(ROW, b"]}} ", b"more", end=True), CHUNKED),
            "bad-gateway",
        ),
        (answer(ROW + b"]}", ""), "bad-gateway"),
        (answer(b"<html>", "", "text/html"), "bad-gateway"),
        (answer(b"x\r\n1\r\n", "", "text/csv"), "bad-gateway"),
        (
            answer(
                b"", "Location: http://127.0.0.1:22/\r\nContent-Length: 0\r\n", status="302 Found"
            ),
            "bad-gateway",
        ),
        (answer(b"no", "Content-Length: 2\r\n", status="401 Unauthorized"), "bad-gateway"),
        (answer(b"secret path", "", status="500 Oops"), "bad-gateway"),
        (answer(b"", "Retry-After: 7\r\nContent-Length: 0\r\n", status="503 Busy"), "busy"),
        (answer(b"Transaction timed out", "", status="500 Oops"), "timeout"),
        (answer(b"parse error at line 1", "", status="400 Bad Request"), "syntax-error"),
        (answer(b"no such function", "", status="400 Bad Request"), "query-failed"),
        (answer(ROW + b"]}}", "X-SPARQL-MaxRows: 1\r\n"), "result-too-large"),
        (answer(ROW + b"]}}", "X-SQL-State: S1TAT\r\n"), "timeout"),
        (answer(b"\x1f\x8b" * 50, "Content-Encoding: gzip\r\n"), "bad-gateway"),
        (drip, "timeout"),
        (drip_headers, "timeout"),
        (say_nothing, "timeout"),
        (lambda wire: None, "bad-gateway"),
        (lambda wire: wire.sendall(b"\x00" * 1000), "bad-gateway"),
    ],
)
def test_what_a_bad_server_says_is_never_passed_on_as_whole(act: Wrong, slug: str) -> None:
    limits = replace(LIMITS, timeout=0.6 if slug == "timeout" else 30)
    with wrong(act) as url, gateway(Store(url), limits) as remote:
        began = time.monotonic()
        if slug == "200":
            assert remote.run(QueryRequest("SELECT * { ?s ?p ?x }")).rows == 1
            return
        found = problem(remote, "SELECT * { ?s ?p ?x }")
        assert found.slug == slug
        assert "secret" not in found.detail
        if slug == "busy":
            assert found.headers["Retry-After"] == "7"
        assert slug != "timeout" or time.monotonic() - began < 5


def test_one_giant_value_is_not_held_in_memory() -> None:
    def send(wire: socket.socket) -> None:
        answer(ROW[:-2], "")(wire)
        for _ in range(10_000):
            wire.sendall(b"1" * 10_000)

    with wrong(send) as url, gateway(Store(url), replace(LIMITS, max_bytes=1 << 30)) as remote:
        found = problem(remote, "SELECT * { ?s ?p ?x }")
    assert found.slug == "result-too-large"
    assert "value" in found.detail


@pytest.mark.parametrize(
    ("act", "slug"),
    [
        (answer(TRIPLE, f"Content-Length: {len(TRIPLE)}\r\n", "application/n-triples"), "200"),
        (answer(chunked(TRIPLE, end=True), CHUNKED, TURTLE), "200"),
        # Whole lines, and no sign that these are all of them.
        (answer(TRIPLE, "", "application/n-triples"), "bad-gateway"),
        (
            answer(chunked(TRIPLE, end=False), CHUNKED, TURTLE),
            "bad-gateway",
        ),
        (answer(TRIPLE, "Content-Length: 100\r\n", TURTLE), "bad-gateway"),
        (
            answer(TRIPLE + b"Time out", f"Content-Length: {len(TRIPLE) + 8}\r\n", TURTLE),
            "timeout",
        ),
        # Triples don't show how many solutions they were made of.
        (
            answer(
                TRIPLE, f"Server: Virtuoso/07\r\nContent-Length: {len(TRIPLE)}\r\n", "text/turtle"
            ),
            "bad-gateway",
        ),
    ],
)
def test_triples_are_whole_or_refused(act: Wrong, slug: str) -> None:
    limits = replace(LIMITS, timeout=0.6 if slug == "timeout" else 30)
    with wrong(act) as url, gateway(Store(url), limits) as remote:
        if slug == "200":
            assert remote.run(QueryRequest("CONSTRUCT WHERE { ?s ?p ?o }")).rows == 1
        else:
            assert problem(remote, "CONSTRUCT WHERE { ?s ?p ?o }").slug == slug


def test_a_store_that_is_away_is_a_502_and_not_ready() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    app = create_app(Settings(store=url))
    try:
        client = app.test_client()
        assert client.get("/-/live").status_code == 200
        assert client.get("/-/ready").status_code == 503
        found = client.get("/sparql", query_string={"query": "ASK {}"})
        assert found.status_code == 502
        assert found.json
        assert found.json["type"].endswith("/bad-gateway")
        assert url not in found.get_data(as_text=True)
    finally:
        app.extensions["engine"].close()


def test_a_password_is_sent_and_not_shown() -> None:
    seen: list[bytes] = []

    with wrong(answer(ROW + b"]}}", ""), seen) as url:
        store = f"{url}?infer=true"
        settings = Settings(store=store, store_authorization="Basic b3BlbjpzZXNhbWU=")
        assert "b3BlbjpzZXNhbWU" not in repr(settings) + repr(settings.remote)
        with gateway(settings.remote) as remote:
            run(remote, "SELECT * { ?s ?p ?x }")
    assert b"POST /sparql?infer=true HTTP/1.1" in seen[0]
    assert b"Authorization: Basic b3BlbjpzZXNhbWU=" in seen[0]


@pytest.mark.parametrize(
    "address", ["ftp://a/", "http://", "a", "http://u:p@a/", "http://a/#b", "file:///etc/passwd"]
)
def test_an_address_that_can_not_be_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="store"):
        Settings(store=address)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://a/> { ?s ?p ?o } }",
        "SELECT * { service silent <http://a/> { ?s ?p ?o } }",
        "SELECT * { SERVICE ?x { ?s ?p ?o } }",
        "PREFIX : <http://a/> SELECT * { SERVICE:x{ ?s ?p ?o } }",
        "PREFIX a: <http://a/> SELECT * { SERVICE#\n#\na:x #\n{ ?s ?p ?o } }",
        # Where one parser sees an IRI, another sees a comparison and a comment.
        "SELECT * { ?s ?p ?o FILTER(1<2#>'''\n) SERVICE <http://a/> { ?a ?b ?c } #'''\n}",
        r"SELECT * { \u0053ERVICE <http://a/> { ?s ?p ?o } }",
        r"SELECT * { ?s ?p '\u0027 . SERVICE <http://a/> { ?a ?b ?c } #' }",
        "SELECT * { \u017fERVICE <http://a/> { ?s ?p ?o } }",
        "SELECT * { ?s ?p true SERVICE <http://a/> { ?s ?p ?o } }",
        "SELECT * { ?s ?p trueSERVICE <http://a/> { ?s ?p ?o } }",
    ],
)
def test_no_call_is_hidden_from_the_gateway(query: str) -> None:
    assert syntax.may_call_out(query)
    with gateway(Store("http://127.0.0.1:9/")) as remote:
        assert problem(remote, query).slug == "service-refused"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?service ?x { ?service <http://a/service> ?x }",
        "SELECT ?who ?service { ?who a 'service of a <thing>' }",
        "PREFIX service: <http://a/> ASK { ?s a service:x }",
        "ASK { ?s ?p 'SERVICE level: high' }",
        "SELECT * { ?s ?p ?o } # the service",
        "SELECT (COUNT(?service) AS ?load) { ?service ?x ?y }",
    ],
)
def test_words_alone_are_no_call(query: str) -> None:
    assert not syntax.may_call_out(query)


@given(st.text(st.sampled_from("serviceSERVICE#\n <>{}:?'\"\\a"), max_size=60))
def test_any_text_is_looked_through(text: str) -> None:
    assert syntax.may_call_out(text) in (True, False)


def test_a_text_of_nothing_but_services_takes_no_time() -> None:
    began = time.monotonic()
    assert syntax.may_call_out("service#" * 30_000)
    for name in (f"<http://a/{'b' * 5000}>", f"a:{'b' * 5000}", f"{'a' * 5000}:b"):
        assert syntax.may_call_out(f"SELECT * {{ SERVICE {name} {{ ?s ?p ?o }} }}")
    assert syntax.may_call_out("service" + " " * 200_000 + "<a:b>" + " " * 50_000 + "{")
    # Looked through again from each word, it would take minutes.
    assert time.monotonic() - began < 20


@given(st.text(st.sampled_from("SELECTCONSTRUCWHERE{}LIMIT 123?x<a:b>FROM"), max_size=60))
def test_no_text_breaks_the_looks_at_it(text: str) -> None:
    syntax.kind_of(text)
    syntax.limit_of(text)
    syntax.has_base(text)
    syntax.counting("CONSTRUCT " + text)
    syntax.counting("DESCRIBE " + text)
    assert syntax.no_query(text).line >= 1


@pytest.fixture(scope="module")
def cutting(tmp_path_factory: pytest.TempPathFactory, snapshot: Snapshot) -> Iterator[Addresses]:
    folder = tmp_path_factory.mktemp("virtuoso")
    with virtuoso(folder, snapshot.quads_file, max_rows=1000) as addresses:
        yield addresses


@needs_virtuoso
def test_virtuoso_answers_like_the_embedded_engine(cutting: Addresses, engine: Engine) -> None:
    wanted = ("application/sparql-results+json", "text/csv")
    forms = [form for form in ROW_FORMATS if form.media_type in wanted]
    ours = "?s <https://w3id.org/mandates/ns#value> ?o"
    with gateway(Store(cutting.query, max_rows=1000)) as remote:
        assert remote.ready
        assert remote.graphs["https://w3id.org/mandates/graph/instances/many"] == 3000
        for form in forms:
            for query in (
                f"SELECT ?s ?o {{ {ours} }} ORDER BY ?s LIMIT 300",
                "ASK { <https://w3id.org/mandates/id/pk/actor/pta> ?p ?o }",
                "ASK { <https://w3id.org/mandates/id/pk/actor/none> ?p ?o }",
                f"SELECT (COUNT(*) AS ?n) {{ {ours} }}",
            ):
                request = QueryRequest(query, rows=form)
                assert engine.run(request).read() == remote.run(request).read()
        regulator = "<https://w3id.org/mandates/ns#Regulator>"
        query = f"CONSTRUCT {{ ?s ?p ?o }} {{ ?s ?p ?o . ?s a {regulator} }}"
        for graph in GRAPH_FORMATS:
            request = QueryRequest(query, graph=graph)
            assert engine.run(request).rows == remote.run(request).rows > 3


@needs_virtuoso
def test_what_virtuoso_cuts_is_refused(cutting: Addresses) -> None:
    ours = "?s <https://w3id.org/mandates/ns#value> ?o"
    with gateway(Store(cutting.query, max_rows=1000)) as remote:
        for query in (
            f"SELECT * {{ {ours} }}",
            f"CONSTRUCT WHERE {{ {ours} }}",
            f"CONSTRUCT {{ ?s a <a:b> }} {{ {ours} }} LIMIT 2000",
            # Three thousand solutions, one triple.
            f"CONSTRUCT {{ <a:a> <a:b> <a:c> }} {{ {ours} }}",
        ):
            assert problem(remote, query).slug == "result-too-large"
        whole = remote.run(QueryRequest(f"SELECT * {{ {ours} }} LIMIT 1000"))
        assert whole.rows == 1000
        whole = remote.run(QueryRequest(f"CONSTRUCT WHERE {{ {ours} }} LIMIT 1000"))
        assert 0 < whole.rows <= 1001
    with gateway(Store(cutting.query)) as remote:
        assert problem(remote, f"CONSTRUCT WHERE {{ {ours} }} LIMIT 10").slug == "bad-gateway"


@needs_virtuoso
def test_virtuoso_is_stopped_and_its_errors_are_told(cutting: Addresses) -> None:
    slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(STR(?a) < STR(?f)) }"
    with gateway(Store(cutting.query, max_rows=1000), replace(LIMITS, timeout=1)) as remote:
        assert problem(remote, slow).slug == "timeout"
        assert problem(remote, "SELECT * { ?s ex:p ?o }").slug == "syntax-error"
        fetching = "DEFINE get:soft 'soft' SELECT * FROM <http://127.0.0.1:9/x> { ?s ?p ?o }"
        assert problem(remote, fetching).members["token"] == "DEFINE"
