"""Keep requests that are slow to arrive from holding all threads.

A request has a thread from the moment its headers have come, and reading its content waits for as
long as the other side likes: the server cannot be told to stop a read. So only some threads may
wait for content, for one client only some of those, and a look at the connections closes those on
which a request does not get on; a read that waits there then ends.
"""

from __future__ import annotations

import itertools
import os
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mandates.sparql.problems import Problem
from mandates.web.cost import client_key

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Seconds in which content that is there already is read, whatever else the process does.
_PATIENCE = 0.25
_LOOK = 2.0
# How many times as long a connection may rest that waits for no answer of ours.
_RESTING = 4


class Arrivals:
    """An application that lets only so many threads wait for what is still to come.

    Args:
        application: answers the requests.
        places: how many requests may wait for their content at once; one client has half of them.
    """

    def __init__(self, application: WSGIApplication, places: int) -> None:
        self._application = application
        self._places = max(2, places)
        self._each = self._places // 2
        self._free = threading.Condition()
        self._reading: Counter[str] = Counter()
        self._numbers = itertools.count()
        self._begun: dict[int, float] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        number = next(self._numbers)
        self._begun[number] = time.monotonic()
        length = environ.get("CONTENT_LENGTH") or ""
        try:
            if length not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ:
                client = client_key(environ.get("REMOTE_ADDR", ""))
                size = int(length[:18]) if length.isdecimal() else None
                content = Content(environ["wsgi.input"], size, lambda: self._place(number, client))
                environ["wsgi.input"] = content
            return self._application(environ, start_response)
        finally:
            del self._begun[number]

    @property
    def longest(self) -> float:
        """Seconds for which the oldest request that has arrived has been worked on."""
        return time.monotonic() - min(self._begun.copy().values(), default=time.monotonic())

    @contextmanager
    def _place(self, number: int, client: str) -> Iterator[None]:
        reading = self._reading
        with self._free:
            if not self._free.wait_for(
                lambda: reading.total() < self._places and reading[client] < self._each, _PATIENCE
            ):
                raise Problem(
                    "busy",
                    f"{reading[client]} requests of yours and {reading.total()} in all wait for "
                    "their content, which is as many as may.",
                    headers={"Retry-After": "5"},
                )
            reading[client] += 1
        # What has not arrived is not worked on.
        self._begun[number] = float("inf")
        try:
            yield
        finally:
            self._begun[number] = time.monotonic()
            with self._free:
                reading[client] -= 1
                if not reading[client]:
                    del reading[client]
                self._free.notify_all()


class Content:
    """The content of a request, as PEP 3333 has it; a part is not taken for the whole.

    Args:
        stream: where it comes from.
        length: bytes that it has, None when it tells its end itself.
        place: held while it is waited for.

    Attributes:
        seconds: how long it was waited for.

    >>> import io
    >>> Content(io.BytesIO(b"ab"), 3, suppress).read()
    Traceback (most recent call last):
        ...
    mandates.sparql.problems.Problem: The content ended after 2 of 3 bytes.
    """

    def __init__(self, stream: Any, length: int | None, place: Callable[[], Any]) -> None:
        self._stream = stream
        self._length = length
        self._place = place
        self._got = 0
        self.seconds = 0.0

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or all; fewer only where they end.

        Raises:
            Problem: ``busy``, or ``bad-request`` when it ends too early.
        """
        return self._take(self._stream.read, size)

    def readline(self, size: int = -1) -> bytes:
        """The next line."""
        return self._take(self._stream.readline, size)

    def readlines(self, hint: int = -1) -> list[bytes]:
        """All lines."""
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line

    def _take(self, how: Callable[..., bytes], size: int | None) -> bytes:
        if self._length is not None and self._got >= self._length:
            return b""
        with self._place():
            started = time.monotonic()
            data = bytes(how() if size is None or size < 0 else how(size))
            self.seconds += time.monotonic() - started
        self._got += len(data)
        ended = not data and size != 0
        whole = how == self._stream.read and (size is None or size < 0 or len(data) < size)
        if self._length is not None and self._got < self._length and (ended or whole):
            raise Problem(
                "bad-request", f"The content ended after {self._got} of {self._length} bytes."
            )
        return data


@dataclass
class _Seen:
    received: int = 0
    acknowledged: int = 0
    since: float | None = None
    overdue: bool = False


class Connections:
    """Closes connections on which nothing gets on, among those that this process has accepted.

    A server does not tell which connection a request came on, but the system tells of each what
    moved on it and when.

    Args:
        port: where the server listens.
        seconds: in which a request must have arrived whole.
        longest: tells for how many seconds the oldest request that has arrived is being worked on;
            until it is answered nothing moves on its connection either.
    """

    # Where tcp_info(7), whose beginning never changes, has milliseconds since data were sent and
    # since they were received, and bytes that were acknowledged and received.
    _TIMES, _BYTES, _SIZE = struct.Struct("@44xI4xI"), struct.Struct("@120xQQ"), 136

    def __init__(self, port: int, seconds: float, longest: Callable[[], float]) -> None:
        self._port, self._seconds, self._longest = port, seconds, longest
        self._seen: dict[str, _Seen] = {}

    def watch(self, closed: Callable[[float], bool]) -> None:
        """Look again and again.

        Args:
            closed: waits so many seconds and tells whether to end.
        """
        while not closed(min(_LOOK, self._seconds / 4)):
            with suppress(OSError):  # such as too many open files; the next look may go well
                self.look()

    def look(self) -> int:
        """Look once; how many connections were closed."""
        seen, self._seen = self._seen, {}
        allowed = max(self._seconds, self._longest() + 1)
        closed = 0
        for name, connection in self._accepted():
            with connection, suppress(OSError):
                facts = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, self._SIZE)
                if len(facts) < self._SIZE:
                    continue
                before = seen.get(name, _Seen())
                self._seen[name] = now = self._told(before, facts)
                waited = time.monotonic() - now.since if now.since is not None else 0.0
                rested = min(self._TIMES.unpack_from(facts)) / 1000
                now.overdue = waited >= allowed or rested >= allowed * _RESTING
                # At the second look, as an answer may just be on its way.
                if now.overdue and before.overdue:
                    connection.shutdown(socket.SHUT_RDWR)
                    closed += 1
        return closed

    @staticmethod
    def _told(before: _Seen, facts: bytes) -> _Seen:
        """What a connection has come to, and since when it waits for an answer if it does."""
        acknowledged, received = Connections._BYTES.unpack_from(facts)
        since = before.since
        if acknowledged > max(1, before.acknowledged):
            since = None  # something was answered
        elif since is None and received > before.received:
            since = time.monotonic()
        return _Seen(received, acknowledged, since)

    def _accepted(self) -> Iterator[tuple[str, socket.socket]]:
        for number in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names of links to nowhere
            with suppress(OSError):
                # What has this number may change at any time, so it gets another one of ours.
                descriptor = os.dup(int(number))
                name = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - no path either
                if not name.startswith("socket:"):
                    os.close(descriptor)
                    continue
                connection = socket.socket(fileno=descriptor)
                if self._is_accepted(connection):
                    yield name, connection
                else:
                    connection.close()

    def _is_accepted(self, connection: socket.socket) -> bool:
        if connection.family not in (socket.AF_INET, socket.AF_INET6):
            return False
        try:
            connection.getpeername()  # what listens has none
            return bool(connection.getsockname()[1] == self._port)
        except OSError:
            return False
