"""A site of plain files: every page and every document about an entity, for any file server.

The application itself is asked for each page, so a file says what the server says. Addresses are
negotiated by their endings: ``x.html`` for people, ``x.ttl``, ``x.jsonld``, ``x.rdf`` and ``x.nt``
for machines, as the redirects of w3id.org expect. Links within the site are made relative, so it
can lie in any folder; what needs a server (a query, a date to choose) leads to the public address.
"""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from posixpath import dirname, relpath
from urllib.parse import quote, unquote, urlsplit

import pyoxigraph as ox
from flask import Flask
from werkzeug.test import TestResponse

from mandates.dataset.names import BASE, OWL
from mandates.dataset.snapshot import open_union, read_snapshot
from mandates.sparql.description import serialise
from mandates.sparql.engine import Engine
from mandates.sparql.negotiation import GRAPH_FORMATS
from mandates.web import Settings, create_app

#: Beginnings of the paths of things that are described; each has a page and documents.
_AREAS = ("id/", "scheme/", "ns", "graph/", "dataset")
#: The forms of RDF that the redirects of w3id.org lead to.
_FORMS = tuple(form for form in GRAPH_FORMATS if form.name in ("jsonld", "nt", "rdf", "ttl"))
_ENDINGS = (".html", *(f".{form.name}" for form in _FORMS))
#: Addresses that answer to what a reader enters, or speak of the running server.
_DYNAMIC = ("/-/", "/sparql", "/graph-store", "/between", "/named-by", "/static/")
_LINK = re.compile(r'(?<=[\s])(href|src|action|poster)="([^"]*)"')
_HTML = {"Accept": "text/html"}


class ExportError(RuntimeError):
    """A page could not be made, or the folder to write to has something in it."""


def export_site(
    data_dir: Path,
    folder: Path,
    *,
    site: str = BASE.rstrip("/"),
    only: Sequence[str] = (),
    workers: int = 4,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Write the whole site of a snapshot.

    Args:
        data_dir: folder of the snapshots; the current one is written.
        folder: where to; must not exist or be empty.
        site: public address of the server, to which what is not in the site leads.
        only: beginnings of paths (``id/pk/actor``); entities elsewhere are left out.
        workers: pages that are made at once.
        progress: called with the number of entities done and of all.

    Returns:
        How many files were written. The same snapshot gives the same bytes on the same day; on
        another day the pages that say who holds what today may differ.

    Raises:
        SnapshotError: there is no snapshot.
        ExportError: a page could not be made; nothing is left behind.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ExportError(f"{folder} is not empty")
    snapshot = read_snapshot(data_dir)
    paths = entity_paths(open_union(snapshot), snapshot.graphs)
    paths = [path for path in paths if not only or path.startswith(tuple(only))]
    aside = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    settings = replace(Settings(), data_dir=data_dir, public_url=site, reload_seconds=0)
    app = create_app(settings)
    engine: Engine = app.extensions["engine"]
    try:
        known = {path: f"{path}.html" for path in paths}
        pages = _crawl(app, known)
        known |= {path: _file(path) for path in pages}
        known |= {f"dumps/{name}": f"dumps/{name}" for name in _copy_dumps(snapshot.dumps, aside)}
        for path, text in pages.items():
            _write(aside / _file(path), rewrite(text, _file(path), known, site).encode())
        make = partial(_entity, app, aside, known, site)
        with ThreadPoolExecutor(workers) as pool:
            for number, _ in enumerate(pool.map(make, paths), 1):
                progress(number, len(paths))
        with as_file(files("mandates.web") / "static") as static:
            shutil.copytree(static, aside / "static")
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    finally:
        engine.close()
    if folder.exists():
        folder.rmdir()
    aside.replace(folder)
    return sum(path.is_file() for path in folder.rglob("*"))


def entity_paths(store: ox.Store, graphs: Iterable[str] = ()) -> list[str]:
    """List the paths of all that is described in a dataset.

    Args:
        store: its default graph is the union.
        graphs: IRIs of the named graphs.

    Returns:
        Paths without a slash before and a fragment after, sorted, each once.

    >>> a = ox.NamedNode(BASE + "ns#Power")
    >>> store = ox.Store()
    >>> store.add(ox.Quad(a, ox.NamedNode(BASE + "ns#p"), ox.NamedNode(BASE + "id/pk/actor/pta")))
    >>> entity_paths(store)
    ['ns']
    """
    found: set[object] = set()
    version = ox.NamedNode(OWL + "versionIRI")
    for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()):
        found.add(quad.subject)
        if quad.predicate == version:
            found.add(quad.object)
    found.update(map(ox.NamedNode, graphs))
    paths = {
        node.value.removeprefix(BASE).partition("#")[0]
        for node in found
        if isinstance(node, ox.NamedNode) and node.value.startswith(BASE)
    }
    return sorted(path for path in paths if path.startswith(_AREAS))


