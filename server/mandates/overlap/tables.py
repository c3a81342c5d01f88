"""The input of the overlap method: plain tables, integer-coded, checked on the way in.

A `World` is a set of named tables of ``int64`` columns. A code is a position in a sorted tuple of
names, so the order of codes is the order of names and no result depends on the order of rows.
The caller has already chosen one recorded and one known state: the tables hold the holdings that
were knowable at that moment, and nothing here asks when anybody could know.

`World.from_rows` builds one from the small row classes below, for tests, examples and small data.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any, Final, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
Table = Mapping[str, IntArray]
Force = Literal["power", "duty", "liberty", "disability"]
Status = Literal["designated", "transitional", "de-facto", "direct"]
TieKind = Literal["oversees", "subordinate", "part-of", "delegates", "succeeds"]

OPEN: Final = 253_402_300_800
"""The ``until`` of an open interval: the first second of the year 10000."""

NONE: Final = -1
"""The code for "no value": unknown for an axis, none for an optional reference."""

SCHEMES: Final = ("function", "subject", "layer", "territory", "addressee")
FORCES: Final[tuple[Force, ...]] = ("power", "duty", "liberty", "disability")
STATUSES: Final[tuple[Status, ...]] = ("designated", "transitional", "de-facto", "direct")
TIES: Final[tuple[TieKind, ...]] = ("oversees", "subordinate", "part-of", "delegates", "succeeds")
CONDITIONS: Final = (
    "DiscretionaryConsultation",
    "MemorandumOfUnderstanding",
    "MandatoryConsultation",
    "Referral",
    "DefaultPosition",
    "JointAction",
    "Direction",
    "PriorApproval",
    "Concurrence",
)

#: Every table and column. The first word of a column's text is its kind: the name list a code
#: points into (with ``?`` where `NONE` is allowed), an enumeration, ``flag`` (0 or 1) or ``time``
#: (seconds since 1970-01-01T00:00:00Z).
SCHEMA: Final[dict[str, dict[str, str]]] = {
    "concept": {  # row i describes concept i
        "scheme": "scheme: which of the five axes the concept belongs to",
        "universal": "flag: 1 for the 'any …' concept of its scheme, above all others in it",
    },
    "broader": {
        "narrower": "concept: the more specific one",
        "wider": "concept: one immediately above it, in the same scheme (several are allowed)",
    },
    "mandate": {  # row i describes mandate i
        "force": "force: Hohfeldian position of the institution",
        "function": "concept?: what may or must be done",
        "leading": "flag: 1 if the holder acts in its own right, 0 if it assists or advises",
        "exclusive": "flag: 1 if the words claim that nobody else may",
        "sunset": "flag?: 1 if the words fix the mandate's own end or review, 0 if they do not",
        "instrument": "instrument?: the instrument whose repeal would leave it an orphan",
        "polity": "polity?: the legal order that confers it",
    },
    "mandate_subject": {
        "mandate": "mandate: whose",
        "concept": "concept: a subject it concerns",
    },
    "mandate_excluded": {
        "mandate": "mandate: whose",
        "concept": "concept: a subject carved out, with all below it",
    },
    "mandate_layer": {"mandate": "mandate: whose", "concept": "concept: a layer it concerns"},
    "mandate_territory": {"mandate": "mandate: whose", "concept": "concept: where it applies"},
    "mandate_addressee": {"mandate": "mandate: whose", "concept": "concept: whom it addresses"},
    "holding": {  # row i describes holding i
        "mandate": "mandate: what is held",
        "actor": "actor: who holds it",
        "since": "time: first second",
        "until": "time: first second no longer held, `OPEN` if open",
        "certain_since": "time: start of the part that is beyond doubt",
        "certain_until": "time: its end; not after certain_since if no part is",
        "status": "status: how the actor came to hold it; de-facto is never certain",
        "reading": "reading?: the reading of the law in which alone it stands",
    },
    "rival": {
        "a": "reading: one of two readings that cannot both be right",
        "b": "reading: the other",
    },
    "condition": {
        "mandate": "mandate: the one that the condition binds",
        "kind": "condition: how the counterpart takes part",
        "counterpart": "actor: who takes part",
    },
    "tie": {
        "kind": "tie: oversees, subordinate, part-of, delegates or succeeds, read 'a kind b'",
        "a": "actor: the subject of the sentence",
        "b": "actor: its object",
        "since": "time: first second",
        "until": "time: first second no longer",
    },
    "saving": {
        "a": "actor: one side of a succession",
        "b": "actor: the other side",
        "since": "time: when a saving clause begins to let both act",
        "until": "time: when it ends",
    },
    "instrument": {  # row i describes instrument i
        "since": "time: in force from",
        "until": "time: no longer in force from",
    },
    "expectation": {
        "function": "concept: of a reference cell that somebody should hold",
        "subject": "concept: of the same cell",
        "polity": "polity?: the legal order that should fill it",
        "since": "time: expected from",
        "until": "time: no longer expected from",
    },
    "incompatible": {
        "a": "concept: a function that should not be in one hand with",
        "b": "concept: this one, on the same subject",
    },
}

_ENUMS: Final[dict[str, tuple[str, ...]]] = {
    "scheme": SCHEMES,
    "force": FORCES,
    "status": STATUSES,
    "condition": CONDITIONS,
    "tie": TIES,
}
_NAME_LISTS: Final = (
    "concept",
    "actor",
    "mandate",
    "holding",
    "instrument",
    "reading",
    "polity",
)
_AXIS_TABLES: Final = {
    "mandate_subject": "subject",
    "mandate_excluded": "subject",
    "mandate_layer": "layer",
    "mandate_territory": "territory",
    "mandate_addressee": "addressee",
}


class WorldError(ValueError):
    """The tables do not describe a world; the message says which row and why."""


# Rows -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept of one of the five schemes; ``broader`` names those immediately above it."""

    id: str
    scheme: str
    broader: tuple[str, ...] = ()
    universal: bool = False


