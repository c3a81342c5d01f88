"""Derive who holds which mandate, from when until when, and since when that could be known.

Nobody writes a holding by hand. A mandate is vested in a body or in a legal role; a designation
puts a body into a role between two events; an event took effect at one time and was notified at
another. From these three this module computes, for every mandate and every holder, the interval of
the holding as it was known during each stretch of time (``docs/authoring.md``, "Three clocks").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pyoxigraph as ox

from mandates.dataset.lookup import dates, first, instances, labels, pairs, table
from mandates.dataset.names import GRAPH, ID, MAND, PREF_LABEL, TYPE, XSD, mand

#: Graph that receives derived dates and holdings.
HOLDINGS = ox.NamedNode(GRAPH + "derived/holdings")


@dataclass(frozen=True)
class Instant:
    """When an event took effect and when that could be known.

    Attributes:
        earliest: first instant at which it may have taken effect.
        latest: first instant by which it certainly had; ``None`` while it may lie in the future.
        notified: first instant at which the public could know of it.
    """

    earliest: datetime
    latest: datetime | None
    notified: datetime


@dataclass(frozen=True)
class Interval:
    """A half-open interval with what is possible around what is certain.

    Attributes:
        start: first instant at which something may stand.
        until: first instant at which it certainly does not; ``None`` while open.
        certain_start: first instant at which it certainly stands; ``None`` if it may never begin.
        certain_until: first instant at which it may no longer stand; ``None`` while open.
    """

    start: datetime
    until: datetime | None
    certain_start: datetime | None
    certain_until: datetime | None

    def __bool__(self) -> bool:
        """Whether there is any instant in it."""
        return self.until is None or self.start < self.until


@dataclass(frozen=True)
class Holding:
    """One actor's hold on one mandate as known during one stretch of time.

    Attributes:
        mandate: IRI of the mandate.
        actor: IRI of the actor that holds.
        through: IRIs of offices, units or roles by which the actor acts.
        designation: IRI of the designation, ``None`` when the mandate names the actor itself.
        statuses: IRIs of the designation's status.
        readings: IRIs of the readings on which alone it stands.
        interval: when it stands.
        knowable_from: since when this could be known.
        knowable_until: when a later notification changed it; ``None`` if none has.
    """

    mandate: str
    actor: str
    through: tuple[str, ...]
    designation: str | None
    statuses: tuple[str, ...]
    readings: tuple[str, ...]
    interval: Interval
    knowable_from: datetime
    knowable_until: datetime | None

    @property
    def iri(self) -> str:
        """A stable name: mandate, holder and designation, and the knowledge if superseded."""
        country = self.mandate.removeprefix(ID).split("/", 1)[0]
        parts = [_slug(self.mandate), _slug(self.designation or self.actor)]
        if self.knowable_until:
            parts.append(f"known-{self.knowable_from:%Y-%m-%d}")
        return f"{ID}{country}/holding/{'--'.join(parts)}"


@dataclass
class _Position:
    """A mandate, designation, affiliation or actor with the events that begin and end it."""

    begins: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)


def derive(store: ox.Store) -> list[ox.Quad]:
    """Compute the dates of positions and all holdings, as triples.

    Args:
        store: asserted and entailed facts in named graphs.

    Returns:
        ``validFrom``, ``validUntil``, ``certainFrom``, ``certainUntil`` of mandates, designations,
        affiliations and instruments, and every holding record; in the graph :data:`HOLDINGS`.
    """
    facts = _Facts(store)
    triples: list[tuple[str, str, str | datetime]] = []
    for node, position in sorted(facts.positions.items()):
        interval = _interval(facts, [position], known_at=None)
        if interval is not None:
            triples += _dates(node, interval)
    for holding in sorted(holdings(store, facts), key=lambda h: h.iri):
        triples += _record(holding)
    quads = {
        ox.Quad(ox.NamedNode(s), mand(p), _value(o), HOLDINGS) for s, p, o in triples if p != "a"
    }
    quads |= {
        ox.Quad(ox.NamedNode(s), TYPE, ox.NamedNode(str(o)), HOLDINGS)
        for s, p, o in triples
        if p == "a"
    }
    return sorted(quads | facts.labels(triples), key=str)


def holdings(store: ox.Store, facts: _Facts | None = None) -> Iterator[Holding]:
    """Yield every holding, current and superseded.

    Args:
        store: asserted and entailed facts.
        facts: what was already read from the store.
    """
    facts = facts or _Facts(store)
    for mandate, bearer in facts.vested:
        for actor, through, designation in facts.bearers(bearer):
            positions = [facts.positions[mandate]]
            readings = set(facts.readings[mandate])
            statuses: tuple[str, ...] = ()
            if designation is not None:
                positions.append(facts.positions[designation])
                readings |= set(facts.readings[designation])
                statuses = tuple(sorted(facts.statuses[designation]))
            if any((one, other) in facts.rivals for one in readings for other in readings):
                continue  # no reading gives this mandate to this holder
            # An actor's own life bounds what it can hold; an office's or unit's does so too.
            positions += [facts.lives[a] for a in (actor, *through) if a in facts.lives]
            for interval, since, until in _versions(facts, positions):
                yield Holding(
                    mandate=mandate,
                    actor=actor,
                    through=through,
                    designation=designation,
                    statuses=statuses,
                    readings=tuple(sorted(readings)),
                    interval=interval,
                    knowable_from=since,
                    knowable_until=until,
                )


def _versions(
    facts: _Facts, positions: list[_Position]
) -> Iterator[tuple[Interval, datetime, datetime | None]]:
    """Yield what was known of the intersection of positions, notification by notification."""
    events = [facts.instants[e] for p in positions for e in (*p.begins, *p.ends)]
    moments = sorted({event.notified for event in events})
    versions: list[tuple[Interval, datetime]] = []
    for moment in moments:
        interval = _interval(facts, positions, known_at=moment)
        if interval is None and not versions:
            continue
        if not versions or versions[-1][0] != interval:
            versions.append((interval or _NOTHING, moment))
    for i, (interval, since) in enumerate(versions):
        if interval:
            yield interval, since, versions[i + 1][1] if i + 1 < len(versions) else None


_NOTHING = Interval(datetime.max, datetime.max, datetime.max, datetime.max)


def _interval(
    facts: _Facts, positions: list[_Position], known_at: datetime | None
) -> Interval | None:
    """Intersect positions as known at a moment; ``None`` when one has not begun by then."""
    starts: list[Instant] = []
    ends: list[Instant] = []
    for position in positions:
        begun = [facts.instants[e] for e in position.begins]
        if not begun or (known_at and any(b.notified > known_at for b in begun)):
            return None
        starts += begun
        ends += [
            end
            for end in (facts.instants[e] for e in position.ends)
            if known_at is None or end.notified <= known_at
        ]
    start = max(s.earliest for s in starts)
    until = min((e.latest for e in ends if e.latest), default=None)
    if until is not None and until <= start:
        return None
    sure = [s.latest for s in starts]
    certain = None if None in sure else max(s for s in sure if s)
    return Interval(
        start=start,
        until=until,
        certain_start=certain,
        # What may never begin may not stand from its very beginning.
        certain_until=min((e.earliest for e in ends), default=None) if certain else start,
    )


class _Facts:
    """What the derivation needs to know, read from the store once."""

    def __init__(self, store: ox.Store) -> None:
        effective, latest = dates(store, "effectiveFrom"), dates(store, "effectiveBy")
        notified = dates(store, "notifiedOn")
        precision = first(store, "effectivePrecision")
        open_ended = {e for e, value in precision.items() if value == MAND + "OpenPrecision"}
        # Where no notification is known, an event counts as known from when it took effect.
        self.instants = {
            event: Instant(
                when,
                None if event in open_ended else latest.get(event, when),
                notified.get(event, when),
            )
            for event, when in effective.items()
        }
        self.positions: defaultdict[str, _Position] = defaultdict(_Position)
        for node, event in pairs(store, mand("beginsWith")):
            if event in self.instants:
                self.positions[node].begins.append(event)
        for node, event in pairs(store, mand("endsWith")):
            if event in self.instants:
                self.positions[node].ends.append(event)
        self.lives: dict[str, _Position] = {}
        for predicate in ("establishedBy", "dissolvedBy"):
            for actor, event in pairs(store, mand(predicate)):
                if event in self.instants:
                    life = self.lives.setdefault(actor, _Position())
                    (life.begins if predicate == "establishedBy" else life.ends).append(event)
        self.lives = {actor: life for actor, life in self.lives.items() if life.begins}
        self.vested = pairs(store, mand("vestedIn"))
        self.readings = table(store, "inReading")
        self.rivals = set(pairs(store, mand("rivalOf")))
        self.statuses = table(store, "hasStatus")
        self._acts_for = table(store, "actsFor")
        self._roles = instances(store, "LegalRole")
        filled_by, fills = table(store, "filledBy"), table(store, "fills")
        units = table(store, "throughUnit")
        self._designations: defaultdict[str, list[tuple[str, str, tuple[str, ...]]]] = defaultdict(
            list
        )
        for designation, roles in sorted(fills.items()):
            for role in roles:
                for actor in filled_by[designation]:
                    self._designations[role].append((designation, actor, tuple(units[designation])))
        self._names = labels(store)

    def bearers(
        self, bearer: str, through: tuple[str, ...] = (), seen: frozenset[str] = frozenset()
    ) -> Iterator[tuple[str, tuple[str, ...], str | None]]:
        """Resolve who holds what is vested in an actor or role.

        An office, unit or subordinate role holds for the one it acts for; a role holds through each
        of its designations.

        Yields:
            The actor, the offices, units and roles between, and the designation if there is one.
        """
        if bearer in seen:
            raise ValueError(f"{bearer} acts for itself, by way of {', '.join(sorted(seen))}")
        seen |= {bearer}
        principals = self._acts_for[bearer]
        if principals:
            for principal in principals:
                yield from self.bearers(principal, (*through, bearer), seen)
        elif bearer in self._roles:
            for designation, actor, units in self._designations[bearer]:
                for holder, offices, _ in self.bearers(actor, through, seen):
                    yield holder, (*offices, *units), designation
        else:
            yield bearer, through, None

    def labels(self, triples: Iterable[tuple[str, str, str | datetime]]) -> set[ox.Quad]:
        """Give each holding a label made from those of its mandate and its holder."""
        mandates = {s: str(o) for s, p, o in triples if p == "ofMandate"}
        actors = {s: str(o) for s, p, o in triples if p == "heldBy"}
        return {
            ox.Quad(
                ox.NamedNode(node),
                PREF_LABEL,
                ox.Literal(
                    f"{self._names.get(actors[node], _slug(actors[node]))}: "
                    f"{self._names.get(mandate, _slug(mandate))}",
                    language="en",
                ),
                HOLDINGS,
            )
            for node, mandate in mandates.items()
        }


def _dates(node: str, interval: Interval) -> list[tuple[str, str, str | datetime]]:
    triples: list[tuple[str, str, str | datetime]] = [
        (node, "validFrom", interval.start),
    ]
    if interval.certain_start is not None:
        triples.append((node, "certainFrom", interval.certain_start))
    if interval.until is not None:
        triples.append((node, "validUntil", interval.until))
    if interval.certain_until is not None:
        triples.append((node, "certainUntil", interval.certain_until))
    return triples


def _record(holding: Holding) -> list[tuple[str, str, str | datetime]]:
    iri = holding.iri
    kind = "SupersededHolding" if holding.knowable_until else "Holding"
    triples: list[tuple[str, str, str | datetime]] = [
        (iri, "a", mand(kind).value),
        (iri, "a", mand("HoldingRecord").value),
        (iri, "ofMandate", holding.mandate),
        (iri, "heldBy", holding.actor),
        (iri, "knowableFrom", holding.knowable_from),
        *_dates(iri, holding.interval),
        *((iri, "heldThrough", through) for through in holding.through),
        *((iri, "inReading", reading) for reading in holding.readings),
        *((iri, "holdingStatus", status) for status in holding.statuses),
    ]
    if holding.designation:
        triples.append((iri, "underDesignation", holding.designation))
    if holding.knowable_until:
        triples.append((iri, "knowableUntil", holding.knowable_until))
    return triples


def _slug(iri: str) -> str:
    return iri.rsplit("/", 1)[-1]


def _value(value: str | datetime) -> ox.NamedNode | ox.Literal:
    if isinstance(value, datetime):
        return ox.Literal(value.isoformat(), datatype=ox.NamedNode(XSD + "dateTime"))
    return ox.NamedNode(value)
