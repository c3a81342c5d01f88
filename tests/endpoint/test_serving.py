"""The server that `mandates serve` runs, over real connections."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest

from mandates.dataset.snapshot import write_snapshot
from mandates.sparql.negotiation import GRAPH_FORMATS, ROW_FORMATS

VALUE = ox.NamedNode("https://w3id.org/mandates/ns#value")
START = "from mandates.web import Settings, serve; serve(Settings.from_environment())"


def many(count: int) -> Iterator[ox.Quad]:
    for number in range(count):
        subject = ox.NamedNode(f"https://w3id.org/mandates/id/many/{number}")
        yield ox.Quad(subject, VALUE, ox.Literal(f"line {number}\r\n" * 4), VALUE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(data_dir: Path, start: str = START, **settings: object) -> Iterator[int]:
    port = free_port()
    values = {"data_dir": data_dir, "port": port, "reload_seconds": 0.1, **settings}
    environment = {f"MANDATES_{name.upper()}": str(value) for name, value in values.items()}
    process = subprocess.Popen([sys.executable, "-c", start], env={**os.environ, **environment})
    try:
        while True:
            assert process.poll() is None, "the server ended by itself"
            try:
                if get(port, "/-/ready")[0] == 200:
                    break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def get(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(
            "GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return response.status, found, response.read()
    finally:
        connection.close()


def ask(port: int, query: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return get(port, "/sparql?" + urlencode({"query": query}), **headers)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    write_snapshot(folder, many(20_000))
    return folder


@pytest.fixture(scope="module")
def port(large: Path) -> Iterator[int]:
    with running(large, max_result_mb=6, concurrency=2, queue=2) as port:
        yield port


@pytest.fixture(scope="module")
def hasty(large: Path) -> Iterator[int]:
    with running(large, timeout=0.5) as port:
        yield port


ROWS = "SELECT ?s ?o { ?s <https://w3id.org/mandates/ns#value> ?o }"
GRAPH = "CONSTRUCT WHERE { ?s <https://w3id.org/mandates/ns#value> ?o }"


@pytest.mark.parametrize(
    ("query", "media_type"),
    [
        *((ROWS, form.media_type) for form in ROW_FORMATS),
        *((GRAPH, form.media_type) for form in GRAPH_FORMATS),
    ],
)
@pytest.mark.parametrize("encoding", ["identity", "gzip", "br", "zstd"])
def test_a_large_answer_has_the_length_it_promised(
    port: int, query: str, media_type: str, encoding: str
) -> None:
    status, headers, body = ask(port, query, Accept=media_type, Accept_Encoding=encoding)
    assert status == 200
    assert "transfer-encoding" not in headers
    assert int(headers["content-length"]) == len(body)
    assert headers.get("content-encoding", "identity") == encoding


def test_a_large_answer_that_comes_again_needs_no_query(port: int) -> None:
    name = b'mandates_cached_total{how="cache"} '

    def cached() -> float:
        lines = get(port, "/-/metrics")[2].splitlines()
        return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))

    query = ROWS + " # again"
    _, _, first = ask(port, query)
    assert len(first) > 1 << 20
    before = cached()
    seen: list[bytes] = []
    threads = [threading.Thread(target=lambda: seen.append(ask(port, query)[2])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [first] * 8
    assert cached() == before + 8


@pytest.mark.parametrize("media_type", [form.media_type for form in (*ROW_FORMATS, *GRAPH_FORMATS)])
def test_a_query_that_fails_late_is_a_503_and_never_a_part(hasty: int, media_type: str) -> None:
    # The first rows come at once and the rest would take for ever.
    tail = "{ ?s ?p ?o } UNION { ?s ?p ?o . ?a ?b ?c . ?d ?e ?f FILTER(?s = ?a && ?a = ?o) }"
    rows = media_type in {form.media_type for form in ROW_FORMATS}
    head = "SELECT *" if rows else "CONSTRUCT { ?s ?p ?o }"
    status, headers, body = ask(hasty, f"{head} {{ {tail} }}", Accept=media_type)
    assert status == 503
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["type"].endswith("/timeout")
    assert int(headers["retry-after"]) >= 1


def test_an_answer_past_the_limit_is_a_413_and_never_a_part(port: int) -> None:
    query = "SELECT * { ?s <https://w3id.org/mandates/ns#value> ?o . ?t ?p ?u } LIMIT 100000"
    status, _, body = ask(port, query)
    assert status == 413
    assert json.loads(body)["limit"]["name"] == "max_bytes"


def processors(port: int) -> dict[str, set[frozenset[int]]]:
    """Where the threads of a server may run, those of the web process and those of the workers."""
    found: dict[str, set[frozenset[int]]] = {"web": set(), "workers": set()}
    mark = f"MANDATES_PORT={port}\0".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark not in (process / "environ").read_bytes():
                continue
            command = (process / "cmdline").read_bytes()
            threads = [int(thread.name) for thread in (process / "task").iterdir()]
            places = {frozenset(os.sched_getaffinity(thread)) for thread in threads}
        except OSError:  # somebody else's, or one that has ended
            continue
        kind = "workers" if b"mandates.sparql.worker" in command else "web"
        # The process that started the web process only waits for it.
        if kind == "workers" or len(threads) > 4:
            found[kind] |= places
    return found


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


several = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="there is no choice of processors",
)


@several
def test_the_web_process_keeps_to_one_processor_and_leaves_all_to_the_workers(large: Path) -> None:
    everywhere = frozenset(os.sched_getaffinity(0))
    # Whoever else runs on the machine of this test is not looked at.
    start = "import mandates.web.server as server; server._LOOK = 3600; " + START
    with running(large, start) as port:
        assert ask(port, "ASK {}")[0] == 200
        found = processors(port)
        (place,) = found["web"]
        assert len(place) == 1
        assert found["workers"] == {everywhere}
        # So do those of the next snapshot, which a thread that keeps to one processor opens.
        write_snapshot(large, many(20_001))
        until(lambda: b"20001" in ask(port, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[2])
        until(lambda: processors(port) == found)
        write_snapshot(large, many(20_000))
    with running(large, one_processor="false") as port:
        assert ask(port, "ASK {}")[0] == 200
        assert processors(port) == {"web": {everywhere}, "workers": {everywhere}}


@several
def test_the_web_process_runs_everywhere_while_strangers_fill_all_processors(large: Path) -> None:
    everywhere = frozenset(os.sched_getaffinity(0))
    command = [sys.executable, "-c", "while True: pass"]
    with running(large) as port:
        strangers = [subprocess.Popen(command) for _ in everywhere]
        try:
            until(lambda: processors(port)["web"] == {everywhere})
        finally:
            for stranger in strangers:
                stranger.kill()
                stranger.wait()


BREAKING = """
import mandates.web.cache as cache
import mandates.web.endpoint as endpoint
from mandates.web import Settings, serve
def break_off(self):
    self.count = getattr(self, "count", 0) + 1
    if self.count > 3:
        raise RuntimeError("the disk is gone")
    return next(self._chunks)