@dataclass(frozen=True, slots=True)
class Mandate:
    """A standing legal position. An empty axis is unknown, never all; so is an absent sunset."""

    id: str
    function: str | None = None
    subjects: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    addressees: tuple[str, ...] = ()
    force: Force = "power"
    leading: bool = True
    exclusive: bool = False
    sunset: bool | None = None
    instrument: str | None = None
    polity: str | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """A mandate in an actor's hands for ``[since, until)``; ``until=None`` is open.

    The certain part defaults to the whole; ``certain=None`` says that no part is certain.
    """

    id: str
    mandate: str
    actor: str
    since: datetime
    until: datetime | None = None
    certain: tuple[datetime, datetime | None] | Literal["all"] | None = "all"
    status: Status = "direct"
    reading: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of one mandate that names another actor."""

    mandate: str
    kind: str
    counterpart: str


@dataclass(frozen=True, slots=True)
class Tie:
    """A relation between two actors, read ``a kind b``; the default interval is all time."""

    kind: TieKind
    a: str
    b: str
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Saving:
    """A saving clause under which two actors of a succession may both act for a while."""

    a: str
    b: str
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Instrument:
    """When an instrument is in force."""

    id: str
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """A reference cell: a function on a subject that somebody should hold."""

    function: str
    subject: str
    polity: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A world as plain rows, before coding."""

    concepts: Sequence[Concept] = ()
    mandates: Sequence[Mandate] = ()
    holdings: Sequence[Holding] = ()
    conditions: Sequence[Condition] = ()
    ties: Sequence[Tie] = ()
    savings: Sequence[Saving] = ()
    instruments: Sequence[Instrument] = ()
    expectations: Sequence[Expectation] = ()
    rivals: Sequence[tuple[str, str]] = ()
    incompatible: Sequence[tuple[str, str]] = ()


EARLIEST: Final = -62_135_596_800
"""The ``since`` of an interval that has always been: the first second of the year 1."""


@lru_cache(maxsize=2**14)
def seconds(moment: datetime) -> int:
    """Return a moment as whole seconds since 1970-01-01T00:00:00Z.

    Raises:
        WorldError: if the moment has no offset or a part of a second.

    >>> from datetime import timedelta, timezone
    >>> seconds(datetime(1970, 1, 1, 5, tzinfo=timezone(timedelta(hours=5))))
    0
    """
    if moment.tzinfo is None:
        raise WorldError(f"{moment.isoformat()} has no offset from UTC")
    if moment.microsecond:
        raise WorldError(f"{moment.isoformat()} is finer than a second")
    return int(moment.timestamp())


