"""What things are called: one query names all things of a page, in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mandates.sparql.backend import Backend
from mandates.sparql.negotiation import ROW_FORMATS
from mandates.sparql.prefixes import PREFIXES
from mandates.sparql.request import QueryRequest

_QUERY = """
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX mand: <https://w3id.org/mandates/ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?s ?kind ?text WHERE {
  VALUES ?s { %s }
  {
    VALUES (?p ?kind) {
      (skos:prefLabel "label") (rdfs:label "other") (dct:title "other") (foaf:name "other")
      (skos:altLabel "short")
      (mand:citation "citation") (mand:locator "locator") (mand:heading "heading")
      (mand:rank "rank")
    }
    ?s ?p ?text
  }
  UNION { ?s mand:provisionOf/skos:prefLabel ?text BIND ("law" AS ?kind) }
  UNION { ?s mand:provisionOf/skos:altLabel ?text BIND ("law-short" AS ?kind) }
  UNION { ?s mand:fromDocument/skos:prefLabel ?text BIND ("document" AS ?kind) }
  UNION { ?finding mand:supportedByPair ?s ; skos:prefLabel ?text BIND ("finding" AS ?kind) }
}
"""
# Values of one query; more are asked for in turns, so no query grows without bound.
_AT_ONCE = 2000
_DCT, _RDFS, _SKOS = (PREFIXES[name] for name in ("dct", "rdfs", "skos"))
_ELI, _ORG, _SCHEMA = (
    "http://data.europa.eu/eli/ontology#",
    "http://www.w3.org/ns/org#",
    "https://schema.org/",
)
#: What terms of others are called that the record uses: their vocabularies are not part of it.
BORROWED: Mapping[str, str] = {
    PREFIXES["rdf"] + "type": "is a",
    _RDFS + "isDefinedBy": "is defined by",
    _RDFS + "seeAlso": "see also",
    _RDFS + "subClassOf": "is a kind of",
    _RDFS + "subPropertyOf": "is a special case of",
    _SKOS + "altLabel": "also called",
    _SKOS + "prefLabel": "called",
    _SKOS + "broader": "stands under",
    _SKOS + "broaderTransitive": "stands somewhere under",
    _SKOS + "narrower": "stands over",
    _SKOS + "inScheme": "is in the scheme",
    _SKOS + "topConceptOf": "stands at the top of",
    _SKOS + "hasTopConcept": "has at its top",
    _SKOS + "definition": "definition",
    _SKOS + "note": "note",
    _SKOS + "scopeNote": "note on its scope",
    _SKOS + "example": "example",
    _SKOS + "changeNote": "change",
    _SKOS + "exactMatch": "is the same elsewhere as",
    _SKOS + "closeMatch": "is nearly the same elsewhere as",
    _SKOS + "broadMatch": "is narrower than what is elsewhere",
    _SKOS + "narrowMatch": "is broader than what is elsewhere",
    _SKOS + "relatedMatch": "is related elsewhere to",
    _DCT + "title": "title",
    _DCT + "description": "description",
    _DCT + "creator": "made by",
    _DCT + "publisher": "published by",
    _DCT + "issued": "issued",
    _DCT + "created": "created",
    _DCT + "modified": "changed",
    _DCT + "license": "licence",
    _DCT + "source": "source",
    _DCT + "subject": "about",
    _DCT + "identifier": "identifier",
    _DCT + "hasPart": "has part",
    _DCT + "isPartOf": "is part of",
    _DCT + "bibliographicCitation": "to be cited as",
    _ELI + "is_part_of": "is part of",
    _ELI + "based_on": "is based on",
    _ELI + "responsibility_of_agent": "is the responsibility of",
    _ORG + "memberOf": "is a member of",
    _ORG + "unitOf": "is a unit of",
    _SCHEMA + "sameAs": "the same thing elsewhere",
    _SCHEMA + "legislationAmends": "amends",
    _SCHEMA + "legislationRepeals": "repeals",
    "http://www.w3.org/ns/prov#wasDerivedFrom": "was derived from",
    PREFIXES["void"] + "exampleResource": "has as an example",
    PREFIXES["owl"] + "versionInfo": "version",
    PREFIXES["owl"] + "versionIRI": "address of this version",
    PREFIXES["owl"] + "imports": "takes in",
}


@dataclass(frozen=True)
class Label:
    """The name of a thing.

    Attributes:
        text: what to show.
        language: of the text, empty when it has none.
        short: an abbreviation, empty when it has none.
        others: names in other languages, by language.
    """

    text: str
    language: str = ""
    short: str = ""
    others: Mapping[str, str] = field(default_factory=dict)


def labels(
    engine: Backend, iris: Iterable[str], language: str = "en", *, client: str = ""
) -> dict[str, Label]:
    """Names of things by IRI; what has no name is left out.

    A provision is called by its citation and its law's short title, a piece of evidence by where in
    which document it stands, a pair of holdings by its rank in which finding, and what is borrowed
    from other vocabularies by the words in :data:`BORROWED`.

    Args:
        engine: answers the query.
        iris: of the things, in any order.
        language: preferred; English is next, then any.
        client: on whose behalf it is asked.
    """
    wanted = sorted(set(iris))
    found: dict[str, dict[str, dict[str, str]]] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        values = " ".join(f"<{iri}>" for iri in wanted[start : start + _AT_ONCE])
        request = QueryRequest(_QUERY % values, rows=ROW_FORMATS[0])
        body = json.loads(engine.run(request, client=client).read())
        for row in body["results"]["bindings"]:
            kinds = found.setdefault(row["s"]["value"], {})
            texts = kinds.setdefault(row["kind"]["value"], {})
            spoken, text = row["text"].get("xml:lang", ""), row["text"]["value"]
            kept = texts.get(spoken)
            # Of several abbreviations the shortest stands, whatever order the store gives them in.
            if kept is None or (len(text), text) < (len(kept), kept):
                texts[spoken] = text
    for iri in BORROWED.keys() & set(wanted):
        found.setdefault(iri, {}).setdefault("other", {"en": BORROWED[iri]})
    return {iri: _label(kinds, language) for iri, kinds in found.items()}


def _label(kinds: Mapping[str, Mapping[str, str]], language: str) -> Label:
    def pick(kind: str) -> tuple[str, str]:
        texts = kinds.get(kind, {})
        for choice in (language, "en", "", *sorted(texts)):
            if choice in texts:
                return texts[choice], choice
        return "", ""

    short = pick("short")[0]
    text, of = pick("label")
    if not text:
        text, of = pick("other")
    if not text and "citation" in kinds:
        law = (pick("law-short") if "law-short" in kinds else pick("law"))[0]
        citation = pick("citation")[0]
        text, of = (f"{law}, {citation}" if law else citation), "en"
        short = citation
    if not text and "locator" in kinds:
        document = pick("document")[0]
        text, of = f"{document}, {pick('locator')[0]}" if document else pick("locator")[0], "en"
    if not text and "rank" in kinds:
        finding = pick("finding")[0]
        text, of = f"Pair {pick('rank')[0]}" + (f" of {finding}" if finding else ""), "en"
    others = {key: value for key, value in kinds.get("label", {}).items() if key != of}
    return Label(text, of, short, others)


def abbreviate(iri: str) -> str:
    """An IRI with a prefix, or as it is.

    >>> abbreviate("https://w3id.org/mandates/ns#Power"), abbreviate("https://example.org/")
    ('mand:Power', 'https://example.org/')
    """
    best = max(
        (item for item in PREFIXES.items() if iri.startswith(item[1])),
        key=lambda item: len(item[1]),
        default=None,
    )
    if best and len(iri) > len(best[1]):
        return f"{best[0]}:{iri.removeprefix(best[1])}"
    return iri
