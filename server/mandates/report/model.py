"""The model of a report: what is found between institutions, line by line with the law.

Every face of a report (HTML, CSV, …) shows this model and computes nothing of its own. A report is
of one of three kinds: the state on a day, the changes between two days, or what a bill would
change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import pyoxigraph as ox

from mandates.report.days import Known, Spell, begun, stated
from mandates.report.reasons import Reason
from mandates.report.texts import Position, Source
from mandates.report.views import Bar, Edge, Matrix

Kind = Literal["state", "between", "bill"]
How = Literal["created", "ended", "passed", "revised"]

#: Relations in the order of a report, each with its heading and what it means.
SECTIONS: dict[str, tuple[str, str]] = {
    "conflict-of-exclusivity": (
        "Exclusive mandates that meet another's",
        "The words give a function to one institution alone, and another holds it too.",
    ),
    "conflict-of-force": (
        "Conflicts of norms",
        "A duty meets what another norm forbids its holder. Where both can be obeyed, one limits "
        "the other.",
    ),
    "unsaved-overlap": (
        "Overlaps of predecessor and successor",
        "Both hold the same mandate at once and no saving provides for it.",
    ),
    "contested-holding": (
        "Contested holdings",
        "Rival readings of the law give the same mandate to different institutions.",
    ),
    "duplication": (
        "Duplications",
        "The same function upon the same matter with the same force, both in the lead, nothing "
        "between them.",
    ),
    "overlap-by-designation": (
        "Two in one role",
        "Two institutions fill the same legal role at the same time.",
    ),
    "overlap": (
        "Overlaps",
        "Function, matter, layer, territory and addressees all meet, and nothing in the record "
        "coordinates the two.",
    ),
    "coordinated-overlap": (
        "Coordinated overlaps",
        "Function, matter, layer, territory and addressees all meet, and a condition of one "
        "mandate names the other institution.",
    ),
    "transition": ("Transitions", "A mandate passes from one to the other under a saving."),
    "conflict-of-functions": (
        "Functions that ought to be apart",
        "One institution holds two functions that a principle keeps apart.",
    ),
    "gap": ("Gaps", "Nobody certainly holds a function that one expects in some hand."),
    "orphan": ("Orphaned mandates", "What the mandate rests on or speaks of is no longer law."),
    "concurrence-required": (
        "Concurrence required",
        "One cannot act without the agreement or approval of the other.",
    ),
    "interacting-assignment": (
        "Interacting assignments",
        "Scopes do not overlap, but a condition links the two.",
    ),
    "related-assignment": (
        "Related assignments",
        "The same matter with different functions: one regulates what another investigates.",
    ),
    "delegation": ("Delegations", "One exercises a mandate as the delegate of the other."),
    "oversight": ("Oversight", "One stands over the other; this is no overlap."),
    "succession": ("Successions", "A mandate passed from one to the other."),
    "fragmentation": (
        "Fragmentation",
        "Several institutions share one broad matter. A mandate counts once for each that holds "
        "it; those that others than the largest holder hold are spread, and the matter with most "
        "of them comes first. The index says how even the shares are: 0 when one holds nearly all, "
        "1 when all hold the same number.",
    ),
    "sunset-coverage": (
        "Sunset",
        "Of how many of an institution's mandates the law's own words fix an end or a review. What "
        "rests on a law whose whole text was not read for that counts as not known.",
    ),
    "unplaced": ("Not comparable", "The function or the matter is unknown."),
}

#: What one finding of a relation is called where findings of several stand together.
KINDS: dict[str, str] = {relation: heading for relation, (heading, _) in SECTIONS.items()} | {
    "conflict-of-exclusivity": "Exclusive mandate that meets another's",
    "conflict-of-force": "Conflict of norms",
    "unsaved-overlap": "Overlap of predecessor and successor",
    "contested-holding": "Contested holding",
    "duplication": "Duplication",
    "overlap": "Overlap",
    "coordinated-overlap": "Coordinated overlap",
    "transition": "Transition",
    "gap": "Gap",
    "orphan": "Orphaned mandate",
    "interacting-assignment": "Interacting assignment",
    "related-assignment": "Related assignment",
    "delegation": "Delegation",
    "succession": "Succession",
}

#: What a reader must know of the words of a report, whatever its face.
TERMS: tuple[tuple[str, str], ...] = (
    (
        "Certain, possible",
        "A value that the law does not state counts as unknown, never as all. A finding that hangs "
        "on such a value, on one of two readings of the law or on a day that is not exactly known "
        "is possible; any other is certain.",
    ),
    (
        "Score",
        "From 0 to 100: how much a meeting invites contention, not how much it harms. It is the "
        "product of factors, shown with each finding: how close the two scopes are; whether one of "
        "the two is a mere liberty (force); whether both institutions lead; what is left once a "
        "condition that links the two is taken off; how many provisions stand behind the finding; "
        "and the kind of relation.",
    ),
    (
        "Pair of provisions",
        "One mandate of each institution, by which the two meet. Pairs of the same matter are one "
        "finding; the strongest is quoted.",
    ),
    (
        "Held",
        "“Named by the text”: the law names the institution. “Designated”: the law names a role, "
        "and an instrument or a definition puts the institution into it. “Continued by a saving”: "
        "it goes on until its successor begins. “In practice”: it is seen to act, and no "
        "designation was found.",
    ),
    (
        "Days",
        "A day is written no closer than it is known: “2006” is some day of that year; "
        "“2016-09-01..2016-09-22” is one of these days, the first and the last included; "
        "“2023-12-24..” is that day or a later one, “..2024-04-24” that day or an earlier one.",
    ),
    (
        "Grade",
        "A: a statute, gazette, judgment or official text was read. B: two independent secondary "
        "sources. C: one.",
    ),
)

#: Relations told at length; the others are told in a line each.
FULL = (
    "conflict-of-exclusivity",
    "conflict-of-force",
    "unsaved-overlap",
    "contested-holding",
    "duplication",
    "overlap-by-designation",
    "overlap",
    "coordinated-overlap",
    "transition",
    "conflict-of-functions",
    "orphan",
)

#: How many findings of a section are told at length before the rest follow in a line each.
AT_LENGTH = 5


@dataclass(frozen=True)
class Pair(Spell):
    """Two positions (or one) from which a finding follows, and why.

    Attributes:
        first: position of the first institution.
        second: position of the second, if the relation has two.
        reasons: how they meet on each axis.
        doubts: what the meeting hangs on; empty when it is certain.
        mitigation: conditions of one that name the other, with their provisions.
        alike: number of pairs of the same scopes and dates that this one stands for.
        certain: whether nothing about the pair is in doubt.
    """

    first: Position
    second: Position | None
    reasons: tuple[Reason, ...]
    doubts: tuple[str, ...]
    mitigation: tuple[str, ...]
    alike: int
    certain: bool

    @property
    def meeting(self) -> str:
        """Whether the two meet since the later of them began, or met in another relation before."""
        begun = max(side.since for side in (self.first, self.second) if side)
        return "Together" if self.since <= begun else "In this relation"


@dataclass(frozen=True)
class Witness:
    """Somebody who named the same overlap.

    Attributes:
        iri: IRI of the statement.
        words: what was said, in a line.
        speaker: who said it.
        said_on: when, if known.
        said: the same as people write it, no closer than it is known; empty if unknown.
        document: title of a document that reports it.
        address: where that document is.
    """

    iri: str
    words: str
    speaker: str
    said_on: datetime | None
    said: str
    document: str
    address: str


@dataclass(frozen=True)
class Entry(Spell):
    """One finding of a report.

    Attributes:
        iri: IRI of the finding.
        relation: name of the relation, a key of :data:`SECTIONS`.
        title: the finding in a line.
        actors: labels of the institutions.
        actor_iris: their IRIs, in the same order.
        brief: their abbreviations.
        function: label of the function cell, empty if the finding spans several.
        subject: label of the subject cell, empty if the finding spans several.
        order: the state or union in whose law it was found; empty for what lies between
            institutions of two.
        certain: whether it follows on every reading and every known value.
        doubts: what it hangs on when it is only possible.
        score: contention, 0 to 100.
        parts: the factors of the score, each with its value.
        support: number of pairs of holdings behind it.
        figure: the index of a fragmentation or share of a sunset coverage, 0 to 1.
        shares: who holds how many mandates of a fragmented matter; of how many mandates the law's
            words fix an end or a review.
        witnesses: who else named it.
        pairs: the strongest of the pairs behind it.
    """

    iri: str
    relation: str
    title: str
    actors: tuple[str, ...]
    actor_iris: tuple[str, ...]
    brief: tuple[str, ...]
    function: str
    subject: str
    order: str
    certain: bool
    doubts: tuple[str, ...]
    score: int
    parts: tuple[tuple[str, str], ...]
    support: int
    figure: float | None
    shares: tuple[tuple[str, int], ...]
    witnesses: tuple[Witness, ...]
    pairs: tuple[Pair, ...]

    @property
    def place(self) -> str:
        """The legal order, where readers are told of it: a matter that several share in its law."""
        return self.order if self.relation == "fragmentation" else ""

    @property
    def key(self) -> str:
        """The last part of the finding's IRI."""
        return self.iri.rsplit("/", 1)[-1]

    @property
    def who(self) -> str:
        """The institutions in brief, how many share a matter, or where nobody is found."""
        if self.relation == "fragmentation":
            return f"{len(self.brief)} institutions"
        return " \N{EN DASH} ".join(self.brief) or f"nobody in {self.order}"

    @property
    def column(self) -> str:
        """What is listed of it in a line: provisions, a count of mandates, nothing of a gap."""
        if self.relation == "gap":
            return ""
        counted = self.relation in ("fragmentation", "sunset-coverage")
        return "Mandates" if counted else "Provisions"

    @property
    def backing(self) -> str:
        """How many pairs of provisions stand behind it; provisions where it has one side only."""
        one, many = ("provision", "provisions")
        if self.pairs and self.pairs[0].second:
            one, many = ("pair of provisions", "pairs of provisions")
        return f"{self.support} {one if self.support == 1 else many}"

    @property
    def measure(self) -> str:
        """What the number is that stands with it in a line; empty where there is none."""
        if self.relation == "fragmentation":
            return "Index"
        return "" if self.relation in ("gap", "orphan", "sunset-coverage") else "Score"

    @property
    def spread(self) -> int:
        """How many mandates of a fragmented matter others than its largest holder hold."""
        if self.relation != "fragmentation":
            return 0
        held = [number for _, number in self.shares]
        return sum(held) - max(held, default=0)

    @property
    def rank(self) -> str:
        """Its index or score, as it stands in a line."""
        if self.relation == "fragmentation":
            return "" if self.figure is None else f"{self.figure:.2f}"
        return str(self.score) if self.score else ""

    @property
    def factors(self) -> str:
        """The factors of the score that lower it, and that the others do not."""
        telling = [f"{name} {value}" for name, value in self.parts if value != "100 %"]
        if not telling:
            return "every factor 100 %"
        rest = "; every other factor 100 %" if len(telling) < len(self.parts) else ""
        return " \N{MULTIPLICATION SIGN} ".join(telling) + rest

    @property
    def counted(self) -> str:
        """Who holds how many mandates, or how many of them have a sunset; the first six."""
        if self.relation == "sunset-coverage":
            return ", ".join(f"{number} {which}" for which, number in self.shares)
        named = ", ".join(f"{who} ({number})" for who, number in self.shares[:6])
        more = len(self.shares) - 6
        held = sum(number for _, number in self.shares)
        return f"{self.spread} of {held} spread: {named}" + (
            f" and {more} more" if more > 0 else ""
        )

    @property
    def matter(self) -> str:
        """Function and subject in a line."""
        if self.relation == "sunset-coverage":
            return "all its mandates"
        return ", ".join(part for part in (self.function, self.subject) if part)


