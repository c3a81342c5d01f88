"""Answer the SERVICE of a query, and the LOAD of an update, before either is run.

Whoever runs the query has no network. What it wants from elsewhere is fetched here, from servers
on the operator's list, and put into the text: ``SERVICE`` becomes the ``VALUES`` that it stands
for (SPARQL 1.1 Federated Query, section 4: its pattern is evaluated by itself and then joined), and
``LOAD`` becomes ``INSERT DATA``.

A list of prefixes is not all that is checked. The name is looked up once, every address found must
be a public one, and the connection goes to that very address, so that a second look-up can't lead
elsewhere. Redirects are not followed.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox

from mandates.sparql.admission import Admission
from mandates.sparql.problems import Problem
from mandates.sparql.request import FORM, is_absolute_iri
from mandates.sparql.syntax import Token, closing, may_call_out, tokens
from mandates.sparql.writing import LimitError

if TYPE_CHECKING:
    from mandates.sparql.outbound import Exchange

_LOG = logging.getLogger(__name__)
_MOST_CALLS = 16
_CHUNK = 1 << 16
_ACCEPT_ROWS = "application/sparql-results+json, application/sparql-results+xml;q=0.8"
_ACCEPT_GRAPH = "application/n-triples, text/turtle;q=0.9, application/rdf+xml;q=0.7"
_ROWS = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "application/xml": ox.QueryResultsFormat.XML,
}
_DOT_SEGMENT = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")


@dataclass(frozen=True)
class Rules:
    """What may be fetched for a query.

    Attributes:
        allowed: beginnings of the IRIs that may be called.
        timeout: seconds for one call.
        max_bytes: bytes that all calls of one query bring, as sent and as written into the query.
        concurrency: calls under way at once, for all queries.
        loopback: whether addresses of this machine may be called. Unsafe: it lets a query reach
            whatever else runs here, if it is on the list.
    """

    allowed: tuple[str, ...] = ()
    timeout: float = 10.0
    max_bytes: int = 4 << 20
    concurrency: int = 2
    loopback: bool = False

    def __post_init__(self) -> None:
        for prefix in self.allowed:
            # Without the slash, https://good.example would allow https://good.example.evil.example.
            if not re.match(r"https?://[^/?#@\s]+/", prefix) or not is_absolute_iri(prefix):
                raise ValueError(
                    f"what may be called is http or https, a host and at least a slash: {prefix!r}"
                )

    def allow(self, iri: str) -> bool:
        """Whether an IRI is on the list, and is what it looks like.

        >>> rules = Rules(("https://example.org/a/",))
        >>> rules.allow("https://example.org/a/sparql"), rules.allow("https://example.org/b")
        (True, False)
        >>> rules.allow("https://example.org/a/../b")
        False
        """
        if not is_absolute_iri(iri) or not any(iri.startswith(prefix) for prefix in self.allowed):
            return False
        parts = urlsplit(iri)
        return "@" not in parts.netloc and not _DOT_SEGMENT.search(parts.path)


@dataclass(frozen=True)
class Call:
    """One call in a text.

    Attributes:
        start: where it begins in the text, in characters.
        end: where it ends.
        iri: what is called; empty when that is a variable.
        silent: whether its failure is to pass.
        query: what is asked there; empty for a LOAD.
        target: what a LOAD fills: ``GRAPH`` with its name, or nothing for the default graph.
        variables: names of variables that the answer may bind, as far as the text tells.
    """

    start: int
    end: int
    iri: str
    silent: bool
    query: str = ""
    target: str = ""
    variables: tuple[str, ...] = ()


def calls(text: str, *, update: bool = False) -> list[Call]:
    """The outermost calls in a text, in their order; when there are too many, not the rest.

    Args:
        text: a query or an update.
        update: whether LOAD is one.

    >>> found = calls("PREFIX a: <http://a/> SELECT * { SERVICE SILENT a:x { ?s a:y ?o } }")
    >>> found[0].iri, found[0].silent, found[0].query
    ('http://a/x', True, 'PREFIX a: <http://a/> SELECT * WHERE { ?s a:y ?o }')
    >>> calls("LOAD <http://a/> INTO GRAPH <http://g/>", update=True)[0].target
    'GRAPH <http://g/>'
    """
    sequence = tokens(text)
    found: list[Call] = []
    prefixes: dict[str, str] = {}
    prologue: list[str] = []
    index = 0
    # Each call carries the prologue, so a text full of them would grow by its own size with each.
    while index < len(sequence) and len(found) <= _MOST_CALLS:
        token = sequence[index]
        word = token.text.upper() if token.kind == "word" else ""
        if word == "BASE" and sequence[index + 1 : index + 2]:
            prologue.append(f"BASE {sequence[index + 1].text} ")
        elif word == "PREFIX" and len(sequence) > index + 2:
            name, iri = sequence[index + 1].text, sequence[index + 2].text
            prologue.append(f"PREFIX {name} {iri} ")
            prefixes[name.removesuffix(":")] = iri[1:-1]
        elif word == "SERVICE" or (word == "LOAD" and update):
            read = _service if word == "SERVICE" else _load
            call, index = read(text, sequence, index, prefixes, "".join(prologue))
            found.append(call)
        index += 1
    return found


def _service(
    text: str, sequence: list[Token], index: int, prefixes: Mapping[str, str], prologue: str
) -> tuple[Call, int]:
    start = sequence[index].start
    silent, index = _silent(sequence, index + 1)
    iri = _iri(sequence, index, prefixes)
    opening = index + 1
    if sequence[opening : opening + 1] == [] or sequence[opening].text != "{":
        return Call(start, sequence[-1].end, iri, silent), len(sequence)
    last = closing(sequence, opening)
    inside = sequence[opening : last + 1]
    pattern = text[sequence[opening].start : sequence[last].end]
    names: tuple[str, ...] = ()
    if not any(t.kind == "word" and t.text.upper() == "SELECT" for t in inside):
        names = tuple(dict.fromkeys(t.text[1:] for t in inside if t.kind == "variable"))
    query = f"{prologue}SELECT * WHERE {pattern}"
    return Call(start, sequence[last].end, iri, silent, query, "", names), last


def _load(
    text: str, sequence: list[Token], index: int, prefixes: Mapping[str, str], prologue: str
) -> tuple[Call, int]:
    start = sequence[index].start
    silent, index = _silent(sequence, index + 1)
    iri = _iri(sequence, index, prefixes)
    target, last = "", min(index, len(sequence) - 1)
    following = [token.text.upper() for token in sequence[index + 1 : index + 3]]
    if following == ["INTO", "GRAPH"] and sequence[index + 3 : index + 4]:
        last = index + 3
        target = f"GRAPH {sequence[last].text}"
    return Call(start, sequence[last].end, iri, silent, "", target), last


def _silent(sequence: list[Token], index: int) -> tuple[bool, int]:
    silent = index < len(sequence) and sequence[index].text.upper() == "SILENT"
    return silent, index + silent


def _iri(sequence: list[Token], index: int, prefixes: Mapping[str, str]) -> str:
    if index >= len(sequence):
        return ""
    token = sequence[index]
    if token.kind == "iri":
        return token.text[1:-1]
    prefix, colon, local = token.text.partition(":")
    if token.kind == "name" and colon and prefix in prefixes:
        return prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)
    return ""


class Federation:
    """Fetches what queries want from elsewhere.

    Args:
        rules: see there.
        base_iri: the beginning of names for blank nodes of other servers.
    """

    def __init__(self, rules: Rules, *, base_iri: str) -> None:
        self.rules = rules
        self._genid = f"{base_iri}.well-known/genid/"
        places = rules.concurrency
        self._admission = Admission(places, places * 8, rules.timeout)

    def fill(
        self,
        text: str,
        *,
        update: bool = False,
        strict: bool = False,
        client: str,
        seconds: float,
        uses: Callable[[Exchange], None],
    ) -> str:
        """Put what is fetched in the place of the calls.

        Args:
            text: a query or an update.
            update: which of the two.
            strict: whether another server will parse the text, which then may have nothing left
                that any parser could take for a call.
            client: whose it is, for fairness.
            seconds: how long all calls together may take.
            uses: told of each exchange, so that it can be ended.

        Raises:
            Problem: ``service-refused``, ``service-failed`` or ``busy``.
        """
        found = calls(text, update=update)
        if len(found) > _MOST_CALLS:
            raise Problem("service-refused", f"At most {_MOST_CALLS} calls may be made.")
        for call in found:
            self._refuse(call)
        if strict and may_call_out(_replaced(text, found, ["{}"] * len(found)), update=update):
            raise Problem(
                "service-refused",
                "The text has, or could be read to have, a call to another server that is not "
                "on the list of those that may be called.",
            )
        if not found:
            return text
        ends, left = time.monotonic() + seconds, self.rules.max_bytes
        pieces: list[str] = []
        with self._admission.place(client):
            for call in found:
                pieces.append(self._answer(call, ends - time.monotonic(), left, uses))
                left -= len(pieces[-1])
        return _replaced(text, found, pieces)

    def _refuse(self, call: Call) -> None:
        if not call.iri:
            raise Problem(
                "service-refused", "What is called must stand in the text; a variable may be any."
            )
        if not self.rules.allow(call.iri):
            raise Problem(
                "service-refused",
                f"<{call.iri[:200]}> is not on the list of servers that may be called.",
            )

    def _answer(
        self, call: Call, seconds: float, left: int, uses: Callable[[Exchange], None]
    ) -> str:
        try:
            return self._fetch(call, min(seconds, self.rules.timeout), left, uses)
        except Problem as problem:
            # Only a failure may pass in silence; what is not allowed is told.
            if not call.silent or problem.slug != "service-failed":
                raise
            _LOG.info("a silent call failed: %s", problem.detail)
            return "INSERT DATA {}" if not call.query else _nothing(call.variables)

    def _fetch(
        self, call: Call, seconds: float, left: int, uses: Callable[[Exchange], None]
    ) -> str:
        # Imported when called: most servers let nothing be fetched, and begin the faster for it.
        from mandates.sparql.outbound import (
            AbortedError,
            DeadlineError,
            OutboundError,
            Server,
            host_of,
        )

        parts = urlsplit(call.iri)
        address = _address(host_of(parts), parts.port or 0, loopback=self.rules.loopback)
        server = Server(call.iri, address=address)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            with server.exchange(max(0.01, seconds)) as exchange:
                uses(exchange)
                if call.query:
                    body = urlencode({"query": call.query}).encode()
                    headers = {"Accept": _ACCEPT_ROWS, "Content-Type": FORM}
                    exchange.send("POST", target, headers=headers, body=body)
                else:
                    exchange.send("GET", target, headers={"Accept": _ACCEPT_GRAPH})
                if exchange.status != 200:
                    raise _failed(call, f"answered with status {exchange.status}")
                reader = _Bounded(exchange, left)
                return self._rows(call, reader) if call.query else self._graph(call, reader)
        except AbortedError:
            raise Problem("cancelled", "The query was stopped by the operator.") from None
        except LimitError:
            limit = self.rules.max_bytes >> 20
            raise _failed(call, f"sends more than {limit} MiB") from None
        except DeadlineError:
            raise _failed(call, f"did not answer within {seconds:.3g} s") from None
        except OutboundError as error:
            _LOG.info("<%s>: %s", call.iri, error)
            raise _failed(call, "gave no complete answer") from None
        except (SyntaxError, ValueError) as error:
            _LOG.info("<%s>: %s", call.iri, error)
            raise _failed(call, "sent what can't be read") from None
        finally:
            server.close()

    def _rows(self, call: Call, reader: _Bounded) -> str:
        form = _ROWS.get(reader.media_type)
        if form is None:
            raise _failed(call, f"sent {reader.media_type[:80] or 'nothing known'}, and no rows")
        # Names for blank nodes must not meet those of another answer (RDF 1.1, section 3.5).
        genid = f"{self._genid}{secrets.token_hex(8)}-"
        rows, size = [], 0
        results = ox.parse_query_results(cast(IO[bytes], reader), format=form)
        try:
            if not isinstance(results, ox.QuerySolutions):
                raise _failed(call, "sent a truth value, and no rows")
            names = [variable.value for variable in results.variables]
            for solution in results:
                row = " ".join(_text(value, genid) for value in solution)
                rows.append(f"({row})")
                size += len(row) + 3
                if size > self.rules.max_bytes:
                    raise LimitError("bytes")
        finally:
            # A traceback would hold on to it, and it must not be freed in another thread.
            del results
        reader.finish()
        head = " ".join(f"?{name}" for name in names)
        return f"{{ VALUES ({head}) {{ {' '.join(rows)} }} }}"

    def _graph(self, call: Call, reader: _Bounded) -> str:
        form = ox.RdfFormat.from_media_type(reader.media_type)
        if form is None or (form.supports_datasets and form != ox.RdfFormat.JSON_LD):
            raise _failed(call, f"sent {reader.media_type[:80] or 'nothing known'}, and no graph")
        parsed = ox.parse(
            cast(IO[bytes], reader), format=form, base_iri=call.iri, rename_blank_nodes=True
        )
        try:
            triples = " ".join([f"{quad.triple} ." for quad in parsed])
        finally:
            del parsed  # as above
        reader.finish()
        if not reader.is_bounded:
            raise _failed(call, "sent a graph with no mark where it ends")
        inside = f"{call.target} {{ {triples} }}" if call.target else triples
        return f"INSERT DATA {{ {inside} }}"


class _Bounded:
    """What another server sends, as a file to a parser, up to a number of bytes."""

    def __init__(self, exchange: Exchange, limit: int) -> None:
        self._exchange = exchange
        self._left = limit
        self.is_bounded = exchange.is_bounded
        head = exchange.headers.get("content-type", "")
        self.media_type = head.partition(";")[0].strip().lower()

    def read(self, size: int = -1) -> bytes:
        """The next bytes, none at the end."""
        data = self._exchange.read(size if 0 < size < _CHUNK else _CHUNK)
        self._left -= len(data)
        if self._left < 0:
            raise LimitError("bytes")
        return data

    def finish(self) -> None:
        """See that nothing but blanks follows, and that the answer is whole."""
        while data := self.read():
            if data.strip():
                raise SyntaxError("more follows after the end")


def _address(host: str, port: int, *, loopback: bool) -> str:
    """The address to connect to; all that the name has must be public ones."""
    try:
        found = socket.getaddrinfo(host, port or None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Problem("service-failed", f"The host {host} can't be found.") from None
    addresses = [str(item[4][0]) for item in found]
    for address in addresses:
        if not (is_public(address) or (loopback and _is_loopback(address))):
            raise Problem("service-refused", f"The host {host} has an address that is not public.")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also when it is wrapped in another.

    >>> [is_public(a) for a in ("93.184.216.34", "10.0.0.1", "169.254.169.254", "::1")]
    [True, False, False, False]
    >>> [is_public(a) for a in ("::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "fe80::1")]
    [False, False, False, False]
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        return is_public(str(parsed.ipv4_mapped))
    for inner in _wrapped(parsed):
        if not is_public(str(inner)):
            return False
    return (
        parsed.is_global
        and parsed not in _LOCAL_NAT64
        and not (parsed.is_multicast or parsed.is_reserved or parsed.is_unspecified)
    )


def _wrapped(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> Iterator[ipaddress.IPv4Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return
    teredo = address.teredo or ()
    for inner in (address.sixtofour, *teredo):
        if inner is not None:
            yield inner
    if address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _text(value: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None, genid: str) -> str:
    if value is None:
        return "UNDEF"
    if isinstance(value, ox.BlankNode):
        return f"<{genid}{value.value.encode().hex()}>"
    if isinstance(value, ox.Triple):
        raise ValueError("a triple as a value")
    return str(value)


def _nothing(variables: tuple[str, ...]) -> str:
    """One solution that binds nothing, and so changes nothing in a join."""
    head = " ".join(f"?{name}" for name in variables)
    return f"{{ VALUES ({head}) {{ ({' '.join(['UNDEF'] * len(variables))}) }} }}"


def _replaced(text: str, found: list[Call], pieces: list[str]) -> str:
    parts, end = [], 0
    for call, piece in zip(found, pieces, strict=True):
        # The lines after it keep their numbers, for who reads an error.
        parts += [text[end : call.start], piece, "\n" * text.count("\n", call.start, call.end)]
        end = call.end
    return "".join([*parts, text[end:]])


def _failed(call: Call, why: str) -> Problem:
    return Problem("service-failed", f"<{call.iri[:200]}> {why}.")
