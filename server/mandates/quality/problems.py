"""The one form in which every check says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import pyoxigraph as ox

from mandates.dataset.loading import locate
from mandates.dataset.sources import Source
from mandates.quality.places import Places

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
        said: the statement that makes the mistake, by which file and line are found; ``None`` where
            it is no single statement.

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
    said: ox.Triple | None = field(default=None, repr=False)

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


def counted(number: int, what: str, several: str = "") -> str:
    """Write how many there are of something, in the singular for one.

    Args:
        number: how many.
        what: the thing, in the singular.
        several: its plural, where that is not the singular with an s.

    >>> counted(1, "mistake"), counted(1200, "quad")
    ('1 mistake', '1,200 quads')
    """
    return f"{number:,} {what if number == 1 else several or what + 's'}"


def placed(problems: Iterable[Problem], sources: Sequence[Source]) -> list[Problem]:
    """Sort problems, and name file and line of those that have a node and no line yet.

    A problem that one statement makes is placed where that statement is written, any other where
    its node is described.

    Args:
        problems: what was found.
        sources: the files that were read.

    Returns:
        The same problems by severity, file, line, rule and node; only the first 200 are looked up.

    >>> placed([Problem("rule", Severity.ERROR, "No.", node="https://example.org/a")], [])[0].line
    """
    order = list(Severity)
    listed = sorted(problems, key=lambda p: (order.index(p.severity), p.rule, p.node, p.message))
    known: dict[object, tuple[str, int | None] | None] = {}
    places = Places(sources)
    found = []
    for problem in listed:
        if problem.line is None and problem.node:
            # One statement may stand in several files, and the problem may be of one of them.
            key = (problem.said or problem.node, problem.file)
            if key not in known and len(known) < _LOCATED:
                known[key] = _place(problem, places, sources)
            place = known.get(key)
            if place:
                problem = replace(problem, file=place[0], line=place[1])
        found.append(problem)
    return sorted(
        found,
        key=lambda p: (order.index(p.severity), p.file, p.line or 0, p.rule, p.node, p.message),
    )


def _place(
    problem: Problem, places: Places, sources: Sequence[Source]
) -> tuple[str, int | None] | None:
    """Find where a problem's statement is written, or where its node is described."""
    if problem.said is not None:
        place = places.statement(problem.said, problem.file)
        if place is not None:
            return place
    if problem.node.startswith("_:"):
        return places.blank(problem.node)
    return locate(problem.node, [s for s in sources if problem.file in ("", s.name)])
