"""National endpoints that answer together: one calls the other, and a client calls both.

The record is parted by country, as two countries would publish their own, and each part is served
by a `mandates serve` of its own.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pyoxigraph as ox
import pytest

from mandates.dataset.snapshot import Snapshot, write_snapshot
from stores import free_port

COUNTRIES = ("pk", "gb", "in", "eu", "us", "cn", "ru", "ir")
ID = "https://w3id.org/mandates/id/"
PEER = Path(__file__).parent / "comunica"
NODE, NPM = shutil.which("node"), shutil.which("npm")
SHARED = """
PREFIX mand: <https://w3id.org/mandates/ns#>
SELECT DISTINCT ?function ?ours ?theirs WHERE {
  ?mandate mand:hasFunction ?function ; mand:vestedIn ?ours .
  %s {
    ?other mand:hasFunction ?function ; mand:vestedIn ?theirs .
  }
  %s
}
"""
RESPONDERS = """
PREFIX mand: <https://w3id.org/mandates/ns#>
PREFIX function: <https://w3id.org/mandates/scheme/function/>
SELECT DISTINCT ?who { ?m mand:hasFunction function:respond-to-incidents ; mand:vestedIn ?who }
"""
START = "from mandates.cli import main; main()"

Rows = set[tuple[str, ...]]


def national(snapshot: Snapshot, country: str, folder: Path) -> Path:
    """The record without what is said of other countries, and without findings."""
    others = [f"<{ID}{name}/".encode() for name in COUNTRIES if name != country]
    others.append(f"<{ID}finding/".encode())
    lines = snapshot.quads_file.read_bytes().splitlines()
    kept = b"\n".join(line for line in lines if not any(other in line for other in others))
    write_snapshot(folder, ox.parse(kept, format=ox.RdfFormat.N_QUADS))
    return folder


@contextmanager
def serving(data_dir: Path, **settings: object) -> Iterator[str]:
    """A real server; yields its address."""
    port = free_port()
    values = {"data_dir": data_dir, "port": port, "reload_seconds": 0, **settings}
    environment = {f"MANDATES_{name.upper()}": str(value) for name, value in values.items()}
    process = subprocess.Popen(
        [sys.executable, "-c", START, "serve"], env={**os.environ, **environment}
    )
    try:
        url = f"http://127.0.0.1:{port}"
        while True:
            assert process.poll() is None, "the server ended by itself"
            try:
                with urlopen(f"{url}/-/ready", timeout=5) as response:
                    response.read()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@pytest.fixture(scope="module")
def endpoints(
    snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Pakistan's endpoint, which may call Britain's, and Britain's, which may call nobody."""
    folders = {
        name: national(snapshot, name, tmp_path_factory.mktemp(name)) for name in ("pk", "gb")
    }
    with serving(folders["gb"]) as theirs:
        allowed = {"service_allow": f"{theirs}/", "service_unsafe_loopback": "true"}
        with serving(folders["pk"], **allowed) as ours:
            yield ours, theirs


def ask(url: str, query: str) -> Rows:
    body = urlencode({"query": query}).encode()
    with urlopen(Request(f"{url}/sparql", body, {"Accept": "text/csv"}), timeout=60) as response:
        return table(response.read().decode())


def table(text: str) -> Rows:
    rows = list(csv.reader(io.StringIO(text)))[1:]
    return {tuple(cell.strip("<>") for cell in row) for row in rows}


def asked(url: str) -> float:
    with urlopen(f"{url}/-/metrics", timeout=30) as response:
        found = re.findall(rb'(?m)^mandates_requests_total\{status="200"\} (\S+)', response.read())
    return float(found[0]) if found else 0.0


@pytest.fixture(scope="module")
def expected(record: ox.Store) -> Rows:
    """What the whole record says, without any federation."""
    inside = f'FILTER (STRSTARTS(STR(?mandate), "{ID}pk/") && STRSTARTS(STR(?other), "{ID}gb/"))'
    answer = record.query(SHARED % ("", inside))
    assert isinstance(answer, ox.QuerySolutions)
    rows = {tuple(str(term.value) for term in row) for row in answer}  # type: ignore[union-attr]
    assert len(rows) > 20
    return rows


def test_one_endpoint_calls_the_other(endpoints: tuple[str, str], expected: Rows) -> None:
    ours, theirs = endpoints
    query = SHARED % (f"SERVICE <{theirs}/sparql>", "")
    assert ask(ours, query) == expected
    # Each alone knows nothing of the other's mandates.
    alone = SHARED % ("", f'FILTER (STRSTARTS(STR(?other), "{ID}gb/"))')
    assert ask(ours, alone) == set()


def test_the_call_is_not_mutual(endpoints: tuple[str, str]) -> None:
    ours, theirs = endpoints
    with pytest.raises(HTTPError) as caught:
        ask(theirs, SHARED % (f"SERVICE <{ours}/sparql>", ""))
    with caught.value as answer:
        assert answer.code == 403
        assert json.loads(answer.read())["type"].endswith("/service-refused")


@pytest.fixture(scope="module")
def comunica() -> Path:
    """Comunica, installed once for its lock file into the user's cache."""
    if not (NODE and NPM):
        pytest.skip("node and npm are not installed")
    lock = (PEER / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "mandates-tests" / f"comunica-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not (folder / "installed").exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(PEER, folder)
        done = subprocess.run(
            [NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        if done.returncode and not os.environ.get("CI"):
            pytest.skip(f"Comunica can't be installed here: {done.stderr[-300:]}")
        assert done.returncode == 0, done.stderr
        (folder / "installed").touch()
    return folder / "node_modules" / "@comunica" / "query-sparql" / "bin" / "query.js"


def through(comunica: Path, query: str, *sources: str) -> Rows:
    assert NODE
    done = subprocess.run(
        [
            NODE,
            str(comunica),
            *(f"sparql@{url}/sparql" for url in sources),
            query,
            "-t",
            "text/csv",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return table(done.stdout)


@pytest.mark.slow
def test_the_same_query_through_comunica(
    endpoints: tuple[str, str], expected: Rows, comunica: Path
) -> None:
    ours, theirs = endpoints
    query = SHARED % (f"SERVICE <{theirs}/sparql>", "")
    before = asked(ours), asked(theirs)
    assert through(comunica, query, ours) == expected
    # Comunica called both itself.
    assert asked(ours) > before[0]
    assert asked(theirs) > before[1]


@pytest.mark.slow
def test_comunica_asks_both_as_one(endpoints: tuple[str, str], comunica: Path) -> None:
    ours, theirs = endpoints
    each = ask(ours, RESPONDERS), ask(theirs, RESPONDERS)
    assert all(each)
    assert through(comunica, RESPONDERS, ours, theirs) == each[0] | each[1]
