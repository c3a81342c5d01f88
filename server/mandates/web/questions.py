"""The questions as pages, as data and as an API: one query file is all of these."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from mandates import __version__
from mandates.dataset.names import PREFIXES
from mandates.dataset.questions import Parameter, Question, questions
from mandates.sparql.backend import Answer, Backend
from mandates.sparql.negotiation import GRAPH_FORMATS, HTML, ROW_FORMATS, Format, choose
from mandates.sparql.problems import KINDS, Problem
from mandates.sparql.request import QUERY, QueryRequest
from mandates.web.cost import client_key
from mandates.web.endpoint import Stream, common_headers
from mandates.web.entities import Entities, Node
from mandates.web.site import chosen_language

pages = Blueprint("questions", __name__)
_SHOWN = 500
_TYPES = {
    "date": {"type": "string", "format": "date"},
    "integer": {"type": "integer"},
    "iri": {"type": "string"},
    "text": {"type": "string"},
}


def by_topic() -> dict[str, list[Question]]:
    """All questions, by topic in the order of the alphabet.

    >>> all(by_topic().values())
    True
    """
    topics: dict[str, list[Question]] = {}
    for question in questions().values():
        topics.setdefault(question.topic, []).append(question)
    return dict(sorted(topics.items()))


@pages.get("/questions")
def listing() -> BaseResponse:
    """All questions, by topic."""
    topics = by_topic()
    if choose(request.headers.get("Accept"), (HTML, Format("json", "application/json"))) is HTML:
        page = render_template("questions.html", topics=topics, root=request.script_root)
        return Response(page, headers={"Vary": "Accept"})
    return jsonify(
        [
            {"name": item.name, "title": item.title, "topic": item.topic}
            for members in topics.values()
            for item in members
        ]
    )


@pages.get("/question/<name>")
def identifier(name: str) -> BaseResponse:
    """The IRI of a question in the dataset's description leads to its page."""
    return redirect(f"{request.script_root}/questions/{name}", code=303)


@pages.get("/questions/<name>.rq")
def text(name: str) -> Response:
    """The query with the given values in it."""
    return Response(_bind(_question(name))[0], content_type=f"{QUERY}; charset=utf-8")


@pages.get("/questions/<name>.<suffix>")
def data(name: str, suffix: str) -> Response:
    """The answer as data."""
    form = next((item for item in ROW_FORMATS if item.name == suffix), None)
    if form is None:
        raise Problem("not-found", f"Answers are not written as {suffix}.")
    answer = _run(_bind(_question(name))[0], form)
    body: Any = answer.body if isinstance(answer.body, bytes) else Stream(answer)
    response = Response(body, content_type=form.content_type)
    response.headers["Content-Length"] = str(answer.size)
    for header, value in common_headers(answer.version):
        response.headers.add(header, value)
    return response


@pages.get("/questions/<name>")
def page(name: str) -> BaseResponse:
    """A form for the parameters, and the answer as a table."""
    question = _question(name)
    form = choose(request.headers.get("Accept"), (HTML, *ROW_FORMATS))
    if form is not None and form is not HTML:
        return data(name, form.name)
    query, values = _bind(question)
    results = json.loads(_run(query, ROW_FORMATS[0]).read())
    names = results["head"]["vars"]
    rows = results["results"]["bindings"]
    page = render_template(
        "question.html",
        question=question,
        values=values,
        choices={key: _choices(item) for key, item in question.parameters.items()},
        header=names,
        rows=_cells(names, rows[:_SHOWN]),
        count=len(rows),
        cut=len(rows) > _SHOWN,
        formats=[item.name for item in ROW_FORMATS],
        query_string=urlencode(values),
        text=query,
        root=request.script_root,
    )
    return Response(page, headers={"Vary": "Accept"})


@pages.get("/openapi.json")
def openapi() -> Response:
    """The endpoint and the questions as an OpenAPI description."""
    problems = {
        str(status): {
            "description": "; ".join(k.title for k in KINDS.values() if k.status == status),
            "content": {"application/problem+json": {"schema": {"type": "object"}}},
        }
        for status in sorted({kind.status for kind in KINDS.values()} - {401, 502})
    }
    either: dict[str, Any] = {
        item.media_type: {"schema": {}} for item in (*ROW_FORMATS, *GRAPH_FORMATS)
    }
    paths: dict[str, Any] = {
        "/sparql": {
            "get": {
                "operationId": "sparql",
                "summary": "Ask a SPARQL 1.1 query",
                "parameters": [
                    _parameter("query", {"type": "string"}, "The query.", required=True),
                    _parameter("format", {"type": "string"}, "Name of a format."),
                    _parameter("timeout", {"type": "number"}, "Seconds, at most the server's."),
                ],
                "responses": {"200": {"description": "The answer.", "content": either}} | problems,
            }
        }
    }
    for question in questions().values():
        parameters = [
            _parameter(item.name, _TYPES[item.type] | {"default": _plain(item)}, item.label)
            for item in question.parameters.values()
        ]
        for form in ROW_FORMATS:
            content: dict[str, Any] = {form.media_type: {"schema": {}}}
            paths[f"/questions/{question.name}.{form.name}"] = {
                "get": {
                    "operationId": f"{question.name}.{form.name}",
                    "summary": question.title,
                    **({"description": question.note} if question.note else {}),
                    "tags": [question.topic],
                    "parameters": parameters,
                    "responses": {"200": {"description": "The answer.", "content": content}}
                    | problems,
                }
            }
    return jsonify(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Mandates",
                "version": __version__,
                "license": {"name": "CC BY 4.0", "identifier": "CC-BY-4.0"},
            },
            "servers": [{"url": request.script_root or "/"}],
            "paths": paths,
        }
    )


def _parameter(
    name: str, schema: dict[str, Any], description: str, *, required: bool = False
) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": description,
        "schema": schema,
    }


def _plain(parameter: Parameter) -> str | int:
    return int(parameter.default) if parameter.type == "integer" else parameter.default


def _question(name: str) -> Question:
    found = questions().get(name)
    if found is None:
        raise Problem("not-found", f"There is no question called {name}.")
    return found


def _bind(question: Question) -> tuple[str, dict[str, str]]:
    values = {
        name: request.args.get(name) or parameter.default
        for name, parameter in question.parameters.items()
    }
    for name, parameter in question.parameters.items():
        try:
            parameter.term(values[name])
        except (ValueError, OverflowError) as error:
            raise Problem("bad-request", f"{parameter.label} ({name}): {error}") from None
    return question.bind(values), values


def _run(query: str, form: Format) -> Answer:
    engine: Backend = current_app.extensions["engine"]
    client = client_key(request.remote_addr or "")
    return engine.run(QueryRequest(query, rows=form), client=client)


def _choices(parameter: Parameter) -> list[Node]:
    prefix, _, local = parameter.choices.partition(":")
    if prefix not in PREFIXES:
        return []
    entities: Entities = current_app.extensions["entities"]
    return entities.members(PREFIXES[prefix] + local, chosen_language())


def _cells(header: list[str], rows: list[dict[str, dict[str, str]]]) -> list[list[Node]]:
    """Rows to show, with everything in them called by its name."""
    entities: Entities = current_app.extensions["entities"]
    iris = {item["value"] for row in rows for item in row.values() if item["type"] == "uri"}
    names = entities.names(iris, chosen_language()) if iris else {}
    return [
        [entities.node(row[key], names) if key in row else Node("") for key in header]
        for row in rows
    ]
