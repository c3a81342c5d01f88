"""The ontology as a reference: terms, diagrams, examples, alignments, change notes, versions.

Made from what is served, with templates of the project's own: pyLODE writes pages with inline
styles and scripts, which the Content-Security-Policy of these pages forbids, and knows nothing of
alignments, of counts in the record or of examples from it.
"""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox
from flask import Blueprint, Response, current_app, render_template, request

from mandates.dataset.names import BASE, GRAPH, MAND, OWL, RDF, RDFS, SKOS
from mandates.sparql.backend import Backend
from mandates.sparql.negotiation import GRAPH_FORMATS
from mandates.sparql.prefixes import PREFIXES
from mandates.sparql.request import QueryRequest
from mandates.web.diagram import Diagram, draw

pages = Blueprint("ontology", __name__)

_MODULES = f"{GRAPH}ontology/"
_ALL = f"""
CONSTRUCT {{ ?s ?p ?o }} WHERE {{
  GRAPH ?g {{ ?s ?p ?o }} FILTER (STRSTARTS(STR(?g), "{_MODULES}"))
}}
"""
_OF_GRAPH = f"""
SELECT ?g ?ontology WHERE {{
  GRAPH ?g {{ ?ontology a <{OWL}Ontology> }} FILTER (STRSTARTS(STR(?g), "{_MODULES}"))
}}
"""
_USED_CLASSES = f"""
SELECT ?term (COUNT(DISTINCT ?x) AS ?n) (SAMPLE(?x) AS ?example) WHERE {{
  ?x a ?term FILTER (STRSTARTS(STR(?term), "{MAND}") && ISIRI(?x))
}} GROUP BY ?term
"""
_USED_PROPERTIES = f"""
SELECT ?term (COUNT(*) AS ?n) WHERE {{
  ?x ?term ?y FILTER (STRSTARTS(STR(?term), "{MAND}"))
}} GROUP BY ?term
"""
_LABELS = """
SELECT ?it ?label WHERE {
  VALUES ?it { %s } ?it <http://www.w3.org/2004/02/skos/core#prefLabel> ?label
  FILTER (LANG(?label) = "en")
}
"""
_KINDS = {
    OWL + "Class": "Class",
    OWL + "ObjectProperty": "Object property",
    OWL + "DatatypeProperty": "Datatype property",
    OWL + "AnnotationProperty": "Annotation property",
    OWL + "NamedIndividual": "Individual",
}
_CHARACTERISTICS = {
    OWL + "FunctionalProperty": "functional",
    OWL + "InverseFunctionalProperty": "inverse functional",
    OWL + "TransitiveProperty": "transitive",
    OWL + "SymmetricProperty": "symmetric",
    OWL + "AsymmetricProperty": "asymmetric",
    OWL + "IrreflexiveProperty": "irreflexive",
}
_MAPPINGS = {
    RDFS + "subClassOf": "is a kind of",
    RDFS + "subPropertyOf": "is a kind of",
    OWL + "equivalentClass": "is the same as",
    OWL + "equivalentProperty": "is the same as",
    SKOS + "exactMatch": "answers exactly to",
    SKOS + "closeMatch": "answers closely to",
    SKOS + "broadMatch": "is narrower than",
    SKOS + "narrowMatch": "is wider than",
    SKOS + "relatedMatch": "is related to",
}
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_ORDER = tuple(_KINDS.values())


@dataclass(frozen=True)
class Ref:
    """A term to point to."""

    iri: str
    text: str


@dataclass
class Term:
    """A class, property or individual of the ontology, as its reference shows it."""

    iri: str
    kind: str
    module: str
    label: str
    definition: str = ""
    notes: list[tuple[str, str]] = field(default_factory=list)
    facts: list[tuple[str, list[str]]] = field(default_factory=list)
    mappings: list[tuple[str, Ref, str]] = field(default_factory=list)
    deprecated: bool = False
    used: int = 0
    example: Ref | None = None

    @property
    def name(self) -> str:
        """The local name, which is also its anchor."""
        return self.iri.removeprefix(MAND)


