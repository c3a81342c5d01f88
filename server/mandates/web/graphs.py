"""Graphs by the SPARQL 1.1 Graph Store Protocol: https://www.w3.org/TR/sparql11-http-rdf-update/.

A graph is named by ``?graph=IRI``, by ``?default``, or by the address itself (section 4.1). Reading
is for all; what changes data needs a store that takes it, and the token.
"""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from mandates.sparql.backend import Backend, update_refused
from mandates.sparql.negotiation import GRAPH_FORMATS, choose
from mandates.sparql.problems import Problem
from mandates.sparql.request import (
    GRAPH_METHODS,
    GraphWrite,
    QueryRequest,
    is_absolute_iri,
    not_acceptable,
)
from mandates.web.cost import client_key
from mandates.web.endpoint import Stream, common_headers
from mandates.web.settings import Settings
from mandates.web.tokens import require

pages = Blueprint("graphs", __name__)
# Characters of a path that stand for themselves (RFC 3986, section 3.3).
_PATH_CHARACTERS = "/:@!$&'()*+,;=-._~"
_ALL = "CONSTRUCT WHERE { ?s ?p ?o }"
_GRAPH = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH $this { ?s ?p ?o } }"
_EXISTS = "ASK { GRAPH $this { ?s ?p ?o } }"
_WRITTEN = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/x-turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "text/plain": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}


@pages.route("/graph-store", methods=[*GRAPH_METHODS, "PATCH"], provide_automatic_options=False)
@pages.route(
    "/graph-store/<path:_>", methods=[*GRAPH_METHODS, "PATCH"], provide_automatic_options=False
)
def graph_store(_: str = "") -> Response:
    """Read a graph, replace it, add to it or remove it."""
    if request.method == "OPTIONS":
        return _options()
    if request.method in ("GET", "HEAD"):
        return _read(_named())
    settings = _settings()
    if not settings.allow_update:
        raise update_refused()
    require(settings.update_token, request.headers.get("Authorization"))
    if request.method == "PATCH":
        allowed = {"Allow": ", ".join(GRAPH_METHODS)}
        raise Problem("method-not-allowed", "PATCH is not served here.", headers=allowed)
    return _write(settings)


def _read(graph: str | None) -> Response:
    form = choose(request.headers.get("Accept"), GRAPH_FORMATS)
    if form is None:
        raise not_acceptable("graph")
    engine, client = _engine(), client_key(request.remote_addr or "")
    bindings = {"this": {"type": "uri", "value": graph}} if graph else None
    if bindings:
        known = engine.run(QueryRequest(_EXISTS), client=client, bindings=bindings)
        if b"true" not in known.read():
            raise Problem("not-found", f"There is no graph {graph}")
    query = QueryRequest(_GRAPH if graph else _ALL, graph=form)
    answer = engine.run(query, client=client, bindings=bindings)
    body: Any = answer.body if isinstance(answer.body, bytes) else Stream(answer)
    response = Response(body, content_type=form.content_type)
    response.headers["Content-Length"] = str(answer.size)
    return _with_common(response, answer.version)


def _write(settings: Settings) -> Response:
    engine, query_id = _engine(), _engine().new_id()
    request.max_content_length = settings.max_update_mb << 20
    method, location = request.method, ""
    if method == "POST" and request.path.rstrip("/") == "/graph-store" and not request.args:
        # Section 5.5: what is posted to the store itself becomes a graph with a name of ours.
        graph: str | None = f"{_public_url()}/graph-store/{uuid.uuid4().hex}"
        method, location = "PUT", str(graph)
    else:
        graph = _named()
    try:
        triples = b"" if method == "DELETE" else _content(graph or request.base_url)
    except RequestEntityTooLarge:
        raise Problem(
            "request-too-large",
            f"The request has more than {settings.max_update_mb} MiB of content.",
            members={"limit": {"name": "max_update_mb", "value": settings.max_update_mb}},
        ) from None
    write = GraphWrite(method, graph, triples)
    created = engine.write_graph(
        write, client=client_key(request.remote_addr or ""), query_id=query_id
    )
    response = Response(status=201 if created or location else 204)
    if location:
        response.headers["Location"] = location
    response.headers["Query-Id"] = query_id
    return _with_common(response, engine.version)


def _named() -> str | None:
    """The graph that the request names; None is the default graph."""
    names = request.args.getlist("graph")
    count = len(names) + ("default" in request.args)
    if request.path.rstrip("/") != "/graph-store":
        if count:
            raise Problem("bad-request", "The address names a graph already.")
        return _public_url() + quote(request.path, safe=_PATH_CHARACTERS)
    if count != 1:
        raise Problem("bad-request", "Name one graph: ?default or ?graph=IRI.")
    if names and not is_absolute_iri(names[0]):
        status = "not-found" if request.method in ("GET", "HEAD") else "bad-request"
        raise Problem(status, f"The name of a graph is an absolute IRI, not {names[0]!r}")
    return names[0] if names else None


def _content(base: str) -> bytes:
    """What was sent, as N-Triples; several parts are added up (section 5.5)."""
    if request.mimetype == "multipart/form-data" and request.method == "POST":
        parts = [(part.read(), part.mimetype) for part in request.files.values()]
        if not parts:
            raise Problem("bad-request", "No part of the content is a file.")
    else:
        charset = request.mimetype_params.get("charset", "utf-8").lower()
        if charset not in ("utf-8", "utf8", "us-ascii"):
            raise Problem("bad-request", f"The content is said to be {charset}; send UTF-8.")
        parts = [(request.get_data(), request.mimetype)]
    return b"".join(_triples(content, media_type, base) for content, media_type in parts)


def _triples(content: bytes, media_type: str, base: str) -> bytes:
    # Section 5.1: what does not say what it is, is RDF/XML.
    form = _WRITTEN.get(media_type or "application/rdf+xml")
    if form is None:
        raise Problem(
            "unsupported-media-type",
            f"A graph can't be read from {media_type}.",
            headers={"Accept-Post": ", ".join(_WRITTEN), "Accept-Put": ", ".join(_WRITTEN)},
        )
    try:
        # Parts that use the same names for blank nodes mean different ones.
        parsed = ox.parse(content, form, base_iri=base, rename_blank_nodes=True)
        triples = (quad.triple for quad in parsed)
        return ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
    except (SyntaxError, ValueError) as error:
        raise Problem("bad-request", f"The content is no {media_type}: {error}") from None


def _options() -> Response:
    methods = ", ".join(GRAPH_METHODS if _settings().allow_update else GRAPH_METHODS[:3])
    response = Response(status=204)
    response.headers["Allow"] = response.headers["Access-Control-Allow-Methods"] = methods
    response.headers["Access-Control-Allow-Headers"] = "Accept, Authorization, Content-Type"
    response.headers["Access-Control-Max-Age"] = "86400"
    return _with_common(response, "")


def _with_common(response: Response, version: str) -> Response:
    for name, value in common_headers(version):
        response.headers.add(name, value)
    response.headers["Cache-Control"] = "no-store" if not version else "no-cache"
    return response


def _public_url() -> str:
    return _settings().public_url or request.host_url.rstrip("/") + request.script_root


def _engine() -> Backend:
    engine: Backend = current_app.extensions["engine"]
    return engine


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
