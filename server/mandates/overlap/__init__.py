"""The overlap method: plain tables of dated legal positions in, findings out.

This package knows nothing of RDF, files or HTTP. ``docs/method.md`` is its definition in prose;
`mandates.overlap.reference` the same in plain Python; `mandates.overlap.engine` the same in SQL,
for worlds of a million mandates, which `mandates.overlap.spark` runs on a cluster.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mandates.overlap.findings import Findings
    from mandates.overlap.tables import World

__all__ = ["Engine", "EngineError", "find", "require"]

Engine = Literal["duckdb", "spark"]


class EngineError(RuntimeError):
    """An engine can't be had here, or can't run a statement; the message says why."""


def require(engine: Engine) -> None:
    """See to it that an engine can be had, before any work is done for it.

    Raises:
        EngineError: it needs something that is not installed; the message says what.
        ValueError: for an engine that does not exist.

    >>> require("duckdb")
    """
    if engine == "spark":
        from mandates.overlap.spark import require_spark

        require_spark()
    elif engine != "duckdb":
        raise ValueError(f"no such engine: {engine!r}")


def find(world: World, *, as_of: datetime | None = None, engine: Engine = "duckdb") -> Findings:
    """Return every finding of a world.

    Args:
        world: plain tables; see `mandates.overlap.tables.SCHEMA`.
        as_of: keep only what is in effect at this moment, and count only that. The interval and
            the key of a finding do not depend on it.
        engine: which engine runs the statements. DuckDB is faster on one machine; Spark needs
            the ``spark`` extra and runs on the cluster that its configuration names.

    Raises:
        EngineError: the engine needs something that is not installed.
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
    require(engine)
    # Imported when called: a server that only draws tables has no need of the engine's libraries.
    if engine == "spark":
        from mandates.overlap.spark import find_with_spark

        return find_with_spark(world, as_of=as_of)
    from mandates.overlap.engine import find_with_duckdb

    return find_with_duckdb(world, as_of=as_of)
