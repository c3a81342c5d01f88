"""Every shape has a passing and a failing example; the failing one fails by that shape alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.dataset.entail import entail
from mandates.dataset.loading import load
from mandates.dataset.sources import Source, find_sources, project_root
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


def broken(path: Path, *, added: bool = False) -> set[str]:
    """The rules that an example breaks, judged whole or as what is added to the base."""
    example = source(path)
    store = ox.Store()
    store.bulk_extend([*terms(), *load([example]).quads])
    store.bulk_extend(entail(store))
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
