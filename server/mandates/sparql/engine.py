"""Run queries in worker processes, within limits that hold whatever a query does.

The engine lives in the web process. It starts a keeper (``mandates.sparql.worker``), borrows
workers from it and gathers each answer whole before anything of it is sent: a status is a promise
that the answer is complete, and no HTTP server can take one back.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mandates.dataset.dumps import CHECKSUMS
from mandates.dataset.snapshot import SEARCH_FILE, Snapshot, SnapshotError, read_snapshot
from mandates.sparql.backend import Answer, Backend, Limits, Place, Running, Spool, overdue
from mandates.sparql.federation import Federation
from mandates.sparql.problems import Problem
from mandates.sparql.processors import anywhere
from mandates.sparql.request import QueryRequest, not_acceptable, not_xml
from mandates.sparql.worker import FORMATS, HEADER, PIECE, REPORT, send

__all__ = ["Answer", "Engine", "Limits"]

_LOG = logging.getLogger(__name__)
# Seconds after which a worker that nobody needs ends, and one that has become large.
_KEPT_IDLE = 30.0
_KEPT_LARGE = 3.0
_LARGE = 48 << 20
_LOOK = 0.5
_MATTERS = 0.02
_ATTEMPTS = 5
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class _Task(Running):
    """A query under way in a worker."""

    worker: _Worker | None = field(default=None, repr=False)
    keeper: _Keeper | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        """The process of ours that answers it, 0 when there is none yet."""
        return self.worker.pid if self.worker else 0

    def is_long(self, brief: float, patience: float) -> bool:
        """Whether it has shown that it is no brief query, by the processor time it took."""
        if self.worker is None or not super().is_long(brief, patience):
            return False
        # A query that could not get at a processor has not shown anything.
        return self.worker.used() >= brief or time.monotonic() - self.started > patience

    def slow_down(self) -> None:
        """Let others go first."""
        if self.worker:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.worker.pid, 19)

    def stop(self) -> None:
        """Kill the process that answers it."""
        if self.keeper and self.worker:
            self.keeper.kill(self.worker.pid)


@dataclass
class _Worker:
    pid: int
    channel: socket.socket
    processor: float = 0.0
    idle_since: float = 0.0
    asked: bool = False

    def used(self) -> float:
        """Seconds of processor time that the present query has taken so far."""
        facts = self._facts()
        return (int(facts[11]) + int(facts[12])) / _TICKS - self.processor if facts else 0.0

    def is_large(self) -> bool:
        """Whether it has come to hold much memory of its own, by the pages it had to ask for."""
        facts = self._facts()
        return bool(facts) and int(facts[7]) * _PAGE > _LARGE

    def _facts(self) -> list[str]:
        """What proc(5) tells of it in ``stat``, from its state on; nothing when it has ended."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return []


class _DeathError(Exception):
    def __init__(self, signal_number: int, processor: float, *, unread: bool) -> None:
        super().__init__(signal_number)
        self.unread = unread
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
        self._given_back = time.monotonic()
        self._looked = 0.0
        self._spawns = bool(options["spawn"])
        self._users = 0
        self._closing = False
        self._lock = threading.Lock()
        # A group of its own keeps the terminal's Ctrl-C from reaching it before the server. Not a
        # session: Linux shares the processors out between sessions first (sched(7), autogroups),
        # and then it would not matter that workers run at a lower priority than the server.
        command = [sys.executable, "-m", "mandates.sparql.worker"]
        arguments = [str(theirs.fileno()), str(snapshot.folder), json.dumps(options)]
        with anywhere():
            self.process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [*command, *arguments],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                process_group=0,
            )
        theirs.close()
        self.version = snapshot.version
        self.facts: dict[str, Any] = {}

    def wait(self) -> _Keeper:
        """Wait until the store is open.

        Raises:
            RuntimeError: it can't be opened.
        """
        message = self._control.recv(4096)
        if not message:
            self._control.close()
            self.process.wait()
            raise RuntimeError(
                f"the snapshot in {self.snapshot.folder} could not be opened; the log says why"
            )
        self.facts = json.loads(message)
        self.version = str(self.facts["version"])
        return self

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
        # No question before, as another thread may take the last one in between.
        try:
            return self._idle.pop()
        except IndexError:
            return self._make()

    def _make(self) -> _Worker:
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

    def give_back(self, worker: _Worker, seconds: float) -> None:
        """Keep a worker for the next query, but no second one that has become large.

        Args:
            worker: what was borrowed.
            seconds: processor time that the query took, as brief ones make no worker large.
        """
        if self._idle and seconds > _MATTERS and not self._spawns and worker.is_large():
            worker.channel.close()
            return
        worker.idle_since = self._given_back = time.monotonic()
        worker.asked = True
        self._idle.append(worker)

    def bury(self) -> None:
        """Let go of idle workers that have died; the keeper's word of it lies in their sockets."""
        for worker in list(self._idle):
            try:
                worker.channel.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except OSError:
                pass
            with contextlib.suppress(ValueError):  # somebody has just borrowed it
                self._idle.remove(worker)
                worker.channel.close()

    def let_go(self) -> None:
        """End the workers that nobody has needed for a while, but for one.

        Reading the store counts references in it, so each worker comes to hold pages of its own.
        The last is therefore replaced by a new one, which holds few, where that costs little.
        """
        now = time.monotonic()
        if now < self._looked + _LOOK:
            return
        self._looked = now
        # The one that was used last is lent first, so those that rest longest stand first.
        for worker in list(self._idle):
            rest = now - worker.idle_since
            if not worker.asked or (len(self._idle) == 1 and self._spawns):
                continue
            if rest < _KEPT_IDLE and not (rest > _KEPT_LARGE and worker.is_large()):
                continue
            with contextlib.suppress(ValueError):  # somebody has just borrowed it
                self._idle.remove(worker)
                worker.channel.close()
        if not self._idle and now - self._given_back > _KEPT_LARGE and not self._spawns:
            with contextlib.suppress(Problem):
                self._idle.append(self._make())

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


