"""The Python interface: load a dataset, ask who holds what and where mandates meet.

>>> from mandates import load                                   # doctest: +SKIP
>>> d = load()                                                  # doctest: +SKIP
>>> d.overlaps("pta", "fia", as_of="2025-08-06").to_pandas()    # doctest: +SKIP
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    NamedTuple,
    TypedDict,
    TypeVar,
    Unpack,
    overload,
)

import pyoxigraph as ox

from mandates.analysis.actors import resolve, split_names
from mandates.analysis.world import read_world
from mandates.dataset.names import PREFIXES
from mandates.dataset.snapshot import SnapshotError, open_store, read_snapshot
from mandates.dataset.terms import Value, python
from mandates.overlap.tables import World
from mandates.report.days import PAKISTAN, near_day, read_moment
from mandates.report.making import (
    Scope,
    make_comparison,
    make_counterfactual,
    make_report,
    make_what_if,
)
from mandates.report.model import Entry, Report
from mandates.report.texts import Texts

if TYPE_CHECKING:
    import pandas

Day = str | date | datetime
#: Names, each by itself or several in a text with commas between them.
Names = str | Iterable[str]
Row = TypeVar("Row")


#: Limits that are names: the class of what bears them, and what that is called.
_NAMED = {
    "actors": ("Actor", "actor"),
    "subjects": ("SubjectMatter", "subject matter"),
    "layers": ("CyberspaceLayer", "layer"),
    "countries": ("", "legal order"),
}


class Limits(TypedDict, total=False):
    """What a report is limited to; each limit is absent or as the command's option of its name.

    Attributes:
        actors: institutions to compare, by abbreviation, label or IRI.
        subjects: subject matters. A finding counts if its matter lies within one of them or
            contains it.
        layers: layers of cyberspace. A finding counts if a pair behind it touches one of them, or
            leaves open which it touches.
        countries: codes of legal orders, as ``pk``.
        minimum_score: leave out findings below this contention, from 0 to 100.
        language: language of labels, ``en`` or ``ur``.
    """

    actors: Names
    subjects: Names
    layers: Names
    countries: Names
    minimum_score: int
    language: str


@dataclass(frozen=True)
class Held:
    """One actor's hold on one mandate.

    Attributes:
        holding: IRI of the holding.
        actor: IRI of the holder.
        holder: its label.
        mandate: IRI of the mandate.
        force: power, duty, liberty or disability.
        action: what the holder may, must or must not do.
        provision: the provisions that confer it, as people cite them.
        since: the moment from which it may stand: midnight where the law applies, with the offset
            of that place, so that ``since.date()`` is the first day.
        until: the moment from which it certainly no longer stands, written so too; ``None`` while
            open.
        title: by what it is held.
        reading: the reading on which alone it stands, empty when on all.
        certain: whether nothing about it is in doubt.
    """

    holding: str
    actor: str
    holder: str
    mandate: str
    force: str
    action: str
    provision: str
    since: datetime
    until: datetime | None
    title: str
    reading: str
    certain: bool


class Table(Sequence[Row], Generic[Row]):
    """Rows that can be walked through, or taken as a data frame.

    Args:
        rows: dataclasses, named tuples, dictionaries or plain values.
        columns: what the rows are made of: their class, or names; of an empty table nothing else
            tells.

    >>> list(Table([1, 2]))
    [1, 2]
    """

    def __init__(self, rows: Iterable[Row], columns: type[Row] | Sequence[str] = ()) -> None:
        self._rows, self._of = tuple(rows), columns

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Table[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Table[Row]:
        return Table(self._rows[index], self._of) if isinstance(index, slice) else self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __repr__(self) -> str:
        return f"Table({list(self._rows)!r})"

    def to_pandas(self) -> pandas.DataFrame:
        """Return the rows as a data frame, a column for each attribute; an empty one has them too.

        Every column of days or moments has the dtype ``datetime64[us]`` and holds the clock of the
        place where the law applies, which is midnight of the day: pandas has no column of several
        offsets, and in UTC most days would be the day before. The rows themselves keep the offset.
        Decimal numbers become floats; of whole numbers and truth values of which some are missing
        the dtype is ``Int64`` and ``boolean``.

        Raises:
            ImportError: pandas, the ``frames`` extra, is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError("data frames need pandas: pip install 'mandates[frames]'") from None
        kinds = _kinds(self._of)
        rows = [_flat(row) for row in self._rows]
        return pandas.DataFrame(
            {
                name: _series([row[name] for row in rows], kinds.get(name, ""))
                for name in (rows[0] if rows else kinds)
            }
        )


