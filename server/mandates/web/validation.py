"""Validation on the web: paste or send Turtle, read what is wrong, where, and what to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from mandates.sparql.negotiation import HTML, Format, choose
from mandates.sparql.problems import Problem
from mandates.web.cost import client_key
from mandates.web.endpoint import ENDED
from mandates.web.explore import snapshot_folder
from mandates.web.jobs import JobError, Jobs, told
from mandates.web.sent import SentError, read_text, refuse_other_formats
from mandates.web.settings import Settings

pages = Blueprint("validation", __name__)
_JSON = Format("json", "application/json")
_SHOWN = 500


@pages.get("/validate")
def form() -> Response:
    """The form."""
    return _page("")


@pages.post("/validate")
def validate() -> Response:
    """What is wrong with what was sent, as a page or as JSON."""
    settings: Settings = current_app.extensions["settings"]
    jobs: Jobs = current_app.extensions["jobs"]
    wants_json = choose(request.headers.get("Accept"), (HTML, _JSON)) is _JSON
    text = ""
    try:
        text = read_text(request, settings.upload_kb << 10)
        refuse_other_formats(text)
        found = json.loads(
            jobs.run(
                "validate",
                {"snapshot": str(snapshot_folder()), "text": text},
                client=client_key(request.remote_addr or ""),
                version="",
                keep=False,
            )
        )
    except SentError as error:
        if wants_json:
            raise Problem("bad-request", str(error)) from None
        return _page(text or error.text, wrong=str(error), status=error.status)
    except JobError as error:
        if wants_json:
            raise Problem("bad-request", str(error)) from None
        return _page(text, wrong=str(error), status=400)
    except Problem as problem:
        request.environ[ENDED] = problem.slug
        if wants_json:
            raise
        return _page(text, wrong=told(problem), status=problem.status)
    if wants_json:
        return jsonify(found)
    return _page(text, problems=found["problems"], triples=found["triples"], done=True)


def _page(
    text: str,
    *,
    wrong: str = "",
    problems: Sequence[dict[str, Any]] = (),
    triples: int = 0,
    done: bool = False,
    status: int = 200,
) -> Response:
    settings: Settings = current_app.extensions["settings"]
    jobs: Jobs = current_app.extensions["jobs"]
    lines = text.split("\n")
    page = render_template(
        "validate.html",
        text=text,
        wrong=wrong,
        problems=[
            {**problem, "excerpt": lines[problem["line"] - 1].strip()[:160]}
            if problem["line"] and problem["line"] <= len(lines)
            else {**problem, "excerpt": ""}
            for problem in problems[:_SHOWN]
        ],
        cut=max(0, len(problems) - _SHOWN),
        errors=sum(problem["severity"] == "error" for problem in problems),
        warnings=sum(problem["severity"] != "error" for problem in problems),
        triples=triples,
        done=done,
        upload_kb=settings.upload_kb,
        limits=jobs.limits,
        base=settings.base_iri,
    )
    return Response(page, status=status, mimetype="text/html")
