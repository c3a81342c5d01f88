"""Check data that somebody sends, against the record that is served, in seconds.

The checks of a build judge everything; here only what was sent is judged, with the record for what
it names.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox

from mandates.dataset.entail import entail
from mandates.dataset.loading import LoadError, load
from mandates.dataset.names import GRAPH
from mandates.dataset.sources import Source
from mandates.quality.problems import Problem, Severity, placed
from mandates.quality.shapes import check_shapes
from mandates.quality.terms import added_to, undeclared, undescribed
from mandates.quality.turtle import check_turtle
from mandates.quality.values import misused, told_once

SENT = GRAPH + "extra/sent"


def check_upload(record: ox.Store, path: Path, name: str) -> tuple[list[Problem], int]:
    """Check one Turtle file against vocabulary, shapes and record.

    Args:
        record: what the record says and entails, without what is computed from holdings; changed.
        path: the file.
        name: what to call it.

    Returns:
        Everything wrong, errors first, and the number of triples in the file.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "x.ttl"
    ...     _ = path.write_text("<a> <b> .")
    ...     problems, _ = check_upload(ox.Store(), path, "x.ttl")
    >>> [(problem.rule, problem.file, problem.line) for problem in problems]
    [('turtle-syntax', 'x.ttl', 1)]
    """
    source = Source(name, path, SENT)
    try:
        sent = load([source]).quads
    except LoadError as error:
        return [
            Problem(
                rule="turtle-syntax",
                severity=Severity.ERROR,
                message=error.reason,
                file=name,
                line=error.line or None,
                hint=f"See column {error.column}." if error.column else "",
            )
        ], 0
    # The record's facts get a graph that is nobody's file, so that only the file sent is blamed.
    graph = ox.NamedNode(GRAPH + "record")
    store = ox.Store()
    store.bulk_extend(ox.Quad(q.subject, q.predicate, q.object, graph) for q in record)
    store.bulk_extend(sent)
    store.bulk_extend(entail(store))
    quads = list(store)
    problems = undeclared(quads, [source])
    described = [
        ox.Quad(q.subject, q.predicate, q.object) if q.graph_name == graph else q for q in quads
    ]
    unknown = undescribed(described, [source])
    problems += unknown
    problems += check_turtle([source])
    problems += added_to(quads, [source])
    wrong = misused(quads, [source])
    problems += wrong
    nowhere = {problem.node for problem in unknown}
    focus = {q.subject for q in sent if not isinstance(q.subject, ox.Triple)}
    shaped = told_once(check_shapes(quads, focus=focus), wrong)
    problems += [p for p in shaped if p.node not in nowhere]
    shown = (p for p in problems if p.severity is not Severity.INFO)
    # Everything is of the one file; what was not looked up in it comes after what was.
    found = [p if p.file else replace(p, file=name) for p in placed(shown, [source])]
    order = list(Severity)
    found.sort(key=lambda p: (order.index(p.severity), p.line is None, p.line or 0, p.rule))
    return found, len(sent)
