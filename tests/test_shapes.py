"""Every shape has a passing and a failing example; the failing one fails by that shape alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.dataset.entail import entail
from mandates.dataset.loading import load
from mandates.dataset.sources import Source, find_sources, project_root
from mandates.quality.problems import Problem
from mandates.quality.queries import read_rules
from mandates.quality.shapes import affected, check_shapes, read_shapes, shape_names

EXAMPLES = Path(__file__).parent / "shapes"
TERMS = ("ontology/cyber.ttl", "ontology/mandates.ttl")


@cache
def terms() -> list[ox.Quad]:
    sources = [s for s in find_sources(instances=False) if s.name in TERMS]
    return load([*sources, source(EXAMPLES / "base.ttl")]).quads


def source(path: Path) -> Source:
    name = path.relative_to(EXAMPLES).as_posix()
    return Source(name, path, f"https://w3id.org/mandates/graph/{name.removesuffix('.ttl')}")


def store_with(quads: list[ox.Quad]) -> ox.Store:
    """Something on top of the base, with what is entailed."""
    store = ox.Store()
    store.bulk_extend([*terms(), *quads])
    store.bulk_extend(entail(store))
    return store


def broken(path: Path, *, added: bool = False) -> set[str]:
    """The rules that an example breaks, judged whole or as what is added to the base."""
    example = source(path)
    store = store_with(load([example]).quads)
    focus = affected(store, [ox.NamedNode(example.graph)]) if added else None
    return {p.rule for p in check_shapes(store, focus=focus, rules_everywhere=added)}


@pytest.mark.parametrize("name", shape_names())
def test_passing_example_passes(name: str) -> None:
    assert broken(EXAMPLES / name / "pass.ttl") == set()


@pytest.mark.parametrize("name", shape_names())
def test_failing_example_fails_by_its_shape_alone(name: str) -> None:
    assert broken(EXAMPLES / name / "fail.ttl") == {name}


@pytest.mark.parametrize("name", shape_names())
def test_what_is_added_is_judged_as_if_all_were(name: str) -> None:
    assert broken(EXAMPLES / name / "fail.ttl", added=True) == {name}


def judged(turtle: str) -> list[Problem]:
    """What shapes say of something on top of the base."""
    prefixes = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
    quads = ox.parse(f"{prefixes}{turtle}".encode(), format=ox.RdfFormat.TURTLE)
    mine = ox.NamedNode("https://w3id.org/mandates/graph/mine")
    return check_shapes(
        store_with([ox.Quad(q.subject, q.predicate, q.object, mine) for q in quads])
    )


PREFIXES = {
    "act": "https://w3id.org/mandates/id/xx/instrument/act/",
    "comparison-role": "https://w3id.org/mandates/scheme/comparison-role/",
    "id": "https://w3id.org/mandates/id/xx/",
    "mand": "https://w3id.org/mandates/ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
CIRCLES = {
    "acts for itself": "id:x mand:actsFor id:x .",
    "acts for who acts for it": "id:x mand:actsFor id:y . id:y mand:actsFor id:x .",
    "a role filled by who acts for it": (
        "id:x mand:actsFor id:y . id:d mand:fills id:y ; mand:filledBy id:x ."
    ),
    "parts of each other": "id:x mand:partOfProvision id:y . id:y mand:partOfProvision id:x .",
    "made under itself": "id:x mand:madeUnder id:s . id:s mand:provisionOf id:x .",
    "made under what is made under it": (
        "id:x mand:madeUnder id:s . id:s mand:provisionOf id:y ."
        "id:y mand:madeUnder id:t . id:t mand:provisionOf id:x ."
    ),
    "enabled by itself": "id:x mand:enabledBy id:x .",
    "ends what ends it": "id:x mand:repeals id:y . id:y mand:repeals id:x .",
    "a form of itself": (
        "id:x mand:variantOf id:y . id:y mand:variantOf id:z . id:z mand:variantOf id:x ."
    ),
    "succeed each other": "id:x mand:succeeds id:y . id:y mand:succeeds id:x .",
    "its own rival": "id:x mand:rivalOf id:x .",
}
LINES = {
    "an office for a role that another fills": (
        "id:x mand:actsFor id:y . id:d mand:fills id:y ; mand:filledBy id:z ."
    ),
    "made under another": "id:x mand:madeUnder id:s . id:s mand:provisionOf id:y .",
    "ended what was revived and ends it": (
        "id:x mand:repeals id:y . id:y mand:repeals id:x . id:e mand:revives id:x ."
    ),
    # Functions that come back over the years.
    "succeed in turn": (
        "id:x mand:succeeds id:y . id:y mand:succeeds id:z . id:z mand:succeeds id:x ."
    ),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_a_circle_is_named_with_the_statement_that_closes_it(name: str) -> None:
    found = [p for p in judged(CIRCLES[name]) if p.rule == "circle"]
    assert PREFIXES["id"] + "x" in {p.node for p in found}
    for problem in found:
        assert problem.said is not None
        assert problem.said.predicate.value.removeprefix(PREFIXES["mand"]) in problem.message


@pytest.mark.parametrize("name", LINES)
def test_what_is_no_circle_is_let_be(name: str) -> None:
    assert [p for p in judged(LINES[name]) if p.rule == "circle"] == []


@pytest.mark.parametrize(
    ("turtle", "rule"),
    [
        ("[] a mand:Holding .", "no-holding-by-hand"),
        ('[] mand:validFrom "2020-01-01T00:00:00Z"^^xsd:dateTime .', "no-derived-dates"),
        ("id:x mand:supportedBy [] .", "nameless"),
        ("_:x mand:heldBy id:y .", "nameless"),
        ("[] a mand:Evidence .", "nameless"),
    ],
)
def test_what_has_no_iri_escapes_no_shape(turtle: str, rule: str) -> None:
    assert rule in {p.rule for p in judged(turtle) if p.node.startswith("_:")}


def test_a_comparison_role_is_a_concept_like_others() -> None:
    bare = "id:b mand:playsComparisonRole comparison-role:x . comparison-role:x a skos:Concept ."
    found = {p.rule for p in judged(bare) if p.node == PREFIXES["comparison-role"] + "x"}
    assert found == {
        "concept-definition", "concept-parent", "concept-scheme", "labelled", "labelled-in-english",
    }  # fmt: skip


@pytest.mark.parametrize("how", ['mand:factId "XX-01"', 'skos:note "Not seen."@en'])
def test_a_mandate_without_words_says_on_what_it_stands(how: str) -> None:
    turtle = "id:m a mand:Duty ; mand:supportedBy id:e . id:e a mand:Evidence"
    assert "mandate-quoted" in {p.rule for p in judged(f"{turtle} .")}
    assert "mandate-quoted" not in {p.rule for p in judged(f"{turtle} ; {how} .")}


def test_a_date_that_is_none_is_no_news_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    day = '"2020-02-30T00:00:00Z"^^xsd:dateTime'
    found = judged(f"id:e a mand:Repeal ; mand:effectiveFrom {day} .")
    assert "event-effective" in {p.rule for p in found}
    assert caplog.records == []


def test_every_shape_has_its_examples_and_no_other_stands_about() -> None:
    assert sorted(p.name for p in EXAMPLES.iterdir() if p.is_dir()) == shape_names()


def test_every_shape_says_what_is_wrong_and_what_to_do() -> None:
    shapes = read_shapes(project_root() / "shapes")
    messages = shapes.query(
        """
        PREFIX sh: <http://www.w3.org/ns/shacl#>
        SELECT ?shape (SAMPLE(?m) AS ?message) WHERE {
          ?shape a ?kind .
          FILTER(ISIRI(?shape) && ?kind IN (sh:NodeShape, sh:PropertyShape))
          OPTIONAL { ?shape sh:message ?m }
        } GROUP BY ?shape"""
    )
    said = {str(row[0]): str(row[1] or "") for row in messages}
    said |= {rule.name: rule.message for rule in read_rules(project_root() / "shapes")}
    assert said
    # Two sentences: what is wrong, and what to do.
    assert [name for name, text in said.items() if text.rstrip(".").count(". ") < 1] == []
