"""Small questions to a store are answered with the terms themselves, whatever stands in them."""

from __future__ import annotations

from operator import attrgetter

import pyoxigraph as ox
import pytest

from mandates.dataset.lookup import Numbered, columns, first, instances, pairs
from mandates.dataset.names import TYPE, mand

A, B = ox.NamedNode("https://example.org/a"), ox.NamedNode("https://example.org/b")
LONG = ox.NamedNode(B.value + "b" * 2**17)
AWKWARD = [
    ox.NamedNode("https://example.org/a,b"),
    ox.BlankNode("a"),
    *map(ox.Literal, ("", "1", "a,b", 'a "b"', "a\nb", "a\r\nb", "_:a", "\t", "ق")),
    ox.Literal("1", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
    ox.Literal("a", language="en"),
]


def filled(*quads: ox.Quad) -> ox.Store:
    store = ox.Store()
    store.extend(quads)
    return store


@pytest.mark.parametrize("term", AWKWARD, ids=str)
def test_a_term_is_told_by_its_value_in_whichever_graph(term: ox.NamedNode) -> None:
    store = filled(ox.Quad(A, B, A), *(ox.Quad(A, B, term, graph) for graph in (A, B)))
    assert pairs(store, B) == sorted([(A.value, A.value), (A.value, term.value)])
    subjects, values = columns(store, B)
    assert set(zip(subjects, values, strict=True)) == set(pairs(store, B))


@pytest.mark.parametrize("term", [A, *AWKWARD[:2]], ids=str)
def test_individuals_are_told_by_their_names(term: ox.NamedNode) -> None:
    store = filled(*(ox.Quad(s, TYPE, mand("Actor"), g) for s in (term, B) for g in (A, B)))
    assert instances(store, "Actor") == set(map(attrgetter("value"), (term, B)))


def test_of_several_values_the_first_is_taken() -> None:
    store = filled(*(ox.Quad(A, mand("heldBy"), ox.Literal(v)) for v in ("2", "1", "3")))
    assert first(store, "heldBy") == {A.value: "1"}


@pytest.mark.parametrize("term", [*AWKWARD, LONG], ids=lambda term: str(term)[:20])
def test_numbers_stand_for_the_same_names(term: ox.NamedNode) -> None:
    held, mine = mand("heldBy"), mand("Holding")
    store = filled(
        *(ox.Quad(A, held, value, graph) for value in (term, B) for graph in (A, B)),
        ox.Quad(B, held, term),
        ox.Quad(B, TYPE, mine),
        ox.Quad(B, TYPE, mine, A),
    )
    said = Numbered(store, ["heldBy"], ["Holding"])
    subjects, values = ([said.names[n] for n in c] for c in said.columns("heldBy"))
    assert set(zip(subjects, values, strict=True)) == set(pairs(store, held))
    found = said.first("heldBy")
    assert {s: said.names[found[said.names.index(s)]] for s in subjects} == first(store, "heldBy")
    assert [said.names[n] for n in said.instances("Holding")] == [B.value]
    assert found[said.names.index(term.value)] == found[said.UNKNOWN] == said.UNKNOWN
