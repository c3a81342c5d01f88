"""Read a request of the SPARQL 1.1 Protocol, without knowing which server received it.

https://www.w3.org/TR/sparql11-protocol/#query-operation. Parameters that the protocol does not
know are ignored, as clients send many.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from mandates.sparql.negotiation import GRAPH_FORMATS, ROW_FORMATS, Format, by_name, choose
from mandates.sparql.problems import Problem

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "QUERY")
GRAPH_METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "POST", "DELETE")

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NEVER_IN_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`]")
_MAX_PARAMETERS = 1000
_USUAL_ACCEPT = 500


@dataclass(frozen=True)
class QueryRequest:
    """One query and how its answer is wanted.

    Attributes:
        query: the text.
        default_graphs: IRIs of ``default-graph-uri``.
        named_graphs: IRIs of ``named-graph-uri``.
        rows: format for SELECT and ASK, None when the client accepts none.
        graph: format for CONSTRUCT and DESCRIBE, None when the client accepts none.
        timeout: seconds that the client is ready to wait, None for the server's limit.
    """

    query: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    rows: Format | None = field(default=ROW_FORMATS[0])
    graph: Format | None = field(default=GRAPH_FORMATS[0])
    timeout: float | None = None


@dataclass(frozen=True)
class UpdateRequest:
    """One update.

    Attributes:
        update: the text.
        using_graphs: IRIs of ``using-graph-uri``.
        using_named_graphs: IRIs of ``using-named-graph-uri``.
        timeout: seconds that the client is ready to wait, None for the server's limit.
    """

    update: str
    using_graphs: tuple[str, ...] = ()
    using_named_graphs: tuple[str, ...] = ()
    timeout: float | None = None


@dataclass(frozen=True)
class GraphWrite:
    """A change to one graph by the SPARQL 1.1 Graph Store Protocol.

    Attributes:
        method: ``PUT`` replaces, ``POST`` adds, ``DELETE`` removes.
        graph: IRI of the graph, None for the default graph.
        triples: what is put or added, as N-Triples.
    """

    method: str
    graph: str | None
    triples: bytes = b""


def parse_request(
    method: str,
    query_string: str,
    content_type: str | None,
    body: bytes,
    accept: str | None,
) -> QueryRequest:
    """Read a request to a dataset that can be read and not changed.

    Args:
        method: the HTTP method.
        query_string: what follows ``?``, still encoded.
        content_type: the header of that name.
        body: the request's content.
        accept: the header of that name.

    Raises:
        Problem: ``bad-request``, ``method-not-allowed``, ``not-acceptable``, ``update-refused``
            or ``unsupported-media-type``.

    >>> parse_request("GET", "query=ASK%7B%7D&format=csv", None, b"", "*/*").rows.name
    'csv'
    >>> parse_request("GET", "query=ASK%7B%7D&query=ASK%7B%7D", None, b"", None)
    Traceback (most recent call last):
        ...
    mandates.sparql.problems.Problem: The request has 2 queries; send one.
    """
    request = parse_operation(method, query_string, content_type, body, accept)
    if isinstance(request, UpdateRequest):
        raise Problem("update-refused", "This dataset can be read, not changed.")
    return request


def parse_operation(
    method: str,
    query_string: str,
    content_type: str | None,
    body: bytes,
    accept: str | None,
) -> QueryRequest | UpdateRequest:
    """Read a request, which may be an update (section 2.2 of the protocol).

    Args and errors are those of ``parse_request``.

    >>> parse_operation("POST", "", UPDATE, b"CLEAR ALL", None)
    UpdateRequest(update='CLEAR ALL', using_graphs=(), using_named_graphs=(), timeout=None)
    """
    if method not in METHODS:
        raise Problem(
            "method-not-allowed",
            f"{method} is not served here.",
            headers={"Allow": ", ".join(METHODS)},
        )
    pairs = _pairs(query_string.encode("latin-1", "replace"))
    direct = ""
    in_content = ""
    if method in ("POST", "QUERY"):
        media_type, charset = _content_type(content_type)
        if media_type in (QUERY, UPDATE):
            in_content = "query" if media_type == QUERY else "update"
            if method == "QUERY" and in_content == "update":
                raise Problem("bad-request", "QUERY is for queries; send an update by POST.")
            if any(name in ("query", "update") for name, _ in pairs):
                raise Problem(
                    "bad-request",
                    f"There is one {in_content} in the content and more in the address; send one.",
                )
            direct = _decode(body, charset)
        elif media_type == FORM:
            _decode(body, charset)
            form = _pairs(body)
            if any(name == "update" for name, _ in pairs):
                raise Problem("bad-request", "An update is sent in the content of a POST.")
            pairs += form
        else:
            raise Problem(
                "unsupported-media-type",
                f"The content is {content_type or 'of no stated type'}; "
                f"{QUERY} and {FORM} are understood.",
                headers={"Accept-Post": f"{QUERY}, {FORM}", "Accept-Query": f'"{QUERY}"'},
            )

    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    if in_content:
        values[in_content] = [direct]
    queries, updates = values.get("query", []), values.get("update", [])
    if len(queries) > 1:
        raise Problem("bad-request", f"The request has {len(queries)} queries; send one.")
    if queries and updates:
        raise Problem("bad-request", "The request has a query and an update; send one of them.")
    if updates:
        if method != "POST":
            raise Problem("bad-request", "An update is sent by POST.")
        return _update(values, updates)
    if not queries:
        raise Problem("bad-request", "The request has no query.")
    if "using-graph-uri" in values or "using-named-graph-uri" in values:
        raise Problem("bad-request", "using-graph-uri belongs to updates, not to queries.")
    rows, graph = _formats(values, accept)
    if len(values) == 1:  # nothing but the query, as in most requests
        return QueryRequest(queries[0], rows=rows, graph=graph)
    return QueryRequest(
        query=queries[0],
        default_graphs=_iris(values, "default-graph-uri"),
        named_graphs=_iris(values, "named-graph-uri"),
        rows=rows,
        graph=graph,
        timeout=_timeout(values),
    )


def _update(values: dict[str, list[str]], updates: list[str]) -> UpdateRequest:
    if len(updates) > 1:
        raise Problem("bad-request", f"The request has {len(updates)} updates; send one.")
    if "default-graph-uri" in values or "named-graph-uri" in values:
        raise Problem("bad-request", "default-graph-uri belongs to queries, not to updates.")
    return UpdateRequest(
        update=updates[0],
        using_graphs=_iris(values, "using-graph-uri"),
        using_named_graphs=_iris(values, "using-named-graph-uri"),
        timeout=_timeout(values),
    )


def _iris(values: dict[str, list[str]], name: str) -> tuple[str, ...]:
    found = tuple(values.get(name, ()))
    for iri in found:
        if not is_absolute_iri(iri):
            raise Problem("bad-request", f"The name of a graph is an absolute IRI, not {iri!r}.")
    return found


def is_absolute_iri(text: str) -> bool:
    """Whether a text can stand in ``<`` and ``>`` without a base.

    >>> is_absolute_iri("http://example.org/a"), is_absolute_iri("a"), is_absolute_iri("a:>")
    (True, False, False)
    """
    return bool(_SCHEME.match(text)) and not _NEVER_IN_IRI.search(text)


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    if not raw:
        return []
    parts = raw.split(b"&", _MAX_PARAMETERS)
    if len(parts) > _MAX_PARAMETERS:
        raise Problem("bad-request", f"The request has more than {_MAX_PARAMETERS} parameters.")
    try:
        if not raw.isascii():
            raw.decode("utf-8")
        pairs = []
        for part in parts:
            if part:
                name, _, value = part.partition(b"=")
                pairs.append((_unquote(name), _unquote(value)))
        return pairs
    except UnicodeDecodeError:
        raise Problem("bad-request", "The parameters are not UTF-8.") from None


def _unquote(raw: bytes) -> str:
    raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        # Quoted-printable is the same code with another sign, and the standard library decodes it
        # ten times as fast. They part where a line ends and where an escape is none; each that is
        # one makes the text shorter by two.
        if b"\n" not in raw and b"\r" not in raw:
            decoded = a2b_qp(raw.replace(b"=", b"=3D").replace(b"%", b"="))
            if len(decoded) == len(raw) - 2 * raw.count(b"%"):
                return decoded.decode("utf-8")
        raw = unquote_to_bytes(raw)
    return raw.decode("utf-8")


def _content_type(header: str | None) -> tuple[str, str]:
    media_type, *parameters = (header or "").split(";")
    charset = "utf-8"
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return media_type.strip().lower(), charset


def _decode(body: bytes, charset: str) -> str:
    # Section 2.1.3: a query is sent in UTF-8; a client that says something else is told so.
    if charset not in ("utf-8", "utf8", "us-ascii", "ascii"):
        raise Problem("bad-request", f"The content is said to be {charset}; send UTF-8.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(
            "bad-request", f"The content is not UTF-8: byte {error.start} can't be read."
        ) from None


def _formats(
    values: dict[str, list[str]], accept: str | None
) -> tuple[Format | None, Format | None]:
    # Other endpoints call the parameter "output" or "_format"; tools carry those habits along.
    for name in ("format", "output", "_format"):
        for wanted in values.get(name, [])[:1]:
            rows, graph = by_name(wanted, ROW_FORMATS), by_name(wanted, GRAPH_FORMATS)
            if rows is None and graph is None:
                raise Problem(
                    "not-acceptable",
                    f"There is no format called {wanted!r}.",
                    members={"formats": _offered()},
                )
            return rows, graph
    # What is long is not kept, as it is no client's habit but somebody's attempt to fill memory.
    choosing = _accepted if len(accept or "") <= _USUAL_ACCEPT else _accepted.__wrapped__
    rows, graph = choosing(accept)
    if rows is None and graph is None:
        raise not_acceptable()
    return rows, graph


@lru_cache(maxsize=1024)
def _accepted(accept: str | None) -> tuple[Format | None, Format | None]:
    return choose(accept, ROW_FORMATS), choose(accept, GRAPH_FORMATS)


def not_acceptable(kind: str = "") -> Problem:
    """The problem that the client accepts no format for this kind of answer.

    Args:
        kind: ``rows`` or ``graph`` when the kind of the query is known.
    """
    wanted = {"rows": "SELECT and ASK", "graph": "CONSTRUCT and DESCRIBE"}.get(kind, "a query")
    formats = _offered()
    return Problem(
        "not-acceptable",
        f"None of the formats that you accept can be written for {wanted}.",
        members={"formats": {kind: formats[kind]} if kind else formats},
    )


def not_xml(kind: str) -> Problem:
    """The problem that an answer has something in it that XML can't hold.

    Args:
        kind: ``rows`` or ``graph``.
    """
    others = [item for item in _offered()[kind] if not item.endswith("+xml")]
    return Problem(
        "not-acceptable",
        "The answer has a character or a name that can't be written in XML; ask for another "
        "format.",
        members={"formats": {kind: others}},
    )


def _offered() -> dict[str, list[str]]:
    return {
        "rows": [item.media_type for item in ROW_FORMATS],
        "graph": [item.media_type for item in GRAPH_FORMATS],
    }


def _timeout(values: dict[str, list[str]]) -> float | None:
    for text in values.get("timeout", [])[:1]:
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            raise Problem("bad-request", f"timeout is a number of seconds above 0, not {text!r}.")
        return seconds
    return None