@dataclass(frozen=True)
class Module:
    """One ontology: the core, an addition, or an alignment."""

    iri: str
    title: str
    description: str
    version: str
    version_iri: str
    facts: tuple[tuple[str, str], ...]
    changes: tuple[str, ...]

    @property
    def is_alignment(self) -> bool:
        """Whether it only says how terms answer to another vocabulary's."""
        return "/alignment/" in self.iri


@dataclass(frozen=True)
class Reference:
    """All that the reference shows."""

    version: str
    modules: Mapping[str, Module]
    schemes: tuple[Module, ...]
    terms: Mapping[str, Term]
    labels: Mapping[str, str]
    diagram: Diagram
    tree: tuple[tuple[int, str], ...]

    def of(self, module: str) -> dict[str, list[Term]]:
        """The terms of a module by kind, each kind in the order of the alphabet."""
        found: dict[str, list[Term]] = {kind: [] for kind in _ORDER}
        for term in self.terms.values():
            if term.module == module:
                found[term.kind].append(term)
        return {
            kind: sorted(terms, key=lambda t: t.name.casefold())
            for kind, terms in found.items()
            if terms
        }

    def beside(self, module: str) -> dict[str, list[Term]]:
        """The terms that other modules declare in the namespace of a module, by their module.

        Their IRIs lead to the address of the namespace, so its page must lead on from there.
        """
        found: dict[str, list[Term]] = {}
        for term in sorted(self.terms.values(), key=lambda t: t.name.casefold()):
            if term.module != module and term.iri.startswith(f"{module}#"):
                found.setdefault(term.module, []).append(term)
        return dict(sorted(found.items()))


class References:
    """Makes the reference of the version served, once.

    Args:
        engine: runs the queries.
    """

    def __init__(self, engine: Backend) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._made: Reference | None = None

    def current(self) -> Reference:
        """The reference of the version served now."""
        with self._lock:
            version = self._engine.version
            if self._made is None or self._made.version != version or not version:
                self._made = self._make(version)
            return self._made

    def _make(self, version: str) -> Reference:
        form = next(item for item in GRAPH_FORMATS if item.name == "nt")
        answer = self._engine.run(QueryRequest(_ALL, graph=form), client="pages")
        triples = [q.triple for q in ox.parse(answer.read(), format=ox.RdfFormat.N_TRIPLES)]
        return _reference(
            version,
            triples,
            [(row["g"], row["ontology"]) for row in self._rows(_OF_GRAPH)],
            self._used(),
            self._rows(_USED_CLASSES),
            self._labels,
        )

    def _used(self) -> dict[str, int]:
        return {row["term"]: int(row["n"]) for row in self._rows(_USED_PROPERTIES)}

    def _labels(self, iris: Iterable[str]) -> dict[str, str]:
        values = " ".join(f"<{iri}>" for iri in sorted(set(iris)))
        return {row["it"]: row["label"] for row in self._rows(_LABELS % values)} if values else {}

    def _rows(self, query: str) -> list[dict[str, str]]:
        answer = self._engine.run(QueryRequest(query), client="pages")
        bindings = json.loads(answer.read())["results"]["bindings"]
        return [{name: cell["value"] for name, cell in row.items()} for row in bindings]


class _Said:
    """Triples by subject and predicate."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self.by: dict[str, dict[str, list[ox.NamedNode | ox.BlankNode | ox.Literal]]] = {}
        for triple in triples:
            row = self.by.setdefault(_key(triple.subject), defaultdict(list))
            if not isinstance(triple.object, ox.Triple):
                row[triple.predicate.value].append(triple.object)

    def values(self, subject: str, predicate: str) -> list[str]:
        """Values as text, English ones or without a language, IRIs included, sorted."""
        found = self.by.get(subject, {}).get(predicate, [])
        return sorted(
            _key(v) for v in found if not isinstance(v, ox.Literal) or v.language in (None, "en")
        )

    def one(self, subject: str, predicate: str) -> str:
        """The first of the values, empty when there is none."""
        return next(iter(self.values(subject, predicate)), "")

    def items(self, node: str) -> list[str]:
        """The members of an RDF list, in their order."""
        found = []
        while node and node != RDF + "nil":
            found += self.values(node, RDF + "first")
            node = self.one(node, RDF + "rest")
        return found


def _stable(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Name blank nodes by what is said of them, so that the page is the same each time."""
    named = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    named.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted((quad.triple for quad in named), key=str)


