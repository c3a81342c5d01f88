"""Why two mandates meet, and on what it hangs when that is not certain; in words.

A lawyer is told which concept takes in which, and which provision leaves which axis open; the parts
per thousand of the method stand beside, never alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mandates.analysis.conditions import Asked
from mandates.analysis.world import plain
from mandates.overlap.findings import Evidence, Finding
from mandates.overlap.reference import AXES, Hierarchy, Span, cut, span
from mandates.overlap.tables import AGREEMENT, Holding, Mandate, Rows
from mandates.overlap.weights import Weights, default_weights
from mandates.report.days import day
from mandates.report.texts import Texts
from mandates.report.words import listed

#: Relations that a condition makes what they are.
_CONDITIONED = ("coordinated-overlap", "concurrence-required", "interacting-assignment")
_OPEN = {
    "function": "the function",
    "subject": "the matter",
    "layer": "the layer of cyberspace",
    "territory": "the territory",
    "addressee": "the addressees",
}
_ONE = {
    "function": "Function",
    "subject": "Matter",
    "layer": "Layer",
    "territory": "Territory",
    "addressee": "Addressees",
}


@dataclass(frozen=True)
class Reason:
    """How two mandates meet on one axis.

    Attributes:
        axis: function, subject, layer, territory or addressee.
        words: the same in words.
        similarity: parts per thousand; 500 stands for unknown.
        known: whether both mandates state a value.
    """

    axis: str
    words: str
    similarity: int
    known: bool


class Reasons:
    """Puts the reasons of a world's findings into words."""

    def __init__(self, rows: Rows, texts: Texts, as_of: datetime) -> None:
        self.texts = texts
        self.as_of = as_of
        self.hierarchy = Hierarchy(rows)
        self.mandates = {m.id: m for m in rows.mandates}
        self.holdings = {h.id: h for h in rows.holdings}
        self.rivals: dict[str, set[str]] = {}
        for a, b in rows.rivals:
            self.rivals.setdefault(a, set()).add(b)
            self.rivals.setdefault(b, set()).add(a)

    def reasons(self, exhibit: Evidence) -> tuple[Reason, ...]:
        """Say on which concepts a pair of holdings meets."""
        if exhibit.holding_b is None:
            return ()
        a = self.mandates[self.holdings[exhibit.holding_a].mandate]
        b = self.mandates[self.holdings[exhibit.holding_b].mandate]
        found = []
        for axis in AXES:
            if axis not in exhibit.similarity:
                continue
            mine, theirs = self._values(a, axis), self._values(b, axis)
            if axis == "subject" and exhibit.subject_a and exhibit.subject_b:
                mine, theirs = (exhibit.subject_a,), (exhibit.subject_b,)
            known = bool(mine and theirs)
            words = self._meeting(mine, theirs) if known else "not stated on both sides"
            found.append(Reason(axis, f"{_ONE[axis]}: {words}", exhibit.similarity[axis], known))
        return tuple(found)

    def doubts(self, finding: Finding, exhibit: Evidence) -> tuple[str, ...]:
        """Say what a pair hangs on: unknown values, readings, days, practice."""
        sides = [self.holdings[h] for h in (exhibit.holding_a, exhibit.holding_b) if h is not None]
        found: list[str] = []
        if len(sides) == 2:
            found += self._unstated(sides, exhibit.similarity)
        for holding in sides:
            found += self._unsure(holding)
        if finding.relation in _CONDITIONED:
            found += self._unfilled(finding, exhibit, sides)
        return tuple(dict.fromkeys(found))

    def vacancy(self, finding: Finding) -> tuple[str, ...]:
        """Say who may hold what nobody certainly holds, and on what that hangs."""
        function, subject = finding.function_cell, finding.subject_cell
        found: list[str] = []
        for holding in self.holdings.values():
            mandate = self.mandates[holding.mandate]
            if (
                function is not None
                and subject is not None
                and mandate.function is not None
                and mandate.polity == finding.polity
                and mandate.force != "disability"
                and holding.since <= self.as_of
                and (holding.until is None or self.as_of < holding.until)
                and self.hierarchy.over(mandate.function, function)
                and any(self.hierarchy.over(s, subject) for s in mandate.subjects)
                and not any(self.hierarchy.over(e, subject) for e in mandate.excluded)
            ):
                found += self._unsure(holding)
        return tuple(sorted(set(found)))

    def parts(
        self, finding: Finding, weights: Weights | None = None
    ) -> tuple[tuple[str, str], ...]:
        """Take the score of a finding apart: each factor, from its strongest pair."""
        if not finding.score or not finding.evidence:
            return ()
        w = weights or default_weights()
        exhibit = finding.evidence[0]
        seen = [(w.closeness[a], s) for a, s in exhibit.similarity.items()]
        closeness = sum(x * s for x, s in seen) // sum(x for x, _ in seen)
        left = 1000 - (w.mitigation[exhibit.mitigation] if exhibit.mitigation else 0)
        parts = [("closeness of the scopes", closeness)]
        if len(seen) == len(AXES) and exhibit.holding_b:
            a, b = (
                self.mandates[self.holdings[h].mandate]
                for h in (exhibit.holding_a, exhibit.holding_b)
            )
            permissive = "liberty" in (a.force, b.force)
            parts.append(("force", w.force["permissive" if permissive else "binding"]))
            parts.append(("leading roles", w.lead[("none", "one", "both")[a.leading + b.leading]]))
        parts.append(("left after conditions", left))
        parts.append(("number of provisions", 1000 - w.spread // max(finding.spread, 1)))
        parts.append(("kind of relation", w.relation[finding.relation]))
        return tuple((name, f"{value / 10:g} %") for name, value in parts)

    @staticmethod
    def _values(mandate: Mandate, axis: str) -> tuple[str, ...]:
        values: dict[str, Sequence[str]] = {
            "function": (mandate.function,) if mandate.function else (),
            "subject": mandate.subjects,
            "layer": mandate.layers,
            "territory": mandate.territories,
            "addressee": mandate.addressees,
        }
        return tuple(values[axis])

    def _meeting(self, mine: Iterable[str], theirs: Iterable[str]) -> str:
        """Name the two concepts that meet best, and the way between them."""
        meets = [
            (-meet[1], x, y) for x in mine for y in theirs if (meet := self.hierarchy.meet(x, y))
        ]
        if not meets:
            return "different"
        _, x, y = min(meets)
        name = self.texts.name
        if x == y:
            return f"both {name(plain(x))}"
        low, high = (x, y) if self.hierarchy.over(y, x) else (y, x)
        way = self._path(low, high)[1:-1]
        by = f", by way of {' and '.join(name(plain(c)) for c in way)}" if way else ""
        return f"“{name(plain(low))}” lies within “{name(plain(high))}”{by}"

    def _path(self, low: str, high: str) -> list[str]:
        """Return the shortest chain from a concept to one above it."""
        chains = [[low]]
        for chain in chains:
            if chain[-1] == high:
                return chain
            chains += [
                [*chain, parent]
                for parent in sorted(self.hierarchy.parents[chain[-1]])
                if self.hierarchy.over(high, parent)
            ]
        return [low, high]  # the universal concept stands above all without a link

    def _unstated(self, sides: Sequence[Holding], looked_at: Iterable[str]) -> list[str]:
        silent: dict[str, list[str]] = {}
        for axis in looked_at:
            for holding in sides:
                mandate = self.mandates[holding.mandate]
                if not self._values(mandate, axis):
                    cited = "; ".join(
                        self.texts.cite(p) for p in self.texts.conferred[mandate.id]
                    ) or self.texts.name(mandate.id)
                    axes = silent.setdefault(cited, [])
                    if axis not in axes:
                        axes.append(axis)
        return [
            f"{cited} does not state {listed([_OPEN[axis] for axis in axes], 'or')}"
            for cited, axes in silent.items()
        ]

    def _unfilled(self, finding: Finding, exhibit: Evidence, sides: Sequence[Holding]) -> list[str]:
        """Say why it is in doubt that somebody fills the role that a condition names."""
        time = span(exhibit.since, exhibit.until)
        strict = finding.relation == "concurrence-required"
        named = [
            one
            for side in sides
            for actor in finding.actors
            if actor != side.actor
            for one in self.texts.named[side.mandate, actor]
            if cut(span(one.since, one.until), time) and (not strict or one.kind in AGREEMENT)
        ]
        if any(_surely(one, time) for one in named):
            return []
        # What a side holds on the same reading says the same.
        said = {(side.actor, side.reading) for side in sides}
        return [
            self._filling(one)
            for one in named
            if not any((one.actor, r) in said for r in self.texts.readings[one.designation])
        ]

    def _filling(self, one: Asked) -> str:
        texts, name = self.texts, self.texts.name
        who, role = texts.brief(one.actor), name(texts.roles[one.designation])
        readings = texts.readings[one.designation]
        if readings:
            rivals = {r for reading in readings for r in self.rivals.get(reading, ())}
            own, others = (
                listed([f"“{name(r)}”" for r in sorted(s)], "or") for s in (readings, rivals)
            )
            beside = f", not on {others}" if others else ""
            return f"{who} fills the role of {role} only on the reading {own}{beside}"
        if one.certain is None:
            return f"{who} is seen to fill the role of {role} in practice; no designation was found"
        return f"no day of that time is known on which {who} certainly fills the role of {role}"

    def _unsure(self, holding: Holding) -> list[str]:
        name = self.texts.name
        who = self.texts.brief(holding.actor)
        found = []
        if holding.status == "de-facto":
            found.append(f"{who} is seen to act in practice; no designation of it was found")
        if holding.reading and holding.reading in self.rivals:
            others = listed([f"“{name(r)}”" for r in sorted(self.rivals[holding.reading])], "or")
            found.append(
                f"{who} holds only on the reading “{name(holding.reading)}”, not on {others}"
            )
        elif holding.reading and holding.status != "de-facto":
            found.append(f"{who} holds on the reading “{name(holding.reading)}” only")
        if holding.certain is None:
            found.append(f"no day is known on which {who} certainly held it")
        elif holding.certain != "all":
            since, until = holding.certain
            if holding.since <= self.as_of < since:
                found.append(
                    f"{who} began to hold it between {day(holding.since)} and {day(since)}"
                )
            if until is not None and self.as_of >= until:
                end = day(holding.until)
                found.append(f"{who} ceased to hold it between {day(until)} and {end}")
        return found


def _surely(one: Asked, time: Span) -> bool:
    if one.certain == "all":
        return True
    return one.certain is not None and cut(span(*one.certain), time) is not None