@dataclass(frozen=True)
class Step:
    """An event, as a report tells it.

    Attributes:
        iri: IRI of the event.
        label: what happened.
        effective: since when it has effect.
        effective_by: by when it certainly had, where the day is not known.
        notified: the first moment at which it could be known.
        precision: how closely that is known, as the last part of an IRI; empty if it is not known.
        late: whether that was only after it had taken effect.
        within: whether it certainly took effect in the time that is told.
        instruments: what brought it about; empty where the record has found no instrument.
        affects: what it changed.
        began: positions that began with it, in a line each.
        ended: positions that ended with it, in a line each.
        continued: positions that it saved or revived, in a line each.
        others: how many positions of other institutions it began, ended or saved beside these.
        practice: whether it is an act of practice, which no instrument brings about.
        sources: the words of the law.
    """

    iri: str
    label: str
    effective: datetime
    effective_by: datetime | None
    notified: datetime | None
    precision: str
    late: bool
    within: bool
    instruments: tuple[str, ...]
    affects: tuple[str, ...]
    began: tuple[str, ...]
    ended: tuple[str, ...]
    continued: tuple[str, ...]
    others: int
    practice: bool
    sources: tuple[Source, ...]

    @property
    def known(self) -> Known:
        """When it took effect, no closer than it is known."""
        return begun(self.effective, self.effective_by or self.effective)

    @property
    def when(self) -> str:
        """The same as a line begins with it."""
        words = self.known.words()
        return words[:1].upper() + words[1:]

    @property
    def announced(self) -> str:
        """How it became known: an act of practice is not notified."""
        return "made known" if self.practice else "notified"

    @property
    def announced_when(self) -> str:
        """When it became known, as a sentence goes on; empty if that is not known."""
        return stated(self.notified, self.precision).after_verb() if self.notified else ""

    @property
    def brought_by(self) -> str:
        """By what it came about, as a sentence."""
        if self.instruments:
            return f"By {'; '.join(self.instruments)}"
        if self.practice:
            return "An act of practice"
        return "By an instrument that was not found in the sources"


