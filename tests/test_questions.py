"""Every question gets the answer that was checked by hand against the law."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandates.dataset.questions import Parameter, Question, answer, parse, questions

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


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_value_can_end_its_term(value: str) -> None:
    question = parse(
        "x",
        "#+ title: t\n#+ topic: t\n#+ parameters: {x: {type: text, default: a}}\n"
        'SELECT ?x {\n  VALUES ?x { "a" }\n}',
    )
    _, rows = answer(ox.Store(), question, {"x": value})
    assert rows == [(value.strip(),)]


@pytest.mark.parametrize("value", ["x> } DROP ALL #", "a b", 'actor:"x', ""])
def test_no_iri_that_is_none(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Parameter("x", "iri", "actor:pta", "x").term(value)


def test_a_value_for_no_parameter_is_refused() -> None:
    with pytest.raises(KeyError, match="no parameter"):
        next(iter(questions().values())).bind({"nonsense": "1"})
