"""Read what another server sends while it arrives, and write it anew, up to the limits.

What is parsed and written again is known to be whole and well formed; what is passed on as it came
is not.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import IO, cast

import pyoxigraph as ox

from mandates.sparql.backend import Limits, Spool
from mandates.sparql.outbound import Exchange
from mandates.sparql.writing import LimitError, RowCounter, XMLGuard, in_order

ROW_TYPES = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "application/xml": ox.QueryResultsFormat.XML,
    "text/xml": ox.QueryResultsFormat.XML,
}
GRAPH_TYPES = {
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "text/plain": ox.RdfFormat.N_TRIPLES,
    "text/turtle": ox.RdfFormat.TURTLE,
    "text/n3": ox.RdfFormat.TURTLE,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
}
# A single value of this size is no value; it would be held in the memory of all.
LARGEST_VALUE = 4 << 20
MESSAGE = 2000
_CHUNK = 1 << 16
_BAD_BLANK, _BLANK = b'"type": "bnode", "value": "nodeID://', b'"type": "bnode", "value": "'


class Reader:
    """What the store sends, as a file to a parser."""

    def __init__(self, exchange: Exchange, outlet: Outlet) -> None:
        self._exchange = exchange
        self._outlet = outlet
        self._held = b""
        self._ended = False
        self._mends = "virtuoso" in exchange.headers.get("server", "").lower()
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes, none at the end."""
        data = self._exchange.read(size)
        self.tail = (self.tail + data)[-300:]
        self._outlet.took(len(data))
        return self._mended(data) if self._mends else data

    def _mended(self, data: bytes) -> bytes:
        """Virtuoso's blank nodes have a name that is none; inside a literal, quotes are escaped."""
        if self._ended:
            return b""
        while data:
            whole = (self._held + data).replace(_BAD_BLANK, _BLANK)
            self._held = whole[-len(_BAD_BLANK) :]
            if len(whole) > len(self._held):
                return whole[: -len(self._held)]
            data = self._exchange.read(_CHUNK)
        self._ended = True
        return self._held

    def rest(self) -> bytes:
        """What is left when the parser is content: nothing, or a few blanks."""
        return self._exchange.read_up_to(MESSAGE)


class Outlet:
    """Takes what is written, up to the limits."""

    def __init__(
        self,
        spool: Spool,
        limits: Limits,
        counter: RowCounter | None,
        guard: XMLGuard | None = None,
    ) -> None:
        self._guard = guard
        self.spool = spool
        self.size = 0
        self._limits = limits
        self._counter = counter
        self._held: list[bytes] = []
        self._held_size = 0
        self._unanswered = 0

    def write(self, data: bytes) -> int:
        """Take bytes from the serialiser."""
        self._held.append(in_order(data) if self.size == 0 and not self._held else data)
        self._held_size += len(data)
        self._unanswered = 0
        if self._held_size >= 1 << 16:
            self._pass_on()
        return len(data)

    def flush(self) -> None:
        """Do nothing: bytes are passed on when there are enough."""

    def took(self, size: int) -> None:
        """Take note of what was read; without a row coming of it, it can only be one value."""
        self._unanswered += size
        if self._unanswered > LARGEST_VALUE:
            raise LimitError("value")

    def progress(self) -> None:
        """Take note that something came of what was read."""
        self._unanswered = 0

    def finish(self) -> None:
        """Pass the last bytes on."""
        self._pass_on()

    def _pass_on(self) -> None:
        piece = b"".join(self._held)
        self._held.clear()
        self._held_size = 0
        self.size += len(piece)
        if self._guard is not None:
            self._guard.add(piece)
        if self._counter is not None:
            self._counter.add(piece)
            if self._counter.rows > self._limits.max_rows:
                raise LimitError("rows")
        if self.size > self._limits.max_bytes:
            raise LimitError("bytes")
        self.spool.add(piece)


def parsed(reader: Reader, form: ox.RdfFormat, outlet: Outlet) -> Generator[ox.Triple, None, None]:
    """The triples that a store sends, as they arrive.

    Raises:
        SyntaxError: what was sent is no such format, or not whole.
        LimitError: nothing came of more than a single value may have.
    """
    for quad in ox.parse(cast(IO[bytes], reader), format=form):
        outlet.progress()
        yield quad.triple


def table(content: bytes, media_type: str) -> list[dict[str, ox.NamedNode | ox.Literal]]:
    """The rows of a small answer; blank nodes are left out.

    Raises:
        ValueError: it has a truth value.
        SyntaxError: it can't be read.

    >>> head, row = b'{"head":{"vars":["n"]}', b'{"n":{"type":"literal","value":"3"}}'
    >>> content = head + b',"results":{"bindings":[' + row + b"]}}"
    >>> table(content, "application/sparql-results+json")[0]["n"].value
    '3'
    """
    results = ox.parse_query_results(content, format=ROW_TYPES[media_type])
    try:
        if not isinstance(results, ox.QuerySolutions):
            raise ValueError("a truth value, and no rows")
        names = [variable.value for variable in results.variables]
        return [
            {
                name: value
                for name, value in zip(names, row, strict=True)
                if isinstance(value, ox.NamedNode | ox.Literal)
            }
            for row in results
        ]
    finally:
        del results


def truth(value: bool) -> ox.QueryBoolean:
    """The answer to an ASK.

    >>> truth(True).serialize(format=ox.QueryResultsFormat.CSV)
    b'true'
    """
    text = b'{"head":{},"boolean":%s}' % (b"true" if value else b"false")
    answer = ox.parse_query_results(text, format=ox.QueryResultsFormat.JSON)
    assert isinstance(answer, ox.QueryBoolean)
    return answer


def media_type(exchange: Exchange) -> str:
    """The media type of an answer, without parameters and in lower case."""
    return exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
