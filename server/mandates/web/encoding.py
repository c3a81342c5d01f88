"""Compress answers, as ``Accept-Encoding`` asks (RFC 9110, section 12.5.3)."""

from __future__ import annotations

import gzip
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import brotli
import zstandard

# In the server's order of preference: the strongest for its cost first.
ENCODINGS = ("zstd", "br", "gzip")
WORTH_IT = 1024
_CHUNK = 1 << 18


def choose_encoding(header: str | None) -> str:
    """The encoding to use, empty for none.

    >>> choose_encoding("gzip, deflate, br;q=0.9")
    'gzip'
    >>> choose_encoding("*;q=0.5, zstd;q=0"), choose_encoding("identity")
    ('br', '')
    """
    if not header:
        return ""
    weights: dict[str, float] = {}
    for part in header.split(","):
        name, _, parameter = part.partition(";")
        _, _, value = parameter.partition("=")
        try:
            weights[name.strip().lower()] = float(value) if value else 1.0
        except ValueError:
            weights[name.strip().lower()] = 0.0
    other = weights.get("*", 0.0)
    best = max(ENCODINGS, key=lambda name: weights.get(name, other))
    return best if weights.get(best, other) > 0 else ""


def compress(body: bytes, encoding: str) -> bytes:
    """A body that is in memory.

    >>> gzip.decompress(compress(b"abc", "gzip"))
    b'abc'
    """
    if encoding == "zstd":
        return zstandard.ZstdCompressor(level=3).compress(body)
    if encoding == "br":
        return bytes(brotli.compress(body, quality=4))
    return gzip.compress(body, compresslevel=5, mtime=0)


def compress_file(source: BinaryIO, encoding: str, folder: Path | None) -> tuple[BinaryIO, int]:
    """A body that is in a file, into another; its length must be known before it is sent.

    Returns:
        The file at its beginning, and its length. The source is closed.
    """
    target = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - the answer owns it
    push, finish = _stream(encoding)
    with source:
        while chunk := source.read(_CHUNK):
            target.write(push(chunk))
    target.write(finish())
    length = target.tell()
    target.seek(0)
    return target, length


def _stream(encoding: str) -> tuple[Callable[[bytes], bytes], Callable[[], bytes]]:
    # The fastest level of each: a large answer is paid for by the one who waits for it.
    if encoding == "zstd":
        zstd = zstandard.ZstdCompressor(level=1).compressobj()
        return zstd.compress, zstd.flush
    if encoding == "br":
        br = brotli.Compressor(quality=1)
        return br.process, br.finish
    deflate = zlib.compressobj(1, zlib.DEFLATED, 31)
    return deflate.compress, deflate.flush
