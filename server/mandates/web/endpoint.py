"""The SPARQL endpoint as a WSGI application of its own, in front of the pages.

Queries are most of the traffic, and what a web framework does for a page they don't need.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mandates.sparql import syntax
from mandates.sparql.backend import Answer, Backend, update_refused
from mandates.sparql.negotiation import GRAPH_FORMATS, HTML, ROW_FORMATS, Format, choose
from mandates.sparql.problems import Problem
from mandates.sparql.processors import anywhere
from mandates.sparql.request import METHODS, QUERY, QueryRequest, UpdateRequest, parse_operation
from mandates.web.cache import AnswerCache, Kept
from mandates.web.cost import Allowance, client_key
from mandates.web.encoding import ENCODINGS, WORTH_IT, choose_encoding, compress, compress_file
from mandates.web.metrics import Metrics
from mandates.web.settings import Settings
from mandates.web.tokens import require

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LOG = logging.getLogger(__name__)
_SLOW = logging.getLogger("mandates.slow")
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
# What a page may load and where its forms may lead: nothing but what this server itself has.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_CONTENT_TYPES = {item.name: item.content_type for item in (*ROW_FORMATS, *GRAPH_FORMATS)}
_NORMALISE_UP_TO = 8192
_UNCHARGED = ("busy", "not-ready")
_REASONS = {
    200: "OK",
    204: "No Content",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    431: "Request Header Fields Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
#: Where pages put the kind of problem that a request ended with.
ENDED = "mandates.ended"
# What costs nearly nothing, and what somebody watches the server by.
_FREE = ("/static/", "/-/", "/problem/")
# A browser's headers have some hundred bytes each; an entity's tag is shorter still.
_LONGEST_HEADER = 8 << 10
_READ_HEADERS = (
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_AUTHORIZATION",
    "HTTP_COOKIE",
    "HTTP_HOST",
    "HTTP_IF_NONE_MATCH",
    "CONTENT_TYPE",
)
# RFC 3986, section 3.2, without what no host of ours has. The address of a page is made of it.
_HOST = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_EXPOSED = "Content-Length, Dataset-Version, ETag, Link, Location, Query-Id, Retry-After"

Headers = list[tuple[str, str]]
ProblemPage = Callable[[Problem, str, str], str]


class Endpoint:
    """Answers ``/sparql`` when a query is sent, and passes all other requests on.

    Args:
        engine: runs the queries.
        settings: see there.
        pages: the application that answers everything else.
        problem_page: renders a problem for people, from the problem, query id and script root.
    """

    PATHS = ("/sparql", "/sparql/")

    def __init__(
        self,
        engine: Backend,
        settings: Settings,
        pages: WSGIApplication,
        problem_page: ProblemPage,
    ) -> None:
        self.cache = AnswerCache(settings.cache_mb << 20)
        self.metrics = Metrics(engine, self.cache)
        self._allowance = Allowance(settings.rate_seconds)
        self._engine = engine
        self._settings = settings
        self._pages = pages
        self._problem_page = problem_page
        self._max_body = settings.max_query_kb << 10
        self._cache_control = f"public, max-age={settings.cache_seconds}"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        method = environ["REQUEST_METHOD"]
        if refused := _refused(environ):
            return self._fail(refused, environ, start_response, "")
        if environ["PATH_INFO"] not in self.PATHS or not self._is_for_us(environ, method):
            return self._page(environ, start_response)
        query_id = self._engine.new_id()
        try:
            if method == "OPTIONS":
                return self._options(start_response)
            return self._query(environ, start_response, method, query_id)
        except Problem as problem:
            return self._fail(problem, environ, start_response, query_id)
        except Exception:  # noqa: BLE001 - whatever it is, the client gets a problem
            _LOG.exception("query %s", query_id)
            mistake = Problem("internal-error", "The server made a mistake; its log says which.")
            return self._fail(mistake, environ, start_response, query_id)

    def _page(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass a request on, and count the time that it takes against the client's allowance."""
        if not self._settings.rate_seconds or environ["PATH_INFO"].startswith(_FREE):
            return self._pages(environ, start_response)
        client = client_key(environ.get("REMOTE_ADDR", ""))
        try:
            self._allowance.check(client)
        except Problem as problem:
            return self._fail(problem, environ, start_response, "")
        started = time.monotonic()
        try:
            return self._pages(environ, start_response)
        finally:
            # A slow line is not slow work, and who was turned away got none.
            if environ.get(ENDED) not in _UNCHARGED:
                arriving = getattr(environ["wsgi.input"], "seconds", 0.0)
                self._allowance.spend(client, time.monotonic() - started - arriving)

    @staticmethod
    def _is_for_us(environ: WSGIEnvironment, method: str) -> bool:
        if method not in ("GET", "HEAD"):
            return True
        # Without any parameter it is the address of the service itself (SPARQL 1.1 Service
        # Description, section 2), or of the page from which people query.
        text = environ.get("QUERY_STRING", "")
        if text.startswith("query="):  # as in nearly all
            return True
        names = {part.partition("=")[0] for part in text.split("&") if part}
        return bool(names - {"format", "lang"})

    def _cached(
        self, environ: WSGIEnvironment, start_response: StartResponse, key: Hashable, query_id: str
    ) -> Iterable[bytes] | None:
        kept = self.cache.get(key, self._engine.version)
        if kept is None:
            return None
        if _matches(environ, kept.etag):
            return self._unchanged(start_response, query_id, kept.etag)
        self.metrics.repeated(200, "cache")
        start_response("200 OK", [*kept.headers, ("Query-Id", query_id)])
        if environ["REQUEST_METHOD"] == "HEAD":
            return [b""]
        return [kept.body] if isinstance(kept.body, bytes) else kept.chunks()

    def _unchanged(
        self, start_response: StartResponse, query_id: str, etag: str
    ) -> Iterable[bytes]:
        self.metrics.repeated(304, "client")
        headers = self._headers(etag, self._engine.version)
        start_response("304 Not Modified", [*headers, ("Query-Id", query_id)])
        return [b""]

    def _query(
        self, environ: WSGIEnvironment, start_response: StartResponse, method: str, query_id: str
    ) -> Iterable[bytes]:
        body = self._body(environ) if method in ("POST", "QUERY") else b""
        accept = environ.get("HTTP_ACCEPT")
        accept_encoding = environ.get("HTTP_ACCEPT_ENCODING")
        query_string, content_type = environ.get("QUERY_STRING", ""), environ.get("CONTENT_TYPE")
        # Only what may be asked is kept, so a method that is not served finds nothing either.
        key = (query_string, content_type if body else "", body, accept, accept_encoding)
        if method in METHODS:
            kept = self._cached(environ, start_response, key, query_id)
            if kept is not None:
                return kept
        request = parse_operation(method, query_string, content_type, body, accept)
        if isinstance(request, UpdateRequest):
            return self._update(request, environ, start_response, query_id)
        encoding = choose_encoding(accept_encoding)
        etag = self._etag(request)
        if etag and method in ("GET", "HEAD") and _matches(environ, etag):
            return self._unchanged(start_response, query_id, etag)
        client = client_key(environ.get("REMOTE_ADDR", ""))
        answer = plain = self._run(request, client, query_id)
        if answer.version != self._engine.version:
            etag = ""  # the dataset changed between the two looks at it
        answer = _encode(answer, encoding, self._settings.spool_dir)
        if etag and answer.encoding:
            # A strong tag belongs to the very bytes (RFC 9110, section 8.8.3.3).
            etag = f'{etag[:-1]}-{answer.encoding}"'
        headers = self._headers(etag, answer.version)
        headers.append(("Content-Type", _CONTENT_TYPES[answer.format]))
        headers.append(("Content-Length", str(answer.size)))
        if answer.encoding:
            headers.append(("Content-Encoding", answer.encoding))
        self.metrics.answered(plain.seconds, plain.rows, plain.size)
        start_response("200 OK", [*headers, ("Query-Id", query_id)])
        if isinstance(answer.body, bytes):
            if etag:
                self.cache.put(key, Kept(answer.version, etag, tuple(headers), answer.body))
            return [answer.body] if method != "HEAD" else []
        if etag and self.cache.takes(answer.size):
            # It stays in its file, so that who reads it slowly holds no memory.
            large = Kept(answer.version, etag, tuple(headers), answer.body)
            self.cache.put(key, large)
            return large.chunks() if method != "HEAD" else []
        if method == "HEAD":
            answer.discard()
            return []
        return Stream(answer)

    def _update(
        self,
        request: UpdateRequest,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        query_id: str,
    ) -> Iterable[bytes]:
        if not self._settings.allow_update:
            raise update_refused()
        require(self._settings.update_token, environ.get("HTTP_AUTHORIZATION"))
        client = client_key(environ.get("REMOTE_ADDR", ""))
        with _Counted(self, request.update, client, query_id):
            self._engine.update(request, client=client, query_id=query_id)
        self.metrics.ended(204)
        headers = self._headers("", self._engine.version)
        start_response("204 No Content", [*headers, ("Query-Id", query_id)])
        return []

    def _run(self, request: QueryRequest, client: str, query_id: str) -> Answer:
        with _Counted(self, request.query, client, query_id) as counted:
            answer = self._engine.run(request, client=client, query_id=query_id)
            counted.answer = answer
        return answer

    def _body(self, environ: WSGIEnvironment) -> bytes:
        limit, name, unit = self._max_body, "max_query_kb", 10
        if self._may_update(environ):
            limit, name, unit = self._settings.max_update_mb << 20, "max_update_mb", 20
        too_large = Problem(
            "request-too-large",
            f"The request has more than {limit:,} bytes of content.",
            members={"limit": {"name": name, "value": limit >> unit}},
        )
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length) > limit:
            raise too_large
        # A body that comes in chunks has no length, and is read until it is too long.
        wanted = int(length) if length.isdecimal() else limit + 1
        pieces, size = [], 0
        while size < wanted and (piece := environ["wsgi.input"].read(wanted - size)):
            pieces.append(bytes(piece))
            size += len(piece)
        if size > limit:
            raise too_large
        return b"".join(pieces)

    def _may_update(self, environ: WSGIEnvironment) -> bool:
        # Only who has the token may send as much as an update may take.
        if not self._settings.allow_update or "HTTP_AUTHORIZATION" not in environ:
            return False
        try:
            require(self._settings.update_token, environ["HTTP_AUTHORIZATION"])
        except Problem:
            return False
        return True

    def _etag(self, request: QueryRequest) -> str:
        query, version = request.query, self._engine.version
        if not version or not syntax.is_stable(query):
            return ""
        if len(query) <= _NORMALISE_UP_TO:
            query = syntax.normalise(query)
        parts = (
            version,
            query,
            request.default_graphs,
            request.named_graphs,
            request.rows and request.rows.name,
            request.graph and request.graph.name,
        )
        return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'

    def _headers(self, etag: str, version: str) -> Headers:
        headers = common_headers(version)
        if etag:
            headers.append(("ETag", etag))
            headers.append(("Cache-Control", self._cache_control))
        else:
            headers.append(("Cache-Control", "no-store"))
        return headers

    def _options(self, start_response: StartResponse) -> Iterable[bytes]:
        headers = [
            ("Allow", ", ".join(METHODS)),
            ("Accept-Query", f'"{QUERY}"'),
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Methods", ", ".join(METHODS)),
            ("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, If-None-Match"),
            ("Access-Control-Max-Age", "86400"),
        ]
        start_response("204 No Content", headers)
        return []

    def _fail(
        self,
        problem: Problem,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        query_id: str,
    ) -> Iterable[bytes]:
        self.metrics.ended(problem.status, problem.slug)
        status, headers, body = problem_response(
            problem,
            environ.get("HTTP_ACCEPT"),
            query_id=query_id,
            version=self._engine.version,
            root=environ.get("SCRIPT_NAME", ""),
            page=self._problem_page,
        )
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


