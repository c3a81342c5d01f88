"""What the dataset is and how to use it: about, method, data quality, API, how to cite."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from flask import Blueprint, current_app, render_template, request

from mandates import __version__
from mandates.dataset.questions import questions
from mandates.sparql.backend import Backend
from mandates.sparql.negotiation import GRAPH_FORMATS, ROW_FORMATS
from mandates.sparql.prefixes import PREFIXES
from mandates.web.entities import Entities, Row
from mandates.web.sections import section
from mandates.web.settings import Settings
from mandates.web.site import chosen_language

pages = Blueprint("about", __name__)
_QUALITY = ("quality-kinds", "quality-grades", "quality-instruments", "quality-institutions")


def _public_url() -> str:
    settings: Settings = current_app.extensions["settings"]
    return settings.public_url or request.host_url.rstrip("/") + request.script_root


def _facts() -> dict[str, Any]:
    engine: Backend = current_app.extensions["engine"]
    return {"version": engine.version, "public_url": _public_url(), "release": __version__}


@pages.get("/about")
def about() -> str:
    """What this is and is not, and whom it is for."""
    return render_template("about.html", questions=questions(), **_facts())


@pages.get("/method")
def method() -> str:
    """How mandates are read and overlaps are computed, with the weights in use."""
    return render_template("method.html", weights=_weights(), **_facts())


@pages.get("/data-quality")
def quality() -> str:
    """What the record has and lacks, counted from the data as served."""
    entities: Entities = current_app.extensions["entities"]
    parts: dict[str, list[Row]] = {}
    sections = [section(name) for name in _QUALITY]
    for part in sections:
        parts[part.name] = entities.named(part.text, chosen_language())
    return render_template("quality.html", parts=parts, sections=sections, **_facts())


@pages.get("/api")
def api() -> str:
    """How programs use it."""
    settings: Settings = current_app.extensions["settings"]
    return render_template(
        "api.html",
        settings=settings,
        rows=ROW_FORMATS,
        graphs=GRAPH_FORMATS,
        prefixes=PREFIXES,
        **_facts(),
    )


@pages.get("/cite")
def cite() -> str:
    """How to cite it, with the version that is served."""
    return render_template("cite.html", **_facts())


@cache
def _weights() -> Mapping[str, Any]:
    source = files("mandates.overlap") / "weights.toml"
    return tomllib.loads(source.read_text("utf-8"))
