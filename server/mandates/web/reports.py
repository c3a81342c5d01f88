"""Reports on the web: the same model and the same options as ``mandates report``."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, redirect, render_template, request
from markupsafe import escape
from werkzeug.wrappers import Response as BaseResponse

from mandates.dataset.sources import BILLS, project_root
from mandates.report.days import asked_iso, iso
from mandates.sparql.problems import Problem
from mandates.web.cost import client_key
from mandates.web.endpoint import ENDED
from mandates.web.explore import read_clock, snapshot_folder, today
from mandates.web.jobs import JobError, Jobs, told
from mandates.web.landscape import Landscape, Landscapes
from mandates.web.sent import SentError, read_text, refuse_other_formats
from mandates.web.settings import Settings

pages = Blueprint("reports", __name__)

FACES = {
    "html": ("A page", "text/html; charset=utf-8"),
    "csv": ("A table (CSV)", "text/csv; charset=utf-8"),
    "json": ("Data with charts (JSON)", "application/json"),
    "md": ("Text (Markdown)", "text/markdown; charset=utf-8"),
    "ttl": ("Findings (Turtle)", "text/turtle; charset=utf-8"),
    "atom": ("A feed (Atom)", "application/atom+xml; charset=utf-8"),
}
KINDS = {
    "state": "the state on a day",
    "between": "what changed between two days",
    "without": "what an instrument changed",
    "bill": "what a bill would change",
}
_NAMES = 40
_STYLE = re.compile(r"<style>(.*?)</style>", re.S)


def _values(given: Mapping[str, str]) -> dict[str, str]:
    kind = given.get("kind", "")
    if kind not in KINDS:
        kind = "between" if given.get("since") else "without" if given.get("without") else "state"
    face = given.get("format", "html")
    return {
        "kind": kind,
        "as-of": given.get("as-of", "").strip(),
        "since": given.get("since", "").strip(),
        "known": given.get("known", "").strip(),
        "without": given.get("without", "").strip()[:200],
        "actors": given.get("actors", "").strip()[:2000],
        "subjects": given.get("subjects", "").strip()[:2000],
        "layers": given.get("layers", "").strip()[:500],
        "countries": given.get("countries", "").strip()[:100],
        "minimum-score": given.get("minimum-score", "").strip()[:10],
        "language": given.get("language", "en"),
        "format": face if face in FACES else "html",
    }


def _ask(values: Mapping[str, str]) -> dict[str, Any]:
    """Turn the form's fields into what the job is told.

    Raises:
        ValueError: a field is not as it should be; says which.
    """
    kind = values["kind"]

    def moment(name: str, words: str) -> str | None:
        return asked_iso(read_clock(values[name], words)) if values[name] else None

    def names(name: str) -> list[str]:
        listed = [item.strip() for item in values[name].split(",") if item.strip()]
        if len(listed) > _NAMES:
            raise ValueError(f"{name}: at most {_NAMES} names, not {len(listed)}.")
        return listed

    score = values["minimum-score"] or "0"
    if not score.isdecimal() or int(score) > 100:
        raise ValueError(f"The least contention is a number from 0 to 100, not “{score}”.")
    countries = [code.casefold() for code in names("countries")]
    known = _landscape().countries
    unknown = [code for code in countries if code not in known]
    if unknown:
        raise ValueError(f"“{unknown[0]}” is no legal order here; these are: {', '.join(known)}.")
    if values["language"] not in ("en", "ur"):
        raise ValueError("Names are in English (en) or Urdu (ur).")
    told: dict[str, Any] = {
        "as_of": moment("as-of", "the day"),
        "known": moment("known", "as known on"),
        "actors": names("actors"),
        "subjects": names("subjects"),
        "layers": names("layers"),
        "countries": countries,
        "minimum_score": int(score),
        "language": values["language"],
        "face": values["format"],
    }
    if kind in ("state", "between"):
        told["as_of"] = told["as_of"] or iso(today())
    if kind == "between":
        told["since"] = moment("since", "the earlier day")
        if not told["since"]:
            raise ValueError("Give the earlier of the two days.")
    if kind == "without":
        if not values["without"]:
            raise ValueError("Choose the instrument.")
        told["without"] = values["without"]
        told["known"] = None
    return told


@pages.get("/reports")
def form() -> Response:
    """The form; with an example of a bill in it when asked."""
    bill = ""
    if "example" in request.args:
        found = sorted((project_root() / BILLS).glob("*.ttl"))
        bill = found[0].read_text("utf-8") if found else ""
    return _form(_values(request.args), bill=bill)


@pages.get("/report")
def short() -> BaseResponse:
    """Another name for the form."""
    query = request.query_string.decode("ascii", "replace")
    return redirect(f"{request.script_root}/reports" + (f"?{query}" if query else ""), code=301)


@pages.get("/reports/report")
def report() -> Response:
    """A report of the record."""
    values = _values(request.args)
    if values["kind"] == "bill":
        return _form(values, "Paste the bill in the form below, or choose its file.")
    try:
        body = _jobs().run(
            "report",
            {"snapshot": str(snapshot_folder()), **_ask(values)},
            client=client_key(request.remote_addr or ""),
            version=_version(),
        )
    except (JobError, ValueError) as error:
        return _form(values, str(error))
    except Problem as problem:
        request.environ[ENDED] = problem.slug
        return _form(values, told(problem), status=problem.status)
    return _shown(body, values)


@pages.post("/reports/report")
def what_if() -> Response:
    """What a bill would change; the bill is read, reported on and forgotten."""
    settings: Settings = current_app.extensions["settings"]
    bill = ""
    try:
        bill = read_text(request, settings.upload_kb << 10, "bill")
        values = _values(request.form) | {"kind": "bill"}
        refuse_other_formats(bill)
        body = _jobs().run(
            "report",
            {"snapshot": str(snapshot_folder()), **_ask(values), "bill": bill},
            client=client_key(request.remote_addr or ""),
            version=_version(),
            keep=False,
        )
    except SentError as error:
        values = _values(request.args) | {"kind": "bill"}
        return _form(values, str(error), bill or error.text, status=error.status)
    except (JobError, ValueError) as error:
        values = _values(request.form) | {"kind": "bill"}
        return _form(values, str(error), bill)
    except Problem as problem:
        request.environ[ENDED] = problem.slug
        values = _values(request.form) | {"kind": "bill"}
        message = told(problem)
        return _form(values, message, bill, status=problem.status)
    return _shown(body, values)


def _jobs() -> Jobs:
    jobs: Jobs = current_app.extensions["jobs"]
    return jobs


def _landscape() -> Landscape:
    landscapes: Landscapes = current_app.extensions["landscapes"]
    return landscapes.current()


def _version() -> str:
    version: str = current_app.extensions["engine"].version
    return version


def _form(
    values: Mapping[str, str], wrong: str = "", bill: str = "", *, status: int = 400
) -> Response:
    land = _landscape()
    settings: Settings = current_app.extensions["settings"]
    instruments = sorted(
        {mandate.instrument for mandate in land.mandates.values() if mandate.instrument},
        key=lambda iri: land.name(iri).casefold(),
    )
    concepts = {
        scheme: sorted(
            (land.name(iri), iri.rpartition("/")[2])
            for iri in land.labels
            if f"/scheme/{scheme}/" in iri
        )
        for scheme in ("subject", "layer")
    }
    text = render_template(
        "reports.html",
        values=values,
        wrong=wrong,
        bill=bill,
        kinds=KINDS,
        faces=FACES,
        five="moitt,pta,fia,ncert,nccia",
        countries=land.countries,
        actors=sorted((land.name(a), land.slug(a).rpartition("/")[2]) for a in land.actors),
        instruments=[(land.name(iri), iri.rpartition("/")[2]) for iri in instruments],
        concepts=concepts,
        today=iso(today()),
        limits=_jobs().limits,
        upload_kb=settings.upload_kb,
    )
    return Response(text, status=status if wrong else 200, mimetype="text/html")


def _shown(body: bytes, values: Mapping[str, str]) -> Response:
    face = values["format"]
    response = Response(body, content_type=FACES[face][1])
    response.headers["X-Content-Type-Options"] = "nosniff"
    if face == "html":
        page = body.decode()
        icon = f'<link rel="icon" href="{escape(request.script_root)}/static/icon.svg">'
        page = page.replace("</title>", f"</title>\n{icon}", 1)
        response.set_data(page.replace("<body>\n", f"<body>\n{_way_back(values)}\n", 1))
        # One style element of the report's own; bars are as long as a style attribute says.
        style = _STYLE.search(page)
        digest = base64.b64encode(hashlib.sha256((style[1] if style else "").encode()).digest())
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'sha256-{digest.decode()}'; "
            "style-src-attr 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
            "form-action 'self'; frame-ancestors 'none'"
        )
    elif values["kind"] == "bill" or face in ("csv", "json", "md", "ttl"):
        response.headers["Content-Disposition"] = f'attachment; filename="mandates.{face}"'
    return response


def _way_back(values: Mapping[str, str]) -> str:
    given = {name: value for name, value in values.items() if value and name != "format"}
    root = request.script_root
    links = [f'<a href="{escape(f"{root}/reports?{urlencode(given)}")}">Change the question</a>']
    if values["kind"] != "bill":
        for face, (label, _) in FACES.items():
            if face != "html":
                address = f"{root}/reports/report?{urlencode({**given, 'format': face})}"
                links.append(f'<a href="{escape(address)}">{escape(label)}</a>')
    return f'<nav class="meta screen" aria-label="This report">{" · ".join(links)}</nav>'
