"""The pictures of a report, as Vega-Lite specifications and as SVG.

One specification serves the page, the printed file and the data: `specifications` makes it, `svg`
draws it. Ink is ``currentColor``, so that a picture follows the page into dark mode and on to
paper; shades are of one hue, with the number written on them, so that they survive a black and
white printer.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mandates.report.days import asked, asked_iso, day, iso
from mandates.report.texts import NAMED, STATUS
from mandates.report.views import Bar, Edge, Matrix
from mandates.report.words import many

if TYPE_CHECKING:
    from mandates.report.model import Report

Specification = dict[str, Any]

_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_HUE = "#b5532f"
_INK = "currentColor"
_YEARS = 15
_LANES = 36
_NODES = 24
#: Room for two lines of a name.
_ROW = 27
#: As wide as a telephone has room for.
_NARROW = 300
_CLOSE = {"left": 6, "right": 6, "top": 6, "bottom": 6}
_TITLES = (NAMED, *STATUS.values())
#: One for each title. A shade and no opacity: the library draws no legend of opacities.
_SHADES = [f"rgba(181, 83, 47, {opacity})" for opacity in (0.85, 0.5, 0.2, 0)]
_CONFIG: Specification = {
    "font": "Arial, Liberation Sans, sans-serif",
    "padding": {"left": 16, "right": 16, "top": 6, "bottom": 6},
    "axis": {
        "labelColor": _INK,
        "titleColor": _INK,
        "domainColor": _INK,
        "tickColor": _INK,
        "gridColor": _INK,
        "gridOpacity": 0.15,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "labelLimit": 360,
    },
    "legend": {"labelColor": _INK, "titleColor": _INK, "labelFontSize": 11, "titleFontSize": 11},
    "text": {"color": _INK, "fontSize": 11},
    "view": {"stroke": None},
}


@dataclass(frozen=True)
class Picture:
    """A picture with what stands for it where it can't be seen.

    Attributes:
        name: short name, also used as an anchor.
        heading: what it shows.
        caption: how to read it.
        alternative: what is to be seen, in a sentence or two.
        specification: Vega-Lite.
        header: columns of its data.
        rows: its data.
        narrow: the same for where there is no room for it, such as a telephone.
    """

    name: str
    heading: str
    caption: str
    alternative: str
    specification: Specification
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    narrow: Specification | None = None


def pictures(report: Report) -> tuple[Picture, ...]:
    """Make the pictures of a report; those without anything to show are left out."""
    made = (
        pairs(report.pairs, len(report.actors)),
        network(report.network),
        functions(report.functions),
        timeline(report.timeline, report.as_of, report.since),
    )
    return tuple(picture for picture in made if picture is not None)


def svg(specification: Specification) -> str | None:
    """Draw a specification; ``None`` when the ``report`` extra is not installed.

    The labels that the library gives to every mark are taken out: a picture is announced once, by
    the text alternative that stands beside it.
    """
    try:
        import vl_convert
    except ImportError:
        return None
    drawn: str = vl_convert.vegalite_to_svg(specification)
    drawn = re.sub(r' (?:aria-[a-z]+|role|pointer-events)="[^"]*"', "", drawn)
    return drawn.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def _chart(**parts: object) -> Specification:
    return {"$schema": _SCHEMA, "background": None, "config": _CONFIG, **parts}


def _heat(
    matrix: Matrix, row: str, column: str, shade: str, step: int, **size: object
) -> Specification:
    values = [{row: r, column: c, "n": n, shade: s} for r, c, n, s in matrix.cells]
    return _chart(
        width={"step": step},
        height={"step": 24},
        data={"values": values},
        encoding={
            "y": {
                "field": row,
                "type": "nominal",
                "sort": list(matrix.rows),
                "scale": {"domain": list(matrix.rows)},
                "title": None,
            },
            "x": {
                "field": column,
                "type": "nominal",
                "sort": list(matrix.columns),
                "scale": {"domain": list(matrix.columns)},
                "axis": {"orient": "top", "title": None, **size},
            },
        },
        layer=[
            {
                "mark": {"type": "rect", "color": _HUE},
                "encoding": {
                    "opacity": {
                        "field": shade,
                        "type": "quantitative",
                        "scale": {"domain": [0, 100], "range": [0.06, 0.62]},
                        "legend": None,
                    }
                },
            },
            {"mark": {"type": "text"}, "encoding": {"text": {"field": "n"}}},
        ],
    )


def pairs(matrix: Matrix, asked: int | None = None) -> Picture | None:
    """Institutions by institutions, shaded by contention; those asked for come first."""
    if not matrix.cells:
        return None
    top = max(matrix.cells, key=lambda cell: (cell[3], cell[2], cell[0], cell[1]))
    rivals = matrix.rows[asked:] if asked else ()
    beside = (
        f" Not asked for, but here because a reading of the law gives them what one of the others "
        f"holds: {', '.join(rivals)}."
        if rivals
        else ""
    )
    return Picture(
        name="pairs",
        heading="Who meets whom",
        caption="The number says in how many places the mandates of two institutions meet; the "
        f"stronger the colour, the higher the strongest contention among them.{beside}",
        alternative=f"Of {many(len(matrix.rows), 'institution')}, "
        f"{many(len(matrix.cells) // 2, 'pair meets', 'pairs meet')}; the "
        f"strongest contention, {top[3]} of 100, lies between {top[0]} and {top[1]}.",
        specification=_heat(matrix, "institution", "other", "contention", 44, labelAngle=-40),
        header=("institution", "other", "places", "strongest contention"),
        rows=tuple((r, c, str(n), str(s)) for r, c, n, s in matrix.cells if r < c),
    )


def functions(matrix: Matrix) -> Picture | None:
    """Kinds of function by layers of cyberspace."""
    if not matrix.cells:
        return None
    top = max(matrix.cells, key=lambda cell: (cell[2], cell[0], cell[1]))
    return Picture(
        name="functions",
        heading="What they do, and at which layer",
        caption="Number of mandates held on the day by kind of function and layer of cyberspace. "
        "A mandate of two layers counts in both; “not stated” means that the law names no layer.",
        alternative=f"The most mandates in one cell are {top[2]}: {top[0]}; layer: {top[1]}.",
        specification=_heat(matrix, "function", "layer", "share", 96, labelAngle=0),
        header=("function", "layer", "mandates"),
        rows=tuple((r, c, str(n)) for r, c, n, _ in matrix.cells),
    )


def timeline(
    all_bars: Sequence[Bar], as_of: datetime, since: datetime | None = None
) -> Picture | None:
    """Holdings in lanes of institution and instrument, with a line at the day reported on."""
    start = as_of - timedelta(days=round(365.25 * _YEARS))
    if since is not None:
        start = min(start, since)
    end = as_of + timedelta(days=365)
    bars = [b for b in all_bars if b.until is None or b.until > start]
    count: dict[str, int] = {}
    for bar in bars:
        count[bar.lane] = count.get(bar.lane, 0) + bar.mandates
    kept = sorted(sorted(count, key=lambda lane: (-count[lane], lane))[:_LANES])
    bars = [b for b in bars if b.lane in kept and b.since < end]
    if not bars:
        return None
    kept = [lane for lane in kept if any(bar.lane == lane for bar in bars)]
    begun = [b for b in bars if start < b.since]
    last = max(begun, key=lambda b: (b.since, b.lane), default=None)
    more = f" The latest to begin: {last.lane}, {last.begun.words()}." if last else ""
    left = (
        f" The {many(len(kept), 'lane')} with most mandates are shown."
        if len(count) > _LANES
        else ""
    )
    return Picture(
        name="timeline",
        heading="Since when, until when",
        caption="Mandates of an institution under one instrument; the shade says by what most of "
        f"them are held. The dashed line is {asked(as_of)}; what began before {day(start)} is "
        f"cut off there.{left}",
        alternative=f"{many(len(bars), 'stretch', 'stretches')} of time in "
        f"{many(len(kept), 'lane')}.{more}",
        specification=_lanes(kept, bars, (start, as_of, end)),
        narrow=_lanes(kept, bars, (start, as_of, end), narrow=True),
        header=("institution and instrument", "held", "from", "until", "mandates"),
        rows=tuple(
            (
                b.lane,
                b.title,
                b.begun.short,
                b.ended.short if b.ended else "open",
                str(b.mandates),
            )
            for b in bars
        ),
    )


def _lanes(
    lanes: Sequence[str],
    bars: Sequence[Bar],
    days: tuple[datetime, datetime, datetime],
    *,
    narrow: bool = False,
) -> Specification:
    """Bars in lanes between two days; their names beside them, or above where room is narrow."""
    start, as_of, end = days
    wide = _NARROW if narrow else 430
    # The name stands in the upper part of a lane, the bar in the lower.
    down = 7 if narrow else 0
    lane = {"field": "lane", "type": "nominal", "sort": list(lanes), "title": None}
    names: Specification = {
        "data": {"values": [{"lane": name} for name in lanes]},
        "mark": {
            "type": "text",
            "align": "left",
            "baseline": "middle",
            "dy": -6,
            "limit": {"expr": "width"},
        },
        "encoding": {"x": {"value": 0}, "text": {"field": "lane"}},
    }
    stretches: Specification = {
        "mark": {"type": "bar", "height": 9 if narrow else 10, "stroke": _HUE, "yOffset": down},
        "encoding": {
            "x": {
                "field": "from",
                "type": "temporal",
                "scale": {"type": "utc", "domain": [iso(start), iso(end)]},
                "axis": {
                    "title": None,
                    "format": "%Y",
                    "labelOverlap": True,
                    **({"tickCount": 5} if narrow else {}),
                },
            },
            "x2": {"field": "to"},
            "fill": {
                "field": "title",
                "type": "nominal",
                "scale": {"domain": list(_TITLES), "range": _SHADES},
                "legend": {
                    "title": "held",
                    "orient": "bottom",
                    "columns": 2 if narrow else 4,
                    "symbolType": "square",
                    "symbolStrokeColor": _HUE,
                    "symbolStrokeWidth": 1,
                },
            },
        },
    }
    today: Specification = {
        "data": {"values": [{"day": asked_iso(as_of)}]},
        "mark": {"type": "rule", "strokeDash": [4, 3], "color": _INK},
        "encoding": {
            "x": {"field": "day", "type": "temporal", "scale": {"type": "utc"}},
            "y": {"value": 0},
            "y2": {"value": "height"},
        },
    }
    made = _chart(
        width=wide,
        height={"step": 31 if narrow else 18},
        data={"values": [*_visible(bars, start, end)]},
        encoding={"y": {**lane, "axis": None if narrow else {"grid": True}}},
        layer=[stretches, today, *([names] if narrow else [])],
    )
    return made | ({"padding": _CLOSE} if narrow else {})


def _visible(bars: Sequence[Bar], start: datetime, end: datetime) -> Iterator[dict[str, object]]:
    """Cut the bars of each lane so that at any time that by which most is held is to be seen.

    Shades let the paper through, so bars over each other would show neither shade.
    """
    lanes: dict[str, list[Bar]] = {}
    for bar in bars:
        lanes.setdefault(bar.lane, []).append(bar)
    for lane, own in lanes.items():
        edges = sorted({max(b.since, start) for b in own} | {min(b.until or end, end) for b in own})
        drawn: dict[str, object] = {}
        for since, until in pairwise(edges):
            over = [b for b in own if b.since <= since and (b.until is None or until <= b.until)]
            if not over:
                continue
            most = max(over, key=lambda b: (b.mandates, b.title))
            if drawn.get("title") == most.title and drawn["to"] == iso(since):
                drawn["to"] = iso(until)
                continue
            if drawn:
                yield drawn
            drawn = {
                "lane": lane,
                "title": most.title,
                "from": iso(since),
                "to": iso(until),
                "mandates": most.mandates,
            }
        if drawn:
            yield drawn


def network(edges: Sequence[Edge]) -> Picture | None:
    """A line for every two institutions whose mandates meet."""
    names = list(dict.fromkeys(n for e in edges for n in (e.first, e.second)))[:_NODES]
    edges = [e for e in edges if e.first in names and e.second in names]
    if not edges:
        return None
    names.sort()
    top = edges[0]
    return Picture(
        name="network",
        heading="The network",
        caption="A line for every two institutions whose mandates meet; the thicker and fuller, "
        "the stronger the contention.",
        alternative=f"{many(len(names), 'institution')} and {many(len(edges), 'line')}; "
        f"the thickest joins {top.first} and {top.second}.",
        specification=_lines(names, edges, width=340, letters=34),
        narrow=_lines(names, edges, width=120, letters=16),
        header=("institution", "other", "places", "strongest contention"),
        rows=tuple((e.first, e.second, str(e.findings), str(e.score)) for e in edges),
    )


def _lines(
    names: Sequence[str], edges: Sequence[Edge], *, width: int, letters: int
) -> Specification:
    """Names down two sides, each in a row of its own so that none lies on another."""
    rows = math.ceil(len(names) / 2)
    height = max(200, _ROW * rows)
    places: dict[str, tuple[float, float]] = {}
    for side, half in ((-1, names[:rows]), (1, names[rows:])):
        for i, name in enumerate(half):
            y = round(1 - 2 * (i + 0.5) / len(half), 4)
            # On an ellipse, since lines along a straight side would lie on one another.
            places[name] = side * round(math.sqrt(1 - 0.9 * y * y), 4), y
    many = len(edges) > 2 * len(names)
    across = {"type": "quantitative", "axis": None, "scale": {"domain": [-1, 1]}}
    along = {"type": "quantitative", "axis": None, "scale": {"domain": [-1, 1]}}
    words: list[dict[str, Any]] = [
        {"name": line, "x": x, "y": round(y + (len(lines) - 1 - 2 * i) * 12 / height, 4)}
        for (x, y), lines in zip(places.values(), _in_two_lines(names, letters), strict=True)
        for i, line in enumerate(lines)
    ]
    return _chart(
        width=width,
        height=height,
        layer=[
            {
                # The strongest is drawn last, over the others.
                "data": {"values": [_line(edge, places) for edge in reversed(edges)]},
                "mark": {"type": "rule", "color": _HUE, "strokeCap": "round"},
                "encoding": {
                    "x": {"field": "x", **across},
                    "y": {"field": "y", **along},
                    "x2": {"field": "x2"},
                    "y2": {"field": "y2"},
                    "strokeWidth": {
                        "field": "contention",
                        "type": "quantitative",
                        "scale": {"domain": [0, 100], "range": [0.4, 3 if many else 6]},
                        "legend": {
                            "title": "strongest contention",
                            "orient": "bottom",
                            "values": [20, 50, 80],
                        },
                    },
                    "opacity": {
                        "field": "contention",
                        "type": "quantitative",
                        "scale": {
                            "type": "pow",
                            "exponent": 2,
                            "domain": [0, 100],
                            "range": [0.1 if many else 0.4, 0.85],
                        },
                        "legend": None,
                    },
                },
            },
            {
                "data": {"values": [{"x": x, "y": y} for x, y in places.values()]},
                "mark": {"type": "point", "filled": True, "size": 50, "color": _INK, "opacity": 1},
                "encoding": {"x": {"field": "x", **across}, "y": {"field": "y", **along}},
            },
            *(
                {
                    "data": {"values": [word for word in words if word["x"] * side > 0]},
                    "mark": {"type": "text", "align": align, "baseline": "middle", "dx": 9 * side},
                    "encoding": {
                        "x": {"field": "x", **across},
                        "y": {"field": "y", **along},
                        "text": {"field": "name"},
                    },
                }
                for side, align in ((-1, "right"), (1, "left"))
            ),
        ],
    )


def _in_two_lines(names: Sequence[str], letters: int) -> list[list[str]]:
    """Cut names to two lines; those that would become the same by their middle.

    >>> _in_two_lines(["Directorate General (Customs)", "Directorate General (Revenue)"], 11)
    [['Directorate', '… (Customs)'], ['Directorate', '… (Revenue)']]
    """
    cut = [textwrap.wrap(name, letters, max_lines=2, placeholder=" …") for name in names]
    return [
        lines
        if cut.count(lines) == 1
        else [
            textwrap.shorten(name, letters, placeholder=""),
            textwrap.shorten(name[::-1], letters, placeholder=" …")[::-1],
        ]
        for name, lines in zip(names, cut, strict=True)
    ]


def _line(edge: Edge, places: dict[str, tuple[float, float]]) -> dict[str, object]:
    (x, y), (x2, y2) = places[edge.first], places[edge.second]
    return {
        "institution": edge.first,
        "other": edge.second,
        "contention": edge.score,
        "x": x,
        "y": y,
        "x2": x2,
        "y2": y2,
    }
