"""What must hold of every world, whatever is in it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import duckdb
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mandates.overlap import engine, find, reference
from mandates.overlap.engine import find_with_duckdb
from mandates.overlap.findings import Finding
from mandates.overlap.tables import Concept, Condition, Holding, Mandate, Rows, Tie, World
from mandates.overlap.weights import default_weights
from overlap_worlds import ACTORS, day, worlds

OVERLAPS = ("duplication", "overlap", "coordinated-overlap", "overlap-by-designation")
PAIRS = (
    *OVERLAPS,
    "unsaved-overlap",
    "transition",
    "contested-holding",
    "oversight",
    "delegation",
    "related-assignment",
    "conflict-of-exclusivity",
)
quick = settings(max_examples=60)


def found(rows: Rows, as_of: datetime | None = None) -> list[Finding]:
    """Ask the reference, which is quick on small worlds; that the engine agrees is tested apart."""
    return reference.find(rows, as_of=as_of)


def unnamed(findings: Iterable[Finding], names: dict[str, str] | None = None) -> list[str]:
    """Findings without what depends on the order of names."""
    names = names or {}
    return sorted(
        repr(
            (
                f.relation,
                sorted(names.get(actor, actor) for actor in f.actors),
                f.function_cell,
                f.subject_cell,
                f.polity,
                f.since,
                f.until,
                f.support,
                f.certain_support,
                f.certain_since,
                f.certain_until,
                f.score,
                f.points,
                f.spread,
                f.figure,
                sorted((names.get(actor, actor), share) for actor, share in f.shares.items()),
            )
        )
        for f in findings
    )


@quick
@given(rows=worlds())
def test_it_does_not_matter_which_actor_comes_first(rows: Rows) -> None:
    other = dict(zip(ACTORS, reversed(ACTORS), strict=True))
    swapped = replace(
        rows,
        holdings=[replace(h, actor=other[h.actor]) for h in rows.holdings],
        conditions=[replace(c, counterpart=other[c.counterpart]) for c in rows.conditions],
        ties=[replace(t, a=other[t.a], b=other[t.b]) for t in rows.ties],
        savings=[replace(s, a=other[s.a], b=other[s.b]) for s in rows.savings],
    )
    # Two that stand over each other, through whatever ties, are told in order of name.
    over = {(a, b) for a, b, _ in reference.Reference(rows, default_weights()).command}
    hands = {(t.a, t.b) for t in rows.ties if t.kind == "delegates"}
    assume(not any((b, a) in pairs for pairs in (over, hands) for a, b in pairs))
    assert unnamed(found(rows)) == unnamed(found(swapped), other)


@settings(quick, max_examples=20)
@given(rows=worlds(), random=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: Rows, random: object) -> None:
    def shuffled(values: Iterable[object]) -> list[object]:
        values = [*values]
        random.shuffle(values)  # type: ignore[attr-defined]
        return values

    mixed = Rows(**{name: shuffled(getattr(rows, name)) for name in Rows.__slots__})  # type: ignore[arg-type]
    assert found(rows) == found(mixed) == [*find(World.from_rows(mixed)).rows()]


@quick
@given(rows=worlds(), as_of=st.none() | st.integers(0, 9).map(day))
def test_figures_keep_their_bounds(rows: Rows, as_of: datetime | None) -> None:
    for f in found(rows, as_of):
        assert 0 <= f.score <= 100
        assert 0 <= f.points <= 1000
        assert 0 <= f.certain_support <= f.support
        assert f.figure is None or 0 <= f.figure <= 1000
        assert f.until is None or f.since < f.until
        if f.certain_since is not None:
            assert f.since <= f.certain_since
            assert f.until is None or (f.certain_until is not None and f.certain_until <= f.until)
        assert sum(e.alike for e in f.evidence) <= f.support
        assert all(0 < value <= 1000 for e in f.evidence for value in e.similarity.values())


@quick
@given(rows=worlds(), days=st.integers(-3000, 3000))
def test_moving_all_of_time_changes_nothing_else(rows: Rows, days: int) -> None:
    def move(moment: datetime | None) -> datetime | None:
        return moment and moment + timedelta(days=days)

    def moved(row: object) -> object:
        return replace(row, since=move(row.since), until=move(row.until))  # type: ignore[attr-defined,type-var]

    def kept(row: Holding | Condition) -> object:
        sure = tuple(map(move, row.certain)) if isinstance(row.certain, tuple) else row.certain
        return replace(moved(row), certain=sure)  # type: ignore[type-var]

    later = replace(
        rows,
        holdings=[*map(kept, rows.holdings)],
        conditions=[*map(kept, rows.conditions)],
        ties=[*map(moved, rows.ties)],
        savings=[*map(moved, rows.savings)],
        instruments=[*map(moved, rows.instruments)],
        expectations=[*map(moved, rows.expectations)],
    )
    back = [
        replace(
            f,
            since=f.since - timedelta(days=days) if f.since.year > 1 else f.since,
            until=f.until and f.until - timedelta(days=days),
            certain_since=f.certain_since and f.certain_since - timedelta(days=days),
            certain_until=f.certain_until and f.certain_until - timedelta(days=days),
        )
        for f in found(later)
    ]
    assert unnamed(found(rows)) == unnamed(back)


@quick
@given(rows=worlds())
def test_no_pair_without_a_shared_moment(rows: Rows) -> None:
    never = datetime.max.replace(tzinfo=UTC)
    time = {h.id: (h.since, h.until or never) for h in rows.holdings}
    for f in found(rows):
        for e in f.evidence if f.relation in PAIRS else ():
            assert e.holding_b is not None
            (a, b), (c, d) = time[e.holding_a], time[e.holding_b]
            assert max(a, c) <= e.since < (e.until or min(b, d)) <= min(b, d)


@quick
@given(rows=worlds())
def test_one_after_the_other_is_never_together(rows: Rows) -> None:
    in_turn = replace(
        rows,
        holdings=[
            replace(h, since=day(10 * i), until=day(10 * i + 10), certain="all")
            for i, h in enumerate(rows.holdings)
        ],
    )
    assert not {f.relation for f in found(in_turn)} & {*PAIRS, "fragmentation"}


@quick
@given(rows=worlds(), data=st.data())
def test_a_concurrence_never_raises_a_score(rows: Rows, data: st.DataObject) -> None:
    mandate = data.draw(st.sampled_from([m.id for m in rows.mandates]))
    agreed = Condition(mandate, "Concurrence", data.draw(st.sampled_from(ACTORS)))

    def highest(rows: Rows) -> dict[object, int]:
        top: dict[object, int] = {}
        for f in found(rows):
            cell = (frozenset(f.actors), f.function_cell, f.subject_cell)
            top[cell] = max(top.get(cell, 0), f.score)
        return top

    before = highest(rows)
    after = highest(replace(rows, conditions=[*rows.conditions, agreed]))
    assert all(score <= before.get(cell, 0) for cell, score in after.items())


@quick
@given(rows=worlds(), subject=st.sampled_from(["s1", "s11", "s111", "s2"]))
def test_what_is_carved_out_is_gone(rows: Rows, subject: str) -> None:
    less = replace(
        rows, mandates=[replace(m, excluded=(*m.excluded, subject)) for m in rows.mandates]
    )
    hierarchy = reference.Hierarchy(rows)
    for f in found(less):
        for e in f.evidence:
            if e.subject_a is not None and e.subject_b is not None:
                meet = hierarchy.meet(e.subject_a, e.subject_b)
                assert meet is not None
                assert not hierarchy.over(subject, meet[0])


@quick
@given(rows=worlds())
def test_a_succession_is_never_an_overlap(rows: Rows) -> None:
    line = [Tie("succeeds", a, b) for a, b in pairwise(ACTORS)]
    heirs = replace(rows, ties=[*rows.ties, *line])
    assert not {f.relation for f in found(heirs)} & {*OVERLAPS, "related-assignment"}


@quick
@given(rows=worlds())
def test_a_duplicated_agency_duplicates_exactly_its_own_mandates(rows: Rows) -> None:
    own = [
        replace(m, force="power", leading=True, excluded=())
        for m in rows.mandates
        if m.function and m.subjects
    ]
    assume(own)
    copies = [replace(m, id=f"copy of {m.id}") for m in own]
    world = Rows(
        concepts=rows.concepts,
        mandates=[*own, *copies],
        holdings=[
            *(Holding(m.id, m.id, "agency", day(0)) for m in own),
            *(Holding(m.id, m.id, "copy", day(0)) for m in copies),
        ],
        instruments=rows.instruments,
    )
    twins = {
        (s.holding_a, s.holding_b)
        for s in reference.Reference(world, default_weights()).supports()
        if s.relation == "duplication"
    }
    assert {(m.id, f"copy of {m.id}") for m in own} <= twins
    function = {m.id: m.function for m in world.mandates}
    assert all(b is not None and function[a] == function[b] for a, b in twins)


@quick
@given(count=st.integers(1, 6), data=st.data())
def test_disjoint_mandates_give_an_empty_report(count: int, data: st.DataObject) -> None:
    world = Rows(
        concepts=[
            *(Concept(f"f{i}", "function") for i in range(count)),
            *(Concept(f"s{i}", "subject") for i in range(count)),
        ],
        mandates=[Mandate(f"m{i}", f"f{i}", (f"s{i}",)) for i in range(count)],
        holdings=[
            Holding(f"h{i}", f"m{i}", data.draw(st.sampled_from(ACTORS)), day(i))
            for i in range(count)
        ],
    )
    assert {f.relation for f in found(world)} == {"sunset-coverage"}


@quick
@given(rows=worlds(), as_of=st.integers(0, 9).map(day))
def test_looking_at_a_moment_keeps_keys_and_intervals(rows: Rows, as_of: datetime) -> None:
    whole = {f.key: f for f in found(rows)}
    assert len(whole) == len(found(rows))
    then = {f.key: f for f in found(rows, as_of)}
    alive = {
        key for key, f in whole.items() if f.since <= as_of and (f.until is None or as_of < f.until)
    }
    assert {*then} == alive
    assert all((f.since, f.until) == (whole[k].since, whole[k].until) for k, f in then.items())
    assert all(f.support <= whole[k].support for k, f in then.items() if f.figure is None)


@pytest.mark.parametrize("actors", [2, 40])
def test_ten_thousand_mandates_in_one_cell_give_a_result(actors: int) -> None:
    count = 10_000
    world = World.from_rows(
        Rows(
            concepts=[Concept("license", "function"), Concept("spectrum", "subject")],
            mandates=[Mandate(f"m{i}", "license", ("spectrum",)) for i in range(count)],
            holdings=[
                Holding(f"h{i}", f"m{i}", f"a{i % actors:02d}", day(i % 97)) for i in range(count)
            ],
        )
    )
    findings = find_with_duckdb(world, threads=1)
    twins = [f for f in findings.rows() if f.relation == "duplication"]
    assert len(twins) == actors * (actors - 1) // 2
    each = count // actors
    assert sum(f.support for f in twins) == len(twins) * each * each
    assert all(len(f.evidence) == 5 for f in twins)


def _pair(number: int) -> World:
    """Return a world with one duplication, since a day of its own."""
    return World.from_rows(
        Rows(
            concepts=[Concept("license", "function"), Concept("spectrum", "subject")],
            mandates=[Mandate(f"m{i}", "license", ("spectrum",)) for i in range(2)],
            holdings=[Holding(f"h{i}", f"m{i}", f"a{i}", day(number)) for i in range(2)],
        )
    )


def test_worlds_computed_at_once_do_not_meet() -> None:
    with ThreadPoolExecutor(6) as pool:
        found = [*pool.map(lambda number: [*find_with_duckdb(_pair(number)).rows()], range(24))]
    for number, findings in enumerate(found):
        (twins,) = (f for f in findings if f.relation == "duplication")
        assert (twins.actors, twins.since) == (("a0", "a1"), day(number))


def test_a_world_that_cannot_be_computed_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = len(find_with_duckdb(_pair(1)))
    with monkeypatch.context() as broken:
        broken.setattr(engine, "_text", lambda stage, values: f"SELECT * FROM no_table -- {stage}")
        with pytest.raises(duckdb.CatalogException, match="no_table"):
            find_with_duckdb(_pair(1))
    kept = engine._small(os.getpid(), "3GB")
    names = {
        name for (name,) in kept.execute("SELECT database_name FROM duckdb_databases()").fetchall()
    }
    assert names == {"memory", "system", "temp"}
    assert len(find_with_duckdb(_pair(1))) == before
