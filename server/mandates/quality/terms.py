"""Terms that nobody declared: misspelt, invented, or described nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache

import pyoxigraph as ox
from rdflib import namespace as known
from rdflib.namespace import DefinedNamespace

from mandates.dataset.entail import ENTAILED
from mandates.dataset.names import BASE, GRAPH, ID, MAND, OWL, RDF, TYPE, shorten
from mandates.dataset.sources import Source
from mandates.quality.problems import Problem, Severity

_DECLARING = {
    OWL + kind
    for kind in (
        "AnnotationProperty",
        "Class",
        "DatatypeProperty",
        "NamedIndividual",
        "ObjectProperty",
        "Ontology",
    )
}
_TYPE = RDF + "type"
_VERSION_IRI = ox.NamedNode(OWL + "versionIRI")
#: Terms of other vocabularies that several of our modules may declare for their own use.
_ELSEWHERE = tuple(str(vocabulary) for vocabulary in (known.DCTERMS, known.SKOS, known.PROV))


@cache
def vocabularies() -> Mapping[str, frozenset[str]]:
    """Give the terms of the public vocabularies whose list of terms is closed and known here.

    Returns:
        For each namespace the IRIs that it defines.

    >>> "http://www.w3.org/2004/02/skos/core#broader" in vocabularies()[
    ...     "http://www.w3.org/2004/02/skos/core#"]
    True
    """
    found = {}
    for name in ("DCAT", "DCTERMS", "ORG", "OWL", "PROV", "RDF", "RDFS", "SH", "SKOS", "VANN",
                 "VOID", "XSD"):  # fmt: skip
        vocabulary: type[DefinedNamespace] = getattr(known, name)
        found[str(vocabulary)] = frozenset(str(term) for term in _terms(vocabulary))
    return found


def _terms(vocabulary: type[DefinedNamespace]) -> Iterator[str]:
    namespace = str(vocabulary)
    if namespace == RDF:
        # Names that rdflib leaves out: the compound literal terms of RDF 1.1's successor drafts
        # and the datatype rdf:PlainLiteral of the OWL 2 datatype map.
        yield from (RDF + n for n in ("PlainLiteral", "language", "direction", "CompoundLiteral"))
    for name in (*vocabulary.__annotations__, *getattr(vocabulary, "_extras", ())):
        if not name.startswith("_"):
            yield namespace + name


def undeclared(quads: Iterable[ox.Quad], sources: Sequence[Source]) -> list[Problem]:
    """Find terms of our namespace or of a known vocabulary that their vocabulary does not define.

    Args:
        quads: what the files say, in the graphs of the files.
        sources: the files, to name lines.

    Returns:
        One error for each term and file, with the nearest term that exists.
    """
    quads = list(quads)
    closed = dict(vocabularies())
    closed[MAND] = frozenset(
        q.subject.value
        for q in quads
        if q.predicate.value == _TYPE
        and isinstance(q.subject, ox.NamedNode)
        and isinstance(q.object, ox.NamedNode)
        and q.object.value in _DECLARING
    )
    files = {source.graph: source for source in sources}
    unknown: dict[tuple[str, str], str] = {}
    for quad in quads:
        if not isinstance(quad.graph_name, ox.NamedNode) or quad.graph_name.value not in files:
            continue
        for term in _iris(quad):
            namespace = term[: max(term.rfind("#"), term.rfind("/")) + 1]
            terms = closed.get(namespace)
            numbered = namespace == RDF and re.fullmatch(r"_\d+", term[len(RDF) :])
            if terms is not None and term != namespace and term not in terms and not numbered:
                unknown[(term, quad.graph_name.value)] = namespace
    return [
        _unknown(term, closed[namespace], namespace, files[graph])
        for (term, graph), namespace in sorted(unknown.items())
    ]


def _iris(quad: ox.Quad) -> Iterator[str]:
    for term in (quad.subject, quad.predicate, quad.object):
        if isinstance(term, ox.NamedNode):
            yield term.value
        elif isinstance(term, ox.Literal):
            yield term.datatype.value


def _unknown(term: str, terms: frozenset[str], namespace: str, source: Source) -> Problem:
    local = {t[len(namespace) :] for t in terms if t.startswith(namespace)}
    near = get_close_matches(term[len(namespace) :], sorted(local), n=1, cutoff=0.6)
    hint = (
        f"Did you mean {shorten(namespace + near[0])}?"
        if near
        else "Declare it in the ontology, or use a term that exists."
    )
    return Problem(
        rule="undeclared-term",
        severity=Severity.ERROR,
        message=f"{shorten(term)} is not a term of <{namespace}>.",
        file=source.name,
        line=_line(term, source),
        node=term,
        hint=hint,
    )


def _line(term: str, source: Source) -> int | None:
    """Find the first line that writes a term, with a prefix or in full."""
    text = source.path.read_text("utf-8", "replace")
    written = [re.escape(f"<{term}>")]
    for prefix, namespace in re.findall(r"(?m)^@prefix\s+([\w-]*):\s+<([^>]*)>", text):
        if term.startswith(namespace):
            local = re.escape(term[len(namespace) :].replace("/", "\\/"))
            written.append(rf"(?<![\w-]){prefix}:{local}(?![\w-])")
    match = re.search("|".join(written), text)
    return text.count("\n", 0, match.start()) + 1 if match else None


def undescribed(quads: Iterable[ox.Quad], sources: Sequence[Source]) -> list[Problem]:
    """Find things of the record that are named as a value and described nowhere.

    Args:
        quads: what the files say.
        sources: the files, to name lines.

    Returns:
        One error for each such thing and file that names it, with the nearest thing that exists.
    """
    quads = list(quads)
    files = {source.graph: source for source in sources}
    # What is entailed of a misspelt name describes nothing.
    described = {
        q.subject.value
        for q in quads
        if isinstance(q.subject, ox.NamedNode)
        and (not isinstance(q.graph_name, ox.NamedNode) or q.graph_name.value in files)
    }
    missing: set[tuple[str, str]] = set()
    for quad in quads:
        value = quad.object
        if (
            isinstance(value, ox.NamedNode)
            and quad.predicate != _VERSION_IRI  # names this very file, at its version
            and value.value not in described
            and value.value.startswith(BASE)
            and not value.value.startswith((MAND, BASE + "ns", GRAPH, ID + "finding/"))
            and isinstance(quad.graph_name, ox.NamedNode)
            and quad.graph_name.value in files
        ):
            missing.add((value.value, quad.graph_name.value))
    problems = []
    for node, graph in sorted(missing):
        folder = node[: node.rfind("/") + 1]
        same = [d[len(folder) :] for d in described if d.startswith(folder)]
        near = get_close_matches(node[len(folder) :], same, n=1, cutoff=0.85)
        problems.append(
            Problem(
                rule="undescribed",
                severity=Severity.ERROR,
                message=f"{shorten(node)} is named here and described nowhere.",
                file=files[graph].name,
                line=_line(node, files[graph]),
                node=node,
                hint=f"Did you mean {shorten(folder + near[0])}?"
                if near
                else "Describe it, or correct it.",
            )
        )
    return problems


def described_twice(quads: Iterable[ox.Quad], sources: Sequence[Source]) -> list[Problem]:
    """Find things that two files describe: sooner or later the two disagree.

    Args:
        quads: what the files say.
        sources: the files, to name them.

    Returns:
        One warning for each thing that more than one file gives a type.
    """
    names = {source.graph: source.name for source in sources}
    typed: dict[str, set[str]] = {}
    for quad in quads:
        if (
            quad.predicate.value == _TYPE
            and isinstance(quad.subject, ox.NamedNode)
            and isinstance(quad.graph_name, ox.NamedNode)
            and quad.graph_name.value in names
        ):
            typed.setdefault(quad.subject.value, set()).add(names[quad.graph_name.value])
    return [
        Problem(
            rule="described-twice",
            severity=Severity.WARNING,
            message=f"{shorten(node)} is described in {' and in '.join(sorted(files))}.",
            node=node,
            hint="Keep one description.",
        )
        for node, files in sorted(typed.items())
        if len(files) > 1 and not node.startswith(_ELSEWHERE)
    ]


def added_to(quads: Iterable[ox.Quad], added: Sequence[Source]) -> list[Problem]:
    """Find statements that added files make about things that others describe.

    A second subject for a mandate of the record is such a statement: it changes what is found, and
    whoever reads the record's own file does not see it.

    Args:
        quads: what all files say, and what they entail.
        added: the files that were added to the record.

    Returns:
        One warning for each such thing and file, at the first of the statements, with the
        properties; none for a thing that an added file describes, too.

    >>> added_to([], [])
    []
    """
    names = {source.graph: source.name for source in added}
    described: set[object] = set()
    ours: set[object] = set()
    said: dict[tuple[str, str], list[ox.Triple]] = {}
    for quad in quads:
        graph = getattr(quad.graph_name, "value", "")
        if quad.predicate == TYPE and quad.graph_name != ENTAILED:
            (ours if graph in names else described).add(quad.subject)
        if graph in names and isinstance(quad.subject, ox.NamedNode):
            said.setdefault((quad.subject.value, graph), []).append(quad.triple)
    others = {
        node.value
        for node in described - ours
        if isinstance(node, ox.NamedNode) and node.value.startswith(BASE)
    }
    problems = []
    for (node, graph), triples in sorted(said.items()):
        if node in others:
            properties = sorted({shorten(triple.predicate.value) for triple in triples})
            problems.append(
                Problem(
                    rule="added-to",
                    severity=Severity.WARNING,
                    message=f"{shorten(node)} is described by the record, and this file says more "
                    f"of it: {', '.join(properties)}.",
                    file=names[graph],
                    node=node,
                    hint="Check that it is meant; a thing of your own needs an IRI of its own.",
                    said=min(triples, key=str),
                )
            )
    return problems
