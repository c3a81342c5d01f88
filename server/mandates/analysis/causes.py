"""What brought a finding about: the events that moved an edge of something it follows from.

A finding stands for a maximal interval, so it begins at the moment at which its first pair of
holdings comes to stand and ends when its last pair falls. Only the edges of those pairs are looked
at: the mandate, the designation and the life of the holder behind a holding that begins or ends
there, else the tie or saving between the two holders that does. Where a condition makes a finding
what it is, so is the designation by which its counterpart begins or ceases to fill the role that
the condition names. An event that touches a holder at the same moment but moves none of these edges
is not named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

from mandates.analysis.events import Events
from mandates.overlap.findings import Finding
from mandates.overlap.reference import FAMILY, Reference, Support, span
from mandates.overlap.tables import AGREEMENT, OPEN, Holding, Mandate, Rows, moment, seconds
from mandates.overlap.weights import default_weights

End = Literal["begins", "ends"]

#: Relations that a tie or a saving makes what they are; elsewhere a tie counts only where no
#: holding begins or ends.
_TIED = frozenset({"oversight", "delegation", "transition"})

#: Relations that a condition makes what they are, or its absence; elsewhere it changes no more than
#: the score.
_ASKED = frozenset({*FAMILY, "concurrence-required", "interacting-assignment"})

#: Relations that count what is in a cell or a career, and rest on no pair.
_COUNTED = frozenset({"fragmentation", "gap", "sunset-coverage"})


@dataclass(frozen=True)
class Behind:
    """The events with which a finding begins and those with which it ends, in order of time."""

    begun: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


class Causes:
    """Names the events behind findings of one world.

    Args:
        rows: the world in which the findings were found.
        events: the events of the dataset from which it was read.
    """

    def __init__(self, rows: Rows, events: Events) -> None:
        self.rows, self.events = rows, events
        self._held: dict[str, list[Holding]] = {}
        self._cells: dict[str, set[str]] = {}
        self._pairs: dict[tuple[str, str], tuple[Support, ...]] = {}
        self._conditions: dict[str, set[datetime | None]] = {}
        for condition in rows.conditions:
            edges = self._conditions.setdefault(condition.counterpart, set())
            edges |= {condition.since, condition.until}
        for holding in rows.holdings:
            self._held.setdefault(holding.actor, []).append(holding)

    @cached_property
    def _method(self) -> Reference:
        return Reference(self.rows, default_weights())

    def of(self, finding: Finding, *, begun: bool = True, ended: bool = True) -> Behind:
        """Name the events with which a finding begins and ends.

        Args:
            finding: found in the world.
            begun: look for those with which it begins.
            ended: look for those with which it ends; none while it is open.
        """
        until = finding.until
        return Behind(
            self._ordered(self._at(finding, "begins", finding.since)) if begun else (),
            self._ordered(self._at(finding, "ends", until)) if ended and until else (),
        )

    def within(self, finding: Finding, since: datetime, until: datetime) -> Behind:
        """Name the events with which pairs behind a finding came and went between two moments.

        Args:
            finding: one that stands at both moments, with other pairs at each.
            since: the first moment.
            until: the second.
        """
        begun: set[str] = set()
        ended: set[str] = set()
        # The breadth of a score counts all kinds of overlap of two actors in a cell.
        kin = FAMILY if finding.relation in FAMILY else ()
        for support in self._supports(finding, None, kin=kin):
            edges: tuple[tuple[End, int, set[str]], ...] = (
                ("begins", support.time[0], begun),
                ("ends", support.time[1], ended),
            )
            for end, edge, into in edges:
                if seconds(since) < edge <= seconds(until):
                    when = moment(edge)
                    assert when is not None
                    into |= self._edge(finding, support, end, when)
        return Behind(self._ordered(begun), self._ordered(ended))

    def among(self, finding: Finding, events: Iterable[str]) -> tuple[str, ...]:
        """Name those of some events that begin or end anything that a finding follows from.

        For a comparison of two worlds on one day: what ends a finding there stands in the other
        world, at no edge of this one.
        """
        wanted = set(events)
        positions: set[str] = set()
        if finding.relation in _COUNTED:
            holdings = {h.id for h in self._gathered(finding)}
        else:
            supports = list(self._supports(finding, None))
            holdings = {h for s in supports for h in (s.holding_a, s.holding_b) if h}
            positions = positions.union(*(self._designations(finding, s) for s in supports))
        positions = positions.union(*map(self.events.positions, holdings))
        found = set()
        for position in positions:
            found |= wanted & {*self.events.begins[position], *self.events.ends[position]}
        return self._ordered(found)

    def _ordered(self, events: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(events, key=lambda e: (self.events.all[e].effective, e)))

    # Edges ------------------------------------------------------------------------------------

    def _at(self, finding: Finding, end: End, when: datetime) -> set[str]:
        relation = finding.relation
        if relation == "fragmentation":
            return self._crowd(finding, end, when)
        if relation == "sunset-coverage":
            return self._moved(self._gathered(finding), end, when)
        if relation == "gap":
            return self._hole(finding, end, when)
        found: set[str] = set()
        for support in self._supports(finding, when, end):
            if support.time[0 if end == "begins" else 1] == seconds(when):
                found |= self._edge(finding, support, end, when)
        return found

    def _edge(self, finding: Finding, support: Support, end: End, when: datetime) -> set[str]:
        """Name what moves one end of the time of one pair."""
        sides = [self._holding(h) for h in (support.holding_a, support.holding_b) if h]
        if finding.relation == "succession":
            first, second = sides
            handed = self._moved([first], "ends", when) if end == "begins" else set()
            return handed | self._moved([second], end, when)
        moved = self._moved(sides, end, when)
        found = moved | self._asked(finding, support, end, when, alone=not moved)
        if finding.relation == "orphan" and end == "begins":
            instrument = self._mandate(sides[0]).instrument
            found |= self.events.at(instrument or "", "ends", when)
        if len(sides) == 1 and len(finding.actors) == 2:
            # A condition on one mandate counts while its counterpart holds anything.
            found |= self._moved(self._held.get(finding.actors[1], ()), end, when)
        if len(finding.actors) == 2 and (not found or finding.relation in _TIED):
            found |= self._between(finding.actors[0], finding.actors[1], when)
        return found

    def _asked(
        self, finding: Finding, support: Support, end: End, when: datetime, *, alone: bool
    ) -> set[str]:
        """Name the events with which a counterpart of a condition begins or ceases to be that.

        Args:
            finding: that one end of the time of a pair may be an end of.
            support: the pair.
            end: which end.
            when: when that is.
            alone: whether no holding begins or ends there; else a condition has part in the end of
                the finding only if it makes the finding what it is.
        """
        if len(finding.actors) != 2 or not (alone or finding.relation in _ASKED):
            return set()
        method, edge = self._method, seconds(when)
        a = self._holding(support.holding_a)
        if support.holding_b:
            conditions = method.conditions(a, self._holding(support.holding_b))
        else:
            conditions = method.asked.get((a.mandate, finding.actors[1]), [])
        beyond = (edge - 1, edge) if end == "begins" else (edge, edge + 1)
        ((kind, *_),) = method.conditioned(conditions, beyond)
        if alone:
            same = kind == support.mitigation
        elif support.holding_b:
            same = bool(kind) == bool(support.mitigation)
        else:
            same = bool(kind) and (kind in AGREEMENT) == (support.mitigation in AGREEMENT)
        if same:
            return set()
        worth = method.weights.mitigation
        more = worth[support.mitigation] if support.mitigation else -1
        # What a condition makes stands from its beginning to its end, what it excludes until the
        # one and since the other.
        begun = (more > (worth[kind] if kind else -1)) == (end == "begins")
        found: set[str] = set()
        for designation in self._designations(finding, support):
            found |= self.events.at(designation, "begins" if begun else "ends", when)
        return found

    def _designations(self, finding: Finding, support: Support) -> set[str]:
        """Collect what may put one of two actors into a role that the other's mandate names."""
        if len(finding.actors) != 2 or finding.relation == "succession":
            return set()
        one, other = finding.actors
        asked = self.events.asked
        found = asked.get((self._holding(support.holding_a).mandate, other), set())
        if support.holding_b:
            found = found | asked.get((self._holding(support.holding_b).mandate, one), set())
        return found

    def _moved(self, holdings: Iterable[Holding], end: End, when: datetime) -> set[str]:
        """Name the events with which those of some holdings that begin or end then do so."""
        found: set[str] = set()
        for holding in holdings:
            if (holding.since if end == "begins" else holding.until) == when:
                for position in self.events.positions(holding.id):
                    found |= self.events.at(position, end, when)
        return found

    def _between(self, one: str, other: str, when: datetime) -> set[str]:
        """Name the events that begin or end a tie or saving between two actors at a moment."""
        over = {(a, b) for a, b, _ in self._method.command}

        def stands(upper: str, lower: str) -> bool:
            return upper == lower or (upper, lower) in over

        found: set[str] = set()
        for node, low, high in self.events.affiliations:
            for top, bottom in ((one, other), (other, one)):
                if stands(top, high) and stands(low, bottom):
                    found |= self.events.at(node, "begins", when)
                    found |= self.events.at(node, "ends", when)
        for saving, kept, holder, others in self.events.savings:
            if {one, other} <= {holder, *others} and holder in (one, other):
                ends = self.events.at(kept, "begins", when) | self.events.at(kept, "ends", when)
                found |= ends
                if self.events.all[saving].effective == when:
                    found.add(saving)
        return found

    # What a finding follows from --------------------------------------------------------------

    def _supports(
        self,
        finding: Finding,
        when: datetime | None,
        end: End | None = None,
        kin: tuple[str, ...] = (),
    ) -> Iterator[Support]:
        """Yield the pairs (or holdings) behind a finding, by the definition of the method.

        Args:
            finding: which.
            when: only those that may touch this moment; the whole time of the finding if absent.
            end: of these only those that may begin or end there.
            kin: other relations whose pairs to yield, too, at whatever time they stand.
        """
        method = self._method
        who = finding.actors

        def near(holding: Holding) -> bool:
            since, until = when or finding.since, when or finding.until
            begun = until is None or holding.since <= until
            lasts = holding.until is None or holding.until >= since
            # The first of a succession has ended before the finding begins.
            handed = finding.relation == "succession" and holding.actor == who[0]
            return handed or (begun and lasts)

        # Where a tie or a condition between the two changes, any of their pairs may begin or end.
        some = end is None or (len(who) == 2 and when in self._changes_between(*who))

        def moves(*pair: Holding) -> bool:
            return some or any((h.since if end == "begins" else h.until) == when for h in pair)

        mine = [h for h in self._held.get(who[0], ()) if near(h) and self._fits(h, finding)]
        alone = finding.relation in (
            "orphan",
            "unplaced",
            "concurrence-required",
            "interacting-assignment",
        )
        made: Iterator[Support]
        if alone:
            made = (s for h in mine for s in method.alone(h))
        elif len(who) == 1:
            made = (
                s
                for a in mine
                for b in mine
                if a.id != b.id and moves(a, b)
                for s in method.within(a, b)
            )
        else:
            theirs = [h for h in self._held.get(who[1], ()) if near(h) and self._fits(h, finding)]
            made = (
                s
                for a in mine
                for b in theirs
                if moves(a, b)
                for s in self._between_two(*((a, b) if a.actor < b.actor else (b, a)))
            )
        time = seconds(finding.since), seconds(finding.until) if finding.until else OPEN
        for support in made:
            if (
                (support.relation == finding.relation or support.relation in kin)
                and tuple(a for a in support.actors if a) == who
                and support.function_cell == finding.function_cell
                and support.subject_cell == finding.subject_cell
                and (kin or (time[0] <= support.time[0] and support.time[1] <= time[1]))
            ):
                yield support

    def _between_two(self, a: Holding, b: Holding) -> tuple[Support, ...]:
        """What two holdings support; kept, since many findings of two actors ask for it."""
        known = self._pairs.get((a.id, b.id))
        if known is None:
            known = self._pairs[a.id, b.id] = tuple(self._method.between(a, b))
        return known

    def _changes_between(self, one: str, other: str) -> set[datetime | None]:
        """Collect the moments at which a tie, a saving or a condition between two may change."""
        rows, pair = self.rows, {one, other}
        spans = [t for a, b, t in self._method.command if {a, b} == pair]
        spans += [span(t.since, t.until) for t in rows.ties if {t.a, t.b} == pair]
        spans += [span(t.since, t.until) for t in rows.savings if {t.a, t.b} == pair]
        asked = (self._conditions.get(actor, set()) for actor in pair)
        return {moment(edge) for edges in spans for edge in edges}.union(*asked)

    def _fits(self, holding: Holding, finding: Finding) -> bool:
        """Tell quickly whether a holding may have part in a finding's cell."""
        mandate = self._mandate(holding)
        function, area = finding.function_cell, finding.subject_cell
        if function is not None and mandate.function not in self._leading_to(function):
            return False
        return area is None or not self._leading_to(area).isdisjoint(mandate.subjects)

    def _leading_to(self, cell: str) -> AbstractSet[str]:
        """Collect the concepts that may meet another in a cell: those of the cell, those above."""
        if not self._cells:
            hierarchy = self._method.h
            for concept in self.rows.concepts:
                above = hierarchy.ancestors(concept.id)
                self._cells.setdefault(hierarchy.cell(concept.id), set()).update(above)
        return self._cells.get(cell, frozenset())

    def _gathered(self, finding: Finding) -> list[Holding]:
        """List the holdings that a finding about a cell or a career counts."""
        if finding.relation == "sunset-coverage":
            return self._held.get(finding.actors[0], [])
        method = self._method
        found = []
        for holding in self.rows.holdings:
            mandate = self._mandate(holding)
            if mandate.polity != finding.polity or mandate.force == "disability":
                continue
            area = finding.subject_cell
            assert area is not None
            if finding.relation == "fragmentation":
                inside = any(
                    method.h.over(area, s)
                    for s in mandate.subjects
                    if not method.carved(mandate, s)
                )
            else:
                inside = (
                    mandate.function is not None
                    and finding.function_cell is not None
                    and method.h.over(mandate.function, finding.function_cell)
                    and any(method.h.over(s, area) for s in mandate.subjects)
                    and not method.carved(mandate, area)
                )
            if inside:
                found.append(holding)
        return found

    def _crowd(self, finding: Finding, end: End, when: datetime) -> set[str]:
        """Name what brought an actor into a shared area, or took one out of it."""
        inside = self._gathered(finding)

        def there(holding: Holding) -> bool:
            if end == "begins":
                return holding.since < when and (holding.until is None or when <= holding.until)
            return holding.since <= when and (holding.until is None or when < holding.until)

        stays = {h.actor for h in inside if there(h)}
        return self._moved((h for h in inside if h.actor not in stays), end, when)

    def _hole(self, finding: Finding, end: End, when: datetime) -> set[str]:
        """Name what made a cell certainly held no longer, or certainly held again."""
        found: set[str] = set()
        for holding in self._gathered(finding):
            sure = self._method.sure[holding.id]
            if sure is None or sure[1 if end == "begins" else 0] != seconds(when):
                continue
            for position in self.events.positions(holding.id):
                found |= self.events.surely_at(
                    position, "ends" if end == "begins" else "begins", when
                )
        return found

    def _holding(self, iri: str) -> Holding:
        return self._all[iri]

    @cached_property
    def _all(self) -> dict[str, Holding]:
        return {h.id: h for h in self.rows.holdings}

    def _mandate(self, holding: Holding) -> Mandate:
        return self._method.mandates[holding.mandate]
