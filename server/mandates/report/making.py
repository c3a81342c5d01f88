"""Make reports: from a dataset and a question to the model that every face shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import pyoxigraph as ox

from mandates.analysis.actors import check_countries, resolve, resolve_concepts
from mandates.analysis.bill import Overlay, lay_over, read_bill, split
from mandates.analysis.causes import Behind, Causes
from mandates.analysis.changes import Changes, between, compare, explain, explain_by
from mandates.analysis.events import Events, Happening
from mandates.analysis.graph import describe_some, finding_iri, legal_orders, standing, title
from mandates.analysis.statements import Matcher, read_statements
from mandates.analysis.world import owner, plain, read_world
from mandates.dataset.lookup import labels
from mandates.dataset.names import SKOS, polity
from mandates.overlap import find
from mandates.overlap.findings import Evidence, Finding
from mandates.overlap.reference import Reference, span
from mandates.overlap.tables import Holding, seconds
from mandates.overlap.weights import default_weights
from mandates.report import summary, views
from mandates.report.counted import Counted
from mandates.report.days import Spell, Stretch, asked, begun, met, within
from mandates.report.model import (
    SECTIONS,
    Change,
    Difference,
    Entry,
    How,
    Kind,
    Pair,
    Query,
    Report,
    Step,
    Witness,
)
from mandates.report.reasons import Reasons
from mandates.report.texts import NAMED, STATUS, Position, Texts

SCOPE_NOTE = ox.NamedNode(SKOS + "scopeNote")
_NOT_FOUND = "the instrument was not found in the sources"


@dataclass(frozen=True)
class Scope:
    """What a report is about.

    Attributes:
        actors: names of institutions to compare; all when empty. Here and below a text is split at
            its commas.
        subjects: names of subject matters; all when empty. A finding counts if its matter lies
            within one of them or contains it.
        layers: names of layers; all when empty. A finding counts if a pair behind it touches one of
            them, or leaves open which it touches.
        countries: codes of legal orders (``pk``, ``gb`` …); all when empty.
        minimum_score: leave out findings below this contention (0 to 100).
        language: language of labels (``en``, ``ur``).
    """

    actors: Sequence[str] = ()
    subjects: Sequence[str] = ()
    layers: Sequence[str] = ()
    countries: Sequence[str] = ()
    minimum_score: int = 0
    language: str = "en"

    def __post_init__(self) -> None:
        """Take a text for the names in it, as the command does."""
        for name in ("actors", "subjects", "layers", "countries"):
            given = getattr(self, name)
            if isinstance(given, str):
                listed = tuple(part.strip() for part in given.split(",") if part.strip())
                object.__setattr__(self, name, listed)
        if not 0 <= self.minimum_score <= 100:
            raise ValueError(f"a contention is from 0 to 100, not {self.minimum_score}")


def make_report(
    store: ox.Store,
    *,
    as_of: datetime,
    known: datetime | None = None,
    scope: Scope | None = None,
    version: str = "",
    earlier: ox.Store | None = None,
    earlier_version: str = "",
) -> Report:
    """Report the state of the law on a day.

    Args:
        store: a built dataset.
        as_of: the day to report on.
        known: report what was known on this day; what the dataset knows when absent.
        scope: what the report is about; everything when absent.
        version: dataset version, for the reader.
        earlier: an earlier release, to say what changed since.
        earlier_version: its version.

    Raises:
        mandates.analysis.actors.UnknownNameError: an institution or concept that nobody knows.
    """
    maker = _Maker(store, as_of, known, scope or Scope(), version)
    found = maker.select(maker.found)
    release = None
    if earlier is not None:
        old = _Maker(earlier, as_of, known, maker.scope, earlier_version)
        changes = compare(old.select(old.found), found)
        heading = f"Since release {earlier_version or '(unnamed)'}"
        release = maker.difference(heading, changes, (), before=old)
    return maker.report("state", found, release=release)


def make_comparison(
    store: ox.Store,
    *,
    since: datetime,
    until: datetime,
    known: datetime | None = None,
    scope: Scope | None = None,
    version: str = "",
) -> Report:
    """Report what appeared, ended and changed between two days, and what brought it about.

    Args:
        store: a built dataset.
        since: the first day.
        until: the second day.
        known: tell it as it was known on this day.
        scope: what the report is about; everything when absent.
        version: dataset version, for the reader.

    Raises:
        ValueError: the second day is not after the first.
        mandates.analysis.actors.UnknownNameError: an institution or concept that nobody knows.
    """
    maker = _Maker(store, until, known, scope or Scope(), version)
    changes = maker.narrow(between(maker.world, since, until))
    events = Events(store, known)
    changes = explain(changes, Causes(maker.rows, events), since, until)
    happenings = [h for h in events.during(since, until) if maker.touches(h)]
    heading = f"Between {asked(since)} and {asked(until)}"
    return maker.report(
        "between",
        (),
        since=since,
        difference=maker.difference(heading, changes, happenings, events=events, since=since),
    )


def make_what_if(
    store: ox.Store,
    *,
    bill: Sequence[Path] | Iterable[ox.Quad],
    as_of: datetime | None = None,
    known: datetime | None = None,
    scope: Scope | None = None,
    version: str = "",
) -> Report:
    """Report which findings a bill would create, end or change.

    Args:
        store: a built dataset.
        bill: Turtle files that hold the bill, or what they say.
        as_of: the day to look at; the day the bill takes full effect when absent.
        known: compare with the law as it was known on this day.
        scope: what the report is about; everything when absent.
        version: dataset version, for the reader.

    Raises:
        mandates.analysis.bill.BillError: the files hold no bill, or one that contradicts the
            record.
        mandates.analysis.actors.UnknownNameError: an institution or concept that nobody knows.
    """
    said = list(bill)
    paths = [item for item in said if isinstance(item, Path)]
    quads = read_bill(paths) if paths else [q for q in said if isinstance(q, ox.Quad)]
    overlay = lay_over(store, quads, as_of)
    return _what_if(overlay, as_of, known, scope or Scope(), version)


def make_counterfactual(
    store: ox.Store,
    *,
    instrument: str,
    as_of: datetime | None = None,
    scope: Scope | None = None,
    version: str = "",
) -> Report:
    """Report what an enacted instrument changed: the record without it against the record.

    Args:
        store: a built dataset.
        instrument: name of an instrument of the record.
        as_of: the day to look at; the day it took full effect when absent.
        scope: what the report is about; everything when absent.
        version: dataset version, for the reader.

    Raises:
        mandates.analysis.bill.BillError: the instrument brought about no event.
        mandates.analysis.actors.UnknownNameError: no such instrument, institution or concept.
    """
    (iri, *_) = resolve_concepts(store, "Instrument", [instrument])
    without, bill = split(store, iri)
    overlay = lay_over(without, bill, as_of)
    return _what_if(overlay, as_of, None, scope or Scope(), version, enacted=True)


def _what_if(
    overlay: Overlay,
    as_of: datetime | None,
    known: datetime | None,
    scope: Scope,
    version: str,
    *,
    enacted: bool = False,
) -> Report:
    day_of = as_of or overlay.date
    after = _Maker(overlay.store, day_of, known, scope, version)
    before = _Maker(overlay.base, day_of, known, scope, version, after.wanted)
    changes = compare(before.select(before.found), after.select(after.found))
    events = Events(overlay.store, known)
    changes = explain_by(
        changes, Causes(before.rows, events), Causes(after.rows, events), overlay.events
    )
    happenings = [events.all[e] for e in overlay.events if e in events.all]
    difference = after.difference(
        f"What {' and '.join(overlay.titles)} {'changed' if enacted else 'would change'}",
        changes,
        sorted(happenings, key=lambda h: (h.effective, h.iri)),
        events=events,
        before=before,
        note="; ".join(after.notes(overlay.bills)),
    )
    return after.report("bill", (), difference=difference)


class _Maker:
    """All that is read once for a report, and the steps from findings to the model."""

    def __init__(
        self,
        store: ox.Store,
        as_of: datetime,
        known: datetime | None,
        scope: Scope,
        version: str,
        wanted: list[str] | None = None,
    ) -> None:
        self.store, self.as_of, self.known = store, as_of, known
        self.scope, self.version = scope, version
        self.wanted = resolve(store, scope.actors) if wanted is None else wanted
        self.subjects = resolve_concepts(store, "SubjectMatter", scope.subjects)
        self.layers = resolve_concepts(store, "CyberspaceLayer", scope.layers)
        check_countries(store, scope.countries)
        self.texts = Texts(store, scope.language)
        self.world = read_world(store, known=known)
        self.rows = self.world.to_rows()
        self.reasons = Reasons(self.rows, self.texts, as_of)
        self.hierarchy = self.reasons.hierarchy
        self.matcher = Matcher(self.hierarchy)
        self.counted = Counted(self.rows, self.hierarchy, self.texts.stretch)
        self.statements = read_statements(store)
        self.orders = legal_orders(store)
        self.current = [
            h
            for h in self.rows.holdings
            if h.since <= as_of and (h.until is None or as_of < h.until)
        ]

        self.ceased = {i.id: i.until for i in self.rows.instruments}

    @cached_property
    def method(self) -> Reference:
        """The plain statement of the method, for what it says of single holdings."""
        return Reference(self.rows, default_weights())

    @cached_property
    def found(self) -> list[Finding]:
        """All findings of the day."""
        return list(find(self.world, as_of=self.as_of).rows())

    # Choosing ---------------------------------------------------------------------------------

    def select(self, findings: Iterable[Finding]) -> list[Finding]:
        """Keep the findings that the reader asked for."""
        return [finding for finding in findings if self._wants(finding)]

    def narrow(self, changes: Changes) -> Changes:
        """Keep the changes that the reader asked for."""
        return Changes(
            tuple(self.select(changes.created)),
            tuple(self.select(changes.ended)),
            tuple(self.select(changes.passed)),
            tuple(r for r in changes.revised if self._wants(r.after)),
        )

    def _wants(self, finding: Finding) -> bool:
        return (
            finding.score >= self.scope.minimum_score
            and self._concerns(finding)
            and self._within(finding)
            and self._layered(finding)
            and self._country(finding)
        )

    def _concerns(self, finding: Finding) -> bool:
        """Whether a finding belongs in a report on the institutions asked for.

        A contested holding concerns each side by itself: whether PTA holds a power or SMPRA does is
        a question about PTA too. A fragmentation concerns any two of those who share; a gap
        concerns everybody in its legal order.
        """
        wanted = set(self.wanted)
        if not wanted:
            return True
        if finding.relation == "gap":
            return finding.polity in {polity(actor) for actor in wanted}
        if finding.relation == "contested-holding":
            return not wanted.isdisjoint(finding.actors)
        if finding.relation == "fragmentation":
            return len(wanted & set(finding.actors)) >= min(2, len(wanted))
        return bool(finding.actors) and wanted.issuperset(finding.actors)

    def _within(self, finding: Finding) -> bool:
        if not self.subjects:
            return True
        cells = {finding.subject_cell} if finding.subject_cell else set()
        cells |= {s for e in finding.evidence for s in (e.subject_a, e.subject_b) if s}
        return any(
            self.hierarchy.meet(wanted, plain(cell)) for wanted in self.subjects for cell in cells
        )

    def _layered(self, finding: Finding) -> bool:
        if not self.layers:
            return True
        for exhibit in finding.evidence:
            for holding in (exhibit.holding_a, exhibit.holding_b):
                if holding is None:
                    continue
                mandate = self.reasons.mandates[self.reasons.holdings[holding].mandate]
                if not mandate.layers or any(
                    self.hierarchy.meet(one, two) for one in self.layers for two in mandate.layers
                ):
                    return True
        return False

    def _country(self, finding: Finding) -> bool:
        if not self.scope.countries:
            return True
        where = {finding.polity} if finding.polity else {polity(a) for a in finding.actors}
        return not where.isdisjoint(self.scope.countries)

    def touches(self, happening: Happening) -> bool:
        """Whether an event began or ended a position of the institutions asked for."""
        nodes = (*happening.began, *happening.ended, *happening.continued)
        if not self.wanted:
            return bool(nodes) or bool(happening.affects)
        wanted = set(self.wanted)
        if wanted & set(happening.affects):
            return True
        return any(wanted & self.bearers(node) for node in nodes)

    def about(self, node: str) -> bool:
        """Whether a position is one of the institutions asked for, or of nobody, as a law is."""
        bearers = self.bearers(node)
        return not self.wanted or not bearers or not bearers.isdisjoint(self.wanted)

    def bearers(self, node: str) -> set[str]:
        """The actors that a mandate, designation or affiliation is about."""
        texts = self.texts
        found: set[str] = set()
        todo = list(texts.about[node])
        while todo:
            bearer = todo.pop()
            if bearer not in found:
                # A unit or an office acts for its institution, a role is filled by several in turn.
                found.add(bearer)
                todo += [*texts.acts_for[bearer], *texts.fillers.get(bearer, ())]
        return found

    # The model --------------------------------------------------------------------------------

    def report(
        self,
        kind: Kind,
        found: Sequence[Finding],
        *,
        since: datetime | None = None,
        difference: Difference | None = None,
        release: Difference | None = None,
    ) -> Report:
        entries = self.entries(found)
        brief = self.texts.brief
        holders = {h.actor for h in self.current}
        shown = self.wanted or sorted(holders)
        if kind == "state" and len(self.wanted) > len(self.scope.actors):
            # One name may stand for several bodies in turn; those without a mandate are gone.
            shown = [actor for actor in shown if actor in holders] or shown
        edges = views.edges(found, brief)
        inside = set(shown)
        held = {
            actor: len({h.mandate for h in self.current if h.actor == actor}) for actor in shown
        }
        surely = {
            actor: len(
                {h.mandate for h in self.current if h.actor == actor and self.beyond_doubt(h)}
            )
            for actor in shown
        }
        wanted_mandates = {h.mandate for h in self.current if h.actor in inside}
        report = Report(
            kind=kind,
            title=self.title(kind, since, difference),
            as_of=self.as_of,
            since=since,
            known=self.known,
            language=self.scope.language,
            version=self.version,
            method=_method(),
            filters=tuple(self.filters()),
            actors={actor: self.texts.name(actor) for actor in shown},
            held=held,
            surely=surely,
            summary=(),
            entries=entries,
            pairs=views.between(edges, [brief(a) for a in shown if self.wanted]),
            functions=views.functions_by_layers(
                [m for m in self.rows.mandates if m.id in wanted_mandates],
                self.hierarchy,
                self.texts.name,
            ),
            timeline=views.timeline(
                self.rows, self.lanes(shown), self.lane, self.how, self.texts.stretch
            ),
            network=edges,
            difference=difference,
            since_release=release,
            queries=self.queries(self.wanted),
            graph=self.graph(found, difference),
        )
        return replace(report, summary=summary.sentences(report, self.brief_actors(shown)))

    def title(self, kind: Kind, since: datetime | None, difference: Difference | None) -> str:
        if kind == "between" and since:
            return f"What changed between {asked(since)} and {asked(self.as_of)}"
        if kind == "bill" and difference:
            return difference.heading
        return f"Mandate overlaps on {asked(self.as_of)}"

    def filters(self) -> Iterable[str]:
        names = self.texts.name
        if self.subjects:
            yield f"matters: {', '.join(names(s) for s in self.subjects)}"
        if self.layers:
            yield f"layers: {', '.join(names(s) for s in self.layers)}"
        if self.scope.countries:
            yield f"legal orders: {', '.join(self.scope.countries)}"
        if self.scope.minimum_score:
            yield f"contention of at least {self.scope.minimum_score}"

    def brief_actors(self, shown: Sequence[str]) -> dict[str, str]:
        return {actor: self.texts.brief(actor) for actor in shown}

    def entries(self, found: Iterable[Finding]) -> tuple[Entry, ...]:
        order = list(SECTIONS)
        made = [self.entry(finding) for finding in found]
        made.sort(
            key=lambda e: (
                order.index(e.relation),
                -e.spread,
                -e.score,
                -(e.figure or 0),
                e.title,
                e.iri,
            )
        )
        return tuple(made)

    def entry(self, finding: Finding) -> Entry:
        texts = self.texts
        # Of pairs that weigh the same, one on law that is no longer in force is shown last.
        shown = sorted(finding.evidence, key=lambda e: (-e.points, self.lapsed(e)))
        pairs = tuple(self.pair(finding, exhibit) for exhibit in shown)
        doubts = min((p.doubts for p in pairs if p.doubts), key=len, default=())
        if finding.relation == "gap":
            doubts = self.reasons.vacancy(finding)
        return Entry(
            **vars(self.spell(finding)),
            iri=finding_iri(finding.key),
            relation=finding.relation,
            title=title(finding, texts.labels, self.orders),
            order=self.order(finding),
            actors=tuple(texts.name(actor) for actor in finding.actors),
            actor_iris=tuple(finding.actors),
            brief=tuple(texts.brief(actor) for actor in finding.actors),
            function=texts.name(finding.function_cell) if finding.function_cell else "",
            subject=self.subject(finding.subject_cell) if finding.subject_cell else "",
            certain=finding.certain,
            doubts=() if finding.certain else doubts,
            score=finding.score,
            parts=self.reasons.parts(finding),
            support=finding.support,
            figure=None if finding.figure is None else finding.figure / 1000,
            shares=self.shares(finding),
            witnesses=self.witnesses(finding),
            pairs=pairs,
        )

    def spell(self, finding: Finding) -> Spell:
        """Say since when and until when a finding stands, no closer than it is known."""
        if finding.evidence:
            spell = met(
                finding.since,
                finding.until,
                [self.sides(exhibit) for exhibit in finding.evidence],
                (finding.certain_since, finding.certain_until),
                self.texts.tied[frozenset(finding.actors)],
            )
        else:
            spell = self.counted.spell(finding)
        return self.texts.as_written(spell, _order(finding))

    def sides(self, exhibit: Evidence) -> list[Stretch]:
        """From when to when the holdings of a pair stand."""
        holdings = (exhibit.holding_a, exhibit.holding_b)
        return [self.texts.stretch(holding) for holding in holdings if holding]

    def subject(self, cell: str) -> str:
        """Name a matter, and whose own it is if it is one that each law has for itself."""
        instrument = owner(cell)
        under = f" under {self.texts.brief(instrument)}" if instrument else ""
        return self.texts.name(plain(cell)) + under

    def order(self, finding: Finding) -> str:
        """Name the legal order of a finding; empty where it lies between those of two."""
        code = _order(finding)
        state = self.orders.get(code)
        return self.texts.brief(state) if state else code.upper()

    def shares(self, finding: Finding) -> tuple[tuple[str, int], ...]:
        """Say who holds how much of a fragmented matter, or how many mandates have a sunset."""
        if finding.relation == "sunset-coverage":
            held = {h.mandate for h in self.current if h.actor in finding.actors}
            stated = [self.reasons.mandates[m].sunset for m in held]
            return (
                ("with a sunset", stated.count(True)),
                ("without", stated.count(False)),
                ("not known", stated.count(None)),
            )
        named = ((self.texts.brief(actor), n) for actor, n in finding.shares.items())
        return tuple(sorted(named, key=lambda share: (-share[1], share[0])))

    def witnesses(self, finding: Finding) -> tuple[Witness, ...]:
        if len(finding.actors) < 2 and finding.relation != "gap":
            return ()
        return tuple(
            Witness(
                s.iri,
                s.label,
                s.speaker,
                s.said_on,
                within(s.said_on, s.said_by),
                s.document,
                s.address,
            )
            for s in self.statements
            if "relation" in self.matcher.match(s, finding)
        )

    def lapsed(self, exhibit: Evidence) -> bool:
        """Whether a mandate of a pair rests on, or speaks of, law that has ceased by the day."""
        for holding in (exhibit.holding_a, exhibit.holding_b):
            if holding is not None:
                mandate = self.reasons.mandates[self.reasons.holdings[holding].mandate]
                until = self.ceased.get(mandate.instrument or "")
                if until is not None and until <= self.as_of:
                    return True
        return False

    def pair(self, finding: Finding, exhibit: Evidence) -> Pair:
        texts = self.texts
        one = texts.position(exhibit.holding_a)
        two = texts.position(exhibit.holding_b) if exhibit.holding_b else None
        tied = texts.tied[frozenset((one.actor, two.actor))] if two else []
        known = met(exhibit.since, exhibit.until, [self.sides(exhibit)], ties=tied)
        return Pair(
            **vars(texts.as_written(known, polity(one.mandate))),
            first=one,
            second=two,
            reasons=self.reasons.reasons(exhibit),
            doubts=() if exhibit.certain else self.reasons.doubts(finding, exhibit),
            mitigation=self.mitigation(exhibit, one, two) if two else (),
            alike=exhibit.alike,
            certain=exhibit.certain,
        )

    def mitigation(self, exhibit: Evidence, one: Position, two: Position) -> tuple[str, ...]:
        """Name the conditions of either mandate that name the other's holder while the pair stands.

        Those of a succession count for nothing, since nothing is held at once.
        """
        if not exhibit.mitigation:
            return ()
        texts, time = self.texts, span(exhibit.since, exhibit.until)
        found = set()
        for mine, other in ((one, two), (two, one)):
            for condition in standing(texts.asked.get((mine.mandate, other.actor), ()), time):
                stated = "; ".join(texts.cite(p) for p in texts.stated[condition])
                found.add(texts.name(condition) + (f" ({stated})" if stated else ""))
        return tuple(sorted(found))

    def beyond_doubt(self, holding: Holding) -> bool:
        """Whether a holding is beyond doubt on the day."""
        sure, moment = self.method.sure[holding.id], seconds(self.as_of)
        return sure is not None and sure[0] <= moment < sure[1]

    def lanes(self, shown: Sequence[str]) -> list[str]:
        """The institutions of the timeline: those asked for, else those with most mandates."""
        if self.wanted:
            return list(shown)
        count = {a: sum(h.actor == a for h in self.current) for a in shown}
        return sorted(sorted(count, key=lambda a: (-count[a], a))[:8])

    def lane(self, holding: Holding) -> str:
        provisions = self.texts.conferred[holding.mandate]
        instrument = self.texts.instrument_of(provisions[0]) if provisions else ""
        by = self.texts.brief(instrument) if instrument else "no instrument known"
        return f"{self.texts.brief(holding.actor)} · {by}"

    def how(self, holding: Holding) -> str:
        return STATUS.get(self.texts.status.get(holding.id, ""), NAMED)

    def queries(self, actors: Sequence[str]) -> tuple[Query, ...]:
        values = "".join(f"\n    <{actor}>" for actor in actors)
        moment = f'"{self.as_of.isoformat()}"^^xsd:dateTime'
        chosen = f"  VALUES ?actor {{{values}\n  }}\n" if actors else ""
        both = (
            f"  VALUES ?one {{{values}\n  }}\n  VALUES ?other {{{values}\n  }}\n" if actors else ""
        )
        stands = (
            f"  FILTER (?from <= {moment})\n"
            f"  OPTIONAL {{ ?it mand:validUntil ?until }}\n"
            f"  FILTER (!bound(?until) || {moment} < ?until)\n"
        )
        heads = (
            "PREFIX mand: <https://w3id.org/mandates/ns#>\n"
            "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
        )
        texts = {
            "Mandates held on the day": (
                f"{heads}SELECT ?actor (COUNT(DISTINCT ?mandate) AS ?mandates) WHERE {{\n{chosen}"
                "  ?it a mand:Holding ; mand:heldBy ?actor ; mand:ofMandate ?mandate ;\n"
                f"    mand:validFrom ?from .\n{stands}}} GROUP BY ?actor ORDER BY ?actor\n"
            ),
            "Findings between the institutions on the day": (
                f"{heads}SELECT DISTINCT ?it ?score WHERE {{\n{both}"
                "  ?it a mand:Finding ; mand:involves ?one , ?other ; mand:validFrom ?from ;\n"
                f"    mand:contentionScore ?score .\n  FILTER (str(?one) < str(?other))\n{stands}"
                "} ORDER BY DESC(?score) ?it\n"
            ),
        }
        return tuple(
            Query(name, text, hashlib.sha256(text.encode()).hexdigest())
            for name, text in texts.items()
        )

    def graph(self, found: Sequence[Finding], difference: Difference | None) -> tuple[ox.Quad, ...]:
        rows: Iterable[Finding] = found
        if difference is not None:
            rows = self.changed
        of = {h.id: h.mandate for h in self.rows.holdings}
        rows = [f for f in rows if all(e.holding_a in of for e in f.evidence)]
        return tuple(describe_some(rows, of, labels(self.store), self.texts.asked, self.orders))

    # Differences ------------------------------------------------------------------------------

    changed: Sequence[Finding] = ()

    def difference(
        self,
        heading: str,
        changes: Changes,
        happenings: Iterable[Happening],
        *,
        events: Events | None = None,
        before: _Maker | None = None,
        since: datetime | None = None,
        note: str = "",
    ) -> Difference:
        """Tell a set of changes."""
        old = before or self
        self.changed = (
            *changes.created,
            *changes.passed,
            *(r.after for r in changes.revised),
        )

        def change(
            how: How, entry: Entry, finding: Finding, before: Finding | None = None
        ) -> Change:
            behind = changes.causes.get(finding.key, Behind())
            begun, ended = (
                tuple(self.told(events.all[e]) for e in happened) if events else ()
                for happened in (behind.begun, behind.ended)
            )
            stood = (before.score, before.certain, before.support) if before else None
            return Change(how, entry, stood, begun, ended)

        made = [
            *(change("created", self.entry(f), f) for f in changes.created),
            *(change("ended", old.entry(f), f) for f in changes.ended),
            *(change("passed", self.entry(f), f) for f in changes.passed),
            *(change("revised", self.entry(r.after), r.after, r.before) for r in changes.revised),
        ]
        order = list(SECTIONS)
        made.sort(
            key=lambda c: (
                order.index(c.entry.relation),
                -c.entry.spread,
                -c.entry.score,
                c.entry.title,
            )
        )
        return Difference(
            heading, tuple(self.step(h, since) for h in happenings), tuple(made), note
        )

    def told(self, happening: Happening) -> str:
        """Say when what happened, and by which instrument."""
        by = "; ".join(self.named(i, happening.label) for i in happening.instruments)
        if happening.practice and not by:
            by = "an act of practice"
        when = begun(happening.effective, happening.effective_by or happening.effective).words()
        dated = "" if when in happening.label else f", {when}"
        return f"{happening.label} ({by or _NOT_FOUND}){dated}"

    def named(self, source: str, label: str) -> str:
        """Cite an instrument; by its number where the label has its name already."""
        texts = self.texts
        instrument = texts.instrument_of(source)
        number, place = texts.number.get(instrument, ""), texts.citation.get(source, "")
        if texts.name(instrument) in label and (number or place):
            return ", ".join(part for part in (number, place) if part)
        return texts.cite(source)

    def step(self, happening: Happening, since: datetime | None) -> Step:
        texts, until = self.texts, self.as_of
        told = (happening.began, happening.ended, happening.continued)
        began, ended, continued = ([n for n in nodes if self.about(n)] for nodes in told)
        others = sum(map(len, told)) - len(began) - len(ended) - len(continued)
        return Step(
            iri=happening.iri,
            label=happening.label,
            effective=happening.effective,
            effective_by=happening.effective_by,
            notified=happening.notified,
            precision=happening.precision,
            late=happening.late,
            within=since is None
            or (since < happening.effective and (happening.effective_by or until) <= until),
            instruments=tuple(self.full_citation(i) for i in happening.instruments),
            affects=tuple(texts.cite(a) for a in happening.affects),
            began=self.positions(began),
            ended=self.positions(ended),
            continued=self.positions(continued),
            others=others,
            practice=happening.practice,
            sources=texts.sources(happening.iri),
        )

    def full_citation(self, source: str) -> str:
        instrument = self.texts.instrument_of(source)
        name = self.texts.name(instrument)
        number = self.texts.number.get(instrument, "")
        cited = self.texts.citation.get(source, "")
        return (
            name
            + (f" ({number})" if number and number not in name else "")
            + (f", {cited}" if cited else "")
        )

    def positions(self, nodes: Iterable[str]) -> tuple[str, ...]:
        """Name designations, affiliations and instruments; count mandates by their bearer."""
        mandates: dict[str, list[str]] = {}
        lines = []
        for node in nodes:
            if node in self.texts.vested:
                mandates.setdefault(self.texts.vested[node], []).append(node)
            elif node in self.texts.roles:
                lines.append(f"{self.texts.name(node)} [{self.texts.name(self.texts.roles[node])}]")
            else:
                lines.append(self.texts.name(node))
        for bearer, held in sorted(mandates.items()):
            names = "; ".join(self.texts.name(m) for m in held[:6])
            more = f"; and {len(held) - 6} more" if len(held) > 6 else ""
            count = "1 mandate" if len(held) == 1 else f"{len(held)} mandates"
            lines.append(f"{count} of {self.texts.name(bearer)}: {names}{more}")
        return tuple(lines)

    def notes(self, nodes: Iterable[str]) -> Iterable[str]:
        """The notes that a bill's author left for the reader."""
        for node in nodes:
            for quad in self.store.quads_for_pattern(ox.NamedNode(node), SCOPE_NOTE, None, None):
                yield quad.object.value  # type: ignore[union-attr]


def _order(finding: Finding) -> str:
    """The code of the legal order that a finding or all its actors are of; empty if of several."""
    codes = {finding.polity} if finding.polity else {polity(actor) for actor in finding.actors}
    return codes.pop() if len(codes) == 1 else ""


def _method() -> str:
    """Digest of the weights of the score, so that a reader can tell two methods apart."""
    text = files("mandates.overlap").joinpath("weights.toml").read_bytes()
    return hashlib.sha256(text).hexdigest()
