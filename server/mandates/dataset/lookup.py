"""Small questions to a store, answered across all its graphs without duplicates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from itertools import chain, pairwise
from operator import attrgetter
from typing import Final

import numpy as np
import pyoxigraph as ox
from numpy.typing import NDArray

from mandates.dataset.names import PREF_LABEL, TYPE, mand

_SUBJECT, _OBJECT = attrgetter("subject.value"), attrgetter("object.value")
_BLOCK = 2**16


def columns(store: ox.Store, predicate: ox.NamedNode) -> tuple[list[str], list[str]]:
    """List the subjects, and beside them the objects, of every triple with a predicate.

    Args:
        store: any store.
        predicate: the property.

    Returns:
        Lexical values, in no order, and a triple of several graphs perhaps several times; blank
        nodes and IRIs by their name, literals by their lexical form.

    >>> columns(ox.Store(), TYPE)
    ([], [])
    """
    subjects: list[str] = []
    values: list[str] = []
    for some, of in _blocks(store, _answer(store, predicate), predicate):
        subjects += some
        values += of
    return subjects, values


def _answer(store: ox.Store, predicate: ox.NamedNode, value: ox.NamedNode | None = None) -> bytes:
    """Ask for the subjects of a predicate, and the objects if none is given, as a text.

    The store writes the whole answer as text, which is read in less time than an object for each
    term takes; while it writes, another thread can work. Nothing stands in the first column and in
    the last, so that between commas stands either a cell or the end of a row.
    """
    query = (
        f"SELECT ?before ?s ?o ?after {{ ?s {predicate} ?o }}"
        if value is None
        else f"SELECT ?before ?s ?after {{ ?s {predicate} {value} }}"
    )
    solutions = store.query(query, use_default_graph_as_union=True)
    assert isinstance(solutions, ox.QuerySolutions)
    return solutions.serialize(format=ox.QueryResultsFormat.CSV) or b""


def _blocks(
    store: ox.Store, answer: bytes, predicate: ox.NamedNode, value: ox.NamedNode | None = None
) -> Iterator[list[list[str]]]:
    """Split an answer into columns, some rows at a time, so that all of them stay at hand.

    Where its text alone does not tell the cells, the store is asked for the terms: literals are
    quoted where they must be, IRIs with a comma are not, and the name of a blank node may be a
    literal.
    """
    step = 3 if value is None else 2
    lines = answer.count(b"\n")
    if lines == 1 or answer.count(b",") != lines * step or b'"' in answer or b"_:" in answer:
        found = list(store.quads_for_pattern(None, predicate, value, None))
        yield [list(map(name, found)) for name in (_SUBJECT, _OBJECT)]
        return
    start = answer.index(b"\n") + 1
    while start < len(answer):
        end = answer.find(b"\n", start + _BLOCK) + 1 or len(answer)
        cells = answer[start:end].decode().split(",")
        yield [cells[column::step] for column in range(1, step)]
        start = end


def pairs(store: ox.Store, predicate: ox.NamedNode) -> list[tuple[str, str]]:
    """List subject and object of every triple with a predicate, sorted, each once.

    The arguments and values are those of :func:`columns`.

    >>> a = ox.NamedNode("https://example.org/a")
    >>> store = ox.Store()
    >>> store.extend([ox.Quad(a, a, ox.Literal("1"), a), ox.Quad(a, a, ox.Literal("1"))])
    >>> pairs(store, a)
    [('https://example.org/a', '1')]
    """
    # A store gives triples nearly in the order they were loaded in, mostly sorted; a dictionary
    # keeps that order and a set does not, and what is nearly sorted is sorted in half the time.
    return sorted(dict.fromkeys(zip(*columns(store, predicate), strict=True)))


def table(store: ox.Store, name: str) -> defaultdict[str, list[str]]:
    """Map each subject to its values of a property of the ontology, sorted.

    >>> table(ox.Store(), "vestedIn")["https://example.org/a"]
    []
    """
    result: defaultdict[str, list[str]] = defaultdict(list)
    for subject, value in pairs(store, mand(name)):
        result[subject].append(value)
    return result


def first(store: ox.Store, name: str) -> dict[str, str]:
    """Map each subject to its one value of a functional property, in no order; else to the first.

    >>> first(ox.Store(), "heldBy")
    {}
    """
    subjects, values = columns(store, mand(name))
    found = dict(zip(subjects, values, strict=True))
    if len(found) < len(subjects):  # said in several graphs, or not functional after all
        found = dict(sorted(zip(subjects, values, strict=True), reverse=True))
    return found


class Numbered:
    """What a store says of very many, with a number for each name.

    A name is looked up once for each time that the store says it; from then on, there are only
    columns of numbers. While those of one answer are made, the store writes the next.

    Args:
        store: any store.
        properties: names of properties of the ontology.
        classes: names of classes of the ontology.

    Attributes:
        names: by number, in no order.

    >>> said = Numbered(ox.Store(), ["heldBy"], ["Holding"])
    >>> said.names, said.first("heldBy").tolist(), said.instances("Holding").tolist()
    ((), [-1], [])
    """

    UNKNOWN: Final = -1
    """The number of no name."""

    def __init__(self, store: ox.Store, properties: Sequence[str], classes: Sequence[str]) -> None:
        numbers: defaultdict[str, int] = defaultdict()
        numbers.default_factory = numbers.__len__
        self._columns: dict[str, list[NDArray[np.int64]]] = {}
        asked: dict[str, tuple[ox.NamedNode, ox.NamedNode | None]]
        asked = {name: (mand(name), None) for name in properties}
        asked |= {name: (TYPE, mand(name)) for name in classes}
        with ThreadPoolExecutor(1) as pool:
            ahead = (pool.submit(_answer, store, *pattern) for pattern in asked.values())
            for name, (answer, _) in zip(asked, pairwise(chain(ahead, (None,))), strict=True):
                assert answer is not None
                blocks = [
                    [np.fromiter(map(numbers.__getitem__, c), np.int64, len(c)) for c in columns]
                    for columns in _blocks(store, answer.result(), *asked[name])
                ]
                self._columns[name] = list(map(np.concatenate, zip(*blocks, strict=True)))
        self.names = tuple(numbers)

    def instances(self, name: str) -> NDArray[np.int64]:
        """List the individuals that are typed with a class, each once, by number."""
        return np.unique(self._columns[name][0])

    def columns(self, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """List the subjects, and beside them the objects, as :func:`columns` does."""
        subjects, values = self._columns[name]
        return subjects, values

    def first(self, name: str) -> NDArray[np.int64]:
        """Give by number the one value of a functional property, as :func:`first` does.

        Returns:
            Numbers; `UNKNOWN` for what has no value, and at the end, where `UNKNOWN` leads.
        """
        subjects, values = self._columns[name]
        found = np.full(len(self.names) + 1, self.UNKNOWN)
        found[subjects] = values
        if (found[subjects] != values).any():  # not functional after all
            last = sorted(range(len(values)), key=lambda i: self.names[values[i]], reverse=True)
            for row in last:
                found[subjects[row]] = values[row]
        return found


def dates(store: ox.Store, name: str) -> dict[str, datetime]:
    """Map each subject to its date of a property of the ontology.

    Raises:
        ValueError: a value is no ``xsd:dateTime``.

    >>> dates(ox.Store(), "validFrom")
    {}
    """
    # Few days are the day of much, and each is then one object.
    moment = cache(datetime.fromisoformat)
    return {s: moment(v) for s, v in first(store, name).items()}


def instances(store: ox.Store, name: str) -> set[str]:
    """Collect the individuals that are typed with a class of the ontology.

    >>> instances(ox.Store(), "Mandate")
    set()
    """
    return subjects(store, TYPE, mand(name))


def subjects(store: ox.Store, predicate: ox.NamedNode, value: ox.NamedNode) -> set[str]:
    """Collect what has a value of a property.

    >>> subjects(ox.Store(), mand("inCapacity"), mand("SupportCapacity"))
    set()
    """
    blocks = _blocks(store, _answer(store, predicate, value), predicate, value)
    return set(chain.from_iterable(block[0] for block in blocks))


def labels(store: ox.Store, language: str = "en") -> dict[str, str]:
    """Map each node to its preferred label in a language.

    >>> labels(ox.Store())
    {}
    """
    return {
        q.subject.value: q.object.value  # type: ignore[union-attr]
        for q in store.quads_for_pattern(None, PREF_LABEL, None, None)
        if q.object.language == language  # type: ignore[union-attr]
    }
