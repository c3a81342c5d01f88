"""The model of a report: what is found between institutions on a day, line by line with the law.

Every face of a report (HTML, CSV, …) shows this model and computes nothing of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyoxigraph as ox

from mandates.analysis.actors import resolve
from mandates.analysis.graph import finding_iri, title
from mandates.analysis.world import plain, read_world
from mandates.dataset.lookup import dates, first, instances, labels, pairs, table
from mandates.dataset.names import ALT_LABEL, MAND, mand
from mandates.overlap import find
from mandates.overlap.findings import Evidence, Finding

_MODAL = {"power": "may", "duty": "must", "liberty": "is free to", "disability": "must not"}
_STATUS = {
    MAND + "Designated": "designated",
    MAND + "Transitional": "continued by a saving",
    MAND + "DeFacto": "in practice",
}

#: Relations in the order of a report, each with its heading and what it means.
SECTIONS: dict[str, tuple[str, str]] = {
    "conflict-of-exclusivity": (
        "Exclusive mandates that meet another's",
        "The words give a function to one institution alone, and another holds it too.",
    ),
    "conflict-of-force": ("Conflicts of norms", "One must or may do what another norm forbids."),
    "duplication": (
        "Duplications",
        "The same function upon the same matter with the same force, both in the lead, nothing "
        "between them.",
    ),
    "unsaved-overlap": (
        "Overlaps of predecessor and successor",
        "Both hold the same mandate at once and no saving provides for it.",
    ),
    "overlap-by-designation": (
        "Two in one role",
        "Two institutions fill the same legal role at the same time.",
    ),
    "overlap": (
        "Overlaps",
        "Function, subject, layer, territory and addressees all meet, and nothing in the record "
        "coordinates the two.",
    ),
    "coordinated-overlap": (
        "Coordinated overlaps",
        "The same, but a condition of one mandate names the other institution.",
    ),
    "contested-holding": (
        "Contested holdings",
        "Rival readings of the law give the same mandate to different institutions.",
    ),
    "transition": ("Transitions", "A mandate passes from one to the other under a saving."),
    "concurrence-required": (
        "Concurrence required",
        "One cannot act without the agreement or approval of the other.",
    ),
    "conflict-of-functions": (
        "Functions that ought to be apart",
        "One institution holds two functions that a principle keeps apart.",
    ),
    "related-assignment": (
        "Related assignments",
        "The same matter with different functions: one regulates what another investigates.",
    ),
    "interacting-assignment": (
        "Interacting assignments",
        "Scopes do not overlap, but a condition links the two.",
    ),
    "delegation": ("Delegations", "One exercises a mandate as the delegate of the other."),
    "oversight": ("Oversight", "One stands over the other; this is no overlap."),
    "succession": ("Successions", "A mandate passed from one to the other."),
    "fragmentation": ("Fragmentation", "Several institutions share one broad matter."),
    "gap": ("Gaps", "Nobody certainly holds a function that one expects in some hand."),
    "orphan": ("Orphaned mandates", "What the mandate rests on or speaks of is no longer law."),
    "sunset-coverage": ("Sunset", "Which mandates end by a set date."),
    "unplaced": ("Not comparable", "The function or subject is unknown."),
}


@dataclass(frozen=True)
class Source:
    """Where the words of a mandate stand.

    Attributes:
        citation: instrument and provision as people cite them.
        quotation: the words, empty where no text was seen.
        locator: place in the document.
        document: title of the document read.
        address: where the document is, empty when it has no address.
        grade: A to D.
    """

    citation: str
    quotation: str
    locator: str
    document: str
    address: str
    grade: str


@dataclass(frozen=True)
class Position:
    """One institution's hold on one mandate, as a lawyer would state it.

    Attributes:
        holding: IRI of the holding.
        mandate: IRI of the mandate.
        actor: IRI of the holder.
        holder: label of the holder, with office or unit when it acts through one.
        modal: may, must, is free to, must not.
        action: what, as a verb phrase.
        since: first day.
        until: first day no longer, if ended.
        since_uncertain: whether the first day is not exactly known.
        title: by what the holder holds: the text itself, a designation, a saving, practice.
        reading: label of the reading on which alone this stands, empty when on all.
        sources: the words of the law.
    """

    holding: str
    mandate: str
    actor: str
    holder: str
    modal: str
    action: str
    since: datetime
    until: datetime | None
    since_uncertain: bool
    title: str
    reading: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Pair:
    """Two positions (or one) from which a finding follows, and why.

    Attributes:
        first: position of the first institution.
        second: position of the second, if the relation has two.
        since: since when the two meet.
        until: until when.
        reasons: a sentence for each axis on which they meet.
        mitigation: labels of conditions of one that name the other.
        alike: number of pairs of the same scopes and dates that this one stands for.
    """

    first: Position
    second: Position | None
    since: datetime
    until: datetime | None
    reasons: tuple[str, ...]
    mitigation: tuple[str, ...]
    alike: int


@dataclass(frozen=True)
class Entry:
    """One finding of a report.

    Attributes:
        iri: IRI of the finding.
        relation: name of the relation, a key of :data:`SECTIONS`.
        title: the finding in a line.
        actors: labels of the institutions.
        function: label of the function cell, empty if the finding spans several.
        subject: label of the subject cell, empty if the finding spans several.
        since: since when.
        until: until when, if ended.
        certain: whether it follows on every reading and every known value.
        score: contention, 0 to 100.
        support: number of pairs of holdings behind it.
        pairs: the strongest of them.
    """

    iri: str
    relation: str
    title: str
    actors: tuple[str, ...]
    function: str
    subject: str
    since: datetime
    until: datetime | None
    certain: bool
    score: int
    support: int
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Report:
    """Everything a report shows.

    Attributes:
        as_of: the day reported on.
        known: the day whose knowledge is used; ``None`` for that of the dataset.
        version: dataset version.
        actors: the institutions asked for: IRI to label.
        held: number of mandates each of them holds on the day: IRI to number.
        entries: findings, strongest first within each relation.
    """

    as_of: datetime
    known: datetime | None
    version: str
    actors: dict[str, str]
    held: dict[str, int]
    entries: tuple[Entry, ...] = field(default=())

    def section(self, relation: str) -> tuple[Entry, ...]:
        """Findings of one relation."""
        return tuple(entry for entry in self.entries if entry.relation == relation)


def make_report(
    store: ox.Store,
    *,
    as_of: datetime,
    actors: Sequence[str] = (),
    known: datetime | None = None,
    version: str = "",
    minimum_score: int = 0,
) -> Report:
    """Make the model of a report.

    Args:
        store: a built dataset.
        as_of: the day to report on.
        actors: names of institutions to compare; all when empty.
        known: report what was known on this day.
        version: dataset version, for the reader.
        minimum_score: leave out findings below this contention.

    Raises:
        mandates.analysis.actors.UnknownActorError: a name nobody bears.
    """
    wanted = resolve(store, actors)
    world = read_world(store, known=known)
    texts = _Texts(store)
    inside = set(wanted)
    entries = [
        texts.entry(finding)
        for finding in find(world, as_of=as_of).rows()
        if _concerns(finding, inside) and finding.score >= minimum_score
    ]
    order = list(SECTIONS)
    entries.sort(key=lambda e: (order.index(e.relation), -e.score, e.title, e.iri))
    rows = world.to_rows().holdings
    current = [h for h in rows if h.since <= as_of and (h.until is None or as_of < h.until)]
    shown = wanted or sorted({h.actor for h in current})
    return Report(
        as_of=as_of,
        known=known,
        version=version,
        actors={actor: texts.name(actor) for actor in shown},
        held={actor: len({h.mandate for h in current if h.actor == actor}) for actor in shown},
        entries=tuple(entries),
    )


def _concerns(finding: Finding, wanted: set[str]) -> bool:
    """Whether a finding belongs in a report on these institutions; all do when none is named.

    A contested holding concerns each side by itself: whether PTA holds a power or SMPRA does is a
    question about PTA too.
    """
    if not wanted:
        return True
    if finding.relation == "contested-holding":
        return not wanted.isdisjoint(finding.actors)
    return bool(finding.actors) and wanted.issuperset(finding.actors)


class _Texts:
    """Labels, words and sources of a dataset, read once."""

    def __init__(self, store: ox.Store) -> None:
        self.labels = labels(store)
        self.short: dict[str, str] = {}
        for quad in store.quads_for_pattern(None, ALT_LABEL, None, None):
            name = quad.subject.value  # type: ignore[union-attr]
            known = self.short.get(name)
            value = quad.object.value  # type: ignore[union-attr]
            self.short[name] = min(known, value, key=lambda v: (len(v), v)) if known else value
        self.force = {
            mandate: force for force in _MODAL for mandate in instances(store, force.capitalize())
        }
        self.action = first(store, "actionPhrase")
        self.mandate, self.holder = first(store, "ofMandate"), first(store, "heldBy")
        self.through, self.status = table(store, "heldThrough"), first(store, "holdingStatus")
        self.readings = table(store, "inReading")
        self.since, self.until = dates(store, "validFrom"), dates(store, "validUntil")
        self.certain = dates(store, "certainFrom")
        self.conferred, self.evidence = table(store, "conferredBy"), table(store, "supportedBy")
        self.citation, self.instrument = first(store, "citation"), first(store, "provisionOf")
        self.quotation, self.locator = first(store, "quotation"), first(store, "locator")
        self.document, self.grade = first(store, "fromDocument"), first(store, "hasGrade")
        self.address = first(store, "address")
        self.party = first(store, "requiresActionOf")
        self.conditions = table(store, "hasCondition")
        filled = first(store, "fills")
        self.fillers: dict[str, set[str]] = {}
        for designation, actor in pairs(store, mand("filledBy")):
            self.fillers.setdefault(filled.get(designation, ""), set()).add(actor)

    def name(self, node: str) -> str:
        """The label of a node, or the last part of its IRI."""
        return self.labels.get(node, node.rsplit("/", 1)[-1])

    def entry(self, finding: Finding) -> Entry:
        return Entry(
            iri=finding_iri(finding.key),
            relation=finding.relation,
            title=title(finding, self.labels),
            actors=tuple(self.name(actor) for actor in finding.actors),
            function=self.name(finding.function_cell) if finding.function_cell else "",
            subject=self.name(plain(finding.subject_cell)) if finding.subject_cell else "",
            since=finding.since,
            until=finding.until,
            certain=finding.certain,
            score=finding.score,
            support=finding.support,
            pairs=tuple(self.pair(exhibit) for exhibit in finding.evidence),
        )

    def pair(self, exhibit: Evidence) -> Pair:
        one = self.position(exhibit.holding_a)
        two = self.position(exhibit.holding_b) if exhibit.holding_b else None
        return Pair(
            first=one,
            second=two,
            since=exhibit.since,
            until=exhibit.until,
            reasons=tuple(self.reasons(exhibit)),
            mitigation=self.mitigation(one, two) if two else (),
            alike=exhibit.alike,
        )

    def reasons(self, exhibit: Evidence) -> list[str]:
        result = []
        for axis, value in exhibit.similarity.items():
            words = f"{axis} meets at {value / 10:.0f} %"
            if axis == "subject" and exhibit.subject_a and exhibit.subject_b:
                a, b = self.name(plain(exhibit.subject_a)), self.name(plain(exhibit.subject_b))
                words = f"{axis}: {a}" + (f" and {b}" if a != b else "") + f" ({value / 10:.0f} %)"
            result.append(words)
        return result

    def mitigation(self, one: Position, two: Position) -> tuple[str, ...]:
        found = set()
        for mine, other in ((one, two), (two, one)):
            for condition in self.conditions[mine.mandate]:
                party = self.party.get(condition, "")
                if other.actor == party or other.actor in self.fillers.get(party, set()):
                    found.add(self.name(condition))
        return tuple(sorted(found))

    def position(self, holding: str) -> Position:
        mandate, actor = self.mandate[holding], self.holder[holding]
        through = [self.name(t) for t in self.through[holding]]
        return Position(
            holding=holding,
            mandate=mandate,
            actor=actor,
            holder=self.name(actor) + (f" (through {', '.join(through)})" if through else ""),
            modal=_MODAL[self.force[mandate]],
            action=self.action.get(mandate, self.name(mandate)),
            since=self.since[holding],
            until=self.until.get(holding),
            since_uncertain=self.certain.get(holding, self.since[holding]) != self.since[holding],
            title=_STATUS.get(self.status.get(holding, ""), "named by the text"),
            reading="; ".join(self.name(r) for r in self.readings[holding]),
            sources=tuple(self.sources(mandate)),
        )

    def sources(self, mandate: str) -> list[Source]:
        cited = "; ".join(self.cite(p) for p in self.conferred[mandate])
        result = []
        for evidence in self.evidence[mandate]:
            document = self.document.get(evidence, "")
            result.append(
                Source(
                    citation=cited,
                    quotation=self.quotation.get(evidence, ""),
                    locator=self.locator.get(evidence, ""),
                    document=self.name(document) if document else "",
                    address=self.address.get(document, ""),
                    grade=self.grade.get(evidence, "")[-1:],
                )
            )
        return sorted(result, key=lambda s: (s.grade, s.locator))

    def cite(self, provision: str) -> str:
        instrument = self.instrument.get(provision, "")
        title = self.short.get(instrument) or self.name(instrument) if instrument else ""
        return f"{title}, {self.citation.get(provision, '')}".strip(", ")
