"""Ask every question of the record and hold the answer against the one that is known."""

from __future__ import annotations

import pyoxigraph as ox

from mandates.dataset.questions import Question, answer, questions
from mandates.quality.problems import Problem, Severity, counted


def check_questions(store: ox.Store) -> tuple[int, list[Problem]]:
    """Ask every question.

    Args:
        store: a built dataset whose default graph is the union of all its graphs.

    Returns:
        How many known answers were looked at, and a problem for each that is not given.
    """
    asked, problems = 0, []
    for question in questions().values():
        for values, header, rows in question.cases():
            asked += 1
            problems += _check(store, question, values, header, rows)
    return asked, problems


def _check(
    store: ox.Store,
    question: Question,
    values: dict[str, str],
    header: list[str],
    rows: list[tuple[str, ...]],
) -> list[Problem]:
    got_header, got = answer(store, question, values)
    missing, extra = sorted(set(rows) - set(got)), sorted(set(got) - set(rows))
    if got_header == header and not missing and not extra:
        return []
    asked = ", ".join(f"{name}={value}" for name, value in values.items())
    return [
        Problem(
            "known-answer",
            Severity.ERROR,
            f"{question.title} ({asked}) {counted(len(missing), 'row')} missing, "
            f"{len(extra)} not known.",
            file=f"{question.name}.csv",
            hint=f"Missing: {missing[:3]}; not known: {extra[:3]}.",
        )
    ]
