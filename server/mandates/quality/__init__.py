"""What is checked before anything is published, and how a mistake is named."""

from __future__ import annotations

from collections.abc import Sequence

import pyoxigraph as ox

from mandates.dataset.sources import Source
from mandates.quality.problems import Problem, Severity, placed
from mandates.quality.shapes import check_shapes
from mandates.quality.terms import described_twice, undeclared, undescribed

__all__ = ["Problem", "Severity", "validate"]


def validate(store: ox.Store, sources: Sequence[Source]) -> list[Problem]:
    """Check terms and shapes: the part of the checks that every build runs.

    Args:
        store: what the files say in the graphs of the files, and what they entail.
        sources: the files that were read.

    Returns:
        Everything wrong, errors first; what is only worth knowing is left out.
    """
    quads = list(store)
    problems = undeclared(quads, sources)
    unknown = undescribed(quads, sources)
    problems += unknown
    problems += described_twice(quads, sources)
    # Of what is described nowhere it is enough to say so; its shape is wrong of necessity.
    nowhere = {problem.node for problem in unknown}
    problems += [problem for problem in check_shapes(quads) if problem.node not in nowhere]
    return placed((p for p in problems if p.severity is not Severity.INFO), sources)
