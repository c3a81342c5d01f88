"""The overlap method in plain Python: the definition itself, to be read beside docs/method.md.

Every pair of holdings is compared with every other, so this is for small worlds, for reading and
for checking `mandates.overlap.engine`, which must give exactly the same findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations, groupby, pairwise
from typing import NamedTuple

from mandates.overlap.findings import (
    EVIDENCE_LIMIT,
    RELATIONS,
    Evidence,
    Finding,
    Relation,
    Shape,
    finding_key,
)
from mandates.overlap.tables import (
    AGREEMENT,
    EARLIEST,
    OPEN,
    Holding,
    Mandate,
    Rows,
    World,
    WorldError,
    certain_part,
    check_acyclic,
    moment,
    seconds,
)
from mandates.overlap.weights import Weights, default_weights

CELL_LEVEL = 2
#: The most holdings that are compared pair by pair; more would take hours.
LARGEST = 5_000
AXES = ("function", "subject", "layer", "territory", "addressee")
FAMILY = ("duplication", "overlap", "coordinated-overlap")
Span = tuple[int, int]


def span(since: datetime | None, until: datetime | None) -> Span:
    """Return an interval in seconds, `EARLIEST` and `OPEN` for the missing ends."""
    return EARLIEST if since is None else seconds(since), OPEN if until is None else seconds(until)


def cut(*spans: Span) -> Span | None:
    """Return what several half-open intervals share, ``None`` if nothing.

    >>> cut((1, 5), (3, 9))
    (3, 5)
    >>> cut((1, 3), (3, 9)) is None
    True
    """
    since, until = max(s for s, _ in spans), min(u for _, u in spans)
    return (since, until) if since < until else None


def both(one: Span | None, other: Span | None) -> Span | None:
    """Return what two intervals share, of which either may be none."""
    return cut(one, other) if one and other else None


def hull(spans: Iterable[Span | None]) -> Span | None:
    """Return the interval from the first to the last of several; those that are none do not count.

    >>> hull([(1, 3), None, (5, 9)])
    (1, 9)
    """
    some = [s for s in spans if s]
    return (min(s[0] for s in some), max(s[1] for s in some)) if some else None


def merge(spans: Iterable[Span]) -> list[Span]:
    """Return the maximal intervals of a union; intervals that touch become one.

    >>> merge([(5, 7), (1, 3), (3, 4)])
    [(1, 4), (5, 7)]
    """
    merged: list[Span] = []
    for since, until in sorted(spans):
        if merged and since <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(until, merged[-1][1])
        else:
            merged.append((since, until))
    return merged


class Hierarchy:
    """Ancestors, depths and cells of the concepts of a world."""

    def __init__(self, rows: Rows) -> None:
        check_acyclic((c.id, parent) for c in rows.concepts for parent in c.broader)
        self.parents = {c.id: frozenset(c.broader) for c in rows.concepts}
        self.universal = {c.scheme: c.id for c in rows.concepts if c.universal}
        self.scheme = {c.id: c.scheme for c in rows.concepts}

    def ancestors(self, concept: str) -> frozenset[str]:
        """Return a concept with all above it, the universal concept of its scheme included."""
        found = {concept}
        todo = [concept]
        while todo:
            for parent in self.parents[todo.pop()] - found:
                found.add(parent)
                todo.append(parent)
        top = self.universal.get(self.scheme[concept])
        return frozenset(found if top is None else {*found, top})

    def level(self, concept: str) -> int:
        """Return the length of the longest chain to a top; the universal concept has level 0."""
        if self.universal.get(self.scheme[concept]) == concept:
            return 0
        return 1 + max((self.level(parent) for parent in self.parents[concept]), default=0)

    def depth(self, concept: str) -> int:
        """Return the level, plus one in a scheme with a universal concept, which is its top."""
        return self.level(concept) + (self.scheme[concept] in self.universal)

    def cell(self, concept: str) -> str:
        """Return the ancestor at level 2, first by name, or the concept itself if it is higher."""
        if self.level(concept) <= CELL_LEVEL:
            return concept
        return min(a for a in self.ancestors(concept) if self.level(a) == CELL_LEVEL)

    def over(self, upper: str, lower: str) -> bool:
        """Tell whether ``upper`` is ``lower`` or above it."""
        return upper in self.ancestors(lower)

    def meet(self, a: str, b: str) -> tuple[str, int] | None:
        """Return the lower of two comparable concepts and their similarity, else ``None``."""
        if self.over(a, b):
            lower, upper = b, a
        elif self.over(b, a):
            lower, upper = a, b
        else:
            return None
        return lower, 2000 * self.depth(upper) // (self.depth(a) + self.depth(b))


@dataclass(frozen=True)
class Meeting:
    """How two mandates meet in one cell."""

    function_cell: str
    subject_cell: str
    subject_a: str
    subject_b: str
    similarity: tuple[int, int, int, int, int]
    shape: Shape
    known: bool


def turned(meeting: Meeting) -> Meeting:
    """Return a meeting as the other side sees it."""
    other: dict[Shape, Shape] = {"contains": "within", "within": "contains"}
    return replace(
        meeting,
        subject_a=meeting.subject_b,
        subject_b=meeting.subject_a,
        shape=other.get(meeting.shape, meeting.shape),
    )


class Asked(NamedTuple):
    """A condition: how it asks, when it stands, and the part of that beyond doubt."""

    kind: str
    time: Span
    sure: Span | None


class Stands(NamedTuple):
    """The strongest kind of condition that stands in a piece of time, if any.

    With it, for how long some condition stands beyond doubt, and one of agreement; of several, from
    the first to the last.
    """

    kind: str | None
    time: Span
    sure: Span | None = None
    agreed: Span | None = None

    @property
    def agreement(self) -> bool:
        """Whether nothing is done without the counterpart."""
        return self.kind in AGREEMENT


@dataclass(frozen=True)
class Support:
    """One pair of holdings (or one holding) that supports a finding for some time."""

    relation: Relation
    actors: tuple[str, str | None]
    function_cell: str | None
    subject_cell: str | None
    time: Span
    certain: Span | None
    holding_a: str
    holding_b: str | None = None
    kind: tuple[object, ...] = ()
    subjects: tuple[str | None, str | None] = (None, None)
    similarity: tuple[int | None, ...] = (None,) * 5
    shape: Shape | None = None
    mitigation: str | None = None
    points: int = 0


class Reference:
    """All definitions of docs/method.md over one world."""

    def __init__(self, rows: Rows, weights: Weights) -> None:
        self.rows = rows
        self.weights = weights
        self.h = Hierarchy(rows)
        self.mandates = {m.id: m for m in rows.mandates}
        self.time = {h.id: span(h.since, h.until) for h in rows.holdings}
        self.rival = {pair for a, b in rows.rivals for pair in ((a, b), (b, a))}
        self.held_by: dict[str, set[str]] = {}
        for holding in rows.holdings:
            self.held_by.setdefault(holding.mandate, set()).add(holding.actor)
        self.asked: dict[tuple[str, str], list[Asked]] = {}
        for condition in rows.conditions:
            asked = self.asked.setdefault((condition.mandate, condition.counterpart), [])
            sure = certain_part(condition)
            asked.append(
                Asked(
                    condition.kind,
                    span(condition.since, condition.until),
                    sure if sure[0] < sure[1] else None,
                )
            )
        # What a mandate asks of whom at which time.
        self.asks: dict[str, set[tuple[object, ...]]] = {}
        for (mandate, counterpart), asked in self.asked.items():
            own = self.asks.setdefault(mandate, set())
            pieces = self.conditioned(asked, span(None, None))
            own.add((counterpart, *((p.kind, p.time, p.sure) for p in pieces)))
        self.command = self._command()
        self.line = self._line()
        self.sure = {h.id: self._sure(h) for h in rows.holdings}

    # Actors -----------------------------------------------------------------------------------

    def _command(self) -> set[tuple[str, str, Span]]:
        """Return who stands over whom and when, through any number of steps."""
        found: set[tuple[str, str, Span]] = set()
        for tie in self.rows.ties:
            if tie.kind == "oversees":
                found.add((tie.a, tie.b, span(tie.since, tie.until)))
            elif tie.kind in ("subordinate", "part-of"):
                found.add((tie.b, tie.a, span(tie.since, tie.until)))
        while True:
            more = {
                (a, c, time)
                for a, b, first in found
                for b_, c, second in found
                if b == b_ and a != c and (time := cut(first, second)) is not None
            }
            if more <= found:
                return found
            found |= more

    def _line(self) -> set[tuple[str, str]]:
        """Return who succeeds whom, through any number of steps."""
        found = {(tie.a, tie.b) for tie in self.rows.ties if tie.kind == "succeeds"}
        while True:
            more = {(a, c) for a, b in found for b_, c in found if b == b_ and a != c}
            if more <= found:
                return found
            found |= more

    def linked(self, x: str, y: str) -> bool:
        """Tell whether one of two actors succeeds the other or a saving names them both."""
        saved = any({s.a, s.b} == {x, y} for s in self.rows.savings)
        return saved or (x, y) in self.line or (y, x) in self.line

    def phases(self, x: str, y: str, time: Span) -> Iterator[tuple[str, bool, str, str, Span]]:
        """Cut a time into pieces in each of which the tie between two actors is the same.

        Yields the tie (oversight, delegation or none), whether a saving stands, the two actors in
        the order that the tie gives them, and the piece.
        """
        over = [(a, b, t) for a, b, t in self.command if {a, b} == {x, y}]
        hand = [
            (tie.a, tie.b, span(tie.since, tie.until))
            for tie in self.rows.ties
            if tie.kind == "delegates" and {tie.a, tie.b} == {x, y}
        ]
        save = [
            (s.a, s.b, span(s.since, s.until)) for s in self.rows.savings if {s.a, s.b} == {x, y}
        ]
        marks = {mark for _, _, piece in (*over, *hand, *save) for mark in piece}
        edges = sorted({*time, *(m for m in marks if time[0] < m < time[1])})
        for piece in pairwise(edges):
            saved = any(cut(t, piece) for _, _, t in save)
            for tie, facts in (("oversight", over), ("delegation", hand)):
                pairs = [(a, b) for a, b, t in facts if cut(t, piece)]
                if pairs:
                    yield tie, saved, *min(pairs), piece
                    break
            else:
                yield "none", saved, min(x, y), max(x, y), piece

    # Holdings ---------------------------------------------------------------------------------

    def _sure(self, holding: Holding) -> Span | None:
        """Return the part of a holding that is beyond doubt.

        None for a de-facto holding, nor for one that stands in one reading only: every rival
        reading must give the same mandate to the same actor for at least as long.
        """
        own = self._certain(holding)
        if own is None or holding.status == "de-facto" or holding.reading is None:
            return own if holding.status != "de-facto" else None
        rivals = {b for a, b in self.rival if a == holding.reading}
        others = [
            (other.reading, time)
            for other in self.rows.holdings
            if (other.mandate, other.actor) == (holding.mandate, holding.actor)
            and (time := self._certain(other)) is not None
            and time[0] <= own[0]
            and own[1] <= time[1]
        ]
        return own if rivals and rivals <= {reading for reading, _ in others} else None

    @staticmethod
    def _certain(holding: Holding) -> Span | None:
        sure = certain_part(holding)
        return sure if sure[0] < sure[1] else None

    def rivals(self, a: Holding, b: Holding) -> bool:
        """Tell whether two holdings stand in readings that cannot both be right."""
        return (a.reading, b.reading) in self.rival

    def kind(self, holding: Holding, coarse: bool = False) -> tuple[object, ...]:
        """Return all that distinguishes a holding from another in a reason, but not its name."""
        m = self.mandates[holding.mandate]
        scope = (
            frozenset(m.subjects),
            frozenset(m.excluded),
            frozenset(m.layers),
            frozenset(m.territories),
            m.polity,
            frozenset(self.asks.get(m.id, ())),
            m.id if len(self.held_by[m.id]) > 1 else None,
        )
        fine = (m.function, frozenset(m.addressees), m.force, m.leading, m.exclusive)
        cell = self.h.cell(m.function) if m.function else None
        return (
            self.time[holding.id],
            self.sure[holding.id],
            holding.status == "transitional",
            holding.reading,
            scope,
            cell if coarse else fine,
        )

    # Scopes -----------------------------------------------------------------------------------

    def axis(self, a: tuple[str, ...], b: tuple[str, ...]) -> int:
        """Return the similarity of two sets: of their closest members, or of the unknown."""
        if not a or not b:
            return self.weights.unknown
        meets = [self.h.meet(x, y) for x in a for y in b]
        return max((meet[1] for meet in meets if meet is not None), default=0)

    def places(self, a: Mandate, b: Mandate) -> int:
        """Return the similarity of territories; the unknown is read within a legal order."""
        if a.polity != b.polity and not (a.territories and b.territories):
            return 0
        return self.axis(a.territories, b.territories)

    def covers(self, a: tuple[str, ...], b: tuple[str, ...]) -> bool:
        """Tell whether each of ``b`` lies within one of ``a``; the unknown is left aside."""
        return not a or not b or all(any(self.h.over(x, y) for x in a) for y in b)

    def around(self, a: Mandate, b: Mandate) -> bool:
        """Tell whether one mandate contains another on every axis but the subject."""
        return (
            a.function is not None
            and b.function is not None
            and self.h.over(a.function, b.function)
            and self.covers(a.layers, b.layers)
            and self.covers(a.territories, b.territories)
            and self.covers(a.addressees, b.addressees)
        )

    def carved(self, m: Mandate, subject: str) -> bool:
        """Tell whether a mandate leaves a subject out."""
        return any(self.h.over(e, subject) for e in m.excluded)

    def trimmed(self, m: Mandate, subject: str) -> bool:
        """Tell whether a mandate leaves out something below a subject."""
        return any(e != subject and self.h.over(subject, e) for e in m.excluded)

    def subjects(self, a: Mandate, b: Mandate) -> Iterator[tuple[str, int, str, str]]:
        """Yield the meets of subjects that neither mandate carves out, best first in a cell."""
        found = []
        for x in a.subjects:
            for y in b.subjects:
                meet = self.h.meet(x, y)
                if meet and not self.carved(a, meet[0]) and not self.carved(b, meet[0]):
                    found.append((self.h.cell(meet[0]), -meet[1], x, y))
        for cell, meets in groupby(sorted(found), key=lambda item: item[0]):
            _, minus, x, y = next(meets)
            yield cell, -minus, x, y

    def scope(self, a: Mandate, b: Mandate) -> Iterator[Meeting]:
        """Yield how two mandates meet, once for each subject cell; nothing if they do not."""
        if a.function is None or b.function is None:
            return
        function = self.h.meet(a.function, b.function)
        layer, territory = self.axis(a.layers, b.layers), self.places(a, b)
        addressee = self.axis(a.addressees, b.addressees)
        if function is None or not (layer and territory and addressee):
            return
        axes = (a.layers, b.layers, a.territories, b.territories, a.addressees, b.addressees)
        same_cut = set(a.excluded) == set(b.excluded)
        for cell, similarity, x, y in self.subjects(a, b):
            meet = self.h.meet(x, y)
            assert meet is not None
            whole_a = same_cut or not self.trimmed(a, meet[0])
            whole_b = same_cut or not self.trimmed(b, meet[0])
            a_over_b = whole_a and self.h.over(x, y) and self.around(a, b)
            b_over_a = whole_b and self.h.over(y, x) and self.around(b, a)
            shapes: dict[tuple[bool, bool], Shape] = {
                (True, True): "full",
                (True, False): "contains",
                (False, True): "within",
                (False, False): "partial",
            }
            yield Meeting(
                function_cell=self.h.cell(function[0]),
                subject_cell=cell,
                subject_a=x,
                subject_b=y,
                similarity=(function[1], similarity, layer, territory, addressee),
                shape=shapes[a_over_b, b_over_a],
                known=all(axes),
            )

    def conditions(self, a: Holding, b: Holding) -> list[Asked]:
        """Return the conditions by which one mandate names the other's holder."""
        one, other = (a.mandate, b.actor), (b.mandate, a.actor)
        return [*self.asked.get(one, ()), *self.asked.get(other, ())]

    def conditioned(self, conditions: Sequence[Asked], time: Span) -> Iterator[Stands]:
        """Cut a time where conditions begin and end; yield the strongest with each piece."""
        marks = {mark for asked in conditions for mark in asked.time}
        edges = sorted({*time, *(mark for mark in marks if time[0] < mark < time[1])})
        for piece in pairwise(edges):
            standing = [asked for asked in conditions if cut(asked.time, piece)]
            kinds = (asked.kind for asked in standing)
            kind = max(kinds, key=self.weights.mitigation.__getitem__, default=None)
            agreed = (asked.sure for asked in standing if asked.kind in AGREEMENT)
            yield Stands(kind, piece, hull(asked.sure for asked in standing), hull(agreed))

    def points(
        self, similarity: tuple[int | None, ...], a: Mandate, b: Mandate, kind: str | None
    ) -> int:
        """Return the contention of a pair in parts per thousand."""
        w = self.weights
        seen = [
            (w.closeness[axis], s)
            for axis, s in zip(AXES, similarity, strict=True)
            if s is not None
        ]
        closeness = sum(weight * s for weight, s in seen) // sum(weight for weight, _ in seen)
        left = 1000 - (w.mitigation[kind] if kind else 0)
        if len(seen) < len(AXES):
            return closeness * left // 1000
        force = w.force["permissive" if "liberty" in (a.force, b.force) else "binding"]
        lead = w.lead[("none", "one", "both")[a.leading + b.leading]]
        return closeness * force * lead * left // 10**9

    # Supports ---------------------------------------------------------------------------------

    def supports(self) -> Iterator[Support]:
        """Yield everything that supports a finding."""
        ordered = sorted(self.rows.holdings, key=lambda h: (h.actor, h.id))
        for a, b in combinations(ordered, 2):
            if a.actor != b.actor:
                yield from self.between(a, b)
            elif not self.rivals(a, b):
                yield from self.within(a, b)
                yield from self.within(b, a)
        for holding in self.rows.holdings:
            yield from self.alone(holding)

    def between(self, a: Holding, b: Holding) -> Iterator[Support]:
        """Yield what two holdings of different actors support; ``a.actor < b.actor``."""
        ma, mb = self.mandates[a.mandate], self.mandates[b.mandate]
        if "disability" in (ma.force, mb.force):
            return
        time = cut(self.time[a.id], self.time[b.id])
        same = a.mandate == b.mandate
        conditions = self.conditions(a, b)
        meetings = list(self.scope(ma, mb))
        if self.rivals(a, b):
            for stands in self.conditioned(conditions, time) if same and time else ():
                for meeting in meetings:
                    yield self.support("contested-holding", a, b, meeting, stands)
            return
        linked = self.linked(a.actor, b.actor)
        if time is None:
            first, second = sorted((a, b), key=lambda h: self.time[h.id])
            if self.follows(first, second) if same else linked:
                for meeting in meetings if first is a else map(turned, meetings):
                    alone = Stands(None, self.time[second.id])
                    handed = self.support("succession", first, second, meeting, alone)
                    sure = self.sure[second.id] if self.sure[first.id] else None
                    yield replace(handed, certain=sure if meeting.known else None)
            return
        pieces = (
            (phase, stands)
            for *phase, piece in self.phases(a.actor, b.actor, time)
            for stands in self.conditioned(conditions, piece)
        )
        for (tie, saved, x, _), stands in pieces:
            if tie in ("oversight", "delegation"):
                upper, lower = (a, b) if a.actor == x else (b, a)
                for meeting in meetings if upper is a else map(turned, meetings):
                    relation: Relation = "oversight" if tie == "oversight" else "delegation"
                    yield self.support(relation, upper, lower, meeting, stands)
                continue
            for meeting in meetings:
                if (linked or same) and (saved or "transitional" in (a.status, b.status)):
                    relation = "transition"
                elif linked:
                    relation = "unsaved-overlap"
                elif same:
                    relation = "overlap-by-designation"
                elif stands.kind is not None:
                    relation = "coordinated-overlap"
                elif meeting.shape == "full" and ma.force == mb.force and ma.leading and mb.leading:
                    relation = "duplication"
                else:
                    relation = "overlap"
                found = self.support(relation, a, b, meeting, stands)
                if relation == "coordinated-overlap":
                    found = replace(found, certain=both(found.certain, stands.sure))
                yield found
                if (ma.exclusive or mb.exclusive) and relation in (*FAMILY, "unsaved-overlap"):
                    yield self.support("conflict-of-exclusivity", a, b, meeting, stands)
            if not linked and not same:
                yield from self.related(a, b, stands)

    def follows(self, first: Holding, second: Holding) -> bool:
        """Tell whether nobody held the same mandate between two holdings of it."""
        end, begin = self.time[first.id][1], self.time[second.id][0]
        return not any(
            x.mandate == first.mandate
            and not self.rivals(x, first)
            and end <= self.time[x.id][0] < begin
            for x in self.rows.holdings
        )

    def related(self, a: Holding, b: Holding, stands: Stands) -> Iterator[Support]:
        """Yield a related assignment: the same subject, but functions in different branches."""
        ma, mb = self.mandates[a.mandate], self.mandates[b.mandate]
        if ma.function is None or mb.function is None:
            return
        layer, territory = self.axis(ma.layers, mb.layers), self.places(ma, mb)
        if self.h.meet(self.h.cell(ma.function), self.h.cell(mb.function)) or not (
            layer and territory
        ):
            return
        shared = {
            s
            for s in set(ma.subjects) & set(mb.subjects)
            if not self.carved(ma, s) and not self.carved(mb, s)
        }
        cells = {self.h.cell(s): s for s in sorted(shared, reverse=True)}
        known = bool(ma.layers and mb.layers and ma.territories and mb.territories)
        for cell, subject in cells.items():
            similarity = (None, 1000, layer, territory, None)
            yield Support(
                "related-assignment",
                (a.actor, b.actor),
                None,
                cell,
                stands.time,
                self.certain(a, b, stands.time) if known else None,
                a.id,
                b.id,
                (self.kind(a, coarse=True), self.kind(b, coarse=True)),
                (subject, subject),
                similarity,
                None,
                stands.kind,
                self.points(similarity, ma, mb, stands.kind),
            )

    def within(self, a: Holding, b: Holding) -> Iterator[Support]:
        """Yield the conflicts between two holdings of one actor, taken in this order."""
        ma, mb = self.mandates[a.mandate], self.mandates[b.mandate]
        time = cut(self.time[a.id], self.time[b.id])
        if time is None:
            return
        if (ma.force, mb.force) == ("duty", "disability"):
            for meeting in self.scope(ma, mb):
                yield self.support("conflict-of-force", a, b, meeting, Stands(None, time))
        if "disability" in (ma.force, mb.force) or not self.clash(ma, mb):
            return
        layer, territory = self.axis(ma.layers, mb.layers), self.places(ma, mb)
        if not (layer and territory):
            return
        known = bool(ma.layers and mb.layers and ma.territories and mb.territories)
        for cell, close, x, y in self.subjects(ma, mb):
            similarity = (None, close, layer, territory, None)
            yield Support(
                "conflict-of-functions",
                (a.actor, None),
                None,
                cell,
                time,
                self.certain(a, b, time) if known else None,
                a.id,
                b.id,
                (self.kind(a), self.kind(b)),
                (x, y),
                similarity,
                None,
                None,
                self.points(similarity, ma, mb, None),
            )

    def clash(self, a: Mandate, b: Mandate) -> bool:
        """Tell whether a function should not be in one hand with another."""
        f, g = a.function, b.function
        return (
            f is not None
            and g is not None
            and f != g
            and any(self.h.over(p, f) and self.h.over(q, g) for p, q in self.rows.incompatible)
        )

    def alone(self, holding: Holding) -> Iterator[Support]:
        """Yield what one holding supports: orphan, unplaced, and conditions without overlap."""
        mandate = self.mandates[holding.mandate]
        own = self.time[holding.id]
        function = self.h.cell(mandate.function) if mandate.function else None
        cells = sorted({self.h.cell(s) for s in mandate.subjects})
        alone = (holding.actor, None)
        ends = {i.id: span(i.since, i.until)[1] for i in self.rows.instruments}
        left = cut(own, (ends[mandate.instrument], OPEN + 1)) if mandate.instrument else None
        for cell in (*cells,) or (None,):
            if left:
                yield self.single("orphan", alone, function, cell, left, holding)
            if function is None or cell is None:
                yield self.single("unplaced", alone, function, cell, own, holding)
        if function is None or mandate.force == "disability":
            return
        for (asking, other), conditions in self.asked.items():
            if asking != mandate.id or other == holding.actor or self.overlaps(holding, other):
                continue
            theirs = merge(self.time[h.id] for h in self.rows.holdings if h.actor == other)
            pieces = (
                stands
                for both in theirs
                if (time := cut(both, own))
                for tie, *_, piece in self.phases(holding.actor, other, time)
                if tie == "none"
                for stands in self.conditioned(conditions, piece)
            )
            for stands in pieces:
                relation: Relation = (
                    "concurrence-required" if stands.agreement else "interacting-assignment"
                )
                for cell in cells if stands.kind else ():
                    asks = self.single(
                        relation, (holding.actor, other), function, cell, stands.time, holding
                    )
                    sure = both(asks.certain, stands.agreed if stands.agreement else stands.sure)
                    yield replace(asks, mitigation=stands.kind, certain=sure)

    def overlaps(self, holding: Holding, other: str) -> bool:
        """Tell whether a holding ever meets one of another actor in scope and time."""
        mandate = self.mandates[holding.mandate]
        return any(
            h.actor == other
            and self.mandates[h.mandate].force != "disability"
            and not self.rivals(h, holding)
            and cut(self.time[h.id], self.time[holding.id])
            and any(self.scope(mandate, self.mandates[h.mandate]))
            for h in self.rows.holdings
        )

    def single(
        self,
        relation: Relation,
        actors: tuple[str, str | None],
        function: str | None,
        subject: str | None,
        time: Span,
        holding: Holding,
    ) -> Support:
        """Return the support of one holding."""
        sure = self.sure[holding.id]
        return Support(
            relation,
            actors,
            function,
            subject,
            time,
            cut(sure, time) if sure else None,
            holding.id,
            kind=(holding.id,),
        )

    def support(
        self,
        relation: Relation,
        a: Holding,
        b: Holding,
        meeting: Meeting,
        stands: Stands,
    ) -> Support:
        """Return the support of a pair whose scopes meet, while some conditions stand."""
        ma, mb = self.mandates[a.mandate], self.mandates[b.mandate]
        return Support(
            relation,
            (a.actor, b.actor if a.actor != b.actor else None),
            meeting.function_cell,
            meeting.subject_cell,
            stands.time,
            self.certain(a, b, stands.time) if meeting.known else None,
            a.id,
            b.id,
            (self.kind(a), self.kind(b)),
            (meeting.subject_a, meeting.subject_b),
            meeting.similarity,
            meeting.shape,
            stands.kind,
            self.points(meeting.similarity, ma, mb, stands.kind),
        )

    def certain(self, a: Holding, b: Holding, time: Span) -> Span | None:
        """Return the part of a time in which both holdings are beyond doubt."""
        sure_a, sure_b = self.sure[a.id], self.sure[b.id]
        return both(both(sure_a, sure_b), time)

    # Cells ------------------------------------------------------------------------------------

    def gaps(self, as_of: int | None) -> Iterator[Finding]:
        """Yield the reference cells that nobody certainly holds, for as long as nobody does."""
        cells: dict[tuple[str, str, str | None], list[Span]] = {}
        for c in self.rows.expectations:
            cells.setdefault((c.function, c.subject, c.polity), []).append(span(c.since, c.until))
        for (function, subject, polity), times in cells.items():
            holders = [
                (h, m)
                for h in self.rows.holdings
                if (m := self.mandates[h.mandate]).force != "disability"
                and m.function is not None
                and m.polity == polity
                and not self.carved(m, subject)
            ]
            full = [
                h
                for h, m in holders
                if m.function is not None
                and self.h.over(m.function, function)
                and any(self.h.over(s, subject) for s in m.subjects)
            ]
            part = [
                h
                for h, m in holders
                if h not in full
                and m.function is not None
                and self.h.meet(m.function, function)
                and any(
                    (meet := self.h.meet(s, subject)) and not self.carved(m, meet[0])
                    for s in m.subjects
                )
            ]
            held = merge(sure for h in full if (sure := self.sure[h.id]))
            for expected in merge(times):
                edges: list[Span] = [(EARLIEST, EARLIEST), *held, (OPEN, OPEN)]
                for (_, since), (until, _) in pairwise(edges):
                    gap = cut(expected, (since, until)) if since < until else None
                    if gap is None or (as_of is not None and not gap[0] <= as_of < gap[1]):
                        continue
                    yield self.finding(
                        "gap",
                        function=function,
                        subject=subject,
                        polity=polity,
                        time=gap,
                        certain=not any(cut(self.time[h.id], gap) for h in full),
                        figure=int(any(cut(self.time[h.id], gap) for h in part)),
                    )

    def fragments(self, as_of: int | None) -> Iterator[Finding]:
        """Yield the subjects that several actors share, with the index of fragmentation."""
        areas: dict[tuple[str | None, str], list[Holding]] = {}
        for h in self.rows.holdings:
            m = self.mandates[h.mandate]
            if m.force == "disability":
                continue
            kept = [s for s in m.subjects if not self.carved(m, s)]
            for area in {a for s in kept for a in self.h.ancestors(s)}:
                if 1 <= self.h.level(area) <= CELL_LEVEL:
                    areas.setdefault((m.polity, area), []).append(h)
        for (polity, area), holdings in areas.items():
            actors = {h.actor for h in holdings}
            edges = sorted({edge for h in holdings for edge in self.time[h.id]})
            shared = [
                piece
                for piece in pairwise(edges)
                if len({h.actor for h in holdings if cut(self.time[h.id], piece)}) > 1
            ]
            for time in merge(shared):
                at = time[1] - 1 if as_of is None else as_of
                if not time[0] <= at < time[1]:
                    continue
                alive = [h for h in holdings if cut(self.time[h.id], (at, at + 1))]
                certain = [
                    h for h in alive if (sure := self.sure[h.id]) and sure[0] <= at < sure[1]
                ]
                count = {
                    actor: len({h.mandate for h in alive if h.actor == actor})
                    for actor in sorted(actors)
                }
                count = {actor: n for actor, n in count.items() if n}
                total, k = sum(count.values()), len(count)
                squares = sum(n * n for n in count.values())
                index = 1000 * k * (total**2 - squares) // ((k - 1) * total**2)
                yield self.finding(
                    "fragmentation",
                    subject=area,
                    polity=polity,
                    time=time,
                    support=total,
                    certain_support=sum(
                        len({h.mandate for h in certain if h.actor == actor}) for actor in count
                    ),
                    certain=len({h.actor for h in certain}) > 1,
                    score=index * self.weights.relation["fragmentation"] // 10_000,
                    figure=index,
                    shares=count,
                )

    def sunsets(self, as_of: int | None) -> Iterator[Finding]:
        """Yield for each actor the share of mandates that end by the law's words, where known."""
        for actor in sorted({h.actor for h in self.rows.holdings}):
            own = [h for h in self.rows.holdings if h.actor == actor]
            for time in merge(self.time[h.id] for h in own):
                at = time[1] - 1 if as_of is None else as_of
                if not time[0] <= at < time[1]:
                    continue
                alive = {h.mandate for h in own if cut(self.time[h.id], (at, at + 1))}
                certain = {
                    h.mandate for h in own if (sure := self.sure[h.id]) and sure[0] <= at < sure[1]
                }
                known = {m for m in alive if self.mandates[m].sunset is not None}
                ending = sum(self.mandates[m].sunset is True for m in known)
                certain &= known
                yield self.finding(
                    "sunset-coverage",
                    actors=(actor, None),
                    time=time,
                    support=len(alive),
                    certain_support=len(certain),
                    certain=len(certain) == len(alive),
                    figure=1000 * ending // len(known) if known else None,
                )

    # Findings ---------------------------------------------------------------------------------

    def grouped(self, as_of: int | None) -> Iterator[Finding]:
        """Gather supports into findings: one for each maximal interval of a relation in a cell."""
        groups: dict[tuple[object, ...], list[Support]] = {}
        families: dict[tuple[object, ...], int] = {}
        for s in self.supports():
            place = (s.actors, s.function_cell, s.subject_cell)
            groups.setdefault((s.relation, *place), []).append(s)
            if as_of is None or s.time[0] <= as_of < s.time[1]:
                family = (FAMILY if s.relation in FAMILY else s.relation, *place)
                families[family] = families.get(family, 0) + 1
        for key, supports in groups.items():
            relation = key[0]
            spread = families.get((FAMILY if relation in FAMILY else relation, *key[1:]), 0)
            for time in merge(s.time for s in supports):
                inside = [s for s in supports if cut(s.time, time)]
                if as_of is not None:
                    inside = [s for s in inside if s.time[0] <= as_of < s.time[1]]
                if inside:
                    yield self.group(inside, time, spread)

    def group(self, supports: list[Support], time: Span, spread: int) -> Finding:
        """Return the finding that some supports make together."""
        one = supports[0]
        certain = [s.certain for s in supports if s.certain]
        kinds: dict[object, list[Support]] = {}
        for s in supports:
            kinds.setdefault((s.kind, s.time), []).append(s)
        exhibits = [
            (min(alike, key=lambda s: (s.holding_a, s.holding_b or "")), len(alike))
            for alike in kinds.values()
        ]
        exhibits.sort(key=lambda e: (-e[0].points, e[0].holding_a, e[0].holding_b or "", e[0].time))
        points = exhibits[0][0].points
        breadth = 1000 - self.weights.spread // spread
        return self.finding(
            one.relation,
            actors=one.actors,
            function=one.function_cell,
            subject=one.subject_cell,
            time=time,
            support=len(supports),
            certain_support=len(certain),
            certain=bool(certain),
            sure=(min(c[0] for c in certain), max(c[1] for c in certain)) if certain else None,
            score=points * breadth * self.weights.relation[one.relation] // 10**7,
            points=points,
            spread=spread,
            evidence=tuple(evidence(*exhibit) for exhibit in exhibits[:EVIDENCE_LIMIT]),
        )

    def finding(
        self,
        relation: Relation,
        *,
        time: Span,
        actors: tuple[str | None, str | None] = (None, None),
        function: str | None = None,
        subject: str | None = None,
        polity: str | None = None,
        support: int = 0,
        certain_support: int = 0,
        certain: bool = False,
        sure: Span | None = None,
        score: int = 0,
        points: int = 0,
        spread: int = 0,
        figure: int | None = None,
        shares: dict[str, int] | None = None,
        evidence: tuple[Evidence, ...] = (),
    ) -> Finding:
        """Return a finding under its key."""
        since = moment(time[0])
        assert since is not None
        return Finding(
            key=finding_key(relation, actors, function, subject, polity, time[0]),
            relation=relation,
            actors=tuple(a for a in actors if a is not None) or tuple(shares or ()),
            function_cell=function,
            subject_cell=subject,
            polity=polity,
            since=since,
            until=moment(time[1]),
            support=support,
            certain_support=certain_support,
            certain=certain,
            certain_since=moment(sure[0]) if sure else None,
            certain_until=moment(sure[1]) if sure else None,
            score=score,
            points=points,
            spread=spread,
            figure=figure,
            shares=shares or {},
            evidence=evidence,
        )


