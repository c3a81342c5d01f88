"""The explorer: who meets whom, what is held at which layer, since when, and on what words.

Every view is a page that reads without scripts: the clocks stand in the address, tables are made
here, and each cell leads to what stands behind it. Scripts draw the same data as pictures.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, render_template, request

from mandates.dataset.names import ID, polity
from mandates.dataset.snapshot import MANIFEST_FILE, SnapshotError, read_snapshot
from mandates.report import charts
from mandates.report.days import PAKISTAN, day, iso, near_day, read_moment
from mandates.report.views import UNSTATED, Matrix
from mandates.sparql.backend import Backend
from mandates.sparql.problems import Problem
from mandates.web.cost import client_key
from mandates.web.jobs import Jobs
from mandates.web.landscape import (
    FIVE,
    Found,
    Held,
    Landscape,
    Landscapes,
    Side,
    concept,
)
from mandates.web.settings import Settings

pages = Blueprint("explore", __name__)

VIEWS = {
    "": "Who meets whom",
    "functions": "What they do",
    "timeline": "Since when",
    "network": "Network",
    "countries": "Countries",
}
_FIRST, _LAST = date(1800, 1, 1), date(2200, 1, 1)
_SHOWN = 40
_LANES = 400


@dataclass(frozen=True)
class Clocks:
    """Where a reader stands in time, and what is looked at.

    Attributes:
        as_of: the day whose law is shown.
        known: the day whose knowledge is used; None for that of the dataset.
        release: version of the dataset, empty for the one served.
        country: code of the legal order.
        who: ``five`` or ``all``.
    """

    as_of: datetime
    known: datetime | None
    release: str
    country: str
    who: str

    def query(self, **changes: str) -> str:
        """The query part of an address at the same place in time, with changes."""
        values = {
            "as-of": iso(self.as_of),
            "known": iso(self.known),
            "release": self.release,
            "country": "" if self.country == "pk" else self.country,
            "who": "" if self.who == "five" else self.who,
        } | changes
        return urlencode({name: value for name, value in values.items() if value})

    @property
    def plain(self) -> bool:
        """Whether what is known now is asked for, of the release served."""
        return self.known is None and not self.release


def today() -> datetime:
    """The day that it is in Pakistan."""
    return datetime.now(PAKISTAN).replace(hour=0, minute=0, second=0, microsecond=0)


def read_day(text: str, name: str) -> datetime:
    """A day as people write it in an address.

    Raises:
        ValueError: it is none, or far from any law; says so.

    >>> read_day("2025-02-30", "as of")
    Traceback (most recent call last):
        ...
    ValueError: “2025-02-30” (as of) is no day; did you mean 2025-02-28? Write it as 2025-08-06.
    """
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        near = near_day(text[:40])
        hint = f"did you mean {near}? Write" if near else "write"
        raise ValueError(f"“{text[:40]}” ({name}) is no day; {hint} it as 2025-08-06.") from None
    if not _FIRST <= found <= _LAST:
        raise ValueError(f"{found} ({name}) is out of range: 1800 to 2200.")
    return datetime(found.year, found.month, found.day, tzinfo=PAKISTAN)


def read_clock(text: str, name: str) -> datetime:
    """A day, or a moment with its offset, as people write it in an address.

    A plus sign in an address stands for a blank unless it is written %2B, so a blank before an
    offset is taken for one.

    Raises:
        ValueError: it is none, or far from any law; says so.

    >>> read_clock("2020-01-01T00:00 01:00", "the day").isoformat()
    '2020-01-01T00:00:00+01:00'
    >>> read_clock("2020-01-01T25:00", "the day")
    Traceback (most recent call last):
        ...
    ValueError: “2020-01-01T25:00” (the day) is no moment; write it as 2025-08-06T00:00+05:00.
    """
    if ":" not in text:
        return read_day(text, name)
    try:
        moment = read_moment(re.sub(r" \+?(?=\d\d:?\d\d$)", "+", text.strip()))
    except ValueError:
        raise ValueError(
            f"“{text[:40]}” ({name}) is no moment; write it as 2025-08-06T00:00+05:00."
        ) from None
    read_day(moment.date().isoformat(), name)
    return moment.replace(microsecond=0)


def _clocks(land: Landscape) -> tuple[Clocks, list[str]]:
    wrong: list[str] = []

    def read(name: str, words: str) -> datetime | None:
        text = request.args.get(name, "").strip()
        if not text:
            return None
        try:
            return read_day(text, words)
        except ValueError as error:
            wrong.append(str(error))
            return None

    country = request.args.get("country", "pk")
    if country not in (*land.countries, "all"):
        wrong.append(f"“{country[:40]}” is no legal order of this record.")
        country = "pk"
    release = request.args.get("release", "")
    if release == _engine().version:
        release = ""
    if release and release not in _releases():
        wrong.append(f"“{release[:40]}” is no release that this server has.")
        release = ""
    clocks = Clocks(
        read("as-of", "as of") or today(),
        read("known", "known on"),
        release,
        "" if country == "all" else country,
        "all" if request.args.get("who") == "all" or country != "pk" else "five",
    )
    return clocks, wrong


def _engine() -> Backend:
    engine: Backend = current_app.extensions["engine"]
    return engine


def _landscapes() -> Landscapes:
    landscapes: Landscapes = current_app.extensions["landscapes"]
    return landscapes


def _releases() -> list[str]:
    settings: Settings = current_app.extensions["settings"]
    folders = [p.parent for p in settings.data_dir.glob(f"*/{MANIFEST_FILE}")]
    return sorted(folder.name for folder in folders if not folder.is_symlink()) or [
        _engine().version
    ]


def snapshot_folder(release: str = "") -> Path:
    """The folder of a release, by default of the one that is served.

    Raises:
        Problem: ``not-found``.
    """
    settings: Settings = current_app.extensions["settings"]
    folder = settings.data_dir / (release or _engine().version)
    try:
        return read_snapshot(folder if folder.is_dir() else settings.data_dir).folder
    except SnapshotError:
        raise Problem("not-found", "The files of that release are not on this server.") from None


def _meetings(land: Landscape, clocks: Clocks) -> list[Found]:
    """Findings of the day between two; computed anew where another's knowledge is asked for."""
    if clocks.plain:
        return land.meetings(clocks.as_of, clocks.country)
    return [
        f
        for f in _recomputed(clocks)[0]
        if f.meeting
        and len(f.actors) == 2
        and (not clocks.country or any(polity(a) == clocks.country for a in f.actors))
    ]


