"""What is known of one IRI: as RDF for machines, as a page model for people.

This is the whole page layer: one function that asks the engine and returns a model, and one
template that shows it.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mandates.sparql.backend import Answer, Backend
from mandates.sparql.negotiation import GRAPH_FORMATS, Format
from mandates.sparql.prefixes import PREFIXES
from mandates.sparql.request import QueryRequest

_PROLOGUE = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())

# Everything said of the IRI and everything that points to it: the arrow into an institution is
# as much a part of its description as the arrow out.
_DESCRIBE = """
CONSTRUCT { $this ?p ?o . ?o ?q ?r . ?s ?t $this }
WHERE {
  { $this ?p ?o . OPTIONAL { FILTER(isBlank(?o)) ?o ?q ?r } }
  UNION
  { ?s ?t $this }
}
"""
# An ontology and a graph are documents: all that stands in them is wanted.
_DOCUMENT = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH ?g { $this a owl:Ontology . ?s ?p ?o } }"
_GRAPH = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH $this { ?s ?p ?o } }"
_KIND = """
SELECT ?known ?ontology ?graph WHERE {
  BIND(EXISTS { $this ?p ?o } || EXISTS { ?s ?q $this } AS ?known)
  BIND(EXISTS { $this a owl:Ontology } AS ?ontology)
  BIND(EXISTS { GRAPH $this { ?a ?b ?c } } AS ?graph)
}
"""
_LABEL = """
  OPTIONAL { %s skos:prefLabel %sLabel FILTER(LANG(%sLabel) IN ("en", "")) }
