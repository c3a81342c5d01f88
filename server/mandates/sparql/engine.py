"""Run queries in worker processes, within limits that hold whatever a query does.

The engine lives in the web process. It starts a keeper (``mandates.sparql.worker``), borrows
workers from it and gathers each answer whole before anything of it is sent: a status is a promise
that the answer is complete, and no HTTP server can take one back.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from mandates.dataset.snapshot import Snapshot, SnapshotError, read_snapshot
from mandates.sparql.admission import Admission
from mandates.sparql.problems import Problem
from mandates.sparql.request import QueryRequest, not_acceptable
from mandates.sparql.worker import HEADER, PIECE, send

_LOG = logging.getLogger(__name__)
_IN_MEMORY = 1 << 20
_CHUNK = 1 << 18
_TICK = 0.05
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Limits:
    """What one query, and all of them together, may take.

    Attributes:
        timeout: seconds of wall time for one query.
        memory: bytes that a worker may allocate above the store.
        max_rows: rows or triples of one answer.
        max_bytes: bytes of one answer before compression.
        concurrency: queries that run at once.
        queue: queries that wait for a place.
        queue_timeout: seconds that a query waits at most.
        brief: seconds after which a query counts as long.
        long: how many of the queries that run at once may be long.
    """

    timeout: float = 30.0
    memory: int = 512 << 20
    max_rows: int = 2_000_000
    max_bytes: int = 512 << 20
    concurrency: int = 8
    queue: int = 64
    queue_timeout: float = 10.0
    brief: float = 0.5
    long: int = 6


@dataclass
class Answer:
    """A complete answer.

    Attributes:
        kind: ``rows`` or ``graph``.
        format: short name of the format.
        version: version of the dataset that was asked.
        size: bytes of the body.
        rows: rows or triples in it.
        seconds: wall time that the query took, waiting not counted.
        memory: most bytes that the worker has held above the store.
        processor: seconds of processor time that the query took.
        body: the bytes, or a file positioned at its beginning when there are many.
        encoding: how the body is compressed, empty when it is not.
    """

    kind: str
    format: str
    version: str
    size: int
    rows: int
    seconds: float
    memory: int
    processor: float
    body: bytes | BinaryIO
    encoding: str = ""

    def chunks(self) -> Iterator[bytes]:
        """The body in pieces; the file is closed at the end."""
        if isinstance(self.body, bytes):
            yield self.body
            return
        with self.body as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    def read(self) -> bytes:
        """The whole body."""
        return b"".join(self.chunks())

    def discard(self) -> None:
        """Free the file, if there is one."""
        if not isinstance(self.body, bytes):
            self.body.close()


@dataclass
class Running:
    """A query under way."""

    query_id: str
    query: str
    client: str
    started: float
    worker: _Worker | None = field(default=None, repr=False)
    cancelled: bool = False
    crowded: bool = False
    long: bool = False
    keeper: _Keeper | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        """The process that answers it, 0 when there is none yet."""
        return self.worker.pid if self.worker else 0

    def kill(self) -> None:
        """Kill the process that answers it."""
        if self.keeper and self.worker:
            self.keeper.kill(self.worker.pid)


@dataclass
class _Worker:
    pid: int
    channel: socket.socket
    processor: float = 0.0

    def used(self) -> float:
        """Seconds of processor time that the present query has taken so far."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / _TICKS - self.processor


class _DeathError(Exception):
    def __init__(self, signal_number: int, processor: float) -> None:
        super().__init__(signal_number)
        self.signal = signal_number
        self.processor = processor


