from __future__ import annotations

import csv
import io
import json
import os
import signal
import threading
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandates.dataset.snapshot import Snapshot, SnapshotError, write_snapshot
from mandates.sparql.engine import Engine, Limits
from mandates.sparql.negotiation import GRAPH_FORMATS, ROW_FORMATS, Format
from mandates.sparql.prefixes import PREFIXES
from mandates.sparql.problems import Problem
from mandates.sparql.request import QueryRequest
from mandates.sparql.writing import RowCounter

CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
GREEDY = "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f"
MANY = "SELECT * { ?s <https://w3id.org/mandates/ns#value> ?o }"


def run(engine: Engine, query: str, **options: object) -> bytes:
    return engine.run(QueryRequest(query, **options)).read()  # type: ignore[arg-type]


def problem(engine: Engine, query: str, **options: object) -> Problem:
    with pytest.raises(Problem) as caught:
        run(engine, query, **options)
    return caught.value


def test_a_function_that_is_not_there_is_told(engine: Engine) -> None:
    for query in ("SELECT (<http://a/f>(1) AS ?x) {}", "SELECT * { FILTER(<http://a/f>(1)) }"):
        found = problem(engine, query)
        assert found.slug == "query-failed"
        assert "http://a/f" in found.detail


def test_the_default_graph_is_the_union_and_counts_a_triple_once(engine: Engine) -> None:
    query = "SELECT ?c { <https://w3id.org/mandates/id/pk/actor/pta> a ?c }"
    assert len(json.loads(run(engine, query))["results"]["bindings"]) == 2


@pytest.mark.parametrize("form", ROW_FORMATS, ids=lambda form: form.name)
def test_every_row_format_says_the_same(engine: Engine, form: Format) -> None:
    answer = engine.run(QueryRequest(MANY + " ORDER BY ?o LIMIT 40", rows=form))
    body = answer.read().decode()
    counts = {
        "json": lambda: len(json.loads(body)["results"]["bindings"]),
        "xml": lambda: len(ET.fromstring(body).findall(".//{*}result")),
        "csv": lambda: len(list(csv.reader(io.StringIO(body, newline="")))) - 1,
        "tsv": lambda: len(body.splitlines()) - 1,
    }
    assert counts[form.name]() == answer.rows == 40
    assert answer.size == len(body.encode())


@pytest.mark.parametrize("form", GRAPH_FORMATS, ids=lambda form: form.name)
def test_every_graph_format_says_the_same(engine: Engine, form: Format) -> None:
    query = "CONSTRUCT WHERE { ?s <https://w3id.org/mandates/ns#value> ?o }"
    answer = engine.run(QueryRequest(query, graph=form))
    rdf = ox.RdfFormat.from_media_type(form.media_type)
    assert rdf is not None
    parsed = {quad.triple for quad in ox.parse(answer.read(), format=rdf)}
    assert len(parsed) == answer.rows == 3000


@pytest.mark.parametrize("form", ROW_FORMATS, ids=lambda form: form.name)
@pytest.mark.parametrize("query", ["ASK {}", "SELECT * {} LIMIT 0", "SELECT ?x { ?x a <a:b> }"])
def test_an_empty_answer_is_well_formed(engine: Engine, query: str, form: Format) -> None:
    body = engine.run(QueryRequest(query, rows=form)).read()
    if form.name == "json":
        json.loads(body)
    if form.name == "xml":
        ET.fromstring(body)


LINES = st.lists(st.lists(st.text('a"\r\n,{<>/resultn', max_size=5), min_size=2, max_size=2))


@given(LINES, st.sampled_from(["json", "xml", "csv", "tsv"]), st.integers(1, 7))
def test_rows_are_counted_from_bytes_wherever_they_are_cut(
    lines: list[list[str]], name: str, size: int
) -> None:
    values = " ".join(
        "(" + " ".join(str(ox.Literal(text)) for text in line) + ")" for line in lines
    )
    results = ox.Store().query(f"SELECT ?x ?y {{ VALUES (?x ?y) {{ {values} }} }}")
    assert isinstance(results, ox.QuerySolutions)
    forms = {form.name: form.media_type for form in ROW_FORMATS}
    media = ox.QueryResultsFormat.from_media_type(forms[name])
    body = results.serialize(format=media)
    assert body is not None
    counter = RowCounter(name)
    for start in range(0, len(body), size):
        counter.add(body[start : start + size])
    assert counter.rows == len(lines)


