"""Find actors and concepts by what people call them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import pyoxigraph as ox

from mandates.dataset.lookup import instances
from mandates.dataset.names import ALT_LABEL, PREF_LABEL, polity


class UnknownNameError(ValueError):
    """Nothing in the data is called that; the message gives near matches."""


class UnknownActorError(UnknownNameError):
    """Nobody in the data is called that; the message gives near matches."""


def names(store: ox.Store, cls: str = "Actor") -> dict[str, set[str]]:
    """Map every name of the actors (or of another class), folded to lower case, to its bearers.

    Names are the last part of the IRI, the labels in every language, and the abbreviations. Two
    institutions may share one: both NCCIAs are called NCCIA.

    >>> names(ox.Store())
    {}
    """
    found: dict[str, set[str]] = {}
    for node in instances(store, cls):
        found.setdefault(node.rsplit("/", 1)[-1].casefold(), set()).add(node)
        for predicate in (PREF_LABEL, ALT_LABEL):
            for quad in store.quads_for_pattern(ox.NamedNode(node), predicate, None, None):
                found.setdefault(quad.object.value.casefold(), set()).add(node)  # type: ignore[union-attr]
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
    return _resolve(names(store), wanted, "actor", UnknownActorError)


def resolve_concepts(store: ox.Store, cls: str, wanted: Iterable[str]) -> list[str]:
    """Return the IRIs of concepts of a class that are called so, in the order asked for.

    Args:
        store: a built dataset.
        cls: ``Function``, ``SubjectMatter``, ``CyberspaceLayer`` and so on.
        wanted: IRIs, last parts of IRIs or labels, in any case.

    Raises:
        UnknownNameError: a name that no concept bears, with up to three near matches.

    >>> resolve_concepts(ox.Store(), "CyberspaceLayer", [])
    []
    """
    kind = "".join(f" {c.lower()}" if c.isupper() else c for c in cls).strip()
    return _resolve(names(store, cls), wanted, kind, UnknownNameError)


def split_names(store: ox.Store, cls: str, text: str) -> list[str]:
    """Split names that commas separate; a comma that is part of a name separates nothing.

    Args:
        store: a built dataset.
        cls: the class that bears the names, as ``Actor`` or ``SubjectMatter``.
        text: names with commas between them.

    >>> split_names(ox.Store(), "Actor", "fia, nccia,")
    ['fia', 'nccia']
    """
    parts = text.split(",")
    # Few ask by a name with a comma in it, so what everybody is called is looked up for these only.
    known = names(store, cls) if len(parts) > 1 else {}
    found: list[str] = []
    while parts:
        whole = (
            n for n in range(len(parts), 1, -1) if ",".join(parts[:n]).strip().casefold() in known
        )
        taken = next(whole, 1)
        found.append(",".join(parts[:taken]).strip())
        parts = parts[taken:]
    return [name for name in found if name]


def check_countries(store: ox.Store, wanted: Iterable[str]) -> None:
    """Refuse the code of a legal order that has no mandate in the data.

    Raises:
        UnknownNameError: a code that is none, with those that are.

    >>> check_countries(ox.Store(), ["zz"])
    Traceback (most recent call last):
        ...
    mandates.analysis.actors.UnknownNameError: no legal order is called 'zz'
    """
    asked = list(wanted)
    known = sorted({polity(mandate) for mandate in instances(store, "Mandate")} if asked else ())
    for code in asked:
        if code not in known:
            hint = f"; these are: {', '.join(known)}" if known else ""
            raise UnknownNameError(f"no legal order is called {code!r}{hint}")


def _resolve(
    known: dict[str, set[str]], wanted: Iterable[str], kind: str, error: type[UnknownNameError]
) -> list[str]:
    iris = set().union(*known.values()) if known else set()
    result: list[str] = []
    for name in wanted:
        key = name.strip().casefold()
        matches = {name} if name in iris else known.get(key, set())
        if not matches:
            near = difflib.get_close_matches(key, known, n=3, cutoff=0.6)
            hint = f"; did you mean {', '.join(near)}?" if near else ""
            raise error(f"no {kind} is called {name!r}{hint}")
        result += [m for m in sorted(matches) if m not in result]
    return result
