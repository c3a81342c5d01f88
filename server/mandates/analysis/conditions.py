"""Whom the conditions of mandates name, and from when until when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyoxigraph as ox

from mandates.dataset.lookup import dates, first, instances, pairs, table
from mandates.dataset.names import mand
from mandates.overlap.tables import CONDITIONS

# A condition of reporting comes after the act, so it is weaker than any that comes before it; the
# method's weakest kind stands for it.
_KIND = {kind: kind for kind in CONDITIONS} | {"ReportingCondition": "DiscretionaryConsultation"}

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
    """

    mandate: str
    condition: str
    kind: str
    actor: str
    designation: str = _ITSELF
    since: datetime | None = None
    until: datetime | None = None


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
    role, holder = first(store, "fills"), first(store, "filledBy")
    fillers: dict[str, set[tuple[str, str]]] = {}
    for designation in role.keys() & holder.keys():
        fillers.setdefault(role[designation], set()).add((holder[designation], designation))

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
                )