def test_time_is_limited_and_the_next_query_is_answered(engine: Engine) -> None:
    found = problem(engine, CROSS)
    assert (found.slug, found.status) == ("timeout", 503)
    assert found.members["limit"] == {"name": "timeout", "value": 1.5}
    assert b"true" in run(engine, "ASK {}")


def test_a_client_may_wait_less_but_not_longer(engine: Engine) -> None:
    assert problem(engine, CROSS, timeout=0.1).members["limit"]["value"] == 0.1
    assert problem(engine, CROSS, timeout=100).members["limit"]["value"] == 1.5


def test_memory_is_limited(engine: Engine) -> None:
    found = problem(engine, GREEDY)
    assert (found.slug, found.status) == ("memory-exceeded", 413)
    assert b"true" in run(engine, "ASK {}")


@pytest.mark.parametrize("form", ROW_FORMATS, ids=lambda form: form.name)
def test_rows_are_limited_in_every_format(engine: Engine, form: Format) -> None:
    query = MANY + " LIMIT 2 "
    assert engine.run(QueryRequest(query, rows=form)).rows == 2
    found = problem(engine, "SELECT ?s { ?s ?p ?o . ?t ?q ?r }", rows=form)
    assert (found.slug, found.status) == ("result-too-large", 413)
    assert found.members["limit"] == {"name": "max_rows", "value": 5000}


@pytest.mark.parametrize("form", GRAPH_FORMATS, ids=lambda form: form.name)
def test_triples_are_limited_in_every_format(engine: Engine, form: Format) -> None:
    query = "CONSTRUCT { ?s ?p ?r } WHERE { ?s ?p ?o . ?t ?q ?r }"
    assert problem(engine, query, graph=form).members["limit"]["name"] == "max_rows"


def test_bytes_are_limited(snapshot: Snapshot) -> None:
    engine = Engine(snapshot.folder, Limits(max_bytes=70_000))
    engine.start()
    try:
        assert problem(engine, MANY).members["limit"] == {"name": "max_bytes", "value": 70_000}
    finally:
        engine.close()


def test_an_answer_too_large_for_memory_is_whole(engine: Engine) -> None:
    query = "SELECT ?s ?o ?x { ?s <https://w3id.org/mandates/ns#value> ?o . BIND(?s AS ?x) }"
    answer = engine.run(QueryRequest(query))
    assert not isinstance(answer.body, bytes) or answer.size < 1 << 20
    assert len(json.loads(answer.read())["results"]["bindings"]) == 3000


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { " + "{" * 100_000 + "}" * 100_000 + " }",
        "SELECT * { ?s ?p ?o FILTER(" + "(" * 50_000 + "1" + ")" * 50_000 + ") }",
        "SELECT * { ?s ?p ?o FILTER(1" + "+1" * 100_000 + ") }",
    ],
    ids=["groups", "brackets", "sum"],
)
def test_deep_nesting_costs_one_worker_and_no_more(engine: Engine, query: str) -> None:
    assert problem(engine, query).slug in ("query-too-complex", "syntax-error")
    assert b"true" in run(engine, "ASK {}")


def test_a_function_that_is_unknown_is_not_swallowed(engine: Engine) -> None:
    query = "SELECT * { ?s ?p ?o FILTER(<https://example.org/f>(?s)) }"
    assert problem(engine, query).slug == "query-failed"


def test_no_query_reaches_the_network(engine: Engine) -> None:
    for query in (
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "PREFIX x: <http://127.0.0.1:9> SELECT * { { OPTIONAL { SERVICE x: { ?s ?p ?o } } } }",
        "SELECT * { VALUES ?x { <http://127.0.0.1:9/> } SERVICE ?x { ?s ?p ?o } }",
    ):
        found = problem(engine, query)
        assert (found.slug, found.status) == ("service-refused", 403)


@pytest.mark.parametrize(
    "query",
    ["INSERT DATA { <a:a> <a:a> <a:a> }", "LOAD <http://127.0.0.1:9/>", "DROP ALL", "CLEAR ALL"],
)
def test_updates_are_refused_by_name(engine: Engine, query: str) -> None:
    found = problem(engine, query)
    assert (found.slug, found.status) == ("update-refused", 403)


def test_a_syntax_error_names_its_place(engine: Engine) -> None:
    found = problem(engine, "SELECT *\n{ ?s mand:oversees ?o }")
    assert found.members["line"] == 2
    assert found.members["column"] == 6
    assert found.members["token"] == "mand:oversees"
    assert "PREFIX mand: <https://w3id.org/mandates/ns#>" in found.members["hint"]