def _key(term: object) -> str:
    if isinstance(term, ox.BlankNode):
        return f"_:{term.value}"
    assert isinstance(term, ox.NamedNode | ox.Literal)
    return term.value


def _reference(
    version: str,
    triples: Sequence[ox.Triple],
    graphs: Sequence[tuple[str, str]],
    used: Mapping[str, int],
    classes: Sequence[Mapping[str, str]],
    labels_of: object,
) -> Reference:
    said = _Said(_stable(triples))
    namespace = MAND.removesuffix("#")
    named_so = sorted({iri for _, iri in graphs if iri.startswith(BASE)})
    # The core first, then what adds to it; a scheme of concepts has a page of its own kind.
    modules = {
        iri: _module(said, iri)
        for iri in sorted(named_so, key=lambda iri: (iri != namespace, iri))
        if iri == namespace or iri.startswith(f"{namespace}/")
    }
    schemes = tuple(_module(said, iri) for iri in named_so if iri not in modules)
    terms: dict[str, Term] = {}
    for iri in said.by:
        if not iri.startswith(MAND):
            continue
        types = said.values(iri, RDF + "type")
        kind = next((_KINDS[t] for t in _KINDS if t in types), "")
        if not kind and types and said.values(iri, RDFS + "isDefinedBy"):
            kind = "Individual"
        if kind:
            terms[iri] = _term(said, iri, kind, types)
    for iri, term in terms.items():
        term.mappings = _mapped(said, iri)
        term.used = used.get(iri, 0)
    examples = {row["example"] for row in classes if row["term"] in terms}
    named = labels_of(examples) if callable(labels_of) else {}
    for row in classes:
        if row["term"] in terms:
            term = terms[row["term"]]
            term.used = int(row["n"])
            term.example = Ref(row["example"], named.get(row["example"], row["example"]))
    labels = {iri: term.label for iri, term in terms.items()}
    above = {iri: said.values(iri, RDFS + "subClassOf") for iri in terms}
    diagram = draw(_links(said, terms), labels, above)
    return Reference(
        version,
        modules,
        schemes,
        terms,
        labels,
        diagram,
        tuple(_tree(said, terms)),
    )


def _module(said: _Said, iri: str) -> Module:
    dct = PREFIXES["dct"]
    facts = (
        ("Version", said.one(iri, OWL + "versionInfo")),
        ("Issued", said.one(iri, dct + "issued")),
        ("Modified", said.one(iri, dct + "modified")),
        ("By", _called(said, said.one(iri, dct + "creator"))),
        ("Licence", said.one(iri, dct + "license")),
        ("Cite as", said.one(iri, dct + "bibliographicCitation")),
    )
    return Module(
        iri,
        said.one(iri, dct + "title") or said.one(iri, SKOS + "prefLabel") or iri,
        (said.one(iri, dct + "description") or said.one(iri, SKOS + "definition"))
        .replace("<", "")
        .replace(">", ""),
        said.one(iri, OWL + "versionInfo"),
        said.one(iri, OWL + "versionIRI"),
        tuple((name, value) for name, value in facts if value),
        tuple(said.values(iri, SKOS + "changeNote")),
    )


def _called(said: _Said, agent: str) -> str:
    """The name of an agent, or the agent itself when it has none or is a name already."""
    return said.one(agent, "http://xmlns.com/foaf/0.1/name") or agent


