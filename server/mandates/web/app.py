"""The Flask application: entities, terms, graphs, health; the endpoint stands before it."""

from __future__ import annotations

import logging
import re
import threading
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox
from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    has_request_context,
    jsonify,
    redirect,
    render_template,
    request,
    send_from_directory,
)
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from mandates import __version__
from mandates.dataset.description import DATASET, DESCRIPTION_GRAPH, Dump, describe_version
from mandates.dataset.dumps import CHECKSUMS
from mandates.dataset.questions import questions
from mandates.dataset.snapshot import SnapshotError, read_snapshot
from mandates.sparql.backend import Answer, Backend
from mandates.sparql.description import describe_service, parse_triples, serialise
from mandates.sparql.engine import Engine
from mandates.sparql.negotiation import GRAPH_FORMATS, HTML, Format, by_name, choose
from mandates.sparql.prefixes import PREFIXES
from mandates.sparql.problems import KINDS, Problem
from mandates.sparql.request import not_acceptable
from mandates.web import packed
from mandates.web.about import pages as about_pages
from mandates.web.arrivals import Arrivals
from mandates.web.backends import make_backend
from mandates.web.cache import Kept
from mandates.web.cost import client_key
from mandates.web.encoding import WORTH_IT, choose_encoding, compress
from mandates.web.endpoint import (
    CONTENT_SECURITY_POLICY,
    ENDED,
    LICENCE,
    Endpoint,
    Stream,
    common_headers,
    problem_response,
)
from mandates.web.entities import PER_PAGE, Entities
from mandates.web.explore import pages as explore_pages
from mandates.web.graphs import pages as graph_pages
from mandates.web.jobs import Jobs
from mandates.web.landscape import Landscapes
from mandates.web.metrics import CONTENT_TYPE
from mandates.web.ontology import References, Versioned, module_page, versioned
from mandates.web.ontology import pages as ontology_pages
from mandates.web.presentation import contents, expand, structured_data, today
from mandates.web.questions import by_topic
from mandates.web.questions import pages as question_pages
from mandates.web.reports import pages as report_pages
from mandates.web.search import pages as search_pages
from mandates.web.sections import section
from mandates.web.settings import Settings
from mandates.web.site import chosen_language, frame, install
from mandates.web.tokens import require
from mandates.web.validation import pages as validation_pages

