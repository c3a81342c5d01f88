"""What is checked before anything is published, and how a mistake is named."""

from __future__ import annotations

from collections.abc import Sequence

import pyoxigraph as ox

from mandates.dataset.sources import Source
from mandates.quality.problems import Problem, Severity, placed
from mandates.quality.shapes import affected, check_shapes
from mandates.quality.terms import added_to, described_twice, undeclared, undescribed
from mandates.quality.values import misused, told_once

__all__ = ["Problem", "Severity", "validate"]


def validate(
    store: ox.Store, sources: Sequence[Source], added: Sequence[Source] = ()
) -> list[Problem]:
    """Check terms and shapes: the part of the checks that every build runs.

    Args:
        store: what the files say in the graphs of the files, and what they entail.
        sources: the files that were read.
        added: those of them that were added to a record known to be right: then shapes judge only
            what these files may have changed, which takes a part of the time. The queries that
            stand beside the shapes judge everything all the same.

    Returns:
        Everything wrong, errors first; what is only worth knowing is left out.
    """
    quads = list(store)
    problems = undeclared(quads, sources)
    unknown = undescribed(quads, sources)
    problems += unknown
    problems += described_twice(quads, sources)
    problems += added_to(quads, [source for source in sources if source.added])
    wrong = misused(quads, sources)
    problems += wrong
    # Of what is described nowhere it is enough to say so; its shape is wrong of necessity.
    nowhere = {problem.node for problem in unknown}
    focus = affected(store, [ox.NamedNode(source.graph) for source in added]) if added else None
    shaped = told_once(check_shapes(quads, focus=focus, rules_everywhere=True), wrong)
    problems += [problem for problem in shaped if problem.node not in nowhere]
    return placed((p for p in problems if p.severity is not Severity.INFO), sources)