def rewrite(text: str, file: str, known: Mapping[str, str], site: str) -> str:
    """Make the links of a page lead to files of the site, or to the public address.

    Args:
        text: the page.
        file: its path within the site.
        known: for each path of the application the file that holds it.
        site: public address of the application.

    >>> rewrite('<a href="/id/a#x">', "id/b.html", {"id/a": "id/a.html"}, "https://example.org")
    '<a href="a.html#x">'
    >>> rewrite('<a href="/sparql?query=ASK">', "id/b.html", {}, "https://example.org")
    '<a href="https://example.org/sparql?query=ASK">'
    """
    start = dirname(file) or "."

    def lead(match: re.Match[str]) -> str:
        name, value = match[1], html.unescape(match[2])
        parts = urlsplit(value)
        if parts.scheme or parts.netloc or not value.startswith("/"):
            return match[0]
        path = unquote(parts.path).strip("/")
        target = known.get(path)
        if path.startswith("static/"):
            target = path
        elif target is None and path.rpartition(".")[0] in known:
            # A document about an entity: the file has the ending that the address names.
            target = path if path.endswith(_ENDINGS) else None
        if target is None or parts.query:
            address = site + value
        else:
            address = quote(relpath(target, start)) + (f"#{parts.fragment}" * bool(parts.fragment))
        return f'{name}="{html.escape(address)}"'

    return _LINK.sub(lead, text)


def _file(path: str) -> str:
    """The file of a page that is no entity: a folder's index answers to the bare address."""
    return f"{path}/index.html" if path else "index.html"


def _crawl(app: Flask, entities: Iterable[str]) -> dict[str, str]:
    """Follow links from the first page to every page that needs no choice of the reader's."""
    entities = set(entities)
    client = app.test_client()
    seen, todo, found = {""}, [""], {}
    while todo:
        path = todo.pop()
        response = client.get(f"/{quote(path)}", headers=_HTML)
        if response.status_code >= 500:
            raise ExportError(f"/{path}: status {response.status_code}")
        if response.status_code != 200 or response.mimetype != "text/html":
            continue
        found[path] = response.get_data(as_text=True)
        for _, value in _LINK.findall(found[path]):
            parts = urlsplit(html.unescape(value))
            link = unquote(parts.path).strip("/")
            if (
                value.startswith("/")
                and not parts.query
                and not f"/{link}".startswith(_DYNAMIC)
                and not f"/{link}/".startswith(_DYNAMIC)
                and not link.startswith((*_AREAS, "dumps/"))
                and link not in entities
                and link not in seen
            ):
                seen.add(link)
                todo.append(link)
    return dict(sorted(found.items()))


def _copy_dumps(dumps: Path, folder: Path) -> Iterator[str]:
    if not dumps.is_dir():
        return
    for path in sorted(p for p in dumps.rglob("*") if p.is_file()):
        name = path.relative_to(dumps).as_posix()
        _write(folder / "dumps" / name, path.read_bytes())
        yield name


def _entity(app: Flask, folder: Path, known: Mapping[str, str], site: str, path: str) -> None:
    client = app.test_client()
    page = _get(client.get(f"/{quote(path)}.html", headers=_HTML), path)
    text = rewrite(page.decode(), f"{path}.html", known, site)
    _write(folder / f"{path}.html", text.encode())
    # One answer makes all forms: sorted, and with blank nodes named by what is said of them.
    lines = _get(client.get(f"/{quote(path)}.nt"), path)
    triples = ox.Dataset(ox.parse(lines, format=ox.RdfFormat.N_TRIPLES))
    triples.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    ordered = sorted((quad.triple for quad in triples), key=str)
    for form in _FORMS:
        _write(folder / f"{path}.{form.name}", serialise(ordered, form.media_type))


def _get(response: TestResponse, path: str) -> bytes:
    if response.status_code != 200:
        raise ExportError(f"/{path}: status {response.status_code}")
    return bytes(response.get_data())


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
