"""Mistakes that no shape sees: terms misspelt, things described nowhere or twice, misquotations."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.dataset.entail import entail
from mandates.dataset.loading import load
from mandates.dataset.sources import Source, find_sources, project_root
from mandates.quality.places import written
from mandates.quality.problems import Problem, Severity, placed
from mandates.quality.queries import read_rules
from mandates.quality.quotations import check_locators, check_quotations, read_texts
from mandates.quality.shapes import check_shapes
from mandates.quality.terms import added_to, described_twice, undeclared, undescribed
from mandates.quality.values import misused, told_once

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


def with_ontology(turtle: str, tmp_path: Path) -> tuple[list[ox.Quad], list[Source]]:
    """A file on top of the ontology, with what is entailed, and the file alone as a source."""
    mine = tmp_path / "mine.ttl"
    mine.write_text(HEAD + turtle, "utf-8")
    sources = find_sources(extra=[mine], instances=False)
    store = load(sources).store()
    store.bulk_extend(entail(store))
    return list(store), [source for source in sources if source.added]


@pytest.mark.parametrize(
    ("said", "rule", "words"),
    [
        ('mand:isExclusive "yes"', "value-type", ('"yes"', "no xsd:boolean", "true or false")),
        ('mand:isExclusive "maybe"^^xsd:boolean', "value-type", ('"maybe"^^xsd:boolean',)),
        ("mand:isExclusive true", "", ()),
        ('mand:effectiveFrom "2020-02-30T00:00:00Z"^^xsd:dateTime', "value-type", ("2020-02-30",)),
        ('mand:effectiveFrom "2020-13-01T00:00:00Z"^^xsd:dateTime', "value-type", ("2020-13",)),
        ('mand:effectiveFrom "2020-01-01T24:30:00Z"^^xsd:dateTime', "value-type", ("24:30",)),
        ('mand:effectiveFrom "2020-01-01"^^xsd:date', "value-type", ("no xsd:dateTime",)),
        ('mand:effectiveFrom "2020-02-29T00:00:00+05:45"^^xsd:dateTime', "", ()),
        ('dct:issued "2023-02-29"^^xsd:date', "value-type", ("no xsd:date",)),
        ('dct:issued "2024-02-29"^^xsd:date', "", ()),
        ('mand:orderInInstrument "ten"', "value-type", ("no xsd:integer",)),
        ("mand:orderInInstrument 10.5", "value-type", ("10.5",)),
        ("mand:observedValue 10", "", ()),
        ('mand:citation "s. 1"@en', "value-type", ('"s. 1"@en', "no xsd:string")),
        ('mand:actionPhrase "license"', "", ()),
        ('mand:actionPhrase "license"@en', "", ()),
        ("mand:actionPhrase 5", "value-type", ("PlainLiteral",)),
        ('mand:heldBy "PTA"', "value-kind", ('"PTA"', "a mand:Actor")),
        ('mand:vestedIn "PTA"', "value-kind", ("a mand:Actor or a mand:LegalRole",)),
    ],
)
def test_a_literal_is_of_the_type_and_form_that_is_declared(
    said: str, rule: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    quads, sources = with_ontology(f"\nmand:x {said} .", tmp_path)
    found = placed(misused(quads, sources), sources)
    assert [(p.rule, p.file, p.line) for p in found] == [(rule, "extra/mine.ttl", 9)] * bool(rule)
    text = " ".join(map(str, found))
    assert all(word in text for word in (*words, said.split()[0] if rule else ""))


KINDS = """actor:pta a mand:Regulator .
actor:m a mand:Power .
actor:doc a mand:Document .
<https://w3id.org/mandates/scheme/layer/x> a mand:CyberspaceLayer .
<https://w3id.org/mandates/scheme/subject/x> a mand:SubjectMatter .
"""


@pytest.mark.parametrize(
    ("said", "rule", "words"),
    [
        (
            "actor:m mand:concernsLayer <https://w3id.org/mandates/scheme/subject/x>",
            "value-kind",
            ("mand:concernsLayer leads to subject:x", "a mand:SubjectMatter", "a mand:Cyberspace"),
        ),
        ("actor:m mand:concernsLayer <https://w3id.org/mandates/scheme/layer/x>", "", ()),
        ("actor:pta mand:hasCondition actor:c", "subject-kind", ("meant for a mand:Mandate",)),
        # A union, which nothing entails.
        ("actor:m mand:vestedIn actor:doc", "value-kind", ("a mand:Actor or a mand:LegalRole",)),
        ("actor:m mand:vestedIn actor:pta", "", ()),
        ("actor:doc mand:beginsWith actor:e", "subject-kind", ("mand:Designation",)),
        # What the files say nothing else of is of the kind that is expected.
        ("actor:m mand:vestedIn actor:unknown", "", ()),
    ],
)
def test_a_thing_of_the_wrong_kind_is_blamed_on_the_statement(
    said: str, rule: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    quads, sources = with_ontology(f"{KINDS}{said} .", tmp_path)
    found = placed(misused(quads, sources), sources)
    assert [(p.rule, p.line) for p in found] == [(rule, 13)] * bool(rule)
    assert all(word in str(found[0]) for word in words)


def test_a_wrong_use_is_told_once(tmp_path: Path) -> None:
    said = "actor:m mand:concernsLayer <https://w3id.org/mandates/scheme/subject/x> ."
    quads, sources = with_ontology(f"{KINDS}{said}\nactor:e a mand:Reading , mand:Act .", tmp_path)
    apart = [p for p in check_shapes(quads) if p.rule == "kinds-apart"]
    assert len({p.node for p in apart}) == 2
    # What two types make of a thing is no statement's fault.
    assert {p.node[-2:] for p in told_once(apart, misused(quads, sources))} == {"/e"}


def test_the_record_says_nothing_that_the_ontology_does_not_allow() -> None:
    sources = find_sources()
    store = load(sources).store()
    store.bulk_extend(entail(store))
    assert misused(store, sources) == []
    # The guide says how many mandates stand on a researched fact without words.
    rows = store.query(
        """PREFIX mand: <https://w3id.org/mandates/ns#>
        SELECT (COUNT(DISTINCT ?m) AS ?all) (COUNT(DISTINCT ?bare) AS ?without) {
          ?m a mand:Mandate .
          OPTIONAL { ?m mand:supportedBy/mand:factId ?fact BIND(?m AS ?bare)
            FILTER NOT EXISTS { ?m mand:supportedBy/mand:quotation ?words } } }""",
        use_default_graph_as_union=True,
    )
    assert isinstance(rows, ox.QuerySolutions)
    (row,) = rows
    guide = (project_root() / "docs" / "authoring.md").read_text("utf-8")
    count, without = int(row["all"].value), row["without"].value
    assert f"In the record {without} of {count:,}" in guide


def test_what_is_said_of_a_thing_that_others_describe_is_named(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.ttl", tmp_path / "other.ttl"
    mine.write_text(
        HEAD
        + "actor:mine a mand:Regulator ;\n    mand:oversees actor:pta .\n"
        + "actor:pta mand:chairs actor:national-cert ;\n    mand:oversees actor:mine .\n",
        "utf-8",
    )
    other.write_text(HEAD + OTHER, "utf-8")
    sources = find_sources(extra=[mine, other], instances=False)
    ours = [source for source in sources if source.path == mine]
    (problem,) = placed(added_to(load(sources).quads, ours), sources)
    assert (problem.file, problem.line) == ("extra/mine.ttl", 10)
    assert problem.severity is Severity.WARNING
    assert "actor:pta" in problem.message
    assert "mand:chairs, mand:oversees" in problem.message
    assert added_to(load(sources).quads, sources) == []


TRICKY = r"""@prefix a: <https://example.org/a#> .
PREFIX b: <https://example.org/b/>
@base <https://example.org/> .
<x> a a:K ; # a comment with ; and "quotes"
  a:t QQQtwo
