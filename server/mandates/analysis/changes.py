"""What differs between two states of the law: two days, two releases, or with and without a bill.

A finding's name does not depend on the day it is looked at (``docs/method.md``), so two sets of
findings are compared by name. What brought a difference about is read off the events with which the
holdings behind it begin and end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import pyoxigraph as ox

from mandates.dataset.lookup import dates, first, instances, labels, pairs, table
from mandates.dataset.names import mand
from mandates.overlap import find
from mandates.overlap.findings import Finding
from mandates.overlap.tables import Rows, World

#: Relations that describe the size of something rather than a meeting; a change of their figure is
#: noise beside what changed it.
FIGURES = frozenset({"fragmentation", "sunset-coverage", "related-assignment"})


@dataclass(frozen=True)
class Happening:
    """An event and what began and ended with it.

    Attributes:
        iri: IRI of the event.
        label: what happened.
        effective: first instant at which it may have taken effect.
        effective_by: first instant by which it certainly had, where the day is not known.
        notified: first instant at which the public could know, if known.
        instruments: legal sources that brought it about; empty where none was found.
        affects: legal sources, actors and roles that it changes.
        began: positions (mandates, designations, affiliations, instruments) that began with it.
        ended: positions that ended with it.
        continued: positions that it saves or revives.
    """

    iri: str
    label: str
    effective: datetime
    effective_by: datetime | None
    notified: datetime | None
    instruments: tuple[str, ...]
    affects: tuple[str, ...]
    began: tuple[str, ...]
    ended: tuple[str, ...]
    continued: tuple[str, ...] = ()

    @property
    def late(self) -> bool:
        """Whether it was notified only after it had taken effect."""
        return self.notified is not None and self.notified > (self.effective_by or self.effective)


@dataclass(frozen=True)
class Revision:
    """A finding that stands in both states, but not alike."""

    before: Finding
    after: Finding


@dataclass(frozen=True)
class Changes:
    """The differences between two states.

    Attributes:
        created: findings of the second state that the first has not.
        ended: findings of the first state that the second has not.
        passed: findings that came and went in between.
        revised: findings of both whose score, certainty or number of pairs differs.
        causes: events behind each finding that was created, ended or passed, by key.
    """

    created: tuple[Finding, ...] = ()
    ended: tuple[Finding, ...] = ()
    passed: tuple[Finding, ...] = ()
    revised: tuple[Revision, ...] = ()
    causes: Mapping[str, tuple[str, ...]] | None = None

    def __bool__(self) -> bool:
        return bool(self.created or self.ended or self.passed or self.revised)


def compare(before: Iterable[Finding], after: Iterable[Finding]) -> Changes:
    """Compare two sets of findings by name.

    >>> bool(compare([], []))
    False
    """
    old = {finding.key: finding for finding in before}
    new = {finding.key: finding for finding in after}
    return Changes(
        created=tuple(f for key, f in new.items() if key not in old),
        ended=tuple(f for key, f in old.items() if key not in new),
        revised=tuple(
            Revision(old[key], f)
            for key, f in new.items()
            if key in old and f.relation not in FIGURES and _differs(old[key], f)
        ),
    )


def _differs(a: Finding, b: Finding) -> bool:
    return (a.score, a.certain, a.support) != (b.score, b.certain, b.support)


def between(world: World, since: datetime, until: datetime) -> Changes:
    """Compare what stands on two days, and find what came and went between them.

    Args:
        world: tables of the overlap method.
        since: the first day.
        until: the second day.

    Raises:
        ValueError: the second day is not after the first.
    """
    if until <= since:
        raise ValueError(f"{until:%Y-%m-%d} is not after {since:%Y-%m-%d}")
    one, two = find(world, as_of=since).rows(), find(world, as_of=until).rows()
    changes = compare(one, two)
    passed = tuple(
        f
        for f in find(world).rows()
        if since < f.since and f.until is not None and f.until <= until
    )
    return Changes(changes.created, changes.ended, passed, changes.revised)


class Events:
    """The events of a dataset, and what each began and ended."""

    def __init__(self, store: ox.Store, known: datetime | None = None) -> None:
        names = labels(store)
        effective, by = dates(store, "effectiveFrom"), dates(store, "effectiveBy")
        notified = dates(store, "notifiedOn")
        sources, affects = table(store, "broughtAboutBy"), table(store, "affects")
        self.begins, self.ends = first(store, "beginsWith"), first(store, "endsWith")
        self.of, self.designation = first(store, "ofMandate"), first(store, "underDesignation")
        self.held_by = first(store, "heldBy")
        self.through = table(store, "heldThrough")
        self.lives: dict[str, list[str]] = {}
        for name in ("establishedBy", "dissolvedBy"):
            for actor, event in pairs(store, mand(name)):
                self.lives.setdefault(actor, []).append(event)
        saves, revives = table(store, "saves"), table(store, "revives")
        began: dict[str, list[str]] = {}
        ended: dict[str, list[str]] = {}
        for node, event in self.begins.items():
            began.setdefault(event, []).append(node)
        for node, event in self.ends.items():
            ended.setdefault(event, []).append(node)
        self.all = {
            event: Happening(
                iri=event,
                label=names.get(event, event.rsplit("/", 1)[-1]),
                effective=effective[event],
                effective_by=by.get(event),
                notified=notified.get(event),
                instruments=tuple(sources[event]),
                affects=tuple(affects[event]),
                began=tuple(sorted(began.get(event, ()))),
                ended=tuple(sorted(ended.get(event, ()))),
                continued=tuple(sorted({*saves[event], *revives[event]})),
            )
            for event in sorted(instances(store, "NormativeEvent"))
            if event in effective and (known is None or notified.get(event, known) <= known)
        }

    def during(self, since: datetime, until: datetime) -> list[Happening]:
        """List what took effect after one moment and not after another, in order.

        An event whose day is not known counts when it may or must have taken effect then.
        """
        found = [
            h
            for h in self.all.values()
            if h.effective <= until and (h.effective_by or h.effective) > since
        ]
        return sorted(found, key=lambda h: (h.effective, h.iri))

    def of_holding(self, holding: str) -> set[str]:
        """Collect the events that bound a holding."""
        nodes = [self.of[holding], self.designation.get(holding, "")]
        found = {e for n in nodes for e in (self.begins.get(n), self.ends.get(n)) if e is not None}
        for actor in (self.held_by[holding], *self.through[holding]):
            found |= set(self.lives.get(actor, ()))
        return found & self.all.keys()

    def behind(self, finding: Finding, rows: Rows, moments: Iterable[datetime]) -> tuple[str, ...]:
        """Name the events at given moments that bound the holdings of the actors of a finding.

        Args:
            finding: what began or ended.
            rows: the world in which it was found.
            moments: when it began or ended.
        """
        wanted = set(moments)
        holdings = {h for e in finding.evidence for h in (e.holding_a, e.holding_b) if h}
        if not holdings or finding.relation in FIGURES:
            holdings |= {h.id for h in rows.holdings if h.actor in finding.actors}
        found = {
            event
            for holding in holdings
            for event in self.of_holding(holding)
            if self._at(event, wanted)
        }
        if not found:
            found = {
                event
                for h in rows.holdings
                if h.actor in finding.actors
                for event in self.of_holding(h.id)
                if self._at(event, wanted)
            }
        return tuple(sorted(found, key=lambda e: (self.all[e].effective, e)))

    def _at(self, event: str, moments: set[datetime]) -> bool:
        happening = self.all[event]
        return happening.effective in moments or (happening.effective_by in moments)


def explain(changes: Changes, events: Events, before: Rows, after: Rows) -> Changes:
    """Name the events behind each finding that was created, ended or passed."""
    causes: dict[str, tuple[str, ...]] = {}
    for finding in changes.created:
        causes[finding.key] = events.behind(finding, after, [finding.since])
    for finding in changes.ended:
        ends = [finding.until] if finding.until else []
        causes[finding.key] = events.behind(finding, before, ends)
    for finding in changes.passed:
        assert finding.until is not None
        causes[finding.key] = events.behind(finding, after, [finding.since, finding.until])
    return Changes(changes.created, changes.ended, changes.passed, changes.revised, causes)
