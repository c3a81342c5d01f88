"""The input of the overlap method: plain tables, integer-coded, checked on the way in.

A `World` is a set of named tables of ``int64`` columns. A code is a position in a sorted tuple of
names, so the order of codes is the order of names and no result depends on the order of rows.
The caller has already chosen one recorded and one known state: the tables hold the holdings that
were knowable at that moment, and nothing here asks when anybody could know.

`World.from_rows` builds one from the small row classes below, for tests, examples and small data;
`World.from_columns` from columns of names, for much.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
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
#: The conditions without which nothing is done.
AGREEMENT: Final = ("PriorApproval", "Concurrence")

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
        "since": "time: first second at which it is the counterpart's part to take",
        "until": "time: first second no longer; another may fill the role that is named",
        "certain_since": "time: start of the part that is beyond doubt",
        "certain_until": "time: its end; not after certain_since if no part is",
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
_AXIS_FIELDS: Final = ("subjects", "excluded", "layers", "territories", "addressees")


@dataclass(frozen=True)
class Repeated:
    """A column of names or words in which few are said often.

    Attributes:
        words: each that is said, once; ``None`` for no value.
        rows: for each row the position of its word.
    """

    words: Sequence[Any]
    rows: IntArray

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Any]:
        return map(self.words.__getitem__, self.rows.tolist())


NamedTable = Mapping[str, Sequence[Any] | IntArray | Repeated]


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
    """A condition of one mandate that names another actor, or a role while that actor fills it.

    The default interval is all time. The certain part defaults to the whole; ``certain=None`` says
    that no part is certain, as when the actor fills the role on one reading of the law only.
    """

    mandate: str
    kind: str
    counterpart: str
    since: datetime | None = None
    until: datetime | None = None
    certain: tuple[datetime | None, datetime | None] | Literal["all"] | None = "all"


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
        _check_certain(tables, names)

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
        return cls.from_columns(named_columns(rows))

    @classmethod
    def from_columns(cls, columns: Mapping[str, NamedTable]) -> World:
        """Code columns of names.

        Args:
            columns: tables of `SCHEMA` with names and words in place of codes, ``None`` for no
                value, and times in seconds; a table that describes what is named has one column
                more, ``id``, which is sorted.

        Raises:
            WorldError: as the class does, and for a name that is used but not described.

        >>> World.from_columns({"instrument": {
        ...     "id": ["act"], "since": [0], "until": [OPEN]}}).names["instrument"]
        ('act',)
        """
        return _code(columns)

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


def _check_certain(tables: Mapping[str, Table], names: Mapping[str, tuple[str, ...]]) -> None:
    for key in ("holding", "condition"):
        table = tables[key]
        some = table["certain_since"] < table["certain_until"]
        outside = some & (
            (table["certain_since"] < table["since"]) | (table["certain_until"] > table["until"])
        )
        wrong = np.flatnonzero(outside)
        if len(wrong):
            row = int(wrong[0])
            label = f"{key} {names[key][row]!r}" if key in names else f"{key} row {row}"
            raise WorldError(f"{label}: its certain part is not within its possible interval")


# Coding and decoding --------------------------------------------------------------------------

_Row = TypeVar("_Row", Concept, Mandate, Holding, Instrument)

# What a row of a table that has no name of its own is called in an error.
_WHERE: Final = {
    "broader": "concept {narrower!r}",
    "condition": "condition of mandate {mandate!r}",
    "tie": "tie {a!r} {kind} {b!r}",
    **dict.fromkeys(_AXIS_TABLES, "mandate {mandate!r}"),
}


def named_columns(rows: Rows) -> dict[str, NamedTable]:
    """Turn plain rows into the columns that :meth:`World.from_columns` takes.

    Raises:
        WorldError: two rows have one name, a holding has no beginning, or a moment is none.

    >>> named_columns(Rows(concepts=[Concept("f", "function")]))["concept"]
    {'id': ['f'], 'scheme': ['function'], 'universal': [False]}
    """
    concepts = _sorted("concept", rows.concepts)
    mandates = _sorted("mandate", rows.mandates)
    holdings = _sorted("holding", rows.holdings)
    for holding in holdings:
        if holding.since is None:
            raise WorldError(f"holding {holding.id!r}: has no beginning")
    axes = {
        key: [(row.id, name) for row in mandates for name in getattr(row, field)]
        for key, field in zip(_AXIS_TABLES, _AXIS_FIELDS, strict=True)
    }
    broader = [(row.id, name) for row in concepts for name in sorted(set(row.broader))]
    return {
        "concept": _fields(concepts, "id", *SCHEMA["concept"]),
        "broader": _pairs("broader", broader),
        "mandate": _fields(mandates, "id", *SCHEMA["mandate"]),
        **{key: _pairs(key, pairs) for key, pairs in axes.items()},
        "holding": {
            **_fields(holdings, "id", "mandate", "actor", "since", "until", "status", "reading"),
            **_sure(holdings),
        },
        "instrument": _fields(_sorted("instrument", rows.instruments), "id", *SCHEMA["instrument"]),
        "condition": {
            **_fields(rows.conditions, "mandate", "kind", "counterpart", "since", "until"),
            **_sure(rows.conditions),
        },
        "tie": _fields(rows.ties, *SCHEMA["tie"]),
        "saving": _fields(rows.savings, *SCHEMA["saving"]),
        "expectation": _fields(rows.expectations, *SCHEMA["expectation"]),
        "rival": _pairs("rival", rows.rivals),
        "incompatible": _pairs("incompatible", rows.incompatible),
    }


def _sorted(kind: str, rows: Iterable[_Row]) -> list[_Row]:
    ordered = sorted(rows, key=lambda row: row.id)
    for left, right in pairwise(ordered):
        if left.id == right.id:
            raise WorldError(f"{kind} {left.id!r} is described twice")
    return ordered


def _fields(rows: Iterable[object], *columns: str) -> dict[str, list[Any]]:
    found = {column: [getattr(row, column) for row in rows] for column in columns}
    for column, code in (("since", _since), ("until", _until)):
        if column in found:
            found[column] = list(map(code, found[column]))
    return found


def _pairs(key: str, pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    return {column: [pair[i] for pair in pairs] for i, column in enumerate(SCHEMA[key])}


def _since(value: datetime | None) -> int:
    return EARLIEST if value is None else seconds(value)


def _until(value: datetime | None) -> int:
    return OPEN if value is None else seconds(value)


def _sure(rows: Iterable[Holding | Condition]) -> dict[str, list[int]]:
    spans = [certain_part(row) for row in rows]
    return {
        "certain_since": [since for since, _ in spans],
        "certain_until": [until for _, until in spans],
    }


def certain_part(row: Holding | Condition) -> tuple[int, int]:
    """Return the part of a holding or a condition that is beyond doubt, in seconds.

    Where no part is, it begins when all is over.

    >>> certain_part(Condition("m", "Referral", "a")) == (EARLIEST, OPEN)
    True
    >>> certain_part(Condition("m", "Referral", "a", certain=None)) == (OPEN, OPEN)
    True
    """
    if row.certain == "all":
        return _since(row.since), _until(row.until)
    if row.certain is None:
        return _until(row.until), _until(row.until)
    since, until = row.certain
    return _since(since), _until(until)


def _code(columns: Mapping[str, NamedTable]) -> World:
    kinds = {
        (key, column): text.split(":")[0].rstrip("?")
        for key, texts in SCHEMA.items()
        for column, text in texts.items()
    }
    names: dict[str, Sequence[str]] = {
        kind: list(columns.get(kind, {}).get("id", ())) for kind in _NAME_LISTS if kind in SCHEMA
    }
    used: dict[str, set[str | None]] = {kind: set() for kind in _NAME_LISTS if kind not in SCHEMA}
    for (key, column), kind in kinds.items():
        if kind in used:
            used[kind].update(_words(columns.get(key, {}).get(column, ())))
    names |= {kind: sorted(filter(None, values)) for kind, values in used.items()}
    codes: dict[str, dict[Any, int]] = {
        kind: {None: NONE, **{word: code for code, word in enumerate(words)}}
        for kind, words in (*_ENUMS.items(), *names.items())
    }
    codes["flag"] = {None: NONE, False: 0, True: 1}

    def coded(key: str, column: str) -> IntArray:
        values, kind = columns[key][column], kinds.get((key, column))
        if kind is None:  # the world knows no such column and says so
            return np.empty(0, np.int64)
        if kind == "time":
            return np.array(values, np.int64)
        words = _words(values)
        try:
            found = np.fromiter(map(codes[kind].__getitem__, words), np.int64, len(words))
            return found[values.rows] if isinstance(values, Repeated) else found
        except KeyError:
            row = next(row for row, value in enumerate(values) if value not in codes[kind])
        default = f"{key} {{id!r}}" if key in names else key
        cells = {name: list(cells)[row] for name, cells in columns[key].items()}
        where, value = _WHERE.get(key, default).format(**cells), cells[column]
        if kind in _ENUMS:
            raise WorldError(f"{where}: {value!r} is none of {', '.join(_ENUMS[kind])}")
        near = difflib.get_close_matches(value, names[kind], 3)
        hint = f"; near: {', '.join(near)}" if near else ""
        raise WorldError(f"{where}: unknown {kind} {value!r}{hint}")

    tables = {
        key: {column: coded(key, column) for column in table if column != "id"}
        for key, table in columns.items()
    }
    return World({kind: tuple(values) for kind, values in names.items()}, tables)


def _words(column: Sequence[Any] | IntArray | Repeated) -> Sequence[Any] | IntArray:
    return column.words if isinstance(column, Repeated) else column


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
            Condition(
                names["mandate"][m],
                CONDITIONS[kind],
                names["actor"][actor],
                start(since),
                moment(until),
                "all"
                if (c_since, c_until) == (since, until)
                else (start(c_since), moment(c_until))
                if c_since < c_until
                else None,
            )
            for m, kind, actor, since, until, c_since, c_until in each("condition")
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
