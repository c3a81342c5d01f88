"""Parse Turtle into quads, so that the same files give the same quads and an error says where."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import pyoxigraph as ox

from mandates.dataset.names import PREFIXES
from mandates.dataset.sources import Source

_Term = TypeVar("_Term")


class LoadError(ValueError):
    """A file is not Turtle, or not UTF-8.

    Attributes:
        file: its name within the project.
        line: line of the mistake, from 1; 0 where there is none.
        column: column of the mistake, from 1; 0 where there is none.
        reason: what is wrong.
    """

    def __init__(self, file: str, line: int, column: int, reason: str) -> None:
        super().__init__(f"{file}:{line}:{column}: {reason}")
        self.file, self.line, self.column, self.reason = file, line, column, reason


@dataclass(frozen=True)
class Loaded:
    """What a set of files says.

    Attributes:
        quads: every triple, in the graph of its file.
        sources: the files that were read.
    """

    quads: list[ox.Quad]
    sources: list[Source]

    def store(self) -> ox.Store:
        """Put the quads into a new in-memory store."""
        store = ox.Store()
        store.bulk_extend(self.quads)
        return store


def load(sources: Iterable[Source]) -> Loaded:
    """Parse files into quads; blank nodes are labelled by what they say, not by chance.

    Args:
        sources: the files, as :func:`mandates.dataset.sources.find_sources` lists them.

    Returns:
        Their quads, with the sources in the order given.

    Raises:
        LoadError: a file can't be parsed; names file, line and column.

    >>> from mandates.dataset.sources import find_sources
    >>> loaded = load(find_sources(instances=False))
    >>> len(loaded.quads) > 2000
    True
    """
    quads: list[ox.Quad] = []
    sources = list(sources)
    for source in sources:
        quads += _parse(source)
    return Loaded(quads, sources)


def _parse(source: Source) -> list[ox.Quad]:
    body = source.path.read_bytes()
    graph = ox.NamedNode(source.graph)
    dataset = ox.Dataset()
    try:
        for quad in ox.parse(body, format=ox.RdfFormat.TURTLE, base_iri=source.graph + "#"):
            dataset.add(ox.Quad(quad.subject, quad.predicate, quad.object, graph))
    except SyntaxError as error:
        text = re.sub(r"^Parser error at line \d+[^:]*: ", "", str(error.msg))
        raise LoadError(source.name, error.lineno or 0, error.offset or 0, text) from None
    except (UnicodeDecodeError, ValueError) as error:
        raise LoadError(source.name, 0, 0, str(error)) from None
    if not any(
        isinstance(q.subject, ox.BlankNode) or isinstance(q.object, ox.BlankNode) for q in dataset
    ):
        return list(dataset)
    # RDF Dataset Canonicalization gives equal graphs equal labels; a digest of the file's name
    # keeps the labels of different files apart (RDF 1.1 Semantics, section 3.5, "merging").
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    mark = blank_mark(source.name)

    def relabel(term: _Term) -> _Term | ox.BlankNode:
        return ox.BlankNode(f"{mark}{term.value}") if isinstance(term, ox.BlankNode) else term

    return [ox.Quad(relabel(q.subject), q.predicate, relabel(q.object), graph) for q in dataset]


def blank_mark(name: str) -> str:
    """Say how the labels of a file's blank nodes begin, by which the file is known again.

    Args:
        name: the file's name within the project.

    Returns:
        Nine letters and digits.

    >>> blank_mark("instances/pk/actors.ttl") == blank_mark("instances/pk/roles.ttl")
    False
    """
    return "f" + hashlib.sha256(name.encode()).hexdigest()[:8]


def locate(node: str, sources: Sequence[Source]) -> tuple[str, int] | None:
    """Find the file and line in which a node is described, for messages to people.

    Args:
        node: an IRI.
        sources: the files to look in.

    Returns:
        The file's name and the line from 1, or ``None`` when no file begins a description of it.
        A file that says what the node is comes before one that only says more of it, as the
        alignments do.

    >>> from mandates.dataset.sources import find_sources
    >>> locate("https://w3id.org/mandates/ns#Power", find_sources())[0]
    'ontology/mandates.ttl'
    """
    mentioned = None
    for source in sources:
        text = source.path.read_text("utf-8", "replace")
        declared = dict(re.findall(r"(?m)^@prefix\s+([\w-]*):\s+<([^>]*)>", text)) or PREFIXES
        written = [re.escape(f"<{node}>")]
        for prefix, namespace in declared.items():
            if node.startswith(namespace):
                local = re.escape(node[len(namespace) :].replace("/", "\\/"))
                written.append(rf"{prefix}:{local}")
        beginning = rf"(?m)^(?:{'|'.join(written)})"
        typed = re.search(rf"{beginning}\s+(?:a|rdf:type)\s", text)
        match = typed or (not mentioned and re.search(rf"{beginning}(?=[\s;,.]|$)", text))
        if match:
            place = source.name, text.count("\n", 0, match.start()) + 1
            if typed:
                return place
            mentioned = place
    return mentioned
