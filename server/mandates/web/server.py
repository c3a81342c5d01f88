"""Run the application on Granian.

Granian ends a response of unknown length properly even when its body broke off, so a client takes
the part for the whole. That is why every answer here has a length: a body that falls short of it
makes the server close the connection, and the client sees that something is missing.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import logging.config
import socket
import sys
import threading
import time
import zlib
from contextlib import suppress
from functools import partial
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server import Server

from mandates.dataset.snapshot import read_snapshot
from mandates.sparql.backend import Backend
from mandates.sparql.problems import Problem
from mandates.sparql.processors import OneProcessor
from mandates.sparql.worker import trim
from mandates.web.arrivals import Connections
from mandates.web.backends import make_backend
from mandates.web.settings import Settings

_LOG = logging.getLogger(__name__)
_LOOK = 1.0
# Bytes of a request's line and headers together; the line alone may have 64 KiB.
_HEADERS = 96 << 10


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the facts that came with it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _no_advice(record: logging.LogRecord) -> bool:
    # Threads wait for workers here and don't compete for processors, so the advice does not fit.
    return not record.getMessage().startswith("Configuration allows spawning up to")


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": JsonFormatter}},
    "filters": {"no-advice": {"()": lambda: _no_advice}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["no-advice"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "_granian": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "granian.access": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}


def serve(settings: Settings) -> None:
    """Serve until the process is told to stop.

    One web process holds all counts, so limits are global; the work is done by the workers.

    Args:
        settings: see there.

    Raises:
        SnapshotError: there is no snapshot to serve.
    """
    if not settings.store:
        read_snapshot(settings.data_dir)
    logging.config.dictConfig(LOGGING)
    if not settings.public_url and not _is_loopback(settings.host):
        _LOG.warning(
            "MANDATES_PUBLIC_URL is empty and %s is no loopback address: the server's own address "
            "is taken from the Host header of each request, which anybody may write",
            settings.host,
        )
    sys.stderr.flush()
    server = Server(
        "mandates.web.app:create_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        # On a connection of HTTP/2, one request that does not get on hides behind others.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=_HEADERS),
        workers=1,
        blocking_threads=settings.threads,
        backpressure=max(settings.threads * 2, 256),
        websockets=False,
        workers_kill_timeout=10,
        log_access=False,
        log_dictconfig=LOGGING,
    )
    # Loaded in the process that serves, after it was forked: no thread exists before that.
    server.serve(target_loader=partial(_load, settings), wrap_loader=False)


def _is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address.

    >>> _is_loopback("127.0.0.1"), _is_loopback("::1"), _is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _load(settings: Settings, *_: Any, **__: Any) -> Any:
    logging.config.dictConfig(LOGGING)
    backend = make_backend(settings)
    backend.begin()
    # Imported while the dataset is being opened, which takes about as long.
    from mandates.web.app import create_app

    app = create_app(settings, backend)
    if settings.one_processor:
        # Replicas are told apart by their ports or, in containers, by the names of their hosts.
        kept = OneProcessor(settings.port + zlib.crc32(socket.gethostname().encode()))
        kept.keep()
        threading.Thread(target=_look, args=(kept, backend), name="look", daemon=True).start()
    connections = Connections(
        settings.port, settings.body_seconds, lambda: app.extensions["arrivals"].longest
    )
    threading.Thread(
        target=connections.watch, args=(backend.wait_closed,), name="connections", daemon=True
    ).start()
    # What the explorer shows is read before the first reader asks, and not in the reader's time.
    threading.Thread(target=_read, args=(app,), name="read", daemon=True).start()
    return app


def _look(kept: OneProcessor, backend: Backend) -> None:
    while not backend.wait_closed(_LOOK):
        with suppress(OSError):  # such as too many open files; the next look may go well
            kept.look()


def _read(app: Any) -> None:
    with suppress(Problem):  # when all are busy, the first reader reads it
        app.extensions["landscapes"].current()
    trim()
