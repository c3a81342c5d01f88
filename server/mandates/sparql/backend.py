"""What stands behind the endpoint: something that answers queries, within limits.

There are two kinds. ``mandates.sparql.engine`` answers from a snapshot, in processes of its own;
``mandates.sparql.remote`` passes queries on to another SPARQL 1.1 server. What both do alike is
here: who may run now, what runs, and that an answer is complete before anything of it is sent.
A status is a promise, and no HTTP server can take one back.
"""

from __future__ import annotations

import itertools
import os
import secrets
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from mandates.sparql.admission import Admission
from mandates.sparql.federation import Federation, Rules
from mandates.sparql.problems import Problem
from mandates.sparql.request import GraphWrite, QueryRequest, UpdateRequest

if TYPE_CHECKING:
    from mandates.sparql.outbound import Exchange

_IN_MEMORY = 1 << 20
_CHUNK = 1 << 18
_TICK = 0.05


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
    """A request under way.

    Attributes:
        query_id: names it in the log and in a problem.
        query: the text.
        client: whose it is.
        started: when it got its place, by the monotonic clock.
        timeout: seconds that it may take.
        cancelled: whether the operator stopped it.
        crowded: whether it was stopped because too many long queries ran.
        long: whether it counts as long.
    """

    query_id: str
    query: str
    client: str
    started: float
    timeout: float
    cancelled: bool = False
    crowded: bool = False
    long: bool = False

    @property
    def pid(self) -> int:
        """The process of ours that answers it, 0 when there is none."""
        return 0

    def is_long(self, brief: float, patience: float) -> bool:
        """Whether it has shown that it is no brief query.

        Args:
            brief: seconds that a brief query may take.
            patience: seconds on the clock for one that could not get at a processor.
        """
        return time.monotonic() - self.started > brief

    def slow_down(self) -> None:
        """Let others go first, where that can be done."""

    def stop(self) -> None:
        """End it."""


@dataclass
class _Fetch(Running):
    """A query for which something is being fetched."""

    exchange: Exchange | None = None

    def use(self, exchange: Exchange) -> None:
        """Take note of the exchange under way."""
        self.exchange = exchange
        if self.cancelled:
            exchange.abort()

    def is_long(self, brief: float, patience: float) -> bool:
        """Never: it has no place among those that run."""
        return False

    def stop(self) -> None:
        """End the exchange."""
        if self.exchange:
            self.exchange.abort()