def _term(said: _Said, iri: str, kind: str, types: Sequence[str]) -> Term:
    term = Term(
        iri,
        kind,
        said.one(iri, RDFS + "isDefinedBy") or MAND.removesuffix("#"),
        said.one(iri, SKOS + "prefLabel") or iri.removeprefix(MAND),
        said.one(iri, SKOS + "definition"),
        deprecated="true" in said.values(iri, OWL + "deprecated"),
    )
    for predicate, name in (
        (SKOS + "scopeNote", "Scope"),
        (SKOS + "example", "For example"),
        (SKOS + "note", "Note"),
        (SKOS + "editorialNote", "Editors"),
        (SKOS + "changeNote", "Changed"),
        (PREFIXES["dct"] + "source", "Source"),
    ):
        term.notes += [(name, text) for text in said.values(iri, predicate)]
    for predicate, name in (
        (RDFS + "subClassOf", "Kind of"),
        (RDFS + "subPropertyOf", "Kind of"),
        (RDFS + "domain", "Said of"),
        (RDFS + "range", "Value"),
        (OWL + "inverseOf", "Inverse of"),
        (OWL + "disjointWith", "Never also"),
        (OWL + "equivalentClass", "Same as"),
        (PREFIXES["dct"] + "isReplacedBy", "Replaced by"),
    ):
        values = said.values(iri, predicate)
        if name == "Kind of":
            values = [v for v in values if not _foreign(v)]
        shown = [text for value in values for text in _expression(said, value)]
        if shown:
            term.facts.append((name, shown))
    below = [
        other
        for other, row in said.by.items()
        if other.startswith(MAND)
        and any(
            _key(v) == iri for p in ("subClassOf", "subPropertyOf") for v in row.get(RDFS + p, ())
        )
    ]
    if below:
        term.facts.append(("Kinds", sorted(below)))
    marks = [_CHARACTERISTICS[t] for t in types if t in _CHARACTERISTICS]
    if marks:
        term.facts.append(("Is", [f"“{', '.join(marks)}"]))
    for chain in said.values(iri, OWL + "propertyChainAxiom"):
        term.facts.append(("Follows from", said.items(chain)))
    return term


def _foreign(iri: str) -> bool:
    """Whether a term belongs to another vocabulary, so that it is told as an alignment."""
    return not iri.startswith(("_:", MAND, SKOS, OWL, RDFS, RDF))


def _expression(said: _Said, value: str) -> list[str]:
    if not value.startswith("_:"):
        return [value]
    for predicate in ("unionOf", "intersectionOf", "oneOf"):
        for members in said.values(value, OWL + predicate):
            return said.items(members)
    on = said.one(value, OWL + "onProperty")
    for predicate, words in (
        ("someValuesFrom", "at least one"),
        ("allValuesFrom", "only"),
        ("hasValue", "the value"),
    ):
        filler = said.one(value, OWL + predicate)
        if on and filler:
            return [f"“what has by {_local(on)} {words} {_local(filler)}"]
    return ["“an expression; see the Turtle"]


def _local(iri: str) -> str:
    return re.sub(r"^.*[/#]", "", iri)


def _mapped(said: _Said, iri: str) -> list[tuple[str, Ref, str]]:
    return [
        (words, Ref(value, _short(value)), _local(predicate))
        for predicate, words in _MAPPINGS.items()
        for value in said.values(iri, predicate)
        if value.startswith("http") and _foreign(value)
    ]


def _short(iri: str) -> str:
    names = {
        "http://www.w3.org/ns/org#": "org",
        "http://data.europa.eu/m8g/": "cpov",
        "http://www.w3.org/ns/prov#": "prov",
        "https://w3id.org/dpv#": "dpv",
        "http://purl.org/nemo/gufo#": "gufo",
        "http://www.w3.org/2006/time#": "time",
        "https://schema.org/": "schema",
        "http://schema.org/": "schema",
    } | {space: name for name, space in PREFIXES.items()}
    best = max((s for s in names if iri.startswith(s)), key=len, default="")
    return f"{names[best]}:{iri.removeprefix(best)}" if best else iri


