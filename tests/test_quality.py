"""Mistakes that no shape sees: terms misspelt, things described nowhere or twice, misquotations."""

from __future__ import annotations

import os
from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.dataset.loading import load
from mandates.dataset.sources import Source, find_sources
from mandates.quality.problems import Problem, Severity, placed
from mandates.quality.queries import read_rules
from mandates.quality.quotations import check_locators, check_quotations, read_texts
from mandates.quality.terms import described_twice, undeclared, undescribed

HEAD = """@prefix actor: <https://w3id.org/mandates/id/pk/actor/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix mand: <https://w3id.org/mandates/ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

"""
OTHER = "actor:pta a mand:Regulator .\nactor:national-cert a mand:Institution .\n"


def with_mine(turtle: str, tmp_path: Path) -> tuple[list[ox.Quad], list[Source]]:
    mine, other = tmp_path / "mine.ttl", tmp_path / "other.ttl"
    mine.write_text(HEAD + turtle, "utf-8")
    other.write_text(HEAD + OTHER, "utf-8")
    sources = find_sources(extra=[mine, other], instances=False)
    return load(sources).quads, sources


@pytest.mark.parametrize(
    ("turtle", "line", "suggestion"),
    [
        ("actor:x a mand:Regulater .", 8, "mand:Regulator"),
        ("actor:x a mand:Regulator ;\n    mand:oversee actor:pta .", 9, "mand:oversees"),
        ('actor:x skos:preflabel "X"@en .', 8, "skos:prefLabel"),
        ('actor:x rdfs:lable "X"@en .', 8, "rdfs:label"),
        ('actor:x dct:sourse "X" .', 8, "dct:source"),
        ('actor:x mand:number "1"^^xsd:sting .', 8, "xsd:string"),
    ],
)
def test_misspelt_term_is_named_with_line_and_the_term_meant(
    turtle: str, line: int, suggestion: str, tmp_path: Path
) -> None:
    (problem,) = undeclared(*with_mine(turtle, tmp_path))
    assert (problem.file, problem.line) == ("extra/mine.ttl", line)
    assert suggestion in problem.hint
    assert problem.severity is Severity.ERROR


def test_terms_of_unknown_vocabularies_are_let_be(tmp_path: Path) -> None:
    turtle = "actor:x <https://example.org/vocabulary#likes> actor:pta ."
    assert undeclared(*with_mine(turtle, tmp_path)) == []


def test_what_is_described_nowhere_is_named_with_the_nearest_thing(tmp_path: Path) -> None:
    turtle = "actor:x mand:oversees actor:national-cerd ."
    (problem,) = undescribed(*with_mine(turtle, tmp_path))
    assert (problem.file, problem.line) == ("extra/mine.ttl", 8)
    assert "actor:national-cert?" in problem.hint


def test_what_two_files_describe_is_named_with_both(tmp_path: Path) -> None:
    (problem,) = described_twice(*with_mine("actor:pta a mand:Regulator .", tmp_path))
    assert "extra/mine.ttl" in problem.message
    assert "extra/other.ttl" in problem.message


def test_problem_without_a_line_is_looked_up_in_the_files(tmp_path: Path) -> None:
    _, sources = with_mine("\nactor:x a mand:Regulator .", tmp_path)
    node = "https://w3id.org/mandates/id/pk/actor/x"
    (problem,) = placed([Problem("rule", Severity.ERROR, "x", node=node)], sources)
    assert (problem.file, problem.line) == ("extra/mine.ttl", 9)


def test_rule_without_a_message_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.rq").write_text("# why\n# severity: error\nSELECT ?node {}\n", "utf-8")
    with pytest.raises(ValueError, match="message"):
        read_rules(tmp_path)


QUOTED = """
mand:e a mand:Evidence ; mand:fromDocument mand:d ; mand:quotation "{}"@en .
mand:d a mand:Document ; mand:sha256 "0a" .
"""


@pytest.mark.parametrize(
    ("quotation", "found"),
    [
        ("The Authority shall have the power to remove", True),
        ("The Authority shall  have the power", True),
        ("The Authority may have the power to remove", False),
        ("the tribunal shall sit", False),
    ],
)
def test_quotation_is_looked_up_letter_by_letter(quotation: str, found: bool) -> None:
    text = "37. The 1[Authority] shall have\n1\nthe power to remove or block."
    store = ox.Store()
    store.bulk_load(input=(HEAD + QUOTED.format(quotation)).encode(), format=ox.RdfFormat.TURTLE)
    looked_up, problems = check_quotations(store, {"0a": text})
    assert looked_up == 1
    assert (problems == []) == found


SECTIONS = """[sec1] Section 1. Title
This Act may be called the Act.
[sec2] Section 2. Power
(1) The Authority may act. Section 3 has lost its mark. It shall be short.
3[4. Bar.— Nobody else may act.]
2[4A. Appeal. Who is aggrieved may appeal.]
"""


@pytest.mark.parametrize(
    ("locator", "found"),
    [
        ("s. 2(1)", True),
        ("s. 3", True),
        ("s. 4", True),
        ("s. 4A, proviso", True),
        ("s. 4-A", True),
        ("s. 5", False),
        ("s. 2A", False),
        ("art. 12(3)", False),
        ("s. 9A (printed 4)", True),
        ("s. 2 (printed 9)", False),
    ],
)
def test_a_section_that_the_text_lacks_is_named(locator: str, found: bool) -> None:
    store = ox.Store()
    turtle = QUOTED.format("x") + f'mand:e mand:locator "{locator}" .'
    store.bulk_load(input=(HEAD + turtle).encode(), format=ox.RdfFormat.TURTLE)
    looked_up, problems = check_locators(store, {"0a": SECTIONS})
    assert looked_up == 1
    assert [(p.rule, p.node) for p in problems] == [
        ("locator-found", "https://w3id.org/mandates/ns#e")
    ] * (not found)


def test_what_names_no_section_or_no_text_is_not_looked_up() -> None:
    store = ox.Store()
    turtle = QUOTED.format("x") + 'mand:e mand:locator "heading" .'
    store.bulk_load(input=(HEAD + turtle).encode(), format=ox.RdfFormat.TURTLE)
    assert check_locators(store, {"0a": SECTIONS}) == (0, [])
    assert check_locators(store, {"0b": SECTIONS}) == (0, [])


@pytest.mark.texts
def test_every_quotation_of_a_text_at_hand_is_found_in_it(request: pytest.FixtureRequest) -> None:
    folder = os.environ.get("MANDATES_TEXTS")
    if not folder:
        pytest.skip("MANDATES_TEXTS names no folder of texts")
    record = request.getfixturevalue("record")
    texts = read_texts(Path(folder))
    for look_up in (check_quotations, check_locators):
        looked_up, problems = look_up(record, texts)
        assert looked_up > 0
        assert [str(problem) for problem in problems] == []
