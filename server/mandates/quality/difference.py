"""What changed between two releases of the ontology, and whether the new version says so.

The version step that a change needs follows from what it does to those who use the ontology
(https://semver.org): a term or an entailment that is gone, or a new constraint on a term that they
use, breaks their queries or data; a new term or a new entailment adds; all else is wording. Before
version 1.0.0 what breaks raises the second number, all else the third.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

import pyoxigraph as ox

from mandates.dataset.entail import entail
from mandates.dataset.loading import load
from mandates.dataset.names import BASE, OWL, RDF, RDFS, SKOS, shorten
from mandates.dataset.sources import find_sources
from mandates.quality.problems import Problem, Severity

_TYPE = RDF + "type"
_ONTOLOGY = OWL + "Ontology"
_VERSION = ox.NamedNode(OWL + "versionInfo")
_NOTE = ox.NamedNode(SKOS + "changeNote")
#: Beginnings of the IRIs of terms; what is under them is promised to those who use it.
_TERMS = (BASE + "ns#", BASE + "scheme/")
#: Statements that follow from others and that a query relies on.
_ENTAILED = {RDFS + "subClassOf", RDFS + "subPropertyOf", SKOS + "broaderTransitive"}
#: Statements that narrow what data may say.
_CONSTRAINTS = {
    RDFS + "domain", RDFS + "range", OWL + "disjointWith", OWL + "propertyDisjointWith",
    OWL + "hasKey", OWL + "disjointUnionOf",
}  # fmt: skip
_CHARACTERISTICS = {
    OWL + name
    for name in (
        "AsymmetricProperty", "FunctionalProperty", "InverseFunctionalProperty",
        "IrreflexiveProperty",
    )
}  # fmt: skip


class Step(IntEnum):
    """How far a change reaches."""

    NONE = 0
    WORDING = 1
    ADDITION = 2
    BREAK = 3


@dataclass(frozen=True)
class Module:
    """One ontology document of a release.

    Attributes:
        name: the file's name within the project.
        iri: IRI of the ontology; empty when it has no header.
        version: its ``owl:versionInfo``.
        notes: its change notes.
        terms: for each term its statements, those of its blank nodes included, as text.
        term_notes: change notes of each term.
    """

    name: str
    iri: str
    version: str
    notes: tuple[str, ...]
    terms: Mapping[str, frozenset[str]]
    term_notes: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Release:
    """The ontology at one time.

    Attributes:
        modules: by name of the file.
        entailed: what follows of its terms, as triples of IRIs.
    """

    modules: Mapping[str, Module]
    entailed: frozenset[tuple[str, str, str]]


@dataclass
class Difference:
    """What changed in one module.

    Attributes:
        old: the module as it was; absent when it is new.
        new: the module as it is; absent when it is gone.
        added: terms that are new.
        removed: terms that are gone.
        changed: terms that say something else.
        lost: entailments of its terms that are gone.
        gained: entailments of its old terms that are new.
        narrowed: terms of old with a constraint that is new.
    """

    old: Module | None
    new: Module | None
    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    lost: set[tuple[str, str, str]] = field(default_factory=set)
    gained: set[tuple[str, str, str]] = field(default_factory=set)
    narrowed: set[str] = field(default_factory=set)

    @property
    def step(self) -> Step:
        """How far all of it reaches together."""
        if self.removed or self.lost or self.narrowed:
            return Step.BREAK
        if self.added or self.gained:
            return Step.ADDITION
        return Step.WORDING if self.changed else Step.NONE


def read_release(root: Path) -> Release:
    """Read the ontology of a project or of a release.

    Args:
        root: a folder with ``ontology/`` in it.

    Raises:
        FileNotFoundError: it has none.
        LoadError: a file does not parse.
    """
    modules, store = {}, ox.Store()
    for source in find_sources(root, instances=False):
        quads = load([source]).quads
        store.bulk_extend(quads)
        modules[source.name] = _module(source.name, [quad.triple for quad in quads])
    return Release(modules, frozenset(_entailed(store)))


def _module(name: str, triples: Sequence[ox.Triple]) -> Module:
    about: dict[object, list[ox.Triple]] = defaultdict(list)
    for triple in triples:
        about[triple.subject].append(triple)
    header = next(
        (
            t.subject
            for t in triples
            if t.predicate.value == _TYPE and t.object == ox.NamedNode(_ONTOLOGY)
        ),
        None,
    )

    def texts(subject: object, predicate: ox.NamedNode) -> tuple[str, ...]:
        return tuple(
            sorted(
                t.object.value
                for t in about.get(subject, ())
                if t.predicate == predicate and isinstance(t.object, ox.Literal)
            )
        )

    terms, notes = {}, {}
    for subject in list(about):
        if isinstance(subject, ox.NamedNode) and subject.value.startswith(_TERMS):
            terms[subject.value] = frozenset(_said(subject, about))
            notes[subject.value] = texts(subject, _NOTE)
    return Module(
        name,
        header.value if isinstance(header, ox.NamedNode) else "",
        next(iter(texts(header, _VERSION)), ""),
        texts(header, _NOTE),
        terms,
        notes,
    )


def _said(subject: object, about: Mapping[object, Sequence[ox.Triple]]) -> Iterator[str]:
    """Write each statement of a term as text that does not hang on names of blank nodes."""

    def write(term: object, depth: int) -> str:
        if not isinstance(term, ox.BlankNode) or depth > 20:
            return "_" if isinstance(term, ox.BlankNode) else str(term)
        parts = sorted(f"{t.predicate} {write(t.object, depth + 1)}" for t in about.get(term, ()))
        return f"[{'; '.join(parts)}]"

    for triple in about[subject]:
        yield f"{triple.predicate.value} {write(triple.object, 0)}"


def _entailed(store: ox.Store) -> Iterator[tuple[str, str, str]]:
    above: dict[str, dict[str, set[str]]] = {name: defaultdict(set) for name in _ENTAILED}
    for quad in (*store, *entail(store)):
        name = quad.predicate.value.replace(SKOS + "broader", SKOS + "broaderTransitive")
        name = name.replace("TransitiveTransitive", "Transitive")
        if (
            name in _ENTAILED
            and isinstance(quad.subject, ox.NamedNode)
            and isinstance(quad.object, ox.NamedNode)
        ):
            above[name][quad.subject.value].add(quad.object.value)
    for name, links in above.items():
        for start in links:
            seen: set[str] = set()
            todo = list(links[start])
            while todo:
                term = todo.pop()
                if term not in seen:
                    seen.add(term)
                    todo += links.get(term, ())
            if start.startswith(_TERMS):
                yield from ((start, name, term) for term in seen - {start})


def differences(old: Release, new: Release) -> list[Difference]:
    """Compare two releases module by module.

    Args:
        old: the earlier one.
        new: the later one.

    Returns:
        One entry for each module that changed, by name.
    """
    found = []
    old_terms = {term for module in old.modules.values() for term in module.terms}
    new_terms = {term for module in new.modules.values() for term in module.terms}
    lost, gained = old.entailed - new.entailed, new.entailed - old.entailed
    for name in sorted({*old.modules, *new.modules}):
        before, after = old.modules.get(name), new.modules.get(name)
        was = before.terms if before else {}
        now = after.terms if after else {}
        difference = Difference(
            before,
            after,
            # A term that another module took over is neither new nor gone.
            added={term for term in now if term not in old_terms},
            removed={term for term in was if term not in new_terms},
            changed={term for term in was.keys() & now.keys() if _matters(was[term] ^ now[term])},
            lost={t for t in lost if t[0] in was and t[0] in new_terms},
            gained={t for t in gained if t[0] in now and t[0] in old_terms},
            narrowed={
                term
                for term in now
                if term in old_terms and any(map(_narrows, now[term] - was.get(term, frozenset())))
            },
        )
        if difference.step is not Step.NONE or (before and after and before != after):
            found.append(difference)
    return found


def _matters(said: Iterable[str]) -> bool:
    return any(not text.startswith(SKOS + "changeNote ") for text in said)


def _narrows(said: str) -> bool:
    predicate, _, value = said.partition(" ")
    return predicate in _CONSTRAINTS or (
        predicate == _TYPE and value.strip("<>") in _CHARACTERISTICS
    )


def needed(version: str, step: Step) -> str:
    """Say which version at least must follow a version.

    Args:
        version: the earlier one, as ``1.2.3``.
        step: how far the change reaches.

    Raises:
        ValueError: it is no version of three numbers.

    >>> needed("0.1.0", Step.BREAK), needed("0.1.0", Step.ADDITION), needed("1.2.3", Step.ADDITION)
    ('0.2.0', '0.1.1', '1.3.0')
    """
    major, minor, patch = _numbers(version)
    if step is Step.NONE:
        return version
    if step is Step.BREAK:
        return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"
    if step is Step.ADDITION and major:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def _numbers(version: str) -> tuple[int, int, int]:
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", version)
    if not found:
        raise ValueError(f"{version!r} is no version of three numbers")
    return int(found[1]), int(found[2]), int(found[3])


def check_release(old: Release, new: Release, migrations: Iterable[str] = ()) -> list[Problem]:
    """Hold what a release says of itself against what changed.

    Args:
        old: the earlier release.
        new: the later one.
        migrations: texts of the migration queries; a term that is gone must stand in one.

    Returns:
        Errors: a version too low, a change note missing, a term gone without a migration.
    """
    texts = list(migrations)
    problems: list[Problem] = []
    for difference in differences(old, new):
        problems += _judge(difference, texts)
    return problems


def _judge(difference: Difference, migrations: Sequence[str]) -> Iterator[Problem]:
    old, new = difference.old, difference.new
    file = (new or old).name if new or old else ""  # type: ignore[union-attr]
    for term in sorted(difference.removed):
        name = shorten(term)
        if not any(term in text or re.search(rf"{re.escape(name)}\b", text) for text in migrations):
            yield Problem(
                "release-migration",
                Severity.ERROR,
                f"{name} is gone, and no migration query mentions it.",
                file,
                node=term,
                hint="Add one to ontology/migrations/, with an example before and after.",
            )
    if old is None or new is None:
        return
    due = needed(old.version, difference.step)
    if _numbers(new.version) < _numbers(due):
        yield Problem(
            "release-version",
            Severity.ERROR,
            f"Its version is {new.version}; after {old.version} it must be {due} or later: "
            f"{describe(difference)}.",
            file,
            node=new.iri,
            hint="Raise owl:versionInfo and owl:versionIRI.",
        )
    if difference.step is not Step.NONE and not _noted(new.notes, new.version, old.notes):
        yield Problem(
            "release-note",
            Severity.ERROR,
            f"It has no change note that begins with {new.version}.",
            file,
            node=new.iri,
            hint=f'Add skos:changeNote "{new.version}: …"@en to its header.',
        )
    for term in sorted(difference.changed | difference.narrowed):
        if not _noted(new.term_notes.get(term, ()), new.version, old.term_notes.get(term, ())):
            yield Problem(
                "release-note",
                Severity.ERROR,
                f"{shorten(term)} changed and has no change note that begins with {new.version}.",
                file,
                node=term,
                hint=f'Add skos:changeNote "{new.version}: …"@en to it.',
            )


def _noted(notes: Iterable[str], version: str, before: Iterable[str]) -> bool:
    return any(note.startswith(f"{version}:") for note in set(notes) - set(before))


def describe(difference: Difference) -> str:
    """Say in a few words what changed.

    >>> describe(Difference(None, None, removed={"https://w3id.org/mandates/ns#X"}))
    'gone mand:X'
    """
    parts = []
    for word, terms in (
        ("gone", difference.removed),
        ("narrower", difference.narrowed),
        ("new", difference.added),
        ("changed", difference.changed),
    ):
        if terms:
            names = sorted(map(shorten, terms))
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            parts.append(f"{word} {', '.join(names[:3])}{more}")
    for word, triples in (
        ("no longer follows", difference.lost),
        ("now follows", difference.gained),
    ):
        if triples:
            one = sorted(triples)[0]
            parts.append(f"{word} {' '.join(map(shorten, one))} ({len(triples)} in all)")
    return "; ".join(parts) or "other wording"