def _kinds(of: type | Sequence[str]) -> dict[str, str]:
    """Map the columns of a table to their types, as annotations have them."""
    if not isinstance(of, type):
        return dict.fromkeys(of, "")
    if issubclass(of, Entry):
        kept = {f.name: str(f.type) for f in fields(of) if f.name not in _NESTED}
        return kept | {"first_provision": "str", "second_provision": "str", "named_by": "int"}
    if is_dataclass(of):
        return {f.name: str(f.type) for f in fields(of)}
    return dict.fromkeys(getattr(of, "_fields", ()), "")


def _series(values: list[Any], kind: str) -> pandas.Series:
    """Make a column of one dtype."""
    import numpy
    import pandas

    given = [value for value in values if value is not None]
    types = {type(value) for value in given}
    if kind.startswith("datetime") or (types and all(issubclass(t, date) for t in types)):
        # Without the offset: the clock of the place.
        clock = [v.replace(tzinfo=None) if isinstance(v, datetime) else v for v in values]
        return pandas.Series(numpy.array(clock, dtype="datetime64[us]"))
    if kind.startswith("float"):
        return pandas.Series(values, dtype="float64")
    if not values:
        sample: dict[str, list[Any]] = {"str": [""], "int": [0], "bool": [False]}
        return pandas.Series(sample.get(kind, [()]))[:0]
    if types and types <= {int, Decimal, float} and types != {int}:
        return pandas.Series([None if v is None else float(v) for v in values], dtype="float64")
    if len(given) < len(values) and types in ({int}, {bool}):
        return pandas.Series(values, dtype="Int64" if types == {int} else "boolean")
    return pandas.Series(values)


def _flat(row: object) -> dict[str, Any]:
    if isinstance(row, Entry):
        pair = row.pairs[0] if row.pairs else None
        return {
            **{f.name: getattr(row, f.name) for f in fields(row) if f.name not in _NESTED},
            "first_provision": pair.first.citation if pair else "",
            "second_provision": pair.second.citation if pair and pair.second else "",
            "named_by": len(row.witnesses),
        }
    if is_dataclass(row) and not isinstance(row, type):
        return asdict(row)
    if isinstance(row, dict):
        return row
    if isinstance(row, tuple) and hasattr(row, "_asdict"):
        named: dict[str, Any] = row._asdict()
        return named
    return {"value": row}


_NESTED = ("pairs", "parts", "witnesses", "shares", "brief")


class Triple(NamedTuple):
    """A statement of a graph, each part as a Python value.

    Attributes:
        subject: IRI, or the name of a blank node.
        predicate: IRI.
        object: IRI, blank node or the value of a literal.
    """

    subject: Value
    predicate: Value
    object: Value


class Graph(Table[Triple]):
    """The triples that a query made, as rows or as Turtle.

    Args:
        triples: as the RDF library has them.

    >>> Graph([]).to_turtle()
    ''
    """

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self._triples = tuple(triples)
        rows = [
            Triple(python(t.subject), python(t.predicate), python(t.object)) for t in self._triples
        ]
        super().__init__(rows, Triple)

    def to_turtle(self) -> str:
        """Write it as Turtle with the project's prefixes."""
        if not self._triples:
            return ""
        written = ox.serialize(self._triples, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES)
        return (written or b"").decode()


