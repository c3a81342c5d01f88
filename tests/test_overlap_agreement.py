"""The method is said three times: in SQL, in plain Python, in SPARQL. All must find the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import pyoxigraph as ox
from hypothesis import given, settings
from hypothesis import strategies as st

from mandates.analysis.sparql import SAID, Found, find_with_sparql
from mandates.analysis.world import read_world
from mandates.overlap import engine, find, reference
from mandates.overlap.findings import Finding
from mandates.overlap.tables import Rows, World
from mandates.overlap.weights import default_weights
from overlap_graph import graph
from overlap_worlds import day, worlds


def in_common(findings: Iterable[Finding]) -> list[Found]:
    """Say of findings what the SPARQL queries say of theirs."""
    return sorted(
        (
            Found(
                f.relation,
                f.actors,
                f.function_cell or "",
                f.subject_cell or "",
                f.since,
                f.until,
                f.support,
                f.certain_support,
            )
            for f in findings
            if f.relation in SAID
        ),
        key=str,
    )


@settings(max_examples=40)
@given(rows=worlds(), as_of=st.none() | st.integers(0, 9).map(day))
def test_engine_and_reference_agree(rows: Rows, as_of: object) -> None:
    got = list(find(World.from_rows(rows), as_of=as_of).rows())
    assert got == reference.find(rows, as_of=as_of)


@settings(max_examples=40)
@given(rows=worlds())
def test_the_queries_find_what_the_reference_finds_in_the_same_graph(rows: Rows) -> None:
    store = graph(rows)
    read = read_world(store).to_rows()
    # The graph says what the rows say, or the comparison below would be of something else.
    relations = Counter(f.relation for f in reference.find(rows) if f.relation in SAID)
    found = reference.find(read)
    assert Counter(f.relation for f in found if f.relation in SAID) == relations
    assert find_with_sparql(store) == in_common(found)


def test_engine_and_queries_agree_on_the_shipped_record(record: ox.Store) -> None:
    got = find_with_sparql(record)
    assert got == in_common(find(read_world(record)).rows())
    assert len({f.relation for f in got}) > 10


@settings(max_examples=60)
@given(rows=worlds())
def test_a_world_survives_coding(rows: Rows) -> None:
    once = World.from_rows(rows).to_rows()
    assert World.from_rows(once).to_rows() == once


def test_the_engine_waits_for_every_table_that_a_stage_reads() -> None:
    world, weights = World.from_rows(Rows()), default_weights()
    values = engine._values(world, weights, engine._moments(world, {}), None)
    texts = {
        stage: re.sub("--.*", "", engine._text(stage, values)).lower() for stage in engine._STAGES
    }
    makes = {
        stage: set(re.findall(r"create (?:table|view) (\w+)", text))
        for stage, text in texts.items()
    }
    made = set[str]().union(*makes.values())

    def waited(needs: Iterable[str]) -> Iterator[str]:
        for need in needs:
            yield from makes[need]
            yield from waited(engine._STAGES[need])

    for stage, text in texts.items():
        reads = made & {*re.findall(r"(?:from|join|into)\s+(\w+)", text)}
        assert reads - makes[stage] <= {*waited(engine._STAGES[stage])}, stage
    for step in engine._ASKED:
        reads = made & {*re.findall(r"(?:from|join)\s+(\w+)", step.statements.lower())}
        assert reads, step.name
        assert reads <= {*waited(step.needs)}, step.name
