"""Statements that the ontology does not allow: a value or a subject of another kind than expected.

A reasoner reads domain and range of a property openly: whatever stands there *is* of that kind. So
a slip shows elsewhere, as a thing of two kinds at once, or not at all. Here each statement is held
against what the files themselves say of its two ends, and is blamed by itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

import pyoxigraph as ox

from mandates.dataset.entail import ENTAILED
from mandates.dataset.names import OWL, RDF, RDFS, TYPE, XSD, shorten
from mandates.dataset.sources import Source
from mandates.quality.problems import Problem, Severity

_PLAIN = frozenset({XSD + "string", RDF + "langString"})
#: Datatypes whose values another one has, too.
_WIDER = {
    RDF + "PlainLiteral": _PLAIN,
    XSD + "decimal": frozenset({XSD + "decimal", XSD + "integer"}),
}
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)?"
)
_OFFSET = re.compile(r"(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)?$")
#: What to write, by the datatype that is expected.
_HINTS = {
    XSD + "boolean": "Write true or false, without quotation marks.",
    XSD + "integer": "Write a whole number, without quotation marks.",
    XSD + "decimal": "Write a number with a point, without quotation marks.",
    XSD + "dateTime": "Write a day and an hour that exist, with an offset, as "
    '"2016-08-22T00:00:00+05:00"^^xsd:dateTime.',
    XSD + "date": 'Write a day that exists, as "2016-08-22"^^xsd:date.',
    XSD + "anyURI": 'Write a whole address, as "https://example.org/"^^xsd:anyURI.',
    XSD + "string": "Write a text in quotation marks, without a language.",
    RDF + "PlainLiteral": "Write a text in quotation marks, with its language, as @en.",
}


def _moment(text: str) -> bool:
    if not _MOMENT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


#: Whether a text is a value of a datatype, for the datatypes that the record uses.
_LEXICAL: Mapping[str, Callable[[str], bool]] = {
    XSD + "boolean": _matches("true|false|0|1"),
    XSD + "integer": _matches(r"[+-]?[0-9]+"),
    XSD + "nonNegativeInteger": _matches(r"\+?[0-9]+|-0+"),
    XSD + "decimal": _matches(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"),
    XSD + "double": _matches(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN"),
    XSD + "dateTime": _moment,
    XSD + "date": lambda text: _moment(_OFFSET.sub("T00:00:00", text, count=1)),
    XSD + "gYearMonth": lambda text: _moment(f"{text}-01T00:00:00"),
    XSD + "gYear": lambda text: _moment(f"{text}-01-01T00:00:00"),
}


def valid(literal: ox.Literal) -> bool:
    """Say whether a literal's text is a value of its datatype.

    Args:
        literal: any literal; one of a datatype that the record does not use is taken as it is.

    >>> valid(ox.Literal("2020-02-30T00:00:00Z", datatype=ox.NamedNode(XSD + "dateTime")))
    False
    """
    check = _LEXICAL.get(literal.datatype.value)
    return check is None or check(literal.value)


def misused(quads: Iterable[ox.Quad], sources: Sequence[Source]) -> list[Problem]:
    """Find statements whose value or subject is not what the ontology says of the property.

    Args:
        quads: what the files say, in the graphs of the files, with the ontology among them.
        sources: the files whose statements are judged.

    Returns:
        One error for each such statement, which is in ``said``: ``value-type`` where a text, number
        or date is expected and another stands there, or one that can't be; ``value-kind`` and
        ``subject-kind`` where a thing is of a kind that excludes the expected one.

    >>> misused([], [])
    []
    """
    quads = list(quads)
    kinds = _Kinds(quads)
    files = {source.graph: source.name for source in sources}
    problems: dict[tuple[ox.Triple, str], Problem] = {}
    for quad in quads:
        graph = quad.graph_name
        if not isinstance(graph, ox.NamedNode) or graph.value not in files:
            continue
        value, prop = quad.object, quad.predicate.value
        if isinstance(value, ox.Literal):
            found = kinds.wrong_literal(prop, value)
        elif prop in kinds.ranges and isinstance(value, ox.NamedNode | ox.BlankNode):
            found = kinds.wrong_value(prop, value)
        else:
            found = None
        if found is None and prop in kinds.domains and not isinstance(quad.subject, ox.Triple):
            found = kinds.wrong_subject(prop, quad.subject)
        if found is not None:
            rule, message, hint = found
            problems[(quad.triple, graph.value)] = Problem(
                rule=rule,
                severity=Severity.ERROR,
                message=message,
                file=files[graph.value],
                node=_node(quad.subject),
                hint=hint,
                said=quad.triple,
            )
    return list(problems.values())


def told_once(shaped: Iterable[Problem], wrong: Collection[Problem]) -> list[Problem]:
    """Leave out what shapes say of a mistake that has been named by its statement.

    Args:
        shaped: what shapes found.
        wrong: what :func:`misused` found.

    Returns:
        The former without what the same statement breaks, and without a thing of two kinds at once
        that a statement among the latter makes so.

    >>> told_once([], [])
    []
    """
    said = {problem.said for problem in wrong if problem.said is not None}
    ends = {_node(term) for triple in said for term in (triple.subject, triple.object)}
    return [
        problem
        for problem in shaped
        if problem.said not in said and (problem.rule != "kinds-apart" or problem.node not in ends)
    ]


_Found = tuple[str, str, str]


class _Kinds:
    """What the ontology says of properties and classes, and the files of things."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        #: By property, for each axiom the classes of which one is expected.
        self.ranges: defaultdict[str, list[Collection[str]]] = defaultdict(list)
        self.domains: defaultdict[str, list[Collection[str]]] = defaultdict(list)
        self._objects: set[str] = set()
        self._types: defaultdict[object, set[str]] = defaultdict(set)
        self._datatypes: dict[str, str] = {}
        self._above: defaultdict[str, set[str]] = defaultdict(set)
        self._apart: set[tuple[str, str]] = set()
        self._known: dict[tuple[frozenset[str], tuple[str, ...]], bool] = {}
        self._read(quads)

    def _read(self, quads: Iterable[ox.Quad]) -> None:
        said: defaultdict[str, list[tuple[object, object]]] = defaultdict(list)
        wanted = {RDFS + "domain", RDFS + "range", RDFS + "subClassOf", RDF + "first", RDF + "rest",
                  OWL + "unionOf", OWL + "members", OWL + "disjointWith"}  # fmt: skip
        for quad in quads:
            if quad.predicate == TYPE:
                # What is entailed of a thing may come from the very statement that is judged.
                if quad.graph_name != ENTAILED and isinstance(quad.object, ox.NamedNode):
                    self._types[quad.subject].add(quad.object.value)
            elif quad.predicate.value in wanted:
                said[quad.predicate.value].append((quad.subject, quad.object))
        self._objects = {
            thing.value
            for thing, types in self._types.items()
            if OWL + "ObjectProperty" in types and isinstance(thing, ox.NamedNode)
        }
        for lower, upper in said[RDFS + "subClassOf"]:
            if isinstance(lower, ox.NamedNode) and isinstance(upper, ox.NamedNode):
                self._above[lower.value].add(upper.value)
        first, rest = dict(said[RDF + "first"]), dict(said[RDF + "rest"])

        def members(node: object) -> list[str]:
            found, seen = [], set[object]()
            while node in first and node not in seen:
                seen.add(node)
                member = first[node]
                if isinstance(member, ox.NamedNode):
                    found.append(member.value)
                node = rest.get(node)
            return found

        groups = [members(node) for _, node in said[OWL + "members"]]
        groups += [[a.value, b.value] for a, b in said[OWL + "disjointWith"]
                   if isinstance(a, ox.NamedNode) and isinstance(b, ox.NamedNode)]  # fmt: skip
        self._apart = {(a, b) for group in groups for a in group for b in group if a != b}
        unions = dict(said[OWL + "unionOf"])
        for axiom, table in ((RDFS + "range", self.ranges), (RDFS + "domain", self.domains)):
            for prop, expected in said[axiom]:
                if not isinstance(prop, ox.NamedNode):
                    continue
                if not isinstance(expected, ox.NamedNode):
                    table[prop.value].append(sorted(members(unions.get(expected))))
                elif expected.value.startswith(XSD) or expected.value == RDF + "PlainLiteral":
                    self._datatypes[prop.value] = expected.value
                else:
                    table[prop.value].append([expected.value])

    def wrong_literal(self, prop: str, value: ox.Literal) -> _Found | None:
        """Say what is wrong with a text, number or date; ``None`` when nothing is."""
        datatype, expected = value.datatype.value, self._datatypes.get(prop)
        if expected is None and prop in self._objects:
            kinds = " or ".join(_named(self.ranges.get(prop, [])) or ["a thing"])
            return (
                "value-kind",
                f"{shorten(prop)} leads to {_literal(value)}, which is a text; "
                f"expected is the IRI of {kinds}.",
                "Name the thing by its IRI.",
            )
        fits = expected is None or datatype in _WIDER.get(expected, {expected})
        if fits and valid(value):
            return None
        due = expected or datatype
        return (
            "value-type",
            f"{shorten(prop)} has the value {_literal(value)}, which is no {shorten(due)}.",
            _HINTS.get(due, ""),
        )

    def wrong_value(self, prop: str, value: ox.NamedNode | ox.BlankNode) -> _Found | None:
        """Say what is wrong with the thing that a property leads to; ``None`` when nothing is."""
        expected = self._unmet(value, self.ranges[prop])
        if expected is None:
            return None
        return (
            "value-kind",
            f"{shorten(prop)} leads to {_shown(value)}, which is {self._is(value)}; "
            f"expected is {expected}.",
            "Correct the property or its value.",
        )

    def wrong_subject(self, prop: str, subject: ox.NamedNode | ox.BlankNode) -> _Found | None:
        """Say what is wrong with the thing that has a property; ``None`` when nothing is."""
        expected = self._unmet(subject, self.domains[prop])
        if expected is None:
            return None
        return (
            "subject-kind",
            f"{shorten(prop)} is said of {_shown(subject)}, which is {self._is(subject)}; "
            f"it is meant for {expected}.",
            "Correct the property or its subject.",
        )

    def _unmet(self, thing: object, axioms: Iterable[Collection[str]]) -> str | None:
        """Name the kinds of which a thing is expected to be one and can be none."""
        types = frozenset(self._types.get(thing, ()))
        for expected in axioms if types else ():
            key = types, tuple(expected)
            if key not in self._known:
                self._known[key] = self._excluded(types, expected)
            if self._known[key]:
                return " or ".join(_named([expected]))
        return None

    def _excluded(self, types: Iterable[str], expected: Collection[str]) -> bool:
        has = self._closure(types)
        if not expected or has & set(expected):
            return False
        return all(
            any((one, other) in self._apart for one in self._closure([kind]) for other in has)
            for kind in expected
        )

    def _closure(self, kinds: Iterable[str]) -> set[str]:
        found, edge = set[str](), set(kinds)
        while edge:
            found |= edge
            edge = {upper for kind in edge for upper in self._above[kind]} - found
        return found

    def _is(self, thing: object) -> str:
        types = self._types[thing]
        # A served record has every kind of a thing; the narrowest say all.
        wider = {upper for kind in types for upper in self._closure([kind]) - {kind}}
        return " and ".join(_named([sorted(types - wider or types)]))


def _named(axioms: Iterable[Iterable[str]]) -> list[str]:
    return [f"a {shorten(kind)}" for axiom in axioms for kind in axiom if OWL not in kind]


def _node(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def _shown(term: ox.NamedNode | ox.BlankNode) -> str:
    return shorten(term.value) if isinstance(term, ox.NamedNode) else "a blank node"


def _literal(value: ox.Literal) -> str:
    """Write a literal as in Turtle, cut where it is long."""
    text = value.value if len(value.value) <= 80 else value.value[:79] + "…"
    if value.language:
        return f'"{text}"@{value.language}'
    plain = value.datatype.value == XSD + "string"
    return f'"{text}"' if plain else f'"{text}"^^{shorten(value.datatype.value)}'
