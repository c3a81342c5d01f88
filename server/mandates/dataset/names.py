"""IRIs that the code must know by name."""

from __future__ import annotations

from functools import cache

import pyoxigraph as ox

BASE = "https://w3id.org/mandates/"
MAND = BASE + "ns#"
ID = BASE + "id/"
SCHEME = BASE + "scheme/"
GRAPH = BASE + "graph/"

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCT = "http://purl.org/dc/terms/"
XSD = "http://www.w3.org/2001/XMLSchema#"

#: Prefixes offered to people who write queries, in alphabetical order.
PREFIXES: dict[str, str] = {
    "actor": ID + "pk/actor/",
    "addressee": SCHEME + "addressee/",
    "condition": ID + "pk/condition/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": DCT,
    "designation": ID + "pk/designation/",
    "document": ID + "pk/document/",
    "event": ID + "pk/event/",
    "evidence": ID + "pk/evidence/",
    "finding": ID + "finding/",
    "function": SCHEME + "function/",
    "graph": GRAPH,
    "instrument": ID + "pk/instrument/",
    "layer": SCHEME + "layer/",
    "mand": MAND,
    "mandate": ID + "pk/mandate/",
    "owl": OWL,
    "peca": ID + "pk/instrument/peca-2016/",
    "rdf": RDF,
    "rdfs": RDFS,
    "reading": ID + "pk/reading/",
    "role": ID + "pk/role/",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": SKOS,
    "subject": SCHEME + "subject/",
    "territory": SCHEME + "territory/",
    "void": "http://rdfs.org/ns/void#",
    "xsd": XSD,
}


@cache
def mand(name: str) -> ox.NamedNode:
    """Name a term of the ontology.

    >>> mand("Power").value
    'https://w3id.org/mandates/ns#Power'
    """
    return ox.NamedNode(MAND + name)


TYPE = ox.NamedNode(RDF + "type")
PREF_LABEL = ox.NamedNode(SKOS + "prefLabel")
ALT_LABEL = ox.NamedNode(SKOS + "altLabel")


def shorten(iri: str) -> str:
    """Write an IRI with the longest prefix that fits, or in angle brackets.

    >>> shorten("https://w3id.org/mandates/ns#Power")
    'mand:Power'
    >>> shorten("https://example.org/x")
    '<https://example.org/x>'
    """
    best = max(
        (p for p, ns in PREFIXES.items() if iri.startswith(ns) and len(iri) > len(ns)),
        key=lambda p: len(PREFIXES[p]),
        default=None,
    )
    if best is None:
        return f"<{iri}>"
    return f"{best}:{iri[len(PREFIXES[best]) :].replace('/', chr(92) + '/')}"


def polity(iri: str) -> str:
    """Return the legal order that an IRI of the record belongs to.

    >>> polity("https://w3id.org/mandates/id/pk/mandate/x")
    'pk'
    """
    return iri.removeprefix(ID).split("/", 1)[0]
