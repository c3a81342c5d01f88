"""Hypothesis strategies for small worlds, shared by the tests of the overlap method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain

from hypothesis import strategies as st

from mandates.overlap.tables import (
    CONDITIONS,
    FORCES,
    STATUSES,
    TIES,
    Concept,
    Condition,
    Expectation,
    Holding,
    Instrument,
    Mandate,
    Rows,
    Saving,
    Tie,
)

START = datetime(2020, 1, 1, tzinfo=UTC)
ACTORS = ("agency", "board", "council", "division")


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def scheme(name: str, *, universal: bool, crossed: bool) -> list[Concept]:
    """Three levels under two tops; ``crossed`` gives two concepts a second parent."""
    a = name[0]
    return [
        *([Concept(f"{a}-any", name, universal=True)] if universal else []),
        Concept(f"{a}1", name),
        Concept(f"{a}2", name),
        Concept(f"{a}11", name, (f"{a}1",)),
        Concept(f"{a}12", name, (f"{a}1",)),
        Concept(f"{a}21", name, (f"{a}2",)),
        Concept(f"{a}111", name, (f"{a}11", f"{a}12") if crossed else (f"{a}11",)),
        Concept(f"{a}112", name, (f"{a}11",)),
        Concept(f"{a}211", name, (f"{a}21", f"{a}1") if crossed else (f"{a}21",)),
    ]


def spans(draw: st.DrawFn) -> tuple[datetime, datetime | None]:
    since = draw(st.integers(0, 6))
    length = draw(st.none() | st.integers(1, 5))
    return day(since), None if length is None else day(since + length)


def standings(draw: st.DrawFn) -> tuple[datetime | None, datetime | None]:
    """When a condition stands: often at all times, else with one end or both."""
    since, until = spans(draw)
    always = (None, None)
    return draw(st.sampled_from([always, always, (since, None), (None, until), (since, until)]))


def conditions(
    draw: st.DrawFn, names: st.SearchStrategy[str], actors: st.SearchStrategy[str]
) -> Condition:
    """A condition, of which often all is certain, else a day or nothing."""
    since, until = standings(draw)
    begun = since or day(draw(st.integers(0, 6)))
    certain: tuple[datetime, datetime | None] | str | None = draw(
        st.sampled_from(
            ["all", "all", None, (begun, min(begun + timedelta(1), until or begun + timedelta(1)))]
        )
    )
    if until is not None and begun >= until:
        certain = None
    return Condition(
        draw(names),
        draw(st.sampled_from(CONDITIONS)),
        draw(actors),
        since,
        until,
        certain,  # type: ignore[arg-type]
    )


@st.composite
def worlds(draw: st.DrawFn) -> Rows:
    """Small worlds in which everything meets everything often."""
    flags = st.booleans()
    axes = {
        name: scheme(name, universal=draw(flags), crossed=draw(flags))
        for name in ("function", "subject", "layer", "territory", "addressee")
    }
    ids = {name: st.sampled_from([c.id for c in concepts]) for name, concepts in axes.items()}
    # A tidy world knows every axis; in the other half of them, any may be unknown.
    least = draw(st.integers(0, 1))
    some = {
        name: st.lists(concept, min_size=least, max_size=2, unique=True).map(tuple)
        for name, concept in ids.items()
    }
    rare = st.sampled_from([False, False, False, True])
    instruments = [
        Instrument("act"),
        Instrument("lapsed", day(0), day(draw(st.integers(1, 8)))),
    ]
    scopes = draw(
        st.lists(
            st.tuples(
                st.sampled_from([*([] if least else [None]), *(c.id for c in axes["function"])]),
                st.lists(ids["subject"], min_size=least, max_size=3, unique=True).map(tuple),
                some["subject"] if draw(flags) else st.just(()),
                some["layer"],
                some["territory"],
                some["addressee"],
            ),
            min_size=1,
            max_size=3,
        )
    )
    mandates = []
    for number in range(draw(st.integers(1, 6))):
        function, subjects, excluded, layers, territories, addressees = draw(
            st.sampled_from(scopes)
        )
        mandates.append(
            Mandate(
                f"m{number}",
                function,
                subjects,
                excluded,
                layers,
                territories,
                addressees,
                draw(st.sampled_from(FORCES + ("power",) * 4)),
                draw(flags),
                draw(rare),
                draw(st.sampled_from([None, False, True])),
                draw(st.sampled_from([None, "act", "lapsed"])),
                draw(st.sampled_from([None, "pk", "pk", "in"])),
            )
        )
    names = st.sampled_from([m.id for m in mandates])
    actors = st.sampled_from(ACTORS)
    holdings = []
    for number in range(draw(st.integers(1, 8))):
        since, until = spans(draw)
        certain: tuple[datetime, datetime | None] | str | None = "all"
        if draw(rare):
            certain = draw(
                st.sampled_from(
                    [None, (since, min(since + timedelta(1), until or since + timedelta(1)))]
                )
            )
        holdings.append(
            Holding(
                f"h{number}",
                draw(names),
                draw(actors),
                since,
                until,
                certain,  # type: ignore[arg-type]
                draw(st.sampled_from(STATUSES)),
                draw(st.sampled_from([None, None, None, "literal", "practice", "alone"])),
            )
        )
    pairs = st.tuples(actors, actors).filter(lambda pair: pair[0] != pair[1])
    return Rows(
        concepts=[concept for concepts in axes.values() for concept in concepts],
        mandates=mandates,
        holdings=holdings,
        conditions=[conditions(draw, names, actors) for _ in range(draw(st.integers(0, 5)))],
        ties=[
            Tie(draw(st.sampled_from(TIES)), *draw(pairs), *(spans(draw) if draw(flags) else ()))
            for _ in range(draw(st.integers(0, 4)))
        ],
        savings=[Saving(*draw(pairs), *spans(draw)) for _ in range(draw(st.integers(0, 1)))],
        instruments=instruments,
        expectations=[
            Expectation(
                draw(ids["function"]),
                draw(ids["subject"]),
                draw(st.sampled_from([None, "pk"])),
                *(spans(draw) if draw(flags) else ()),
            )
            for _ in range(draw(st.integers(0, 2)))
        ],
        rivals=[("literal", "practice")],
        incompatible=[
            (draw(ids["function"]), draw(ids["function"])) for _ in range(draw(st.integers(0, 1)))
        ],
    )


def merged(many: Sequence[Rows]) -> Rows:
    """One world of many that share their concepts; every fifth begins another set of actors."""

    def concepts() -> list[Concept]:
        found: dict[str, Concept] = {}
        for concept in chain.from_iterable(rows.concepts for rows in many):
            broader = found[concept.id].broader if concept.id in found else ()
            found[concept.id] = replace(concept, broader=(*{*broader, *concept.broader},))
        return [*found.values()]

    parts = [
        _renamed(rows, f"{number:03d}-", f"{number // 5:02d}-") for number, rows in enumerate(many)
    ]
    return Rows(
        concepts(),
        *(
            [*chain.from_iterable(getattr(part, table) for part in parts)]
            for table in (
                "mandates",
                "holdings",
                "conditions",
                "ties",
                "savings",
                "instruments",
                "expectations",
            )
        ),
        rivals=many[0].rivals,
        incompatible=[*{pair for part in parts for pair in part.incompatible}],
    )


def _renamed(rows: Rows, own: str, actors: str) -> Rows:
    """The same world with a prefix before the names of mandates, holdings and instruments, and one
    before those of actors."""
    return replace(
        rows,
        mandates=[
            replace(m, id=own + m.id, instrument=m.instrument and own + m.instrument)
            for m in rows.mandates
        ],
        holdings=[
            replace(h, id=own + h.id, mandate=own + h.mandate, actor=actors + h.actor)
            for h in rows.holdings
        ],
        conditions=[
            replace(c, mandate=own + c.mandate, counterpart=actors + c.counterpart)
            for c in rows.conditions
        ],
        ties=[replace(t, a=actors + t.a, b=actors + t.b) for t in rows.ties],
        savings=[replace(s, a=actors + s.a, b=actors + s.b) for s in rows.savings],
        instruments=[replace(i, id=own + i.id) for i in rows.instruments],
    )
