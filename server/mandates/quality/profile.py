"""Is it OWL 2 DL, and is it OWL 2 RL? The syntactic conditions of the two, checked on triples.

Sources: OWL 2 Structural Specification (https://www.w3.org/TR/owl2-syntax/), sections 3, 5.8, 11;
OWL 2 Profiles (https://www.w3.org/TR/owl2-profiles/), section 4.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pyoxigraph as ox

from mandates.dataset.names import OWL, RDF, RDFS, XSD, shorten
from mandates.quality.problems import Problem, Severity

_Node = ox.NamedNode | ox.BlankNode
_BUILTIN = (OWL, RDF, RDFS, XSD)
_PROPERTY_KINDS = ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")
#: Characteristics that make what bears them an object property.
_OBJECT_KINDS = (
    "AsymmetricProperty",
    "InverseFunctionalProperty",
    "IrreflexiveProperty",
    "ReflexiveProperty",
    "SymmetricProperty",
    "TransitiveProperty",
)
#: What a simple property alone may be (section 11.2).
_SIMPLE_ONLY = (
    "AsymmetricProperty",
    "FunctionalProperty",
    "InverseFunctionalProperty",
    "IrreflexiveProperty",
)
_COUNTS = {
    name
    for many in ("cardinality", "qualifiedCardinality")
    for name in (many, f"min{many[0].upper()}{many[1:]}", f"max{many[0].upper()}{many[1:]}")
}
_THING = ox.NamedNode(OWL + "Thing")
#: Properties that make a class expression of a node.
_EXPRESSIONS = {OWL + name for name in ("complementOf", "intersectionOf", "oneOf", "unionOf")}
#: Those that make a datatype of it, which OWL 2 RL has not (Profiles, section 4.2.2).
_DATA_RANGES = {
    OWL + name for name in ("datatypeComplementOf", "oneOf", "unionOf", "withRestrictions")
}
_ONTOLOGY = ox.NamedNode(OWL + "Ontology")
_CLASS_KINDS = ("Class", "Restriction", "DeprecatedClass")
#: Where a class or datatype stands in an axiom: as subject, as object, or in a list.
_CLASS_PLACES = {
    RDFS + "subClassOf": "so",
    RDFS + "domain": "o",
    RDFS + "range": "o",
    OWL + "allValuesFrom": "o",
    OWL + "complementOf": "so",
    OWL + "disjointUnionOf": "sl",
    OWL + "disjointWith": "so",
    OWL + "equivalentClass": "so",
    OWL + "hasKey": "s",
    OWL + "intersectionOf": "sl",
    OWL + "onClass": "o",
    OWL + "oneOf": "s",
    OWL + "someValuesFrom": "o",
    OWL + "unionOf": "sl",
}
#: Where a datatype may stand in an axiom.
_DATATYPE_PLACES = {
    RDFS + "range",
    *(OWL + name for name in ("allValuesFrom", "onDataRange", "onDatatype", "someValuesFrom")),
}
#: Where a property stands in an axiom.
_PROPERTY_PLACES = {
    RDFS + "domain": "s",
    RDFS + "range": "s",
    RDFS + "subPropertyOf": "so",
    OWL + "equivalentProperty": "so",
    OWL + "hasKey": "l",
    OWL + "inverseOf": "so",
    OWL + "onProperty": "o",
    OWL + "propertyChainAxiom": "sl",
    OWL + "propertyDisjointWith": "so",
}
_NAMES = tuple(
    """NCName NMTOKEN Name anyURI base64Binary boolean byte dateTime dateTimeStamp decimal double
    float hexBinary int integer language long negativeInteger nonNegativeInteger nonPositiveInteger
    normalizedString positiveInteger short string token unsignedByte unsignedInt unsignedLong
    unsignedShort""".split()  # noqa: SIM905
)
#: Datatypes that OWL 2 RL has, and the few more of the OWL 2 datatype map (section 4).
_RL_DATATYPES = {
    RDF + "PlainLiteral",
    RDF + "XMLLiteral",
    RDF + "langString",
    RDFS + "Literal",
    *(XSD + name for name in _NAMES),
}
_DL_DATATYPES = _RL_DATATYPES | {OWL + "real", OWL + "rational"}


@dataclass
class _Graph:
    """Triples by subject, with what they declare."""

    out: dict[_Node, dict[str, list[object]]] = field(default_factory=dict)
    types: dict[_Node, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, triples: Iterable[ox.Triple]) -> _Graph:
        graph = cls()
        for triple in triples:
            if isinstance(triple.subject, ox.NamedNode | ox.BlankNode):
                values = graph.out.setdefault(triple.subject, {})
                values.setdefault(triple.predicate.value, []).append(triple.object)
                if triple.predicate.value == RDF + "type" and isinstance(
                    triple.object, ox.NamedNode
                ):
                    graph.types.setdefault(triple.subject, set()).add(triple.object.value)
        return graph

    def values(self, node: object, predicate: str) -> list[object]:
        if isinstance(node, ox.NamedNode | ox.BlankNode):
            return self.out.get(node, {}).get(predicate, [])
        return []

    def is_a(self, node: object, *kinds: str) -> bool:
        if not isinstance(node, ox.NamedNode | ox.BlankNode):
            return False
        return any(OWL + kind in self.types.get(node, ()) for kind in kinds)

    def is_datatype(self, node: object) -> bool:
        return isinstance(node, ox.NamedNode | ox.BlankNode) and (
            RDFS + "Datatype" in self.types.get(node, ())
        )

    def items(self, head: object) -> list[object]:
        """Read an RDF list."""
        found: list[object] = []
        seen = set()
        while isinstance(head, ox.BlankNode) and head not in seen:
            seen.add(head)
            found += self.values(head, RDF + "first")
            rest = self.values(head, RDF + "rest")
            head = rest[0] if rest else None
        return found


def check_dl(triples: Iterable[ox.Triple], imported: Iterable[ox.Triple] = ()) -> list[Problem]:
    """Find where a set of axioms leaves OWL 2 DL.

    Args:
        triples: the module itself.
        imported: what it imports, for declarations and properties of properties.

    Returns:
        A problem for a missing header, each undeclared term, forbidden pun, complex property
        where a simple one is needed, foreign datatype and circular property hierarchy.
    """
    own = list(triples)
    graph = _Graph.of([*own, *imported])
    found = [*_header(own), *_undeclared(own, graph), *_puns(own, graph)]
    found += [*_datatypes(own, graph, _DL_DATATYPES), *_complex(own, graph)]
    found += _irregular(own, graph)
    return sorted(set(found), key=lambda p: (p.rule, p.node, p.message))


def _iri(node: object) -> str:
    return node.value if isinstance(node, ox.NamedNode) else str(node)


def _name(node: object) -> str:
    return shorten(node.value) if isinstance(node, ox.NamedNode) else "a class expression"


def _problem(rule: str, node: object, message: str, hint: str) -> Problem:
    return Problem(rule, Severity.ERROR, message, node=_iri(node), hint=hint)


def _header(own: list[ox.Triple]) -> Iterator[Problem]:
    """An ontology document says that it is one (Mapping to RDF Graphs, section 3.1)."""
    if not any(t.predicate.value == RDF + "type" and t.object == _ONTOLOGY for t in own):
        yield Problem(
            "dl-header",
            Severity.ERROR,
            "Nothing in it is an owl:Ontology.",
            hint="Begin the file with <its IRI> a owl:Ontology.",
        )


def _undeclared(own: list[ox.Triple], graph: _Graph) -> Iterator[Problem]:
    for triple in own:
        yield from _undeclared_in_axiom(triple, graph)
        predicate = triple.predicate
        if not predicate.value.startswith(_BUILTIN) and not graph.is_a(
            predicate, *_PROPERTY_KINDS, *_OBJECT_KINDS
        ):
            yield _problem(
                "dl-undeclared",
                predicate,
                f"{shorten(predicate.value)} is used as a property and declared as none.",
                "Declare it as an object, datatype or annotation property.",
            )
        if (
            predicate.value == RDF + "type"
            and isinstance(triple.object, ox.NamedNode)
            and not triple.object.value.startswith(_BUILTIN)
            and not graph.is_a(triple.object, "Class")
        ):
            yield _problem(
                "dl-undeclared",
                triple.object,
                f"{shorten(triple.object.value)} is used as a class and declared as none.",
                "Declare it as an owl:Class.",
            )


def _undeclared_in_axiom(triple: ox.Triple, graph: _Graph) -> Iterator[Problem]:
    """Find what an axiom about terms uses that is not declared (Mapping, tables 10 to 16)."""
    name = triple.predicate.value
    places = [
        (_CLASS_PLACES.get(name, ""), _CLASS_KINDS, "class or datatype"),
        (_PROPERTY_PLACES.get(name, ""), (*_PROPERTY_KINDS, *_OBJECT_KINDS), "property"),
    ]
    for place, kinds, what in places:
        terms: list[object] = [triple.subject] if "s" in place else []
        terms += [triple.object] if "o" in place else []
        terms += graph.items(triple.object) if "l" in place else []
        for term in terms:
            if (
                isinstance(term, ox.NamedNode)
                and not term.value.startswith(_BUILTIN)
                and not graph.is_a(term, *kinds)
                and not graph.is_datatype(term)
            ):
                yield _problem(
                    "dl-undeclared",
                    term,
                    f"{shorten(term.value)} is used as a {what} and declared as none.",
                    "Declare it, or import the ontology that does.",
                )


def _puns(own: list[ox.Triple], graph: _Graph) -> Iterator[Problem]:
    for node in {t.subject for t in own if isinstance(t.subject, ox.NamedNode)}:
        kinds = [kind for kind in _PROPERTY_KINDS if graph.is_a(node, kind)]
        if len(kinds) > 1:
            yield _problem(
                "dl-punning",
                node,
                f"{_name(node)} is declared as {' and '.join(kinds)}.",
                "A property is of one kind; drop the other declaration.",
            )
        if graph.is_a(node, "Class") and graph.is_datatype(node):
            yield _problem(
                "dl-punning",
                node,
                f"{_name(node)} is declared as class and as datatype.",
                "Drop one of the two.",
            )


def _datatypes(own: list[ox.Triple], graph: _Graph, allowed: set[str]) -> Iterator[Problem]:
    for triple in own:
        value = triple.object
        if triple.predicate.value in _DATATYPE_PLACES:
            datatype = _iri(value) if isinstance(value, ox.NamedNode) else ""
        elif isinstance(value, ox.Literal) and graph.is_a(triple.predicate, "DatatypeProperty"):
            # Values of annotations are outside the semantics; so are those of what is undeclared.
            datatype = value.datatype.value
        else:
            continue
        if datatype.startswith((XSD, OWL + "ra", OWL + "re")) and datatype not in allowed:
            yield _problem(
                "owl-datatype",
                triple.subject,
                f"{_name(triple.subject)} uses {shorten(datatype)}, which this profile has not.",
                "Use xsd:dateTime for a date.",
            )


def _non_simple(graph: _Graph) -> set[object]:
    """Properties that are transitive or end a chain, and all above them (section 11.1)."""
    found: set[object] = {
        node
        for node, values in graph.out.items()
        if graph.is_a(node, "TransitiveProperty") or OWL + "propertyChainAxiom" in values
    }
    while True:
        above = {
            parent for node in found for parent in graph.values(node, RDFS + "subPropertyOf")
        } | {
            other
            for node in graph.out
            for other in graph.values(node, OWL + "inverseOf")
            if node in found
        }
        if above <= found:
            return found
        found |= above


def _complex(own: list[ox.Triple], graph: _Graph) -> Iterator[Problem]:
    complex_ = _non_simple(graph)
    for triple in own:
        kind = triple.object
        if (
            triple.predicate.value == RDF + "type"
            and isinstance(kind, ox.NamedNode)
            and kind.value.removeprefix(OWL) in _SIMPLE_ONLY
            and triple.subject in complex_
        ):
            yield _problem(
                "dl-simple-property",
                triple.subject,
                f"{_name(triple.subject)} is {shorten(kind.value)} and also transitive or chained.",
                "Only a simple property may be so (OWL 2 Syntax, section 11.2).",
            )
        name = triple.predicate.value.removeprefix(OWL)
        if name in _COUNTS or name in ("hasSelf", "propertyDisjointWith"):
            pair = [triple.subject] if name == "propertyDisjointWith" else []
            for used in graph.values(triple.subject, OWL + "onProperty") + pair:
                if used in complex_:
                    yield _problem(
                        "dl-simple-property",
                        used,
                        f"{_name(used)} is counted or kept apart, and is transitive or chained.",
                        "Use owl:someValuesFrom, or a simple property.",
                    )


def _irregular(own: list[ox.Triple], graph: _Graph) -> Iterator[Problem]:
    """Find circles of properties through chains (section 11.2, strict partial order)."""
    below: dict[object, set[object]] = {}
    for node, values in graph.out.items():
        for parent in values.get(RDFS + "subPropertyOf", []):
            below.setdefault(parent, set()).add(node)
        for chain in values.get(OWL + "propertyChainAxiom", []):
            links = graph.items(chain)
            ends = (
                links[1:] if links[:1] == [node] else links[:-1] if links[-1:] == [node] else links
            )
            below.setdefault(node, set()).update(ends if links != [node, node] else ())
    chained = {
        node for node, values in graph.out.items() if OWL + "propertyChainAxiom" in values
    } & {t.subject for t in own}
    for start in chained:
        seen: set[object] = set()
        todo = list(below.get(start, ()))
        while todo:
            link = todo.pop()
            if link not in seen:
                seen.add(link)
                todo += below.get(link, ())
        if start in seen:
            yield _problem(
                "dl-regularity",
                start,
                f"The chain of {_name(start)} leads back to it.",
                "Break the circle of chains and subproperties (OWL 2 Syntax, section 11.2).",
            )


def check_rl(triples: Iterable[ox.Triple], imported: Iterable[ox.Triple] = ()) -> list[Problem]:
    """Find where a set of axioms leaves the profile OWL 2 RL.

    Args:
        triples: the module itself.
        imported: what it imports, for declarations.

    Returns:
        A problem for each axiom or class expression that the profile has not.
    """
    own = list(triples)
    graph = _Graph.of([*own, *imported])
    found = list(_datatypes(own, graph, _RL_DATATYPES))
    for triple in own:
        found += _rl(triple, graph)
    return sorted(set(found), key=lambda p: (p.rule, p.node, p.message))


def _rl(triple: ox.Triple, graph: _Graph) -> Iterator[Problem]:
    subject, value = triple.subject, triple.object
    name = triple.predicate.value

    def need(good: bool, node: object, place: str) -> Iterator[Problem]:
        if not good:
            yield _problem(
                "rl-expression",
                node if isinstance(node, ox.NamedNode) else subject,
                f"{_name(node)} cannot stand {place} in OWL 2 RL.",
                "Say it in the DL module (OWL 2 Profiles, section 4.2.3).",
            )

    if name == RDFS + "subClassOf":
        yield from need(_sub(subject, graph), subject, "below a class")
        yield from need(_super(value, graph), value, "above a class")
    elif name in (RDFS + "domain", RDFS + "range") and not graph.is_a(
        subject, "DatatypeProperty", "AnnotationProperty"
    ):
        yield from need(_super(value, graph), value, "as domain or range")
    elif name in _EXPRESSIONS and isinstance(subject, ox.NamedNode):
        # A name on an expression is an equivalence (Mapping to RDF Graphs, table 16).
        yield from need(
            name == OWL + "intersectionOf" and all(_equal(p, graph) for p in graph.items(value)),
            subject,
            "as equivalent to such an expression",
        )
    elif name == OWL + "equivalentClass":
        for side in (subject, value):
            yield from need(_equal(side, graph), side, "as an equivalent")
    elif name == OWL + "disjointWith":
        for side in (subject, value):
            yield from need(_sub(side, graph), side, "as disjoint")
    elif name == OWL + "members" and graph.is_a(subject, "AllDisjointClasses"):
        for member in graph.items(value):
            yield from need(_sub(member, graph), member, "as disjoint")
    elif name == OWL + "hasKey":
        yield from need(_sub(subject, graph), subject, "with a key")
    elif name == OWL + "disjointUnionOf":
        yield from need(False, subject, "as a disjoint union")
    elif name == RDF + "type":
        if isinstance(value, ox.NamedNode) and value.value == OWL + "ReflexiveProperty":
            yield from need(False, subject, "as a reflexive property")
        elif isinstance(value, ox.BlankNode) or value == _THING:
            yield from need(_super(value, graph), value, "as the type of an individual")
    elif name in _DATA_RANGES and graph.is_datatype(subject):
        yield from need(False, subject, "as a datatype of its own making")


def _named(node: object) -> bool:
    return isinstance(node, ox.NamedNode) and node != _THING


def _filler(node: object, graph: _Graph) -> bool:
    return node == _THING or _sub(node, graph)


def _sub(node: object, graph: _Graph) -> bool:
    """Say whether a class expression may stand on the left (production subClassExpression)."""
    if isinstance(node, ox.NamedNode):
        return _named(node)
    parts = graph.values(node, OWL + "intersectionOf") + graph.values(node, OWL + "unionOf")
    if parts:
        return all(_sub(part, graph) for head in parts for part in graph.items(head))
    some = graph.values(node, OWL + "someValuesFrom")
    if some:
        used = graph.values(node, OWL + "onProperty")
        if any(graph.is_a(p, "DatatypeProperty") for p in used):
            return True
        return all(_filler(part, graph) for part in some)
    return bool(graph.values(node, OWL + "oneOf") or graph.values(node, OWL + "hasValue"))


def _super(node: object, graph: _Graph) -> bool:
    """Say whether a class expression may stand on the right (production superClassExpression)."""
    if isinstance(node, ox.NamedNode):
        return _named(node)
    parts = graph.values(node, OWL + "intersectionOf")
    if parts:
        return all(_super(part, graph) for head in parts for part in graph.items(head))
    complement = graph.values(node, OWL + "complementOf")
    if complement:
        return all(_sub(part, graph) for part in complement)
    every = graph.values(node, OWL + "allValuesFrom")
    if every:
        used = graph.values(node, OWL + "onProperty")
        if any(graph.is_a(p, "DatatypeProperty") for p in used):
            return True
        return all(_super(part, graph) for part in every)
    if graph.values(node, OWL + "hasValue"):
        return True
    counts = graph.values(node, OWL + "maxCardinality")
    counts += graph.values(node, OWL + "maxQualifiedCardinality")
    fillers = graph.values(node, OWL + "onClass")
    return bool(counts) and (
        all(isinstance(n, ox.Literal) and n.value in ("0", "1") for n in counts)
        and all(_filler(part, graph) for part in fillers)
    )


def _equal(node: object, graph: _Graph) -> bool:
    """Say whether a class expression may be an equivalent (production equivClassExpression)."""
    if isinstance(node, ox.NamedNode):
        return _named(node)
    parts = graph.values(node, OWL + "intersectionOf")
    if parts:
        return all(_equal(part, graph) for head in parts for part in graph.items(head))
    return bool(graph.values(node, OWL + "hasValue"))
