"""Every question gets the answer that was checked by hand against the law."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from mandates.dataset.questions import Question, answer, parse, questions

CASES = [
    pytest.param(question, values, header, rows, id=f"{name}-{number}")
    for name, question in questions().items()
    for number, (values, header, rows) in enumerate(question.cases(), 1)
]


@pytest.mark.parametrize(("question", "values", "header", "rows"), CASES)
def test_answer(
    record: ox.Store,
    question: Question,
    values: dict[str, str],
    header: list[str],
    rows: list[tuple[str, ...]],
) -> None:
    got_header, got = answer(record, question, values)
    assert got_header == header
    assert sorted(got) == sorted(rows)


def test_every_question_has_a_known_answer_that_is_not_empty_throughout() -> None:
    for name, question in questions().items():
        assert question.cases(), f"{name} has no known answer"
        assert any(rows for _, _, rows in question.cases()), f"{name} expects nothing at all"


def test_there_are_as_many_questions_as_promised() -> None:
    assert len(questions()) >= 15


def test_parameters_are_bound_not_pasted(record: ox.Store) -> None:
    question = parse(
        "x",
        "#+ title: t\n#+ topic: t\n#+ parameters: {label: {type: text, default: x}}\n"
        "SELECT ?s { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?label }",
    )
    _, rows = answer(record, question, {"label": '" } ; DROP ALL #'})
    assert rows == []


def test_a_value_for_no_parameter_is_refused() -> None:
    with pytest.raises(KeyError, match="no parameter"):
        next(iter(questions().values())).bind({"nonsense": "1"})
