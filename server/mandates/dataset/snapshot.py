"""Write and open snapshots: one immutable folder per version of the dataset.

A snapshot is what the build hands to the server (``docs/architecture.md``): sorted N-Quads and a
small JSON file beside it. Its version is a hash of the quads, so the same facts have the same
version on every machine, and a client may keep an answer for as long as the version stands.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from mandates.dataset.dumps import write_dumps

QUADS_FILE = "dataset.nq"
UNION_FILE = "union.nt"
MANIFEST_FILE = "snapshot.json"
CURRENT = "current"
DUMPS = "dumps"
SEARCH_FILE = "search.sqlite"


class SnapshotError(ValueError):
    """A folder is no snapshot, or the quads can't become one."""


@dataclass(frozen=True)
class Snapshot:
    """What is known of a snapshot without reading its quads.

    Attributes:
        folder: where it lies.
        version: first 16 hex digits of the SHA-256 of ``dataset.nq``.
        ontology: version IRI of the ontology it was built with, empty when unknown.
        quads: how many quads it holds.
        graphs: IRI of each named graph and how many quads it holds.
    """

    folder: Path
    version: str
    ontology: str
    quads: int
    graphs: Mapping[str, int]

    @property
    def dumps(self) -> Path:
        """The folder of dumps, which need not exist."""
        return self.folder / DUMPS

    @property
    def quads_file(self) -> Path:
        """The N-Quads file."""
        return self.folder / QUADS_FILE

    @property
    def union_file(self) -> Path:
        """The triples of all graphs as N-Triples; snapshots of earlier releases have none."""
        return self.folder / UNION_FILE


def read_snapshot(folder: Path) -> Snapshot:
    """Read what ``snapshot.json`` says, following ``current`` to the folder it points to.

    Args:
        folder: a snapshot's folder, or a data folder that has a ``current`` snapshot.

    Raises:
        SnapshotError: there is no snapshot there, or its description is damaged.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as empty:
    ...     read_snapshot(Path(empty))
    Traceback (most recent call last):
        ...
    mandates.dataset.snapshot.SnapshotError: no snapshot in ...; `mandates build` makes one
    """
    folder = Path(folder)
    if not (folder / MANIFEST_FILE).is_file() and (folder / CURRENT).is_dir():
        folder = folder / CURRENT
    folder = folder.resolve()
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST_FILE).read_text("utf-8"))
        return Snapshot(
            folder=folder,
            version=str(manifest["version"]),
            ontology=str(manifest.get("ontology", "")),
            quads=int(manifest["quads"]),
            graphs=dict(manifest["graphs"]),
        )
    except FileNotFoundError:
        raise SnapshotError(f"no snapshot in {folder}; `mandates build` makes one") from None
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise SnapshotError(f"{folder / MANIFEST_FILE} is damaged: {error}") from error


def write_snapshot(
    data_dir: Path,
    quads: Iterable[ox.Quad],
    *,
    ontology: str = "",
    dumps: bool = False,
    extras: Callable[[Path], object] | None = None,
) -> Snapshot:
    """Write the quads as a new snapshot and make it the current one.

    Nothing is replaced before everything is on disk: a build that dies half-way leaves the last
    good snapshot serving. Blank nodes keep the labels they come with, so a caller who wants the
    same bytes each time labels them by content.

    Args:
        data_dir: the folder of all snapshots; made when it is missing.
        quads: the whole dataset, each quad in a named graph.
        ontology: version IRI of the ontology.
        dumps: whether to add a folder with dumps for people to download.
        extras: writes further files, such as a search index, into the folder given.

    Returns:
        The snapshot written, or the one that was there already with the same content.

    Raises:
        SnapshotError: a quad is in the default graph or in a graph named by a blank node.

    >>> a = ox.NamedNode("https://example.org/a")
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = write_snapshot(Path(folder), [ox.Quad(a, a, a, a)])
    ...     read_snapshot(Path(folder)) == made, made.version, dict(made.graphs)
    (True, '1637043811cf8b22', {'https://example.org/a': 1})
    """
    serialised = ox.serialize(_in_named_graphs(quads), format=ox.RdfFormat.N_QUADS) or b""
    lines = sorted(set(serialised.split(b"\n")[:-1]))
    # The graph name is the last term of a line, between " <" and "> .".
    graphs = Counter(line[line.rindex(b" <") + 2 : -3].decode() for line in lines)
    body = b"".join(line + b"\n" for line in lines)
    version = hashlib.sha256(body).hexdigest()[:16]
    manifest = {
        "version": version,
        "ontology": ontology,
        "quads": len(lines),
        "graphs": dict(sorted(graphs.items())),
    }

    data_dir = Path(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True)
    target = data_dir / version
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=data_dir))
    try:
        unfinished.chmod(0o755)
        _write_durably(unfinished / QUADS_FILE, body)
        _write_durably(unfinished / UNION_FILE, _union(graphs, body))
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        _write_durably(unfinished / MANIFEST_FILE, text.encode())
        if dumps:
            write_dumps(unfinished / DUMPS, body)
        if extras:
            extras(unfinished)
        if target.exists():
            shutil.rmtree(target)
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    make_current(data_dir, version)
    return read_snapshot(target)


