"""Whom the conditions of mandates name, and from when until when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import pyoxigraph as ox

from mandates.dataset.lookup import dates, first, instances, pairs, subjects, table
from mandates.dataset.names import mand
from mandates.overlap.reference import cut, span
from mandates.overlap.tables import CONDITIONS

# A condition of reporting comes after the act, so it is weaker than any that comes before it; the
# method's weakest kind stands for it.
_KIND = {kind: kind for kind in CONDITIONS} | {"ReportingCondition": "DiscretionaryConsultation"}

_Times = tuple[datetime | None, datetime | None]
#: A part of time that is beyond doubt: all of it, none, or from one moment to another.
Certain = _Times | Literal["all"] | None

#: Of what names an actor itself.
_ITSELF: Final = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """That a condition of a mandate names an actor, or a role while that actor fills it.

    Attributes:
        mandate: the mandate that the condition binds.
        condition: the condition.
        kind: how the actor takes part, as one of :data:`mandates.overlap.tables.CONDITIONS`.
        actor: who takes part.
        designation: what puts the actor into the role; empty for an actor that is named itself.
        since: when it may begin to fill the role; ``None`` if it always did.
        until: when it certainly no longer does; ``None`` while that is open.
        certain: when it fills the role beyond doubt, ``None`` if at no time; "all" if it is named
            itself.
    """

    mandate: str
    condition: str
    kind: str
    actor: str
    designation: str = _ITSELF
    since: datetime | None = None
    until: datetime | None = None
    certain: Certain = "all"


class _Designations:
    """What puts whom into which role, and when that is beyond doubt."""

    def __init__(
        self, store: ox.Store, since: Mapping[str, datetime], until: Mapping[str, datetime]
    ) -> None:
        self.role, self.holder = first(store, "fills"), first(store, "filledBy")
        if not self.role:  # nothing more to be read, of what may be much
            return
        practice = subjects(store, mand("hasStatus"), mand("DeFacto"))
        # Where it is not said when one certainly stands, it certainly stands when it is said to.
        sure = {**since, **dates(store, "certainFrom")}
        unsure = {**until, **dates(store, "certainUntil")}
        times = {d: (sure.get(d), unsure.get(d)) for d in self.role.keys() - practice}
        self.certain = {named: time for named, time in times.items() if cut(span(*time))}
        self.readings = table(store, "inReading")
        self.rivals: dict[str, set[str]] = {}
        for one, other in pairs(store, mand("rivalOf")):
            self.rivals.setdefault(one, set()).add(other)
            self.rivals.setdefault(other, set()).add(one)

    def sure(self, designation: str) -> _Times | None:
        """Return when a designation stands beyond doubt.

        Not at all if it is practice only, nor on a reading of the law unless each rival reading
        puts the same actor into the same role for at least as long: as with holdings.
        """
        own = self.certain.get(designation)
        if own is None or designation not in self.readings:
            return own
        readings = self.readings[designation]
        rivals = {rival for reading in readings for rival in self.rivals.get(reading, ())}
        sure = rivals and all(self._confirmed(designation, own, rival) for rival in rivals)
        return own if sure else None

    def _confirmed(self, designation: str, own: _Times, rival: str) -> bool:
        mine = span(*own)
        return any(
            rival in self.readings.get(other, ())
            and self.holder.get(other) == self.holder[designation]
            and self.role[other] == self.role[designation]
            and cut(mine, span(*theirs)) == mine
            for other, theirs in self.certain.items()
        )


def asked(
    store: ox.Store,
    since: Mapping[str, datetime] | None = None,
    until: Mapping[str, datetime] | None = None,
) -> Iterator[Asked]:
    """Yield whom each condition names, once for each designation that puts an actor into a role.

    Who acts for another is asked in its place, as it holds in its place.

    Args:
        store: a built dataset.
        since: when a designation begins, as far as known; looked up if absent.
        until: when it ends.

    Yields:
        In the order of mandates, conditions, actors and designations.

    >>> list(asked(ox.Store()))
    []
    """
    begun = dates(store, "validFrom") if since is None else since
    ended = dates(store, "validUntil") if until is None else until
    kinds = {condition: kind for cls, kind in _KIND.items() for condition in instances(store, cls)}
    roles, acts_for = instances(store, "LegalRole"), table(store, "actsFor")
    designations = _Designations(store, begun, ended)
    fillers: dict[str, set[tuple[str, str]]] = {}
    for designation, role in designations.role.items():
        if designation in designations.holder:
            filling = designations.holder[designation], designation
            fillers.setdefault(role, set()).add(filling)

    def actors(party: str, seen: frozenset[str] = frozenset()) -> set[tuple[str, str]]:
        if party in seen:
            return set()
        if party in acts_for:
            return set().union(*(actors(p, seen | {party}) for p in acts_for[party]))
        return fillers.get(party, set()) if party in roles else {(party, _ITSELF)}

    party = first(store, "requiresActionOf")
    for mandate, condition in pairs(store, mand("hasCondition")):
        if condition in party and condition in kinds:
            for actor, by in sorted(actors(party[condition])):
                yield Asked(
                    mandate,
                    condition,
                    kinds[condition],
                    actor,
                    by,
                    begun.get(by),
                    ended.get(by),
                    designations.sure(by) if by else "all",
                )
