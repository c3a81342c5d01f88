"""The shipped record, built once for all tests that ask it."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from mandates.build import build
from mandates.dataset.snapshot import Snapshot, SnapshotError, open_store, read_snapshot

# The same examples in each run, and none fails for being slow.
settings.load_profile("ci")


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Snapshot:
    """A fresh build of the shipped record, one for all processes of a run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "record"
    with FileLock(f"{folder}.lock"):
        try:
            return read_snapshot(folder)
        except SnapshotError:
            return build(folder)[0]


@pytest.fixture(scope="session")
def data_dir(snapshot: Snapshot) -> Path:
    """The folder that the fresh build's snapshot is current in."""
    return snapshot.folder.parent


@pytest.fixture(scope="session")
def record(snapshot: Snapshot):  # type: ignore[no-untyped-def]
    """The shipped record as a store; the default graph is the union."""
    return open_store(snapshot)
