"""Turn a store into the plain tables of the overlap method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import numpy as np
import pyoxigraph as ox

from mandates.analysis.conditions import asked
from mandates.dataset.lookup import Numbered, dates, first, instances, pairs, subjects, table
from mandates.dataset.names import MAND, SKOS, TYPE, mand, polity
from mandates.overlap.tables import (
    FORCES,
    NONE,
    OPEN,
    SCHEMES,
    Concept,
    Condition,
    Expectation,
    Instrument,
    IntArray,
    NamedTable,
    Repeated,
    Rows,
    Saving,
    Status,
    Tie,
    TieKind,
    World,
    WorldError,
    named_columns,
    seconds,
)

_CLASSES = dict(
    zip(
        SCHEMES,
        ("Function", "SubjectMatter", "CyberspaceLayer", "Territory", "AddresseeGroup"),
        strict=True,
    )
)
_STATUS: dict[str, Status] = {
    MAND + "Designated": "designated",
    MAND + "Transitional": "transitional",
    MAND + "DeFacto": "de-facto",
}
_AXES = {
    "mandate_subject": "concernsSubject",
    "mandate_excluded": "excludesSubject",
    "mandate_layer": "concernsLayer",
    "mandate_territory": "appliesIn",
    "mandate_addressee": "addresses",
}
#: The properties that every mandate or every holding has.
_MANY = (
    "hasFunction",
    "conferredUnder",
    *_AXES.values(),
    "ofMandate",
    "heldBy",
    "validFrom",
    "validUntil",
    "certainFrom",
    "certainUntil",
    "holdingStatus",
)
_OWN = "?of="
_BROADER = ox.NamedNode(SKOS + "broader")


def read_world(store: ox.Store, *, known: datetime | None = None) -> World:
    """Read the tables of the overlap method from asserted, entailed and derived facts.

    Args:
        store: a built dataset.
        known: take the holdings as they were known at this moment; as known to the dataset if
            absent.

    Returns:
        Tables whose names are IRIs.

    Raises:
        mandates.overlap.tables.WorldError: the facts make no world; says which and why.

    >>> read_world(ox.Store()).size("holding")
    0
    """
    records = "Holding" if known is None else "HoldingRecord"
    said = Numbered(store, _MANY, (records, *map(str.capitalize, FORCES)))
    rivals = pairs(store, mand("rivalOf"))
    common = _Common(
        contested={reading for pair in rivals for reading in pair},
        since=_moments(said, "validFrom"),
        until=_moments(said, "validUntil"),
        under=_sources(said),
        refers=dict(table(store, "refersTo")),
    )
    rows = Rows(
        concepts=tuple(_concepts(store, common)),
        conditions=tuple(_conditions(store, common)),
        ties=tuple(_ties(store, common)),
        savings=tuple(_savings(store, common)),
        instruments=tuple(_instruments(store, common)),
        expectations=tuple(_expectations(store)),
        rivals=tuple(rivals),
        incompatible=tuple(_incompatible(store)),
    )
    # Of mandates and holdings there are many: columns of them, and no object for each.
    held = said.instances(records)
    if known is not None:
        held = held[_was_known(store, [said.names[record] for record in held], known)]
    mandates, holdings = _mandates(store, said, common), _holdings(store, said, held, common)
    return World.from_columns(named_columns(rows) | mandates | {"holding": holdings})


def _named(said: Numbered, numbers: IntArray) -> Repeated:
    used, rows = np.unique(numbers, return_inverse=True)
    return Repeated([None if n == said.UNKNOWN else said.names[n] for n in used.tolist()], rows)


def _moments(said: Numbered, name: str) -> dict[str, datetime]:
    """Map each name to its date, as :func:`mandates.dataset.lookup.dates` does."""
    found = said.first(name)
    which = np.flatnonzero(found != said.UNKNOWN)
    # Few days are the day of much, and each is then one object.
    days = _named(said, found[which])
    moments = Repeated(list(map(datetime.fromisoformat, days.words)), days.rows)
    return dict(zip(map(said.names.__getitem__, which.tolist()), moments, strict=True))


def _sources(said: Numbered) -> dict[str, tuple[str, ...]]:
    """Map each mandate to the instruments that confer it, sorted."""
    whose, instruments = (
        list(map(said.names.__getitem__, column.tolist()))
        for column in said.columns("conferredUnder")
    )
    sources: dict[str, tuple[str, ...]] = dict(zip(whose, zip(instruments), strict=True))
    if len(sources) < len(whose):  # some have several
        for mandate, instrument in zip(whose, instruments, strict=True):
            sources[mandate] = tuple(sorted({*sources[mandate], instrument}))
    return sources


def _sorted(said: Numbered, numbers: IntArray) -> tuple[list[str], IntArray]:
    ordered = sorted(numbers.tolist(), key=said.names.__getitem__)
    return list(map(said.names.__getitem__, ordered)), np.array(ordered, np.int64)


@dataclass(frozen=True)
class _Common:
    """What several tables are read from.

    Attributes:
        contested: the readings of the law that have a rival.
        since: when something begins to stand.
        until: when it ends.
        under: the instruments that confer a mandate.
        refers: what a mandate names as its matter.
    """

    contested: set[str]
    since: Mapping[str, datetime]
    until: Mapping[str, datetime]
    under: Mapping[str, Sequence[str]]
    refers: Mapping[str, Sequence[str]]


def own(concept: str, instrument: str) -> str:
    """Name a self-regarding subject as an instrument's own.

    The staff of one institution is not the staff of another, so on a subject marked
    ``mand:isSelfRegarding`` two mandates meet only if one instrument confers both: each instrument
    has a copy of the subject of its own in the tables.

    >>> plain(own("https://w3id.org/mandates/scheme/subject/institution-staff", "x"))
    'https://w3id.org/mandates/scheme/subject/institution-staff'
    """
    return f"{concept}{_OWN}{instrument}"


def plain(concept: str) -> str:
    """Return the subject that a name made by :func:`own` stands for, any other name as it is."""
    return concept.split(_OWN, 1)[0]


def owner(concept: str) -> str:
    """Return the instrument whose own a self-regarding subject is, else nothing.

    >>> owner(own("https://w3id.org/mandates/scheme/subject/institution-staff", "x"))
    'x'
    """
    return concept.partition(_OWN)[2]


def _concepts(store: ox.Store, common: _Common) -> Iterator[Concept]:
    broader: dict[str, list[str]] = {}
    for narrow, wide in pairs(store, _BROADER):
        broader.setdefault(narrow, []).append(wide)
    for scheme, cls in _CLASSES.items():
        for concept in sorted(instances(store, cls)):
            # The "any …" concept of a scheme stands above all others in it.
            name = concept.rsplit("/", 1)[-1]
            universal = name.startswith("any-") and concept not in broader
            yield Concept(concept, scheme, tuple(broader.get(concept, ())), universal)
    selfish = _self_regarding(store)
    # Without a subject to be anyone's own, no instrument needs to be looked at.
    for instrument in sorted(
        {i for under in common.under.values() for i in under} if selfish else ()
    ):
        for concept in sorted(selfish):
            above = (own(wide, instrument) for wide in broader.get(concept, ()) if wide in selfish)
            yield Concept(own(concept, instrument), "subject", tuple(above))


def _self_regarding(store: ox.Store) -> set[str]:
    """Collect the subjects that are marked self-regarding, with everything narrower."""
    marked = {c for c, value in first(store, "isSelfRegarding").items() if value in ("true", "1")}
    transitive = ox.NamedNode(SKOS + "broaderTransitive")
    return marked | {narrow for narrow, wide in pairs(store, transitive) if wide in marked}


def _mandates(store: ox.Store, said: Numbered, common: _Common) -> dict[str, NamedTable]:
    sunsets, read = first(store, "hasSunset"), first(store, "isReadForSunsets")
    whole = {instrument for instrument, value in read.items() if value in ("true", "1")}
    claims = first(store, "isExclusive")
    exclusive = {mandate for mandate, value in claims.items() if value in ("true", "1")}
    refers, under, ended = common.refers, common.under, first(store, "endsWith")
    forces = np.full(len(said.names), NONE)
    for code, force in enumerate(FORCES):
        forces[said.instances(force.capitalize())] = code
    ids, numbers = _sorted(said, np.flatnonzero(forces != NONE))
    selfish = _self_regarding(store)
    helping = subjects(store, mand("inCapacity"), mand("SupportCapacity"))
    # What a mandate names as its matter orphans it when it goes, as its own instrument does; of
    # several the one that has ended tells.
    sources = {**under, **{m: (*named, *under.get(m, ())) for m, named in refers.items()}}
    basis = {
        mandate: few[0] if len(few) == 1 else next((s for s in few if s in ended), few[0])
        for mandate, few in sources.items()
    }
    endless = {mandate for mandate, few in under.items() if whole and whole.issuperset(few)}
    personal = np.array([name in selfish for name in said.names], bool)

    def axis(name: str) -> NamedTable:
        whose, values = said.columns(name)
        standing = forces[whose] != NONE
        whose, values = whose[standing], values[standing]
        mandates, concepts = _named(said, whose), _named(said, values)
        if not personal[values].any():
            return {"mandate": mandates, "concept": concepts}
        return {
            "mandate": mandates,
            "concept": [
                own(value, under[mandate][0]) if value in selfish and mandate in under else value
                for mandate, value in zip(mandates, concepts, strict=True)
            ],
        }

    mandates: NamedTable = {
        "id": ids,
        "force": Repeated(FORCES, forces[numbers]),
        "function": _named(said, said.first("hasFunction")[numbers]),
        "leading": [mandate not in helping for mandate in ids],
        "exclusive": [mandate in exclusive for mandate in ids],
        "sunset": [True if m in sunsets else False if m in endless else None for m in ids],
        "instrument": list(map(basis.get, ids)),
        "polity": list(map(polity, ids)),
    }
    return {"mandate": mandates} | {table: axis(name) for table, name in _AXES.items()}


def _holdings(store: ox.Store, said: Numbered, held: IntArray, common: _Common) -> NamedTable:
    ids, numbers = _sorted(said, held)
    of, by, begun, status = (
        said.first(name)[numbers] for name in ("ofMandate", "heldBy", "validFrom", "holdingStatus")
    )
    for name, values in (("mandate", of), ("actor", by), ("beginning", begun)):
        for row in np.flatnonzero(values == said.UNKNOWN).tolist():
            raise WorldError(f"holding {ids[row]!r}: has no {name}")

    def times(name: str) -> IntArray:
        days = _named(said, said.first(name)[numbers])
        moments = (
            OPEN if day is None else seconds(datetime.fromisoformat(day)) for day in days.words
        )
        return np.fromiter(moments, np.int64, len(days.words))[days.rows]

    since, until, sure, unsure = map(
        times, ("validFrom", "validUntil", "certainFrom", "certainUntil")
    )
    sure = np.where(sure == OPEN, since, sure)
    some = sure < unsure
    kinds = _named(said, status)
    # One reading per holding: of several the contested one, which is what makes it doubtful.
    reading = {
        record: min(found, key=lambda r: (r not in common.contested, r))
        for record, found in table(store, "inReading").items()
    }
    return {
        "id": ids,
        "mandate": _named(said, of),
        "actor": _named(said, by),
        "since": since,
        "until": until,
        # Where no part is certain, the certain part begins when all is over.
        "certain_since": np.where(some, sure, until),
        "certain_until": np.where(some, unsure, until),
        "status": Repeated([_STATUS.get(kind, "direct") for kind in kinds.words], kinds.rows),
        "reading": list(map(reading.get, ids)),
    }


def _was_known(store: ox.Store, records: Sequence[str], known: datetime) -> list[bool]:
    """Tell of each holding record whether it says what was known at a moment."""
    since, until = dates(store, "knowableFrom"), dates(store, "knowableUntil")
    for record in sorted(set(records) - since.keys()):
        raise WorldError(f"holding {record!r}: since when it could be known is not stated")
    return [
        since[record] <= known and (record not in until or known < until[record])
        for record in records
    ]


def _conditions(store: ox.Store, common: _Common) -> Iterator[Condition]:
    for one in asked(store, common.since, common.until):
        yield Condition(one.mandate, one.kind, one.actor, one.since, one.until, one.certain)


def _ties(store: ox.Store, common: _Common) -> Iterator[Tie]:
    since, until, contested = common.since, common.until, common.contested
    low, high = first(store, "affiliate"), first(store, "affiliatedWith")
    readings = table(store, "inReading")
    dated: set[tuple[str, str]] = set()
    ways: tuple[tuple[str, TieKind, bool], ...] = (
        ("AdministrativeControl", "subordinate", False),
        ("Oversight", "oversees", True),
    )
    for cls, kind, swap in ways:
        for node in sorted(instances(store, cls)):
            a, b = (high[node], low[node]) if swap else (low[node], high[node])
            dated |= {(a, b), (b, a)}
            # Control that a rival reading denies excuses no overlap.
            if contested.isdisjoint(readings[node]):
                yield Tie(kind, a, b, since.get(node), until.get(node))
    plain: tuple[tuple[str, TieKind], ...] = (
        ("subordinateTo", "subordinate"),
        ("oversees", "oversees"),
        ("unitOf", "part-of"),
        ("officeOf", "part-of"),
        ("succeeds", "succeeds"),
    )
    for name, kind in plain:
        for a, b in pairs(store, mand(name)):
            # A dated affiliation says more than the undated shortcut derived from it.
            if (a, b) not in dated or kind not in ("subordinate", "oversees"):
                yield Tie(kind, a, b)
    yield from _delegations(store, until)


def _delegations(store: ox.Store, until: Mapping[str, datetime]) -> Iterator[Tie]:
    """Tie who let another act, by an event or the instrument behind it, to the actors it names.

    It lasts from the event to the end of the instrument, if that has one.
    """
    begun = dates(store, "effectiveFrom")
    by, maker = table(store, "broughtAboutBy"), table(store, "madeBy")
    affected, actors = table(store, "affects"), instances(store, "Actor")
    for event in sorted(instances(store, "DelegationEvent")):
        ends = [until[source] for source in by[event] if source in until]
        for a in sorted({m for source in (event, *by[event]) for m in maker[source]}):
            for b in affected[event]:
                if b in actors and a != b:
                    yield Tie("delegates", a, b, begun.get(event), min(ends, default=None))


def _savings(store: ox.Store, common: _Common) -> Iterator[Saving]:
    since, until = common.since, common.until
    role, holder = first(store, "fills"), first(store, "filledBy")
    for _, saved in pairs(store, mand("saves")):
        if saved not in role or saved not in holder:
            continue
        others = {holder[d] for d, r in role.items() if r == role[saved] and d in holder}
        for other in sorted(others - {holder[saved]}):
            yield Saving(holder[saved], other, since.get(saved), until.get(saved))


def _instruments(store: ox.Store, common: _Common) -> Iterator[Instrument]:
    since, until = common.since, common.until
    sources = {
        q.subject.value  # type: ignore[union-attr]
        for cls in ("Instrument", "Provision")
        for q in store.quads_for_pattern(None, TYPE, mand(cls), None)
    }
    for named in (common.refers, common.under):
        sources.update(chain.from_iterable(named.values()))
    for source in sorted(sources):
        yield Instrument(source, since.get(source), until.get(source))


def _expectations(store: ox.Store) -> Iterator[Expectation]:
    function, subject = first(store, "expectsFunction"), first(store, "expectsSubject")
    sought, cells = table(store, "soughtIn"), instances(store, "ReferenceCell")
    everywhere = cells - sought.keys()
    polities = {polity(m) for m in instances(store, "Mandate")} if everywhere else ()
    for cell in sorted(cells):
        # What was not looked for in a legal order is unknown there, not absent.
        for order in sorted({polity(state) for state in sought[cell]} or polities):
            yield Expectation(function[cell], subject[cell], order)


def _incompatible(store: ox.Store) -> Iterator[tuple[str, str]]:
    one, other = first(store, "firstFunction"), first(store, "secondFunction")
    for pair in sorted(instances(store, "IncompatibleFunctions")):
        yield one[pair], other[pair]
