"""Worlds that are none are refused, in words that say where and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pyoxigraph as ox
import pytest

from mandates.analysis.sparql import find_with_sparql
from mandates.analysis.world import read_world
from mandates.dataset.names import GRAPH, SKOS, TYPE, mand
from mandates.overlap import find, reference
from mandates.overlap.tables import (
    SCHEMA,
    Concept,
    Condition,
    Holding,
    Mandate,
    Rows,
    Tie,
    World,
    WorldError,
)
from mandates.overlap.weights import Weights
from overlap_examples import CONCEPTS, h, m, year
from overlap_graph import graph

SINCE = datetime(2000, 1, 1)


def ring(*ids: str) -> list[Concept]:
    return [Concept(a, "subject", (b,)) for a, b in zip(ids, (*ids[1:], ids[0]), strict=True)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (Rows(concepts=ring("a", "b", "c")), "broader: a cycle runs through 'a', 'b', 'c'"),
        (Rows(concepts=ring("a")), "a cycle runs through 'a'"),
        (
            Rows(concepts=[*ring("a", "b"), Concept("below", "subject", ("a",))]),
            "a cycle runs through 'a', 'b'",
        ),
        (Rows(concepts=[Concept("a", "topic")]), "concept 'a': 'topic' is none of function,"),
        (Rows(concepts=[Concept("a", "layer"), Concept("a", "layer")]), "'a' is described twice"),
        (
            Rows(concepts=[Concept("a", "layer", ("b",)), Concept("b", "subject")]),
            "'a' and 'b' are of different schemes",
        ),
        (
            Rows(concepts=[Concept(x, "layer", universal=True) for x in "ab"]),
            "scheme 'layer' has two universal concepts: 'a' and 'b'",
        ),
        (
            Rows(concepts=[Concept("a", "layer", ("b",), universal=True), Concept("b", "layer")]),
            "nothing is broader than the universal 'a'",
        ),
        (Rows(concepts=CONCEPTS, mandates=[m("x", "licence")]), "unknown concept 'licence'; near"),
        (
            Rows(concepts=CONCEPTS, mandates=[m("x", "spectrum")]),
            "'spectrum' is not a concept of the function scheme",
        ),
        (
            Rows(concepts=CONCEPTS, mandates=[m("x", "license", "license")]),
            "mandate_subject: 'license' is not a concept of the subject scheme",
        ),
        (
            Rows(mandates=[Mandate("x")], holdings=[h("x", "a", 2000, 2000)]),
            "ends before or when it begins",
        ),
        (
            Rows(mandates=[Mandate("x")], holdings=[Holding("h", "x", "a", None)]),  # type: ignore[arg-type]
            "holding 'h': has no beginning",
        ),
        (Rows(mandates=[Mandate("x")], holdings=[Holding("h", "x", "a", SINCE)]), "has no offset"),
        (Rows(holdings=[h("x", "a", 2000)]), "unknown mandate 'x'"),
        (
            Rows(
                mandates=[Mandate("x")],
                holdings=[h("x", "a", 2000, 2010, certain=(year(1999), year(2010)))],
            ),
            "its certain part is not within its possible interval",
        ),
        (
            Rows(mandates=[Mandate("x")], conditions=[Condition("x", "Consent", "a")]),
            "condition of mandate 'x': 'Consent' is none of",
        ),
        (Rows(ties=[Tie("part-of", "a", "b", year(2001), year(2000))]), "tie row 0: ends before"),
    ],
)
def test_a_world_that_is_none_is_refused(rows: Rows, message: str) -> None:
    with pytest.raises(WorldError, match=message.replace("(", r"\(")):
        World.from_rows(rows)


@pytest.mark.parametrize("ask", [lambda rows: find(World.from_rows(rows)), reference.find])
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (Rows(concepts=ring("a", "b", "c")), "a cycle runs through 'a', 'b', 'c'"),
        (
            Rows(mandates=[Mandate("x")], holdings=[Holding("h", "x", "a", None)]),  # type: ignore[arg-type]
            "holding 'h': has no beginning",
        ),
    ],
)
def test_neither_program_takes_what_is_no_world(
    ask: Callable[[Rows], object], rows: Rows, message: str
) -> None:
    with pytest.raises(WorldError, match=message):
        ask(rows)


def test_a_hierarchy_in_a_circle_has_no_depths() -> None:
    with pytest.raises(WorldError, match="a cycle runs through 'a', 'b'"):
        reference.Hierarchy(Rows(concepts=ring("a", "b")))


def test_actors_that_stand_over_each_other_in_a_circle_give_a_result() -> None:
    actors = ("a", "b", "c")
    rows = Rows(
        concepts=[c for c in CONCEPTS if " " not in c.id],
        mandates=[m(x, "license", "spectrum") for x in actors],
        holdings=[h(x, x, 2000) for x in actors],
        ties=[Tie("part-of", x, y) for x, y in (("a", "b"), ("b", "c"), ("c", "a"))],
    )
    found = reference.find(rows)
    assert [*find(World.from_rows(rows)).rows()] == found
    over = {f.actors for f in found if f.relation == "oversight"}
    assert over == {("a", "b"), ("a", "c"), ("b", "c")}  # each is over each: told by name
    queried = find_with_sparql(graph(rows))
    assert len([f for f in queried if f.relation == "oversight"]) == 3


def crowd(number: int) -> Rows:
    """One cell with as many mandates as asked for, of two actors."""
    return Rows(
        concepts=[c for c in CONCEPTS if " " not in c.id],  # a name that makes an IRI
        mandates=[m(f"m{i}", "license", "spectrum") for i in range(number)],
        holdings=[h(f"m{i}", f"actor-{i % 2}", 2000) for i in range(number)],
    )


def test_ten_thousand_mandates_in_a_cell_are_refused_where_pairs_are_listed() -> None:
    with pytest.raises(WorldError, match="10,000 holdings: every pair is compared here"):
        reference.find(crowd(10_000))
    with pytest.raises(WorldError, match="10,000 holdings: the queries list every pair"):
        find_with_sparql(graph(crowd(10_000)))


def broken(*triples: tuple[str, str, str]) -> ox.Store:
    """A small right world in the vocabulary, with some triples more."""
    store = graph(crowd(2))
    made = ox.NamedNode(GRAPH + "instances/made")
    store.extend(ox.Quad(*(ox.NamedNode(part) for part in triple), made) for triple in triples)
    return store


@pytest.mark.parametrize("read", [read_world, find_with_sparql])
def test_a_graph_that_is_no_world_is_refused_by_reader_and_queries(
    read: Callable[[ox.Store], object],
) -> None:
    node, a = "https://w3id.org/mandates/id/pk/holding/x", "https://w3id.org/mandates/scheme/a"
    kind, broader = TYPE.value, SKOS + "broader"
    with pytest.raises(WorldError, match=f"holding '{node}': has no mandate"):
        read(broken((node, kind, mand("Holding").value)))
    parts = [(mand("ofMandate").value, f"{a}/m"), (mand("heldBy").value, f"{a}/b")]
    with pytest.raises(WorldError, match=f"holding '{node}': has no beginning"):
        read(broken((node, kind, mand("Holding").value), *((node, p, o) for p, o in parts)))
    ring_of_two = [(a, broader, a + "b"), (a + "b", broader, a)]
    typed = [(c, kind, mand("SubjectMatter").value) for c in (a, a + "b")]
    with pytest.raises(WorldError, match="a cycle runs through"):
        read(broken(*typed, *ring_of_two))


def test_coded_tables_are_checked_too() -> None:
    one = {"scheme": np.array([7]), "universal": np.array([0])}
    with pytest.raises(WorldError, match="concept 'a': unknown scheme 7 in column 'scheme'"):
        World({"concept": ("a",)}, {"concept": one})
    with pytest.raises(WorldError, match="names must be sorted and distinct"):
        World({"concept": ("b", "a")}, {})
    with pytest.raises(WorldError, match="1 rows for 2 names"):
        World({"concept": ("a", "b")}, {"concept": {**one, "scheme": np.array([0])}})
    with pytest.raises(WorldError, match="no such name list or table: concepts"):
        World({}, {"concepts": {}})
    with pytest.raises(WorldError, match="column 'universal' is missing"):
        World({"concept": ("a",)}, {"concept": {"scheme": np.array([0])}})


def test_columns_of_names_are_checked_too() -> None:
    act = {"id": ["act"], "since": [0], "until": [1]}
    with pytest.raises(WorldError, match="no such name list or table: acts"):
        World.from_columns({"acts": act})
    with pytest.raises(WorldError, match="instrument: no such column: force"):
        World.from_columns({"instrument": {**act, "force": ["power"]}})
    with pytest.raises(WorldError, match="instrument: column 'until' is missing"):
        World.from_columns({"instrument": {"id": ["act"], "since": [0]}})
    with pytest.raises(WorldError, match="names of instrument: 'a' stands after 'b'"):
        World.from_columns({"instrument": {"id": ["b", "a"], "since": [0, 0], "until": [1, 1]}})
    condition = {"mandate": ["m"], "kind": ["Concurrence"], "counterpart": ["a"]}
    with pytest.raises(WorldError, match="condition of mandate 'm': unknown mandate 'm'"):
        World.from_columns({"condition": condition})


def test_a_moment_needs_an_offset_and_an_engine_a_name() -> None:
    world = World.from_rows(Rows())
    with pytest.raises(WorldError, match="has no offset"):
        find(world, as_of=SINCE)
    with pytest.raises(ValueError, match="no such engine: 'abacus'"):
        find(world, engine="abacus")  # type: ignore[arg-type]


def test_every_column_is_described() -> None:
    assert all(": " in text for columns in SCHEMA.values() for text in columns.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("coordinated-overlap = 1000", "coordinated-overlap = 1001"), "is not a whole number"),
        (("overlap = 1000\n", "overlap = 900\n"), "a condition must not raise a score"),
        (("concurrence-required = 0", "concurrence-required = 1"), "must not make a score"),
        (("Referral = 400", "Referral = 300"), "no two conditions may weigh the same"),
        (("subject = 300", "subject = 301"), "must sum to 1000"),
    ],
)
def test_weights_that_would_break_a_promise_are_refused(
    change: tuple[str, str], message: str
) -> None:
    from importlib.resources import files

    text = files("mandates.overlap").joinpath("weights.toml").read_text("utf-8")
    assert change[0] in text
    with pytest.raises(ValueError, match=message):
        Weights.parse(text.replace(*change, 1))
