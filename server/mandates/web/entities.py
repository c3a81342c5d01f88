"""What is known of one IRI: as RDF for machines, as a page model for people.

A page is made of parts (:mod:`mandates.web.sections`), each the answer to one query; the names of
all that they mention are asked for together (:mod:`mandates.web.labels`). One template for each
kind of page shows the parts.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from mandates.report.days import Spell, Stretch, held, met, vacant
from mandates.sparql.backend import Answer, Backend
from mandates.sparql.negotiation import GRAPH_FORMATS, Format
from mandates.sparql.prefixes import PREFIXES
from mandates.sparql.request import QueryRequest
from mandates.web.labels import Label, abbreviate, labels
from mandates.web.sections import COMMON, Section, kind_of, section

_PROLOGUE = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
_MAND, _SKOS, _RDFS, _DCT = (PREFIXES[name] for name in ("mand", "skos", "rdfs", "dct"))
_TYPE = PREFIXES["rdf"] + "type"
_DATE_TIME = PREFIXES["xsd"] + "dateTime"
_PREF = _SKOS + "prefLabel"
_TITLES = (_RDFS + "label", _DCT + "title")
_LEADS = (_SKOS + "definition", _DCT + "description", _SKOS + "note", _SKOS + "scopeNote")

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
# Modules beside the core declare terms in its namespace too, and the IRI of a term leads to the
# document of the namespace; so that document has them, without the headers of their modules: an
# ontology document has one header (OWL 2 Mapping to RDF Graphs, section 3.1.2).
_NAMESPACE = """
CONSTRUCT { ?s ?p ?o } WHERE {
  { GRAPH ?g { $this a owl:Ontology . ?s ?p ?o } }
  UNION
  {
    GRAPH ?g {
      ?module a owl:Ontology . ?s ?p ?o
      FILTER (?module != $this && ?s != ?module)
      FILTER EXISTS {
        ?term rdfs:isDefinedBy ?module FILTER (STRSTARTS(STR(?term), CONCAT(STR($this), "#")))
      }
    }
  }
}
"""
_GRAPH = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH $this { ?s ?p ?o } }"
_KIND = """
SELECT ?known ?ontology ?graph WHERE {
  BIND(EXISTS { $this ?p ?o } || EXISTS { ?s ?q $this } AS ?known)
  BIND(EXISTS { $this a owl:Ontology } AS ?ontology)
  BIND(EXISTS { GRAPH $this { ?a ?b ?c } } AS ?graph)
}
"""
_TERMS_LIMIT = 1000
_IN_GRAPH = (
    "SELECT DISTINCT ?s WHERE { GRAPH $this { ?s ?p ?o } FILTER(isIRI(?s)) } "
    f"ORDER BY ?s LIMIT {_TERMS_LIMIT + 1}"
)
_TERMS = (
    "SELECT DISTINCT ?s WHERE { GRAPH ?g { $this a owl:Ontology . ?s a ?type } "
    "FILTER(?s != $this && STRSTARTS(STR(?s), STR($this))) } ORDER BY ?s"
)
_MEMBERS = """
SELECT DISTINCT ?s WHERE { { ?s a $this } UNION { ?s skos:inScheme $this } FILTER(isIRI(?s)) }
ORDER BY ?s LIMIT 2000
"""
_NEIGHBOURS = """
SELECT DISTINCT ?s WHERE { ?s a ?type FILTER(isIRI(?s) && STRSTARTS(STR(?s), STR($start))) }
LIMIT 5000
"""
_CALLED = """
SELECT DISTINCT ?s ?name WHERE { ?s a $this ; skos:prefLabel|skos:altLabel ?name } LIMIT 10000
"""
# What is longer than any IRI of ours looks like none, and how far up what looks like it is sought.
_LONGEST = 400
_LEVELS = 3
# Of what points to a thing, properties with more subjects than this have a page of their own.
_FEW = 20
PER_PAGE = 100

# Who fills the places on which most of the law turns, on the day of asking.
_TODAY = """
SELECT ?role ?actor ?status ?from ?certain ?reading (MIN(?defined) AS ?provision) WHERE {
  VALUES ?role {
    <https://w3id.org/mandates/id/pk/role/peca-authority>
    <https://w3id.org/mandates/id/pk/role/peca-investigation-agency>
    <https://w3id.org/mandates/id/pk/role/peca-tribunal>
    <https://w3id.org/mandates/id/pk/role/peca-cert>
  }
  ?designation mand:fills ?role ; mand:filledBy ?actor ; mand:validFrom ?from ;
    mand:hasStatus ?status .
  OPTIONAL { ?designation mand:validUntil ?until }
  FILTER (?from <= NOW() && (!BOUND(?until) || NOW() < ?until))
  OPTIONAL { ?designation mand:certainFrom ?certain }
  OPTIONAL { ?designation mand:inReading ?reading }
  OPTIONAL { ?role mand:definedBy ?defined }
} GROUP BY ?role ?actor ?status ?from ?certain ?reading ORDER BY ?role ?from ?actor
"""
_INSTITUTIONS = """
SELECT ?actor (COUNT(DISTINCT ?mandate) AS ?mandates) (COUNT(DISTINCT ?duty) AS ?duties) WHERE {
  VALUES ?actor {
    <https://w3id.org/mandates/id/pk/actor/moitt> <https://w3id.org/mandates/id/pk/actor/pta>
    <https://w3id.org/mandates/id/pk/actor/fia> <https://w3id.org/mandates/id/pk/actor/national-cert>
    <https://w3id.org/mandates/id/pk/actor/nccia>
  }
  ?holding mand:heldBy ?actor ; a mand:Holding ; mand:ofMandate ?mandate ; mand:validFrom ?from .
  OPTIONAL { ?holding mand:validUntil ?until }
  FILTER (?from <= NOW() && (!BOUND(?until) || NOW() < ?until))
  OPTIONAL { ?mandate a mand:Duty BIND (?mandate AS ?duty) }
} GROUP BY ?actor ORDER BY ?actor
"""
_LATELY = """
SELECT DISTINCT ?event ?on ?latest ?precision ?by WHERE {
  ?event a mand:NormativeEvent ; mand:effectiveFrom ?on .
  FILTER (STRSTARTS(STR(?event), "https://w3id.org/mandates/id/pk/") && ?on <= NOW())
  OPTIONAL { ?event mand:effectiveBy ?latest }
  OPTIONAL { ?event mand:effectivePrecision ?precision }
  OPTIONAL { ?event mand:broughtAboutBy ?by }
} ORDER BY DESC(?on) ?event LIMIT 8
"""

Binding = Mapping[str, Mapping[str, str]]
Row = dict[str, "Node"]
_Dates = dict[str, Mapping[str, str]]


@dataclass(frozen=True)
class Node:
    """A term to show: an IRI with its label and local address, or a literal.

    Attributes:
        text: what to show.
        iri: empty for a literal.
        href: the local address, or the IRI when it belongs elsewhere.
        language: of the text, when known.
        datatype: of a literal, with a prefix.
        brief: an abbreviation that people use, else the text.
    """

    text: str
    iri: str = ""
    href: str = ""
    language: str = ""
    datatype: str = ""
    brief: str = ""

    @property
    def short(self) -> str:
        """The IRI with a prefix, or as it is."""
        return abbreviate(self.iri)

    @property
    def local(self) -> str:
        """The last part of the IRI, for use as a key."""
        return self.iri.rpartition("#")[2].rpartition("/")[2] if self.iri else self.text

    def __str__(self) -> str:
        return self.text


@dataclass
class Group:
    """A property and its values.

    Attributes:
        property: the property.
        values: what it leads to.
        graphs: for each value, the graphs in which the statement stands.
        count: how many values there are, those not shown included.
    """

    property: Node
    values: list[Node] = field(default_factory=list)
    graphs: list[list[Node]] = field(default_factory=list)
    count: int = 0


@dataclass
class Page:
    """What a page about an IRI shows.

    Attributes:
        iri: the thing described.
        path: its local path, without a suffix.
        kind: which template shows it.
        title: its label, or its abbreviated IRI.
        language: of the title, when known.
        brief: its abbreviation, when it has one.
        names: its labels in other languages.
        types: its classes, the most special first.
        lead: its definition, description and notes.
        groups: other statements, by property.
        inverse: what points to it, by property; long ones with their count alone.
        terms: what a graph or an ontology contains.
        parts: rows of the sections by their name.
        sections: the queries behind the page.
        cut: whether the terms were cut at their limit, which the page then says.
    """

    iri: str
    path: str
    kind: str
    title: str
    language: str
    brief: str
    names: list[Node]
    types: list[Node]
    lead: list[Node]
    groups: list[Group]
    inverse: list[Group]
    terms: list[Node]
    parts: dict[str, list[Row]]
    sections: dict[str, Section]
    cut: bool = False


@dataclass(frozen=True)
class Listing:
    """One page of the things that point to another by one property."""

    thing: Node
    by: Node
    rows: list[Row]
    count: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.count // PER_PAGE))


class Entities:
    """Looks IRIs up.

    Args:
        engine: runs the queries.
        base_iri: beginning of the IRIs that have a local page.
        client: on whose behalf it asks, for fairness between clients.
    """

    def __init__(
        self, engine: Backend, base_iri: str, client: Callable[[], str] = lambda: "pages"
    ) -> None:
        self._engine = engine
        self._base = base_iri
        self._client = client

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
        if kind == "ontology" and f"{iri}#" == _MAND:
            query = _NAMESPACE
        return self._run(query, iri, form)

    def everything(self, form: Format) -> Answer:
        """The default graph, that is, all triples."""
        return self._run("CONSTRUCT WHERE { ?s ?p ?o }", self._base, form)

    def page(self, iri: str, kind: str, language: str = "en") -> Page:
        """All that is known of an IRI, for a page.

        Args:
            iri: of the thing.
            kind: as :meth:`kind` says.
            language: preferred for names.
        """
        sections = {"statements": section("statements", this=iri)}
        answers = {"statements": self.select(sections["statements"].text)}
        types = {
            row["o"]["value"].removeprefix(_MAND)
            for row in answers["statements"]
            if row["p"]["value"] == _TYPE
        }
        template, parts = kind_of(types)
        for name in (*parts, *COMMON, "named-by"):
            sections[name] = section(name, this=iri)
            answers[name] = self.select(sections[name].text)
        if template == "finding":
            answers["finding-known"] = [{"finding": {"type": "uri", "value": iri}}]
        self._add_known(answers, sections, iri if template == "finding" else "")
        inverse, few = self._inverse(iri, answers.pop("named-by"), sections)
        terms: Sequence[Binding] = ()
        if kind in ("graph", "ontology"):
            terms = self._rows(_IN_GRAPH if kind == "graph" else _TERMS, iri)
        shown = terms[:_TERMS_LIMIT]
        rows = [row for name in answers for row in answers[name]]
        names = self._names([*rows, *inverse, *few, *shown], language, extra=[iri])
        groups = _by_property(answers.pop("statements"), "o", lambda value: self.node(value, names))
        return Page(
            iri=iri,
            path=iri.removeprefix(self._base),
            kind=template,
            title=names[iri].text if iri in names and names[iri].text else abbreviate(iri),
            language=names[iri].language if iri in names else "",
            brief=names[iri].short if iri in names else "",
            names=_other_names(names.get(iri)),
            types=_special_first(_take(groups, _TYPE)),
            lead=[node for lead in _LEADS for node in _take(groups, lead)],
            groups=[group for group in groups if group.property.iri not in (_PREF, *_TITLES)],
            inverse=self._shown(inverse, few, names),
            terms=[self.node(row["s"], names) for row in shown],
            parts={name: self.table(answers[name], names) for name in answers if answers[name]},
            sections=sections,
            cut=len(terms) > _TERMS_LIMIT,
        )

    def _inverse(
        self, iri: str, counts: Sequence[Binding], sections: dict[str, Section]
    ) -> tuple[Sequence[Binding], Sequence[Binding]]:
        """How often each property points to a thing, and from where when that is not often."""
        rare = [row["p"]["value"] for row in counts if int(row["n"]["value"]) <= _FEW]
        if not rare:
            return counts, ()
        found = section("named-by-few", this=iri)
        values = " ".join(f"<{name}>" for name in rare)
        text = found.text.replace("WHERE {", f"WHERE {{\n  VALUES ?p {{ {values} }}", 1)
        sections["named-by"] = Section(found.name, found.title, text)
        return counts, self.select(text)

    def _shown(
        self, counts: Sequence[Binding], few: Sequence[Binding], names: Mapping[str, Label]
    ) -> list[Group]:
        groups = [Group(self.node(row["p"], names), count=int(row["n"]["value"])) for row in counts]
        by_property = {group.property.iri: group for group in groups}
        for row in few:
            group = by_property[row["p"]["value"]]
            group.values.append(self.node(row["s"], names))
            group.graphs.append([self.node(row["grade"], names)] if "grade" in row else [])
        return sorted(groups, key=lambda group: group.property.text.lower())

    def _add_known(
        self, answers: dict[str, Sequence[Binding]], sections: dict[str, Section], own: str
    ) -> None:
        """Say of each finding in some rows how closely its days are known."""

        def named(row: Binding, *names: str) -> str:
            return next((row[name]["value"] for name in names if name in row), "")

        found = {named(row, "finding", "earliest") for rows in answers.values() for row in rows} - {
            ""
        }
        if found:
            known = self._known(found, sections, own)
            for name, rows in answers.items():
                answers[name] = [
                    {**row, **known.get(named(row, "pair", "finding", "earliest"), {})}
                    for row in rows
                ]

    def _known(
        self, findings: set[str], sections: dict[str, Section], own: str = ""
    ) -> dict[str, _Dates]:
        """Since when and until when findings and their pairs stand, as closely as that is known."""
        sections["findings-known"] = section("findings-known", these=findings)
        rows = self.select(sections["findings-known"].text)
        paired = {
            row["finding"]["value"]
            for row in rows
            if "by" in row and row["by"]["value"] != _MAND + "Affiliation"
        }
        counted: Sequence[Binding] = ()
        # Counting takes a while for each, so it is done for a page's own finding and not for lists.
        if own and own not in paired:
            sections["findings-counted"] = section("findings-counted", these=own)
            counted = self.select(sections["findings-counted"].text)
        return _known(rows, counted)

    def listing(self, iri: str, by: str, page: int, language: str = "en") -> Listing:
        """What points to a thing by one property, a page at a time.

        Args:
            iri: of the thing.
            by: IRI of the property.
            page: its number, from 1 on; beyond the last it is empty.
            language: preferred for names.

        Raises:
            ValueError: the property can't be written as an IRI.
        """
        counts = self.select(section("named-by", this=iri).text)
        count = next((int(row["n"]["value"]) for row in counts if row["p"]["value"] == by), 0)
        text = section("named-by-page", this=iri, property=by).text
        text = text.replace("OFFSET 0", f"OFFSET {(page - 1) * PER_PAGE}")
        rows = self.select(text) if count else []
        names = self._names(rows, language, extra=[iri, by])
        return Listing(
            thing=self.node({"type": "uri", "value": iri}, names),
            by=self.node({"type": "uri", "value": by}, names),
            rows=self.table(rows, names),
            count=count,
            page=page,
        )

    def between(self, one: str, other: str, day: date, language: str = "en") -> list[Row]:
        """The findings between two institutions that stand on a day, with the words they rest on.

        Each row has ``finding``, ``kind``, ``function``, ``subject``, ``from``, ``score``, and for
        either side, when known, ``firstActor``, ``firstMandate``, ``firstForce``, ``firstAction``,
        ``firstProvision``, ``firstWords`` and ``firstGrade``, or the same with ``second``.
        """
        found = self.select(section("between", this=one, other=other).text)
        # Findings of other countries begin at midnight there, so days are compared as texts.
        now = day.isoformat()
        standing = [
            row
            for row in found
            if row["from"]["value"][:10] <= now
            and ("until" not in row or now < row["until"]["value"][:10])
        ]
        iris = {row["finding"]["value"] for row in standing}
        sides = self._sides(iris, (one, other))
        known = self._known(iris, {}) if iris else {}
        rows = [
            {**row, **known.get(iri, {}), **sides.get(iri, {})}
            for row in standing
            for iri in [row["finding"]["value"]]
        ]
        return self.table(rows, self._names(rows, language))

    def _sides(self, findings: set[str], actors: tuple[str, str]) -> dict[str, dict[str, Any]]:
        """For each finding, the words by which either institution holds.

        They are of its first pair, or of the first holding of each when no pair is kept.
        """
        if not findings:
            return {}
        chosen: dict[str, list[str]] = {}
        others: dict[str, list[str]] = {}
        for row in self.select(section("between-holdings", these=findings).text):
            finding = row["finding"]["value"]
            if "first" in row:
                chosen[finding] = [row["first"]["value"], row["second"]["value"]]
            else:
                others.setdefault(finding, []).append(row["holding"]["value"])
        wanted = {holding for group in (*chosen.values(), *others.values()) for holding in group}
        known: dict[str, Binding] = {}
        for row in self.select(section("holding-words", these=wanted).text) if wanted else ():
            known.setdefault(row["holding"]["value"], row)
        sides = {}
        for finding in findings:
            rows = [known[item] for item in chosen.get(finding, ()) if item in known]
            if not rows:
                held = [known[item] for item in others.get(finding, ()) if item in known]
                by_actor = [[row for row in held if row["actor"]["value"] == it] for it in actors]
                rows = [group[0] for group in by_actor if group]
            sides[finding] = {
                f"{side}{name.capitalize()}": value
                for side, row in zip(("first", "second"), rows, strict=False)
                for name, value in row.items()
                if name != "holding"
            }
        return sides

    def called(self, iri: str, language: str = "en") -> Node:
        """A thing by its name."""
        return self.node({"type": "uri", "value": iri}, self.names([iri], language))

    def today(self, language: str = "en") -> list[Row]:
        """Who fills the legal roles on which most turns, on the day of asking."""
        return self.named(_PROLOGUE + _TODAY, language)

    def institutions(self, language: str = "en") -> list[Row]:
        """The five institutions with the number of mandates they hold today."""
        return self.named(_PROLOGUE + _INSTITUTIONS, language)

    def lately(self, language: str = "en") -> list[Row]:
        """The latest changes of the law of Pakistan, the newest first."""
        return self.named(_PROLOGUE + _LATELY, language)

    def near(self, iri: str, count: int = 5) -> list[str]:
        """Known IRIs that look like an unknown one, among those a few levels above it.

        Each level is a query over all things, and whoever asks chooses how many levels there are.
        """
        if len(iri) > _LONGEST:
            return []
        start = iri
        for _ in range(_LEVELS):
            start = start.rstrip("/#").rpartition("/")[0] + "/"
            if len(start) <= len(self._base):
                break
            rows = self._rows(_NEIGHBOURS, iri, start={"type": "literal", "value": start})
            known = [row["s"]["value"] for row in rows]
            close = difflib.get_close_matches(iri, known, n=count, cutoff=0.8)
            if close:
                return close
        return []

    def institutions_called(self, name: str) -> tuple[list[str], list[str]]:
        """The institutions of a name, abbreviation or last part of an IRI, and those of like names.

        Args:
            name: as somebody typed it, in any case.
        """
        called: dict[str, set[str]] = {}
        for row in self._rows(_CALLED, PREFIXES["mand"] + "Institution"):
            iri = row["s"]["value"]
            for one in (row["name"]["value"], iri.rpartition("/")[2]):
                called.setdefault(one.casefold(), set()).add(iri)
        wanted = " ".join(name.casefold().split())
        close = difflib.get_close_matches(wanted, sorted(called), n=5, cutoff=0.6)
        near = dict.fromkeys(iri for one in close for iri in sorted(called[one]))
        return sorted(called.get(wanted, ())), list(near)[:5]

    def href(self, iri: str) -> str:
        """The local path of an IRI, or the IRI itself when it belongs elsewhere."""
        if not iri.startswith(self._base):
            return iri if iri.startswith(("http://", "https://")) else ""
        return "/" + iri.removeprefix(self._base)

    def members(self, iri: str, language: str = "en") -> list[Node]:
        """What belongs to a class or a concept scheme, by label."""
        rows = self._rows(_MEMBERS, iri)
        names = self._names(rows, language)
        return sorted((self.node(row["s"], names) for row in rows), key=lambda node: node.text)

    def named(self, query: str, language: str = "en") -> list[Row]:
        """The rows of a query with everything in them called by its name."""
        rows = self.select(query)
        return self.table(rows, self._names(rows, language))

    def select(self, query: str) -> Sequence[Binding]:
        """The rows of a query as SPARQL 1.1 Query Results JSON has them."""
        request = QueryRequest(query, graph=GRAPH_FORMATS[0])
        body: dict[str, Any] = json.loads(self._engine.run(request, client=self._client()).read())
        bindings: list[Binding] = body["results"]["bindings"]
        return bindings

    def table(self, rows: Iterable[Binding], names: Mapping[str, Label]) -> list[Row]:
        """Rows to show."""
        return [{name: self.node(row[name], names) for name in row} for row in rows]

    def names(self, iris: Iterable[str], language: str = "en") -> dict[str, Label]:
        """What things are called."""
        return labels(self._engine, iris, language, client=self._client())

    def node(self, value: Mapping[str, str], names: Mapping[str, Label] | None = None) -> Node:
        """A term of SPARQL 1.1 Query Results JSON, to show."""
        text = value["value"]
        if value["type"] != "uri":
            datatype = abbreviate(value.get("datatype", ""))
            if datatype == "xsd:dateTime":
                text = _day(text)
            return Node(text, language=value.get("xml:lang", ""), datatype=datatype)
        label = (names or {}).get(text)
        if label is None or not label.text:
            return Node(abbreviate(text), iri=text, href=self.href(text))
        return Node(
            label.text,
            iri=text,
            href=self.href(text),
            language=label.language,
            brief=label.short or label.text,
        )

    def _names(
        self, rows: Iterable[Binding], language: str, extra: Iterable[str] = ()
    ) -> dict[str, Label]:
        iris = {value["value"] for row in rows for value in row.values() if value["type"] == "uri"}
        return self.names({*iris, *extra}, language)

    def _run(self, query: str, iri: str, form: Format, **more: Mapping[str, str]) -> Answer:
        request = QueryRequest(_PROLOGUE + query, graph=form)
        bindings = {"this": {"type": "uri", "value": iri}, **more}
        return self._engine.run(request, client=self._client(), bindings=bindings)

    def _rows(self, query: str, iri: str, **more: Mapping[str, str]) -> list[Binding]:
        answer = self._run(query, iri, GRAPH_FORMATS[0], **more)
        body: dict[str, Any] = json.loads(answer.read())
        bindings: list[Binding] = body["results"]["bindings"]
        return bindings


def _known(rows: Iterable[Binding], counted: Iterable[Binding]) -> dict[str, _Dates]:
    """For findings and their pairs since when and until when, and how closely that is known.

    Args:
        rows: of ``findings-known``: each finding itself, its pairs and both sides of each, the
            holdings that it rests on, and the affiliations between its institutions.
        counted: of ``findings-counted``: the holdings that count for findings without pairs.
    """
    own: dict[str, Stretch] = {}
    pairs: dict[str, dict[str, list[Stretch]]] = {}
    ties: dict[str, list[Stretch]] = {}
    for row in rows:
        finding, side = row["finding"]["value"], row["side"]["value"]
        by = row["by"]["value"] if "by" in row else ""
        stretch = _stretch(row)
        if side in (finding, by):
            own[side] = stretch
        elif by == _MAND + "Affiliation":
            ties.setdefault(finding, []).append(stretch)
        elif by:
            pairs.setdefault(finding, {}).setdefault(by, []).append(stretch)
    known: dict[str, Stretch] = {}
    for finding, its in pairs.items():
        for pair, sides in its.items():
            tied = ties.get(finding, ())
            known[pair] = met(own[pair].since, own[pair].until, [sides], ties=tied)
    counts: dict[str, list[Binding]] = {}
    for row in counted:
        counts.setdefault(row["finding"]["value"], []).append(row)
    for finding in own.keys() - known.keys():
        it = own[finding]
        if finding in pairs:
            certain = (it.since_latest, it.until_earliest)
            meetings = pairs[finding].values()
            known[finding] = met(it.since, it.until, meetings, certain, ties.get(finding, ()))
        else:
            known[finding] = _counted(it, counts.get(finding, ()))
    return {iri: _dates(stretch) for iri, stretch in known.items()}


def _counted(it: Stretch, rows: Sequence[Binding]) -> Spell:
    """How closely the days of a finding are known that holdings make which are counted.

    A matter that each law has for itself is counted law by law, and the finding does not name the
    law: it is told by the day on which one of its holdings begins, or nothing is said too closely.
    """
    kind = rows[0]["kind"]["value"].removeprefix(_MAND) if rows else "Gap"
    stretches = [
        (row.get("law", {}).get("value", ""), row["actor"]["value"], _stretch(row)) for row in rows
    ]
    if kind == "Gap":
        return vacant(it.since, it.until, (one for _, _, one in stretches))
    laws = {law for law, _, one in stretches if one.since == it.since}
    if len(laws) != 1:
        return Spell(it.since, None, it.until, None)
    counted = [(actor, one) for law, actor, one in stretches if law in laws]
    return held(it.since, it.until, counted, 2 if kind == "Fragmentation" else 1)


_NAMES = ("from", "certain", "until", "unsure")


def _stretch(row: Binding) -> Stretch:
    since, *others = (
        datetime.fromisoformat(row[name]["value"]) if name in row else None for name in _NAMES
    )
    assert since is not None
    return Stretch(since, *others)


def _dates(it: Stretch) -> _Dates:
    days = (it.since, it.since_latest, it.until, it.until_earliest)
    return {
        name: {"type": "literal", "value": day.isoformat(), "datatype": _DATE_TIME}
        for name, day in zip(_NAMES, days, strict=True)
        if day is not None
    }


_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):00(?:\.0+)?(\+05:00|)$")


def _day(text: str) -> str:
    """The day of a date, which the record writes as midnight where the law applies.

    What is derived is written in Pakistan's time. Midnight further east falls on the evening before
    there, midnight further west on the morning of the same day.

    >>> _day("2016-08-22T00:00:00+05:00"), _day("2017-06-01T00:00:00+08:00")
    ('2016-08-22', '2017-06-01')
    >>> _day("2017-05-31T21:00:00+05:00"), _day("2018-05-25T03:00:00+05:00")
    ('2017-06-01', '2018-05-25')
    """
    found = _MIDNIGHT.match(text)
    if found and int(found[2]) > 17:
        return (date.fromisoformat(found[1]) + timedelta(days=1)).isoformat()
    if found or "T00:00:00" in text:
        return text[:10]
    return text.replace("T", " ")


def _by_property(
    rows: Iterable[Binding], name: str, node: Callable[[Mapping[str, str]], Node]
) -> list[Group]:
    groups: dict[str, Group] = {}
    places: dict[tuple[Any, ...], list[Node]] = {}
    for row in rows:
        predicate = row["p"]["value"]
        group = groups.setdefault(predicate, Group(node(row["p"])))
        key = (predicate, *sorted(row[name].items()))
        if key not in places:
            places[key] = []
            group.values.append(node(row[name]))
            group.graphs.append(places[key])
            group.count += 1
        if "graph" in row:
            places[key].append(node(row["graph"]))
    return list(groups.values())


def _take(groups: list[Group], iri: str) -> list[Node]:
    taken: list[Node] = []
    for group in [group for group in groups if group.property.iri == iri]:
        groups.remove(group)
        taken += sorted(group.values, key=lambda node: node.language not in ("en", ""))
    return taken


def _other_names(label: Label | None) -> list[Node]:
    others = label.others if label else {}
    return [Node(text, language=language) for language, text in sorted(others.items())]


# Classes that say little beside the others of a thing.
_BROAD = (
    "Actor",
    "Finding",
    "HoldingRecord",
    "Institution",
    "Instrument",
    "LegalSource",
    "Mandate",
    "NormativeEvent",
    "Overlap",
    "ScopeConcept",
    "Statement",
)


def _special_first(types: list[Node]) -> list[Node]:
    ours = [node for node in types if node.iri.startswith(_MAND)]
    narrow = [node for node in ours if node.local not in _BROAD]
    return [*narrow, *(node for node in ours if node not in narrow)] if narrow else ours or types
