"""Materialise what the ontology entails: a handful of OWL 2 RL rules, run to a fixpoint.

The rules are those of OWL 2 RL/RDF (https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules)
that this ontology needs, and the project's own shortcuts; each is a ``CONSTRUCT`` in ``rules/``.
"""

from __future__ import annotations

from importlib.resources import files

import pyoxigraph as ox

from mandates.dataset.names import GRAPH

#: Graph that receives what is entailed.
ENTAILED = ox.NamedNode(GRAPH + "derived/entailed")


def rules() -> dict[str, str]:
    """Read the rules, by name.

    >>> sorted(rules())[0]
    'cax-sco'
    """
    folder = files("mandates.dataset") / "rules"
    return {
        entry.name.removesuffix(".rq"): entry.read_text("utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".rq")
    }


def entail(store: ox.Store) -> list[ox.Quad]:
    """Derive everything that the rules give and that no file says.

    Args:
        store: the asserted quads in named graphs; left as it was.

    Returns:
        New triples, in the graph :data:`ENTAILED`.

    >>> a, b = ox.NamedNode("https://example.org/a"), ox.NamedNode("https://example.org/b")
    >>> thing, sub = ox.NamedNode("https://example.org/T"), ox.NamedNode(
    ...     "http://www.w3.org/2000/01/rdf-schema#subClassOf")
    >>> kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    >>> store = ox.Store()
    >>> store.extend([ox.Quad(b, sub, thing, b), ox.Quad(a, kind, b, b)])
    >>> [str(quad.triple) for quad in entail(store)]
    ['<https://example.org/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://example.org/T>']
    """
    # Rules read one graph, the default graph: querying the union of many is several times slower.
    work = ox.Store()
    work.bulk_extend(ox.Quad(q.subject, q.predicate, q.object) for q in store)
    known = {q.triple for q in work}
    derived: set[ox.Triple] = set()
    texts = rules()
    while True:
        new: set[ox.Triple] = set()
        for text in texts.values():
            triples = work.query(text)
            assert isinstance(triples, ox.QueryTriples)
            for triple in triples:
                if triple not in known:
                    known.add(triple)
                    new.add(triple)
        if not new:
            break
        work.extend(ox.Quad(t.subject, t.predicate, t.object) for t in new)
        derived |= new
    return [ox.Quad(t.subject, t.predicate, t.object, ENTAILED) for t in sorted(derived, key=str)]
