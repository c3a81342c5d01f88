"""Find actors by what people call them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import pyoxigraph as ox

from mandates.dataset.lookup import instances
from mandates.dataset.names import ALT_LABEL, PREF_LABEL


class UnknownActorError(ValueError):
    """Nobody in the data is called that; the message gives near matches."""


def names(store: ox.Store) -> dict[str, set[str]]:
    """Map every name of an actor, folded to lower case, to the actors that bear it.

    Names are the last part of the IRI, the labels in every language, and the abbreviations. Two
    institutions may share one: both NCCIAs are called NCCIA.

    >>> names(ox.Store())
    {}
    """
    found: dict[str, set[str]] = {}
    for actor in instances(store, "Actor"):
        found.setdefault(actor.rsplit("/", 1)[-1].casefold(), set()).add(actor)
        for predicate in (PREF_LABEL, ALT_LABEL):
            for quad in store.quads_for_pattern(ox.NamedNode(actor), predicate, None, None):
                found.setdefault(quad.object.value.casefold(), set()).add(actor)  # type: ignore[union-attr]
    return found


def resolve(store: ox.Store, wanted: Iterable[str]) -> list[str]:
    """Return the IRIs of the actors that are called so, in the order asked for.

    Args:
        store: a built dataset.
        wanted: IRIs, last parts of IRIs, labels or abbreviations, in any case.

    Raises:
        UnknownActorError: a name that nobody bears, with up to three near matches.

    >>> resolve(ox.Store(), ["pta"])
    Traceback (most recent call last):
        ...
    mandates.analysis.actors.UnknownActorError: no actor is called 'pta'
    """
    known = names(store)
    iris = set().union(*known.values()) if known else set()
    result: list[str] = []
    for name in wanted:
        key = name.strip().casefold()
        matches = {name} if name in iris else known.get(key, set())
        if not matches:
            near = difflib.get_close_matches(key, known, n=3, cutoff=0.6)
            hint = f"; did you mean {', '.join(near)}?" if near else ""
            raise UnknownActorError(f"no actor is called {name!r}{hint}")
        result += [m for m in sorted(matches) if m not in result]
    return result
