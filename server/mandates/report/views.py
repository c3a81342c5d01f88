"""What a report's pictures show, as plain data: two matrices, a timeline and a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mandates.report.days import Spell, Stretch, held

if TYPE_CHECKING:
    from mandates.overlap.findings import Finding
    from mandates.overlap.reference import Hierarchy
    from mandates.overlap.tables import Holding, Mandate, Rows

#: Relations in which two institutions hold the same at once.
MEETINGS = (
    "duplication",
    "overlap",
    "coordinated-overlap",
    "overlap-by-designation",
    "unsaved-overlap",
    "contested-holding",
)
UNSTATED = "not stated"
_MOST = 24
_LAYERS = ("physical", "logical", "social")


@dataclass(frozen=True)
class Matrix:
    """Two lists of names and what lies between them.

    Attributes:
        rows: names down the side.
        columns: names across the top.
        cells: row, column, number, and what the shade stands for (0 to 100).
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[str, str, int, int], ...]


@dataclass(frozen=True)
class Bar(Spell):
    """Mandates of one institution under one instrument during one stretch of time.

    Attributes:
        lane: institution and instrument.
        title: by what they are held.
        mandates: the greatest number held so at once or in turn.
    """

    lane: str
    title: str
    mandates: int


@dataclass(frozen=True)
class Edge:
    """What lies between two institutions.

    Attributes:
        first: one.
        second: the other.
        findings: in how many findings they meet.
        score: the highest contention among them.
    """

    first: str
    second: str
    findings: int
    score: int


def edges(findings: Iterable[Finding], brief: Callable[[str], str]) -> tuple[Edge, ...]:
    """Count the meetings of each two institutions, strongest first."""
    count: Counter[tuple[str, str]] = Counter()
    score: dict[tuple[str, str], int] = {}
    for finding in findings:
        if finding.relation in MEETINGS and len(finding.actors) == 2:
            one, two = sorted(finding.actors)
            count[one, two] += 1
            score[one, two] = max(score.get((one, two), 0), finding.score)
    found = [Edge(brief(a), brief(b), n, score[a, b]) for (a, b), n in count.items()]
    return tuple(sorted(found, key=lambda e: (-e.score, -e.findings, e.first, e.second)))


def between(found: Sequence[Edge], actors: Sequence[str]) -> Matrix:
    """Lay the meetings out as institutions by institutions; at most the first 24 of them."""
    ranked = list(dict.fromkeys(name for edge in found for name in (edge.first, edge.second)))
    names = [a for a in actors if len(actors) <= _MOST] or sorted(ranked[:_MOST])
    names += [name for name in ranked if name not in names][: max(_MOST - len(names), 0)]
    inside = set(names)
    cells = [
        cell
        for e in found
        if e.first in inside and e.second in inside
        for cell in (
            (e.first, e.second, e.findings, e.score),
            (e.second, e.first, e.findings, e.score),
        )
    ]
    return Matrix(tuple(names), tuple(names), tuple(sorted(cells)))


def functions_by_layers(
    mandates: Iterable[Mandate], hierarchy: Hierarchy, name: Callable[[str], str]
) -> Matrix:
    """Count mandates by top function and top layer; a mandate of two layers counts in both."""
    count: Counter[tuple[str, str]] = Counter()
    tops = {c for c, s in hierarchy.scheme.items() if s == "function" and hierarchy.level(c) == 1}
    layers = sorted(
        (c for c, s in hierarchy.scheme.items() if s == "layer" and hierarchy.level(c) == 1),
        key=lambda c: (_order(c), c),
    )
    universal = hierarchy.universal.get("layer")
    for mandate in mandates:
        if mandate.function is None:
            continue
        function = min(hierarchy.ancestors(mandate.function) & tops)
        rows: set[str] = set()
        for layer in mandate.layers:
            above = hierarchy.ancestors(layer) & set(layers)
            rows |= {name(c) for c in above or ((universal,) if universal else ())}
        for row in rows or {UNSTATED}:
            count[name(function), row] += 1
    columns = [name(c) for c in layers] + ([name(universal)] if universal else []) + [UNSTATED]
    most = max(count.values(), default=1)
    names = sorted({row for row, _ in count})
    return Matrix(
        tuple(names),
        tuple(columns),
        tuple((r, c, n, 100 * n // most) for (r, c), n in sorted(count.items())),
    )


def _order(layer: str) -> int:
    short = layer.rsplit("/", 1)[-1]
    return _LAYERS.index(short) if short in _LAYERS else len(_LAYERS)


def timeline(
    rows: Rows,
    actors: Sequence[str],
    lane: Callable[[Holding], str],
    title: Callable[[Holding], str],
    stretch: Callable[[str], Stretch],
) -> tuple[Bar, ...]:
    """Draw holdings together: institution by instrument, in stretches of the same title."""
    wanted = set(actors)
    lanes: dict[tuple[str, str], list[tuple[Stretch, str]]] = {}
    for holding in rows.holdings:
        if holding.actor in wanted:
            key = lane(holding), title(holding)
            lanes.setdefault(key, []).append((stretch(holding.id), holding.mandate))
    return stretches(lanes)


def stretches(
    lanes: Mapping[tuple[str, str], Sequence[tuple[Stretch, str]]],
) -> tuple[Bar, ...]:
    """Join what follows one another in a lane.

    Args:
        lanes: by lane and title, for each holding from when to when it stands, and its mandate.

    >>> from datetime import UTC, datetime
    >>> january, may = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 5, 1, tzinfo=UTC)
    >>> first, then = Stretch(january, january, may, may), Stretch(may, may, None, None)
    >>> bars = stretches({("PTA", "named"): [(first, "a"), (then, "a"), (then, "b")]})
    >>> [(bar.begun.short, bar.ended, bar.mandates) for bar in bars]
    [('2025-01-01', None, 2)]
    """
    # Imported when called, as it is all for which a server that draws would need numpy.
    from mandates.overlap.reference import merge, span

    bars = []
    for (name, how), holdings in lanes.items():
        spans = [(span(it.since, it.until), it, mandate) for it, mandate in holdings]
        for since, until in merge(interval for interval, _, _ in spans):
            inside = [(it, m) for (s, u), it, m in spans if since <= s and u <= until]
            # The bar begins and ends with holdings; their moments have the offset of their law.
            (begin, *_) = (it.since for (s, _), it, _ in spans if s == since)
            (end, *_) = (it.until for (_, u), it, _ in spans if u == until)
            known = held(begin, end, (("", it) for it, _ in inside))
            count = len({mandate for _, mandate in inside})
            bars.append(Bar(**vars(known), lane=name, title=how, mandates=count))
    return tuple(sorted(bars, key=lambda b: (b.lane, b.since, b.title)))