def moment(value: int) -> datetime | None:
    """Return seconds as a UTC moment, and `OPEN` as ``None``.

    >>> moment(0).isoformat()
    '1970-01-01T00:00:00+00:00'
    >>> moment(OPEN) is None
    True
    """
    return None if value >= OPEN else datetime.fromtimestamp(value, UTC)


# The world ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """Named lists and coded tables; see `SCHEMA` for every column.

    Args:
        names: for each of ``concept``, ``actor``, ``mandate``, ``holding``, ``instrument``,
            ``reading`` and ``polity`` the sorted, distinct names; a code is a position in it.
        tables: the tables of `SCHEMA`; one left out is empty.

    Raises:
        WorldError: for an unknown table or code, an interval that ends before it begins, a
            certain part outside the possible one, a cycle in a hierarchy, a concept on the
            wrong axis, an actor in no list, or a mandate table of the wrong length.

    >>> world = World.from_rows(Rows(concepts=[Concept("f", "function")]))
    >>> world.names["concept"]
    ('f',)
    >>> World.from_rows(Rows(concepts=[
    ...     Concept("f", "function", ("g",)), Concept("g", "function", ("f",))]))
    Traceback (most recent call last):
    ...
    mandates.overlap.tables.WorldError: broader: a cycle runs through 'f', 'g'
    """

    names: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, Table]

    def __post_init__(self) -> None:
        names = {key: tuple(self.names.get(key, ())) for key in _NAME_LISTS}
        unknown = sorted({*self.names} - {*names}) + sorted({*self.tables} - {*SCHEMA})
        if unknown:
            raise WorldError(f"no such name list or table: {', '.join(unknown)}")
        for key, values in names.items():
            for left, right in pairwise(values):
                if left >= right:
                    raise WorldError(
                        f"names of {key}: {right!r} stands after {left!r}; "
                        "names must be sorted and distinct"
                    )
        tables = {key: _columns(key, self.tables.get(key, {})) for key in SCHEMA}
        for key in _AXIS_TABLES:
            tables[key] = _distinct(tables[key])
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "tables", tables)
        for key, table in tables.items():
            _check_table(key, table, names)
        _check_concepts(tables, names)
        _check_holdings(tables, names)

    @classmethod
    def from_rows(cls, rows: Rows) -> World:
        """Code plain rows.

        Raises:
            WorldError: as the class does, and for a name that is used but not described.

        >>> World.from_rows(Rows(mandates=[Mandate("m", function="licence")]))
        Traceback (most recent call last):
        ...
        mandates.overlap.tables.WorldError: mandate 'm': unknown concept 'licence'
        """
        return _code(rows)

    def to_rows(self) -> Rows:
        """Return the same world as plain rows, in the order of names.

        >>> World.from_rows(Rows(concepts=[Concept("f", "function")])).to_rows().concepts
        (Concept(id='f', scheme='function', broader=(), universal=False),)
        """
        return _decode(self)

    def size(self, table: str) -> int:
        """Return the number of rows of a table."""
        return len(next(iter(self.tables[table].values())))


def _columns(key: str, given: Table) -> dict[str, IntArray]:
    wanted = SCHEMA[key]
    extra = sorted({*given} - {*wanted})
    if extra:
        raise WorldError(f"{key}: no such column: {', '.join(extra)}")
    if not given:
        return {column: np.empty(0, np.int64) for column in wanted}
    missing = [column for column in wanted if column not in given]
    if missing:
        raise WorldError(f"{key}: column {missing[0]!r} is missing")
    columns = {column: np.ascontiguousarray(given[column], np.int64) for column in wanted}
    if len({len(values) for values in columns.values()}) > 1:
        raise WorldError(f"{key}: the columns differ in length")
    return columns


def _distinct(table: dict[str, IntArray]) -> dict[str, IntArray]:
    """Return a many-to-many table sorted by mandate and concept, each row once."""
    order = np.lexsort((table["concept"], table["mandate"]))
    rows = {column: values[order] for column, values in table.items()}
    fresh = np.ones(len(order), bool)
    fresh[1:] = (np.diff(rows["mandate"]) != 0) | (np.diff(rows["concept"]) != 0)
    return {column: values[fresh] for column, values in rows.items()}


def _check_table(key: str, table: Table, names: Mapping[str, tuple[str, ...]]) -> None:
    if key in names and len(next(iter(table.values()))) != len(names[key]):
        raise WorldError(
            f"{key}: {len(next(iter(table.values())))} rows for {len(names[key])} names"
        )
    for column, text in SCHEMA[key].items():
        kind = text.split(":")[0]
        values = table[column]
        optional = kind.endswith("?")
        kind = kind.rstrip("?")
        if kind == "time" or not len(values):
            continue
        top = 2 if kind == "flag" else len(_ENUMS[kind] if kind in _ENUMS else names[kind])
        wrong = np.flatnonzero((values < (NONE if optional else 0)) | (values >= top))
        if len(wrong):
            row = int(wrong[0])
            label = f"{key} {names[key][row]!r}" if key in names else f"{key} row {row}"
            raise WorldError(f"{label}: unknown {kind} {int(values[row])} in column {column!r}")
    if "since" in table:
        wrong = np.flatnonzero(table["until"] <= table["since"])
        if len(wrong):
            row = int(wrong[0])
            label = f"{key} {names[key][row]!r}" if key in names else f"{key} row {row}"
            raise WorldError(f"{label}: ends before or when it begins")


def _check_concepts(tables: Mapping[str, Table], names: Mapping[str, tuple[str, ...]]) -> None:
    concepts = names["concept"]
    scheme, universal = tables["concept"]["scheme"], tables["concept"]["universal"]
    for code in range(len(SCHEMES)):
        marked = np.flatnonzero((scheme == code) & (universal == 1))
        if len(marked) > 1:
            raise WorldError(
                f"scheme {SCHEMES[code]!r} has two universal concepts: "
                f"{concepts[marked[0]]!r} and {concepts[marked[1]]!r}"
            )
    narrower, wider = tables["broader"]["narrower"], tables["broader"]["wider"]
    for low, high in zip(narrower.tolist(), wider.tolist(), strict=True):
        if scheme[low] != scheme[high]:
            raise WorldError(
                f"broader: {concepts[low]!r} and {concepts[high]!r} are of different schemes"
            )
        if universal[low]:
            raise WorldError(f"broader: nothing is broader than the universal {concepts[low]!r}")
    for key, axis in _AXIS_TABLES.items():
        used = tables[key]["concept"]
        wrong = np.flatnonzero(scheme[used] != SCHEMES.index(axis)) if len(used) else used
        if len(wrong):
            row = int(wrong[0])
            raise WorldError(
                f"{key}: {concepts[used[row]]!r} is not a concept of the {axis} scheme"
            )
    functions = {
        "mandate": ("function",),
        "expectation": ("function",),
        "incompatible": ("a", "b"),
    }
    for key, columns in functions.items():
        for column in columns:
            used = tables[key][column]
            used = used[used >= 0]
            wrong = used[scheme[used] != SCHEMES.index("function")]
            if len(wrong):
                raise WorldError(
                    f"{key}: {concepts[wrong[0]]!r} is not a concept of the function scheme"
                )
    used = tables["expectation"]["subject"]
    wrong = used[scheme[used] != SCHEMES.index("subject")]
    if len(wrong):
        raise WorldError(
            f"expectation: {concepts[wrong[0]]!r} is not a concept of the subject scheme"
        )
    _check_acyclic(narrower, wider, concepts)


def _check_acyclic(narrower: IntArray, wider: IntArray, names: tuple[str, ...]) -> None:
    pairs = zip(narrower.tolist(), wider.tolist(), strict=True)
    check_acyclic((names[low], names[high]) for low, high in pairs)


def check_acyclic(broader: Iterable[tuple[str, str]]) -> None:
    """Refuse a hierarchy that runs in a circle.

    Args:
        broader: each concept with one immediately above it.

    Raises:
        WorldError: names the concepts on the circle.

    >>> check_acyclic([("a", "b"), ("b", "c")])
    """
    above: dict[str, set[str]] = {}
    below: dict[str, set[str]] = {}
    for low, high in broader:
        above.setdefault(low, set()).add(high)
        below.setdefault(high, set()).add(low)
    ready = [concept for concept in below if concept not in above]
    while ready:
        high = ready.pop()
        for low in below.get(high, ()):
            above[low].discard(high)
            if not above[low]:
                del above[low]
                ready.append(low)
    # What is left lies on a cycle or below one; walking upwards ends on the cycle itself.
    if above:
        path: list[str] = []
        here = min(above)
        while here not in path:
            path.append(here)
            here = min(above[here])
        cycle = sorted(path[path.index(here) :])
        raise WorldError(f"broader: a cycle runs through {', '.join(map(repr, cycle))}")


def _check_holdings(tables: Mapping[str, Table], names: Mapping[str, tuple[str, ...]]) -> None:
    holding = tables["holding"]
    some = holding["certain_since"] < holding["certain_until"]
    outside = some & (
        (holding["certain_since"] < holding["since"])
        | (holding["certain_until"] > holding["until"])
    )
    wrong = np.flatnonzero(outside)
    if len(wrong):
        raise WorldError(
            f"holding {names['holding'][wrong[0]]!r}: "
            "its certain part is not within its possible interval"
        )


# Coding and decoding --------------------------------------------------------------------------

_Row = TypeVar("_Row", Concept, Mandate, Holding, Instrument)


def _named(kind: str, rows: Sequence[_Row]) -> tuple[tuple[str, ...], list[_Row]]:
    ordered = sorted(rows, key=lambda row: row.id)
    for left, right in pairwise(ordered):
        if left.id == right.id:
            raise WorldError(f"{kind} {left.id!r} is described twice")
    return tuple(row.id for row in ordered), ordered


def _finder(names: Mapping[str, tuple[str, ...]]) -> _Finder:
    return _Finder({kind: {name: i for i, name in enumerate(v)} for kind, v in names.items()})


@dataclass(frozen=True)
class _Finder:
    codes: Mapping[str, Mapping[str, int]]

    def __call__(self, kind: str, name: str | None, where: str) -> int:
        if name is None:
            return NONE
        code = self.codes[kind].get(name)
        if code is None:
            near = difflib.get_close_matches(name, self.codes[kind], 3)
            hint = f"; near: {', '.join(near)}" if near else ""
            raise WorldError(f"{where}: unknown {kind} {name!r}{hint}")
        return code

    def column(
        self, kind: str, names: Sequence[str | None], where: Callable[[int], str]
    ) -> list[int]:
        """Code many names; which row one stands in is asked for only if it is unknown."""
        codes: dict[Any, int] = {**self.codes[kind], None: NONE}
        try:
            return [codes[name] for name in names]
        except KeyError:
            return [self(kind, name, where(row)) for row, name in enumerate(names)]


def _interval(since: datetime | None, until: datetime | None) -> tuple[int, int]:
    return (
        EARLIEST if since is None else seconds(since),
        OPEN if until is None else seconds(until),
    )


def _choice(options: tuple[str, ...], value: str, where: str) -> int:
    if value not in options:
        raise WorldError(f"{where}: {value!r} is none of {', '.join(options)}")
    return options.index(value)


def _code(rows: Rows) -> World:
    names: dict[str, tuple[str, ...]] = {}
    names["concept"], concepts = _named("concept", rows.concepts)
    names["mandate"], mandates = _named("mandate", rows.mandates)
    names["holding"], holdings = _named("holding", rows.holdings)
    names["instrument"], instruments = _named("instrument", rows.instruments)
    actors = {row.actor for row in rows.holdings} | {row.counterpart for row in rows.conditions}
    actors |= {actor for tie in rows.ties for actor in (tie.a, tie.b)}
    actors |= {actor for saving in rows.savings for actor in (saving.a, saving.b)}
    names["actor"] = tuple(sorted(actors))
    names["reading"] = tuple(
        sorted({row.reading for row in rows.holdings if row.reading} | set(sum(rows.rivals, ())))
    )
    polities = {row.polity for row in rows.mandates} | {row.polity for row in rows.expectations}
    names["polity"] = tuple(sorted(polity for polity in polities if polity is not None))
    find = _finder(names)
    out: dict[str, list[tuple[int, ...]]] = {key: [] for key in SCHEMA}
    for concept in concepts:
        where = f"concept {concept.id!r}"
        out["concept"].append((_choice(SCHEMES, concept.scheme, where), concept.universal))
        for name in sorted(set(concept.broader)):
            out["broader"].append(
                (find("concept", concept.id, where), find("concept", name, where))
            )
    for holding in holdings:
        if holding.since is None:
            raise WorldError(f"holding {holding.id!r}: has no beginning")
    for condition in rows.conditions:
        where = f"condition of mandate {condition.mandate!r}"
        out["condition"].append(
            (
                find("mandate", condition.mandate, where),
                _choice(CONDITIONS, condition.kind, where),
                find("actor", condition.counterpart, where),
            )
        )
    for tie in rows.ties:
        where = f"tie {tie.a!r} {tie.kind} {tie.b!r}"
        pair_codes = find("actor", tie.a, where), find("actor", tie.b, where)
        out["tie"].append(
            (_choice(TIES, tie.kind, where), *pair_codes, *_interval(tie.since, tie.until))
        )
    for saving in rows.savings:
        pair_codes = find("actor", saving.a, "saving"), find("actor", saving.b, "saving")
        out["saving"].append((*pair_codes, *_interval(saving.since, saving.until)))
    out["instrument"] = [_interval(row.since, row.until) for row in instruments]
    for cell in rows.expectations:
        out["expectation"].append(
            (
                find("concept", cell.function, "expectation"),
                find("concept", cell.subject, "expectation"),
                find("polity", cell.polity, "expectation"),
                *_interval(cell.since, cell.until),
            )
        )
    out["rival"] = [
        (find("reading", a, "rival"), find("reading", b, "rival")) for a, b in rows.rivals
    ]
    out["incompatible"] = [
        (find("concept", a, "incompatible"), find("concept", b, "incompatible"))
        for a, b in rows.incompatible
    ]
    tables = {key: _table(key, values) for key, values in out.items()}
    return World(names, tables | _code_mandates(mandates, find) | _code_holdings(holdings, find))


def _code_mandates(mandates: Sequence[Mandate], find: _Finder) -> dict[str, Table]:
    def where(row: int) -> str:
        return f"mandate {mandates[row].id!r}"

    tables: dict[str, Table] = {
        "mandate": _arrays(
            force=_choices(FORCES, [row.force for row in mandates], where),
            function=find.column("concept", [row.function for row in mandates], where),
            leading=[row.leading for row in mandates],
            exclusive=[row.exclusive for row in mandates],
            sunset=[NONE if row.sunset is None else row.sunset for row in mandates],
            instrument=find.column("instrument", [row.instrument for row in mandates], where),
            polity=find.column("polity", [row.polity for row in mandates], where),
        )
    }
    axes: dict[str, list[tuple[str, ...]]] = {
        "mandate_subject": [row.subjects for row in mandates],
        "mandate_excluded": [row.excluded for row in mandates],
        "mandate_layer": [row.layers for row in mandates],
        "mandate_territory": [row.territories for row in mandates],
        "mandate_addressee": [row.addressees for row in mandates],
    }
    for key, values in axes.items():
        tables[key] = _code_axis(values, find, where)
    return tables


def _code_axis(
    values: Sequence[tuple[str, ...]], find: _Finder, where: Callable[[int], str]
) -> Table:
    owner = np.repeat(np.arange(len(values)), [len(names) for names in values])
    names = list(chain.from_iterable(values))
    return _arrays(
        mandate=owner, concept=find.column("concept", names, lambda row: where(int(owner[row])))
    )


def _code_holdings(holdings: Sequence[Holding], find: _Finder) -> dict[str, Table]:
    def where(row: int) -> str:
        return f"holding {holdings[row].id!r}"

    times = []
    for holding in holdings:
        since, until = _interval(holding.since, holding.until)
        if holding.certain == "all":
            certain = since, until
        elif holding.certain is None:
            certain = until, until
        else:
            certain = _interval(*holding.certain)
        times.append((since, until, *certain))
    dates = np.array(times, np.int64).reshape(-1, 4)
    return {
        "holding": _arrays(
            mandate=find.column("mandate", [row.mandate for row in holdings], where),
            actor=find.column("actor", [row.actor for row in holdings], where),
            since=dates[:, 0],
            until=dates[:, 1],
            certain_since=dates[:, 2],
            certain_until=dates[:, 3],
            status=_choices(STATUSES, [row.status for row in holdings], where),
            reading=find.column("reading", [row.reading for row in holdings], where),
        )
    }


def _arrays(**columns: Sequence[int] | IntArray) -> Table:
    return {name: np.array(values, np.int64) for name, values in columns.items()}


def _choices(
    options: tuple[str, ...], values: Sequence[str], where: Callable[[int], str]
) -> list[int]:
    codes = {option: code for code, option in enumerate(options)}
    try:
        return [codes[value] for value in values]
    except KeyError:
        return [_choice(options, value, where(row)) for row, value in enumerate(values)]


def _table(key: str, rows: Iterable[tuple[int, ...]]) -> dict[str, IntArray]:
    columns = list(SCHEMA[key])
    data = np.array(list(rows), np.int64).reshape(-1, len(columns))
    return {column: data[:, i] for i, column in enumerate(columns)}


def _decode(world: World) -> Rows:
    names = world.names

    def each(key: str) -> Iterable[tuple[int, ...]]:
        return zip(*(column.tolist() for column in world.tables[key].values()), strict=True)

    def name(kind: str, code: int) -> str | None:
        return None if code == NONE else names[kind][code]

    def start(value: int) -> datetime | None:
        return None if value <= EARLIEST else moment(value)

    def many(key: str) -> dict[int, tuple[str, ...]]:
        found: dict[int, list[str]] = {}
        for mandate, concept in each(key):
            found.setdefault(mandate, []).append(names["concept"][concept])
        return {mandate: tuple(sorted(values)) for mandate, values in found.items()}

    wider: dict[int, list[str]] = {}
    for low, high in each("broader"):
        wider.setdefault(low, []).append(names["concept"][high])
    axes = {key: many(key) for key in _AXIS_TABLES}
    concepts = tuple(
        Concept(names["concept"][i], SCHEMES[s], tuple(sorted(wider.get(i, ()))), bool(u))
        for i, (s, u) in enumerate(each("concept"))
    )
    mandates = tuple(
        Mandate(
            names["mandate"][i],
            name("concept", function),
            axes["mandate_subject"].get(i, ()),
            axes["mandate_excluded"].get(i, ()),
            axes["mandate_layer"].get(i, ()),
            axes["mandate_territory"].get(i, ()),
            axes["mandate_addressee"].get(i, ()),
            FORCES[force],
            bool(leading),
            bool(exclusive),
            None if sunset == NONE else bool(sunset),
            name("instrument", instrument),
            name("polity", polity),
        )
        for i, (force, function, leading, exclusive, sunset, instrument, polity) in enumerate(
            each("mandate")
        )
    )
    holdings = []
    for i, (m, actor, since, until, c_since, c_until, status, reading) in enumerate(
        each("holding")
    ):
        begin = start(since)
        assert begin is not None
        certain_begin = moment(c_since)
        holdings.append(
            Holding(
                names["holding"][i],
                names["mandate"][m],
                names["actor"][actor],
                begin,
                moment(until),
                (certain_begin, moment(c_until))
                if c_since < c_until and certain_begin is not None
                else None,
                STATUSES[status],
                name("reading", reading),
            )
        )
    return Rows(
        concepts,
        mandates,
        tuple(holdings),
        tuple(
            Condition(names["mandate"][m], CONDITIONS[kind], names["actor"][actor])
            for m, kind, actor in each("condition")
        ),
        tuple(
            Tie(
                TIES[kind],
                names["actor"][a],
                names["actor"][b],
                start(since),
                moment(until),
            )
            for kind, a, b, since, until in each("tie")
        ),
        tuple(
            Saving(names["actor"][a], names["actor"][b], start(since), moment(until))
            for a, b, since, until in each("saving")
        ),
        tuple(
            Instrument(names["instrument"][i], start(since), moment(until))
            for i, (since, until) in enumerate(each("instrument"))
        ),
        tuple(
            Expectation(
                names["concept"][f],
                names["concept"][s],
                name("polity", polity),
                start(since),
                moment(until),
            )
            for f, s, polity, since, until in each("expectation")
        ),
        tuple((names["reading"][a], names["reading"][b]) for a, b in each("rival")),
        tuple((names["concept"][a], names["concept"][b]) for a, b in each("incompatible")),
    )