def _recomputed(clocks: Clocks) -> tuple[list[Found], dict[str, list[tuple[str, str]]]]:
    jobs: Jobs = current_app.extensions["jobs"]
    folder = snapshot_folder(clocks.release)
    told = {"snapshot": str(folder), "as_of": iso(clocks.as_of), "known": iso(clocks.known)}
    rows = json.loads(
        jobs.run(
            "meetings",
            told,
            client=client_key(request.remote_addr or ""),
            version=_engine().version,
        )
    )
    found, exhibits = [], {}
    for row in rows:
        exhibits[row["iri"]] = [(a, b) for a, b, _ in row.pop("exhibits")]
        for name in ("since", "until", "certain_since", "certain_until"):
            row[name] = datetime.fromisoformat(row[name]) if row[name] else None
        row["actors"] = tuple(row["actors"])
        found.append(Found(**row))
    return found, exhibits


def _actors(land: Landscape, clocks: Clocks) -> list[str]:
    if clocks.who != "five" or clocks.country != "pk":
        return []
    named = [f"{ID}pk/actor/{slug}" for slug in FIVE]
    standing = {h.actor for h in land.held(clocks.as_of, clocks.known, "pk", named)}
    return [actor for actor in named if actor in standing]


def _page(
    template: str,
    view: str,
    clocks: Clocks,
    wrong: Sequence[str],
    land: Landscape,
    **facts: Any,
) -> Response:
    def url(path: str = view, **changes: str) -> str:
        address = f"{request.script_root}/explore" + (f"/{path}" if path else "")
        query = clocks.query(**changes)
        return f"{address}?{query}" if query else address

    text = render_template(
        template,
        view=view,
        views=VIEWS,
        clocks=clocks,
        wrong=wrong,
        land=land,
        url=url,
        local=lambda iri: f"{request.script_root}/{iri.removeprefix('https://w3id.org/mandates/')}",
        day=day,
        iso=iso,
        countries=land.countries,
        releases=_releases(),
        version=_engine().version,
        stops=land.stops(clocks.country),
        today=iso(today()),
        **facts,
    )
    return Response(text, status=400 if wrong else 200, mimetype="text/html")


