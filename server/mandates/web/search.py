"""Search for people, and the same as JSON."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as BaseResponse

from mandates.dataset.search import AXES, Found, SearchError, search
from mandates.sparql.backend import Backend
from mandates.sparql.negotiation import HTML, Format, choose
from mandates.sparql.problems import Problem
from mandates.web.endpoint import common_headers
from mandates.web.entities import Entities, Node
from mandates.web.site import chosen_language

pages = Blueprint("search", __name__)
PER_PAGE = 20
_JSON = Format("json", "application/json")
_DEEPEST = 500


@pages.get("/search")
def find() -> BaseResponse:
    """Things by name, abbreviation, citation or quoted words, with facets."""
    engine: Backend = current_app.extensions["engine"]
    entities: Entities = current_app.extensions["entities"]
    query = request.args.get("q", "").strip()
    chosen = {axis: request.args[axis] for axis in AXES if request.args.get(axis)}
    on, page = _day(request.args.get("on", "")), _page(request.args.get("page", "1"))
    wants = choose(request.headers.get("Accept"), (HTML, _JSON))
    if request.args.get("format") == "json":
        wants = _JSON
    found = Found()
    if query or chosen or on:
        found = _search(engine, query, chosen, on, page)
    iris = [hit.iri for hit in (*found.hits, *found.near)]
    values = [value for axis in AXES if axis != "kind" for value, _ in found.facets.get(axis, ())]
    names = entities.names([*iris, *values], chosen_language()) if iris or values else {}
    nodes = {iri: entities.node({"type": "uri", "value": iri}, names) for iri in [*iris, *values]}
    if wants is not HTML:
        response = jsonify(_as_json(query, found, nodes, page))
    else:
        kept = {"q": query, "on": on, **chosen}
        response = Response(
            render_template(
                "search.html",
                searched=query,
                found=found,
                hits=[(nodes[hit.iri], hit.kind, _marked(hit.snippet)) for hit in found.hits],
                near=[nodes[hit.iri] for hit in found.near],
                facets=_facets(found, nodes, chosen, kept),
                on=on,
                chosen=chosen,
                asked=bool(query or chosen or on),
                page=page,
                pages=min(_DEEPEST, -(-found.total // PER_PAGE)),
                link=lambda **changes: urlencode(
                    {key: value for key, value in (kept | changes).items() if value}
                ),
            ),
            mimetype="text/html",
        )
    for name, value in common_headers(engine.version):
        response.headers.add(name, value)
    return response


def _search(engine: Backend, query: str, chosen: dict[str, str], on: str, page: int) -> Found:
    index = engine.search_index
    if index is None:
        raise Problem("not-found", "What is served here has no index for search.")
    start = (page - 1) * PER_PAGE
    try:
        return search(index, query, facets=chosen, on=on, start=start, count=PER_PAGE)
    except SearchError as error:
        raise Problem("bad-request", str(error)) from None


def _day(text: str) -> str:
    if not text:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Problem(
            "bad-request", f"{text[:40]!r} is no date; write a day as 2025-08-06."
        ) from None


def _page(text: str) -> int:
    if not (re.fullmatch("[1-9][0-9]{0,3}", text) and int(text) <= _DEEPEST):
        raise Problem("bad-request", f"{text[:40]!r} is no page from 1 to {_DEEPEST}.")
    return int(text)


def _marked(snippet: str) -> Markup:
    r"""A snippet with its matches marked, and everything else as text.

    >>> _marked("\x02PTA\x03 <b>")
    Markup('<mark>PTA</mark> &lt;b&gt;')
    """
    text = str(escape(snippet)).replace("\x02", "<mark>").replace("\x03", "</mark>")
    return Markup(text)  # noqa: S704 - escaped above


def _facets(
    found: Found, nodes: dict[str, Node], chosen: dict[str, str], kept: dict[str, str]
) -> list[tuple[str, list[tuple[str, int, str, bool]]]]:
    """For each axis its values: name, number, link that adds or removes it, whether it is on."""
    axes = []
    for axis in AXES:
        values = []
        for value, number in found.facets.get(axis, ())[:40]:
            on = chosen.get(axis) == value
            left = {key: item for key, item in kept.items() if key != axis and item}
            link = urlencode(left if on else left | {axis: value})
            values.append((nodes[value].text if value in nodes else value, number, link, on))
        if values:
            axes.append((axis, values))
    return axes


def _as_json(query: str, found: Found, nodes: dict[str, Node], page: int) -> dict[str, Any]:
    return {
        "query": query,
        "total": found.total,
        "page": page,
        "perPage": PER_PAGE,
        "readAsCitation": found.citation,
        "widened": found.widened,
        "instead": list(found.instead),
        "near": [
            {
                "iri": hit.iri,
                "label": nodes[hit.iri].text,
                "kind": hit.kind,
                "href": request.script_root + nodes[hit.iri].href,
            }
            for hit in found.near
        ],
        "hits": [
            {
                "iri": hit.iri,
                "label": nodes[hit.iri].text,
                "kind": hit.kind,
                "href": request.script_root + nodes[hit.iri].href,
                "snippet": hit.snippet.replace("\x02", "").replace("\x03", ""),
            }
            for hit in found.hits
        ],
        "facets": {
            axis: [{"value": value, "count": number} for value, number in values]
            for axis, values in found.facets.items()
        },
    }