class Engine(Backend):
    """Answers queries over the current snapshot.

    Args:
        folder: a snapshot, or a data folder with a ``current`` one.
        limits: see there.
        base_iri: what relative IRIs in a query are resolved against.
        prefixes: prefixes of the dataset, for Turtle and for advice on errors.
        spool: folder for large answers on their way; the system's when None.
        federation: fetches what queries want from elsewhere; nothing when None.
        spawn: whether each worker opens the snapshot itself, where processes can't be forked.
    """

    def __init__(
        self,
        folder: Path,
        limits: Limits | None = None,
        *,
        base_iri: str = "https://w3id.org/mandates/",
        prefixes: Mapping[str, str] | None = None,
        spool: Path | None = None,
        federation: Federation | None = None,
        spawn: bool = False,
    ) -> None:
        super().__init__(limits, spool=spool, federation=federation)
        self.deaths = 0
        self.restarts = 0
        self._folder = folder
        self._options = {
            "base_iri": base_iri,
            "prefixes": dict(prefixes or {}),
            "memory": self.limits.memory,
            "spawn": spawn,
        }
        self._keeper: _Keeper | None = None
        self._begun: _Keeper | None = None
        self._opening = threading.Lock()
        # What goes before a query: one for each pair of formats, so there are few.
        self._heads: dict[tuple[tuple[str | None, str | None], float], bytes] = {}

    def begin(self) -> None:
        """Begin to open the snapshot; ``start`` waits for it.

        Raises:
            SnapshotError: there is no snapshot.
        """
        with self._opening:
            if self._keeper is None and self._begun is None:
                self._begun = self._open()

    def start(self) -> None:
        """Open the snapshot; returns when it can be queried.

        Raises:
            SnapshotError: there is no snapshot.
            RuntimeError: the snapshot can't be opened.
        """
        with self._opening:
            if self._keeper is None:
                self._keep_watch()
                begun, self._begun = self._begun, None
                self._use((begun or self._open()).wait())

    def reload(self) -> str:
        """Open the current snapshot beside the old one and change over; no query is dropped.

        Returns:
            The version now served.
        """
        with self._opening:
            self._use(self._open().wait())
        return self.version

    def close(self) -> None:
        """End all processes. Queries under way fail."""
        keepers = (self._keeper, self._begun)
        self._keeper = self._begun = None
        self._stop_all()
        for keeper in keepers:
            if keeper:
                keeper.close()

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
    def graphs(self) -> Mapping[str, int]:
        """The named graphs and how many triples each has.

        Raises:
            Problem: ``not-ready``.
        """
        keeper = self._keeper
        if keeper is None:
            raise _not_ready("The dataset is not open.")
        return keeper.snapshot.graphs

    @property
    def dumps(self) -> Path | None:
        """Folder of the files to download, None when the snapshot was made without them."""
        keeper = self._keeper
        if keeper is None or not (keeper.snapshot.dumps / CHECKSUMS).is_file():
            return None
        return keeper.snapshot.dumps

    @property
    def search_index(self) -> Path | None:
        """The full-text index, None when the snapshot was made without one."""
        keeper = self._keeper
        path = keeper.snapshot.folder / SEARCH_FILE if keeper else None
        return path if path and path.is_file() else None

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

    def _answer(
        self,
        request: QueryRequest,
        client: str,
        query_id: str,
        bindings: Mapping[str, Mapping[str, str]] | None,
    ) -> Answer:
        limits = self.limits
        timeout = self._timeout(request.timeout)
        task = _Task(query_id, request.query, client, time.monotonic(), timeout)
        rows, graph = request.rows, request.graph
        formats = (rows.name if rows else None, graph.name if graph else None)
        graphs = (request.default_graphs, request.named_graphs)
        head = self._heads.get((formats, timeout)) if not (bindings or any(graphs)) else None
        if head is None:
            options = {
                "rows": formats[0],
                "graph": formats[1],
                "timeout": timeout,
                "max_rows": limits.max_rows,
                "max_bytes": limits.max_bytes,
                "default_graphs": graphs[0],
                "named_graphs": graphs[1],
                "bindings": bindings,
            }
            head = json.dumps(options).encode()
            if timeout == limits.timeout and not (bindings or any(graphs)):
                self._heads[formats, timeout] = head
        body = HEADER.pack(len(head)) + head + request.query.encode()
        with Place(self, task) as took:
            return self._attempts(body, task, took)

    def _attempts(self, body: bytes, task: _Task, took: list[float]) -> Answer:
        for attempt in range(1, _ATTEMPTS + 1):
            keeper = self._enter()
            try:
                return self._once(keeper, body, task, took)
            except _DeathError as death:
                self.deaths += 1
                elapsed = time.monotonic() - task.started
                # An idle worker can have died before it ever saw this query, and the system can
                # kill one for what others did. Reading changes nothing, so once more is safe.
                innocent = not (task.cancelled or task.crowded) and (
                    death.signal == signal.SIGKILL
                    or death.signal == 0
                    or (death.signal == signal.SIGALRM and elapsed < task.timeout * 0.9)
                )
                # One that was never read can have killed nothing.
                if innocent and (attempt == 1 or (death.unread and attempt < _ATTEMPTS)):
                    keeper.bury()  # whatever killed this one may have killed others
                    task.started = time.monotonic()
                    continue
                raise self._problem(death, task) from None
            finally:
                keeper.leave()
        raise AssertionError("unreachable")

    def _enter(self) -> _Keeper:
        while True:
            keeper = self._keeper
            if keeper is None:
                raise _not_ready("The dataset is not open yet.")
            if keeper.enter():
                return keeper

    def _once(self, keeper: _Keeper, body: bytes, task: _Task, took: list[float]) -> Answer:
        worker = keeper.borrow()
        task.worker, task.keeper = worker, keeper
        sound = False
        try:
            channel = worker.channel
            try:  # noqa: SIM105 - suppress() costs as much as what it is for, with every query
                send(channel, body)
            except (BrokenPipeError, ConnectionResetError):
                pass
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
                keeper.give_back(worker, processor)
            else:
                worker.channel.close()
        if mark == b"!":
            spool.discard()
            if report["slug"] == "not-acceptable":
                refused = not_xml if report["members"] else not_acceptable
                raise refused(report["detail"])
            raise Problem(report["slug"], report["detail"], members=report["members"])
        return Answer(
            kind=report["kind"],
            format=report["format"],
            version=keeper.version,
            size=report["bytes"],
            rows=report["rows"],
            seconds=time.monotonic() - task.started,
            memory=report["memory"],
            processor=processor,
            body=spool.body(),
        )

    def _receive(self, keeper: _Keeper, worker: _Worker) -> tuple[bytes, dict[str, Any], Spool]:
        channel = worker.channel
        spool = Spool(self._spool_folder)
        try:
            while True:
                try:
                    message = channel.recv(PIECE + 4096)
                except ConnectionResetError:
                    # The worker died before it read the query, and the keeper has let go of its
                    # socket; what the keeper has said of that comes after the error.
                    continue
                mark = message[:1]
                if mark == b"+":
                    spool.add(message[1:])
                elif mark == b".":
                    spool.add(message[1 + REPORT.size :])
                    number, retire, rows, size, memory, processor = REPORT.unpack_from(message, 1)
                    kind, form = FORMATS[number]
                    report = {
                        "kind": kind,
                        "format": form,
                        "retire": retire,
                        "rows": rows,
                        "bytes": size,
                        "memory": memory,
                        "processor": processor,
                    }
                    return mark, report, spool
                elif mark == b"!":
                    return mark, json.loads(message[1:]), spool
                else:
                    death = json.loads(message[1:]) if message else keeper.why(worker.pid)
                    number, processor = death.get("signal", 0), death.get("processor", 0.0)
                    raise _DeathError(number, processor, unread=death.get("unread", False))
        except BaseException:
            spool.discard()
            raise

    def _problem(self, death: _DeathError, task: _Task) -> Problem:
        stopped = self._why_stopped(task)
        if stopped:
            return stopped
        if death.signal == signal.SIGALRM:
            return overdue(task.timeout)
        if death.signal in (signal.SIGABRT, signal.SIGKILL):
            return Problem(
                "memory-exceeded",
                f"The query needs more than {self.limits.memory >> 20} MiB.",
                members={"limit": {"name": "memory", "value": self.limits.memory}},
            )
        if death.signal in (signal.SIGSEGV, signal.SIGBUS):
            return Problem("query-too-complex", "The query has too many levels of nesting.")
        _LOG.error("query %s: its worker died of signal %s", task.query_id, death.signal)
        return Problem("internal-error", "The process that answered the query died.")

    def _let_go(self) -> None:
        keeper = self._keeper
        if keeper:
            keeper.let_go()

    def _open(self) -> _Keeper:
        return _Keeper(read_snapshot(self._folder), self._options)

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
                self._use(self._open().wait())


def _not_ready(detail: str) -> Problem:
    return Problem("not-ready", detail, headers={"Retry-After": "2"})