@dataclass(frozen=True)
class Change:
    """A finding that differs between two states.

    Attributes:
        how: created, ended, passed or revised.
        entry: the finding; of a revised one as it stands afterwards.
        before: score, certainty and number of pairs of a revised one as it stood.
        begun_by: the events, with their days and instruments, with which it or a pair behind it
            began; empty for one that ended.
        ended_by: those with which it or a pair behind it ended.
    """

    how: How
    entry: Entry
    before: tuple[int, bool, int] | None
    begun_by: tuple[str, ...]
    ended_by: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Changes of one kind that the same events brought about.

    Attributes:
        begun_by: as for a change.
        ended_by: as for a change.
        changes: those changes, in the order of a report.
    """

    begun_by: tuple[str, ...]
    ended_by: tuple[str, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Difference:
    """What differs between two states.

    Attributes:
        heading: between what, in words.
        steps: events in the order in which they took effect.
        changes: findings that differ.
        note: what the reader must know, empty when nothing.
    """

    heading: str
    steps: tuple[Step, ...]
    changes: tuple[Change, ...]
    note: str = ""

    @property
    def sure(self) -> tuple[Step, ...]:
        """Events that certainly fall into the time."""
        return tuple(step for step in self.steps if step.within)

    @property
    def perhaps(self) -> tuple[Step, ...]:
        """Events of which it is not known whether they do."""
        return tuple(step for step in self.steps if not step.within)

    def of(self, how: str) -> tuple[Change, ...]:
        """Changes of one kind."""
        return tuple(change for change in self.changes if change.how == how)

    def groups(self, how: str) -> tuple[Group, ...]:
        """Changes of one kind by the events behind them, in the order in which these happened."""
        found: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Change]] = {}
        for change in self.of(how):
            found.setdefault((change.begun_by, change.ended_by), []).append(change)

        def when(group: Group) -> tuple[datetime, int]:
            moments = [
                (change.entry.until if how == "ended" else None) or change.entry.since
                for change in group.changes
            ]
            return min(moments), -len(moments)

        return tuple(sorted((Group(*key, tuple(rows)) for key, rows in found.items()), key=when))


@dataclass(frozen=True)
class Query:
    """A query with which the reader can check what the report says.

    Attributes:
        title: what it asks.
        text: the query.
        sha256: digest of its text.
    """

    title: str
    text: str
    sha256: str


@dataclass(frozen=True)
class Report:
    """Everything a report shows.

    Attributes:
        kind: state on a day, changes between two days, or what a bill would change.
        title: of the report.
        as_of: the day reported on.
        since: the earlier day of a comparison.
        known: the day whose knowledge is used; ``None`` for that of the dataset.
        language: language of labels.
        version: dataset version.
        method: digest of the weights of the score.
        filters: limits that the reader asked for, in words.
        actors: the institutions compared: IRI to label.
        held: number of mandates each of them holds on the day: IRI to number.
        surely: how many of these it holds beyond doubt: on every reading, by a designation.
        summary: what an adviser must know, in a few sentences.
        entries: findings, strongest first within each relation; a fragmented matter before those
            of which fewer mandates are spread.
        pairs: institutions by institutions.
        functions: functions by layers.
        timeline: holdings over time.
        network: who meets whom.
        difference: what changed, if that was asked.
        since_release: what changed since an earlier release, if one was given.
        queries: with which the reader can check.
        graph: the findings shown, as RDF.
    """

    kind: Kind
    title: str
    as_of: datetime
    since: datetime | None
    known: datetime | None
    language: str
    version: str
    method: str
    filters: tuple[str, ...]
    actors: dict[str, str]
    held: dict[str, int]
    surely: dict[str, int]
    summary: tuple[str, ...]
    entries: tuple[Entry, ...]
    pairs: Matrix
    functions: Matrix
    timeline: tuple[Bar, ...]
    network: tuple[Edge, ...]
    difference: Difference | None
    since_release: Difference | None
    queries: tuple[Query, ...]
    graph: tuple[ox.Quad, ...] = field(repr=False, default=())

    def unasked(self, entry: Entry) -> tuple[int, ...]:
        """Places, among those of a finding, of institutions that the reader did not ask for.

        A contested holding stands in the report of either side: a reading of the law gives a rival
        what one of those asked for holds. Only on a day it is known who was asked for.
        """
        if self.kind != "state" or entry.relation != "contested-holding":
            return ()
        return tuple(i for i, iri in enumerate(entry.actor_iris) if iri not in self.actors)

    def section(self, relation: str) -> tuple[Entry, ...]:
        """Findings of one relation."""
        return tuple(entry for entry in self.entries if entry.relation == relation)