def evidence(s: Support, alike: int) -> Evidence:
    """Return one supporting pair as it is published."""
    since = moment(s.time[0])
    assert since is not None
    return Evidence(
        holding_a=s.holding_a,
        holding_b=s.holding_b,
        alike=alike,
        since=since,
        until=moment(s.time[1]),
        certain=s.certain is not None,
        subject_a=s.subjects[0],
        subject_b=s.subjects[1],
        similarity={
            axis: value for axis, value in zip(AXES, s.similarity, strict=True) if value is not None
        },
        shape=s.shape,
        mitigation=s.mitigation,
        points=s.points,
    )


def find(
    rows: Rows, *, as_of: datetime | None = None, weights: Weights | None = None
) -> list[Finding]:
    """Return every finding, in the order of `mandates.overlap.findings.Findings`.

    Args:
        rows: the world.
        as_of: keep only what is in effect at this moment, and count only that.
        weights: other weights than those that ship with the package.

    Raises:
        WorldError: the rows make no world, or one of more than `LARGEST` holdings.

    >>> find(Rows())
    []
    """
    if len(rows.holdings) > LARGEST:
        raise WorldError(
            f"{len(rows.holdings):,} holdings: every pair is compared here, so at most {LARGEST:,} "
            "can be; ask the engine"
        )
    World.from_rows(rows)  # refuses what is no world, as it does for the engine
    at = None if as_of is None else seconds(as_of)
    reference = Reference(rows, weights or default_weights())
    found = [
        *reference.grouped(at),
        *reference.gaps(at),
        *reference.fragments(at),
        *reference.sunsets(at),
    ]

    def order(f: Finding) -> tuple[object, ...]:
        actors = f.actors if not f.shares else ()
        place = (f.function_cell, f.subject_cell, f.polity)
        return (
            RELATIONS.index(f.relation),
            actors,
            tuple(p or "" for p in place),
            f.since,
        )

    return sorted(found, key=order)
