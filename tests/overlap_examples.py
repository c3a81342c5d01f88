"""The small world of the worked examples in docs/method.md, and how they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from mandates.overlap import find, reference
from mandates.overlap.findings import Finding
from mandates.overlap.tables import Concept, Holding, Mandate, Rows, World

CONCEPTS = (
    Concept("regulate", "function"),
    Concept("license", "function", ("regulate",)),
    Concept("license-operator", "function", ("license",)),
    Concept("respond", "function"),
    Concept("investigate", "function"),
    Concept("adjudicate", "function"),
    Concept("telecom", "subject"),
    Concept("spectrum", "subject", ("telecom",)),
    Concept("mobile-spectrum", "subject", ("spectrum",)),
    Concept("satellite-spectrum", "subject", ("spectrum",)),
    Concept("any layer", "layer", universal=True),
    Concept("physical", "layer"),
    Concept("logical", "layer"),
    Concept("Pakistan", "territory"),
    Concept("Punjab", "territory", ("Pakistan",)),
    Concept("any person", "addressee", universal=True),
    Concept("operators", "addressee"),
)
_QUIET = ("fragmentation", "sunset-coverage")
_numbers = count(1)


def year(number: int | None) -> datetime | None:
    return None if number is None else datetime(number, 1, 1, tzinfo=UTC)


def m(name: str, function: str | None, *subjects: str, **more: Any) -> Mandate:
    """A mandate on the physical layer in Pakistan that addresses operators, unless said."""
    scope = {"layers": ("physical",), "territories": ("Pakistan",), "addressees": ("operators",)}
    return Mandate(name, function, subjects, **{**scope, **more})


def h(mandate: str, actor: str, since: int, until: int | None = None, **more: Any) -> Holding:
    """A holding between the first days of two years."""
    begin = year(since)
    assert begin is not None
    return Holding(f"h{next(_numbers):06d}", mandate, actor, begin, year(until), **more)


def findings(
    mandates: Iterable[Mandate],
    holdings: Iterable[Holding],
    *,
    as_of: int | None = None,
    **more: Any,
) -> list[Finding]:
    """What the engine finds, after the reference has found the same."""
    rows = Rows(concepts=CONCEPTS, mandates=[*mandates], holdings=[*holdings], **more)
    found = [*find(World.from_rows(rows), as_of=year(as_of)).rows()]
    assert found == reference.find(rows, as_of=year(as_of))
    return found


def show(*world: Any, only: tuple[str, ...] = (), **more: Any) -> None:
    """Print findings, one a line; fragmentation and sunset coverage only when asked for."""
    for f in findings(*world, **more):
        if f.relation in only or (not only and f.relation not in _QUIET):
            cell = " / ".join(part for part in (f.function_cell, f.subject_cell) if part)
            until = f.until.year if f.until else ""
            print(
                f"{f.relation}: {', '.join(f.actors) or 'nobody'}",
                cell or "-",
                f"{f.since.year}-{until}",
                "certain" if f.certain else "possible",
                f"score {f.score}" if f.figure is None else f"figure {f.figure}",
                sep=" | ",
            )
