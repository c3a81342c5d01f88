"""SERVICE and LOAD: what may be called, what comes of it, and what never happens."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandates.dataset.snapshot import Snapshot
from mandates.sparql.backend import Limits
from mandates.sparql.engine import Engine
from mandates.sparql.federation import Federation, Rules, calls, is_public
from mandates.sparql.prefixes import PREFIXES
from mandates.sparql.problems import Problem
from mandates.sparql.remote import RemoteStore, Store
from mandates.sparql.request import QueryRequest, UpdateRequest
from stores import OXIGRAPH, oxigraph

JSON = "application/sparql-results+json"
PTA = "<https://w3id.org/mandates/id/pk/actor/pta>"


def rows(*bindings: dict[str, dict[str, str]], names: tuple[str, ...] = ("x",)) -> bytes:
    return json.dumps({"head": {"vars": names}, "results": {"bindings": bindings}}).encode()


def literal(value: str, **more: str) -> dict[str, str]:
    return {"type": "literal", "value": value, **more}


@dataclass
class Elsewhere:
    """Another server, which answers in one way and remembers what it was asked."""

    url: str = ""
    status: int = 200
    media_type: str = JSON
    body: bytes = rows({"x": literal("one")})
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    seen: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    @property
    def queries(self) -> list[str]:
        return [parse_qs(body)["query"][0] for _, _, body in self.seen]


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    there = Elsewhere()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            there.seen.append((f"{self.command} {self.path}", headers, body))
            time.sleep(there.wait)
            self.send_response(there.status)
            self.send_header("Content-Type", there.media_type)
            if "Transfer-Encoding" not in there.headers:
                self.send_header("Content-Length", str(len(there.body)))
            for name, value in there.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(there.body)

        do_GET = do_POST = answer  # noqa: N815 - the names that the class asks for

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there.url = f"http://127.0.0.1:{server.server_port}/sparql"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield there
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def asking(snapshot: Snapshot, rules: Rules, **limits: Any) -> Iterator[Callable[[str], Any]]:
    """An engine that may call what the rules allow; yields a way to ask it."""
    engine = Engine(
        snapshot.folder,
        Limits(**{"timeout": 5, "concurrency": 2, "queue": 2, "long": 2} | limits),
        prefixes=PREFIXES,
        federation=Federation(rules, base_iri="https://w3id.org/mandates/"),
    )
    engine.start()

    def ask(query: str) -> Any:
        return json.loads(engine.run(QueryRequest(query)).read())

    ask.engine = engine  # type: ignore[attr-defined]
    try:
        yield ask
    finally:
        engine.close()


def allowed(there: Elsewhere, **more: Any) -> Rules:
    return Rules((there.url.removesuffix("sparql"),), loopback=True, **more)


def slug(ask: Callable[[str], Any], query: str) -> str:
    with pytest.raises(Problem) as caught:
        ask(query)
    return caught.value.slug


def values(answer: Any, name: str = "x") -> list[str | None]:
    return [row.get(name, {}).get("value") for row in answer["results"]["bindings"]]


@pytest.mark.parametrize(
    "target",
    [
        "<{url}>",
        "SILENT <{url}>",
        "?where",
        "<{url}x>",
        "<http://127.0.0.1.example.org/>",
        "x:sparql",
    ],
)
def test_nothing_is_called_unless_it_is_on_the_list(
    snapshot: Snapshot, elsewhere: Elsewhere, target: str
) -> None:
    query = (
        f"PREFIX x: <{elsewhere.url.removesuffix('sparql')}> "
        f"SELECT * {{ SERVICE {target.format(url=elsewhere.url)} {{ ?s ?p ?o }} }}"
    )
    with asking(snapshot, Rules()) as ask:
        assert slug(ask, query) == "service-refused"
    # On the list, and yet an address of this machine.
    if target != "?where" and "example" not in target:
        with asking(snapshot, Rules((elsewhere.url.removesuffix("sparql"),))) as ask:
            assert slug(ask, query) == "service-refused"
    assert elsewhere.seen == []


@pytest.mark.parametrize(
    "prefix",
    ["https://good.example", "ftp://good.example/", "good.example/", "https://u@good.example/", ""],
)
def test_a_prefix_that_would_allow_too_much_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="may be called"):
        Rules((prefix,))


@pytest.mark.parametrize(
    "iri",
    [
        "https://good.example.evil.example/a/",
        "https://good.example/a/../b",
        "https://good.example/a/%2e%2E/b",
        "https://good.example/ab",
        "https://good.example@evil.example/a/",
        "http://good.example/a/",
        "https://GOOD.example/a/ b",
    ],
)
def test_what_only_looks_like_the_list_is_not_on_it(iri: str) -> None:
    rules = Rules(("https://good.example/a/",))
    assert rules.allow("https://good.example/a/sparql?x=y")
    assert not rules.allow(iri)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fc00::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:1.1.1.1", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::1", False),
        ("2002:a00:1::", False),
        ("ff02::1", False),
        ("no address", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("found", [["10.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["::1"]])
def test_a_name_with_any_private_address_is_refused(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    def look_up(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (item, 80)) for item in found]

    with asking(snapshot, Rules(("http://name.example/",))) as ask:
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        for silent in ("", "SILENT"):
            query = f"SELECT * {{ SERVICE {silent} <http://name.example/> {{ ?s ?p ?o }} }}"
            assert slug(ask, query) == "service-refused"


def test_a_name_is_looked_up_once_and_that_address_is_called(
    snapshot: Snapshot, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second look-up could lead to where the first did not."""
    looked_up: list[str] = []
    port = elsewhere.url.rpartition(":")[2].partition("/")[0]
    plain = socket.getaddrinfo

    def look_up(host: str, *more: Any, **options: Any) -> Any:
        if host == "name.example":
            looked_up.append(host)
            host = "127.0.0.1" if len(looked_up) == 1 else "127.0.0.9"
        return plain(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with asking(snapshot, Rules((f"http://name.example:{port}/",), loopback=True)) as ask:
        query = f"SELECT * {{ SERVICE <http://name.example:{port}/a> {{ ?s ?p ?x }} }}"
        assert values(ask(query)) == ["one"]
    assert looked_up == ["name.example"]
    ((line, headers, _),) = elsewhere.seen
    assert (line, headers["host"]) == ("POST /a", f"name.example:{port}")


def test_a_redirect_is_not_followed(snapshot: Snapshot, elsewhere: Elsewhere) -> None:
    elsewhere.status, elsewhere.headers = 307, {"Location": elsewhere.url + "/else"}
    with asking(snapshot, allowed(elsewhere)) as ask:
        query = f"SELECT * {{ SERVICE <{elsewhere.url}> {{ ?s ?p ?o }} }}"
        assert slug(ask, query) == "service-failed"
    assert len(elsewhere.seen) == 1


def test_the_pattern_is_asked_with_its_prefixes(snapshot: Snapshot, elsewhere: Elsewhere) -> None:
    elsewhere.body = rows(
        {"s": {"type": "uri", "value": PTA[1:-1]}, "x": literal("told")}, names=("s", "x")
    )
    query = f"""PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        SELECT ?x ?label {{
          ?s skos:prefLabel ?label . # SERVICE <http://comment.example/> {{ }}
          OPTIONAL {{ SERVICE <{elsewhere.url}> {{ ?s skos:note ?x FILTER(?x != "}}") }} }}
          FILTER(?s = {PTA} && LANG(?label) = "en")
        }}"""
    with asking(snapshot, allowed(elsewhere)) as ask:
        assert values(ask(query)) == ["told"]
    assert elsewhere.queries == [
        "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
        'SELECT * WHERE { ?s skos:note ?x FILTER(?x != "}") }'
    ]


def test_every_kind_of_term_arrives(snapshot: Snapshot, elsewhere: Elsewhere) -> None:
    terms = [
        literal('a "quoted"\n\\line ) } \u0001'),
        literal("کچھ", **{"xml:lang": "ur"}),
        literal("3", datatype="http://www.w3.org/2001/XMLSchema#integer"),
        {"type": "uri", "value": "http://example.org/é"},
    ]
    elsewhere.body = rows(*({"x": term} for term in terms), {})
    with asking(snapshot, allowed(elsewhere)) as ask:
        answer = ask(f"SELECT ?x {{ SERVICE <{elsewhere.url}> {{ ?s ?p ?x }} }}")
    assert [row.get("x") for row in answer["results"]["bindings"]] == [*terms, None]


def test_blank_nodes_keep_together_and_apart(snapshot: Snapshot, elsewhere: Elsewhere) -> None:
    blank = {"type": "bnode", "value": "b0"}
    elsewhere.body = rows({"x": blank, "y": blank}, names=("x", "y"))
    service = f"SERVICE <{elsewhere.url}>"
    with asking(snapshot, allowed(elsewhere)) as ask:
        answer = ask(f"SELECT * {{ {service} {{ ?x ?p ?y }} {service} {{ ?a ?b ?c }} }}")
        assert answer["results"]["bindings"] == [] or len(set(values(answer))) == 1
        answer = ask(f"SELECT * {{ {service} {{ ?x ?p ?y }} }}")
        assert values(answer, "x") == values(answer, "y")
        assert str(values(answer)[0]).startswith("https://w3id.org/mandates/.well-known/genid/")


@pytest.mark.parametrize(
    ("body", "count"), [(rows(names=()), 0), (rows({}, {}, names=()), 2), (rows(names=("x",)), 0)]
)
def test_a_pattern_without_variables_counts_its_solutions(
    snapshot: Snapshot, elsewhere: Elsewhere, body: bytes, count: int
) -> None:
    elsewhere.body = body
    with asking(snapshot, allowed(elsewhere)) as ask:
        answer = ask(f"SELECT * {{ SERVICE <{elsewhere.url}> {{ <a:a> <a:b> <a:c> }} }}")
    assert len(answer["results"]["bindings"]) == count


def failing(there: Elsewhere, how: str) -> None:
    if how == "status":
        there.status = 500
    elif how == "type":
        there.media_type = "text/html"
    elif how == "broken":
        there.body = there.body[:-3]
    elif how == "more":
        there.body += b" {}"
    elif how == "truth":
        there.body = b'{"head":{},"boolean":true}'
    elif how == "large":
        there.body = rows(*({"x": literal("x" * 1000)} for _ in range(1200)))
    elif how == "late":
        there.wait = 1.5
    else:
        there.url = there.url.replace("/sparql", "0/sparql")[:21] + "1/sparql"


@pytest.mark.parametrize("how", ["status", "type", "broken", "more", "truth", "large", "late"])
def test_a_failure_is_told_unless_silent(
    snapshot: Snapshot, elsewhere: Elsewhere, how: str
) -> None:
    failing(elsewhere, how)
    rules = allowed(elsewhere, timeout=0.5, max_bytes=1 << 20)
    with asking(snapshot, rules) as ask:
        query = "SELECT ?s ?x { ?s a ?c . %s { ?s ?p ?x } FILTER(?s = " + PTA + ") } LIMIT 1"
        assert slug(ask, query % f"SERVICE <{elsewhere.url}>") == "service-failed"
        silent = ask(query % f"SERVICE SILENT <{elsewhere.url}>")
        # One solution that binds nothing: the join keeps what the rest has found.
        assert values(silent, "s") == [PTA[1:-1]]
        assert values(silent, "x") == [None]
        assert silent["head"]["vars"] == ["s", "x"]
        everything = ask(f"SELECT * {{ SERVICE SILENT <{elsewhere.url}> {{ ?s ?p ?x }} }}")
        assert everything["results"]["bindings"] == [{}]


def test_a_server_that_is_away_is_told_unless_silent(snapshot: Snapshot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    with asking(snapshot, Rules((url,), loopback=True)) as ask:
        assert slug(ask, f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}") == "service-failed"
        found = ask(f"SELECT * {{ SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}")
        assert found["results"]["bindings"] == [{}]


def test_an_error_behind_a_call_is_on_its_line(snapshot: Snapshot, elsewhere: Elsewhere) -> None:
    query = f"SELECT * {{\nSERVICE <{elsewhere.url}> {{\n?s ?p ?x\n}}\n?x ex:y ?z\n}}"
    with asking(snapshot, allowed(elsewhere)) as ask, pytest.raises(Problem) as caught:
        ask(query)
    assert caught.value.members["line"] == 5


def test_the_calls_of_one_query_share_its_time_and_count(
    snapshot: Snapshot, elsewhere: Elsewhere
) -> None:
    service = f"{{ SERVICE SILENT <{elsewhere.url}> {{ ?s ?p ?x }} }}"
    with asking(snapshot, allowed(elsewhere), timeout=0.6) as ask:
        assert slug(ask, f"SELECT * {{ {' UNION '.join([service] * 17)} }}") == "service-refused"
        assert elsewhere.seen == []
        elsewhere.wait = 0.5
        began = time.monotonic()
        assert slug(ask, f"SELECT * {{ {' UNION '.join([service] * 9)} }}") == "timeout"
        assert time.monotonic() - began < 4


def test_slow_servers_elsewhere_take_no_place_here(
    snapshot: Snapshot, elsewhere: Elsewhere
) -> None:
    elsewhere.wait = 1.0
    query = f"SELECT * {{ SERVICE <{elsewhere.url}> {{ ?s ?p ?x }} }}"
    with asking(snapshot, allowed(elsewhere, concurrency=2), concurrency=1, queue=3) as ask:
        threads = [threading.Thread(target=ask, args=(query,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        while len(elsewhere.seen) < 2:
            time.sleep(0.01)
        assert ask("ASK {}")["boolean"] is True
        for thread in threads:
            thread.join()


def test_the_operator_stops_a_call(snapshot: Snapshot, elsewhere: Elsewhere) -> None:
    elsewhere.wait = 0.5
    query = f"SELECT * {{ SERVICE SILENT <{elsewhere.url}> {{ ?s ?p ?x }} }}"
    outcome: list[str] = []
    with asking(snapshot, allowed(elsewhere)) as ask:
        thread = threading.Thread(target=lambda: outcome.append(slug(ask, query)))
        thread.start()
        while not elsewhere.seen:
            time.sleep(0.01)
        (running,) = ask.engine.live()  # type: ignore[attr-defined]
        assert running.query == query
        assert ask.engine.cancel(running.query_id)  # type: ignore[attr-defined]
        thread.join()
    assert outcome == ["cancelled"]


needs_oxigraph = pytest.mark.skipif(not OXIGRAPH, reason="the package oxigraph is not installed")


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with oxigraph() as found:
        yield Store(found.query, found.update, found.graphs, writable=True)


@pytest.fixture
def before(store: Store, elsewhere: Elsewhere) -> Iterator[RemoteStore]:
    """The gateway before a store, with another server on its list."""
    federation = Federation(
        allowed(elsewhere, max_bytes=1 << 16), base_iri="https://w3id.org/mandates/"
    )
    remote = RemoteStore(store, Limits(timeout=5), federation=federation)
    remote.start()
    remote.update(UpdateRequest("DROP ALL"))
    yield remote
    remote.close()


@needs_oxigraph
def test_the_store_itself_never_calls(before: RemoteStore, elsewhere: Elsewhere) -> None:
    query = f"SELECT * {{ SERVICE <{elsewhere.url}> {{ ?s ?p ?x }} }}"
    assert values(json.loads(before.run(QueryRequest(query)).read())) == ["one"]
    assert [line for line, _, _ in elsewhere.seen] == ["POST /sparql"]
    hidden = "SELECT * { FILTER(1<2#>'''\n) SERVICE <http://127.0.0.1:9/> { ?a ?b ?c } #'''\n}"
    with pytest.raises(Problem, match="not on the list"):
        before.run(QueryRequest(hidden + query[:0]))


@needs_oxigraph
def test_a_file_on_the_list_is_loaded(before: RemoteStore, elsewhere: Elsewhere) -> None:
    elsewhere.media_type, elsewhere.body = "text/turtle", b"<#a> <b:b> [ <c:c> 'd \"\\\\ } ' ] ."
    url = elsewhere.url
    before.update(UpdateRequest(f"LOAD <{url}> INTO GRAPH <g:g> ; LOAD SILENT <{url}>"))
    for pattern in (f"<{url}#a> <b:b> ?x . ?x <c:c> ?y", "GRAPH <g:g> { ?x <c:c> 'd \"\\\\ } ' }"):
        answer = before.run(QueryRequest(f"ASK {{ {pattern} }}")).read()
        assert json.loads(answer)["boolean"] is True
    assert [line for line, _, _ in elsewhere.seen] == ["GET /sparql"] * 2


@needs_oxigraph
@pytest.mark.parametrize("how", ["status", "type", "broken", "large", "endless"])
def test_a_file_that_can_not_be_loaded_changes_nothing(
    before: RemoteStore, elsewhere: Elsewhere, how: str
) -> None:
    elsewhere.media_type, elsewhere.body = "text/turtle", b"<a:a> <b:b> <c:c> ."
    if how == "endless":
        elsewhere.headers = {"Transfer-Encoding": "identity"}
    elif how == "large":
        elsewhere.body *= 10_000
    else:
        failing(elsewhere, how)
    update = f"INSERT DATA {{ <a:a> <a:a> <a:a> }} ; LOAD <{elsewhere.url}>"
    with pytest.raises(Problem) as caught:
        before.update(UpdateRequest(update))
    assert caught.value.slug == "service-failed"
    assert b"false" in before.run(QueryRequest("ASK { ?s ?p ?o }")).read()
    before.update(UpdateRequest(update.replace("LOAD", "LOAD SILENT")))
    assert b"true" in before.run(QueryRequest("ASK { ?s ?p ?o }")).read()


@given(st.text(st.sampled_from("SERVICE LOADINTOGRAPH<a:b>{}?x\"'#\n;PREFIX"), max_size=80))
def test_no_text_breaks_the_search_for_calls(text: str) -> None:
    for call in calls("SERVICE" + text, update=True) + calls("LOAD " + text, update=True):
        assert 0 <= call.start < call.end <= len(text) + 7
