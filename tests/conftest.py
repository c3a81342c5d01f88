"""The shipped record, built once for all tests that ask it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mandates.build import build
from mandates.dataset.snapshot import Snapshot, open_store


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A fresh build of the shipped record."""
    made, _ = build(tmp_path_factory.mktemp("data"))
    return made


@pytest.fixture(scope="session")
def data_dir(snapshot: Snapshot) -> Path:
    """The folder that the fresh build's snapshot is current in."""
    return snapshot.folder.parent


@pytest.fixture(scope="session")
def record(snapshot: Snapshot):  # type: ignore[no-untyped-def]
    """The shipped record as a store; the default graph is the union."""
    return open_store(snapshot)
