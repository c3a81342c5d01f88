"""Hold a graph against the shapes: SHACL, and the queries that stand beside it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pyoxigraph as ox
from pyshacl import validate as pyshacl_validate
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from mandates.dataset.names import RDF as RDF_NS
from mandates.dataset.names import XSD
from mandates.dataset.sources import project_root
from mandates.quality.problems import Problem, Severity
from mandates.quality.queries import apply, read_rules

SHAPE = "https://w3id.org/mandates/shape/"
_PLAIN = {ox.NamedNode(XSD + "string"), ox.NamedNode(RDF_NS + "langString")}
_SEVERITY = {
    str(SH.Violation): Severity.ERROR,
    str(SH.Warning): Severity.WARNING,
    str(SH.Info): Severity.INFO,
}


@cache
def read_shapes(folder: Path) -> Graph:
    """Parse every ``.ttl`` file of a folder into one graph of shapes.

    >>> from mandates.dataset.sources import project_root
    >>> len(read_shapes(project_root() / "shapes")) > 100
    True
    """
    shapes = Graph()
    for path in sorted(folder.glob("*.ttl")):
        shapes.parse(path, format="turtle")
    return shapes


def shape_names(folder: Path | None = None) -> list[str]:
    """Name every shape and query rule, sorted.

    >>> "mandate-evidence" in shape_names() and "interval-order" in shape_names()
    True
    """
    folder = folder or project_root() / "shapes"
    shapes = read_shapes(folder)
    named = {
        str(shape).removeprefix(SHAPE)
        for kind in (SH.NodeShape, SH.PropertyShape)
        for shape in shapes.subjects(RDF.type, kind)
        if isinstance(shape, URIRef)
    }
    return sorted(named | {rule.name for rule in read_rules(folder)})


def to_rdflib(triples: Iterable[ox.Quad]) -> Graph:
    """Copy quads into an rdflib graph, leaving graph names behind.

    >>> a = ox.NamedNode("https://example.org/a")
    >>> len(to_rdflib([ox.Quad(a, a, ox.Literal("x", language="en"))]))
    1
    """
    terms: dict[object, Node] = {}

    def convert(term: object) -> Node:
        known = terms.get(term)
        if known is None:
            if isinstance(term, ox.NamedNode):
                known = URIRef(term.value)
            elif isinstance(term, ox.BlankNode):
                known = BNode(term.value)
            elif isinstance(term, ox.Literal):
                # Ill-typed literals are data to be judged, not to be tidied while they are read.
                # rdflib keeps "x" and "x"^^xsd:string apart, which RDF 1.1 makes one term.
                typed = None if term.datatype in _PLAIN else URIRef(term.datatype.value)
                known = Literal(term.value, lang=term.language, datatype=typed, normalize=False)
            else:
                raise TypeError(f"no RDF 1.1 term: {term}")
            terms[term] = known
        return known

    graph = Graph()
    for quad in triples:
        graph.add((convert(quad.subject), convert(quad.predicate), convert(quad.object)))
    return graph


def check_shapes(
    quads: Iterable[ox.Quad],
    folder: Path | None = None,
    focus: Collection[ox.NamedNode | ox.BlankNode] | None = None,
    *,
    rules_everywhere: bool = False,
) -> list[Problem]:
    """Find every place where a graph breaks a shape or a query rule.

    Args:
        quads: what is asserted and what it entails, in any graphs.
        folder: folder of shapes; the shipped ones when absent.
        focus: judge these nodes alone, which takes a small part of the time; all when absent.
        rules_everywhere: whether the query rules, which are quick, judge all nodes all the same.

    Returns:
        One problem for each node and rule; the rule is the local name of the shape.
    """
    folder = folder or project_root() / "shapes"
    quads = list(quads)
    union = ox.Store()
    union.bulk_extend(ox.Quad(q.subject, q.predicate, q.object) for q in quads)
    ruled = {problem for rule in read_rules(folder) for problem in apply(rule, union)}
    judged = quads if focus is None else around(union, focus)
    # rdflib logs a traceback for each literal that can't be read; the problem is what to say of it.
    with _without_log("rdflib.term"):
        conforms, report, _ = pyshacl_validate(
            to_rdflib(judged), shacl_graph=read_shapes(folder), meta_shacl=False, advanced=False
        )
    shaped = {
        _problem(report, result)
        for result in (() if conforms else report.subjects(RDF.type, SH.ValidationResult))
    }
    if focus is not None:
        wanted = {node.value for node in focus}
        shaped = {p for p in shaped if p.node.removeprefix("_:") in wanted}
        if not rules_everywhere:
            ruled = {p for p in ruled if p.node.removeprefix("_:") in wanted}
    return sorted(ruled | shaped, key=lambda p: (p.rule, p.node, p.message))


def affected(store: ox.Store, graphs: Collection[ox.NamedNode]) -> set[ox.NamedNode | ox.BlankNode]:
    """List the nodes whose shapes may judge otherwise because of what some graphs say.

    These are the nodes that the graphs speak of, those that they name, and those that name the
    former at up to two steps, which is as far as a shape of this project looks.

    >>> affected(ox.Store(), [])
    set()
    """
    said = [quad for graph in graphs for quad in store.quads_for_pattern(None, None, None, graph)]
    spoken = {quad.subject for quad in said if not isinstance(quad.subject, ox.Triple)}
    found = spoken | {quad.object for quad in said if isinstance(quad.object, ox.NamedNode)}
    for _ in range(2):
        spoken = {
            quad.subject
            for node in spoken
            for quad in store.quads_for_pattern(None, None, node, None)
            if not isinstance(quad.subject, ox.Triple)
        }
        found |= spoken
    return found


def around(
    store: ox.Store, nodes: Collection[ox.NamedNode | ox.BlankNode], steps: int = 2
) -> list[ox.Quad]:
    """What a store says of some nodes, of what they name, and who names them.

    No shape of this project looks further than two steps from the node that it judges.

    Args:
        store: its default graph is read.
        nodes: where to begin.
        steps: how far to go along what is named.

    >>> around(ox.Store(), [ox.NamedNode("https://example.org/a")])
    []
    """
    default, found, seen = ox.DefaultGraph(), set[ox.Quad](), set[object]()
    edge: set[ox.NamedNode | ox.BlankNode] = set(nodes)
    for node in nodes:
        found |= set(store.quads_for_pattern(None, None, node, default))
    for _ in range(steps + 1):
        seen |= edge
        said = {q for node in edge for q in store.quads_for_pattern(node, None, None, default)}
        found |= said
        edge = {
            q.object
            for q in said
            if isinstance(q.object, ox.NamedNode | ox.BlankNode) and q.object not in seen
        }
    return list(found)


@contextmanager
def _without_log(name: str) -> Iterator[None]:
    """Keep a logger of another package silent for a while."""
    logger = logging.getLogger(name)

    def drop(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(drop)
    try:
        yield
    finally:
        logger.removeFilter(drop)


def _problem(report: Graph, result: Node) -> Problem:
    node, value = report.value(result, SH.focusNode), report.value(result, SH.value)
    path, subject = report.value(result, SH.resultPath), _term(node)
    return Problem(
        rule=str(report.value(result, SH.sourceShape)).removeprefix(SHAPE),
        severity=_SEVERITY[str(report.value(result, SH.resultSeverity))],
        message=str(report.value(result, SH.resultMessage)),
        node=f"_:{node}" if isinstance(node, BNode) else str(node),
        # A shape of one property that a value breaks is broken by one statement.
        said=ox.Triple(subject, ox.NamedNode(str(path)), _term(value))
        if isinstance(path, URIRef) and value is not None and not isinstance(subject, ox.Literal)
        else None,
    )


def _term(node: Node | None) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Turn a term of rdflib back into what it was made from."""
    if isinstance(node, Literal):
        if node.language or node.datatype is None:
            return ox.Literal(str(node), language=node.language)
        return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype)))
    return ox.BlankNode(str(node)) if isinstance(node, BNode) else ox.NamedNode(str(node))