def make_current(data_dir: Path, version: str) -> None:
    """Point ``current`` to a version, in one step that a server reading it can't fall between."""
    link = data_dir / f".{CURRENT}-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(version, target_is_directory=True)
    link.replace(data_dir / CURRENT)


def open_store(snapshot: Snapshot) -> ox.Store:
    """Fill an in-memory store: the named graphs, and their union as default graph.

    The union is stored, not asked for at query time: a triple that stands in two graphs then
    counts once, and the default graph answers as fast as any other.

    >>> a, g, h = (ox.NamedNode(f"https://example.org/{name}") for name in "agh")
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = write_snapshot(Path(folder), [ox.Quad(a, a, a, g), ox.Quad(a, a, a, h)])
    ...     store = open_store(made)
    >>> [str(row[0]) for row in store.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")]
    ['"1"^^<http://www.w3.org/2001/XMLSchema#integer>']
    """
    store = ox.Store()
    # The files were written by us from parsed terms, so checking every IRI again tells nothing new.
    # A transaction (`load`) takes a quarter less time here than what is meant for stores on disk.
    store.load(path=snapshot.quads_file, format=ox.RdfFormat.N_QUADS, lenient=True)
    if snapshot.union_file.is_file():
        store.load(path=snapshot.union_file, format=ox.RdfFormat.N_TRIPLES, lenient=True)
    else:  # a snapshot of an earlier release
        union = _union(snapshot.graphs, snapshot.quads_file.read_bytes())
        store.load(union, format=ox.RdfFormat.N_TRIPLES, lenient=True)
    return store


def open_union(snapshot: Snapshot, without: Iterable[str] = ()) -> ox.Store:
    """Fill an in-memory store with the union alone, for readers that name no graph.

    Args:
        snapshot: what to read.
        without: IRIs of graphs to leave out, for example findings that the reader computes anew.

    >>> a, g, h = (ox.NamedNode(f"https://example.org/{name}") for name in "agh")
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = write_snapshot(Path(folder), [ox.Quad(a, a, a, g), ox.Quad(a, a, h, h)])
    ...     store = open_union(made, without=["https://example.org/h"])
    >>> len(store)
    1
    """
    body = snapshot.quads_file.read_bytes()
    for graph in without:
        ending = f" <{graph}> .\n".encode()
        body = b"".join(line for line in body.splitlines(True) if not line.endswith(ending))
    store = ox.Store()
    store.bulk_load(_union(snapshot.graphs, body), format=ox.RdfFormat.N_TRIPLES, lenient=True)
    return store


def _union(graphs: Iterable[str], body: bytes) -> bytes:
    # What all names of graphs begin with is searched for in one go, unlike any name there may be.
    common = os.path.commonprefix(list(graphs))  # noqa: RUF071 - names are no paths
    return re.sub(rb" <" + re.escape(common.encode()) + rb"[^<>\s]*> \.\n", b" .\n", body)


def _in_named_graphs(quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    for quad in quads:
        if not isinstance(quad.graph_name, ox.NamedNode):
            raise SnapshotError(f"not in a named graph: {quad}")
        yield quad


def _write_durably(path: Path, body: bytes) -> None:
    with path.open("xb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