_LOG = logging.getLogger(__name__)
_FORMATS: tuple[Format, ...] = (*GRAPH_FORMATS, HTML)
# The table of YASR makes its columns resizable with one style element, which never changes.
_EDITOR_POLICY = CONTENT_SECURITY_POLICY.replace(
    "style-src 'self'", "style-src 'self' 'sha256-zCK2EVMoPc04mRF/g5CotUvxbJPWS+8V0b+s9ptqQIk='"
)
# Characters of a path that stand for themselves (RFC 3986, section 3.3).
_PATH_CHARACTERS = "/:@!$&'()*+,;=-._~"
_USUAL_QUERIES = (b"", b"lang=en", b"lang=ur", b"format=html")
_NEVER_IN_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`]")

pages = Blueprint("pages", __name__)


def create_app(settings: Settings, backend: Backend | None = None) -> Flask:
    """Make the application and open what it serves.

    Args:
        settings: see there.
        backend: what answers queries, when it has been begun already; made when it is None.

    Returns:
        A WSGI application. Its worker processes end with the process, or with
        ``app.extensions["engine"].close()``.

    Raises:
        SnapshotError: there is no snapshot to serve.
    """
    engine = backend or make_backend(settings)
    engine.start()
    app = Flask(__name__)
    app.url_map.strict_slashes = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["engine"] = engine
    app.extensions["settings"] = settings
    app.extensions["entities"] = Entities(engine, settings.base_iri, _client)
    app.extensions["landscapes"] = Landscapes(engine, _client)
    app.extensions["references"] = References(engine)
    app.extensions["jobs"] = Jobs(settings.job_limits)
    app.register_blueprint(pages)
    app.register_blueprint(question_pages)
    app.register_blueprint(graph_pages)
    app.register_blueprint(explore_pages)
    app.register_blueprint(search_pages)
    app.register_blueprint(about_pages)
    app.register_blueprint(report_pages)
    app.register_blueprint(ontology_pages)
    app.register_blueprint(validation_pages)
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _mistake)
    app.after_request(_security_headers)
    app.after_request(_compress)

    install(app)
    packed.install(app)

    def problem_page(problem: Problem, query_id: str, root: str) -> str:
        # The endpoint asks for this outside of any request of Flask's.
        site = frame(app, root, "", chosen_language() if has_request_context() else "en")
        template = app.jinja_env.get_template("problem.html")
        return template.render(problem=problem, query_id=query_id, root=root, site=site, t=site.t)

    app.extensions["problem_page"] = problem_page
    endpoint = Endpoint(engine, settings, app.wsgi_app, problem_page)
    app.extensions["endpoint"] = endpoint
    # A quarter of the threads, so that most are there for what has arrived.
    arrivals = Arrivals(endpoint, settings.threads // 4)
    app.extensions["arrivals"] = arrivals
    application: Any = arrivals
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        application = ProxyFix(
            application, x_for=count, x_proto=count, x_host=count, x_prefix=count
        )
    app.wsgi_app = application  # type: ignore[method-assign]
    if isinstance(engine, Engine) and settings.reload_seconds > 0:
        threading.Thread(
            target=_follow, args=(engine, settings), name="reload", daemon=True
        ).start()
    return app


def _follow(engine: Engine, settings: Settings) -> None:
    """Change over when ``current`` points to another version."""
    while not engine.wait_closed(settings.reload_seconds):
        try:
            version = read_snapshot(settings.data_dir).version
            if version != engine.version:
                _LOG.info("now serving version %s", engine.reload())
        except (SnapshotError, RuntimeError, OSError) as error:
            _LOG.error("the new snapshot can't be served, the old one goes on: %s", error)


def _engine() -> Backend:
    engine: Backend = current_app.extensions["engine"]
    return engine


def _endpoint() -> Endpoint:
    endpoint: Endpoint = current_app.extensions["endpoint"]
    return endpoint


def _client() -> str:
    return client_key(request.remote_addr or "") if has_request_context() else "pages"


def _entities() -> Entities:
    entities: Entities = current_app.extensions["entities"]
    return entities


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


@pages.get("/-/live")
def live() -> Response:
    """Whether the process runs."""
    return Response("ok\n", mimetype="text/plain")


@pages.get("/-/ready")
def ready() -> Response:
    """Whether queries are answered."""
    engine = _engine()
    if not engine.ready:
        raise Problem("not-ready", "The dataset is not open.", headers={"Retry-After": "2"})
    return Response(f"{engine.version}\n", mimetype="text/plain")


@pages.get("/-/metrics")
def metrics() -> Response:
    """What is counted, for Prometheus."""
    return Response(_endpoint().metrics.text(), content_type=CONTENT_TYPE)


@pages.get("/-/queries")
def queries() -> Response:
    """The queries under way."""
    _operator()
    now = time.monotonic()
    listed = [
        {
            "id": item.query_id,
            "client": item.client,
            "seconds": round(now - item.started, 3),
            "query": item.query[:2000],
        }
        for item in _engine().live()
    ]
    return jsonify(listed)


@pages.delete("/-/queries/<query_id>")
def cancel(query_id: str) -> Response:
    """Stop a query under way."""
    _operator()
    if not _engine().cancel(query_id):
        raise Problem("not-found", f"No query {query_id} is under way.")
    return Response(status=204)


def _operator() -> None:
    token = _settings().admin_token
    if not token:
        raise Problem("not-found", "This server has no token for its operator.")
    require(token, request.headers.get("Authorization"))


@pages.get("/")
def home() -> BaseResponse:
    """What is served here; the description of the dataset for machines."""
    form = choose(request.headers.get("Accept"), (HTML, *GRAPH_FORMATS))
    if form is not None and form is not HTML:
        return _described(form, with_data=True)
    page = render_template(
        "home.html",
        facts=_engine().facts,
        asks=_asks(),
        lately=_entities().lately(chosen_language()),
        today=_entities().today(chosen_language()),
        institutions=_entities().institutions(chosen_language()),
        questions=questions(),
    )
    return Response(page, headers={"Vary": "Accept"})


def _asks() -> list[tuple[str, str]]:
    """What newcomers ask first, and the page that answers it at once."""
    return [
        (
            "Who may block a website today, and on what grounds?",
            f"/questions/who-may-block?date={today()}",
        ),
        (
            "Where do PTA and NCCIA overlap, and since when?",
            "/between?one=actor:pta&other=actor:nccia",
        ),
        (
            "What did the amendment of 2025 move?",
            "/id/pk/instrument/peca-amendment-act-2025#instrument-moved",
        ),
    ]


@pages.get("/sparql/", strict_slashes=True)
@pages.get("/sparql")
def query_page() -> BaseResponse:
    """The form for people, the service description for machines."""
    accept = request.headers.get("Accept")
    # RDF first: a client that takes anything is a machine, and browsers name HTML.
    form = choose(accept, (*GRAPH_FORMATS, HTML))
    if form is not None and form is not HTML:
        return _described(form, with_data=False)
    page = render_template(
        "query.html",
        prefixes=dict(PREFIXES),
        settings=_settings(),
        topics=by_topic(),
        root=request.script_root,
    )
    headers = {"Vary": "Accept", "Content-Security-Policy": _EDITOR_POLICY}
    return Response(page, headers=headers, mimetype="text/html")


@pages.get("/.well-known/void")
def void() -> BaseResponse:
    """The description of service and data (VoID, section 6.2)."""
    form = choose(request.headers.get("Accept"), GRAPH_FORMATS)
    if form is None:
        raise not_acceptable("graph")
    return _described(form, with_data=True)


@pages.get("/dumps/")
def dumps() -> BaseResponse:
    """What can be downloaded, with checksums."""
    files = [asdict(file) for file in _files(_dumps())]
    facts = {"version": _engine().version, "licence": LICENCE, "files": files}
    accept = request.headers.get("Accept")
    if choose(accept, (Format("json", "application/json"), HTML)) is HTML:
        response = Response(render_template("dumps.html", root=_root(), **facts))
    else:
        response = jsonify(facts)
    _add_common(response)
    return response


@pages.get("/dumps/<path:name>")
def dump(name: str) -> BaseResponse:
    """One file of the present version, or its list of checksums."""
    response = send_from_directory(_dumps(), name, max_age=_settings().cache_seconds)
    _add_common(response)
    return response


def _dumps() -> Path:
    folder = _engine().dumps
    if folder is None:
        raise Problem("not-found", "What is served here has no dumps.")
    return folder


def _files(folder: Path) -> list[Dump]:
    """The files of a folder of dumps, as its list of checksums has them."""
    files = []
    for line in (folder / CHECKSUMS).read_text("utf-8").splitlines():
        digest, name = line.split("  ", 1)
        files.append(Dump(name, (folder / name).stat().st_size, digest))
    return files


@pages.get("/problem/<slug>")
def problem_kind(slug: str) -> str:
    """What a kind of problem means; its IRI leads here."""
    if slug not in KINDS:
        raise Problem("not-found", f"There is no kind of problem called {slug}.")
    return render_template("kind.html", slug=slug, kind=KINDS[slug], root=request.script_root)


@pages.get("/id/<path:rest>", defaults={"area": "id"})
@pages.get("/scheme/<path:rest>", defaults={"area": "scheme"})
def thing(area: str, rest: str) -> BaseResponse:
    """An entity, or the document about it when the path has a suffix."""
    return _dereference(f"{area}/{rest}", is_document=False)


@pages.get("/ns", defaults={"area": "ns", "rest": ""})
@pages.get("/ns/<path:rest>", defaults={"area": "ns"})
@pages.get("/ns.<suffix>", defaults={"area": "ns", "rest": ""})
@pages.get("/graph/<path:rest>", defaults={"area": "graph"})
@pages.get("/dataset", defaults={"area": "dataset", "rest": ""})
@pages.get("/dataset.<suffix>", defaults={"area": "dataset", "rest": ""})
def document(area: str, rest: str, suffix: str = "") -> BaseResponse:
    """An ontology, a graph or the dataset: a document itself, so it is given at once."""
    path = f"{area}/{rest}" if rest else area
    return _dereference(f"{path}.{suffix}" if suffix else path, is_document=True)


@pages.get("/named-by")
def named_by() -> str:
    """What points to a thing by one property, a page at a time."""
    iri, by = request.args.get("of", ""), request.args.get("by", "")
    number = request.args.get("page", "1")
    if not iri or not by or _NEVER_IN_IRI.search(iri + by):
        raise Problem("bad-request", "Name a thing and a property: ?of=IRI&by=IRI.")
    if not re.fullmatch("[1-9][0-9]{0,4}", number):
        raise Problem("bad-request", f"{number[:40]!r} is no number of a page.")
    listing = _entities().listing(iri, by, int(number), chosen_language())
    return render_template("named-by.html", listing=listing, per_page=PER_PAGE)


@pages.get("/between")
def between() -> BaseResponse:
    """What stands between two institutions, with the words on which it rests."""
    entities, language = _entities(), chosen_language()
    iris = [_institution(name) for name in ("one", "other")]
    moment = request.args.get("date") or today().isoformat()
    try:
        day = date.fromisoformat(moment)
    except ValueError:
        raise Problem("bad-request", f"{moment[:40]!r} is no date; write 2025-08-06.") from None
    rows = entities.between(iris[0], iris[1], day, language) if all(iris) else []
    page = render_template(
        "between.html",
        one=entities.called(iris[0], language) if iris[0] else None,
        other=entities.called(iris[1], language) if iris[1] else None,
        day=day,
        rows=rows,
        query=section("between", this=iris[0], other=iris[1]).text if all(iris) else "",
        actors=entities.members(PREFIXES["mand"] + "Institution", language),
    )
    return Response(page, mimetype="text/html")


def _institution(name: str) -> str:
    """The IRI of the institution that a parameter names: by IRI, abbreviation or whole name."""
    value = request.args.get(name, "").strip()
    if not value:
        return ""
    entities = _entities()
    iris = [expand(value), expand(value.casefold())]
    possible = [iri for iri in dict.fromkeys(iris) if not _NEVER_IN_IRI.search(iri)]
    for iri in possible:
        if entities.kind(iri):
            return iri
    # What is long is no name, and is not compared with all of them.
    called, near = entities.institutions_called(value) if len(value) <= 200 else ([], [])
    if len(called) == 1:
        return called[0]
    offered = _named_near(
        called or near or [iri for it in possible[:1] for iri in entities.near(it)]
    )
    for item in offered:
        item["href"] = "/between?" + urlencode(request.args.to_dict() | {name: item["iri"]})
    raise Problem(
        "not-found",
        f"{value} is the name of several institutions."
        if called
        else f"Nothing is known of {value[:200]}",
        members={"near": offered},
    )


def _dereference(path: str, *, is_document: bool) -> BaseResponse:
    settings, entities = _settings(), _entities()
    stem, dot, suffix = path.rpartition(".")
    form = next((item for item in _FORMATS if dot and item.name == suffix), None)
    if form is not None:
        path = stem
    version = versioned(path)
    if version is not None:
        return _of_version(version, path, form)
    iri, kind = _find(settings.base_iri + path)
    if form is None:
        wanted = request.args.get("format", "")
        accept = request.headers.get("Accept")
        form = by_name(wanted, _FORMATS) if wanted else choose(accept, _FORMATS)
        if form is None:
            raise not_acceptable("graph")
        address = f"/{quote(path, safe=_PATH_CHARACTERS)}.{form.name}"
        if not is_document and settings.entity_status == 303:
            # Cool URIs for the Semantic Web, section 4.2: the thing is not the document.
            response = redirect(request.script_root + address, code=303)
            response.headers["Vary"] = "Accept"
            response.headers["Access-Control-Allow-Origin"] = "*"
            return response
        return _representation(entities, iri, kind, form, content_location=address)
    return _representation(entities, iri, kind, form)


def _of_version(version: Versioned, path: str, form: Format | None) -> BaseResponse:
    """A version of a module or scheme: the one served as it is, an old one points to it."""
    module = version.module
    if form is None:
        wanted = request.args.get("format", "")
        accept = request.headers.get("Accept")
        form = by_name(wanted, _FORMATS) if wanted else choose(accept, _FORMATS)
        if form is None:
            raise not_acceptable("graph")
    if form is HTML and version.known and _is_module(module.iri, "ontology"):
        if version.current:
            words = f"This is version {version.asked}, at its permanent address."
        else:
            words = (
                f"You have asked for version {version.asked}, which is not the present one. "
                f"Shown is {module.version}; what changed since stands under Changes."
            )
        page = module_page(module.iri, words)
        assert page is not None
        page.vary.add("Accept")
        return page
    if version.current:
        return _representation(_entities(), module.iri, "ontology", form)
    raise Problem(
        "not-found",
        f"Version {version.asked} of {module.iri} is "
        + ("no longer served" if version.known else "none that there has been")
        + f"; the present one is {module.version}.",
        members={"near": _named_near([module.iri])},
    )


def _find(iri: str) -> tuple[str, str]:
    entities = _entities()
    # A path arrives decoded; data may hold the IRI either way.
    candidates = [iri, quote(iri, safe=_PATH_CHARACTERS + "#")]
    for candidate in dict.fromkeys(candidates):
        if not _NEVER_IN_IRI.search(candidate) and (kind := entities.kind(candidate)):
            return candidate, kind
    near = [] if _NEVER_IN_IRI.search(iri) else entities.near(iri)
    raise Problem(
        "not-found",
        f"Nothing is known of {iri}",
        members={"near": _named_near(near)},
    )


def _named_near(near: list[str]) -> list[dict[str, str]]:
    entities = _entities()
    names = entities.names(near, chosen_language()) if near else {}
    return [
        {"iri": iri, "href": entities.href(iri)}
        | ({"label": names[iri].text} if iri in names else {})
        for iri in near
    ]


def _representation(
    entities: Entities, iri: str, kind: str, form: Format, content_location: str = ""
) -> Response:
    engine, settings = _engine(), _settings()
    etag = f"{engine.version}-{form.name}" if engine.version else ""
    if etag and form is HTML:  # which says who holds what today, in the reader's language
        etag += f"-{__version__}-{chosen_language()}-{today()}"
    if etag and request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    elif form is HTML and _is_module(iri, kind) and (made := module_page(iri)):
        response = made
    elif form is HTML:
        response = Response(_entity_page(iri, kind), content_type=form.content_type)
    elif iri == DATASET:
        body = serialise(_dataset(), form.media_type)
        response = Response(body, content_type=form.content_type)
    else:
        response = _rdf(entities.document(iri, kind, form), form)
    _add_common(response)
    response.headers.add("Link", f'<{iri}>; rel="describes"')
    if content_location:
        response.headers["Content-Location"] = request.script_root + content_location
    if etag:
        response.set_etag(etag)
        response.headers["Cache-Control"] = f"public, max-age={settings.cache_seconds}"
    else:
        response.headers["Cache-Control"] = "no-store"
    return response


def _is_module(iri: str, kind: str) -> bool:
    # A concept scheme is an ontology too, but its concepts are what people look for.
    return kind == "ontology" and not iri.startswith(_settings().base_iri + "scheme/")


def _entity_page(iri: str, kind: str) -> bytes:
    """The page of an entity, kept for who asks next on the same day in the same language."""
    engine, cache = _engine(), _endpoint().cache
    version, language, public_url = engine.version, chosen_language(), _public_url()
    # The address of the language's switch carries the whole query part. What that may hold besides
    # is any number of pages that nobody asks for twice.
    keeps = bool(version) and request.query_string in _USUAL_QUERIES
    key = ("page", iri, language, today(), public_url, _root(), request.full_path)
    kept = cache.get(key, version) if keeps else None
    if kept is not None and isinstance(kept.body, bytes):
        return kept.body
    page = _entities().page(iri, kind, language)
    body = render_template(
        "entity.html",
        page=page,
        contents=contents(page),
        structured=structured_data(page, public_url),
        version=version,
        formats=GRAPH_FORMATS,
    ).encode()
    if keeps and version == engine.version:
        cache.put(key, Kept(version, "", (), body))
    return body


def _rdf(answer: Answer, form: Format) -> Response:
    body: Any = answer.body if isinstance(answer.body, bytes) else Stream(answer)
    response = Response(body, content_type=form.content_type)
    response.headers["Content-Length"] = str(answer.size)
    _add_common(response)
    return response


def _add_common(response: Response) -> None:
    for name, value in common_headers(_engine().version):
        if value not in response.headers.getlist(name):
            response.headers.add(name, value)


def _described(form: Format, *, with_data: bool) -> Response:
    endpoint = f"{_public_url()}/sparql"
    settings = _settings()
    described = describe_service(
        endpoint,
        DATASET,
        _engine().graphs,
        # Of another server it is not known.
        union=not settings.store,
        updates=settings.allow_update,
        federates=bool(settings.service_allow),
    )
    triples = list(described)
    if with_data:
        triples += _dataset()
    body = serialise(triples, form.media_type)
    response = Response(body, content_type=form.content_type)
    _add_common(response)
    return response


def _dataset() -> list[ox.Triple]:
    """All that is said of the dataset and of its parts, whose IRIs lead to its own address.

    With what is known only of the version that is served (:func:`describe_version`).
    """
    known = _entities().document(DESCRIPTION_GRAPH, "graph", GRAPH_FORMATS[2])
    engine = _engine()
    folder = engine.dumps
    listed = folder is not None and (folder / CHECKSUMS).is_file()
    files = _files(folder) if folder is not None and listed else []
    said = [*parse_triples(known.read()), *describe_version(engine.version, files)]
    return sorted(said, key=str)  # so that what is said of one thing stands together


def _public_url() -> str:
    return _settings().public_url or request.host_url.rstrip("/") + _root()


def _root() -> str:
    return str(request.script_root)


def _problem(problem: Problem) -> Response:
    request.environ[ENDED] = problem.slug
    status, headers, body = problem_response(
        problem,
        request.headers.get("Accept"),
        query_id="",
        version=_engine().version,
        root=_root(),
        page=current_app.extensions["problem_page"],
    )
    return Response(body, status=status, headers=headers)


def _http_error(error: HTTPException) -> BaseResponse:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response(request.environ)
    if error.code == 404:
        return _problem(Problem("not-found", f"Nothing is served at {request.path}"))
    if error.code == 405:
        allowed = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        detail = f"{request.method} is not served here."
        return _problem(Problem("method-not-allowed", detail, headers={"Allow": allowed}))
    return _problem(Problem("bad-request", error.description or error.name))


def _mistake(error: Exception) -> Response:
    _LOG.exception("%s %s", request.method, request.path, exc_info=error)
    return _problem(Problem("internal-error", "The server made a mistake; its log says which."))


def _security_headers(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    return response


_COMPRESSED = ("text/html", "text/css", "text/javascript", "application/json", "image/svg+xml")


def _compress(response: Response) -> Response:
    """Compress a page or one of its parts, as its reader accepts."""
    encoding = choose_encoding(request.headers.get("Accept-Encoding"))
    if (
        not encoding
        or response.status_code != 200
        or response.mimetype not in _COMPRESSED
        or response.content_encoding
        or (response.is_streamed and not response.direct_passthrough)
    ):
        return response
    response.direct_passthrough = False  # a static file is read here instead of by the server
    body = response.get_data()
    if len(body) < WORTH_IT:
        return response
    response.set_data(compress(body, encoding))
    response.content_encoding = encoding
    response.vary.add("Accept-Encoding")
    tag, weak = response.get_etag()
    if tag and not weak:  # a strong tag would belong to the very bytes (RFC 9110, section 8.8.1)
        response.set_etag(tag, weak=True)
    return response
