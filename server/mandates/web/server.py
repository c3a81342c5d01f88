"""Run the application on Granian.

Granian ends a response of unknown length properly even when its body broke off, so a client takes
the part for the whole. That is why every answer here has a length: a body that falls short of it
makes the server close the connection, and the client sees that something is missing.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from granian.constants import Interfaces
from granian.server import Server

from mandates.dataset.snapshot import read_snapshot
from mandates.web.app import create_app
from mandates.web.settings import Settings


def serve(settings: Settings) -> None:
    """Serve until the process is told to stop.

    One web process holds all counts, so limits are global; the work is done by the workers.

    Args:
        settings: see there.

    Raises:
        SnapshotError: there is no snapshot to serve.
    """
    read_snapshot(settings.data_dir)
    server = Server(
        "mandates.web.app:create_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=settings.threads,
        backpressure=max(settings.threads * 2, 256),
        websockets=False,
        workers_kill_timeout=10,
        log_access=False,
    )
    # The target is loaded in the process that serves, after the fork: no thread exists before it.
    server.serve(target_loader=partial(_load, settings), wrap_loader=False)


def _load(settings: Settings, *_: Any, **__: Any) -> Any:
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    return create_app(settings)
