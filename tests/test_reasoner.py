"""HermiT on the ontology, on the record, and on examples that must or must not contradict it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.dataset.entail import entail
from mandates.dataset.loading import load
from mandates.dataset.sources import Source, find_sources
from mandates.quality.reasoner import (
    Verdict,
    axioms,
    check_reasoning,
    entails,
    explain,
    reason,
)

EXAMPLES = Path(__file__).parent / "reasoner"
FILES = sorted(EXAMPLES.glob("*/*.ttl"))
MODULES = ("ontology/mandates.ttl", "ontology/mandates-dl.ttl", "ontology/cyber.ttl")

pytestmark = pytest.mark.reasoner


@cache
def ontology() -> tuple[ox.Quad, ...]:
    return tuple(load(s for s in find_sources(instances=False) if s.name in MODULES).quads)


def example(path: Path) -> list[ox.Quad]:
    name = path.relative_to(EXAMPLES).as_posix()
    return load([Source(name, path, f"https://example.org/{name}")]).quads


@pytest.fixture(scope="module")
def verdicts() -> dict[Path, Verdict]:
    """All examples, two at a time: each needs a Java of its own."""
    with ThreadPoolExecutor(2) as pool:
        inputs = (axioms([*ontology(), *example(path)]) for path in FILES)
        return dict(zip(FILES, pool.map(lambda t: reason(t, classify=False), inputs), strict=True))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_example_is_what_its_folder_says(path: Path, verdicts: dict[Path, Verdict]) -> None:
    assert verdicts[path].consistent == (path.parent.name == "consistent")


def test_there_are_twenty_examples_and_more_that_must_be_inconsistent() -> None:
    assert len([p for p in FILES if p.parent.name == "inconsistent"]) >= 20


def test_ontology_is_consistent_and_every_class_can_have_a_member() -> None:
    assert check_reasoning(ontology()) == []


def test_a_class_under_two_disjoint_ones_is_named() -> None:
    mand, rdfs = "https://w3id.org/mandates/ns#", "http://www.w3.org/2000/01/rdf-schema#"
    odd, below = ox.NamedNode(mand + "Odd"), ox.NamedNode(rdfs + "subClassOf")
    graph = ox.NamedNode("https://example.org/odd")
    quads = [ox.Quad(odd, below, ox.NamedNode(mand + n), graph) for n in ("Actor", "LegalRole")]
    found = check_reasoning([*ontology(), *quads])
    assert [(p.rule, p.node) for p in found] == [("unsatisfiable", odd.value)]


def test_an_inconsistency_is_explained_by_the_statements_that_clash() -> None:
    innocent = example(EXAMPLES / "consistent" / "two-subjects.ttl")
    guilty = example(EXAMPLES / "inconsistent" / "vested-in-instrument.ttl")
    renamed = ox.NamedNode("https://example.org/innocent")
    innocent = [
        ox.Quad(renamed, q.predicate, q.object, q.graph_name)
        if q.subject == ox.NamedNode("https://example.org/m")
        else q
        for q in innocent
    ]
    cause = explain(axioms([*ontology(), *guilty, *innocent]))
    assert {t.subject.value for t in cause} == {
        "https://example.org/m",
        "https://example.org/act",
    }
    assert {t.predicate.value.rpartition("#")[2] for t in cause} == {"type", "vestedIn"}


OWL = "http://www.w3.org/2002/07/owl#"
DENIALS = sorted(EXAMPLES.glob("inconsistent/denies-*.ttl"))


def told(path: Path) -> tuple[list[ox.Quad], set[ox.Triple]]:
    """Part what an example says from what it denies."""
    quads = example(path)
    said = [q for q in quads if isinstance(q.subject, ox.NamedNode)]
    about: dict[object, dict[str, ox.NamedNode]] = {}
    for quad in quads:
        if isinstance(quad.subject, ox.BlankNode) and isinstance(quad.object, ox.NamedNode):
            about.setdefault(quad.subject, {})[quad.predicate.value] = quad.object
    denied = {
        ox.Triple(
            parts[OWL + "sourceIndividual"],
            parts[OWL + "assertionProperty"],
            parts[OWL + "targetIndividual"],
        )
        for parts in about.values()
        if OWL + "assertionProperty" in parts
    }
    return said, denied


def materialised() -> tuple[list[ox.Quad], set[ox.Triple], set[ox.Triple]]:
    said, denied = [], set()
    for path in DENIALS:
        more, no = told(path)
        said += more if no else []
        denied |= no
    store = ox.Store()
    store.bulk_extend([*ontology(), *said])
    return said, denied, {quad.triple for quad in entail(store)}


def test_materialiser_derives_every_relation_that_hermit_must_not_be_denied() -> None:
    _, denied, derived = materialised()
    assert len(denied) >= 5
    assert denied <= derived


def test_hermit_confirms_whatever_the_materialiser_derives() -> None:
    said, _, derived = materialised()
    mine = [
        t
        for t in derived
        if isinstance(t.subject, ox.NamedNode)
        and t.subject.value.startswith("https://example.org/")
    ]
    premise = axioms([*ontology(), *said])
    assert len(mine) > 20
    assert entails(premise, mine)
    wrong = ox.NamedNode("https://w3id.org/mandates/ns#Actor")
    kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    assert not entails(
        premise, [*mine, ox.Triple(ox.NamedNode("https://example.org/act"), kind, wrong)]
    )


@pytest.mark.slow
def test_ontology_and_record_are_consistent() -> None:
    assert check_reasoning(load(find_sources()).quads, classify=False) == []
