"""Every question gets the answer that was checked by hand against the law."""

from __future__ import annotations

import re

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandates.dataset.loading import load
from mandates.dataset.names import MAND, PREFIXES, SCHEME, TYPE
from mandates.dataset.questions import Parameter, Question, answer, parse, questions
from mandates.dataset.sources import find_sources

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
    assert len(questions()) >= 35


def test_every_term_and_scheme_of_the_ontology_is_used_by_a_question() -> None:
    """A term that no question asks about is either not needed or not answered for."""
    asked = "\n".join(
        line
        for question in questions().values()
        for line in question.text.splitlines()
        if not line.lstrip().startswith(("#", "PREFIX"))
    )
    ontology = load(find_sources(instances=False)).store()
    terms = {
        quad.subject.value.removeprefix(MAND)
        for quad in ontology.quads_for_pattern(None, TYPE, None, None)
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(MAND)
    }
    assert len(terms) > 300
    assert sorted(terms - set(re.findall(r"\bmand:(\w+)", asked))) == []
    schemes = {name for name, iri in PREFIXES.items() if iri.startswith(SCHEME)}
    assert sorted(schemes - set(re.findall(r"\b([\w-]+):\w", asked))) == []


HELD = """
PREFIX mand: <https://w3id.org/mandates/ns#>
PREFIX function: <https://w3id.org/mandates/scheme/function/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
INSERT DATA {
  <m:m> a mand:Power ; mand:coversFunction function:remove-or-block ; mand:concernsSubject <s:s> ;
    mand:conferredBy <p:p> ; mand:supportedBy [ mand:quotation "words" ] .
  <r:one> mand:rivalOf <r:other> . <r:other> mand:rivalOf <r:one> .
  <h:a> a mand:Holding ; mand:ofMandate <m:m> ; mand:heldBy <a:both> ; mand:inReading <r:one> .
  <h:b> a mand:Holding ; mand:ofMandate <m:m> ; mand:heldBy <a:both> ; mand:inReading <r:other> .
  <h:c> a mand:Holding ; mand:ofMandate <m:m> ; mand:heldBy <a:rival> ; mand:inReading <r:one> .
  <h:d> a mand:Holding ; mand:ofMandate <m:m> ; mand:heldBy <a:lone> ; mand:inReading <r:lone> .
  <h:e> a mand:Holding ; mand:ofMandate <m:m> ; mand:heldBy <a:used> ;
    mand:holdingStatus mand:DeFacto .
  <h:f> a mand:Holding ; mand:ofMandate <m:m> ; mand:heldBy <a:named> .
  <h:g> a mand:Holding ; mand:ofMandate <m:m> ; mand:heldBy <a:later> .
} ;
INSERT {
  ?h mand:validFrom "2019-01-01T00:00:00+05:00"^^xsd:dateTime ; mand:certainFrom ?certain
} WHERE {
  ?h a mand:Holding
  BIND (IF(?h = <h:g>, "2020-06-01T00:00:00+05:00", "2019-01-01T00:00:00+05:00") AS ?text)
  BIND (xsd:dateTime(?text) AS ?certain)
}
"""


def test_what_a_reading_alone_gives_is_possible_and_what_each_gives_is_certain() -> None:
    """As in docs/method.md, "Certain and possible"."""
    store = ox.Store()
    store.update(HELD)
    header, rows = answer(store, questions()["who-may-block"], {"date": "2020-01-01"})
    sure = {row[header.index("holder")]: row[header.index("certainty")] for row in rows}
    assert sure == {
        "<a:both>": "mand:Certain",
        "<a:named>": "mand:Certain",
        "<a:rival>": "mand:Possible",
        "<a:lone>": "mand:Possible",
        "<a:used>": "mand:Possible",
        "<a:later>": "mand:Possible",
    }
    assert len(rows) == 7


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