@pages.get("/explore")
def who_meets_whom() -> Response:
    """Institutions by institutions, with the heat of contention."""
    land = _landscapes().current()
    clocks, wrong = _clocks(land)
    actors = _actors(land, clocks)
    found = _meetings(land, clocks)
    matrix, named = land.matrix(found, actors)
    cells = {(r, c): (n, s) for r, c, n, s in matrix.cells}
    held = {
        actor: len({h.mandate for h in land.held(clocks.as_of, clocks.known, actors=[actor])})
        for actor in named.values()
    }
    strongest = [
        (a, b, e) for a, b, e in land.edges(found) if not actors or (a in actors and b in actors)
    ]
    return _page(
        "explore/matrix.html",
        "",
        clocks,
        wrong,
        land,
        matrix=matrix,
        named=named,
        cells=cells,
        held=held,
        strongest=strongest[:10],
        heat=heat,
        picture=charts.pairs(matrix),
    )


def heat(score: int) -> int:
    """The step of the heat scale for a number from 0 to 100.

    >>> heat(0), heat(1), heat(100)
    (0, 1, 5)
    """
    return 0 if score <= 0 else min(5, 1 + score // 20)


@pages.get("/explore/functions")
def what_they_do() -> Response:
    """Kinds of function by layers of cyberspace."""
    land = _landscapes().current()
    clocks, wrong = _clocks(land)
    actors = _actors(land, clocks)
    held = land.held(clocks.as_of, clocks.known, clocks.country, actors)
    matrix, named = land.functions(held)
    return _page(
        "explore/functions.html",
        "functions",
        clocks,
        wrong,
        land,
        matrix=matrix,
        named=named,
        cells={(r, c): (n, s) for r, c, n, s in matrix.cells},
        mandates=len({h.mandate for h in held}),
        actors=actors,
        unstated=UNSTATED,
        heat=heat,
        picture=charts.functions(matrix),
    )


@pages.get("/explore/timeline")
def since_when() -> Response:
    """Holdings over time, in lanes of institution and instrument."""
    land = _landscapes().current()
    clocks, wrong = _clocks(land)
    actors = _actors(land, clocks)
    if not actors:
        count: dict[str, int] = defaultdict(int)
        for h in land.held(clocks.as_of, clocks.known, clocks.country):
            count[h.actor] += 1
        actors = sorted(sorted(count, key=lambda a: (-count[a], a))[:8])
    held = land.known(clocks.known, clocks.country, actors)
    bars = land.bars(held)
    places = {
        f"{land.brief(h.actor)} · {land.brief(land.mandates[h.mandate].instrument)}": (
            land.slug(h.actor),
            land.mandates[h.mandate].instrument.removeprefix(ID),
        )
        for h in held
        if h.mandate in land.mandates and land.mandates[h.mandate].instrument
    }
    return _page(
        "explore/timeline.html",
        "timeline",
        clocks,
        wrong,
        land,
        bars=bars[:_LANES],
        places=places,
        picture=_wide(charts.timeline(bars, clocks.as_of)),
    )


def _wide(picture: charts.Picture | None) -> charts.Picture | None:
    """The same picture, as wide as the page has room for."""
    if picture is None:
        return None
    fit = {"width": "container", "autosize": {"type": "fit-x", "contains": "padding"}}
    narrow = picture.narrow | fit if picture.narrow else None
    return replace(picture, specification=picture.specification | fit, narrow=narrow)


@pages.get("/explore/network")
def network() -> Response:
    """Institutions and what lies between them."""
    land = _landscapes().current()
    clocks, wrong = _clocks(land)
    found = _meetings(land, clocks)
    edges = land.edges(found)
    ties = land.ties(clocks.as_of, clocks.known, clocks.country)
    actors = set(_actors(land, clocks))
    if actors:
        edges = [e for e in edges if e[0] in actors or e[1] in actors]
        ties = [t for t in ties if t.source in actors or t.target in actors]
    lines: list[dict[str, Any]] = [
        {"kind": "overlap", "a": a, "b": b, "count": e.findings, "score": e.score, "words": ""}
        for a, b, e in edges[:150]
    ]
    lines += [
        {
            "kind": t.kind,
            "a": t.source,
            "b": t.target,
            "count": t.count,
            "score": 0,
            "words": t.words,
        }
        for t in ties[:250]
    ]
    nodes = sorted({line[end] for line in lines for end in ("a", "b")})
    count: dict[str, set[str]] = defaultdict(set)
    for h in land.held(clocks.as_of, clocks.known):
        count[h.actor].add(h.mandate)
    graph = {
        "nodes": [
            {"id": n, "label": land.brief(n), "name": land.name(n), "weight": len(count[n])}
            for n in nodes
        ],
        "edges": lines,
        "kinds": list(KINDS.items()),
    }
    return _page(
        "explore/network.html",
        "network",
        clocks,
        wrong,
        land,
        graph=graph,
        lines=lines,
        cut=len(edges) > 150 or len(ties) > 250,
        kinds=KINDS,
    )


KINDS = {
    "overlap": "overlaps",
    "oversight": "oversight",
    "control": "administrative control",
    "condition": "conditions",
}


@pages.get("/explore/countries")
def side_by_side() -> Response:
    """Parts and functions, country by country."""
    land = _landscapes().current()
    clocks, wrong = _clocks(land)
    tables: dict[str, dict[str, int]] = defaultdict(dict)
    named: dict[str, str] = {}
    held_in: dict[str, int] = {}
    for country in land.countries:
        held = {h.mandate for h in land.held(clocks.as_of, clocks.known, country)}
        held_in[country] = len(held)
        for iri in held:
            mandate = land.mandates.get(iri)
            if mandate and mandate.function:
                top = land.top(mandate.function)
                named[land.name(top)] = top
                row = tables[land.name(top)]
                row[country] = row.get(country, 0) + 1
    filled = {
        row["role"]: row["actor"]
        for row in sorted(land.filled, key=lambda r: r["from"])
        if _at(row, clocks.as_of)
    }
    return _page(
        "explore/countries.html",
        "countries",
        clocks,
        wrong,
        land,
        parts=land.parts,
        filled=filled,
        tables=dict(sorted(tables.items())),
        named=named,
        held_in=held_in,
        heat=heat,
        picture=_compared(tables, held_in, land.countries),
    )


def _at(row: Mapping[str, str], moment: datetime) -> bool:
    until = row.get("until")
    return datetime.fromisoformat(row["from"]) <= moment and (
        not until or moment < datetime.fromisoformat(until)
    )


def _compared(
    tables: Mapping[str, Mapping[str, int]],
    held_in: Mapping[str, int],
    countries: Mapping[str, str],
) -> charts.Picture | None:
    cells = tuple(
        (function, countries[country], n, round(100 * n / max(held_in[country], 1)))
        for function, row in sorted(tables.items())
        for country, n in row.items()
        if n
    )
    picture = charts.functions(Matrix(tuple(sorted(tables)), tuple(countries.values()), cells))
    return picture and replace(
        picture,
        heading="What they do, country by country",
        caption="Mandates held on the day; the shade is the share within the country.",
        alternative="The same numbers as in the table above.",
    )


@pages.get("/explore/findings")
def findings() -> Response:
    """The findings behind a cell, with the words of the law on both sides."""
    land = _landscapes().current()
    clocks, wrong = _clocks(land)
    a, b = (land.find_actor(request.args.get(name, "")) for name in ("a", "b"))
    if not a or not b:
        raise Problem("not-found", "The address names no two institutions of the record.")
    exhibits: dict[str, list[tuple[str, str]]] = {}
    if clocks.plain:
        every: Iterable[Found] = (f for f in land.findings if f.stands(clocks.as_of))
    else:
        every, exhibits = _recomputed(clocks)
    between = [f for f in every if {a, b} <= set(f.actors) and len(f.actors) == 2]
    between.sort(key=lambda f: (not f.meeting, -f.score, f.title, f.iri))
    shown = [f for f in between if f.meeting][:_SHOWN] or between[:_SHOWN]
    landscapes = _landscapes()
    if clocks.plain:
        exhibits = landscapes.exhibits(shown) if shown else {}
        pairs = landscapes.pairs(land, shown, clocks.as_of) if shown else {}
    else:
        pairs = _stated(landscapes, land, shown, exhibits)
    mitigation = landscapes.mitigation(shown) if shown and clocks.plain else {}
    return _page(
        "explore/findings.html",
        "findings",
        clocks,
        wrong,
        land,
        a=a,
        b=b,
        shown=shown,
        rest=[f for f in between if f not in shown],
        pairs=pairs,
        days=land.days(shown, exhibits),
        mitigation=mitigation,
        heat=heat,
    )


def _stated(
    landscapes: Landscapes,
    land: Landscape,
    shown: Sequence[Found],
    exhibits: Mapping[str, Sequence[tuple[str, str]]],
) -> dict[str, list[tuple[Side, Side | None]]]:
    by = {h.iri: h for h in land.holdings}
    told = {f.iri: exhibits[f.iri][:2] for f in shown}
    used = {iri for pairs in told.values() for pair in pairs for iri in pair if iri in by}
    sides = landscapes.sides(land, (by[iri] for iri in used))
    return {
        iri: [(sides[x], sides.get(y)) for x, y in pairs if x in sides]
        for iri, pairs in told.items()
    }


@pages.get("/explore/mandates")
def mandates() -> Response:
    """The mandates behind a cell, with their words and the findings that they are part of."""
    land = _landscapes().current()
    clocks, wrong = _clocks(land)
    given = request.args
    actor = land.find_actor(given.get("actor", "")) if given.get("actor") else ""
    held = land.held(clocks.as_of, clocks.known, clocks.country, [actor] if actor else ())
    if not actor:
        actors = _actors(land, clocks)
        held = [h for h in held if not actors or h.actor in actors]
    title = []
    if function := given.get("function"):
        wanted = concept(function, "function")
        title.append(land.name(wanted))
        held = [h for h in held if _under(land, h, wanted)]
    if layer := given.get("layer"):
        title.append("no layer stated" if layer == "none" else land.name(concept(layer, "layer")))
        held = [h for h in held if _at_layer(land, h, layer)]
    if instrument := given.get("instrument"):
        title.append(land.brief(ID + instrument))
        held = [
            h
            for h in held
            if h.mandate in land.mandates and land.mandates[h.mandate].instrument == ID + instrument
        ]
    held.sort(key=lambda h: (land.brief(h.actor), h.since, h.mandate))
    sides = _landscapes().sides(land, held[:_SHOWN]) if held else {}
    involved = {
        (h.actor, land.mandates[h.mandate].function)
        for h in held[:_SHOWN]
        if h.mandate in land.mandates
    }
    found = [
        f
        for f in land.meetings(clocks.as_of, clocks.country)
        if any(actor_ in f.actors and f.function == function_ for actor_, function_ in involved)
    ]
    found.sort(key=lambda f: (-f.score, f.title))
    return _page(
        "explore/mandates.html",
        "mandates",
        clocks,
        wrong,
        land,
        title=title,
        actor=actor,
        sides=[sides[h.iri] for h in held[:_SHOWN] if h.iri in sides],
        total=len(held),
        found=found[:20],
    )


def _under(land: Landscape, held: Held, wanted: str) -> bool:
    mandate = land.mandates.get(held.mandate)
    return bool(mandate and mandate.function and land.top(mandate.function) == wanted)


def _at_layer(land: Landscape, held: Held, layer: str) -> bool:
    mandate = land.mandates.get(held.mandate)
    if mandate is None:
        return False
    if layer == "none":
        return not mandate.layers
    return concept(layer, "layer") in {land.top(item) for item in mandate.layers}