def test_bound_values_are_never_text(engine: Engine) -> None:
    evil = '" } ; DROP ALL #'
    answer = engine.run(
        QueryRequest("SELECT ?x ?same { BIND($given AS ?x) BIND(STRLEN($given) AS ?same) }"),
        bindings={"given": {"type": "literal", "value": evil, "xml:lang": "en"}},
    )
    (row,) = json.loads(answer.read())["results"]["bindings"]
    assert row["x"] == {"type": "literal", "value": evil, "xml:lang": "en"}
    assert row["same"]["value"] == str(len(evil))


@settings(max_examples=30)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_is_answered_or_refused(engine: Engine, query: str) -> None:
    assert problem(engine, query).status in (400, 403)


def test_a_worker_killed_while_idle_is_not_noticed(engine: Engine) -> None:
    run(engine, "ASK {}")
    deaths = engine.deaths
    started = threading.Event()
    pids: list[int] = []

    def watch() -> None:
        started.set()
        while not pids:
            pids.extend(item.pid for item in engine.live() if item.pid)

    watcher = threading.Thread(target=watch)
    watcher.start()
    started.wait()
    while not pids:
        run(engine, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    watcher.join()
    os.kill(pids[0], signal.SIGKILL)
    assert b"true" in run(engine, "ASK {}")
    assert engine.deaths == deaths + 1


def test_all_workers_killed_while_idle_are_not_noticed(engine: Engine) -> None:
    pids: set[int] = set()

    def ask() -> None:
        while len(pids) < 2:
            run(engine, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    while len(pids) < 2:
        pids |= {item.pid for item in engine.live() if item.pid}
    for thread in asking:
        thread.join()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert b"true" in run(engine, "ASK {}")


def test_workers_killed_before_they_read_a_query_are_not_noticed(snapshot: Snapshot) -> None:
    engine = Engine(snapshot.folder, Limits(timeout=20, concurrency=3))
    engine.start()
    try:
        ready: set[int] = set()

        def ask() -> None:
            while len(ready) < 2:
                run(engine, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")

        asking = [threading.Thread(target=ask) for _ in range(2)]
        for thread in asking:
            thread.start()
        while len(ready) < 2:
            ready |= {item.pid for item in engine.live() if item.pid}
        for thread in asking:
            thread.join()
        for pid in pids(engine):
            os.kill(pid, signal.SIGSTOP)
        answers: list[bytes] = []
        last = threading.Thread(target=lambda: answers.append(run(engine, "ASK {}")))
        last.start()
        killed: set[int] = set()
        while last.is_alive():
            for item in engine.live():
                if item.pid in ready - killed:
                    os.kill(item.pid, signal.SIGKILL)
                    killed.add(item.pid)
            time.sleep(0.01)
        assert b"true" in answers[0]
        assert len(killed) == 2
    finally:
        engine.close()


def test_an_operator_can_stop_a_query(engine: Engine) -> None:
    caught: list[Problem] = []
    query_id = engine.new_id()

    def ask() -> None:
        with pytest.raises(Problem) as info:
            engine.run(QueryRequest(CROSS), query_id=query_id)
        caught.append(info.value)

    asking = threading.Thread(target=ask)
    asking.start()
    while not any(item.pid and item.query_id == query_id for item in engine.live()):
        time.sleep(0.01)
    assert engine.cancel(query_id)
    asking.join()
    assert caught[0].slug == "cancelled"
    assert not engine.cancel(query_id)


def test_more_queries_than_places_wait_and_more_than_that_are_turned_away(engine: Engine) -> None:
    outcomes: list[str] = []

    def ask() -> None:
        try:
            run(engine, CROSS, timeout=0.5)
        except Problem as found:
            outcomes.append(found.slug)

    asking = [threading.Thread(target=ask) for _ in range(8)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    # Two places and a queue of two: four run in the end, the others hear so at once.
    assert sorted(outcomes) == ["busy"] * 4 + ["timeout"] * 4
    assert engine.admission.running == engine.admission.waiting == 0


def test_long_queries_leave_room_for_brief_ones(snapshot: Snapshot) -> None:
    limits = Limits(timeout=2, concurrency=3, queue=8, brief=0.1, long=1)
    engine = Engine(snapshot.folder, limits)
    engine.start()
    outcomes: list[str] = []

    def ask() -> None:
        try:
            run(engine, CROSS)
        except Problem as found:
            outcomes.append(found.slug)

    asking = [threading.Thread(target=ask) for _ in range(6)]
    for thread in asking:
        thread.start()
    while engine.admission.long == 0:
        time.sleep(0.01)
    # All places are taken by queries that would run for ever, and yet this is answered.
    assert b"true" in run(engine, "ASK {}")
    for thread in asking:
        thread.join()
    assert set(outcomes) == {"busy", "timeout"}
    assert outcomes.count("busy") >= 3
    assert engine.admission.running == engine.admission.long == 0
    engine.close()


@pytest.mark.parametrize("name", ["ttl", "trig", "rdf", "jsonld"])
def test_the_same_answer_has_the_same_bytes_from_every_worker(
    snapshot: Snapshot, name: str
) -> None:
    form = next(form for form in GRAPH_FORMATS if form.name == name)
    answers = set()
    for _ in range(3):
        engine = Engine(snapshot.folder, prefixes=PREFIXES)
        engine.start()
        answers.add(run(engine, "CONSTRUCT WHERE { ?s ?p ?o }", graph=form))
        engine.close()
    assert len(answers) == 1


def test_a_new_snapshot_is_opened_without_dropping_a_query(snapshot: Snapshot) -> None:
    data = snapshot.folder.parent / "reloading"
    node = ox.NamedNode("https://example.org/1")
    first = write_snapshot(data, [ox.Quad(node, node, node, node)])
    engine = Engine(data, Limits(concurrency=2))
    engine.start()
    assert engine.version == first.version
    seen: set[tuple[str, str]] = set()
    failed: list[Problem] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                answer = engine.run(QueryRequest("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"))
            except Problem as found:
                failed.append(found)
                return
            (row,) = json.loads(answer.read())["results"]["bindings"]
            seen.add((answer.version, row["n"]["value"]))

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    other = ox.Literal("2")
    second = write_snapshot(
        data, [ox.Quad(node, node, node, node), ox.Quad(node, node, other, node)]
    )
    assert engine.reload() == second.version
    while (second.version, "2") not in seen and not failed:
        time.sleep(0.01)
    stop.set()
    for thread in asking:
        thread.join()
    engine.close()
    assert not failed
    assert seen == {(first.version, "1"), (second.version, "2")}


def test_the_service_survives_the_death_of_its_keeper(snapshot: Snapshot) -> None:
    engine = Engine(snapshot.folder, Limits())
    engine.start()
    run(engine, "ASK {}")
    os.kill(engine.facts["pid"], signal.SIGKILL)
    statuses = set()
    while not engine.restarts:
        try:
            run(engine, "ASK {}")
        except Problem as found:
            statuses.add(found.status)
            time.sleep(0.02)
    assert statuses <= {503}
    assert b"true" in run(engine, "ASK {}")
    engine.close()
    assert engine.ready is False


def test_nothing_is_left_running(snapshot: Snapshot) -> None:
    engine = Engine(snapshot.folder, Limits())
    engine.start()
    run(engine, "ASK {}")
    keeper = engine.facts["pid"]
    engine.close()
    with pytest.raises(ProcessLookupError):
        os.kill(keeper, 0)


def test_a_folder_that_is_no_snapshot_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="no snapshot"):
        Engine(tmp_path).start()


def test_a_new_snapshot_that_is_broken_leaves_the_old_one_serving(tmp_path: Path) -> None:
    node = ox.NamedNode("https://example.org/1")
    first = write_snapshot(tmp_path, [ox.Quad(node, node, node, node)])
    engine = Engine(tmp_path)
    engine.start()
    second = write_snapshot(tmp_path, [ox.Quad(node, node, ox.Literal("2"), node)])
    second.quads_file.write_bytes(b"<https://example.org/1> <nonsense")
    with pytest.raises(RuntimeError, match="could not be opened"):
        engine.reload()
    assert engine.version == first.version
    assert b"true" in run(engine, "ASK {}")
    engine.close()


def pids(engine: Engine) -> set[int]:
    tasks = Path(f"/proc/{engine.facts['pid']}/task").iterdir()
    return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}


def test_workers_that_nobody_needs_end_but_for_one(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mandates.sparql.engine._KEPT_IDLE", 0.5)
    monkeypatch.setattr("mandates.sparql.engine._KEPT_LARGE", 0.5)
    engine = Engine(snapshot.folder, Limits(timeout=5, concurrency=4))
    engine.start()
    try:
        query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o . ?t ?q ?o FILTER(?s < ?t) } LIMIT 1"
        threads = [threading.Thread(target=run, args=(engine, query)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        former = pids(engine)
        end = time.monotonic() + 10
        while (engine.idle != 1 or pids(engine) & former) and time.monotonic() < end:
            time.sleep(0.05)
        # The last one is new, too: it holds nothing yet but what it shares.
        assert engine.idle == 1
        assert not pids(engine) & former
        assert b"true" in run(engine, "ASK {}")
    finally:
        engine.close()
