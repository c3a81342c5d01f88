"""Dumps of a snapshot: whole and by graph, compressed, with checksums.

The same snapshot gives the same bytes, so a checksum taken on one machine holds on every other.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyoxigraph as ox

from mandates.dataset.names import GRAPH, PREFIXES

CHECKSUMS = "SHA256SUMS"


def write_dumps(folder: Path, body: bytes) -> None:
    """Write the dumps of a dataset.

    Args:
        folder: where to; it must not exist.
        body: the dataset as sorted N-Quads.

    >>> import tempfile
    >>> line = f"<{GRAPH}a> <{GRAPH}a> <{GRAPH}a> <{GRAPH}pk/roles> ." + chr(10)
    >>> with tempfile.TemporaryDirectory() as made:
    ...     write_dumps(Path(made) / "dumps", line.encode())
    ...     sorted(str(path.relative_to(made)) for path in Path(made).rglob("*.gz"))
    ['dumps/dataset.jsonld.gz', 'dumps/dataset.nq.gz', 'dumps/dataset.trig.gz', \
'dumps/dataset.ttl.gz', 'dumps/graph/pk/roles.ttl.gz']
    """
    folder.mkdir()
    sums = {}
    for name, content in _contents(body):
        path = folder / f"{name}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        packed = gzip.compress(content, compresslevel=6, mtime=0)
        path.write_bytes(packed)
        sums[f"{name}.gz"] = hashlib.sha256(packed).hexdigest()
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    (folder / CHECKSUMS).write_text(lines, "utf-8")


def _contents(body: bytes) -> Iterator[tuple[str, bytes]]:
    quads = list(ox.parse(body, format=ox.RdfFormat.N_QUADS, lenient=True))
    triples = list(dict.fromkeys(quad.triple for quad in quads))
    yield "dataset.nq", body
    yield "dataset.ttl", _write(triples, ox.RdfFormat.TURTLE)
    yield "dataset.trig", _write(sorted(quads, key=_graph_name), ox.RdfFormat.TRIG)
    yield "dataset.jsonld", _write(sorted(quads, key=_graph_name), ox.RdfFormat.JSON_LD)
    graphs: dict[str, list[ox.Triple]] = {}
    for quad in quads:
        graphs.setdefault(_graph_name(quad), []).append(quad.triple)
    for name, members in graphs.items():
        if name.startswith(GRAPH):
            yield f"graph/{name.removeprefix(GRAPH)}.ttl", _write(members, ox.RdfFormat.TURTLE)


def _graph_name(quad: ox.Quad) -> str:
    return str(quad.graph_name.value) if isinstance(quad.graph_name, ox.NamedNode) else ""


def _write(data: list[ox.Triple] | list[ox.Quad], form: ox.RdfFormat) -> bytes:
    prefixes: Mapping[str, str] = {} if form is ox.RdfFormat.JSON_LD else PREFIXES
    body = ox.serialize(data, format=form, prefixes=dict(prefixes)) or b""
    return in_order(body)


def in_order(document: bytes) -> bytes:
    r"""Put the declarations of prefixes at the beginning of Turtle in alphabetical order.

    The serialiser keeps them in a table whose order differs from run to run.

    >>> in_order(b"@prefix b: <b#> .\n@prefix a: <a#> .\nb:x a:y b:z .\n")
    b'@prefix a: <a#> .\n@prefix b: <b#> .\nb:x a:y b:z .\n'
    """
    start = 0
    while document.startswith(b"@prefix ", start):
        start = document.index(b"\n", start) + 1
    head = b"".join(sorted(document[:start].splitlines(keepends=True)))
    return head + document[start:] if start else document