"""
_STATEMENTS = (
    "SELECT DISTINCT ?p ?pLabel ?o ?oLabel WHERE { $this ?p ?o "
    + _LABEL.replace("%s", "?p")
    + _LABEL.replace("%s", "?o")
    + "} ORDER BY ?p ?oLabel ?o"
)
_INVERSE_LIMIT = 1000
_INVERSE = (
    "SELECT DISTINCT ?s ?sLabel ?p ?pLabel WHERE { ?s ?p $this "
    + _LABEL.replace("%s", "?p")
    + _LABEL.replace("%s", "?s")
    + f"}} ORDER BY ?p ?sLabel ?s LIMIT {_INVERSE_LIMIT + 1}"
)
_IN_GRAPH = (
    "SELECT DISTINCT ?s ?sLabel WHERE { GRAPH $this { ?s ?p ?o } "
    + _LABEL.replace("%s", "?s")
    + f"}} ORDER BY ?s LIMIT {_INVERSE_LIMIT + 1}"
)
_TERMS = (
    "SELECT DISTINCT ?s ?sLabel WHERE { GRAPH ?g { $this a owl:Ontology . ?s a ?type } "
    'FILTER(?s != $this && STRSTARTS(STR(?s), "%s"))' + _LABEL.replace("%s", "?s") + "} ORDER BY ?s"
)
_MEMBERS = (
    "SELECT DISTINCT ?s ?sLabel WHERE { { ?s a $this } UNION { ?s skos:inScheme $this } "
    + _LABEL.replace("%s", "?s")
    + "} ORDER BY ?sLabel ?s LIMIT 2000"
)
_NEIGHBOURS = """
SELECT DISTINCT ?s WHERE { ?s a ?type FILTER(isIRI(?s) && STRSTARTS(STR(?s), STR($start))) }
LIMIT 5000
"""

# Who fills the places on which most of the law turns, on the day of asking.
_TODAY = """
SELECT DISTINCT ?role ?roleLabel ?actor ?actorLabel ?status ?from ?reading WHERE {
  VALUES ?role {
    <https://w3id.org/mandates/id/pk/role/peca-authority>
    <https://w3id.org/mandates/id/pk/role/peca-investigation-agency>
    <https://w3id.org/mandates/id/pk/role/peca-tribunal>
    <https://w3id.org/mandates/id/pk/role/peca-cert>
  }
  ?designation mand:fills ?role ; mand:filledBy ?actor ; mand:validFrom ?from ;
    mand:hasStatus/skos:prefLabel ?status .
  OPTIONAL { ?designation mand:validUntil ?until }
  FILTER (?from <= NOW() && (!BOUND(?until) || NOW() < ?until))
  OPTIONAL { ?designation mand:inReading/skos:prefLabel ?reading }
  ?role skos:prefLabel ?roleLabel .
  ?actor skos:prefLabel ?actorLabel
  FILTER (LANG(?actorLabel) = "en")
} ORDER BY ?roleLabel ?from ?actorLabel
"""
_INSTITUTIONS = """
SELECT ?actor ?actorLabel (COUNT(DISTINCT ?mandate) AS ?mandates) WHERE {
  VALUES ?actor {
    <https://w3id.org/mandates/id/pk/actor/moitt> <https://w3id.org/mandates/id/pk/actor/pta>
    <https://w3id.org/mandates/id/pk/actor/fia> <https://w3id.org/mandates/id/pk/actor/national-cert>
    <https://w3id.org/mandates/id/pk/actor/nccia>
  }
  ?holding mand:heldBy ?actor ; a mand:Holding ; mand:ofMandate ?mandate ; mand:validFrom ?from .
  OPTIONAL { ?holding mand:validUntil ?until }
  FILTER (?from <= NOW() && (!BOUND(?until) || NOW() < ?until))
  ?actor skos:prefLabel ?actorLabel
  FILTER (LANG(?actorLabel) = "en")
} GROUP BY ?actor ?actorLabel ORDER BY ?actorLabel
"""
_HOLDERS = """
SELECT DISTINCT ?actor ?actorLabel ?from ?until ?status ?reading WHERE {
  ?holding mand:ofMandate $this ; a mand:Holding ; mand:heldBy ?actor ; mand:validFrom ?from .
  OPTIONAL { ?holding mand:validUntil ?until }
  OPTIONAL { ?holding mand:holdingStatus/skos:prefLabel ?status }
  OPTIONAL { ?holding mand:inReading/skos:prefLabel ?reading }
  ?actor skos:prefLabel ?actorLabel
  FILTER (LANG(?actorLabel) = "en")
} ORDER BY ?from ?actorLabel
"""
_WORDS = """
SELECT DISTINCT ?force ?action ?provision ?citation ?law ?quotation ?document ?documentLabel ?grade
WHERE {
  VALUES ?force { mand:Power mand:Duty mand:Liberty mand:Disability }
  $this a ?force ; mand:actionPhrase ?action ; mand:conferredBy ?provision ;
    mand:supportedBy ?evidence .
  ?provision mand:citation ?citation ; mand:provisionOf/skos:prefLabel ?law .
  FILTER (LANG(?law) = "en")
  ?evidence mand:fromDocument ?document ; mand:hasGrade/skos:prefLabel ?grade .
  ?document skos:prefLabel ?documentLabel .
  OPTIONAL { ?evidence mand:quotation ?quotation }
} ORDER BY ?citation ?grade ?documentLabel
"""
_MODAL = {"Power": "may", "Duty": "must", "Liberty": "is free to", "Disability": "must not"}

Binding = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Node:
    """A term to show: an IRI with its label and local address, or a literal."""

    text: str
    iri: str = ""
    href: str = ""
    language: str = ""
    datatype: str = ""

    @property
    def short(self) -> str:
        """The IRI with a prefix, or as it is."""
        return _abbreviate(self.iri)


@dataclass
class Group:
    """A property and its values."""

    property: Node
    values: list[Node] = field(default_factory=list)


@dataclass
class Page:
    """What a page about an IRI shows.

    Attributes:
        iri: the thing described.
        path: its local path, without a suffix.
        title: its label, or its abbreviated IRI.
        names: its labels in other languages.
        types: its classes.
        lead: its definition or description.
        groups: other statements, by property.
        inverse: what points to it, by property.
        terms: what a graph or an ontology contains.
        cut: whether lists were cut at their limit, which the page then says.
    """

    iri: str
    path: str
    title: str
    names: list[Node]
    types: list[Node]
    lead: list[Node]
    groups: list[Group]
    inverse: list[Group]
    terms: list[Node]
    cut: bool = False


@dataclass(frozen=True)
class Card:
    """A mandate as a lawyer would state it.

    Attributes:
        modal: may, must, is free to, must not.
        action: what, as a verb phrase.
        holders: each with dates, title and the reading on which alone it holds.
        words: the provisions with the words that confer, their source and grade.
    """

    modal: str
    action: str
    holders: list[dict[str, Node]]
    words: list[dict[str, Node]]


class Entities:
    """Looks IRIs up.

    Args:
        engine: runs the queries.
        base_iri: beginning of the IRIs that have a local page.
    """

    def __init__(self, engine: Backend, base_iri: str) -> None:
        self._engine = engine
        self._base = base_iri

    def kind(self, iri: str) -> str:
        """``ontology``, ``graph``, ``thing``, or nothing when the IRI is unknown."""
        row = self._rows(_KIND, iri)[0]
        for name, answer in (("ontology", "ontology"), ("graph", "graph"), ("known", "thing")):
            if row[name]["value"] == "true":
                return answer
        return ""

    def document(self, iri: str, kind: str, form: Format) -> Answer:
        """All that is known of an IRI, written as RDF."""
        query = {"ontology": _DOCUMENT, "graph": _GRAPH}.get(kind, _DESCRIBE)
        return self._run(query, iri, form)

    def everything(self, form: Format) -> Answer:
        """The default graph, that is, all triples."""
        return self._run("CONSTRUCT WHERE { ?s ?p ?o }", self._base, form)

    def page(self, iri: str, kind: str) -> Page:
        """All that is known of an IRI, for a page."""
        statements = self._group(self._rows(_STATEMENTS, iri), "o")
        inverse_rows = self._rows(_INVERSE, iri)
        terms: Sequence[Binding] = ()
        if kind == "graph":
            terms = self._rows(_IN_GRAPH, iri)
        elif kind == "ontology":
            terms = self._rows(_TERMS.replace('"%s"', f'"{iri}"'), iri)
        cut = len(inverse_rows) > _INVERSE_LIMIT or len(terms) > _INVERSE_LIMIT
        taken = {name: _take(statements, iris) for name, iris in _LEADING.items()}
        title = taken["title"] or taken["other title"]
        return Page(
            iri=iri,
            path=iri.removeprefix(self._base),
            title=title[0].text if title else _abbreviate(iri),
            names=title[1:],
            types=taken["types"],
            lead=taken["lead"],
            groups=statements,
            inverse=self._group(inverse_rows[:_INVERSE_LIMIT], "s"),
            terms=[self._node(row, "s") for row in terms[:_INVERSE_LIMIT]],
            cut=cut,
        )

    def today(self) -> list[dict[str, Node]]:
        """Who fills the legal roles on which most turns, on the day of asking."""
        return self._table(_TODAY, self._base)

    def institutions(self) -> list[dict[str, Node]]:
        """The five institutions with the number of mandates they hold today."""
        return self._table(_INSTITUTIONS, self._base)

    def card(self, iri: str) -> Card | None:
        """A mandate in words; nothing for what is no mandate."""
        words = self._table(_WORDS, iri)
        if not words:
            return None
        force = words[0]["force"].iri.rpartition("#")[2]
        return Card(_MODAL[force], words[0]["action"].text, self._table(_HOLDERS, iri), words)

    def _table(self, query: str, iri: str) -> list[dict[str, Node]]:
        return [
            {name: self._node(row, name) for name in row if not name.endswith("Label")}
            for row in self._rows(query, iri)
        ]

    def near(self, iri: str, count: int = 5) -> list[str]:
        """Known IRIs that look like an unknown one."""
        start = iri
        while len(start) > len(self._base):
            start = start.rstrip("/#").rpartition("/")[0] + "/"
            if len(start) <= len(self._base):
                break
            rows = self._rows(_NEIGHBOURS, iri, start={"type": "literal", "value": start})
            known = [row["s"]["value"] for row in rows]
            close = difflib.get_close_matches(iri, known, n=count, cutoff=0.8)
            if close:
                return close
        return []

    def href(self, iri: str) -> str:
        """The local path of an IRI, or the IRI itself when it belongs elsewhere."""
        if not iri.startswith(self._base):
            return iri if iri.startswith(("http://", "https://")) else ""
        return "/" + iri.removeprefix(self._base)

    def _run(self, query: str, iri: str, form: Format, **more: Mapping[str, str]) -> Answer:
        request = QueryRequest(_PROLOGUE + query, graph=form)
        bindings = {"this": {"type": "uri", "value": iri}, **more}
        return self._engine.run(request, client="pages", bindings=bindings)

    def _rows(self, query: str, iri: str, **more: Mapping[str, str]) -> list[Binding]:
        answer = self._run(query, iri, GRAPH_FORMATS[0], **more)
        body: dict[str, Any] = json.loads(answer.read())
        bindings: list[Binding] = body["results"]["bindings"]
        return bindings

    def members(self, iri: str) -> list[Node]:
        """What belongs to a class or a concept scheme, by label."""
        return [self._node(row, "s") for row in self._rows(_MEMBERS, iri)]

    def node(self, value: Mapping[str, str], label: str = "") -> Node:
        """A term of SPARQL 1.1 Query Results JSON, to show."""
        text = value["value"]
        if value["type"] != "uri":
            return Node(
                text.removesuffix("T00:00:00+05:00"),
                language=value.get("xml:lang", ""),
                datatype=_abbreviate(value.get("datatype", "")),
            )
        return Node(label or _abbreviate(text), iri=text, href=self.href(text))

    def _node(self, row: Binding, name: str) -> Node:
        return self.node(row[name], row.get(name + "Label", {}).get("value", ""))

    def _group(self, rows: Sequence[Binding], name: str) -> list[Group]:
        groups: dict[str, Group] = {}
        seen = set()
        for row in rows:
            predicate = row["p"]["value"]
            group = groups.setdefault(predicate, Group(self._node(row, "p")))
            key = (predicate, *sorted(row[name].items()))
            if key not in seen:
                seen.add(key)
                group.values.append(self._node(row, name))
        return list(groups.values())


_LEADING = {
    "types": (PREFIXES["rdf"] + "type",),
    "title": (PREFIXES["skos"] + "prefLabel",),
    "other title": (PREFIXES["rdfs"] + "label", PREFIXES["dct"] + "title"),
    "lead": (PREFIXES["skos"] + "definition", PREFIXES["dct"] + "description"),
}


def _take(groups: list[Group], iris: Sequence[str]) -> list[Node]:
    taken: list[Node] = []
    for group in [group for group in groups if group.property.iri in iris]:
        groups.remove(group)
        taken += sorted(group.values, key=lambda node: node.language not in ("en", ""))
    return taken


def _abbreviate(iri: str) -> str:
    best = max(
        (item for item in PREFIXES.items() if iri.startswith(item[1])),
        key=lambda item: len(item[1]),
        default=None,
    )
    if best and len(iri) > len(best[1]):
        return f"{best[0]}:{iri.removeprefix(best[1])}"
    return iri
