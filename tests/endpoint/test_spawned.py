"""Where processes can't be forked, workers are spawned, and every promise stands."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mandates.dataset.snapshot import Snapshot
from mandates.sparql.engine import Engine, Limits
from mandates.sparql.prefixes import PREFIXES
from mandates.sparql.problems import Problem
from mandates.sparql.request import QueryRequest

CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
GREEDY = "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f"


@pytest.fixture(scope="module")
def spawned(snapshot: Snapshot) -> Iterator[Engine]:
    limits = Limits(timeout=1.5, memory=96 << 20, max_rows=5000, concurrency=2, queue=2)
    engine = Engine(snapshot.folder, limits, prefixes=PREFIXES, spawn=True)
    engine.start()
    yield engine
    engine.close()


def slug(engine: Engine, query: str) -> str:
    with pytest.raises(Problem) as caught:
        engine.run(QueryRequest(query))
    return caught.value.slug


def test_answers_are_those_of_a_forked_worker(spawned: Engine, engine: Engine) -> None:
    for query in (
        "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o",
        "DESCRIBE <https://w3id.org/mandates/ns>",
    ):
        request = QueryRequest(query)
        assert spawned.run(request).read() == engine.run(request).read()


def test_limits_hold(spawned: Engine) -> None:
    assert slug(spawned, CROSS) == "timeout"
    assert slug(spawned, GREEDY) == "memory-exceeded"
    assert slug(spawned, "SELECT ?a { ?a ?b ?c . ?d ?e ?f }") == "result-too-large"
    assert (
        slug(spawned, "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }")
        == "service-refused"
    )
    assert json.loads(spawned.run(QueryRequest("ASK {}")).read())["boolean"] is True


def test_a_worker_that_was_killed_is_replaced(spawned: Engine) -> None:
    spawned.run(QueryRequest("ASK {}"))
    keeper = spawned.facts["pid"]
    assert children(keeper)
    for pid in children(keeper):
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    assert json.loads(spawned.run(QueryRequest("ASK {}")).read())["boolean"] is True


def children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
    return found


def test_nothing_is_left_when_it_closes(snapshot: Snapshot) -> None:
    engine = Engine(snapshot.folder, Limits(timeout=5), spawn=True)
    engine.start()
    engine.run(QueryRequest("ASK {}"))
    keeper = engine.facts["pid"]
    workers = children(keeper)
    assert workers
    engine.close()
    ends = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in [keeper, *workers]):
        assert time.monotonic() < ends
        time.sleep(0.05)
