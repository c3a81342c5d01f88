"""What courts, officials, journalists and scholars have named, held against what is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import pyoxigraph as ox

from mandates.analysis.world import plain
from mandates.dataset.lookup import dates, first, instances, labels, table
from mandates.overlap.findings import Finding, Relation
from mandates.overlap.reference import Hierarchy

Level = Literal["pair", "subject", "relation"]

#: Which findings bear out a statement that names a relation: the relation named may go by several
#: names in the method, and a limit of mandate is named where one mandate borders on another.
ANSWERS: dict[str, frozenset[Relation]] = {
    "overlap": frozenset(
        {
            "duplication",
            "overlap",
            "coordinated-overlap",
            "overlap-by-designation",
            "unsaved-overlap",
            "contested-holding",
            "conflict-of-exclusivity",
        }
    ),
    "conflict": frozenset(
        {
            "conflict-of-exclusivity",
            "conflict-of-force",
            "conflict-of-functions",
            "duplication",
            "overlap",
            "overlap-by-designation",
            "unsaved-overlap",
            "contested-holding",
            "related-assignment",
        }
    ),
    "gap": frozenset({"gap", "orphan", "contested-holding"}),
    "succession": frozenset({"succession", "transition", "unsaved-overlap", "contested-holding"}),
    "oversight": frozenset(
        {
            "oversight",
            "delegation",
            "coordinated-overlap",
            "concurrence-required",
            "interacting-assignment",
            "contested-holding",
        }
    ),
    "coordination": frozenset(
        {
            "coordinated-overlap",
            "concurrence-required",
            "interacting-assignment",
            "related-assignment",
            "oversight",
            "fragmentation",
            "gap",
        }
    ),
    "limit": frozenset(
        {
            "related-assignment",
            "interacting-assignment",
            "concurrence-required",
            "coordinated-overlap",
            "overlap",
            "conflict-of-force",
            "conflict-of-exclusivity",
            "contested-holding",
        }
    ),
}


@dataclass(frozen=True)
class Named:
    """A statement that names an overlap or a limit of mandate.

    Attributes:
        iri: IRI of the statement.
        label: what is said, in a line.
        relation: the relation that is named.
        speaker: who said it, in words.
        said_on: when, if known; the first instant of the month or year where no day is.
        said_by: the first instant by which it had certainly been said.
        strength: how plainly, empty where that was not judged.
        actors: IRIs of the institutions it is about.
        concepts: IRIs of the functions, subjects and layers it is about.
        document: title of a document that reports it.
        address: where that document is.
    """

    iri: str
    label: str
    relation: str
    speaker: str
    said_on: datetime | None
    said_by: datetime | None
    strength: str
    actors: tuple[str, ...]
    concepts: tuple[str, ...]
    document: str
    address: str


def read_statements(store: ox.Store) -> tuple[Named, ...]:
    """Read every statement that names an overlap, by IRI.

    >>> read_statements(ox.Store())
    ()
    """
    names, relation = labels(store), first(store, "relationNamed")
    speaker, words = first(store, "saidBy"), first(store, "saidByText")
    said, strength = dates(store, "saidOn"), first(store, "statementStrength")
    precision = first(store, "saidPrecision")
    actors, concepts = table(store, "aboutActor"), table(store, "aboutConcept")
    evidence, document = table(store, "supportedBy"), first(store, "fromDocument")
    address = first(store, "address")

    def one(iri: str) -> Named:
        sources = [document[e] for e in evidence[iri] if e in document]
        source = sources[0] if sources else ""
        return Named(
            iri=iri,
            label=names.get(iri, iri),
            relation=relation.get(iri, ""),
            speaker=words.get(iri) or names.get(speaker.get(iri, ""), ""),
            said_on=said.get(iri),
            said_by=_after(said.get(iri), precision.get(iri, "")),
            strength=strength.get(iri, ""),
            actors=tuple(actors[iri]),
            concepts=tuple(concepts[iri]),
            document=names.get(source, ""),
            address=address.get(source, ""),
        )

    return tuple(one(iri) for iri in sorted(instances(store, "OverlapStatement")))


class Matcher:
    """Tells whether a finding answers a statement, and how closely.

    Args:
        hierarchy: concepts of the world in which the finding was found.
    """

    def __init__(self, hierarchy: Hierarchy) -> None:
        self.hierarchy = hierarchy

    def match(self, named: Named, finding: Finding) -> frozenset[Level]:
        """Return the levels at which a finding answers a statement; none when it does not.

        ``pair``: the finding lies between institutions that the statement names: two of them, or
        the only one, or for a statement about none a finding about no institution in particular.
        ``subject``: a subject of the finding is, contains or lies within a subject or, where the
        statement names no subject, a function of the statement; a gap or a fragmentation must not
        be broader than what the statement names. ``relation``: the relation is one
        that the statement's word stands for, and the time of the finding meets the day, month or
        year of the statement where that is known.
        """
        if not self._pair(named, finding):
            return frozenset()
        levels: set[Level] = {"pair"}
        if self._subject(named.concepts, finding):
            levels.add("subject")
            if finding.relation in ANSWERS.get(named.relation, ()) and _during(named, finding):
                levels.add("relation")
        return frozenset(levels)

    @staticmethod
    def _pair(named: Named, finding: Finding) -> bool:
        if finding.relation == "gap":
            # A gap is about no institution: it answers whoever says that there is one.
            return named.relation == "gap" or not named.actors
        if not named.actors:
            return finding.relation == "fragmentation"
        return len(set(finding.actors) & set(named.actors)) >= min(2, len(named.actors))

    def _subject(self, concepts: Sequence[str], finding: Finding) -> bool:
        wanted = [c for c in concepts if self.hierarchy.scheme.get(c) == "subject"]
        found = {finding.subject_cell} - {None}
        if not wanted:
            wanted = [c for c in concepts if self.hierarchy.scheme.get(c) == "function"]
            found = {finding.function_cell} - {None}
        else:
            for exhibit in finding.evidence:
                found |= {s for s in (exhibit.subject_a, exhibit.subject_b) if s}
        # A broad area in which everybody has a mandate answers nobody who names a narrow matter.
        area = finding.relation in ("fragmentation", "gap")
        return any(
            self.hierarchy.over(w, plain(f))
            if area
            else self.hierarchy.meet(w, plain(f)) is not None
            for w in wanted
            for f in found
            if f and plain(f) in self.hierarchy.scheme
        )


def _after(moment: datetime | None, precision: str) -> datetime | None:
    """Return the first instant after the day, month or year that a date stands for."""
    if moment is None:
        return None
    if precision.endswith("#YearPrecision"):
        return moment.replace(year=moment.year + 1)
    if precision.endswith("#MonthPrecision"):
        return (moment.replace(day=1) + timedelta(days=32)).replace(day=1)
    return moment + timedelta(days=1)


def _during(named: Named, finding: Finding) -> bool:
    """Whether a finding may have stood when the statement was made."""
    if named.said_on is None or named.said_by is None:
        return True
    begun = finding.since < named.said_by
    return begun and (finding.until is None or named.said_on < finding.until)
