from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mandates.sparql
import mandates.web
from mandates.sparql import federation, syntax
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


def test_a_normal_form_parts_what_differs() -> None:
    for one, other in (
        (r"ASK { ?s ?p <http://a/\u0041#b> }", r"ASK { ?s ?p <http://a/\u0041#c> }"),
        (r"ASK { ?s ex:a\#b ?o }", r"ASK { ?s ex:a\#c ?o }"),
        ("ASK { FILTER('a'<'x>#1') }", "ASK { FILTER('a'<'x>#2') }"),
        ('ASK { FILTER(?a<?b#>"""\n"""#1""") }', 'ASK { FILTER(?a<?b#>"""\n"""#2""") }'),
    ):
        assert syntax.normalise(one) != syntax.normalise(other)


PIECES = st.lists(
    st.sampled_from(
        ['"', "'", '"""', "'''", "\\", '\\"', "\\'", "\n", "<", ">", "#", " ", ":", "a", "_:", ".",
         "[", "{", "?x", "@", "-", "·", "%41", "1e", "NOW", "SERVICE", "LOAD"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@given(PIECES)
def test_tokens_are_those_of_one_pattern_tried_at_each_place(text: str) -> None:
    """What is known of strings without an end saves time and changes nothing."""
    pattern, place, plain = syntax._token(*syntax._STRINGS), 0, []
    while found := pattern.match(text, place):
        place = found.end()
        if found.lastgroup not in ("space", "comment"):
            plain.append((found.lastgroup, found.group(), found.start()))
    assert [tuple(token) for token in syntax.tokens(text)] == plain


def test_a_string_without_an_end_is_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    plain = syntax._token

    def counted(*kinds: str) -> Any:
        nonlocal looks
        looks += 1
        return plain(*kinds)

    monkeypatch.setattr(syntax, "_token", counted)
    for text in ('"' + '\\"' * 5000, "'''" + "\\'''" * 5000, '"""' + "'\\'" * 5000):
        looks = 0
        assert len(syntax.tokens(text)) > 1000
        assert looks <= 4, text[:9]


# Each is a beginning and what comes again and again after it.
HOSTILE_TEXTS = [
    ('NOW "', '\\"'), ("NOW '", "\\'"), ('NOW """', '\\"""'), ("NOW '''", "\\'''"),
    ('NOW """', '\\"\\\''), ("", '"\n'), ("", "'\"\n"), ("", '"'), ("", "\"'"), ("", "\\"),
    ("NOW ", "<a"), ("NOW <", "a"), ("NOW _:", "."), ("NOW _:", "a."), ("", "_:."), ("", "a."),
    ("", "a-"), ("", "a.b-"), (":", "."), (":", "%"), (":", "%4"), ("", ":."), ("", "["),
    ("[", " "), ("", "[ "), ("@a", "-a"), ("", "@a-"), ("", "1."), ("", "1e"), ("", "."),
    ("", "service"), ("", "service "), ("", "service<"), ("", "service#"), ("service", " "),
    ("service ", "\n#"), ("", "service?a"), ("", "service a:"), ("", "load:"), ("", "silent"),
    ("service <", "a"), ("service#" * 400 + "\n<", "a"), ("service#" * 400 + "\n", "a"),
    ("PREFIX ", "a: <b> "), ("", "PREFIX a: <b> SERVICE <c> {} "), ("", "SERVICE <c> { "),
    ("", "{"), ("", "}"), ("CONSTRUCT ", "{ "), ("SELECT ", "LIMIT 1 "), ("NOW", "\r"), ("", "^"),
    ("\\u00", "4"), ("error at 1", "1"), ("error at 1:1: expected ", "a, "), ("", "/.."),
    ("", "timed "), ("time", "."), ("", "<a:"), ("<", "a+"), ('<?xml ?><rdf:RDF xmlns="', "a"),
    ("<?xml ?><rdf:RDF", ' xmlns:a=""'), ("<?xml", " "), ("", "},{"),
]  # fmt: skip
READERS = {
    "tokens": syntax.tokens,
    "normalise": syntax.normalise,
    "is_stable": syntax.is_stable,
    "kind_of": syntax.kind_of,
    "counting": syntax.counting,
    "limit_of": syntax.limit_of,
    "services": syntax.services,
    "may_call_out": lambda text: syntax.may_call_out(text, update=True),
    "calls": federation.calls,
    "diagnose": lambda text: syntax.diagnose(text, "error at 1:9: expected [_]", PREFIXES),
}


def processor(read: Callable[[str], object], text: str) -> float:
    """Seconds of processor time, the least of some attempts."""
    taken = []
    for _ in range(2):
        started = time.thread_time()
        read(text)
        taken.append(time.thread_time() - started)
    return min(taken)


def grows(read: Callable[[str], object], start: str, again: str, size: int = 8_000) -> bool:
    """Whether work grows faster than a text: eight times the text may take sixteen times as long.

    What grows with the square takes sixty-four times as long. Little is below what can be measured.
    """
    for _ in range(3):
        small = processor(read, start + again * (size // 8 // len(again)))
        large = processor(read, start + again * (size // len(again)))
        if large < 0.02 or large <= 16 * small + 0.01:
            return False
    return True


@pytest.mark.parametrize("reader", READERS)
def test_no_text_takes_more_than_its_length_to_read(reader: str) -> None:
    slow = [text for text in HOSTILE_TEXTS if grows(READERS[reader], *text, size=16_000)]
    assert not slow


def patterns() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    """Every regular expression of the packages that read what strangers send."""
    for package in (mandates.sparql, mandates.web):
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, re.Pattern):
                    yield f"{module.name}.{name}", value
    yield "token", syntax._token(*syntax._STRINGS)


# Tried at one place of a text, and not at each of them.
ANCHORED = (
    "._CALL_TARGET", "._RUN", "._BLANKS", "._SILENT", "._SCHEME", "._RDF_ELEMENT", "._VERSION"
)  # fmt: skip
# Tries a string without an end at each place where one could begin; `tokens` sees that it does not.
KNOWN = {"token"}


@pytest.mark.parametrize(
    ("name", "pattern"), list(patterns()), ids=lambda it: it if isinstance(it, str) else ""
)
def test_no_pattern_takes_more_than_the_length_of_a_text(
    name: str, pattern: re.Pattern[Any]
) -> None:
    def read(text: str) -> None:
        given: Any = text.encode() if isinstance(pattern.pattern, bytes) else text
        if name.endswith(ANCHORED):
            pattern.match(given)
        else:
            for _ in pattern.finditer(given):
                pass

    slow = [text for text in HOSTILE_TEXTS if grows(read, *text)]
    assert bool(slow) == (name in KNOWN), slow
