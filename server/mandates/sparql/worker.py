"""The processes that hold the data and answer queries; started as ``python -m`` by the engine.

A fresh interpreter, the *keeper*, opens the snapshot and then never computes again: it has one
thread, so it may fork, and each fork is a *worker* that sees the whole store without copying it.
A worker answers one query at a time. Limits are set where the kernel keeps them, so none of them
depends on this code running: the deadline is a timer whose signal kills the process, memory is an
rlimit above what the store takes, and no new file or socket can be opened at all. That last one
also shuts the network to SERVICE.

Messages travel over sockets of type SEQPACKET, which keep them whole. The first byte tells what
one is: ``+`` a piece with more to come, ``.`` the last piece, ``!`` a problem, ``x`` that the
worker died (written by the keeper, who learns it first).
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import re
import resource
import select
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, NoReturn, cast

import pyoxigraph as ox

from mandates.dataset.snapshot import open_store, read_snapshot
from mandates.sparql import syntax
from mandates.sparql.writing import (
    ABBREVIATING,
    GRAPHS,
    LINES,
    ROWS,
    CountedTriples,
    LimitError,
    NotXMLError,
    RowCounter,
    XMLGuard,
    bind,
    guard,
    in_order,
)

PIECE = 60_000
HEADER = struct.Struct("!I")
# Where a worker that is spawned finds its socket; out of the way of what it opens itself.
_CHANNEL = 64
# What comes before the last piece of an answer: its format (an index into FORMATS), whether the
# worker ends now, rows, bytes, bytes of memory above the store, seconds of processor time so far.
REPORT = struct.Struct("!B?QQQd")
FORMATS = (*(("rows", name) for name in ROWS), *(("graph", name) for name in GRAPHS))
_NUMBERS = {pair: number for number, pair in enumerate(FORMATS)}


class Outlet:
    """A file-like object that sends what is written to it, and stops at the limits."""

    def __init__(
        self,
        channel: socket.socket,
        max_bytes: int,
        max_rows: int,
        counter: RowCounter | None,
        guard: XMLGuard | None = None,
    ) -> None:
        self._guard = guard
        self._channel = channel
        self._max_bytes = max_bytes
        self._max_rows = max_rows
        self._counter = counter
        self._held: list[bytes] = []
        self._size = 0
        self._first = True
        self.sent = 0

    def write(self, data: bytes) -> int:
        """Take bytes from the serialiser."""
        if self._first:
            self._first = False
            data = in_order(data)
        self._held.append(data)
        self._size += len(data)
        if self._size >= PIECE - 8192:
            self._flush()
        return len(data)

    def flush(self) -> None:
        """Do nothing: pieces are sent when they are full."""

    def _flush(self) -> None:
        piece = self._take()
        for start in range(0, len(piece), PIECE):
            self._channel.send(b"+" + piece[start : start + PIECE])

    def _take(self) -> bytes:
        piece = b"".join(self._held)
        self._held.clear()
        self._size = 0
        self.sent += len(piece)
        if self._guard is not None:
            self._guard.add(piece)
        if self._counter is not None:
            self._counter.add(piece)
            if self._counter.rows > self._max_rows:
                raise LimitError("rows")
        if self.sent > self._max_bytes:
            raise LimitError("bytes")
        return piece

    def close(self) -> bytes:
        """Send what is left but for the last piece, which is returned."""
        piece = self._take()
        while len(piece) > PIECE - 2000:
            self._channel.send(b"+" + piece[:PIECE])
            piece = piece[PIECE:]
        return piece


def receive(channel: socket.socket) -> bytes:
    """Receive a request, which may come in several pieces; empty when the other side has gone."""
    pieces = []
    while True:
        message = channel.recv(PIECE + 64)
        if not message:
            return b""
        pieces.append(message[1:])
        if message[:1] == b".":
            return b"".join(pieces)


def send(channel: socket.socket, body: bytes) -> None:
    """Send a request in as many pieces as it takes."""
    start = 0
    while len(body) - start > PIECE:
        channel.send(b"+" + body[start : start + PIECE])
        start += PIECE
    channel.send(b"." + body[start:])


class Worker:
    """Answers the queries that come through one socket, one after the other."""

    def __init__(
        self,
        store: ox.Store,
        channel: socket.socket,
        *,
        base_iri: str,
        prefixes: Mapping[str, str],
        memory: int,
    ) -> None:
        self._store = store
        self._channel = channel
        self._base_iri = base_iri
        self._prefixes = dict(prefixes)
        self._priority = os.getpriority(os.PRIO_PROCESS, 0)
        self._start_memory = _resident()
        # Most requests differ in the query alone.
        self._head, self._options = b"", dict[str, Any]()
        self._retire_above = self._start_memory + min(memory // 2, 64 << 20)

    def run(self) -> None:
        """Answer until the other side closes the socket or the process has grown."""
        while True:
            body = receive(self._channel)
            if not body:
                return
            request = self._read(body)
            # No handler is set: the signal's default action kills the process, whatever it does.
            signal.setitimer(signal.ITIMER_REAL, request["timeout"])
            try:
                retire = self._answer(request)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            if retire:
                return

    def _read(self, body: bytes) -> dict[str, Any]:
        (length,) = HEADER.unpack_from(body)
        start = HEADER.size + length
        head = body[HEADER.size : start]
        if head != self._head:
            self._options, self._head = json.loads(head), head
        return {**self._options, "query": body[start:].decode()}

    def _answer(self, request: dict[str, Any]) -> bool:
        query: str = request["query"]
        try:
            if request["bindings"]:
                query = bind(query, request["bindings"])
            refused = syntax.services(query)
            if refused:
                return self._fail(
                    "service-refused",
                    f"SERVICE {refused[0]} is not on the list of endpoints that may be called.",
                )
            results = self._store.query(query, base_iri=self._base_iri, **_dataset(request))
            return self._write(results, request)
        except SyntaxError as error:
            return self._fail(**self._explain(query, str(error)))
        except LimitError as error:
            limit = request["max_" + error.limit]
            return self._fail(
                "result-too-large",
                f"The answer has more than {limit:,} {error.limit}.",
                limit={"name": f"max_{error.limit}", "value": limit},
            )
        except NotXMLError as error:
            return self._fail("not-acceptable", error.kind, xml=True)
        except MemoryError:
            return self._fail("memory-exceeded", "The query ran out of memory.", retire=True)
        except (ValueError, RuntimeError, OSError) as error:
            return self._fail("query-failed", str(error))

    def _write(self, results: Any, request: dict[str, Any]) -> bool:
        channel = self._channel
        is_graph = isinstance(results, ox.QueryTriples)
        kind = "graph" if is_graph else "rows"
        name = request[kind]
        if name is None:
            return self._fail("not-acceptable", kind)
        counts = isinstance(results, ox.QuerySolutions) or name in LINES
        counter = RowCounter(name) if counts else None
        limits = request["max_bytes"], request["max_rows"]
        outlet = Outlet(channel, *limits, counter, guard(name))
        rows = 1
        if is_graph and counter:
            results.serialize(outlet, format=GRAPHS[name])
        elif is_graph:
            counting = CountedTriples(results, request["max_rows"])
            ox.serialize(
                counting,
                cast(IO[bytes], outlet),
                format=GRAPHS[name],
                prefixes=self._prefixes if name in ABBREVIATING else None,
            )
            rows = counting.count
        else:
            results.serialize(outlet, format=ROWS[name])
        piece = outlet.close()
        usage = resource.getrusage(resource.RUSAGE_SELF)
        peak = usage.ru_maxrss * 1024
        # One that was made to run at low priority can't get its old one back.
        slowed = os.getpriority(os.PRIO_PROCESS, 0) != self._priority
        retire = slowed or peak > self._retire_above
        report = REPORT.pack(
            _NUMBERS[kind, name],
            retire,
            counter.rows if counter else rows,
            outlet.sent,
            max(0, peak - self._start_memory),
            usage.ru_utime + usage.ru_stime,
        )
        channel.send(b"." + report + piece)
        return retire

    def _explain(self, query: str, error: str) -> dict[str, Any]:
        if syntax.is_update(query):
            return {
                "slug": "update-refused",
                "detail": "This is an update; the dataset can be read, not changed.",
            }
        fault = syntax.diagnose(query, error, self._prefixes)
        members = {name: value for name, value in asdict(fault).items() if value}
        members.pop("message")
        return {
            "slug": "syntax-error",
            "detail": f"Line {fault.line}, column {fault.column}: {fault.message}",
            **members,
        }

    def _fail(self, slug: str, detail: str, *, retire: bool = False, **members: Any) -> bool:
        report = {
            "slug": slug,
            "detail": detail,
            "members": members,
            "retire": retire,
            "processor": _processor(),
        }
        self._channel.send(b"!" + json.dumps(report).encode()[:PIECE])
        return retire


def _dataset(request: dict[str, Any]) -> dict[str, Any]:
    default, named = request["default_graphs"], request["named_graphs"]
    options: dict[str, Any] = {}
    if default or named:
        # Section 13.2 of SPARQL 1.1: a dataset that is described has only what is described.
        options["default_graph"] = [ox.NamedNode(iri) for iri in default]
        options["named_graphs"] = [ox.NamedNode(iri) for iri in named]
    return options


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _data_size() -> int:
    """Bytes of private writable memory, which is what RLIMIT_DATA bounds (getrlimit(2))."""
    match = re.search(r"^VmData:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(match[1]) * 1024 if match else 0


class Keeper:
    """Holds the store, forks workers on demand, reaps them and tells why they died."""

    def __init__(self, control: socket.socket, snapshot: Path, options: Mapping[str, Any]) -> None:
        self._control = control
        self._folder = snapshot
        self._options = options
        self._channels: dict[int, socket.socket] = {}
        self._untold: dict[int, dict[str, Any]] = {}

    def run(self) -> None:
        """Serve the engine until it closes the control socket."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

        os.set_inheritable(self._control.fileno(), False)
        started = time.monotonic()
        snapshot = read_snapshot(self._folder)
        # A worker that is spawned opens the snapshot itself.
        store = None if self._options["spawn"] else open_store(snapshot)
        gc.collect()
        gc.freeze()  # keeps the collector from touching, and so copying, pages shared with workers
        self._send(
            {
                "pid": os.getpid(),
                "version": snapshot.version,
                "ontology": snapshot.ontology,
                "quads": snapshot.quads,
                "seconds": time.monotonic() - started,
                "resident": _resident(),
            }
        )
        trim()
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(wake_read, select.POLLIN)
        while True:
            poll.poll()
            with contextlib.suppress(BlockingIOError):
                os.read(wake_read, 4096)
            self._reap()
            try:
                message = self._control.recv(4096, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            if not message:
                self._stop()
                return
            command = json.loads(message)
            if command["do"] == "fork":
                if store is None:
                    self._spawn()
                else:
                    self._fork(store, wake_read, wake_write)
            elif command["do"] == "why":
                self._send(self._untold.pop(command["pid"], {}))
            elif command["do"] == "kill" and command["pid"] in self._channels:
                os.kill(command["pid"], signal.SIGKILL)

    def _fork(self, store: ox.Store, *inherited: int) -> None:
        try:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            data_size = _data_size()
            pid = os.fork()
        except OSError as error:
            self._send({"error": str(error)})
            return
        if pid == 0:
            self._become_worker(store, theirs, ours, data_size, inherited)
        self._hand_over(pid, ours, theirs)

    def _spawn(self) -> None:
        options = json.dumps(dict(self._options))
        arguments = [str(_CHANNEL), str(self._folder), options, "work"]
        try:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-m", "mandates.sparql.worker", *arguments],
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), _CHANNEL)],
            )
        except OSError as error:
            self._send({"error": str(error)})
            return
        self._hand_over(pid, ours, theirs)

    def _hand_over(self, pid: int, ours: socket.socket, theirs: socket.socket) -> None:
        # The keeper holds the worker's end open, so that it can write last words into it.
        self._channels[pid] = theirs
        with ours:
            socket.send_fds(self._control, [json.dumps({"pid": pid}).encode()], [ours.fileno()])

    def _become_worker(
        self,
        store: ox.Store,
        channel: socket.socket,
        other: socket.socket,
        data_size: int,
        inherited: tuple[int, ...],
    ) -> NoReturn:
        def open_forked() -> tuple[ox.Store, int]:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            other.close()
            self._control.close()
            for descriptor in inherited:
                os.close(descriptor)
            for sibling in self._channels.values():
                sibling.close()
            return store, data_size

        _work(open_forked, channel, self._options)

    def _reap(self) -> None:
        while self._channels:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            channel = self._channels.pop(pid)
            death = {
                "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
                "status": os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0,
                "processor": usage.ru_utime + usage.ru_stime,
                "unread": _has_more(channel),
            }
            try:
                channel.send(b"x" + json.dumps(death).encode(), socket.MSG_DONTWAIT)
            except OSError:
                # The engine has not yet read what came before; it will ask.
                self._untold[pid] = death
                while len(self._untold) > 1000:
                    del self._untold[next(iter(self._untold))]
            channel.close()

    def _stop(self) -> None:
        for pid in self._channels:
            os.kill(pid, signal.SIGKILL)

    def _send(self, message: dict[str, Any]) -> None:
        self._control.send(json.dumps(message).encode())


