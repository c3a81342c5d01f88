"""Small questions to a store, answered across all its graphs without duplicates."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import cache
from operator import attrgetter

import pyoxigraph as ox

from mandates.dataset.names import PREF_LABEL, TYPE, mand

_ENDS = attrgetter("subject.value", "object.value")


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
    cells = _cells(store, "?s ?o", f"?s {predicate} ?o")
    if cells is None:
        found = list(map(_ENDS, store.quads_for_pattern(None, predicate, None, None)))
        return [subject for subject, _ in found], [value for _, value in found]
    return cells[0::2], cells[1::2]


def _cells(store: ox.Store, variables: str, pattern: str) -> list[str] | None:
    """Ask for a table and return its cells, or nothing if their text alone does not tell them.

    The store writes the whole answer as text, which is read in less time than an object for each
    term takes. Literals are quoted where they must be, IRIs with a comma are not, and the name of
    a blank node may be a literal.
    """
    query = f"SELECT {variables} {{ {pattern} }}"
    solutions = store.query(query, use_default_graph_as_union=True)
    assert isinstance(solutions, ox.QuerySolutions)
    text = (solutions.serialize(format=ox.QueryResultsFormat.CSV) or b"").decode()
    width = len(solutions.variables)
    cells = text.replace("\r\n", ",").split(",")
    if '"' in text or "_:" in text or len(cells) != text.count("\n") * width + 1:
        return None
    return cells[width:-1]


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
    """Map each subject to its one value of a functional property of the ontology.

    >>> first(ox.Store(), "heldBy")
    {}
    """
    found = pairs(store, mand(name))
    values = dict(found)
    if len(values) < len(found):  # not functional after all: the last value took the first's place
        values.update(reversed(found))
    return values


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
    cells = _cells(store, "?s", f"?s {predicate} {value}")
    if cells is None:
        found = store.quads_for_pattern(None, predicate, value, None)
        return {q.subject.value for q in found}  # type: ignore[union-attr]
    return set(cells)


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