class _Keeper:
    """The engine's side of one keeper process, that is, of one open snapshot."""

    def __init__(self, snapshot: Snapshot, options: Mapping[str, Any]) -> None:
        self.snapshot = snapshot
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        self._forking = threading.Lock()
        self._idle: list[_Worker] = []
        self._users = 0
        self._closing = False
        self._lock = threading.Lock()
        # A session of its own keeps the terminal's Ctrl-C from reaching it before the server.
        self.process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [
                sys.executable,
                "-m",
                "mandates.sparql.worker",
                str(theirs.fileno()),
                str(snapshot.folder),
                json.dumps(options),
            ],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        message = self._control.recv(4096)
        if not message:
            self._control.close()
            self.process.wait()
            raise RuntimeError(
                f"the snapshot in {snapshot.folder} could not be opened; the log says why"
            )
        self.facts: dict[str, Any] = json.loads(message)
        self.version = str(self.facts["version"])

    def enter(self) -> bool:
        """Count a user in; False when the keeper is being closed."""
        with self._lock:
            if self._closing:
                return False
            self._users += 1
            return True

    def leave(self) -> None:
        """Count a user out, and close when it was the last of a keeper being closed."""
        with self._lock:
            self._users -= 1
            last = self._closing and self._users == 0
        if last:
            self._shut()

    def close(self) -> None:
        """Take no new users and close when those under way have left."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
            last = self._users == 0
        if last:
            self._shut()

    def borrow(self) -> _Worker:
        """A worker that is idle, or a new one."""
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        with self._forking:
            try:
                self._control.send(b'{"do": "fork"}')
                message, descriptors, _, _ = socket.recv_fds(self._control, 4096, 1)
            except OSError as error:
                raise Problem("not-ready", "The dataset is being opened again.") from error
        if not message:
            raise Problem(
                "not-ready", "The dataset is being opened again.", headers={"Retry-After": "2"}
            )
        reply = json.loads(message)
        if not descriptors:
            raise Problem(
                "busy",
                "The machine has no room for another process.",
                headers={"Retry-After": "5"},
            )
        return _Worker(reply["pid"], socket.socket(fileno=descriptors[0]))

    def give_back(self, worker: _Worker) -> None:
        """Keep a worker for the next query."""
        self._idle.append(worker)

    def why(self, pid: int) -> dict[str, Any]:
        """How a worker died whose last words did not get through."""
        with self._forking:
            try:
                self._control.send(json.dumps({"do": "why", "pid": pid}).encode())
                answer: dict[str, Any] = json.loads(self._control.recv(4096) or b"{}")
            except OSError:
                return {}
            return answer

    def kill(self, pid: int) -> None:
        """Kill a worker. Asked of its parent, as no other process can be sure whose pid it is."""
        with contextlib.suppress(OSError):
            self._control.send(json.dumps({"do": "kill", "pid": pid}).encode())

    @property
    def idle(self) -> int:
        """How many workers wait for a query."""
        return len(self._idle)

    def _shut(self) -> None:
        while self._idle:
            self._idle.pop().channel.close()
        self._control.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Engine:
    """Answers queries over the current snapshot.

    Args:
        folder: a snapshot, or a data folder with a ``current`` one.
        limits: see there.
        base_iri: what relative IRIs in a query are resolved against.
        prefixes: prefixes of the dataset, for Turtle and for advice on errors.
        spool: folder for large answers on their way; the system's when None.
    """

    def __init__(
        self,
        folder: Path,
        limits: Limits | None = None,
        *,
        base_iri: str = "https://w3id.org/mandates/",
        prefixes: Mapping[str, str] | None = None,
        spool: Path | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.admission = Admission(
            self.limits.concurrency,
            self.limits.queue,
            self.limits.queue_timeout,
            self.limits.long,
        )
        self.deaths = 0
        self.restarts = 0
        self._folder = folder
        self._spool = spool
        self._options = {
            "base_iri": base_iri,
            "prefixes": dict(prefixes or {}),
            "memory": self.limits.memory,
        }
        self._instance = secrets.token_hex(3)
        self._numbers = itertools.count(1)
        self._live: dict[str, Running] = {}
        self._keeper: _Keeper | None = None
        self._opening = threading.Lock()
        self._counting = threading.Lock()
        self._closed = threading.Event()

    def start(self) -> None:
        """Open the snapshot; returns when it can be queried.

        Raises:
            SnapshotError: there is no snapshot.
            RuntimeError: the snapshot can't be opened.
        """
        with self._opening:
            if self._keeper is None:
                threading.Thread(target=self._watch_long, name="long", daemon=True).start()
                self._use(_Keeper(read_snapshot(self._folder), self._options))

    def reload(self) -> str:
        """Open the current snapshot beside the old one and change over; no query is dropped.

        Returns:
            The version now served.
        """
        with self._opening:
            self._use(_Keeper(read_snapshot(self._folder), self._options))
        return self.version

    def close(self) -> None:
        """End all processes. Queries under way fail."""
        self._closed.set()
        keeper, self._keeper = self._keeper, None
        for running in list(self._live.values()):
            running.kill()
        if keeper:
            keeper.close()

    def wait_closed(self, seconds: float) -> bool:
        """Wait so long, or until the engine is closed; whether it is."""
        return self._closed.wait(seconds)

    @property
    def ready(self) -> bool:
        """Whether queries can be answered."""
        return self._keeper is not None

    @property
    def version(self) -> str:
        """Version of the dataset that is served, empty before it is open."""
        keeper = self._keeper
        return keeper.version if keeper else ""

    @property
    def snapshot(self) -> Snapshot | None:
        """What is served, None before it is open."""
        keeper = self._keeper
        return keeper.snapshot if keeper else None

    @property
    def facts(self) -> dict[str, Any]:
        """What the keeper told: pid, version, ontology, quads, seconds to open, bytes resident."""
        keeper = self._keeper
        return dict(keeper.facts) if keeper else {}

    @property
    def idle(self) -> int:
        """How many workers wait for a query."""
        keeper = self._keeper
        return keeper.idle if keeper else 0

    def live(self) -> list[Running]:
        """The queries under way, oldest first."""
        return sorted(self._live.values(), key=lambda running: running.started)

    def cancel(self, query_id: str) -> bool:
        """Kill a query under way; False when there is none of that id."""
        running = self._live.get(query_id)
        if running is None or running.worker is None:
            return False
        running.cancelled = True
        running.kill()
        return True

    def new_id(self) -> str:
        """An identifier for a query, unique over restarts and replicas."""
        return f"{self._instance}-{next(self._numbers):x}"

    def run(
        self,
        request: QueryRequest,
        *,
        client: str = "",
        query_id: str = "",
        bindings: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Answer:
        """Run a query to its end.

        Args:
            request: the query and its formats.
            client: whose query it is, for fairness.
            query_id: the identifier to give it.
            bindings: values for variables, as terms of SPARQL 1.1 Query Results JSON; they are
                bound, never pasted into the text.

        Raises:
            Problem: anything but an answer.
        """
        limits = self.limits
        timeout = min(request.timeout or limits.timeout, limits.timeout)
        running = Running(query_id or self.new_id(), request.query, client, time.monotonic())
        body = json.dumps(
            {
                "query": request.query,
                "default_graphs": request.default_graphs,
                "named_graphs": request.named_graphs,
                "rows": request.rows.name if request.rows else None,
                "graph": request.graph.name if request.graph else None,
                "timeout": timeout,
                "max_rows": limits.max_rows,
                "max_bytes": limits.max_bytes,
                "bindings": bindings,
            }
        ).encode()
        with self.admission.place(client) as took:
            running.started = time.monotonic()
            self._live[running.query_id] = running
            try:
                return self._attempts(body, running, timeout, took)
            finally:
                with self._counting:
                    del self._live[running.query_id]
                    if running.long:
                        self.admission.shorten()

    def _attempts(self, body: bytes, running: Running, timeout: float, took: list[float]) -> Answer:
        for attempt in (1, 2):
            keeper = self._enter()
            try:
                return self._once(keeper, body, running, took)
            except _DeathError as death:
                self.deaths += 1
                elapsed = time.monotonic() - running.started
                # An idle worker can have died before it ever saw this query, and the system can
                # kill one for what others did. Reading changes nothing, so once more is safe.
                innocent = not (running.cancelled or running.crowded) and (
                    death.signal == signal.SIGKILL
                    or death.signal == 0
                    or (death.signal == signal.SIGALRM and elapsed < timeout * 0.9)
                )
                if innocent and attempt == 1:
                    running.started = time.monotonic()
                    continue
                raise self._problem(death, running, timeout) from None
            finally:
                keeper.leave()
        raise AssertionError("unreachable")

    def _enter(self) -> _Keeper:
        while True:
            keeper = self._keeper
            if keeper is None:
                raise Problem(
                    "not-ready", "The dataset is not open yet.", headers={"Retry-After": "2"}
                )
            if keeper.enter():
                return keeper

    def _once(self, keeper: _Keeper, body: bytes, running: Running, took: list[float]) -> Answer:
        worker = keeper.borrow()
        running.worker, running.keeper = worker, keeper
        sound = False
        try:
            channel = worker.channel
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                send(channel, body)
            mark, report, spool = self._receive(keeper, worker)
            sound = not report["retire"]
            processor = report["processor"] - worker.processor
            worker.processor = report["processor"]
            took.append(processor)
        except _DeathError as death:
            took.append(max(0.0, death.processor - worker.processor))
            raise
        finally:
            if sound:
                keeper.give_back(worker)
            else:
                worker.channel.close()
        if mark == b"!":
            spool.discard()
            if report["slug"] == "not-acceptable":
                raise not_acceptable(report["detail"])
            raise Problem(report["slug"], report["detail"], members=report["members"])
        return Answer(
            kind=report["kind"],
            format=report["format"],
            version=keeper.version,
            size=report["bytes"],
            rows=report["rows"],
            seconds=time.monotonic() - running.started,
            memory=report["memory"],
            processor=processor,
            body=spool.body(),
        )

    def _receive(self, keeper: _Keeper, worker: _Worker) -> tuple[bytes, dict[str, Any], _Spool]:
        channel = worker.channel
        spool = _Spool(self._spool)
        try:
            while True:
                try:
                    message = channel.recv(PIECE + 4096)
                except ConnectionResetError:
                    message = b""
                mark = message[:1]
                if mark == b"+":
                    spool.add(message[1:])
                elif mark == b".":
                    (length,) = HEADER.unpack_from(message, 1)
                    start = 1 + HEADER.size
                    spool.add(message[start + length :])
                    return mark, json.loads(message[start : start + length]), spool
                elif mark == b"!":
                    return mark, json.loads(message[1:]), spool
                else:
                    death = json.loads(message[1:]) if message else keeper.why(worker.pid)
                    raise _DeathError(death.get("signal", 0), death.get("processor", 0.0))
        except BaseException:
            spool.discard()
            raise

    def _problem(self, death: _DeathError, running: Running, timeout: float) -> Problem:
        if running.cancelled:
            return Problem("cancelled", "The query was stopped by the operator.")
        if running.crowded:
            return Problem(
                "busy",
                f"{self.limits.long} long queries run already, and this is a long one.",
                headers={"Retry-After": str(max(1, round(timeout)))},
            )
        if death.signal == signal.SIGALRM:
            return Problem(
                "timeout",
                f"The query was stopped after {timeout:g} s.",
                members={"limit": {"name": "timeout", "value": timeout}},
                headers={"Retry-After": str(max(1, round(timeout)))},
            )
        if death.signal in (signal.SIGABRT, signal.SIGKILL):
            return Problem(
                "memory-exceeded",
                f"The query needs more than {self.limits.memory >> 20} MiB.",
                members={"limit": {"name": "memory", "value": self.limits.memory}},
            )
        if death.signal in (signal.SIGSEGV, signal.SIGBUS):
            return Problem("query-too-complex", "The query has too many levels of nesting.")
        _LOG.error("query %s: its worker died of signal %s", running.query_id, death.signal)
        return Problem("internal-error", "The process that answered the query died.")

    def _watch_long(self) -> None:
        """Give way to brief queries: a long one runs at low priority, and only so many do."""
        while not self._closed.wait(_TICK):
            # The more wait, the shorter is the time to show that a query is a brief one.
            brief = self.limits.brief / (5 if self.admission.waiting else 1)
            earliest = time.monotonic() - brief
            for running in list(self._live.values()):
                worker = running.worker
                if worker is None or running.long or running.crowded or running.started > earliest:
                    continue
                # A query that could not get at a processor has not shown anything.
                if worker.used() >= brief or running.started < earliest - 3 * brief:
                    self._lengthen(running, worker)

    def _lengthen(self, running: Running, worker: _Worker) -> None:
        with self._counting:
            if running.query_id not in self._live:
                return
            running.long = self.admission.lengthen()
            running.crowded = not running.long
        if running.long:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, worker.pid, 19)
        else:
            running.kill()

    def _use(self, keeper: _Keeper) -> None:
        old, self._keeper = self._keeper, keeper
        threading.Thread(target=self._watch, args=(keeper,), daemon=True).start()
        if old:
            old.close()

    def _watch(self, keeper: _Keeper) -> None:
        # A keeper ends only when it is closed, or by an accident that must not end the service.
        keeper.process.wait()
        if self._closed.is_set() or self._keeper is not keeper:
            return
        _LOG.error("the keeper process died with status %s", keeper.process.returncode)
        while not self._closed.is_set():
            try:
                self._restart(keeper)
                return
            except (SnapshotError, RuntimeError, OSError) as error:
                _LOG.error("opening the snapshot again: %s", error)
                self._closed.wait(2)

    def _restart(self, dead: _Keeper) -> None:
        with self._opening:
            if self._keeper is dead:
                self.restarts += 1
                self._use(_Keeper(read_snapshot(self._folder), self._options))


class _Spool:
    """Bytes of an answer, in memory as long as they are few, in an unnamed file beyond."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._pieces: list[bytes] = []
        self._size = 0
        self._file: BinaryIO | None = None

    def add(self, piece: bytes) -> None:
        if self._file is not None:
            self._file.write(piece)
            return
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > _IN_MEMORY:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - body() owns it
            self._file.write(b"".join(self._pieces))
            self._pieces.clear()

    def body(self) -> bytes | BinaryIO:
        if self._file is None:
            return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._file.seek(os.SEEK_SET)
        return self._file

    def discard(self) -> None:
        self._pieces.clear()
        if self._file is not None:
            self._file.close()