lines \" and moreQQQ@en-GB , 'single \u00e9' ;
  b:c.d\/e.f ( 1 -2.5 1e3 [ a:p true ] ) ;
  .
[ a:q _:n1 ] .
_:n1 a:r [] . b:x.1 a:s "z"^^a:D.
""".replace("QQQ", '"' * 3)


def keyed(terms: Iterable[object]) -> tuple[str, ...]:
    return tuple("_:" if isinstance(term, ox.BlankNode) else str(term) for term in terms)


def test_lines_are_those_of_the_statements_that_the_parser_reads() -> None:
    for source in find_sources():
        text = source.path.read_text("utf-8")
        found = written(text, source.graph + "#")
        read = {keyed(quad.triple) for quad in load([source]).quads}
        assert {keyed(terms) for *terms, _ in found} == read, source.name
        assert all(0 < line <= text.count("\n") + 1 for *_, line in found)


def test_lines_are_found_in_turtle_of_every_form() -> None:
    found = {keyed(terms): line for *terms, line in written(TRICKY)}
    read = ox.parse(TRICKY.encode(), format=ox.RdfFormat.TURTLE)
    assert set(found) == {keyed(quad.triple) for quad in read}
    lines = {prop.rsplit("#", 1)[-1].strip("<>"): line for (_, prop, _), line in found.items()}
    assert (lines["p"], lines["q"], lines["r"], lines["s"]) == (7, 9, 10, 10)


def test_a_blank_node_is_found_by_what_is_said_of_it(tmp_path: Path) -> None:
    mine = tmp_path / "mine.ttl"
    mine.write_text(HEAD + "actor:pta a mand:Regulator .\n\n[] a mand:Holding .\n", "utf-8")
    sources = find_sources(extra=[mine], instances=False)
    (node,) = {
        f"_:{q.subject.value}"
        for q in load(sources).quads
        if isinstance(q.subject, ox.BlankNode) and q.graph_name.value.endswith("mine")
    }
    (problem,) = placed([Problem("rule", Severity.ERROR, "x", node=node)], sources)
    assert (problem.file, problem.line) == ("extra/mine.ttl", 10)


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
