"""The overlap method: plain tables of dated legal positions in, findings out.

This package knows nothing of RDF, files or HTTP. ``docs/method.md`` is its definition in prose;
`mandates.overlap.reference` the same in plain Python; `mandates.overlap.engine` the same in SQL,
for worlds of a million mandates.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mandates.overlap.findings import Findings
    from mandates.overlap.tables import World

__all__ = ["find"]


def find(
    world: World, *, as_of: datetime | None = None, engine: Literal["duckdb"] = "duckdb"
) -> Findings:
    """Return every finding of a world.

    Args:
        world: plain tables; see `mandates.overlap.tables.SCHEMA`.
        as_of: keep only what is in effect at this moment, and count only that. The interval and
            the key of a finding do not depend on it.
        engine: which engine runs the statements.

    Raises:
        ValueError: for an engine that does not exist.
        WorldError: if ``as_of`` has no offset from UTC.

    Two bodies that may license the same thing at the same time:

    >>> from datetime import UTC
    >>> from mandates.overlap.tables import Concept, Holding, Mandate, Rows, World
    >>> world = World.from_rows(Rows(
    ...     concepts=[Concept("license", "function"), Concept("spectrum", "subject")],
    ...     mandates=[Mandate("m1", "license", ("spectrum",)),
    ...               Mandate("m2", "license", ("spectrum",))],
    ...     holdings=[Holding("h1", "m1", "board", datetime(1996, 1, 1, tzinfo=UTC)),
    ...               Holding("h2", "m2", "authority", datetime(2000, 1, 1, tzinfo=UTC))]))
    >>> [(f.relation, f.actors, f.since.year, f.certain) for f in find(world).rows()][0]
    ('duplication', ('authority', 'board'), 2000, False)
    """
    if engine != "duckdb":
        raise ValueError(f"no such engine: {engine!r}")
    # Imported when called: a server that only draws tables has no need of the engine's libraries.
    from mandates.overlap.engine import find_with_duckdb

    return find_with_duckdb(world, as_of=as_of)
