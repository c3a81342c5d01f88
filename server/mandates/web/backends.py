"""Make what answers queries, as the settings say; kept light, as a server begins with it."""

from __future__ import annotations

from mandates.dataset.snapshot import read_snapshot
from mandates.sparql.backend import Backend
from mandates.sparql.engine import Engine
from mandates.sparql.federation import Federation
from mandates.sparql.prefixes import PREFIXES
from mandates.web.settings import Settings


def make_backend(settings: Settings) -> Backend:
    """An engine over the snapshot, or a gateway to another server when one is named.

    Raises:
        SnapshotError: there is no snapshot to serve.
    """
    federation = Federation(settings.federation, base_iri=settings.base_iri)
    if settings.store:
        from mandates.sparql.remote import RemoteStore

        return RemoteStore(
            settings.remote,
            settings.limits,
            base_iri=settings.base_iri,
            prefixes=PREFIXES,
            spool=settings.spool_dir,
            federation=federation,
        )
    read_snapshot(settings.data_dir)  # fails with words; the keeper could only fail with a log
    return Engine(
        settings.data_dir,
        settings.limits,
        base_iri=settings.base_iri,
        prefixes=PREFIXES,
        spool=settings.spool_dir,
        federation=federation,
        spawn=settings.spawn_workers,
    )
