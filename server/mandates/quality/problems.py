"""The one form in which every check says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from mandates.dataset.loading import locate
from mandates.dataset.sources import Source

#: How many problems are looked up in the files; the search reads them anew for each.
_LOCATED = 200


class Severity(Enum):
    """How bad a problem is: an error stops a build, a warning is shown, information is counted."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Problem:
    """One mistake at one place.

    Attributes:
        rule: name of the rule that is broken; the rule's file has the same name.
        severity: how bad it is.
        message: what is wrong, in plain words.
        file: name of the file within the project; empty where no file can be named.
        line: line in that file from 1; ``None`` where it is not known.
        node: IRI or blank node that the problem is about; empty where there is none.
        hint: what to do; empty where the message says it.

    >>> print(Problem("role-filled", Severity.ERROR, "Nobody fills it.", "a.ttl", 3, "x:y", "Add."))
    a.ttl:3: error [role-filled] x:y: Nobody fills it. Add.
    """

    rule: str
    severity: Severity
    message: str
    file: str = ""
    line: int | None = None
    node: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        node = f"{self.node}: " if self.node else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{place}{self.severity.value} [{self.rule}] {node}{self.message}{hint}"


def is_error(problem: Problem) -> bool:
    """Say whether a problem stops a build.

    >>> is_error(Problem("label", Severity.WARNING, "No label."))
    False
    """
    return problem.severity is Severity.ERROR


def placed(problems: Iterable[Problem], sources: Sequence[Source]) -> list[Problem]:
    """Sort problems, and name file and line of those that have a node and no line yet.

    Args:
        problems: what was found.
        sources: the files that were read.

    Returns:
        The same problems by severity, file, line, rule and node; only the first 200 are looked up.
    """
    order = list(Severity)
    listed = sorted(problems, key=lambda p: (order.index(p.severity), p.rule, p.node, p.message))
    known: dict[str, tuple[str, int] | None] = {}
    found = []
    for problem in listed:
        if problem.line is None and problem.node:
            if problem.node not in known and len(known) < _LOCATED:
                near = [s for s in sources if s.name == problem.file] if problem.file else sources
                known[problem.node] = locate(problem.node, near)
            place = known.get(problem.node)
            if place:
                problem = replace(problem, file=place[0], line=place[1])
        found.append(problem)
    return sorted(
        found,
        key=lambda p: (order.index(p.severity), p.file, p.line or 0, p.rule, p.node, p.message),
    )
