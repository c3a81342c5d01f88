"""Write terms into queries, and answers in the formats of SPARQL 1.1, counting what is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

import pyoxigraph as ox

from mandates.dataset import dumps
from mandates.sparql import syntax

ROWS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
GRAPHS = {
    "ttl": ox.RdfFormat.TURTLE,
    "jsonld": ox.RdfFormat.JSON_LD,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "trig": ox.RdfFormat.TRIG,
    "nq": ox.RdfFormat.N_QUADS,
}
_RDF_ELEMENT = re.compile(rb'(<\?xml[^>]*>\s*<rdf:RDF)((?: xmlns(?::[\w.-]+)?="[^"]*")+)')
_NAMESPACE = re.compile(rb' xmlns(?::[\w.-]+)?="[^"]*"')
LINES = frozenset(["nt", "nq"])
ABBREVIATING = frozenset(["ttl", "trig", "rdf"])


class LimitError(Exception):
    """The answer has grown past a limit; carries which one."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


class NotXMLError(Exception):
    """The answer has something in it that XML can't hold; carries ``rows`` or ``graph``."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class XMLGuard:
    r"""Look at an answer in XML while it is written, and refuse what is no XML.

    RDF and SPARQL know characters that XML has no way to write, and RDF/XML makes names of
    elements out of IRIs that have no part for one. The serialiser writes both all the same.

    Args:
        name: short name of the format.

    >>> XMLGuard("xml").add(b"<literal>\x01</literal>")
    Traceback (most recent call last):
        ...
    mandates.sparql.writing.NotXMLError: rows
    """

    # Where names of elements come from a list, there is none without its latter part.
    _NO_NAME = re.compile(rb"</?[\w.-]*+:[\s/>]")
    _CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
    _NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
    # As much as can be needed of one piece to know what begins in it.
    _KEPT = 128

    def __init__(self, name: str) -> None:
        self._names = name == "rdf"
        self._rest = b""

    def add(self, data: bytes) -> None:
        """Take the next piece.

        Raises:
            NotXMLError: it is no XML.
        """
        data = self._rest + data
        self._rest = data[-self._KEPT :]
        if (
            len(data.translate(None, self._CONTROLS)) != len(data)
            or any(character in data for character in self._NO_CHARACTERS)
            or (self._names and self._NO_NAME.search(data))
        ):
            raise NotXMLError("graph" if self._names else "rows")


def guard(name: str) -> XMLGuard | None:
    """What to look with at an answer in a format; nothing when it is not XML."""
    return XMLGuard(name) if name in ("xml", "rdf") else None


class RowCounter:
    r"""Count the rows of a result while it is written, from its bytes.

    Iterating in Python would cost as much as the query; looking for the mark that ends a row does
    not. Each mark is one that can't occur inside a value: XML and TSV escape it; in CSV only line
    ends outside quotation marks count; in JSON a value may end in ``,{``, but what follows its
    quotation mark is a comma or a bracket and never the name of a variable. N-Triples and N-Quads
    have a line for each statement.

    >>> counter = RowCounter("csv")
    >>> for piece in (b"x\r\n1\r\n", b'"a\r\nb"\r\n'):
    ...     counter.add(piece)
    >>> counter.rows
    2
    """

    _ENDS: ClassVar = {"xml": b"</result>", "tsv": b"\n", "nt": b"\n", "nq": b"\n"}
    # It begins with fixed bytes, which are found several times as fast as a choice of them.
    _NEXT_IN_JSON = re.compile(rb'\},\{"[^,}]')
    _ROWS_IN_JSON = b'"results":{"bindings":['

    def __init__(self, name: str) -> None:
        self._name = name
        self._end = self._ENDS.get(name, b"")
        self._keep = 4 if name == "json" else max(0, len(self._end) - 1)
        # CSV and TSV have a line of names before the rows.
        self._marks = -1 if name in ("csv", "tsv") else 0
        self._rest = b""
        self._begun = False
        self._inside = False

    def add(self, data: bytes) -> None:
        """Take the next piece of the result."""
        data = self._rest + data
        if self._name == "json" and not self._begun:
            head, rows, data = data.partition(self._ROWS_IN_JSON)
            if len(data) < 2:
                self._rest = head + rows + data
                return
            # No row stands before the first one, so it has another mark.
            self._marks += data.startswith(b'{"')
            self._begun = True
        if self._end or self._name == "json":
            found = data.count(self._end) if self._end else len(self._NEXT_IN_JSON.findall(data))
            self._marks += found
            self._rest = data[-self._keep :] if self._keep else b""
            return
        self._rest = b""
        if data.endswith(b"\r"):
            data, self._rest = data[:-1], b"\r"
        for index, part in enumerate(data.split(b'"')):
            if index:
                self._inside = not self._inside
            if not self._inside:
                self._marks += part.count(b"\r\n")

    @property
    def rows(self) -> int:
        """Rows seen so far."""
        return max(0, self._marks)


def in_order(head: bytes) -> bytes:
    r"""Put the declarations of prefixes at the beginning of a document in alphabetical order.

    An answer with a strong ``ETag`` should have the same bytes wherever it is made.

    >>> in_order(b'<?xml version="1.0"?><rdf:RDF xmlns:b="b#" xmlns:a="a#"></rdf:RDF>')
    b'<?xml version="1.0"?><rdf:RDF xmlns:a="a#" xmlns:b="b#"></rdf:RDF>'
    """
    if head.startswith(b"@prefix "):
        return dumps.in_order(head)
    element = _RDF_ELEMENT.match(head)
    if element:
        names = b"".join(sorted(_NAMESPACE.findall(element[2])))
        return element[1] + names + head[element.end(2) :]
    return head


class CountedTriples:
    """Pass triples on, counting them, until there are too many."""

    def __init__(self, triples: Iterable[ox.Triple], limit: int) -> None:
        self._triples = triples
        self._limit = limit
        self.count = 0

    def __iter__(self) -> Iterator[ox.Triple]:
        limit = self._limit
        count = 0
        for triple in self._triples:
            count += 1
            if count > limit:
                raise LimitError("rows")
            yield triple
        self.count = count


def bind(query: str, bindings: Mapping[str, Mapping[str, str]]) -> str:
    r"""Put values in the place of variables.

    Args:
        query: see ``syntax.bind``.
        bindings: terms of SPARQL 1.1 Query Results JSON by name of variable.

    >>> bind("ASK { ?a ?b $this }", {"this": {"type": "literal", "value": 'a "b" }'}})
    'ASK { ?a ?b "a \\"b\\" }" }'
    """
    return syntax.bind(query, {name: str(term(value)) for name, value in bindings.items()})


def term(value: Mapping[str, str]) -> ox.NamedNode | ox.Literal:
    """A term of SPARQL 1.1 Query Results JSON as one of the store."""
    if value["type"] == "uri":
        return ox.NamedNode(value["value"])
    if "xml:lang" in value:
        return ox.Literal(value["value"], language=value["xml:lang"])
    datatype = value.get("datatype")
    return ox.Literal(value["value"], datatype=ox.NamedNode(datatype) if datatype else None)
