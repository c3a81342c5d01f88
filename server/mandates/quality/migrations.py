"""Bring data that was written for an earlier version of the ontology up to the present one.

A migration is a SPARQL update, ``ontology/migrations/<version>/<name>.ru``, with its reason on its
first line. It belongs to the version that it leads to, and changes nothing when run again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from mandates.dataset.sources import project_root


@dataclass(frozen=True, order=True)
class Migration:
    """One step.

    Attributes:
        version: the version of the ontology that it leads to, as numbers.
        name: the file's name without its ending.
        reason: what changed.
        text: the SPARQL update.
    """

    version: tuple[int, ...]
    name: str
    reason: str
    text: str


def read_migrations(root: Path | None = None) -> list[Migration]:
    """Read the migrations of a project, earliest first.

    Args:
        root: the project's folder; the shipped project when absent.

    Raises:
        ValueError: a folder is named by no version, or a file does not begin with its reason.

    >>> [m.name for m in read_migrations()][:1]
    ['threat-group']
    """
    found = []
    for path in sorted(((root or project_root()) / "ontology" / "migrations").rglob("*.ru")):
        text = path.read_text("utf-8")
        reason = text.partition("\n")[0]
        if not re.fullmatch(r"\d+\.\d+\.\d+", path.parent.name):
            raise ValueError(f"{path}: its folder is named by no version")
        if not reason.startswith("# "):
            raise ValueError(f"{path}: its first line is no comment with the reason")
        version = tuple(int(number) for number in path.parent.name.split("."))
        found.append(Migration(version, path.stem, reason.removeprefix("# "), text))
    return sorted(found)


def migrate(
    quads: Iterable[ox.Quad], migrations: Sequence[Migration]
) -> tuple[list[ox.Quad], list[Migration]]:
    """Apply migrations in their order.

    Args:
        quads: the data, in the default graph.
        migrations: the steps, as :func:`read_migrations` gives them.

    Returns:
        The data after all steps, sorted, and the steps that changed something.

    >>> migrate([], read_migrations())
    ([], [])
    """
    store = ox.Store()
    store.bulk_extend(quads)
    effective = []
    for step in migrations:
        before = set(store)
        store.update(step.text)
        if set(store) != before:
            effective.append(step)
    return sorted(store, key=str), effective