class Data:
    """A dataset, opened.

    Args:
        store: a built dataset; its default graph is the union of its named graphs.
        version: its version.
    """

    def __init__(self, store: ox.Store, version: str = "") -> None:
        self.store, self.version = store, version

    def __repr__(self) -> str:
        return f"<mandates dataset {self.version or 'unreleased'}>"

    @cached_property
    def _texts(self) -> Texts:
        return Texts(self.store)

    def world(self, *, known: Day | None = None) -> World:
        """The tables of the overlap method, as known to the dataset or on a day."""
        return read_world(self.store, known=_moment(known))

    def holdings(
        self, actor: Names | None = None, *, as_of: Day | None = None, known: Day | None = None
    ) -> Table[Held]:
        """List who holds which mandate.

        Args:
            actor: only those of this institution, by abbreviation, label or IRI, or of these:
                ``"pta,fia"`` or ``["pta", "fia"]``; everybody's when absent.
            as_of: only those in effect on this day, as ``2025-08-06`` or a date.
            known: as it was known on this day.

        Raises:
            UnknownActorError: nobody is called so; gives near matches.
            ValueError: not a day, or no name.
            TypeError: a day or a name of a kind that can be none.
        """
        texts, when = self._texts, _moment(as_of)
        wanted = None if actor is None else set(self._actors(actor))
        found = []
        for h in self.world(known=known).to_rows().holdings:
            if wanted is not None and h.actor not in wanted:
                continue
            if when is not None and not (h.since <= when and (h.until is None or when < h.until)):
                continue
            p = texts.position(h.id)
            found.append(
                Held(
                    holding=h.id,
                    actor=h.actor,
                    holder=p.holder,
                    mandate=h.mandate,
                    force=texts.force[h.mandate],
                    action=p.action,
                    provision=p.citation,
                    since=p.since,
                    until=p.until,
                    title=p.title,
                    reading=p.reading,
                    certain=h.certain == "all",
                )
            )
        return Table(found, Held)

    def overlaps(
        self,
        first: Names,
        second: Names | None = None,
        *,
        as_of: Day | None = None,
        known: Day | None = None,
        minimum_score: int = 0,
    ) -> Table[Entry]:
        """List the findings between two institutions, or all in which one takes part.

        A report on several institutions has more: there, a contested holding stands with each side
        of it. Here both institutions take part in each finding.

        Args:
            first: an institution, by abbreviation, label or IRI. Several are asked about together.
            second: another; everybody when absent.
            as_of: on this day; today when absent.
            known: as it was known on this day.
            minimum_score: leave out findings below this contention.

        Returns:
            Findings, strongest first within each relation, each with both sides' words.

        Raises:
            UnknownActorError: nobody is called so; gives near matches.
            ValueError: not a day, no name, or the same institution twice.
            TypeError: a day or a name of a kind that can be none.
        """
        one = self._actors(first)
        two = one if second is None else self._actors(second)
        if second is not None and set(one) == set(two):
            who = " and ".join(self._texts.name(actor) for actor in one)
            raise ValueError(
                f"{first!r} and {second!r} are the same, {who}; leave the second out for all that "
                "the first meets"
            )
        report = self.report(
            as_of=as_of,
            known=known,
            scope=Scope([] if second is None else [*one, *two], minimum_score=minimum_score),
        )

        def between(entry: Entry) -> bool:
            takes_part = set(entry.actor_iris)
            if second is None:
                return not takes_part.isdisjoint(one)
            # A name may be that of several, and the other name that of one of these.
            return any(a != b for a in takes_part & set(one) for b in takes_part & set(two))

        counted = ("gap", "sunset-coverage", "fragmentation")
        return Table((e for e in report.entries if e.relation not in counted and between(e)), Entry)

    def report(
        self,
        *,
        as_of: Day | None = None,
        known: Day | None = None,
        scope: Scope | None = None,
        **limits: Unpack[Limits],
    ) -> Report:
        """Make a report of the state on a day; ``mandates.report.render`` shows it.

        Args:
            as_of: the day; today when absent.
            known: as it was known on this day.
            scope: the limits in one, for those who have them so.
            **limits: ``actors``, ``subjects``, ``layers``, ``countries``, ``minimum_score`` and
                ``language``, as the command has them: ``actors="fia,nccia"`` or
                ``actors=["fia", "nccia"]``. See :class:`Limits`.

        Raises:
            UnknownNameError: nobody and nothing is called so; gives near matches.
            ValueError: not a day, no name, or a contention that is not from 0 to 100.
            TypeError: no such limit, limits beside a scope, or a day or name that can be none.
        """
        return make_report(
            self.store,
            as_of=_moment(as_of) or _today(),
            known=_moment(known),
            scope=self._scope(scope, limits),
            version=self.version,
        )

    def between(
        self,
        since: Day,
        until: Day,
        *,
        known: Day | None = None,
        scope: Scope | None = None,
        **limits: Unpack[Limits],
    ) -> Report:
        """Report what appeared, ended and changed between two days, and what brought it about.

        Limits and errors are those of :meth:`report`.
        """
        first, second = _moment(since), _moment(until)
        if first is None or second is None:
            raise TypeError("a comparison needs two days")
        return make_comparison(
            self.store,
            since=first,
            until=second,
            known=_moment(known),
            scope=self._scope(scope, limits),
            version=self.version,
        )

    def what_if(
        self,
        *bill: str | Path,
        as_of: Day | None = None,
        known: Day | None = None,
        scope: Scope | None = None,
        **limits: Unpack[Limits],
    ) -> Report:
        """Report what a bill, in Turtle files, would change.

        Limits and errors are those of :meth:`report`.
        """
        return make_what_if(
            self.store,
            bill=[Path(path) for path in bill],
            as_of=_moment(as_of),
            known=_moment(known),
            scope=self._scope(scope, limits),
            version=self.version,
        )

    def without(
        self,
        instrument: str,
        *,
        as_of: Day | None = None,
        scope: Scope | None = None,
        **limits: Unpack[Limits],
    ) -> Report:
        """Report what an instrument of the record changed.

        Limits and errors are those of :meth:`report`.
        """
        return make_counterfactual(
            self.store,
            instrument=instrument,
            as_of=_moment(as_of),
            scope=self._scope(scope, limits),
            version=self.version,
        )

    def _actors(self, given: Names) -> list[str]:
        return resolve(self.store, self._named(given, "Actor", "actor"))

    def _named(self, given: Names, cls: str, what: str) -> list[str]:
        """List names that were given as a text or one by one."""
        if not isinstance(given, str | Iterable):
            raise TypeError(f"a name is text, not {type(given).__name__}: {given!r}")
        listed = split_names(self.store, cls, given) if isinstance(given, str) else list(given)
        for name in listed:
            if not isinstance(name, str):
                raise TypeError(f"a name is text, not {type(name).__name__}: {name!r}")
        if not listed:
            raise ValueError(f"no {what} is named; leave it out for all")
        return listed

    def _scope(self, scope: Scope | None, limits: Limits) -> Scope:
        if scope is not None and limits:
            raise TypeError(f"give a scope or limits, not both: {', '.join(limits)}")
        if scope is not None:
            return scope
        listed: dict[str, Any] = {}
        for name, value in limits.items():
            if name not in Limits.__annotations__:
                near = difflib.get_close_matches(name, Limits.__annotations__, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise TypeError(f"no limit is called {name!r}{hint}")
            listed[name] = value
            if name in _NAMED and value not in ((), []):
                cls, what = _NAMED[name]
                listed[name] = self._named(value, cls, what)  # type: ignore[arg-type]
        return Scope(**listed)

    def query(self, text: str) -> Table[dict[str, Value]] | Graph | bool:
        """Run a SPARQL query; the project's prefixes are declared already.

        Returns:
            Of SELECT a table: each row maps the variables to Python values. An IRI is plain text,
            in full, as ``Held.mandate`` has it; numbers, truth values, dates and moments are what
            their datatypes say; text in a language knows it (``label.language``); ``None`` stands
            where nothing is bound. Of ASK whether there is an answer; of CONSTRUCT and DESCRIBE the
            triples.

        Raises:
            SyntaxError: a mistake in the query, with line and column in the text given.

        >>> Data(ox.Store()).query("SELECT (1 + 1 AS ?two) ?none {}")[0]
        {'two': 2, 'none': None}
        >>> Data(ox.Store()).query("ASK { ?m a mand:Mandate }")
        False
        """
        from mandates.ask import run

        result = run(self.store, text)
        if isinstance(result, ox.QueryBoolean):
            return bool(result)
        if isinstance(result, ox.QueryTriples):
            return Graph(result)
        names = [variable.value for variable in result.variables]
        return Table(({name: python(row[name]) for name in names} for row in result), names)


def load(data_dir: str | Path | None = None) -> Data:
    """Open a dataset.

    Args:
        data_dir: folder of the snapshots; when absent ``build/data``, and when nothing is there
            the shipped record, built in memory, which takes some seconds.

    Raises:
        SnapshotError: the folder holds no snapshot.
    """
    try:
        snapshot = read_snapshot(Path(data_dir or "build/data"))
    except SnapshotError:
        if data_dir is not None:
            raise
        from mandates.build import assemble

        return Data(assemble(check=False, with_findings=False).store)
    return Data(open_store(snapshot), snapshot.version)


def _moment(day: object) -> datetime | None:
    """Read a day or a moment; a day is its midnight in Pakistan.

    >>> _moment("2025-08-06").isoformat(), _moment("2020-01-01T00:00+01:00").isoformat()
    ('2025-08-06T00:00:00+05:00', '2020-01-01T00:00:00+01:00')
    >>> _moment(20250806)
    Traceback (most recent call last):
        ...
    TypeError: a day is text, a date or a datetime, not int: 20250806; did you mean '2025-08-06'?
    """
    if day is None:
        return None
    if isinstance(day, str):
        return read_moment(day)
    if not isinstance(day, date):
        digits = str(day)
        near = near_day(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")
        hint = f"; did you mean {near!r}?" if near else ""
        raise TypeError(
            f"a day is text, a date or a datetime, not {type(day).__name__}: {day!r}{hint}"
        )
    if not isinstance(day, datetime):
        day = datetime(day.year, day.month, day.day)
    return day if day.tzinfo else day.replace(tzinfo=PAKISTAN)


def _today() -> datetime:
    return datetime.now(PAKISTAN).replace(hour=0, minute=0, second=0, microsecond=0)
