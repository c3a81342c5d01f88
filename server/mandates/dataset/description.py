"""The dataset described in its own graph: VoID, DCAT, schema.org, example queries and prefixes.

https://www.w3.org/TR/void/ and https://www.w3.org/TR/vocab-dcat-3/. Other tools read it to find
out what there is to ask: the classes and properties in use with their counts, the links to other
datasets, the questions as ``sh:SPARQLExecutable``, and the prefixes as ``sh:declare``. All
nodes have IRIs made from what they describe, so the same data has the same description.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from urllib.parse import quote, urlsplit

import pyoxigraph as ox

from mandates.dataset.names import BASE, DCT, GRAPH, OWL, PREFIXES, RDF, SKOS, XSD, shorten
from mandates.dataset.questions import questions

DATASET = BASE + "dataset"
DESCRIPTION_GRAPH = GRAPH + "derived/description"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"

_VOID = "http://rdfs.org/ns/void#"
_DCAT = "http://www.w3.org/ns/dcat#"
_SH = "http://www.w3.org/ns/shacl#"
_SCHEMA = "https://schema.org/"
_MEDIA = "https://www.iana.org/assignments/media-types/"
#: The dumps of the whole dataset, each with its media type.
_DUMPS = {
    "dataset.jsonld.gz": "application/ld+json",
    "dataset.nq.gz": "application/n-quads",
    "dataset.trig.gz": "application/trig",
    "dataset.ttl.gz": "text/turtle",
}
_LINKS = frozenset(
    [OWL + name for name in ("sameAs", "equivalentClass", "equivalentProperty")]
    + [SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch")]
    + [SKOS + "relatedMatch"]
)

Term = ox.NamedNode | ox.Literal


def describe_dataset(quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    """Describe the quads of a dataset.

    Args:
        quads: all of them, named graphs included; the same triple in two graphs counts once.

    Yields:
        Quads of the graph ``…/graph/derived/description``.

    >>> a, kind = ox.NamedNode(BASE + "id/a"), ox.NamedNode(RDF + "type")
    >>> quads = [ox.Quad(a, kind, ox.NamedNode(BASE + "ns#Power"), a)]
    >>> found = {(q.subject.value, q.predicate.value): q.object for q in describe_dataset(quads)}
    >>> found[DATASET + "#class/mand:Power", _VOID + "entities"].value
    '1'
    """
    triples = {quad.triple for quad in quads}
    classes: dict[str, set[object]] = defaultdict(set)
    properties: Counter[str] = Counter()
    links: Counter[tuple[str, str]] = Counter()
    for triple in triples:
        predicate = triple.predicate.value
        properties[predicate] += 1
        if not isinstance(triple.object, ox.NamedNode):
            continue
        target = triple.object.value
        if predicate == RDF + "type":
            classes[target].add(triple.subject)
        elif predicate in _LINKS and not target.startswith(BASE):
            links[predicate, urlsplit(target).hostname or target] += 1

    yield from _whole(triples, classes, properties)
    for iri, members in sorted(classes.items()):
        part = f"{DATASET}#class/{_fragment(iri)}"
        yield _say(DATASET, _VOID + "classPartition", _node(part))
        yield _say(part, _VOID + "class", _node(iri))
        yield _say(part, _VOID + "entities", _number(len(members)))
    for iri, count in sorted(properties.items()):
        part = f"{DATASET}#property/{_fragment(iri)}"
        yield _say(DATASET, _VOID + "propertyPartition", _node(part))
        yield _say(part, _VOID + "property", _node(iri))
        yield _say(part, _VOID + "triples", _number(count))
    for (predicate, host), count in sorted(links.items()):
        part = f"{DATASET}#links/{_fragment(predicate)}/{host}"
        yield _say(part, RDF + "type", _node(_VOID + "Linkset"))
        yield _say(DATASET, _VOID + "subset", _node(part))
        yield _say(part, _VOID + "subjectsTarget", _node(DATASET))
        yield _say(part, _VOID + "objectsTarget", _node(f"{DATASET}#host/{host}"))
        yield _say(part, _VOID + "linkPredicate", _node(predicate))
        yield _say(part, _VOID + "triples", _number(count))
    yield from _catalogue()
    yield from _prefixes()
    yield from _examples()


def _whole(
    triples: set[ox.Triple], classes: dict[str, set[object]], properties: Counter[str]
) -> Iterator[ox.Quad]:
    for kind in (_VOID + "Dataset", _DCAT + "Dataset"):
        yield _say(DATASET, RDF + "type", _node(kind))
    title = "Who may or must do what in cyberspace, under which words of which law"
    yield _say(DATASET, DCT + "title", ox.Literal(title, language="en"))
    yield _say(DATASET, DCT + "license", _node(LICENCE))
    yield _say(DATASET, DCT + "publisher", ox.Literal("The mandates authors"))
    yield _say(DATASET, _DCAT + "landingPage", _node(BASE))
    yield _say(DATASET, _VOID + "uriSpace", ox.Literal(BASE))
    yield _say(DATASET, _VOID + "exampleResource", _node(BASE + "id/pk/actor/pta"))
    yield _say(DATASET, _VOID + "vocabulary", _node(BASE + "ns"))
    yield _say(DATASET, _VOID + "triples", _number(len(triples)))
    yield _say(DATASET, _VOID + "classes", _number(len(classes)))
    yield _say(DATASET, _VOID + "properties", _number(len(properties)))
    subjects = len({triple.subject for triple in triples})
    objects = len({triple.object for triple in triples})
    yield _say(DATASET, _VOID + "distinctSubjects", _number(subjects))
    yield _say(DATASET, _VOID + "distinctObjects", _number(objects))


def _catalogue() -> Iterator[ox.Quad]:
    """Say where the dataset can be had, in the words that data portals and search engines read."""
    catalogue, service = DATASET + "#catalogue", BASE + "sparql"
    for kind in (_DCAT + "Catalog", _SCHEMA + "DataCatalog"):
        yield _say(catalogue, RDF + "type", _node(kind))
    title = ox.Literal("Mandates: ontology, data and endpoint", language="en")
    yield _say(catalogue, DCT + "title", title)
    yield _say(catalogue, _SCHEMA + "name", title)
    yield _say(catalogue, DCT + "publisher", ox.Literal("The mandates authors"))
    yield _say(catalogue, _DCAT + "dataset", _node(DATASET))
    yield _say(catalogue, _DCAT + "service", _node(service))
    yield _say(DATASET, RDF + "type", _node(_SCHEMA + "Dataset"))
    yield _say(DATASET, _SCHEMA + "includedInDataCatalog", _node(catalogue))
    yield _say(service, RDF + "type", _node(_DCAT + "DataService"))
    yield _say(service, _DCAT + "endpointURL", _node(service))
    yield _say(service, _DCAT + "servesDataset", _node(DATASET))
    yield _say(service, DCT + "license", _node(LICENCE))
    for name, media_type in _DUMPS.items():
        dump, part = f"{BASE}dumps/{name}", f"{DATASET}#distribution/{name}"
        yield _say(DATASET, _VOID + "dataDump", _node(dump))
        yield _say(DATASET, _DCAT + "distribution", _node(part))
        yield _say(part, RDF + "type", _node(_DCAT + "Distribution"))
        yield _say(part, _DCAT + "downloadURL", _node(dump))
        yield _say(part, _DCAT + "mediaType", _node(_MEDIA + media_type))
        yield _say(part, _DCAT + "compressFormat", _node(_MEDIA + "application/gzip"))
        yield _say(part, DCT + "license", _node(LICENCE))


def _prefixes() -> Iterator[ox.Quad]:
    for prefix, iri in PREFIXES.items():
        declaration = f"{DATASET}#prefix/{prefix}"
        yield _say(DATASET, _SH + "declare", _node(declaration))
        yield _say(declaration, _SH + "prefix", ox.Literal(prefix))
        namespace = ox.Literal(iri, datatype=_node(XSD + "anyURI"))
        yield _say(declaration, _SH + "namespace", namespace)


def _examples() -> Iterator[ox.Quad]:
    for name, question in questions().items():
        example = f"{BASE}question/{name}"
        yield _say(example, RDF + "type", _node(_SH + "SPARQLExecutable"))
        yield _say(example, RDF + "type", _node(_SH + "SPARQLSelectExecutable"))
        yield _say(example, DCT + "title", ox.Literal(question.title, language="en"))
        yield _say(example, DCT + "subject", ox.Literal(question.topic, language="en"))
        yield _say(example, _SH + "select", ox.Literal(question.text))
        yield _say(example, _SH + "prefixes", _node(DATASET))
        yield _say(DATASET, DCT + "hasPart", _node(example))


def _say(subject: str, predicate: str, value: Term) -> ox.Quad:
    return ox.Quad(_node(subject), _node(predicate), value, _node(DESCRIPTION_GRAPH))


def _node(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)


def _number(value: int) -> ox.Literal:
    return ox.Literal(value)


def _fragment(iri: str) -> str:
    return quote(shorten(iri).strip("<>"), safe=":/")
