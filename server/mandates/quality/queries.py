"""Rules that look at the whole graph: a SPARQL query each, with reason and message on top."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from mandates.dataset.names import shorten
from mandates.quality.problems import Problem, Severity

_FIELD = re.compile(r"^# (severity|message|source): (.+)$", re.M)


@dataclass(frozen=True)
class QueryRule:
    """A query whose every row is a mistake.

    Attributes:
        name: the file's name without its ending.
        reason: why the rule stands; the file's first line.
        severity: how bad a row is.
        message: what a row means and what to do; ``{value}`` and ``{property}`` are filled from the
            row.
        source: where the rule comes from.
        text: the query, which binds ``?node`` and may bind ``?value``, or ``?property`` and
            ``?value``: then the row is the statement that makes the mistake.
    """

    name: str
    reason: str
    severity: Severity
    message: str
    source: str
    text: str


def read_rules(folder: Path) -> list[QueryRule]:
    """Read every ``.rq`` file of a folder.

    Args:
        folder: where the rules are.

    Returns:
        The rules by name.

    Raises:
        ValueError: a file lacks one of its head lines.

    >>> from mandates.dataset.sources import project_root
    >>> [rule.name for rule in read_rules(project_root() / "shapes")][0]
    'circle'
    """
    rules = []
    for path in sorted(folder.glob("*.rq")):
        text = path.read_text("utf-8")
        fields = dict(_FIELD.findall(text))
        reason = text.partition("\n")[0].removeprefix("# ")
        missing = {"severity", "message", "source"} - fields.keys()
        if missing:
            raise ValueError(f"{path}: no line '# {min(missing)}: …'")
        rules.append(
            QueryRule(
                path.stem,
                reason,
                Severity(fields["severity"]),
                fields["message"],
                fields["source"],
                text,
            )
        )
    return rules


def apply(rule: QueryRule, store: ox.Store) -> Iterator[Problem]:
    """Run one rule.

    Args:
        rule: the rule.
        store: the graph, in the default graph of the store.

    Yields:
        One problem for each row.
    """
    rows = store.query(rule.text)
    assert isinstance(rows, ox.QuerySolutions)
    named = {variable.value for variable in rows.variables}
    for row in rows:
        node = row["node"]
        value = row["value"] if "value" in named else None
        prop = row["property"] if "property" in named else None
        yield Problem(
            rule=rule.name,
            severity=rule.severity,
            message=rule.message.replace("{property}", _shown(prop)).replace(
                "{value}", _shown(value)
            ),
            node=node.value if isinstance(node, ox.NamedNode) else str(node),
            said=ox.Triple(node, prop, value) if prop is not None and value is not None else None,
        )


def _shown(term: object) -> str:
    if isinstance(term, ox.NamedNode):
        return shorten(term.value)
    return term.value if isinstance(term, ox.Literal) else ""