def _links(said: _Said, terms: Mapping[str, Term]) -> list[tuple[str, str, str]]:
    """Object properties as arrows from what they are said of to their values."""
    return [
        (one, iri, two)
        for iri, term in sorted(terms.items())
        if term.kind == "Object property"
        for domain in said.values(iri, RDFS + "domain")
        for one in _expression(said, domain)
        for value in said.values(iri, RDFS + "range")
        for two in _expression(said, value)
        if one in terms and two in terms
    ]


def _tree(said: _Said, terms: Mapping[str, Term]) -> Iterable[tuple[int, str]]:
    """The classes as a tree: depth and IRI, a class under each of those above it."""
    below: dict[str, list[str]] = defaultdict(list)
    tops = []
    for iri, term in terms.items():
        if term.kind != "Class":
            continue
        above = [v for v in said.values(iri, RDFS + "subClassOf") if v in terms]
        for wide in above:
            below[wide].append(iri)
        if not above:
            tops.append(iri)

    def walk(iri: str, depth: int, seen: frozenset[str]) -> Iterable[tuple[int, str]]:
        yield depth, iri
        for narrow in sorted(below[iri], key=lambda i: terms[i].label):
            if narrow not in seen:
                yield from walk(narrow, depth + 1, seen | {narrow})

    for top in sorted(tops, key=lambda i: terms[i].label):
        yield from walk(top, 0, frozenset({top}))


@pages.get("/ontology")
def overview() -> Response:
    """What there is: modules, a diagram, the classes, alignments, versions."""
    reference = _references().current()
    partners: dict[str, list[tuple[Term, str, Ref]]] = defaultdict(list)
    for term in reference.terms.values():
        for words, target, _ in term.mappings:
            partners[target.text.partition(":")[0]].append((term, words, target))
    text = render_template(
        "ontology/overview.html",
        reference=reference,
        partners=dict(sorted(partners.items())),
        href=href,
        local=_local,
    )
    return Response(text, mimetype="text/html")


def module_page(iri: str, note: str = "", status: int = 200) -> Response | None:
    """The reference of one module; None when it is none of the ontology's."""
    reference = _references().current()
    module = reference.modules.get(iri)
    if module is None:
        return None
    text = render_template(
        "ontology/module.html",
        reference=reference,
        module=module,
        kinds=reference.of(iri),
        beside=reference.beside(iri),
        note=note,
        href=href,
        local=_local,
        formats=GRAPH_FORMATS,
        path=iri.removeprefix(BASE),
    )
    return Response(text, status=status, mimetype="text/html")


@dataclass(frozen=True)
class Versioned:
    """What an address of a version leads to.

    Attributes:
        module: the module or concept scheme that it is a version of.
        asked: the version asked for.
        current: whether that is the one served.
        known: whether there has been such a version.
    """

    module: Module
    asked: str
    current: bool
    known: bool


def versioned(path: str) -> Versioned | None:
    """Read the address of a version, such as ``ns/cyber/0.1.0`` or ``scheme/function/0.1.0``."""
    stem, _, last = path.rpartition("/")
    if not _VERSION.fullmatch(last):
        return None
    reference = _references().current()
    schemes = {scheme.iri: scheme for scheme in reference.schemes}
    module = reference.modules.get(BASE + stem) or schemes.get(BASE + stem)
    if module is None:
        return None
    named = {match[0] for note in module.changes if (match := _VERSION.match(note))}
    return Versioned(module, last, module.version == last, last in named | {module.version})


def href(iri: str) -> str:
    """Where a term's documentation is."""
    if iri.startswith(MAND):
        term = _references().current().terms.get(iri)
        module = term.module if term else MAND.removesuffix("#")
        return f"{request.script_root}/{module.removeprefix(BASE)}#{iri.removeprefix(MAND)}"
    return f"{request.script_root}/{iri.removeprefix(BASE)}" if iri.startswith(BASE) else iri


def _references() -> References:
    references: References = current_app.extensions["references"]
    return references
