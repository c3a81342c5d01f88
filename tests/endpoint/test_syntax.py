from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandates.sparql import syntax
from mandates.sparql.prefixes import PREFIXES

STORE = ox.Store()


def fault(query: str) -> syntax.SyntaxFault:
    with pytest.raises(SyntaxError) as caught:
        STORE.query(query)
    return syntax.diagnose(query, str(caught.value), PREFIXES)


@pytest.mark.parametrize(
    ("query", "line", "column", "token"),
    [
        ("SELEC *", 1, 1, "SELEC"),
        ("SELECT * WHERE {\n  ?s ?p ?o .\n  FILTR(?o > 1)\n}", 3, 3, "FILTR"),
        ("SELECT * { ?s ?p ?o } BINDINGS ?x {}", 1, 23, "BINDINGS"),
        ("SELECT * {\n  ?s foo:bar ?o\n}", 2, 6, "foo:bar"),
        ("SELECT *\nWHERE {\n  ?s ?p ?o ;; FILTER(é) }", 3, 22, "é"),
        ("SELECT * { ?s ?p 'abc }", 1, 18, "'"),
        ("SELECT * { ?s ?p ?o } LIMIT ten", 1, 29, "ten"),
        ("SELECT * { ?s ?p ?o } }", 1, 23, "}"),
        ("ASK { ?s ?p ?o . FILTER(?o = ) }", 1, 30, ")"),
        ("ASK { ?s ?p ?o . FILTER(?o = ) } ORDER BY ?s LIMIT 1", 1, 30, ")"),
        ("ASK { ?s ?p ?o FILTER(?o + * 2) }", 1, 28, "*"),
        ("SELECT * { ?s ?p ?o } foo", 1, 23, "foo"),
    ],
)
def test_the_place_is_the_token_that_is_wrong(
    query: str, line: int, column: int, token: str
) -> None:
    found = fault(query)
    assert (found.line, found.column, found.token) == (line, column, token)


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("SELEC *", "SELECT"),
        ("SELECT * { ?s ?p ?o FILTR(?o) }", "FILTER"),
        ("SELECT * { ?s mand:oversees ?o }", f"PREFIX mand: <{PREFIXES['mand']}>"),
        ("SELECT * { ?s sko:prefLabel ?o }", "skos:"),
        ("SELECT * { ?s zzzz:prefLabel ?o }", "PREFIX zzzz:"),
        ("SELECT * { ?s ?p ?o ", "}"),
        ("SELECT * { ?s ?p 'abc }", "not closed"),
    ],
)
def test_the_hint_says_what_would_mend_it(query: str, hint: str) -> None:
    assert hint in fault(query).hint


@given(st.text(st.sampled_from("aA:<>\"'\\#{}()[]?$_.- \n@^|&1é"), max_size=60))
def test_tokens_lose_nothing_but_blanks_and_comments(text: str) -> None:
    end = 0
    for token in syntax.tokens(text):
        skipped = text[end : token.start]
        assert not skipped.strip() or skipped.lstrip().startswith("#")
        assert text[token.start : token.end] == token.text
        end = token.end


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_complaint_breaks_it(query: str, error: str) -> None:
    syntax.diagnose(query, error, PREFIXES)
    found = syntax.diagnose(query, f"error at {len(error)}:3: expected {error}", PREFIXES)
    assert found.line >= 1
    assert found.column >= 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SELECT * { SERVICE <http://a/> { ?s ?p ?o } }", ["<http://a/>"]),
        ("SELECT * { service SILENT ex:b { ?s ?p ?o } }", ["ex:b"]),
        ("SELECT * { SERVICE ?x { ?s ?p ?o } }", ["?x"]),
        ("SELECT * { ?s <http://a/SERVICE> 'SERVICE <http://a/>' } # SERVICE <http://a/>", []),
        ("SELECT * { ?service ex:SERVICE ?o }", []),
    ],
)
def test_services_are_found_where_they_are_called(query: str, found: list[str]) -> None:
    assert syntax.services(query) == found


def test_a_normal_form_means_the_same() -> None:
    query = "SELECT  *  # all\nWHERE { ?s ?p 'a  # b' , <http://a/#b> }"
    assert syntax.normalise(query) == "SELECT * WHERE { ?s ?p 'a  # b' , <http://a/#b> }"
    assert syntax.normalise(syntax.normalise(query)) == syntax.normalise(query)


def test_a_rule_about_variables_is_not_blamed_on_a_bracket() -> None:
    assert "variable" in fault("SELECT * {BIND(1 AS ?x) BIND(2 AS ?x)}").message
