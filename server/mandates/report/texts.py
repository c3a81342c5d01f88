"""The words of a dataset: labels, sentences, sources, statements; read once for a report."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import pyoxigraph as ox

from mandates.analysis.conditions import Asked, asked
from mandates.analysis.graph import mitigations
from mandates.dataset.lookup import dates, first, instances, labels, pairs, table
from mandates.dataset.names import ALT_LABEL, MAND, mand, polity
from mandates.report.days import PAKISTAN, Known, Spell, Stretch, begun, ended

MODAL = {"power": "may", "duty": "must", "liberty": "is free to", "disability": "must not"}
STATUS = {
    MAND + "Designated": "designated",
    MAND + "Transitional": "continued by a saving",
    MAND + "DeFacto": "in practice",
}
NAMED = "named by the text"


@dataclass(frozen=True)
class Document:
    """A document in which words were read.

    Attributes:
        title: its title.
        locator: place in it.
        address: where it is, empty when it has no address.
    """

    title: str
    locator: str
    address: str


@dataclass(frozen=True)
class Source:
    """Where the words of a mandate stand; the same words in two documents are one source.

    Attributes:
        citation: instrument and provision as people cite them.
        quotation: the words, empty where no text was seen.
        documents: the documents in which they were read.
        grade: the best grade among them, A to D.
    """

    citation: str
    quotation: str
    documents: tuple[Document, ...]
    grade: str


@dataclass(frozen=True)
class Position:
    """One institution's hold on one mandate, as a lawyer would state it.

    Attributes:
        holding: IRI of the holding.
        mandate: IRI of the mandate.
        actor: IRI of the holder.
        holder: label of the holder.
        through: offices, units or roles by which it acts.
        modal: may, must, is free to, must not.
        action: what, as a verb phrase.
        citation: the provisions that confer it.
        since: first day on which it may be held.
        until: first day on which it certainly no longer is, if ended.
        since_latest: first day on which it certainly is; none if it may never have begun.
        until_earliest: first day on which it may no longer be; none if nothing ends it.
        since_uncertain: whether the first day is not exactly known.
        title: by what the holder holds: the text itself, a designation, a saving, practice.
        reading: label of the reading on which alone this stands, empty when on all.
        sources: the words of the law.
    """

    holding: str
    mandate: str
    actor: str
    holder: str
    through: tuple[str, ...]
    modal: str
    action: str
    citation: str
    since: datetime
    until: datetime | None
    since_latest: datetime | None
    until_earliest: datetime | None
    since_uncertain: bool
    title: str
    reading: str
    sources: tuple[Source, ...]

    @property
    def begun(self) -> Known:
        """When it began, no closer than it is known."""
        return begun(self.since, self.since_latest)

    @property
    def ended(self) -> Known | None:
        """When it ended, or may have, no closer than it is known."""
        return ended(self.until, self.until_earliest, self.since_latest)


class Texts:
    """Labels, words and sources of a dataset.

    Args:
        store: a built dataset.
        language: language of labels; where one is missing the English one stands.
    """

    def __init__(self, store: ox.Store, language: str = "en") -> None:
        self.language = language
        self.labels = labels(store) | (labels(store, language) if language != "en" else {})
        self.short: dict[str, str] = {}
        for quad in store.quads_for_pattern(None, ALT_LABEL, None, None):
            if quad.object.language not in (None, "en"):  # type: ignore[union-attr]
                continue
            name = quad.subject.value  # type: ignore[union-attr]
            known = self.short.get(name)
            value = quad.object.value  # type: ignore[union-attr]
            self.short[name] = min(known, value, key=lambda v: (len(v), v)) if known else value
        self._part(instances(store, "Actor"))
        self.force = {
            mandate: force for force in MODAL for mandate in instances(store, force.capitalize())
        }
        self.action = first(store, "actionPhrase")
        self.mandate, self.holder = first(store, "ofMandate"), first(store, "heldBy")
        self.through, self.status = table(store, "heldThrough"), first(store, "holdingStatus")
        self.designation = first(store, "underDesignation")
        self.readings = table(store, "inReading")
        self.since, self.until = dates(store, "validFrom"), dates(store, "validUntil")
        self.certain, self.unsure = dates(store, "certainFrom"), dates(store, "certainUntil")
        self.conferred, self.evidence = table(store, "conferredBy"), table(store, "supportedBy")
        self.citation, self.instrument = first(store, "citation"), first(store, "provisionOf")
        self.quotation, self.locator = first(store, "quotation"), first(store, "locator")
        self.document, self.grade = first(store, "fromDocument"), first(store, "hasGrade")
        self.address = first(store, "address")
        self.asked = mitigations(store)
        self.named: defaultdict[tuple[str, str], list[Asked]] = defaultdict(list)
        for one in asked(store):
            self.named[one.mandate, one.actor].append(one)
        self.stated = table(store, "statedBy")
        self.number = first(store, "number")
        self.vested, self.roles = first(store, "vestedIn"), first(store, "fills")
        self.acts_for = table(store, "actsFor")
        self.about: defaultdict[str, list[str]] = defaultdict(list)
        for name in ("vestedIn", "filledBy", "affiliate", "affiliatedWith"):
            for node, actor in pairs(store, mand(name)):
                self.about[node].append(actor)
        to = table(store, "affiliatedWith")
        self.tied: defaultdict[frozenset[str], list[Stretch]] = defaultdict(list)
        for node, actor in pairs(store, mand("affiliate")):
            for other in to[node]:
                if node in self.since:
                    self.tied[frozenset((actor, other))].append(self.stretch(node))
        filled = self.roles
        self.fillers: dict[str, set[str]] = {}
        for designation, actor in pairs(store, mand("filledBy")):
            self.fillers.setdefault(filled.get(designation, ""), set()).add(actor)

    def _part(self, actors: Iterable[str]) -> None:
        """Tell actors of the same abbreviation apart: by country, year, or the rest of the IRI."""
        bearers: dict[str, list[str]] = {}
        for actor in actors:
            if actor in self.short:
                bearers.setdefault(self.short[actor], []).append(actor)
        for name, sharing in bearers.items():
            if len(sharing) < 2:
                continue
            abroad = len({polity(actor) for actor in sharing}) == len(sharing)
            for actor in sharing:
                slug = actor.rsplit("/", 1)[-1]
                telling = [w for w in slug.split("-") if w.isdigit() or w == "proposed"]
                if telling or abroad:
                    mark = " ".join(telling) or polity(actor).upper()
                    self.short[actor] = f"{name} ({mark})"
                elif slug != name.casefold():
                    self.short[actor] = self.name(actor)

    def name(self, node: str) -> str:
        """The label of a node, or the last part of its IRI."""
        return self.labels.get(node, node.rsplit("/", 1)[-1])

    def brief(self, node: str) -> str:
        """The abbreviation of a node where it has one, else its label."""
        return self.short.get(node) or self.name(node)

    def cite(self, source: str) -> str:
        """Cite a provision with its instrument, or an instrument alone."""
        instrument = self.instrument.get(source, "")
        if not instrument:
            return self.brief(source)
        return f"{self.brief(instrument)}, {self.citation.get(source, '')}".strip(", ")

    def instrument_of(self, source: str) -> str:
        """The instrument that a provision is part of, or the instrument itself."""
        return self.instrument.get(source, source)

    def position(self, holding: str) -> Position:
        """State a holding in words."""
        mandate, actor = self.mandate[holding], self.holder[holding]
        conferred = [self.cite(p) for p in self.conferred[mandate]]
        return Position(
            holding=holding,
            mandate=mandate,
            actor=actor,
            holder=self.name(actor),
            through=tuple(self.name(t) for t in self.through[holding]),
            modal=MODAL[self.force[mandate]],
            action=self.action.get(mandate, self.name(mandate)),
            citation="; ".join(conferred),
            since=self.since[holding],
            until=self.until.get(holding),
            since_latest=self.certain.get(holding),
            until_earliest=self.unsure.get(holding),
            since_uncertain=self._unsure_since(holding),
            title=STATUS.get(self.status.get(holding, ""), NAMED),
            reading="; ".join(self.name(r) for r in self.readings[holding]),
            sources=self.sources(mandate, "; ".join(conferred)),
        )

    def stretch(self, node: str) -> Stretch:
        """From when to when a holding or an affiliation stands, with what is certain within."""
        return Stretch(
            self.since[node],
            self.certain.get(node),
            self.until.get(node),
            self.unsure.get(node),
        )

    def as_written(self, spell: Spell, order: str) -> Spell:
        """Give the moments of a spell the offset with which the record writes them.

        What is computed is in UTC. Every moment of it is that of something in the record, which
        writes midnight where the law applies.

        Args:
            spell: since when and until when something stands.
            order: the code of the legal order in which it does.
        """
        known = self._written[order]

        def local(moment: datetime | None) -> datetime | None:
            if moment is None or moment.year == 1:
                return moment
            return known.get(moment) or moment.astimezone(PAKISTAN)

        since = local(spell.since)
        assert since is not None
        return Spell(
            since, local(spell.since_latest), local(spell.until), local(spell.until_earliest)
        )

    @cached_property
    def _written(self) -> defaultdict[str, dict[datetime, datetime]]:
        """By legal order, each moment of the record as it is written there."""
        found: defaultdict[str, dict[datetime, datetime]] = defaultdict(dict)
        for moments in (self.since, self.until, self.certain, self.unsure):
            for node, moment in moments.items():
                # Two that are the same moment are equal, whatever their offsets.
                found[polity(node)].setdefault(moment, moment)
        return found

    def _unsure_since(self, holding: str) -> bool:
        since = self.since[holding]
        # What may never have begun has no certain beginning and is unsure from its first instant.
        return self.certain.get(holding, since) != since or self.unsure.get(holding) == since

    def sources(self, node: str, citation: str = "") -> tuple[Source, ...]:
        """Collect the evidence of a mandate, event or designation."""
        found = []
        for evidence in self.evidence[node]:
            document = self.document.get(evidence, "")
            found.append(
                Source(
                    citation=citation,
                    quotation=self.quotation.get(evidence, ""),
                    documents=(
                        Document(
                            self.name(document) if document else "",
                            self.locator.get(evidence, ""),
                            self.address.get(document, ""),
                        ),
                    ),
                    grade=self.grade.get(evidence, "")[-1:],
                )
            )
        return merge(found)


def merge(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Make one of sources that quote the same words; a source without words joins the best.

    Of words of which some are a part of others, the longer stand.

    >>> one = Source("s. 1", "It shall come into force at once.", (Document("A", "", ""),), "A")
    >>> two = Source("s. 1", "it shall come into force at once", (Document("B", "", ""),), "B")
    >>> [(s.quotation, s.grade, len(s.documents)) for s in merge([two, one])]
    [('It shall come into force at once.', 'A', 2)]
    """
    merged: list[Source] = []
    ordered = sorted(sources, key=lambda s: (-len(_plain(s.quotation)), s.grade, s.quotation))
    for source in ordered:
        words = _plain(source.quotation)
        for i, other in enumerate(merged):
            if words in _plain(other.quotation):
                more = tuple(d for d in source.documents if d not in other.documents)
                grade = min(other.grade or "D", source.grade or "D")
                merged[i] = replace(other, documents=other.documents + more, grade=grade)
                break
        else:
            merged.append(source)
    return tuple(sorted(merged, key=lambda s: (s.grade, s.citation, s.quotation)))


def _plain(words: str) -> str:
    return " ".join(re.findall(r"\w+", words.casefold()))