def trim() -> None:
    """Give memory that was freed back to the system, where the allocator can be told to."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _has_more(channel: socket.socket) -> bool:
    """Whether something lies in a socket that nobody has read."""
    try:
        return bool(channel.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except OSError:
        return False


def _work(
    begin: Callable[[], tuple[ox.Store, int]], channel: socket.socket, options: Mapping[str, Any]
) -> NoReturn:
    """Be a worker until the process ends: bound it for good, then answer."""
    status = 1
    # The allocator's last words would fill the server's log; a traceback belongs there.
    log = os.fdopen(os.dup(2), "w")
    try:
        with Path(os.devnull).open("w") as null:
            os.dup2(null.fileno(), 2)
        store, data_size = begin()
        with contextlib.suppress(OSError):
            # When the machine runs short, a worker goes first and not the server.
            Path("/proc/self/oom_score_adj").write_text("1000")
        # Below the server, so that it can always take the next request and give an answer.
        os.nice(5)
        memory = options["memory"]
        _limit(resource.RLIMIT_DATA, data_size + memory)
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_NOFILE, 0)
        worker = Worker(
            store,
            channel,
            base_iri=options["base_iri"],
            prefixes=options["prefixes"],
            memory=memory,
        )
        worker.run()
        status = 0
    except (BrokenPipeError, ConnectionResetError):
        status = 0  # the engine has closed the socket and wants no answer
    except BaseException:  # noqa: BLE001 - the process ends here and nobody else can tell why
        traceback.print_exc(file=log)
        log.flush()
    finally:
        os._exit(status)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def main(arguments: list[str]) -> None:
    """Run the keeper, or a worker when the last argument says so.

    Args:
        arguments: file descriptor of the socket to the engine, folder, options as JSON.
    """
    channel, folder = socket.socket(fileno=int(arguments[0])), Path(arguments[1])
    options = json.loads(arguments[2])
    if arguments[3:] == ["work"]:

        def open_alone() -> tuple[ox.Store, int]:
            store = open_store(read_snapshot(folder))
            gc.collect()
            return store, _data_size()

        _work(open_alone, channel, options)
    Keeper(channel, folder, options).run()


if __name__ == "__main__":
    main(sys.argv[1:])
