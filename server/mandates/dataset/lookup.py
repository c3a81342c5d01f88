"""Small questions to a store, answered across all its graphs without duplicates."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

import pyoxigraph as ox

from mandates.dataset.names import PREF_LABEL, TYPE, mand


def pairs(store: ox.Store, predicate: ox.NamedNode) -> list[tuple[str, str]]:
    """List subject and object of every triple with a predicate, sorted, each once.

    Args:
        store: any store.
        predicate: the property.

    Returns:
        Lexical values; blank nodes and IRIs by their name, literals by their lexical form.

    >>> a = ox.NamedNode("https://example.org/a")
    >>> store = ox.Store()
    >>> store.extend([ox.Quad(a, a, ox.Literal("1"), a), ox.Quad(a, a, ox.Literal("1"))])
    >>> pairs(store, a)
    [('https://example.org/a', '1')]
    """
    found = store.quads_for_pattern(None, predicate, None, None)
    return sorted({(q.subject.value, q.object.value) for q in found})  # type: ignore[union-attr]


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
    return {subject: values[0] for subject, values in table(store, name).items()}


def dates(store: ox.Store, name: str) -> dict[str, datetime]:
    """Map each subject to its date of a property of the ontology.

    Raises:
        ValueError: a value is no ``xsd:dateTime``.

    >>> dates(ox.Store(), "validFrom")
    {}
    """
    return {s: datetime.fromisoformat(v) for s, v in first(store, name).items()}


def instances(store: ox.Store, name: str) -> set[str]:
    """Collect the individuals that are typed with a class of the ontology.

    >>> instances(ox.Store(), "Mandate")
    set()
    """
    found = store.quads_for_pattern(None, TYPE, mand(name), None)
    return {q.subject.value for q in found}  # type: ignore[union-attr]


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
