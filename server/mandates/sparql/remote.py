"""Stand before another SPARQL 1.1 server: its data, our limits, errors and promises.

Rows are asked for as JSON or XML and triples as N-Triples, Turtle or RDF/XML, whatever the client
wants: these are read and written anew while they arrive, which is the only way to see that an
answer is whole. Servers are known to answer 200 and then put an error into the rows (Oxigraph when
its time is up) or to leave rows out (Virtuoso above its limit).
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox

from mandates.sparql import syntax
from mandates.sparql.backend import (
    Answer,
    Backend,
    Limits,
    Place,
    Running,
    Spool,
    overdue,
    too_large,
)
from mandates.sparql.federation import Federation
from mandates.sparql.negotiation import ROW_FORMATS
from mandates.sparql.outbound import DeadlineError, Exchange, OutboundError, Server
from mandates.sparql.problems import Problem
from mandates.sparql.request import (
    FORM,
    GraphWrite,
    QueryRequest,
    UpdateRequest,
    not_acceptable,
    not_xml,
)
from mandates.sparql.rewriting import (
    GRAPH_TYPES,
    LARGEST_VALUE,
    MESSAGE,
    ROW_TYPES,
    Outlet,
    Reader,
    media_type,
    parsed,
    table,
    truth,
)
from mandates.sparql.writing import (
    ABBREVIATING,
    GRAPHS,
    ROWS,
    CountedTriples,
    LimitError,
    NotXMLError,
    RowCounter,
    bind,
    guard,
)

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")
_ACCEPT = {
    "rows": "application/sparql-results+json, application/sparql-results+xml;q=0.8",
    "graph": "application/n-triples, text/turtle;q=0.8, application/rdf+xml;q=0.6",
}
_PROBE = 2.0
_GRAPHS_FRESH = 60.0
_RELATIVE_IRI = re.compile(r"<(?![A-Za-z][A-Za-z0-9+.-]*:)[^<>\"{}|^`\\\x00-\x20]*>")
_SAYS_TIME = re.compile(r"time.?out|timed out|time limit|estimated execution time|cancel", re.I)
_SAYS_SYNTAX = re.compile(
    r"syntax|pars(?:e|ing)|lexical|malformed|SPARQL compiler|error at \d+:\d+", re.I
)
_TAG = re.compile(r"<[^>]{1,200}>")
_GRAPH_COUNTS = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g"


@dataclass(frozen=True)
class Store:
    """Where a server's services are.

    Attributes:
        query: address of its query service; may have parameters of its own.
        update: address of its update service, the query service's when empty.
        graphs: address of its graph store, the query service's when empty.
        authorization: value of the ``Authorization`` header to send to it.
        max_rows: rows after which the store cuts an answer without saying so; 0 when it never does.
        version: version of the dataset it holds. With one, answers are tagged and kept; it must
            change when the data change. Empty when the data may change at any time.
        writable: whether updates and changes to graphs are passed on.
    """

    query: str
    update: str = ""
    graphs: str = ""
    authorization: str = field(default="", repr=False)
    max_rows: int = 0
    version: str = ""
    writable: bool = False


@dataclass
class _Call(Running):
    exchange: Exchange | None = None
    graphs: tuple[tuple[str, str], ...] = ()

    def stop(self) -> None:
        """End the exchange with the store."""
        if self.exchange:
            self.exchange.abort()


class RemoteStore(Backend):
    """Passes queries on to another server.

    Args:
        store: where it is.
        limits: see there; ``memory`` has no meaning here.
        base_iri: what relative IRIs in a query are resolved against.
        prefixes: prefixes of the dataset, for Turtle and for advice on errors.
        spool: folder for large answers on their way; the system's when None.
        federation: fetches what queries want from elsewhere; nothing when None.
    """

    strict = True

    def __init__(
        self,
        store: Store,
        limits: Limits | None = None,
        *,
        base_iri: str = "https://w3id.org/mandates/",
        prefixes: Mapping[str, str] | None = None,
        spool: Path | None = None,
        federation: Federation | None = None,
    ) -> None:
        super().__init__(limits, spool=spool, federation=federation)
        self._store = store
        self._base_iri = base_iri
        self._prefixes = dict(prefixes or {})
        self._servers: dict[str, Server] = {}
        for url in (store.query, store.update, store.graphs):
            if url:
                parts = urlsplit(url)
                origin = f"{parts.scheme}://{parts.netloc}"
                self._servers.setdefault(origin, Server(url, connections=self.limits.concurrency))
        self._seen_ready = (0.0, False)
        self._counted: tuple[float, Mapping[str, int]] = (-_GRAPHS_FRESH, {})

    def start(self) -> None:
        """Make ready; the store itself need not run yet."""
        self._keep_watch()

    def close(self) -> None:
        """End the exchanges under way and close the connections."""
        self._stop_all()
        for server in self._servers.values():
            server.close()

    @property
    def ready(self) -> bool:
        """Whether the store answers; asked anew at most once a second."""
        asked, answer = self._seen_ready
        if time.monotonic() - asked > 1:
            try:
                with self._exchange(self._store.query, _PROBE) as exchange:
                    self._send(exchange, self._store.query, {"query": "ASK {}"}, _ACCEPT["rows"])
                    answer = exchange.status == 200
            except OutboundError:
                answer = False
            self._seen_ready = (time.monotonic(), answer)
        return answer

    @property
    def version(self) -> str:
        """Version of the dataset, as the operator says; empty when it may change at any time."""
        return self._store.version

    @property
    def facts(self) -> dict[str, Any]:
        """The version, and the number of quads when it has been counted."""
        _, graphs = self._counted
        quads = {"quads": sum(graphs.values())} if graphs else {}
        return {"version": self._store.version, **quads}

    @property
    def graphs(self) -> Mapping[str, int]:
        """The named graphs and how many triples each has, counted anew once a minute.

        Raises:
            Problem: the store can't tell.
        """
        when, graphs = self._counted
        if time.monotonic() - when > _GRAPHS_FRESH:
            answer = self.run(QueryRequest(_GRAPH_COUNTS), client="pages")
            rows = table(answer.read(), ROW_FORMATS[0].media_type)
            graphs = {row["g"].value: int(row["n"].value) for row in rows if "g" in row}
            self._counted = (time.monotonic(), graphs)
        return graphs

    def _answer(
        self,
        request: QueryRequest,
        client: str,
        query_id: str,
        bindings: Mapping[str, Mapping[str, str]] | None,
    ) -> Answer:
        query = bind(request.query, bindings) if bindings else request.query
        kind = self._kind(query)
        form = request.rows if kind == "rows" else request.graph
        if form is None:
            raise not_acceptable(kind)
        call = self._call(query_id, query, client, request.timeout)
        call.graphs = (
            *(("default-graph-uri", iri) for iri in request.default_graphs),
            *(("named-graph-uri", iri) for iri in request.named_graphs),
        )
        parameters = [("query", self._with_base(query)), *call.graphs]
        write = self._rows if kind == "rows" else self._triples

        def ask(exchange: Exchange) -> Answer:
            self._send(exchange, self._store.query, parameters, _ACCEPT[kind])
            self._refuse_failure(exchange, call)
            return write(exchange, call, form.name)

        return self._within(call, self._store.query, ask, again=True)

    def update(self, request: UpdateRequest, *, client: str = "", query_id: str = "") -> None:
        """Change the data by SPARQL 1.1 Update; see ``Backend.update``."""
        if not self._store.writable:
            super().update(request)
        query_id = query_id or self.new_id()
        timeout = self._timeout(request.timeout)
        text, left = self._filled(request.update, client, query_id, timeout, update=True)
        address = self._store.update or self._store.query
        parameters = [("update", self._with_base(text))]
        parameters += [("using-graph-uri", iri) for iri in request.using_graphs]
        parameters += [("using-named-graph-uri", iri) for iri in request.using_named_graphs]
        call = self._call(query_id, request.update, client, left)

        def change(exchange: Exchange) -> None:
            self._send(exchange, address, parameters, "*/*")
            self._refuse_failure(exchange, call)

        self._within(call, address, change)

    def write_graph(self, write: GraphWrite, *, client: str = "", query_id: str = "") -> bool:
        """Change a graph by the Graph Store Protocol; see ``Backend.write_graph``."""
        if not self._store.writable:
            super().write_graph(write)
        address = self._store.graphs or self._store.query
        name = "default" if write.graph is None else urlencode({"graph": write.graph})
        call = self._call(query_id, f"{write.method} {write.graph or 'default'}", client, None)
        body = None if write.method == "DELETE" else write.triples
        headers = {"Content-Type": "application/n-triples"} if body is not None else {}

        def change(exchange: Exchange) -> bool:
            exchange.send(
                write.method,
                _target(address, name),
                headers={**self._headers(), **headers},
                body=body,
            )
            if exchange.status == 404 and write.method == "DELETE":
                raise Problem("not-found", f"There is no graph {write.graph or 'by default'}.")
            self._refuse_failure(exchange, call)
            return exchange.status == 201

        return self._within(call, address, change)

    def _kind(self, query: str) -> str:
        kind = syntax.kind_of(query)
        if kind:
            return kind
        if syntax.is_update(query):
            raise Problem("update-refused", "This is an update; it was sent as a query.")
        raise _syntax_error(syntax.no_query(query))

    def _with_base(self, text: str) -> str:
        # The store would resolve them against its own address, which is nobody's business.
        return f"{self._base_declaration} {text}" if _needs_base(text) else text

    @property
    def _base_declaration(self) -> str:
        return f"BASE <{self._base_iri}>"

    def _call(self, query_id: str, text: str, client: str, timeout: float | None) -> _Call:
        return _Call(
            query_id or self.new_id(), text, client, time.monotonic(), self._timeout(timeout)
        )

    def _exchange(self, address: str, seconds: float) -> Exchange:
        parts = urlsplit(address)
        return self._servers[f"{parts.scheme}://{parts.netloc}"].exchange(seconds)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": self._store.authorization} if self._store.authorization else {}

    def _send(
        self,
        exchange: Exchange,
        address: str,
        parameters: Mapping[str, str] | list[tuple[str, str]],
        accept: str,
    ) -> None:
        headers = {"Accept": accept, "Content-Type": FORM, **self._headers()}
        body = urlencode(parameters).encode()
        exchange.send("POST", _target(address), headers=headers, body=body)

    def _within(
        self, call: _Call, address: str, act: Callable[[Exchange], _T], *, again: bool = False
    ) -> _T:
        """Do something with the store, in a place of its own and within the time."""
        with Place(self, call):
            while True:
                left = self._left(call)
                try:
                    with self._exchange(address, left) as exchange:
                        call.exchange = exchange
                        if call.cancelled or call.crowded:
                            exchange.abort()
                        return act(exchange)
                except DeadlineError:
                    raise self._why_stopped(call) or overdue(call.timeout) from None
                except OutboundError as error:
                    stopped = self._why_stopped(call)
                    if stopped:
                        raise stopped from None
                    # A kept connection can have been closed by the store just now.
                    if again and exchange.status == 0 and left > call.timeout * 0.9:
                        again = False
                        continue
                    raise self._no_answer(call, str(error)) from error

    def _left(self, call: _Call) -> float:
        left = call.started + call.timeout - time.monotonic()
        if left <= 0:
            raise overdue(call.timeout)
        return left

    def _no_answer(self, call: _Call, why: str) -> Problem:
        _LOG.error("query %s: the store gave no proper answer: %s", call.query_id, why)
        return Problem("bad-gateway", "The store behind this endpoint gave no proper answer.")

    def _refuse_failure(self, exchange: Exchange, call: _Call) -> None:
        status = exchange.status
        if 200 <= status < 300:
            # Virtuoso's way to say that the time was up before all was found.
            if exchange.headers.get("x-sql-state"):
                raise _stopped_by_store()
            return
        said = exchange.read_up_to(MESSAGE).decode("utf-8", "replace")
        if "html" in exchange.headers.get("content-type", ""):
            said = _TAG.sub(" ", said)
        said = " ".join(said.split())
        wait = {"Retry-After": _seconds(exchange.headers.get("retry-after"), call.timeout)}
        if status in (408, 504) or (status >= 500 and _SAYS_TIME.search(said)):
            raise _stopped_by_store()
        if status in (429, 503):
            raise Problem("busy", "The store behind this endpoint is busy.", headers=wait)
        if status == 400:
            raise self._bad_query(call, said)
        raise self._no_answer(call, f"status {status}: {said[:500]}")

    def _bad_query(self, call: _Call, said: str) -> Problem:
        if re.search(r"error at \d+:\d+: expected", said):
            said = self._without_base(said, call.query)
            return _syntax_error(syntax.diagnose(call.query, said, self._prefixes))
        said = said.partition(" SPARQL query: ")[0]
        slug = "syntax-error" if _SAYS_SYNTAX.search(said) else "query-failed"
        return Problem(slug, f"The store says: {said[:500]}" if said else "The store refused it.")

    def _without_base(self, said: str, text: str) -> str:
        """Take what ``_with_base`` added out of a position on the first line."""
        if not _needs_base(text):
            return said
        added = len(self._base_declaration) + 1
        return re.sub(
            r"error at 1:(\d+)", lambda m: f"error at 1:{max(1, int(m[1]) - added)}", said
        )

    def _rows(self, exchange: Exchange, call: _Call, name: str) -> Answer:
        form = ROW_TYPES.get(media_type(exchange))
        if form is None:
            raise self._no_answer(call, f"rows as {exchange.headers.get('content-type')!r}")
        asks = syntax.word_of(call.query) == "ASK"
        counter = RowCounter(name)
        outlet = Outlet(Spool(self._spool_folder), self.limits, counter, guard(name))

        def write(reader: Reader) -> int:
            results = ox.parse_query_results(cast(IO[bytes], reader), format=form)
            try:
                if asks and isinstance(results, ox.QuerySolutions):
                    # Virtuoso answers ASK by a table with one row, or none.
                    results = truth(next(results, None) is not None)
                results.serialize(cast(IO[bytes], outlet), format=ROWS[name])
                outlet.finish()
                return counter.rows if isinstance(results, ox.QuerySolutions) else 1
            finally:
                # A traceback would hold on to it, and it must not be freed in another thread.
                del results

        answer = self._written(exchange, call, outlet, write, "rows", name)
        stated = exchange.headers.get("x-sparql-maxrows", "")
        limit = int(stated) if stated.isdecimal() else self._store.max_rows
        if limit and answer.rows >= limit and not self._asks_for_less(call, limit):
            answer.discard()
            raise _left_out(limit)
        return answer

    def _triples(self, exchange: Exchange, call: _Call, name: str) -> Answer:
        form = GRAPH_TYPES.get(media_type(exchange))
        if form is None:
            raise self._no_answer(call, f"triples as {exchange.headers.get('content-type')!r}")
        if not exchange.is_bounded and form != ox.RdfFormat.RDF_XML:
            raise self._no_answer(call, "triples with no mark where they end")
        outlet = Outlet(Spool(self._spool_folder), self.limits, None, guard(name))

        def write(reader: Reader) -> int:
            with closing(parsed(reader, form, outlet)) as triples:
                counted = CountedTriples(triples, self.limits.max_rows)
                ox.serialize(
                    counted,
                    cast(IO[bytes], outlet),
                    format=GRAPHS[name],
                    prefixes=self._prefixes if name in ABBREVIATING else None,
                )
                outlet.finish()
                return counted.count

        answer = self._written(exchange, call, outlet, write, "graph", name)
        try:
            self._refuse_part(call, exchange.headers.get("server", ""))
        except BaseException:
            answer.discard()
            raise
        return answer

    @staticmethod
    def _asks_for_less(call: _Call, cut: int) -> bool:
        wanted = syntax.limit_of(call.query)
        return wanted is not None and wanted <= cut

    def _refuse_part(self, call: _Call, server: str) -> None:
        """Make sure that the store used all solutions for its triples; these don't show it."""
        cut = self._store.max_rows
        if not cut and "virtuoso" in server.lower():
            raise self._no_answer(
                call,
                "Virtuoso cuts off triples above its ResultSetMaxRows without a sign; "
                "set MANDATES_STORE_MAX_ROWS to that number",
            )
        if not cut or self._asks_for_less(call, cut):
            return
        counting = syntax.counting(call.query)
        if not counting:
            return
        with self._exchange(self._store.query, self._left(call)) as exchange:
            call.exchange = exchange
            parameters = [("query", self._with_base(counting)), *call.graphs]
            self._send(exchange, self._store.query, parameters, _ACCEPT["rows"])
            self._refuse_failure(exchange, call)
            count = int(table(exchange.read_up_to(MESSAGE), media_type(exchange))[0]["n"].value)
        if count > cut:
            raise _left_out(cut)

    def _written(
        self,
        exchange: Exchange,
        call: _Call,
        outlet: Outlet,
        write: Callable[[Reader], int],
        kind: str,
        name: str,
    ) -> Answer:
        reader = Reader(exchange, outlet)
        try:
            rows = write(reader)
            # What parsed well must also be all there is.
            if reader.rest().strip():
                raise SyntaxError("more follows after the end")
        except LimitError as error:
            outlet.spool.discard()
            if error.limit == "value":
                raise Problem(
                    "result-too-large",
                    f"The answer has a value of more than {LARGEST_VALUE >> 20} MiB.",
                ) from None
            raise too_large(error.limit, getattr(self.limits, f"max_{error.limit}")) from None
        except NotXMLError as error:
            outlet.spool.discard()
            raise not_xml(error.kind) from None
        except (SyntaxError, ValueError) as error:
            outlet.spool.discard()
            if _SAYS_TIME.search(reader.tail.decode("utf-8", "replace")):
                raise _stopped_by_store() from None
            raise self._no_answer(call, f"it can't be read: {error}") from None
        except BaseException:
            outlet.spool.discard()
            raise
        return Answer(
            kind=kind,
            format=name,
            version=self._store.version,
            size=outlet.size,
            rows=rows,
            seconds=time.monotonic() - call.started,
            memory=0,
            processor=0.0,
            body=outlet.spool.body(),
        )


def _needs_base(text: str) -> bool:
    return bool(_RELATIVE_IRI.search(text)) and not syntax.has_base(text)


def _target(address: str, more: str = "") -> str:
    parts = urlsplit(address)
    query = "&".join(item for item in (parts.query, more) if item)
    return (parts.path or "/") + (f"?{query}" if query else "")


def _seconds(given: str | None, default: float) -> str:
    return given if given and given.isdecimal() else str(max(1, round(default)))


def _syntax_error(fault: syntax.SyntaxFault) -> Problem:
    members = {name: value for name, value in asdict(fault).items() if value}
    members.pop("message")
    return Problem(
        "syntax-error", f"Line {fault.line}, column {fault.column}: {fault.message}", members
    )


def _stopped_by_store() -> Problem:
    return Problem(
        "timeout", "The store behind this endpoint stopped the query after a time of its own."
    )


def _left_out(limit: int) -> Problem:
    return Problem(
        "result-too-large",
        f"The store gives {limit:,} rows at most, and there may be more.",
        members={"limit": {"name": "store", "value": limit}},
    )