class Backend(ABC):
    """Answers queries, within limits.

    Args:
        limits: see there.
        spool: folder for large answers on their way; the system's when None.
        federation: fetches what queries want from elsewhere; nothing when None.
    """

    #: Whether a parser that is not ours reads the queries.
    strict = False
    #: Processes that died, and that were started in the place of others; for the operator.
    deaths = 0
    restarts = 0

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        spool: Path | None = None,
        federation: Federation | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.admission = Admission(
            self.limits.concurrency,
            self.limits.queue,
            self.limits.queue_timeout,
            self.limits.long,
        )
        self.federation = federation or Federation(Rules(), base_iri="urn:mandates:")
        self._spool_folder = spool
        self._instance = secrets.token_hex(3)
        self._numbers = itertools.count(1)
        self._live: dict[str, Running] = {}
        self._counting = threading.Lock()
        self._closed = threading.Event()

    def begin(self) -> None:  # noqa: B027 - most have nothing to begin
        """Begin to make ready, without waiting for it."""

    @abstractmethod
    def start(self) -> None:
        """Make ready to answer."""

    @abstractmethod
    def close(self) -> None:
        """End everything. Queries under way fail."""

    @property
    @abstractmethod
    def ready(self) -> bool:
        """Whether queries can be answered."""

    @property
    @abstractmethod
    def version(self) -> str:
        """Version of the dataset that is served, empty when it is not known."""

    @property
    @abstractmethod
    def graphs(self) -> Mapping[str, int]:
        """The named graphs and how many triples each has.

        Raises:
            Problem: it can't be told at present.
        """

    @property
    def dumps(self) -> Path | None:
        """Folder of the files to download, None when there are none."""
        return None

    @property
    def search_index(self) -> Path | None:
        """The full-text index of what is served, None when there is none."""
        return None

    @property
    def facts(self) -> dict[str, Any]:
        """What else is known of the dataset and of what holds it; may be empty."""
        return {}

    @property
    def idle(self) -> int:
        """How many processes wait for a query."""
        return 0

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
        query_id = query_id or self.new_id()
        if bindings is None:
            timeout = self._timeout(request.timeout)
            query, left = self._filled(request.query, client, query_id, timeout)
            if query is not request.query:
                request = replace(request, query=query, timeout=left)
        return self._answer(request, client, query_id, bindings)

    @abstractmethod
    def _answer(
        self,
        request: QueryRequest,
        client: str,
        query_id: str,
        bindings: Mapping[str, Mapping[str, str]] | None,
    ) -> Answer:
        """Run a query that wants nothing from elsewhere."""

    def _filled(
        self, text: str, client: str, query_id: str, timeout: float, *, update: bool = False
    ) -> tuple[str, float]:
        """The text with what it calls for in it, and the seconds that are left to run it."""
        if not self.strict and "service" not in text.lower():
            return text, timeout
        fetch = _Fetch(query_id, text, client, time.monotonic(), timeout)
        self._live[query_id] = fetch
        try:
            text = self.federation.fill(
                text,
                update=update,
                strict=self.strict,
                client=client,
                seconds=timeout,
                uses=fetch.use,
            )
        except Problem as problem:
            raise self._why_stopped(fetch) or problem from None
        finally:
            del self._live[query_id]
        left = timeout - (time.monotonic() - fetch.started)
        if left <= 0:
            raise overdue(timeout)
        return text, left

    def update(self, request: UpdateRequest, *, client: str = "", query_id: str = "") -> None:
        """Change the data by SPARQL 1.1 Update.

        Raises:
            Problem: ``update-refused`` when nothing can be changed here, or what went wrong.
        """
        raise update_refused()

    def write_graph(self, write: GraphWrite, *, client: str = "", query_id: str = "") -> bool:
        """Change a graph by the SPARQL 1.1 Graph Store Protocol.

        Returns:
            Whether the graph was made by it.

        Raises:
            Problem: ``update-refused`` when nothing can be changed here, or what went wrong.
        """
        raise update_refused()

    def live(self) -> list[Running]:
        """The queries under way, oldest first."""
        return sorted(self._live.values(), key=lambda running: running.started)

    def cancel(self, query_id: str) -> bool:
        """Stop a query under way; False when there is none of that id."""
        running = self._live.get(query_id)
        if running is None:
            return False
        running.cancelled = True
        running.stop()
        return True

    def new_id(self) -> str:
        """An identifier for a query, unique over restarts and replicas."""
        return f"{self._instance}-{next(self._numbers):x}"

    def wait_closed(self, seconds: float) -> bool:
        """Wait so long, or until the backend is closed; whether it is."""
        return self._closed.wait(seconds)

    def _keep_watch(self) -> None:
        threading.Thread(target=self._watch_long, name="long", daemon=True).start()

    def _watch_long(self) -> None:
        """Give way to brief queries: a long one is slowed down, and only so many run."""
        while not self._closed.wait(_TICK):
            self._let_go()
            hurry = self.admission.waiting > 0
            for running in list(self._live.values()):
                if running.long or running.crowded:
                    continue
                # While others wait, there is less time to show that a query is a brief one; but
                # where that is known of its client, the machine may be to blame.
                brief = self.limits.brief / (5 if hurry else 1)
                known = self.admission.is_brief(running.client)
                if running.is_long(brief, 4 * (self.limits.brief if known else brief)):
                    self._lengthen(running)

    def _let_go(self) -> None:  # noqa: B027 - most hold nothing
        """Free what has not been used for long."""

    def _lengthen(self, running: Running) -> None:
        with self._counting:
            if running.query_id not in self._live:
                return
            running.long = self.admission.lengthen()
            running.crowded = not running.long
        if running.long:
            running.slow_down()
        else:
            running.stop()

    def _stop_all(self) -> None:
        self._closed.set()
        for running in list(self._live.values()):
            running.stop()

    def _why_stopped(self, running: Running) -> Problem | None:
        if running.cancelled:
            return Problem("cancelled", "The query was stopped by the operator.")
        if running.crowded:
            return Problem(
                "busy",
                f"{self.limits.long} long queries run already, and this is a long one.",
                headers={"Retry-After": str(max(1, round(running.timeout)))},
            )
        return None

    def _timeout(self, wanted: float | None) -> float:
        """Seconds that a query may take: a client may lower the limit, never raise it."""
        return min(wanted or self.limits.timeout, self.limits.timeout)


class Place:
    """Waits for a place among the queries that run and holds it; gives a list for processor time.

    When nothing is put into that, time on the clock counts.

    Args:
        backend: whose places.
        running: what takes one.

    Raises:
        Problem: ``busy``.
    """

    # No generator: this is passed by each of very many brief queries.
    __slots__ = ("_backend", "_running", "_took")

    def __init__(self, backend: Backend, running: Running) -> None:
        self._backend, self._running = backend, running
        self._took: list[float] = []

    def __enter__(self) -> list[float]:
        running = self._running
        self._backend.admission.enter(running.client)
        running.started = time.monotonic()
        self._backend._live[running.query_id] = running
        return self._took

    def __exit__(self, *_: object) -> None:
        backend, running = self._backend, self._running
        with backend._counting:
            del backend._live[running.query_id]
            if running.long:
                backend.admission.shorten()
        seconds = sum(self._took) if self._took else time.monotonic() - running.started
        backend.admission.leave(running.client, seconds)


def update_refused() -> Problem:
    """The problem that the data can't be changed here."""
    return Problem("update-refused", "This dataset can be read, not changed.")


def overdue(timeout: float) -> Problem:
    """The problem that a query took too long."""
    return Problem(
        "timeout",
        f"The query was stopped after {timeout:g} s.",
        members={"limit": {"name": "timeout", "value": timeout}},
        headers={"Retry-After": str(max(1, round(timeout)))},
    )


def too_large(name: str, limit: int) -> Problem:
    """The problem that an answer has too many rows or bytes."""
    return Problem(
        "result-too-large",
        f"The answer has more than {limit:,} {name}.",
        members={"limit": {"name": f"max_{name}", "value": limit}},
    )


class Spool:
    """Bytes of an answer, in memory as long as they are few, in an unnamed file beyond."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._pieces: list[bytes] = []
        self._size = 0
        self._file: BinaryIO | None = None

    def add(self, piece: bytes) -> None:
        """Take the next bytes."""
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
        """All of it: bytes, or the file at its beginning."""
        if self._file is None:
            return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._file.seek(os.SEEK_SET)
        return self._file

    def discard(self) -> None:
        """Free the file, if there is one."""
        self._pieces.clear()
        if self._file is not None:
            self._file.close()