def break_off_kept(self):
    for number, chunk in enumerate(chunks(self)):
        if number > 2:
            raise RuntimeError("the disk is gone")
        yield chunk
endpoint.Stream.__next__ = break_off
chunks, cache.Kept.chunks = cache.Kept.chunks, break_off_kept
serve(Settings.from_environment())
"""


@pytest.mark.parametrize("cache_mb", [0, 64])
@pytest.mark.parametrize("protocol", ["HTTP/1.1", "HTTP/1.0"])
def test_a_body_that_breaks_off_is_seen_to_be_a_part(
    large: Path, protocol: str, cache_mb: int
) -> None:
    with (
        running(large, BREAKING, cache_mb=cache_mb) as port,
        socket.create_connection(("127.0.0.1", port)) as wire,
    ):
        address = "/sparql?" + urlencode({"query": ROWS})
        wire.sendall(f"GET {address} {protocol}\r\nHost: h\r\n\r\n".encode())
        received = b""
        while piece := wire.recv(1 << 16):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.")
    assert b" 200 " in head.partition(b"\r\n")[0]
    (length,) = re.findall(rb"(?im)^content-length: (\d+)", head)
    assert 0 < len(body) < int(length)


def test_a_client_that_goes_away_leaves_nothing_behind(port: int) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", port)) as wire:
            address = "/sparql?" + urlencode({"query": ROWS})
            wire.sendall(f"GET {address} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
            wire.recv(100)
    assert ask(port, "ASK {}")[0] == 200
    while b"mandates_running 0.0" not in get(port, "/-/metrics")[2]:
        time.sleep(0.05)


def test_a_new_snapshot_is_served_without_a_restart(tmp_path: Path) -> None:
    first = write_snapshot(tmp_path, many(1))
    with running(tmp_path) as port:
        assert ask(port, "ASK {}")[1]["dataset-version"] == first.version
        second = write_snapshot(tmp_path, many(2))
        while ask(port, "ASK {}")[1]["dataset-version"] != second.version:
            time.sleep(0.05)


def test_slow_content_holds_neither_all_threads_nor_one_for_ever(large: Path) -> None:
    head = "POST /{} HTTP/1.1\r\nHost: h\r\nContent-Type: {}\r\nContent-Length: 1000\r\n\r\nA"
    kinds = [("sparql", "application/sparql-query"), ("validate", "text/turtle")]
    with running(large, body_seconds=2, threads=8, timeout=20, long_queries=1) as port:
        outcome: list[int] = []
        # Longer than a request may take to arrive: nothing moves on its connection meanwhile.
        slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(?c < ?f) }"
        query = "/sparql?" + urlencode({"query": slow, "timeout": "6"})
        asking = threading.Thread(target=lambda: outcome.append(get(port, query)[0]))
        asking.start()
        wires = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        try:
            for number, wire in enumerate(wires):
                wire.sendall(head.format(*kinds[number % 2]).encode())
            time.sleep(0.5)
            started = time.monotonic()
            assert get(port, "/-/live")[0] == 200
            assert time.monotonic() - started < 5
            asking.join()
            assert outcome == [503]
            ended = time.monotonic() + 20
            for number, wire in enumerate(wires):
                wire.settimeout(0.2)
                replied = b""
                while time.monotonic() < ended:
                    with contextlib.suppress(TimeoutError):
                        if number == 0 and not replied:
                            wire.sendall(b"a")  # one at a time is no better than none
                        piece = wire.recv(1 << 16)
                        replied += piece
                        if not piece:
                            break
                else:
                    pytest.fail("a connection is still open")
                assert not replied or b" 503 " in replied.partition(b"\r\n")[0]
            body = b"SELECT * { ?s ?p ?o } LIMIT 1"
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("POST", "/sparql", body, {"Content-Type": kinds[0][1]})
            assert connection.getresponse().status == 200
            connection.close()
        finally:
            for wire in wires:
                wire.close()


def test_a_connection_rests_between_two_requests(large: Path) -> None:
    with running(large, body_seconds=1) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(2):
            connection.request("GET", "/-/live")
            assert connection.getresponse().read() == b"ok\n"
            wire = connection.sock
            time.sleep(2.5)
            assert connection.sock is wire
        connection.close()
