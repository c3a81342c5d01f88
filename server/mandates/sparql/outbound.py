"""Send requests to other servers, with a deadline that holds and an end that can't be faked.

Three things that a plain HTTP client leaves open are settled here. The deadline bounds the whole
exchange, not each read. An exchange can be ended from another thread. And a body is known to be
complete, by its length or its last chunk, or it is refused.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any, BinaryIO
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ProtocolError

_CONNECT = 5.0
_CHUNK = 1 << 16
_this = threading.local()


class OutboundError(Exception):
    """No proper answer came; the message says why, in words fit for a log."""


class DeadlineError(OutboundError):
    """The deadline passed before the answer was complete."""


class AbortedError(OutboundError):
    """The exchange was ended by ``Exchange.abort``."""


class _Watched:
    """Tells the exchange under way in this thread which connection it uses."""

    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        _this.exchange.uses(self)

    def request(self, *args: Any, **options: Any) -> None:
        _this.exchange.uses(self)
        super().request(*args, **options)  # type: ignore[misc]


class _Connection(_Watched, HTTPConnection):
    pass


class _SecureConnection(_Watched, HTTPSConnection):
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class Server:
    """One server, and the connections to it that are kept for the next exchange.

    Args:
        url: an address on the server, by ``http`` or ``https``; path and query are ignored.
        connections: how many connections are kept.
        address: the IP address to connect to, when it must not be looked up again. The server's
            certificate is still checked against the name in the URL.
    """

    def __init__(self, url: str, *, connections: int = 1, address: str = "") -> None:
        parts = urlsplit(url)
        host, secure = host_of(parts), parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        bracketed = f"[{host}]" if ":" in host else host
        self._host_header = bracketed if parts.port is None else f"{bracketed}:{port}"
        options: dict[str, Any] = {"maxsize": connections, "block": False, "retries": False}
        if secure:
            options |= {"server_hostname": host, "assert_hostname": host}
        kind = _SecurePool if secure else _Pool
        self._pool = kind(address or host, port, **options)

    def exchange(self, seconds: float) -> Exchange:
        """Begin an exchange that ends within so many seconds."""
        return Exchange(self._pool, self._host_header, seconds)

    def close(self) -> None:
        """Close the connections that are kept."""
        self._pool.close()


class Exchange:
    """A request and its answer; ``with`` frees the connection.

    Attributes:
        status: the status code of the answer.
        headers: its headers, by name in lower case.
    """

    def __init__(self, pool: urllib3.HTTPConnectionPool, host_header: str, seconds: float) -> None:
        self._pool = pool
        self._host_header = host_header
        self._ends = time.monotonic() + seconds
        self._connection: Any = None
        self._response: urllib3.BaseHTTPResponse | None = None
        self._aborted = False
        self._complete = False
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self.status = 0
        self.headers: Mapping[str, str] = {}

    def __enter__(self) -> Exchange:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._connection = None
        if self._response is not None:
            # What was not read to its end can't be followed by another answer.
            if not self._complete:
                with contextlib.suppress(HTTPError, OSError):
                    self._response.close()
            self._response.release_conn()

    def send(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: bytes | BinaryIO | None = None,
    ) -> None:
        """Send the request and read status and headers of the answer. Redirects are not followed.

        Args:
            method: the HTTP method.
            target: path and query.
            headers: of the request; a body from a file needs its ``Content-Length`` here.
            body: the content.

        Raises:
            OutboundError: no answer began.
        """
        _this.exchange = self
        left = self._left()
        try:
            self._response = self._pool.urlopen(
                method,
                target,
                body=body,
                # What is compressed could be a thousand times as long as it says.
                headers={"Host": self._host_header, "Accept-Encoding": "identity", **headers},
                timeout=urllib3.Timeout(connect=min(_CONNECT, left), read=left),
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
        except (HTTPError, OSError, ValueError) as error:
            raise self._why(error) from error
        self._check()
        self.status = self._response.status
        self.headers = {name.lower(): value for name, value in self._response.headers.items()}

    @property
    def is_bounded(self) -> bool:
        """Whether the answer's end is marked, so that a part can't pass for the whole."""
        return "content-length" in self.headers or (
            self.headers.get("transfer-encoding", "").lower().strip() == "chunked"
        )

    def read(self, size: int = -1) -> bytes:
        """Bytes of the answer as they come, none at its end.

        Args:
            size: the most to return.

        Raises:
            OutboundError: the answer broke off, or the time is up.
        """
        assert self._response is not None
        try:
            data = self._response.read1(size if size > 0 else _CHUNK)
        except (HTTPError, OSError, ValueError) as error:
            raise self._why(error) from error
        self._check()
        self._complete = not data
        return data

    def read_up_to(self, limit: int) -> bytes:
        """The beginning of the answer, for a message."""
        pieces, size = [], 0
        while size < limit and (piece := self.read(limit - size)):
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)

    def abort(self) -> None:
        """End the exchange; may be called from any thread."""
        self._aborted = True
        self._shut()

    def uses(self, connection: Any) -> None:
        """Take note of the connection that is used; called by the connection itself."""
        self._connection = connection
        self._check()

    def _end(self) -> None:
        # The clock of the timer may be a little ahead.
        self._ends = min(self._ends, time.monotonic())
        self._shut()

    def _shut(self) -> None:
        wire = getattr(self._connection, "sock", None)
        if wire is not None:
            with contextlib.suppress(OSError):
                # Of the plain socket: a TLS one would first let go of its keys, under the reader.
                socket.socket.shutdown(wire, socket.SHUT_RDWR)

    def _left(self) -> float:
        self._check()
        return max(0.001, self._ends - time.monotonic())

    def _check(self) -> None:
        if self._aborted:
            raise AbortedError("the exchange was ended")
        if time.monotonic() >= self._ends:
            raise DeadlineError("the time is up")

    def _why(self, error: Exception) -> OutboundError:
        try:
            self._check()
        except OutboundError as known:
            return known
        if isinstance(error, urllib3.exceptions.ReadTimeoutError):
            return DeadlineError("the time is up")
        if isinstance(error, ProtocolError):
            return OutboundError(f"the answer broke off: {error}")
        return OutboundError(str(error) or type(error).__name__)


def host_of(parts: SplitResult) -> str:
    """The host of a split URL, as it is looked up.

    >>> host_of(urlsplit("http://Example.ORG:80/"))
    'example.org'
    """
    host = parts.hostname or ""
    return host.encode("idna").decode() if not host.isascii() else host
