"""The Python interface: load a dataset, ask who holds what and where mandates meet.

>>> from mandates import load                                   # doctest: +SKIP
>>> d = load()                                                  # doctest: +SKIP
>>> d.overlaps("pta", "fia", as_of="2025-08-06").to_pandas()    # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import pyoxigraph as ox

from mandates.analysis.actors import resolve
from mandates.analysis.world import read_world
from mandates.dataset.snapshot import SnapshotError, open_store, read_snapshot
from mandates.overlap.tables import World
from mandates.report.days import PAKISTAN, read_moment
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
Row = TypeVar("Row")


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
        since: first day.
        until: first day no longer; ``None`` while open.
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

    >>> list(Table([1, 2]))
    [1, 2]
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = tuple(rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Table[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Table[Row]:
        return Table(self._rows[index]) if isinstance(index, slice) else self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __repr__(self) -> str:
        return f"Table({list(self._rows)!r})"

    def to_pandas(self) -> pandas.DataFrame:
        """Return the rows as a data frame, a column for each attribute; moments keep their offset.

        Raises:
            ImportError: pandas, the ``frames`` extra, is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError("data frames need pandas: pip install 'mandates[frames]'") from None
        return pandas.DataFrame([_flat(row) for row in self._rows])


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
    return {"value": row}


_NESTED = ("pairs", "parts", "witnesses", "shares", "brief")


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
        self, actor: str | None = None, *, as_of: Day | None = None, known: Day | None = None
    ) -> Table[Held]:
        """List who holds which mandate.

        Args:
            actor: only those of this institution, by abbreviation, label or IRI.
            as_of: only those in effect on this day, as ``2025-08-06`` or a date.
            known: as it was known on this day.

        Raises:
            UnknownActorError: nobody is called so; gives near matches.
            ValueError: not a day.
        """
        texts, when = self._texts, _moment(as_of)
        wanted = set(resolve(self.store, [actor])) if actor else None
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
                    since=h.since.astimezone(PAKISTAN),
                    until=h.until.astimezone(PAKISTAN) if h.until else None,
                    title=p.title,
                    reading=p.reading,
                    certain=h.certain == "all",
                )
            )
        return Table(found)

    def overlaps(
        self,
        first: str,
        second: str | None = None,
        *,
        as_of: Day | None = None,
        known: Day | None = None,
        minimum_score: int = 0,
    ) -> Table[Entry]:
        """List the findings between two institutions, or between one and every other.

        Args:
            first: an institution, by abbreviation, label or IRI.
            second: another; everybody when absent.
            as_of: on this day; today when absent.
            known: as it was known on this day.
            minimum_score: leave out findings below this contention.

        Returns:
            Findings, strongest first within each relation, each with both sides' words.

        Raises:
            UnknownActorError: nobody is called so; gives near matches.
            ValueError: not a day.
        """
        names = [first] if second is None else [first, second]
        wanted = set(resolve(self.store, [first]))
        actors = [] if second is None else names
        report = self.report(
            as_of=as_of, known=known, scope=Scope(actors=actors, minimum_score=minimum_score)
        )
        own = {self._texts.name(actor) for actor in wanted}
        several = 1 if second is None else 2
        return Table(
            e
            for e in report.entries
            if e.relation not in ("gap", "sunset-coverage", "fragmentation")
            and len(e.actors) >= several
            and not own.isdisjoint(e.actors)
        )

    def report(
        self,
        *,
        as_of: Day | None = None,
        known: Day | None = None,
        actors: Sequence[str] = (),
        scope: Scope | None = None,
    ) -> Report:
        """Make a report of the state on a day; ``mandates.report.render`` shows it.

        Args:
            as_of: the day; today when absent.
            known: as it was known on this day.
            actors: institutions to compare; all when empty.
            scope: further limits; takes the place of ``actors``.
        """
        return make_report(
            self.store,
            as_of=_moment(as_of) or _today(),
            known=_moment(known),
            scope=scope or Scope(actors=actors),
            version=self.version,
        )

    def between(
        self, since: Day, until: Day, *, known: Day | None = None, actors: Sequence[str] = ()
    ) -> Report:
        """Report what appeared, ended and changed between two days, and what brought it about."""
        first, second = _moment(since), _moment(until)
        assert first is not None
        assert second is not None
        return make_comparison(
            self.store,
            since=first,
            until=second,
            known=_moment(known),
            scope=Scope(actors=actors),
            version=self.version,
        )

    def what_if(self, *bill: str | Path, as_of: Day | None = None) -> Report:
        """Report what a bill, in Turtle files, would change."""
        paths = [Path(path) for path in bill]
        return make_what_if(self.store, bill=paths, as_of=_moment(as_of), version=self.version)

    def without(self, instrument: str, *, as_of: Day | None = None) -> Report:
        """Report what an instrument of the record changed."""
        return make_counterfactual(
            self.store, instrument=instrument, as_of=_moment(as_of), version=self.version
        )

    def query(self, text: str) -> Table[dict[str, str]]:
        """Run a SPARQL SELECT query; the project's prefixes need not be declared.

        Raises:
            SyntaxError: a mistake in the query.
            TypeError: the query makes no table.
        """
        from mandates.ask import with_prefixes
        from mandates.dataset.questions import show

        result = self.store.query(with_prefixes(text))
        if not isinstance(result, ox.QuerySolutions):
            raise TypeError("only a SELECT query makes a table")
        names = [variable.value for variable in result.variables]
        return Table({name: show(row[name]) for name in names} for row in result)


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


def _moment(day: Day | None) -> datetime | None:
    """Read a day; a day is its midnight in Pakistan.

    >>> _moment("2025-08-06").isoformat()
    '2025-08-06T00:00:00+05:00'
    """
    if day is None:
        return None
    if isinstance(day, str):
        return read_moment(day)
    if not isinstance(day, datetime):
        day = datetime(day.year, day.month, day.day)
    return day if day.tzinfo else day.replace(tzinfo=PAKISTAN)


def _today() -> datetime:
    return datetime.now(PAKISTAN).replace(hour=0, minute=0, second=0, microsecond=0)
