"""Answers kept for requests that come again, letter for letter."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

_CHUNK = 1 << 18


@dataclass(frozen=True)
class Kept:
    """An answer as it was sent."""

    version: str
    etag: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | BinaryIO

    @property
    def size(self) -> int:
        """Bytes of the body."""
        if isinstance(self.body, bytes):
            return len(self.body)
        return os.fstat(self.body.fileno()).st_size

    def chunks(self) -> Iterator[bytes]:
        """The body in pieces; several may read it at once.

        A file is closed when the last one who holds it has gone, be it the cache or a reader.
        """
        if isinstance(self.body, bytes):
            yield self.body
            return
        position = 0
        while chunk := os.pread(self.body.fileno(), _CHUNK, position):
            position += len(chunk)
            yield chunk


class AnswerCache:
    """Keeps the most recently used answers, up to a number of bytes.

    A key may be as long as a request, and whoever sends it chooses how long. Its hash is kept
    instead, so it takes no memory.

    Args:
        capacity: bytes of all bodies together; 0 keeps nothing.

    >>> cache = AnswerCache(1 << 20)
    >>> cache.put("a", Kept("version 1", "", (), b"answer"))
    >>> cache.get("a", "version 1").body, cache.get("a", "version 2")
    (b'answer', None)
    """

    # What an entry costs besides its body, roughly, so that a million tiny ones are not free.
    _OVERHEAD = 1024

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._size = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()

    def get(self, key: Hashable, version: str) -> Kept | None:
        """The answer to a request, if it was given from this version of the dataset."""
        name = _name(key)
        with self._lock:
            kept = self._kept.get(name)
            if kept is None:
                return None
            if kept.version != version:
                self._drop(name)
                return None
            self._kept.move_to_end(name)
            return kept

    def put(self, key: Hashable, kept: Kept) -> None:
        """Keep an answer, letting go of the ones that were not used for longest."""
        size = kept.size
        if not self.takes(size):
            return
        name = _name(key)
        with self._lock:
            if name in self._kept:
                self._drop(name)
            self._kept[name] = kept
            self._size += size + self._OVERHEAD
            while self._size > self._capacity:
                self._drop(next(iter(self._kept)))

    def takes(self, size: int) -> bool:
        """Whether an answer of so many bytes is kept: one should not push out all others."""
        return (size + self._OVERHEAD) * 4 <= self._capacity

    @property
    def size(self) -> int:
        """Bytes that the answers kept take, roughly."""
        return self._size

    def _drop(self, name: bytes) -> None:
        self._size -= self._kept.pop(name).size + self._OVERHEAD


def _name(key: Hashable) -> bytes:
    return hashlib.sha256(repr(key).encode("utf-8", "surrogatepass")).digest()