class _Counted:
    """Counts the time of a request against the client's allowance, and logs what took long.

    Raises:
        Problem: ``rate-exceeded``.
    """

    # No generator: this is passed by each of very many brief queries.
    __slots__ = ("_client", "_endpoint", "_query_id", "_started", "_text", "answer")

    def __init__(self, endpoint: Endpoint, text: str, client: str, query_id: str) -> None:
        self._endpoint, self._text = endpoint, text
        self._client, self._query_id = client, query_id
        self.answer: Answer | None = None

    def __enter__(self) -> _Counted:
        self._endpoint._allowance.check(self._client)
        self._started = time.monotonic()
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        seconds = time.monotonic() - self._started
        problem = "internal-error" if error else ""
        if isinstance(error, Problem):
            problem = error.slug
        if problem not in _UNCHARGED:
            self._endpoint._allowance.spend(self._client, seconds)
        if seconds < self._endpoint._settings.slow_seconds:
            return
        outcome: dict[str, Any] = {"problem": problem} if problem else {}
        if self.answer:
            outcome |= {"rows": self.answer.rows, "bytes": self.answer.size}
            outcome["memory"] = self.answer.memory
        log_query(self._query_id, self._text, self._client, seconds, outcome)


class Stream:
    """The body of a large answer. Its length has been promised, so a break can't go unnoticed."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._chunks = answer.chunks()

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        """Free the file (PEP 3333: called when the client has gone, too)."""
        self._answer.discard()


def common_headers(version: str) -> Headers:
    """Headers that every answer with data has."""
    headers = [
        ("Vary", "Accept, Accept-Encoding"),
        ("Link", f'<{LICENCE}>; rel="license"'),
        ("X-Content-Type-Options", "nosniff"),
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Expose-Headers", _EXPOSED),
    ]
    if version:
        headers.append(("Dataset-Version", version))
    return headers


def problem_response(
    problem: Problem,
    accept: str | None,
    *,
    query_id: str,
    version: str,
    root: str,
    page: ProblemPage,
) -> tuple[str, Headers, bytes]:
    """A problem as status line, headers and body: JSON, or HTML or text when asked for."""
    offered = (
        Format("json", "application/problem+json", ("application/json",)),
        HTML,
        Format("txt", "text/plain", charset=True),
    )
    chosen = choose(accept, offered) or offered[0]
    if chosen is HTML:
        body = page(problem, query_id, root)
    elif chosen.name == "txt":
        body = _as_text(problem)
    else:
        body = json.dumps(problem.as_json(query_id), ensure_ascii=False) + "\n"
    content = body.encode()
    headers = common_headers(version)
    headers += [
        ("Content-Type", chosen.content_type),
        ("Content-Length", str(len(content))),
        ("Cache-Control", "no-store"),
        *problem.headers.items(),
    ]
    if chosen is HTML:
        headers.append(("Content-Security-Policy", CONTENT_SECURITY_POLICY))
    if query_id:
        headers.append(("Query-Id", query_id))
    reason = _REASONS.get(problem.status, "Error")
    return f"{problem.status} {reason}", headers, content


def _as_text(problem: Problem) -> str:
    lines: list[Any] = [problem.kind.title + ".", problem.detail]
    lines += [f"{name}: {value}" for name, value in problem.members.items()]
    lines.append(problem.kind.advice)
    return "\n".join(map(str, lines)) + "\n"


def _refused(environ: WSGIEnvironment) -> Problem | None:
    """Why a request is refused before anything of it is looked at; its headers are then forgotten.

    >>> _refused({"HTTP_HOST": "example.org:8000", "HTTP_ACCEPT": "*/*"})
    >>> _refused({"HTTP_HOST": "example.org/<script>"}).detail
    'The Host header names no host.'
    """
    for name in _READ_HEADERS:
        if name in environ and len(environ[name]) > _LONGEST_HEADER:
            for read in _READ_HEADERS:
                environ.pop(read, None)
            header = name.removeprefix("HTTP_").replace("_", "-").title()
            return Problem(
                "headers-too-large",
                f"{header} has more than {_LONGEST_HEADER:,} bytes.",
            )
    host = environ.get("HTTP_HOST")
    if host and not _HOST.fullmatch(host):
        environ.pop("HTTP_HOST")
        return Problem("bad-request", "The Host header names no host.")
    return None


def _matches(environ: WSGIEnvironment, etag: str) -> bool:
    # RFC 9110, section 13.1.2: the comparison is weak, so one encoding stands for all of them.
    given = environ.get("HTTP_IF_NONE_MATCH")
    if not given:
        return False
    wanted = _plain(etag)
    return any(_plain(tag.strip().removeprefix("W/")) == wanted for tag in given.split(","))


def _plain(etag: str) -> str:
    stem, dash, encoding = etag.rstrip('"').rpartition("-")
    return f'{stem}"' if dash and encoding in ENCODINGS else etag


def _encode(answer: Answer, encoding: str, folder: Path | None) -> Answer:
    if not encoding or answer.size < WORTH_IT:
        return answer
    if isinstance(answer.body, bytes):
        packed = compress(answer.body, encoding)
        return replace(answer, body=packed, size=len(packed), encoding=encoding)
    with anywhere():
        file, size = compress_file(answer.body, encoding, folder)
    return replace(answer, body=file, size=size, encoding=encoding)


def log_query(
    query_id: str, text: str, client: str, seconds: float, outcome: dict[str, Any]
) -> None:
    """Write a query that took long to the log, with what it cost."""
    facts = {"query_id": query_id, "client": client, "seconds": round(seconds, 3), **outcome}
    _SLOW.warning("slow query", extra={"facts": {**facts, "query": text[:2000]}})
