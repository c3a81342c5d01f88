"""The events of a dataset: what happened, by which instrument, and what began and ended with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pyoxigraph as ox

from mandates.analysis.conditions import asked
from mandates.dataset.lookup import dates, first, instances, labels, pairs, table
from mandates.dataset.names import mand


@dataclass(frozen=True)
class Happening:
    """An event and what began and ended with it.

    Attributes:
        iri: IRI of the event.
        label: what happened.
        effective: first instant at which it may have taken effect.
        effective_by: first instant by which it certainly had, where the day is not known.
        notified: first instant at which the public could know, if known.
        precision: how closely that is known, as the last part of an IRI; empty if it is not known.
        instruments: legal sources that brought it about; empty where none was found.
        affects: legal sources, actors and roles that it changes.
        began: positions (mandates, designations, affiliations, instruments) that began with it.
        ended: positions that ended with it.
        continued: positions that it saves or revives.
        practice: whether it is an act of practice, which no instrument brings about.
    """

    iri: str
    label: str
    effective: datetime
    effective_by: datetime | None
    notified: datetime | None
    precision: str
    instruments: tuple[str, ...]
    affects: tuple[str, ...]
    began: tuple[str, ...]
    ended: tuple[str, ...]
    continued: tuple[str, ...] = ()
    practice: bool = False

    @property
    def late(self) -> bool:
        """Whether it was notified only after it had taken effect."""
        return self.notified is not None and self.notified > (self.effective_by or self.effective)


class Events:
    """The events of a dataset, and what each began and ended."""

    def __init__(self, store: ox.Store, known: datetime | None = None) -> None:
        names = labels(store)
        effective, by = dates(store, "effectiveFrom"), dates(store, "effectiveBy")
        notified, precision = dates(store, "notifiedOn"), first(store, "notifiedPrecision")
        sources, affects = table(store, "broughtAboutBy"), table(store, "affects")
        self.begins, self.ends = table(store, "beginsWith"), table(store, "endsWith")
        self.of, self.designation = first(store, "ofMandate"), first(store, "underDesignation")
        self.held_by = first(store, "heldBy")
        self.through = table(store, "heldThrough")
        began: dict[str, list[str]] = {}
        ended: dict[str, list[str]] = {}
        for ends, found in ((self.begins, began), (self.ends, ended)):
            for node, happened in ends.items():
                for event in happened:
                    found.setdefault(event, []).append(node)
        # An actor's own life bounds what it can hold, as a mandate's and a designation's do.
        for name, ends in (("establishedBy", self.begins), ("dissolvedBy", self.ends)):
            for actor, event in pairs(store, mand(name)):
                ends[actor].append(event)
        saves, revives = table(store, "saves"), table(store, "revives")
        practice = instances(store, "PracticeEvent")
        self.affiliations = _affiliations(store)
        self.all = {
            event: Happening(
                iri=event,
                label=names.get(event, event.rsplit("/", 1)[-1]),
                effective=effective[event],
                effective_by=by.get(event),
                notified=notified.get(event),
                precision=precision.get(event, "").rpartition("#")[2],
                instruments=tuple(sources[event]),
                affects=tuple(affects[event]),
                began=tuple(sorted(began.get(event, ()))),
                ended=tuple(sorted(ended.get(event, ()))),
                continued=tuple(sorted({*saves[event], *revives[event]})),
                practice=event in practice,
            )
            for event in sorted(instances(store, "NormativeEvent"))
            if event in effective and (known is None or notified.get(event, known) <= known)
        }
        # The designations by which a condition of a mandate names an actor.
        self.asked: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for one in asked(store):
            self.asked[one.mandate, one.actor].add(one.designation)
        self.savings = [saving for saving in _savings(store, saves) if saving[0] in self.all]

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

    def positions(self, holding: str) -> tuple[str, ...]:
        """List what bounds a holding: its mandate, its designation, who holds and by whom."""
        named = (self.of, self.designation, self.held_by)
        nodes = [values[holding] for values in named if holding in values]
        return (*nodes, *self.through[holding])

    def at(self, node: str, end: Literal["begins", "ends"], when: datetime) -> set[str]:
        """Collect the events with which something may begin, or must have ended, at a moment."""
        return self._having(node, end, when, latest=end == "ends")

    def surely_at(self, node: str, end: Literal["begins", "ends"], when: datetime) -> set[str]:
        """Collect the events with which something must have begun, or may end, at a moment."""
        return self._having(node, end, when, latest=end == "begins")

    def _having(
        self, node: str, end: Literal["begins", "ends"], when: datetime, *, latest: bool
    ) -> set[str]:
        happened = (self.begins if end == "begins" else self.ends).get(node, ())
        return {
            event
            for event in happened
            if (told := self.all.get(event)) is not None
            and ((latest and told.effective_by) or told.effective) == when
        }


def _affiliations(store: ox.Store) -> list[tuple[str, str, str]]:
    """List every control or oversight with the lower and the upper of its two actors."""
    low, high = first(store, "affiliate"), first(store, "affiliatedWith")
    return [
        (node, low[node], high[node])
        for cls in ("AdministrativeControl", "Oversight")
        for node in sorted(instances(store, cls))
        if node in low and node in high
    ]


def _savings(
    store: ox.Store, saves: Mapping[str, Sequence[str]]
) -> list[tuple[str, str, str, frozenset[str]]]:
    """List each saving with what it keeps, the holder of that and who else fills the role."""
    role, holder = first(store, "fills"), first(store, "filledBy")
    fillers: dict[str, set[str]] = {}
    for designation, actor in holder.items():
        fillers.setdefault(role.get(designation, ""), set()).add(actor)
    return [
        (event, kept, holder[kept], frozenset(fillers[role[kept]] - {holder[kept]}))
        for event, designations in sorted(saves.items())
        for kept in designations
        if kept in role and kept in holder
    ]
