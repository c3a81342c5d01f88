"""A diagram of how the main classes hang together, as boxes and arrows in SVG.

Where a box stands is said here; which arrows there are is read from the ontology, so a property
that is added or dropped appears or disappears without anybody drawing anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mandates.dataset.names import MAND

#: Column and row of each class that the diagram shows.
PLACES = {
    "Instrument": (0, 0),
    "NormativeEvent": (1, 0),
    "Designation": (2, 0),
    "LegalRole": (3, 0),
    "Document": (4, 0),
    "Provision": (0, 1),
    "Mandate": (1, 1),
    "HoldingRecord": (2, 1),
    "Actor": (3, 1),
    "Evidence": (4, 1),
    "Condition": (0, 2),
    "ScopeConcept": (1, 2),
    "Finding": (2, 2),
    "Affiliation": (3, 2),
    "Statement": (4, 2),
}
WIDTH, HEIGHT, ACROSS, DOWN, MARGIN = 132, 44, 236, 150, 24


@dataclass(frozen=True)
class Box:
    """A class."""

    iri: str
    label: str
    x: int
    y: int


@dataclass(frozen=True)
class Arrow:
    """One or more properties from one class to another."""

    x1: float
    y1: float
    x2: float
    y2: float
    x: float
    y: float
    names: tuple[str, ...]


@dataclass(frozen=True)
class Diagram:
    """Boxes and arrows on a sheet of a width and a height."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int
    rows: tuple[tuple[str, str, str], ...]


def draw(
    links: Iterable[tuple[str, str, str]],
    labels: Mapping[str, str],
    above: Mapping[str, Iterable[str]] | None = None,
) -> Diagram:
    """Draw the classes that have a place and the properties between those side by side.

    Args:
        links: domain, property and range, as IRIs.
        labels: of the classes.
        above: the classes above each class; one without a place is shown by the nearest that has.

    >>> diagram = draw([(MAND + "Mandate", MAND + "conferredBy", MAND + "Provision")], {})
    >>> [arrow.names for arrow in diagram.arrows]
    [('conferredBy',)]
    """
    between: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one, name, two in links:
        a, b = _placed(one, above or {}), _placed(two, above or {})
        local = name.removeprefix(MAND)
        if a and b and a != b and local not in between[a, b]:
            between[a, b].append(local)
    between = {pair: names for pair, names in between.items() if names}
    boxes = tuple(
        Box(
            MAND + name,
            labels.get(MAND + name, name),
            MARGIN + column * ACROSS,
            MARGIN + row * DOWN,
        )
        for name, (column, row) in PLACES.items()
        if MAND + name in labels or any(name in pair for pair in between)
    )
    arrows = tuple(
        _arrow(a, b, tuple(names), (b, a) in between)
        for (a, b), names in sorted(between.items())
        if all(abs(x - y) <= 1 for x, y in zip(PLACES[a], PLACES[b], strict=True))
    )
    columns = max(column for column, _ in PLACES.values())
    lines = max(row for _, row in PLACES.values())
    return Diagram(
        boxes,
        arrows,
        2 * MARGIN + columns * ACROSS + WIDTH,
        2 * MARGIN + lines * DOWN + HEIGHT,
        tuple((a, ", ".join(names), b) for (a, b), names in sorted(between.items())),
    )


def _placed(iri: str, above: Mapping[str, Iterable[str]]) -> str:
    """The class itself, or the nearest above it, that has a place."""
    edge, seen = [iri], {iri}
    while edge:
        for item in edge:
            if item.removeprefix(MAND) in PLACES:
                return item.removeprefix(MAND)
        edge = [up for item in edge for up in above.get(item, ()) if up not in seen]
        seen |= set(edge)
    return ""


def _arrow(one: str, two: str, names: tuple[str, ...], both: bool) -> Arrow:
    (ax, ay), (bx, by) = _centre(one), _centre(two)
    dx, dy = bx - ax, by - ay
    length = (dx * dx + dy * dy) ** 0.5
    # Two that point at one another run side by side.
    shift = 9 if both else 0
    ox, oy = -dy / length * shift, dx / length * shift
    start, end = _edge(dx, dy), _edge(dx, dy)
    x1, y1 = ax + dx * start + ox, ay + dy * start + oy
    x2, y2 = bx - dx * end + ox, by - dy * end + oy
    # The names of two that cross stand apart.
    at = (0.28 if dx > 0 else 0.62) if dx and dy else 0.3 if both else 0.5
    return Arrow(
        round(x1, 1),
        round(y1, 1),
        round(x2, 1),
        round(y2, 1),
        round(x1 + (x2 - x1) * at, 1),
        round(y1 + (y2 - y1) * at, 1),
        names,
    )


def _centre(name: str) -> tuple[float, float]:
    column, row = PLACES[name]
    return MARGIN + column * ACROSS + WIDTH / 2, MARGIN + row * DOWN + HEIGHT / 2


def _edge(dx: float, dy: float) -> float:
    """How far along a line from centre to centre the edge of the box is."""
    across = (WIDTH / 2 + 3) / abs(dx) if dx else 1.0
    down = (HEIGHT / 2 + 3) / abs(dy) if dy else 1.0
    return min(across, down)
