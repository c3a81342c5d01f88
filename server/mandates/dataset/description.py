"""The dataset described in its own graph: VoID, DCAT, schema.org, example queries and prefixes.

https://www.w3.org/TR/void/ and https://www.w3.org/TR/vocab-dcat-3/. Other tools read it to find
out what there is to ask: the classes and properties in use with their counts, the links to other
datasets, the questions as ``sh:SPARQLExecutable``, and the prefixes as ``sh:declare``. All
nodes have IRIs made from what they describe, so the same data has the same description.

The version of a dataset is a hash of its quads, and this description is among them; so the version,
and what is known only of the files written afterwards, is no part of it. Whoever serves it adds
:func:`describe_version`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import pyoxigraph as ox

from mandates.dataset.names import BASE, DCT, GRAPH, OWL, PREFIXES, RDF, SKOS, XSD, shorten
from mandates.dataset.questions import questions

DATASET = BASE + "dataset"
DESCRIPTION_GRAPH = GRAPH + "derived/description"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
#: Who made the dataset, as ``ontology/mandates.ttl`` describes them.
AUTHORS = BASE + "id/authors"
#: As in ``CITATION.cff``, which is no part of an installed package; a test holds the two together.
ISSUED = "2026-11-24"
KEYWORDS = (
    "institutional mandates",
    "ontology",
    "SPARQL",
    "cyber governance",
    "Pakistan",
    "linked data",
)
TITLE = "Who may or must do what in cyberspace, under which words of which law"
_DESCRIPTION = (
    "Mandates of institutions in cyberspace, in Pakistan and for comparison elsewhere, provision "
    "by provision: each power, duty, liberty and disability with its function, subject, "
    "conditions, quotation, source and grade; who held it when and when that could be known; and, "
    "computed from these, where mandates overlap. With the ontology and the concept schemes that "
    "it is said in."
)

_VOID = "http://rdfs.org/ns/void#"
_DCAT = "http://www.w3.org/ns/dcat#"
_SH = "http://www.w3.org/ns/shacl#"
_SCHEMA = "https://schema.org/"
_FOAF = "http://xmlns.com/foaf/0.1/"
_SPDX = "http://spdx.org/rdf/terms#"
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


@dataclass(frozen=True)
class Dump:
    """A file of a dataset to download.

    Attributes:
        name: its path below the folder of dumps.
        bytes: its size.
        sha256: its checksum in hexadecimal digits.
    """

    name: str
    bytes: int
    sha256: str


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


def describe_version(version: str, files: Iterable[Dump] = ()) -> Iterator[ox.Triple]:
    """Say which version of the dataset is served, and what is known of its files.

    Not in the dataset, whose version is a hash of it and whose files are made of it.

    Args:
        version: as the snapshot has it; empty when it is not known.
        files: what can be downloaded; what is no dump of the whole dataset is passed over.

    Yields:
        Triples to add to those of ``…/graph/derived/description``.

    >>> said = {t.predicate.value: t.object for t in describe_version("1637043811cf8b22")}
    >>> said[_DCAT + "version"].value
    '1637043811cf8b22'
    >>> dump = Dump("dataset.nq.gz", 12, "ab" * 32)
    >>> [t.object.value for t in describe_version("", [dump]) if "byteSize" in t.predicate.value]
    ['12']
    """
    if version:
        for name in (_DCAT + "version", OWL + "versionInfo", _SCHEMA + "version"):
            yield _triple(DATASET, name, ox.Literal(version))
        year = ISSUED[:4]
        cited = (
            f"The mandates authors ({year}). Mandates: {TITLE[0].lower()}{TITLE[1:]}. "
            f"Dataset version {version}. {BASE.rstrip('/')}"
        )
        yield _triple(DATASET, DCT + "bibliographicCitation", ox.Literal(cited, language="en"))
    for file in files:
        if file.name not in _DUMPS:
            continue
        part = f"{DATASET}#distribution/{file.name}"
        checksum = f"{DATASET}#checksum/{file.name}"
        size = ox.Literal(str(file.bytes), datatype=_node(XSD + "nonNegativeInteger"))
        digest = ox.Literal(file.sha256, datatype=_node(XSD + "hexBinary"))
        yield _triple(part, _DCAT + "byteSize", size)
        yield _triple(part, _SPDX + "checksum", _node(checksum))
        yield _triple(checksum, RDF + "type", _node(_SPDX + "Checksum"))
        yield _triple(checksum, _SPDX + "algorithm", _node(_SPDX + "checksumAlgorithm_sha256"))
        yield _triple(checksum, _SPDX + "checksumValue", digest)


def _whole(
    triples: set[ox.Triple], classes: dict[str, set[object]], properties: Counter[str]
) -> Iterator[ox.Quad]:
    for kind in (_VOID + "Dataset", _DCAT + "Dataset"):
        yield _say(DATASET, RDF + "type", _node(kind))
    title, text = (ox.Literal(words, language="en") for words in (TITLE, _DESCRIPTION))
    issued = ox.Literal(ISSUED, datatype=_node(XSD + "date"))
    # Portals read DCAT, search engines schema.org.
    for terms, names in (
        (DCT, ("title", "description", "license", "creator", "publisher", "issued")),
        (_SCHEMA, ("name", "description", "license", "creator", "publisher", "datePublished")),
    ):
        by, licence = _node(AUTHORS), _node(LICENCE)
        values: tuple[Term, ...] = (title, text, licence, by, by, issued)
        for name, value in zip(names, values, strict=True):
            yield _say(DATASET, terms + name, value)
    for word in KEYWORDS:
        yield _say(DATASET, _DCAT + "keyword", ox.Literal(word, language="en"))
    # Once more beside `ontology/mandates.ttl`, for whoever reads this description alone.
    yield _say(AUTHORS, RDF + "type", _node(_FOAF + "Agent"))
    for name in (_FOAF + "name", _SCHEMA + "name"):
        yield _say(AUTHORS, name, ox.Literal("The mandates authors"))
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
    text = ox.Literal("The dataset of mandates, and the service to query it.", language="en")
    yield _say(catalogue, DCT + "description", text)
    yield _say(catalogue, DCT + "publisher", _node(AUTHORS))
    yield _say(catalogue, _DCAT + "dataset", _node(DATASET))
    yield _say(catalogue, _DCAT + "service", _node(service))
    yield _say(DATASET, RDF + "type", _node(_SCHEMA + "Dataset"))
    yield _say(DATASET, _SCHEMA + "includedInDataCatalog", _node(catalogue))
    yield _say(service, RDF + "type", _node(_DCAT + "DataService"))
    yield _say(service, DCT + "title", ox.Literal("SPARQL endpoint of mandates", language="en"))
    yield _say(service, DCT + "publisher", _node(AUTHORS))
    yield _say(service, _DCAT + "endpointURL", _node(service))
    yield _say(service, _DCAT + "servesDataset", _node(DATASET))
    yield _say(service, DCT + "license", _node(LICENCE))
    for name, media_type in _DUMPS.items():
        dump, part = f"{BASE}dumps/{name}", f"{DATASET}#distribution/{name}"
        yield _say(DATASET, _VOID + "dataDump", _node(dump))
        yield _say(DATASET, _DCAT + "distribution", _node(part))
        yield _say(part, RDF + "type", _node(_DCAT + "Distribution"))
        words = f"The whole dataset as {media_type}, compressed"
        yield _say(part, DCT + "title", ox.Literal(words, language="en"))
        # Profiles of DCAT ask for an access URL too: the page of all files, with checksums.
        yield _say(part, _DCAT + "accessURL", _node(BASE + "dumps/"))
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


def _triple(subject: str, predicate: str, value: Term) -> ox.Triple:
    return ox.Triple(_node(subject), _node(predicate), value)


def _node(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)


def _number(value: int) -> ox.Literal:
    return ox.Literal(value)


def _fragment(iri: str) -> str:
    return quote(shorten(iri).strip("<>"), safe=":/")
