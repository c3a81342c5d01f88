"""How much follows from what a stranger sends, found out before anything is derived from it.

A chain of a few hundred concepts, each broader than the next, is some kilobytes; what follows from
it is the number of its links to the third power. Derivation itself can only be killed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pyoxigraph as ox

from mandates.sparql.prefixes import PREFIXES

#: Triples that one upload may have; a megabyte of Turtle as people write it has fewer.
MOST_TRIPLES = 20_000
#: Steps that it may take to follow what is transitive in it. A chain of 140 links takes as many.
MOST_STEPS = 500_000

_SKOS, _RDFS, _OWL, _MAND = (PREFIXES[name] for name in ("skos", "rdfs", "owl", "mand"))
_UP = {
    _SKOS + "broader",
    _SKOS + "broaderTransitive",
    _RDFS + "subClassOf",
    _RDFS + "subPropertyOf",
    _MAND + "restsOn",
}
_DOWN = {_SKOS + "narrower", _SKOS + "narrowerTransitive"}
_KINDS = {_OWL + "TransitiveProperty", _OWL + "SymmetricProperty"}
_RELATE = {
    _RDFS + "subPropertyOf",
    _OWL + "inverseOf",
    _OWL + "equivalentProperty",
    _OWL + "propertyChainAxiom",
}

_Node = ox.NamedNode | ox.BlankNode
_Links = dict[_Node, set[_Node]]


def too_much(triples: Iterable[ox.Triple | ox.Quad]) -> str:
    """What is too much in some triples; nothing when they may be derived from.

    >>> broader = ox.NamedNode(_SKOS + "broader")
    >>> chain = [ox.NamedNode(f"http://example.org/{number}") for number in range(300)]
    >>> links = [ox.Triple(a, broader, b) for a, b in zip(chain, chain[1:])]
    >>> too_much(links)
    'What is broader than what goes too deep in it, or in circles, to be followed here.'
    >>> too_much(links[:100])
    ''
    """
    said = list(triples)
    if len(said) > MOST_TRIPLES:
        return f"It has {len(said):,} triples, and {MOST_TRIPLES:,} are taken here."
    above, others = _links(said)
    if _steps(above, others) > MOST_STEPS:
        return "What is broader than what goes too deep in it, or in circles, to be followed here."
    return ""


def _links(said: list[ox.Triple | ox.Quad]) -> tuple[_Links, list[_Node]]:
    """What is directly above each thing, and what other statements lead to, each time."""
    declared = set()
    for it in said:
        predicate = it.predicate.value
        if predicate in _RELATE or getattr(it.object, "value", "") in _KINDS:
            declared |= {getattr(it.subject, "value", ""), getattr(it.object, "value", "")}
    above: _Links = defaultdict(set)
    others = []
    for it in said:
        predicate, start, end = it.predicate.value, it.subject, it.object
        if not isinstance(start, _Node) or not isinstance(end, _Node):
            continue
        if predicate in declared:  # in whichever direction it was declared to be followed
            above[start].add(end)
            above[end].add(start)
        elif predicate in _UP:
            above[start].add(end)
        elif predicate in _DOWN:
            above[end].add(start)
        else:
            others.append(end)
    return above, others


def _steps(above: _Links, others: list[_Node]) -> int:
    """How many steps a join takes that follows all links, and no more than a few too many."""
    reach: dict[_Node, int] = {}
    below: dict[_Node, int] = defaultdict(int)
    steps = 0
    for start in list(above):
        seen: set[_Node] = set()
        todo = list(above[start])
        while todo:
            node = todo.pop()
            if node in seen:
                continue
            seen.add(node)
            below[node] += 1
            todo += above.get(node, ())
            steps += 1
            if steps > MOST_STEPS:
                return steps
        reach[start] = len(seen)
    steps += sum(below[node] * count for node, count in reach.items())
    return steps + sum(reach.get(node, 0) for node in others)
