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
BAD = sorted(EXAMPLES.glob("inconsistent/*.ttl"))
GOOD = sorted(EXAMPLES.glob("consistent/*.ttl"))
MODULES = ("ontology/mandates.ttl", "ontology/mandates-dl.ttl", "ontology/cyber.ttl")

pytestmark = pytest.mark.reasoner


@cache
def ontology() -> tuple[ox.Quad, ...]:
    return tuple(load(s for s in find_sources(instances=False) if s.name in MODULES).quads)


def example(path: Path) -> list[ox.Quad]:
    name = path.relative_to(EXAMPLES).as_posix()
    return load([Source(name, path, f"https://example.org/{name}")]).quads


def apart(path: Path) -> list[ox.Quad]:
    """An example with names of its own, so that several can stand together."""

    def own(term: object) -> object:
        if isinstance(term, ox.NamedNode) and term.value.startswith("https://example.org/"):
            return ox.NamedNode(f"https://example.org/{path.stem}/{term.value[20:]}")
        if isinstance(term, ox.BlankNode):
            return ox.BlankNode(f"{path.stem}{term.value}")
        return term

    return [
        ox.Quad(own(q.subject), own(q.predicate), own(q.object), q.graph_name)  # type: ignore[arg-type]
        for q in example(path)
    ]


@pytest.fixture(scope="module")
def verdicts() -> dict[Path, Verdict]:
    """The inconsistent examples, two at a time: each needs a Java of its own."""
    with ThreadPoolExecutor(2) as pool:
        inputs = (axioms([*ontology(), *example(path)]) for path in BAD)
        return dict(zip(BAD, pool.map(lambda t: reason(t, classify=False), inputs), strict=True))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_example_is_inconsistent(path: Path, verdicts: dict[Path, Verdict]) -> None:
    assert not verdicts[path].consistent


def test_consistent_examples_are_consistent_even_together() -> None:
    # More statements are never more consistent, so this holds for each alone too.
    together = [*ontology(), *(quad for path in GOOD for quad in apart(path))]
    assert reason(axioms(together), classify=False).consistent


def test_there_are_twenty_examples_and_more_that_must_be_inconsistent() -> None:
    assert len(BAD) >= 20
    assert len(GOOD) >= 8


def test_ontology_is_consistent_and_every_class_can_have_a_member() -> None:
    assert check_reasoning(ontology()) == []


EMPTY = """
@prefix mand: <https://w3id.org/mandates/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
mand:Actor a owl:Class . mand:LegalRole a owl:Class . mand:Mandate a owl:Class .
[] a owl:AllDisjointClasses ; owl:members ( mand:Actor mand:LegalRole mand:Mandate ) .
mand:Odd a owl:Class ; rdfs:subClassOf mand:Actor , mand:LegalRole .
mand:Even a owl:Class ; rdfs:subClassOf mand:Actor .
"""


def test_a_class_under_two_disjoint_ones_is_named_with_the_cause() -> None:
    graph = ox.NamedNode("https://example.org/odd")
    quads = [
        ox.Quad(q.subject, q.predicate, q.object, graph)
        for q in ox.parse(EMPTY, format=ox.RdfFormat.TURTLE)
    ]
    (found,) = check_reasoning(quads)
    assert (found.rule, found.node) == ("unsatisfiable", "https://w3id.org/mandates/ns#Odd")
    assert "mand:Odd rdfs:subClassOf mand:Actor; mand:Odd rdfs:subClassOf mand:Leg" in found.message
    assert "a owl:AllDisjointClasses" in found.message
    assert "mand:Even" not in found.message


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
    cause = [s[0] for s in explain(axioms([*ontology(), *guilty, *innocent]))]
    assert {t.subject.value for t in cause} == {
        "https://example.org/m",
        "https://example.org/act",
    }
    assert {t.predicate.value.rpartition("#")[2] for t in cause} == {"type", "vestedIn"}


ALIGNMENT = """
@prefix : <https://example.org/partner#> .
@prefix mand: <https://w3id.org/mandates/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:Norm a owl:Class . :Body a owl:Class . :holds a owl:ObjectProperty .
mand:Grade rdfs:subClassOf :Norm .
mand:GradeA a mand:Grade , :Body ; :holds mand:GradeA .
mand:Scale rdfs:subClassOf :Body .
:Norm owl:disjointWith [ a owl:Class ; owl:unionOf ( :Body :Scheme ) ] .
:Scheme a owl:Class . mand:Grade a owl:Class . mand:Scale a owl:Class .
"""


def test_an_alignment_that_contradicts_is_explained_by_its_axioms_and_their_file() -> None:
    graph = ox.NamedNode("https://w3id.org/mandates/graph/ontology/alignments/partner")
    quads = [
        ox.Quad(q.subject, q.predicate, q.object, graph)
        for q in ox.parse(ALIGNMENT, format=ox.RdfFormat.TURTLE)
    ]
    (problem,) = check_reasoning(quads, classify=False)
    assert problem.rule == "inconsistent"
    told = problem.message.removeprefix("These cannot all be true: ").removesuffix(".")
    place = " (ontology/alignments/partner.ttl)"
    assert {part.removesuffix(place) for part in told.split(f"{place}; ")} == {
        "mand:Grade rdfs:subClassOf <https://example.org/partner#Norm>",
        "mand:GradeA a <https://example.org/partner#Body>",
        "mand:GradeA a mand:Grade",
        "<https://example.org/partner#Norm> owl:disjointWith [ a owl:Class ; owl:unionOf "
        "[ rdf:first <https://example.org/partner#Body> ; rdf:rest "
        "[ rdf:first <https://example.org/partner#Scheme> ; rdf:rest rdf:nil ] ] ]",
    }


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
