"""What a bill would change, and what an enacted instrument did change.

A bill is Turtle in the project's vocabulary (``docs/reports.md``): a ``mand:Bill``, the events that
it would bring about at an assumed date, and the positions that would begin or end with them. It is
laid over the record for one question and never becomes part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyoxigraph as ox

from mandates.dataset.entail import entail
from mandates.dataset.holdings import derive
from mandates.dataset.loading import LoadError, load
from mandates.dataset.lookup import dates, instances, labels, pairs, table
from mandates.dataset.names import GRAPH, TYPE, mand
from mandates.dataset.sources import Source

_DERIVED = GRAPH + "derived/"


class BillError(ValueError):
    """The files hold no bill that can be laid over the record; the message says why."""


@dataclass(frozen=True)
class Overlay:
    """The record with a bill laid over it.

    Attributes:
        store: every quad of both, with what follows from them.
        base: the record without the bill, cut at the day of the comparison.
        bills: IRIs of the bills.
        titles: their titles.
        events: IRIs of the events that they would bring about.
        date: when the last of these events takes effect.
    """

    store: ox.Store
    base: ox.Store
    bills: tuple[str, ...]
    titles: tuple[str, ...]
    events: tuple[str, ...]
    date: datetime


def read_bill(paths: Sequence[Path]) -> list[ox.Quad]:
    """Parse the files of a bill.

    Raises:
        BillError: a file is missing or no Turtle; names file, line and column.

    >>> read_bill([Path("nowhere.ttl")])
    Traceback (most recent call last):
        ...
    mandates.analysis.bill.BillError: nowhere.ttl: no such file
    """
    sources = []
    for path in paths:
        if not path.is_file():
            raise BillError(f"{path}: no such file")
        sources.append(Source(str(path), path, f"{GRAPH}bill/{path.stem}"))
    try:
        return load(sources).quads
    except LoadError as error:
        raise BillError(str(error)) from None


def lay_over(store: ox.Store, bill: Iterable[ox.Quad], as_of: datetime | None = None) -> Overlay:
    """Lay a bill over a dataset and derive again what follows.

    What the record knows of the time after the day of the comparison is left out on both sides:
    it happened under the law as it came to be, not under the law that the bill meets.

    Args:
        store: a built dataset; not changed.
        bill: what the bill says.
        as_of: the day of the comparison; the day the bill takes full effect when absent.

    Raises:
        BillError: nothing in it is a bill, the bill brings about no dated event, or it ends what
            has already ended in the record.
    """
    said = list(bill)
    own = ox.Store()
    own.bulk_extend(said)
    bills = sorted(instances(own, "Bill"))
    if not bills:
        raise BillError("nothing in it is a mand:Bill")
    dated = dates(own, "effectiveFrom")
    events = sorted({e for e, source in pairs(own, mand("broughtAboutBy")) if source in bills})
    if not events:
        raise BillError("no event is brought about by the bill (mand:broughtAboutBy)")
    for event in events:
        if event not in dated:
            raise BillError(f"{event} has no assumed date (mand:effectiveFrom)")
    ends = table(store, "endsWith")
    typed = {q.subject.value for q in said if q.predicate == TYPE}  # type: ignore[union-attr]
    for position, event in pairs(own, mand("endsWith")):
        if ends[position] and event not in ends[position]:
            raise BillError(f"{position} has already ended in the record, with {ends[position][0]}")
        known = next(store.quads_for_pattern(ox.NamedNode(position), TYPE, None, None), None)
        if known is None and position not in typed:
            raise BillError(f"{position} would be ended but is not in the record")
    base = up_to(store, as_of or max(dated[event] for event in events))
    merged = ox.Store()
    merged.bulk_extend(asserted(base))
    merged.bulk_extend(said)
    _complete(merged)
    names = labels(own)
    return Overlay(
        store=merged,
        base=base,
        bills=tuple(bills),
        titles=tuple(names.get(b, b.rsplit("/", 1)[-1]) for b in bills),
        events=tuple(events),
        date=max(dated[event] for event in events),
    )


def up_to(store: ox.Store, moment: datetime) -> ox.Store:
    """Leave out every event after a moment, with what begins and the ends that come with it.

    Args:
        store: a built dataset; not changed, and returned as it is when nothing comes later.
        moment: the last moment that counts.
    """
    later = {event for event, when in dates(store, "effectiveFrom").items() if when > moment}
    if not later:
        return store
    kept, _ = _parted(store, later)
    cut = ox.Store()
    cut.bulk_extend(kept)
    _complete(cut)
    return cut


def _parted(store: ox.Store, out: set[str]) -> tuple[list[ox.Quad], list[ox.Quad]]:
    """Part what is asserted into what stands without some events and what goes with them."""
    begins = pairs(store, mand("beginsWith"))
    gone = out | {position for position, event in begins if event in out}
    kept: list[ox.Quad] = []
    taken: list[ox.Quad] = []
    for quad in asserted(store):
        ends = quad.predicate == mand("endsWith") and quad.object.value in out  # type: ignore[union-attr]
        moves = ends or quad.subject.value in gone  # type: ignore[union-attr]
        (taken if moves else kept).append(quad)
    return kept, taken


def asserted(store: ox.Store) -> list[ox.Quad]:
    """List what people wrote: every quad of a named graph that was not derived.

    Raises:
        ValueError: the store has facts but no named graphs, so it cannot tell who wrote what.

    >>> asserted(ox.Store())
    []
    """
    if len(store) and next(store.named_graphs(), None) is None:
        raise ValueError("what was asserted can only be told in a dataset with its named graphs")
    return [
        quad
        for quad in store
        if isinstance(quad.graph_name, ox.NamedNode)
        and not quad.graph_name.value.startswith(_DERIVED)
    ]


def split(store: ox.Store, instrument: str) -> tuple[ox.Store, list[ox.Quad]]:
    """Take an instrument of the record out of it, as if it were still a bill.

    Out goes every event that the instrument brought about, every saving of nothing but what these
    events began, every position that begins with one of them, and every end that is one of them.

    Args:
        store: a built dataset; not changed.
        instrument: IRI of an instrument.

    Returns:
        The dataset without it, and the same as a bill, which :func:`lay_over` puts back.

    Raises:
        BillError: the instrument brought about no event.
    """
    out = {e for e, source in pairs(store, mand("broughtAboutBy")) if source == instrument}
    if not out:
        raise BillError(f"{instrument} brought about no event in the record")
    begins = dict(pairs(store, mand("beginsWith")))
    saves: dict[str, set[str]] = {}
    for event, position in pairs(store, mand("saves")):
        saves.setdefault(event, set()).add(position)
    out |= {e for e, saved in saves.items() if all(begins.get(s) in out for s in saved)}
    kept, bill = _parted(store, out)
    graph = ox.NamedNode(GRAPH + "bill/" + instrument.rsplit("/", 1)[-1])
    bill = [ox.Quad(q.subject, q.predicate, q.object, graph) for q in bill]
    node = ox.NamedNode(instrument)
    bill.append(ox.Quad(node, TYPE, mand("Bill"), graph))
    bill += [
        ox.Quad(ox.NamedNode(event), mand("broughtAboutBy"), node, graph) for event in sorted(out)
    ]
    rest = ox.Store()
    rest.bulk_extend(kept)
    _complete(rest)
    return rest, bill


def _complete(store: ox.Store) -> None:
    """Add to what is asserted what is entailed and derived, as a build does."""
    store.bulk_extend(entail(store))
    store.bulk_extend(derive(store))
    store.bulk_extend(entail(store))
