"""What every page has around it: navigation, language and direction, and the words of both.

The interface speaks English and Urdu. A reader chooses by ``?lang=ur``; a cookie keeps the choice,
so the links of a page need not carry it. Text of the law stays in the language it was read in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from urllib.parse import urlencode

from flask import Flask, Response, request

from mandates.web.presentation import FILTERS

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "ur": "اردو"})
COOKIE = "lang"
_COOKIE_SECONDS = 365 * 24 * 3600
# Label and the addresses that may serve it, the best first; what nobody serves is not shown.
NAVIGATION = (
    ("Questions", ("/questions",)),
    ("Explore", ("/explore",)),
    ("Query", ("/sparql",)),
    ("Reports", ("/reports", "/report")),
    ("Ontology", ("/ontology", "/ns")),
    ("Downloads", ("/downloads", "/dumps/")),
    ("About", ("/about",)),
)
FOOT = (
    ("Method", ("/method",)),
    ("Data quality", ("/data-quality",)),
    ("API", ("/api",)),
    ("Validate", ("/validate",)),
    ("Cite", ("/cite",)),
)


@dataclass(frozen=True)
class Entry:
    """A place in the navigation."""

    label: str
    path: str
    current: bool


@dataclass(frozen=True)
class Site:
    """The frame of one page.

    Attributes:
        root: what stands before every local address.
        path: the page's own address, without root.
        language: ``en`` or ``ur``.
        navigation: the places to go to.
        has_search: whether search is served.
        switch: the query part of the same page's address in the other language.
        foot: the places named at the foot.

    >>> site = Site("", "/", "ur", (), True)
    >>> site.direction, site.t("No such text"), site.other
    ('rtl', 'No such text', 'en')
    """

    root: str
    path: str
    language: str
    navigation: tuple[Entry, ...]
    has_search: bool
    switch: str = ""
    foot: tuple[Entry, ...] = ()

    @property
    def direction(self) -> str:
        """The direction of the interface's text."""
        return "rtl" if self.language == "ur" else "ltr"

    @property
    def other(self) -> str:
        """The language that the reader may change to."""
        return "en" if self.language == "ur" else "ur"

    @property
    def other_name(self) -> str:
        """That language's name in itself."""
        return LANGUAGES[self.other]

    def t(self, text: str) -> str:
        """The interface's words in the reader's language; as they are when not translated."""
        return messages(self.language).get(text, text)


@cache
def messages(language: str) -> Mapping[str, str]:
    """The translated words of the interface, by the English ones."""
    source = files(__package__) / "messages" / f"{language}.toml"
    return tomllib.loads(source.read_text("utf-8")) if source.is_file() else {}


def frame(app: Flask, root: str, path: str, language: str, switch: str = "") -> Site:
    """The frame of a page at a path."""
    served = {rule.rule for rule in app.url_map.iter_rules()}
    return Site(
        root=root,
        path=path,
        language=language,
        navigation=_entries(NAVIGATION, served, path),
        has_search="/search" in served,
        switch=switch,
        foot=_entries(FOOT, served, path),
    )


def _entries(
    places: Sequence[tuple[str, Sequence[str]]], served: Collection[str], path: str
) -> tuple[Entry, ...]:
    entries = []
    for label, candidates in places:
        place = next((item for item in candidates if item in served), None)
        if place is not None:
            start = place.rstrip("/")
            entries.append(Entry(label, place, path == start or path.startswith(start + "/")))
    return tuple(entries)


def _switch(language: str) -> str:
    values = [(key, item) for key, item in request.args.items(multi=True) if key != "lang"]
    return urlencode([*values, ("lang", "en" if language == "ur" else "ur")])


def chosen_language() -> str:
    """The language of this request: as its address says, else as the cookie says."""
    asked = request.args.get("lang") or request.cookies.get(COOKIE, "")
    return asked if asked in LANGUAGES else "en"


def install(app: Flask) -> None:
    """Give every template its frame, and keep a language that an address names."""
    app.jinja_env.filters.update(FILTERS)

    @app.context_processor
    def context() -> dict[str, object]:
        language = chosen_language()
        site = frame(app, request.script_root, request.path, language, _switch(language))
        return {"site": site, "root": site.root, "t": site.t}

    @app.after_request
    def keep(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.vary.add("Cookie")
            asked = request.args.get("lang", "")
            if asked in LANGUAGES:
                response.set_cookie(
                    COOKIE, asked, max_age=_COOKIE_SECONDS, samesite="Lax", httponly=True
                )
        return response
