"""What an operator relies on: the cache, compression, counts, limits for clients, settings."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import logging
import logging.config
import threading
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from unittest.mock import Mock

import brotli
import pytest
import zstandard
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from mandates.sparql.problems import KINDS, Problem
from mandates.web import Settings, create_app, server
from mandates.web.cache import AnswerCache, Kept
from mandates.web.cost import Allowance
from mandates.web.encoding import ENCODINGS, choose_encoding, compress, compress_file
from mandates.web.server import JsonFormatter
from mandates.web.settings import ENVIRONMENT_PREFIX

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"
MANY = "SELECT * { ?s <https://w3id.org/mandates/ns#value> ?o } ORDER BY ?s LIMIT 500"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
TOKEN = {"Authorization": "Bearer open sesame"}


@pytest.fixture
def guarded(data_dir: Path) -> Iterator[Flask]:
    settings = Settings(
        data_dir=data_dir,
        reload_seconds=0,
        timeout=2,
        rate_seconds=0.5,
        slow_seconds=0.2,
        admin_token="open sesame",
        trusted_proxies=1,
    )
    app = create_app(settings)
    yield app
    app.extensions["engine"].close()


def count(client: FlaskClient, line: str) -> float:
    for found in client.get("/-/metrics").get_data(as_text=True).splitlines():
        if found.startswith(line + " "):
            return float(found.rpartition(" ")[2])
    return 0.0


def test_an_answer_that_comes_again_needs_no_query(client: FlaskClient) -> None:
    address = {"query": MANY + " # cached"}
    before = count(client, 'mandates_cached_total{how="cache"}')
    first = client.get("/sparql", query_string=address)
    second = client.get("/sparql", query_string=address)
    assert count(client, 'mandates_cached_total{how="cache"}') == before + 1
    assert first.data == second.data
    assert first.headers["Query-Id"] != second.headers["Query-Id"]
    for name, value in first.headers:
        if name != "Query-Id":
            assert value in second.headers.getlist(name)
    assert client.put("/sparql", query_string=address).status_code == 405
    assert client.head("/sparql", query_string=address).data == b""


def test_a_query_that_runs_is_counted_with_what_it_sent_and_one_that_fails_by_kind(
    client: FlaskClient,
) -> None:
    names = [
        'mandates_requests_total{status="200"}',
        "mandates_query_seconds_count",
        'mandates_query_seconds_bucket{le="+Inf"}',
        "mandates_rows_total",
        "mandates_bytes_total",
        'mandates_requests_total{status="400"}',
        'mandates_problems_total{kind="syntax-error"}',
    ]
    before = [count(client, name) for name in names]
    query = "SELECT ?n { VALUES ?n { 1 2 3 } } # counted"
    answer = client.get("/sparql", query_string={"query": query})
    client.get("/sparql", query_string={"query": "SELECT"})
    after = [count(client, name) for name in names]
    size = len(answer.data)
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 1, 3, size, 1, 1]


def test_an_answer_that_differs_each_time_is_not_kept(client: FlaskClient) -> None:
    answers = {
        client.get("/sparql", query_string={"query": "SELECT (UUID() AS ?u) {}"}).data
        for _ in range(3)
    }
    assert len(answers) == 3


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from("vw"), st.binary(max_size=4000))),
    st.integers(0, 20_000),
)
def test_the_cache_keeps_within_its_size_and_never_mixes(
    puts: list[tuple[int, str, bytes]], capacity: int
) -> None:
    cache = AnswerCache(capacity)
    last: dict[int, tuple[str, bytes]] = {}
    for key, version, body in puts:
        cache.put(key, Kept(version, "", (), body))
        last[key] = (version, body)
        assert 0 <= cache.size <= capacity
    for key, (version, body) in last.items():
        kept = cache.get(key, version)
        assert kept is None or kept.body == body or kept.version == version


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_answers_are_compressed_as_asked(client: FlaskClient, encoding: str) -> None:
    plain = client.get("/sparql", query_string={"query": MANY})
    packed = client.get(
        "/sparql", query_string={"query": MANY}, headers={"Accept-Encoding": encoding}
    )
    assert packed.headers["Content-Encoding"] == encoding
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    assert unpack(packed.data, encoding) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    for tag in (plain.headers["ETag"], packed.headers["ETag"]):
        again = client.get("/sparql", query_string={"query": MANY}, headers={"If-None-Match": tag})
        assert again.status_code == 304


def unpack(data: bytes, encoding: str) -> bytes:
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return bytes(brotli.decompress(data)) if encoding == "br" else gzip.decompress(data)


@given(st.binary(max_size=5000), st.sampled_from(ENCODINGS))
def test_compression_loses_nothing(data: bytes, encoding: str) -> None:
    assert unpack(compress(data, encoding), encoding) == data
    file, length = compress_file(io.BytesIO(data), encoding, None)
    with file:
        packed = file.read()
    assert len(packed) == length
    assert unpack(packed, encoding) == data


@given(st.text())
def test_no_header_breaks_the_choice_of_encoding(header: str) -> None:
    assert choose_encoding(header) in ("", *ENCODINGS)


def test_a_client_that_used_its_share_waits_and_others_do_not(guarded: Flask) -> None:
    client = guarded.test_client()

    def ask(query: str, address: str) -> int:
        headers = {"X-Forwarded-For": address}
        response = client.get("/sparql", query_string={"query": query}, headers=headers)
        if response.status_code == 429:
            assert int(response.headers["Retry-After"]) >= 1
        return response.status_code

    assert ask(SLOW, "192.0.2.1") in (200, 503)
    assert ask("ASK {}", "192.0.2.1") == 429
    assert ask("ASK {}", "192.0.2.2") == 200
    assert ask("ASK {}", "192.0.2.1") == 200, "what is kept costs nothing"
    # What a client writes into the header itself stands before what the proxy adds.
    assert ask("ASK { ?s ?p ?o }", "198.51.100.7, 192.0.2.1") == 429


@pytest.mark.parametrize("path", ["/graph-store?default", "/id/pk/actor/pta.html", "/questions"])
def test_pages_count_against_the_share_of_a_client(data_dir: Path, path: str) -> None:
    # Kept pages take the least time that counts, so a share is used up in the end.
    app = create_app(Settings(data_dir=data_dir, reload_seconds=0, rate_seconds=0.05))
    try:
        client = app.test_client()

        def ask(path: str, address: str = "192.0.2.1") -> int:
            with client.get(path, environ_overrides={"REMOTE_ADDR": address}) as response:
                return response.status_code

        statuses = [ask(path) for _ in range(60)]
        assert statuses[0] == 200
        assert set(statuses) == {200, 429}
        assert ask("/sparql?query=ASK%7B%7D") == 429
        assert ask(path, "192.0.2.2") == 200
        for free in ("/-/live", "/-/ready", "/static/base.css", "/problem/rate-exceeded"):
            assert ask(free) == 200
    finally:
        app.extensions["engine"].close()


def test_who_was_turned_away_is_not_charged(
    guarded: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(*_: object, **__: object) -> None:
        time.sleep(0.6)
        raise Problem("busy", "Others wait.")

    monkeypatch.setattr(guarded.extensions["engine"], "run", wait)
    assert guarded.test_client().get("/graph-store?default").status_code == 503
    monkeypatch.undo()
    assert guarded.test_client().get("/graph-store?default").status_code == 200


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 20)), max_size=30))
def test_an_allowance_is_never_more_than_a_minute_of_it(steps: list[tuple[float, float]]) -> None:
    now = [0.0]
    allowance = Allowance(10, clock=lambda: now[0])
    used = 0.0
    for wait, seconds in steps:
        now[0] += wait
        with contextlib.suppress(Problem):
            allowance.check("a")
            allowance.spend("a", seconds)
            used += seconds
    # The last query may overdraw what was left, but only the last one.
    assert used <= 10 + now[0] * 10 / 60 + max((s for _, s in steps), default=0)


def test_the_operator_sees_and_stops_queries(guarded: Flask) -> None:
    client = guarded.test_client()
    assert client.get("/-/queries").status_code == 401
    assert client.get("/-/queries", headers={"Authorization": "Bearer x"}).status_code == 401
    assert client.delete("/-/queries/none", headers=TOKEN).status_code == 404
    outcome: list[int] = []

    def ask() -> None:
        answer = guarded.test_client().get("/sparql", query_string={"query": SLOW * 1 + "#"})
        outcome.append(answer.status_code)
        assert b"/cancelled" in answer.data

    asking = threading.Thread(target=ask)
    asking.start()
    listed: list[dict[str, str]] = []
    while not listed:
        listed = json.loads(client.get("/-/queries", headers=TOKEN).data)
        time.sleep(0.01)
    assert listed[0]["query"].startswith("SELECT (COUNT")
    time.sleep(0.05)
    assert client.delete("/-/queries/" + listed[0]["id"], headers=TOKEN).status_code == 204
    asking.join()
    assert outcome == [503]


def test_without_a_token_there_is_nothing_to_find(client: FlaskClient) -> None:
    assert client.get("/-/queries", headers=TOKEN).status_code == 404


def test_a_slow_query_is_logged_with_its_cost(
    guarded: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    query = "SELECT (COUNT(?c) AS ?n) { ?a ?b ?c . ?d ?e ?f } # slow"
    with caplog.at_level(logging.WARNING, "mandates.slow"):
        guarded.test_client().get("/sparql", query_string={"query": query, "timeout": "4"})
    (record,) = [item for item in caplog.records if item.name == "mandates.slow"]
    line = json.loads(JsonFormatter().format(record))
    assert line["query"] == query
    assert line["seconds"] > 0.2
    assert {"query_id", "client", "level", "time"} <= set(line)
    assert "open sesame" not in json.dumps(line)


def test_a_secret_is_not_printed() -> None:
    assert "open sesame" not in repr(Settings(admin_token="open sesame"))


def test_every_setting_is_read_from_the_environment() -> None:
    for item in fields(Settings):
        name = ENVIRONMENT_PREFIX + item.name.upper()
        sample = {"entity_status": "200", "reload_seconds": "7.5", "allow_update": "true"}
        sample |= {"service_allow": "http://h/", "service_unsafe_loopback": "true"}
        sample |= {"spawn_workers": "true", "one_processor": "false"}
        if item.name.startswith("store"):
            sample[item.name] = "7" if item.name == "store_max_rows" else "http://h/sparql"
        others = {"store": "http://h/", "update_token": "x"} if item.name == "allow_update" else {}
        changed = Settings.from_environment({name: sample.get(item.name, "17")}, **others)
        assert getattr(changed, item.name) != getattr(Settings(), item.name)


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "x"), ("TIMEOUT", "0"), ("ENTITY_STATUS", "404"), ("ROWS", "1")]
)
def test_a_setting_that_can_not_be_is_refused(name: str, value: str) -> None:
    environment = {ENVIRONMENT_PREFIX + name: value}
    if name == "ROWS":
        assert Settings.from_environment(environment) == Settings()
    else:
        with pytest.raises(ValueError, match=name.lower() + "|" + name):
            Settings.from_environment(environment)


def test_the_manual_has_every_setting() -> None:
    manual = OPERATING.read_text("utf-8")
    for item in fields(Settings):
        default = "" if item.default in ("", None) else f"`{item.default}`"
        line = f"| `{ENVIRONMENT_PREFIX}{item.name.upper()}` | {default} | "
        assert line + item.metadata["meaning"] + " |" in manual


def test_the_manual_has_every_kind_of_problem() -> None:
    manual = OPERATING.read_text("utf-8")
    for slug, kind in KINDS.items():
        assert f"| `{slug}` | {kind.status} | {kind.title} | {kind.advice} |" in manual


def test_the_manual_has_every_address(app: Flask) -> None:
    manual = OPERATING.read_text("utf-8")
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            first = "/".join(str(rule).split("<")[0].rstrip("/.").split("/"))
            assert f"`{first or '/'}" in manual


@pytest.mark.parametrize(
    "header", ["Accept", "Accept-Encoding", "Accept-Language", "If-None-Match", "Host"]
)
@pytest.mark.parametrize("path", ["/sparql?query=ASK%7B%7D", "/", "/static/base.css"])
def test_a_long_header_is_refused_before_it_is_read(
    client: FlaskClient, path: str, header: str
) -> None:
    long = "a/b;q=0.1," * 900
    with client.get(path, headers={header: long}) as response:
        assert response.status_code == 431
        assert json.loads(response.data)["type"].endswith("/headers-too-large")
    with client.get(path, headers={header: long[:400] if header != "Host" else "h"}) as response:
        assert response.status_code in (200, 406)


@pytest.mark.parametrize(
    "host", ["a/b", "a<script>", "a b", 'a"', "a:b", "a@b", "[::1", "a:123456", "\u00e9", "?", ".a"]
)
def test_a_host_that_is_none_is_not_repeated(client: FlaskClient, host: str) -> None:
    for path in ("/", "/about", "/sparql?query=ASK%7B%7D"):
        response = client.get(
            path, headers={"Accept": "text/html"}, environ_overrides={"HTTP_HOST": host}
        )
        assert response.status_code == 400
        if len(host) > 2:
            assert host not in response.text


@pytest.mark.parametrize("host", ["h", "example.org", "a_b.example:8000", "[::1]:80", "127.0.0.1"])
def test_a_host_is_taken(client: FlaskClient, host: str) -> None:
    assert client.get("/about", environ_overrides={"HTTP_HOST": host}).status_code == 200


@pytest.mark.parametrize(
    "number", ["0", "1" + "0" * 5000, "0000001" + "0" * 5000, "01", "-1", "x", "\u0661", "1\n"]
)
def test_a_number_of_a_page_is_read_whole(client: FlaskClient, number: str) -> None:
    given = {"of": "https://w3id.org/mandates/id/pk/actor/pta", "by": "http://a/", "page": number}
    assert client.get("/named-by", query_string=given).status_code == 400
    assert client.get("/search", query_string={"q": "x", "page": number}).status_code == 400
    assert client.get("/named-by", query_string=given | {"page": "2"}).status_code == 200


def test_an_unknown_address_is_looked_for_on_few_levels(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    entities, looks = app.extensions["entities"], []
    rows = entities._rows

    def counted(query: str, *arguments: object, **more: object) -> object:
        looks.append(query)
        return rows(query, *arguments, **more)

    monkeypatch.setattr(entities, "_rows", counted)
    assert client.get("/id" + "/a" * 4000).status_code == 404
    assert client.get("/id" + "/a" * 100).status_code == 404
    assert len(looks) <= 2 + 2 + 3
    found = client.get("/id/pk/actor/ptaa", headers={"Accept": "application/json"})
    assert "id/pk/actor/pta" in json.loads(found.data)["near"][0]["iri"]


def test_a_server_that_others_reach_says_when_it_believes_them(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "Server", lambda *_, **__: Mock())
    monkeypatch.setattr(logging.config, "dictConfig", lambda _: None)
    for host, address, said in (
        ("0.0.0.0", "", True),
        ("0.0.0.0", "https://example.org", False),
        ("127.0.0.1", "", False),
    ):
        caplog.clear()
        server.serve(Settings(data_dir=data_dir, host=host, public_url=address))
        assert ("PUBLIC_URL" in caplog.text) == said
