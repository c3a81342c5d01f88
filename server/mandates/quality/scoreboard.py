"""Hold other people's ontologies against the rules that we hold our own against.

One command makes the table from files that the reader supplies, a folder for each ontology:

    python -m mandates.quality.scoreboard folder/of/org folder/of/gist …
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import pyoxigraph as ox

from mandates.dataset.loading import load
from mandates.dataset.names import OWL, RDF
from mandates.dataset.sources import find_sources
from mandates.quality.lint import Scan, rules, scan
from mandates.quality.profile import check_dl

_FORMATS = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".owl": ox.RdfFormat.RDF_XML,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".nt": ox.RdfFormat.N_TRIPLES,
}
PAGE = """# Peer scoreboard

Our ontology and its neighbours under the same rules, those of `server/mandates/quality/rules/`.
A cell gives the share of an ontology's own terms about which no rule of the column has anything
to say, warnings included. *Home* is whether a term says which ontology defines it; *Header* how
many rules are kept on the ontology as a whole: its IRI, title, description, licence, version,
creator, publisher, dates, prefix, citation, imports, and whether it declares anything disjoint;
the last column what leaves OWL 2 DL (puns, complex properties where simple ones are needed,
foreign datatypes, circular chains).

The table says how far each keeps these conventions, not how good it is: some are set aside
elsewhere with reason, such as language tags on labels or full stops after definitions. It is made
from files that the reader supplies, a folder for each ontology, by
`python -m mandates.quality.scoreboard FOLDER …`.

"""
_KINDS = ("Class", "ObjectProperty", "DatatypeProperty")
#: Columns of the table, each with the beginnings of the names of its rules.
COLUMNS = {
    "Labels": ("label-missing", "label-repeated", "label-several", "label-untidy", "label-as-alt"),
    "Language tags": ("label-without-language",),
    "Definitions": ("definition-", "label-as-def", "text-untidy"),
    "Names": ("class-name", "property-name", "same-name", "miscellany", "is-primitive", "name-",
              "iri-"),
    "Home": ("defined-nowhere",),
    "Structure": (
        "axiom-", "cardinality", "chain", "class-alone", "class-cycle", "defined-and", "deprecated",
        "disjoint-", "domain-or", "equivalen", "general-axiom", "inverse", "list-", "own-inv",
        "property-cycle", "property-kinds", "replaced", "restriction", "several", "subproperty",
        "symmetric", "thing-said", "transitive", "used-in",
    ),
}  # fmt: skip

#: Beginnings of the names of the rules about the ontology as a whole.
HEADER = ("disjointness-", "header-", "import")


def read_peer(folder: Path) -> list[ox.Triple]:
    """Read every RDF file of a folder.

    Args:
        folder: files ending in .ttl, .owl, .rdf (both RDF/XML) or .nt.

    Raises:
        SyntaxError: a file is not what its ending says.
    """
    triples = []
    for number, name in enumerate(_files(folder)):
        path = folder / name
        quads = ox.parse(
            path.read_bytes(), format=_FORMATS[path.suffix], base_iri="https://example.org/"
        )
        triples += [_apart(quad.triple, f"f{number}") for quad in quads]
    return triples


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix in _FORMATS)


def _apart(triple: ox.Triple, mark: str) -> ox.Triple:
    """Keep the blank nodes of different files apart."""
    subject, value = (
        ox.BlankNode(mark + term.value) if isinstance(term, ox.BlankNode) else term
        for term in (triple.subject, triple.object)
    )
    return ox.Triple(subject, triple.predicate, value)  # type: ignore[arg-type]


def namespaces(triples: Sequence[ox.Triple]) -> list[str]:
    """Find the namespaces that are an ontology's own: those of a tenth of its terms or more.

    >>> a = ox.NamedNode("https://example.org/o#A")
    >>> kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    >>> namespaces([ox.Triple(a, kind, ox.NamedNode("http://www.w3.org/2002/07/owl#Class"))])
    ['https://example.org/o#']
    """
    kinds = {OWL + kind for kind in _KINDS}
    terms = {
        t.subject.value
        for t in triples
        if t.predicate.value == RDF + "type"
        and isinstance(t.object, ox.NamedNode)
        and t.object.value in kinds
        and isinstance(t.subject, ox.NamedNode)
    }
    counted = Counter(term[: max(term.rfind("#"), term.rfind("/")) + 1] for term in terms)
    return sorted(name for name, count in counted.items() if count * 10 >= len(terms))


def row(triples: Sequence[ox.Triple], own: Sequence[str]) -> list[str]:
    """Give the cells of one ontology: terms, and for each column the share without a problem.

    Args:
        triples: the ontology.
        own: beginnings of the IRIs that are its own.

    Returns:
        Number of terms, percentages of the columns, header rules kept, breaches of OWL 2 DL.
    """
    found = scan(triples, own)
    cells = [f"{found.terms:,}"]
    cells += [f"{_share(found, beginnings):.1f} %" for beginnings in COLUMNS.values()]
    header = [rule.name for rule in rules() if rule.name.startswith(HEADER)]
    broken = Counter(p.rule for p in scan(triples).problems)
    # Modules share one header's statements: a rule is broken when every header breaks it.
    heads = {
        t.subject
        for t in triples
        if t.predicate.value == RDF + "type" and t.object == ox.NamedNode(OWL + "Ontology")
    }
    kept = [name for name in header if heads and broken[name] < len(heads)]
    cells.append(f"{len(kept)} of {len(header)}")
    # What an import would declare cannot be judged from the files alone.
    breaches = [p for p in check_dl(triples) if p.rule != "dl-undeclared"]
    cells.append(str(len(breaches)))
    return cells


def _share(found: Scan, beginnings: tuple[str, ...]) -> float:
    touched = {p.node for p in found.problems if p.rule.startswith(beginnings)}
    return 100 * (1 - min(1.0, len(touched) / max(1, found.terms)))


def table(folders: Sequence[Path]) -> str:
    """Make the table, our own ontology first.

    Args:
        folders: one for each peer, named as the peer.

    Returns:
        Markdown.
    """
    heads = ["Ontology", "Terms", *COLUMNS, "Header", "OWL 2 DL breaches"]
    sources = [
        s
        for s in find_sources(instances=False)
        if s.name.count("/") == 1  # The modules, without schemes and alignments.
    ]
    ours = [quad.triple for quad in load(sources).quads]
    rows = [["**Institutional Mandate Ontology**", *row(ours, ["https://w3id.org/mandates/ns"])]]
    for folder in folders:
        triples = read_peer(folder)
        rows.append([folder.name, *row(triples, namespaces(triples))])
    lines = [heads, ["---"] + ["--:"] * (len(heads) - 1), *rows]
    read = "; ".join(f"{folder.name}: {', '.join(_files(folder))}" for folder in folders)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\nRead: {read}."


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folders: tuple[Path, ...]) -> None:
    """Print the page with the table for our ontology and those in FOLDERS, one folder each."""
    click.echo(PAGE + table(folders))


if __name__ == "__main__":
    main()
