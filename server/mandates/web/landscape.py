"""Who holds what, and where mandates meet, on any day: the tables behind the explorer.

Read once for each version of the dataset, through the engine like any other query, and kept as
plain rows. What a day asks for is then a matter of choosing rows, so a reader can move a slider.
"""

from __future__ import annotations

import csv
import io
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mandates.dataset.names import ID, MAND, SCHEME, polity
from mandates.report.days import Known, Stretch, begun, ended, met
from mandates.report.texts import MODAL, NAMED, STATUS
from mandates.report.views import UNSTATED, Bar, Edge, Matrix, between, stretches
from mandates.sparql.backend import Backend
from mandates.sparql.negotiation import ROW_FORMATS, by_name
from mandates.sparql.prefixes import PREFIXES
from mandates.sparql.request import QueryRequest
from mandates.web.sections import MEETINGS

Row = Mapping[str, str]

_PROLOGUE = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
_HOLDINGS = """
SELECT ?holding ?actor ?mandate ?from ?until ?certain ?unsure ?status ?knowable ?superseded
  ?current {
  ?holding a mand:HoldingRecord ; mand:heldBy ?actor ; mand:ofMandate ?mandate ;
    mand:validFrom ?from .
  OPTIONAL { ?holding mand:certainFrom ?certain }
  OPTIONAL { ?holding mand:certainUntil ?unsure }
  OPTIONAL { ?holding mand:validUntil ?until } OPTIONAL { ?holding mand:holdingStatus ?status }
  OPTIONAL { ?holding mand:knowableFrom ?knowable }
  OPTIONAL { ?holding mand:knowableUntil ?superseded }
  BIND (EXISTS { ?holding a mand:Holding } AS ?current)
}
"""
_FINDINGS = """
SELECT ?finding ?kind ?score ?certainty ?from ?until ?certain ?unsure ?function ?subject ?label
  ?pairs {
  ?finding a mand:Finding , ?kind ; mand:validFrom ?from ; mand:contentionScore ?score ;
    mand:hasCertainty ?certainty ; mand:pairCount ?pairs ; skos:prefLabel ?label .
  FILTER (?kind != mand:Finding)
  OPTIONAL { ?finding mand:certainFrom ?certain }
  OPTIONAL { ?finding mand:certainUntil ?unsure }
  OPTIONAL { ?finding mand:validUntil ?until } OPTIONAL { ?finding mand:onFunction ?function }
  OPTIONAL { ?finding mand:onSubject ?subject }
}
"""
_INVOLVED = "SELECT ?finding ?actor { ?finding a mand:Finding ; mand:involves ?actor }"
_MANDATES = """
SELECT ?mandate ?force ?function ?action ?label ?instrument {
  VALUES ?force { mand:Power mand:Duty mand:Liberty mand:Disability }
  ?mandate a ?force ; skos:prefLabel ?label FILTER (LANG(?label) = "en")
  OPTIONAL { ?mandate mand:hasFunction ?function }
  OPTIONAL { ?mandate mand:actionPhrase ?action }
  OPTIONAL { ?mandate mand:conferredUnder ?instrument }
}
"""
_LAYERS = "SELECT ?mandate ?layer { ?mandate mand:concernsLayer ?layer }"
_NAMES = """
SELECT ?it ?label ?short {
  VALUES ?class { mand:Actor mand:Instrument mand:LegalRole mand:ScopeConcept }
  ?it a ?class ; skos:prefLabel ?label FILTER (LANG(?label) = "en")
  OPTIONAL { ?it skos:altLabel ?short FILTER (LANG(?short) IN ("en", "")) }
}
"""
_ACTORS = "SELECT ?actor { ?actor a mand:Actor }"
_ORDERS = """
SELECT ?code ?label ?short {
  ?order mand:legalOrderCode ?code ; skos:prefLabel ?label FILTER (LANG(?label) = "en")
  OPTIONAL { ?order skos:altLabel ?short FILTER (LANG(?short) IN ("en", "")) }
}
"""
_BROADER = "SELECT ?narrow ?broad { ?narrow a mand:ScopeConcept ; skos:broader ?broad }"
_CONDITIONS = """
SELECT ?mandate ?condition ?label ?kind ?party {
  ?mandate mand:hasCondition ?condition .
  ?condition a ?kind ; mand:requiresActionOf ?party ; skos:prefLabel ?label .
  FILTER (?kind != mand:Condition && STRSTARTS(STR(?kind), STR(mand:)) && LANG(?label) = "en")
}
"""
_FILLED = """
SELECT ?role ?actor ?from ?until {
  ?designation mand:fills ?role ; mand:filledBy ?actor ; mand:validFrom ?from .
  OPTIONAL { ?designation mand:validUntil ?until }
}
"""
_AFFILIATIONS = """
SELECT ?affiliation ?kind ?below ?above ?from ?until ?certain ?unsure {
  VALUES ?kind { mand:Oversight mand:AdministrativeControl }
  ?affiliation a ?kind ; mand:affiliate ?below ; mand:affiliatedWith ?above ; mand:validFrom ?from .
  OPTIONAL { ?affiliation mand:validUntil ?until }
  OPTIONAL { ?affiliation mand:certainFrom ?certain }
  OPTIONAL { ?affiliation mand:certainUntil ?unsure }
}
"""
_PARTS = """
SELECT ?part ?label ?definition ?player {
  ?part skos:topConceptOf <https://w3id.org/mandates/scheme/comparison-role> ;
    skos:prefLabel ?label .
  OPTIONAL { ?part skos:definition ?definition }
  OPTIONAL { ?player mand:playsComparisonRole/skos:broader? ?part }
}
"""
_PAIRS = """
SELECT ?finding ?rank ?first ?second ?from ?until {
  VALUES ?finding { %s }
  ?finding mand:supportedByPair ?pair .
  ?pair mand:rank ?rank ; mand:firstHolding ?first ; mand:validFrom ?from .
  OPTIONAL { ?pair mand:secondHolding ?second } OPTIONAL { ?pair mand:validUntil ?until }
}
"""
_MITIGATION = """
SELECT ?finding ?condition ?label {
  VALUES ?finding { %s }
  ?finding mand:mitigatedBy ?condition . ?condition skos:prefLabel ?label
  FILTER (LANG(?label) = "en")
}
"""
_WORDS = """
SELECT ?mandate ?provision ?citation ?law ?quotation ?grade ?document ?documentLabel {
  VALUES ?mandate { %s }
  ?mandate mand:conferredBy ?provision .
  ?provision mand:citation ?citation ; mand:provisionOf ?law .
  OPTIONAL {
    ?mandate mand:supportedBy ?evidence . ?evidence mand:hasGrade ?grade ;
      mand:fromDocument ?document .
    ?document skos:prefLabel ?documentLabel .
    OPTIONAL { ?evidence mand:quotation ?quotation }
    # The words that confer a mandate are recorded under its own name; what qualifies them follows.
    BIND (STRAFTER(STR(?evidence), "/evidence/") = STRAFTER(STR(?mandate), "/mandate/") AS ?own)
  }
} ORDER BY ?mandate DESC(?own) LCASE(STR(?evidence))
"""
_SHAPES = {"FullOverlap", "NestedOverlap", "PartialOverlap"}
FIVE = ("moitt", "pta", "fia", "national-cert", "nccia", "nccia-2024")
_FRESH = 60.0
_LAYER_ORDER = ("physical", "logical", "social")


@dataclass(frozen=True)
class Held:
    """One holding record.

    Attributes:
        iri: of the holding.
        actor: IRI of the holder.
        mandate: IRI of the mandate.
        since: first day.
        until: first day no longer, if ended.
        title: by what it is held.
        knowable: since when it could be known.
        superseded: since when better is known.
        current: whether it is what is known now.
        certain_since: first day on which it is certainly held; none if it may never have begun.
        certain_until: first day on which it may no longer be held.
    """

    iri: str
    actor: str
    mandate: str
    since: datetime
    until: datetime | None
    title: str
    knowable: datetime | None
    superseded: datetime | None
    current: bool
    certain_since: datetime | None = None
    certain_until: datetime | None = None

    @property
    def stretch(self) -> Stretch:
        """From when to when it is held, with what is certain within."""
        return Stretch(self.since, self.certain_since, self.until, self.certain_until)

    def stands(self, moment: datetime) -> bool:
        """Whether it is held at a moment."""
        return self.since <= moment and (self.until is None or moment < self.until)

    def known(self, moment: datetime | None) -> bool:
        """Whether it is what was known at a moment, or is known now when there is none."""
        if moment is None or self.knowable is None:
            return self.current
        late = self.superseded is not None and self.superseded <= moment
        return self.knowable <= moment and not late


@dataclass(frozen=True)
class Mandate:
    """What the explorer tells of a mandate."""

    iri: str
    label: str
    modal: str
    action: str
    function: str
    layers: tuple[str, ...]
    instrument: str


@dataclass(frozen=True)
class Found:
    """One finding.

    Attributes:
        iri: of the finding.
        relation: words for its class.
        meeting: whether two institutions hold the same at once.
        title: the finding in a line.
        actors: IRIs of the institutions.
        score: contention.
        certain: whether it holds on every reading.
        since: since when.
        until: until when, if ended.
        function: IRI of the function cell.
        subject: IRI of the subject cell.
        pairs: number of pairs behind it.
        certain_since: since when beyond doubt, if ever.
        certain_until: until when beyond doubt.
    """

    iri: str
    relation: str
    meeting: bool
    title: str
    actors: tuple[str, ...]
    score: int
    certain: bool
    since: datetime
    until: datetime | None
    function: str
    subject: str
    pairs: int
    certain_since: datetime | None = None
    certain_until: datetime | None = None

    def stands(self, moment: datetime) -> bool:
        """Whether it stands at a moment."""
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True)
class Words:
    """A provision with its words and where they were read."""

    provision: str
    citation: str
    quotation: str
    grade: str
    document: str
    title: str


@dataclass(frozen=True)
class Side:
    """One institution's side of a pair, with the words that confer it."""

    holder: str
    actor: str
    mandate: Mandate
    begun: Known
    ended: Known | None
    title: str
    words: tuple[Words, ...]


@dataclass(frozen=True)
class Tie:
    """A line of the network between two institutions."""

    kind: str
    source: str
    target: str
    words: str
    count: int = 1
    score: int = 0


@dataclass(frozen=True)
class Part:
    """A part that institutions of several countries play, and who plays it where."""

    label: str
    definition: str
    players: Mapping[str, tuple[str, ...]]


@dataclass
class Landscape:
    """All that the explorer knows of one version of the dataset.

    Attributes:
        version: of the dataset.
        countries: the legal orders in which anything is held, by code with their names, that in
            which most is held first.
    """

    version: str
    countries: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    shorts: dict[str, str] = field(default_factory=dict)
    actors: set[str] = field(default_factory=set)
    broader: dict[str, list[str]] = field(default_factory=dict)
    mandates: dict[str, Mandate] = field(default_factory=dict)
    holdings: list[Held] = field(default_factory=list)
    findings: list[Found] = field(default_factory=list)
    conditions: list[Row] = field(default_factory=list)
    filled: list[Row] = field(default_factory=list)
    affiliations: list[Row] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    _tops: dict[str, str] = field(default_factory=dict)
    _stops: dict[str, list[str]] = field(default_factory=dict)

    def name(self, iri: str) -> str:
        """The label of a thing."""
        return self.labels.get(iri, iri.rpartition("/")[2])

    def brief(self, iri: str) -> str:
        """The abbreviation of a thing, told apart from others of the same."""
        return self.shorts.get(iri) or self.name(iri)

    def find_actor(self, slug: str) -> str:
        """The institution meant by ``pk/pta`` (or ``pta``), empty when there is none."""
        country, _, local = slug.rpartition("/")
        iri = f"{ID}{country or 'pk'}/actor/{local}"
        return iri if iri in self.actors else ""

    @staticmethod
    def slug(actor: str) -> str:
        """How an address names an institution.

        >>> Landscape.slug("https://w3id.org/mandates/id/pk/actor/pta")
        'pk/pta'
        """
        return actor.removeprefix(ID).replace("/actor/", "/")

    def days(
        self, findings: Iterable[Found], exhibits: Mapping[str, Sequence[tuple[str, str]]]
    ) -> dict[str, tuple[Known, Known | None]]:
        """Since when and until when findings stand, no closer than it is known of their holdings.

        Args:
            findings: of which.
            exhibits: the holdings that meet in each.
        """
        by = {h.iri: h.stretch for h in self.holdings}
        tied: dict[frozenset[str], list[Stretch]] = defaultdict(list)
        for row in self.affiliations:
            tied[frozenset((row["below"], row["above"]))].append(
                Stretch(
                    _moment(row["from"]),
                    _known(row, "certain"),
                    _known(row, "until"),
                    _known(row, "unsure"),
                )
            )
        days = {}
        for f in findings:
            pairs = [[by[iri] for iri in pair if iri in by] for pair in exhibits.get(f.iri, ())]
            certain = (f.certain_since, f.certain_until)
            ties = tied.get(frozenset(f.actors), ())
            it = met(f.since, f.until, filter(None, pairs), certain, ties)
            days[f.iri] = it.begun, it.ended
        return days

    # Days ----------------------------------------------------------------------------------------

    def held(
        self,
        moment: datetime,
        known: datetime | None,
        country: str = "",
        actors: Iterable[str] = (),
    ) -> list[Held]:
        """What is held at a moment, as known at another."""
        return [h for h in self.known(known, country, actors) if h.stands(moment)]

    def known(
        self, known: datetime | None, country: str = "", actors: Iterable[str] = ()
    ) -> list[Held]:
        """All holdings of some institutions, as known at a moment."""
        wanted = set(actors)
        return [
            h
            for h in self.holdings
            if h.known(known)
            and (not country or polity(h.mandate) == country)
            and (not wanted or h.actor in wanted)
        ]

    def stops(self, country: str) -> list[str]:
        """Days on which something began or ended, for a slider."""
        if country in self._stops:
            return self._stops[country]
        days = set()
        for h in self.holdings:
            if not country or polity(h.mandate) == country:
                days |= {h.since.date().isoformat()}
                days |= {h.until.date().isoformat()} if h.until else set()
        self._stops[country] = sorted(day for day in days if day >= "1990")
        return self._stops[country]

    def meetings(self, moment: datetime, country: str = "") -> list[Found]:
        """Findings in which two institutions hold the same at a moment."""
        return [
            f
            for f in self.findings
            if f.meeting
            and len(f.actors) == 2
            and f.stands(moment)
            and (not country or any(polity(a) == country for a in f.actors))
        ]

    # Views ---------------------------------------------------------------------------------------

    def edges(self, found: Iterable[Found]) -> list[tuple[str, str, Edge]]:
        """Meetings of each two institutions, strongest first, with their IRIs."""
        count: Counter[tuple[str, str]] = Counter()
        score: dict[tuple[str, str], int] = {}
        for f in found:
            one, two = sorted(f.actors)
            count[one, two] += 1
            score[one, two] = max(score.get((one, two), 0), f.score)
        edges = [
            (a, b, Edge(self.brief(a), self.brief(b), n, score[a, b]))
            for (a, b), n in count.items()
        ]
        return sorted(edges, key=lambda e: (-e[2].score, -e[2].findings, e[2].first, e[2].second))

    def matrix(
        self, found: Iterable[Found], actors: Sequence[str] = ()
    ) -> tuple[Matrix, dict[str, str]]:
        """Institutions by institutions, and which institution each name of it is."""
        edges = self.edges(found)
        if actors:
            inside = set(actors)
            edges = [e for e in edges if e[0] in inside and e[1] in inside]
        named = {e.first: a for a, _, e in edges} | {e.second: b for _, b, e in edges}
        named |= {self.brief(actor): actor for actor in actors}
        return between([e for _, _, e in edges], [self.brief(a) for a in actors]), named

    def top(self, concept: str) -> str:
        """The concept at the top of the line above one; of several lines the first."""
        if concept not in self._tops:
            wide, seen = concept, {concept}
            while above := [b for b in self.broader.get(wide, ()) if b not in seen]:
                if min(above).rpartition("/")[2].startswith("any-"):
                    break
                wide = min(above)
                seen.add(wide)
            self._tops[concept] = wide
        return self._tops[concept]

    def functions(self, held: Iterable[Held]) -> tuple[Matrix, dict[str, str]]:
        """Kinds of function by layers, and which concept each name is."""
        count: Counter[tuple[str, str]] = Counter()
        named: dict[str, str] = {}
        for iri in {h.mandate for h in held}:
            mandate = self.mandates.get(iri)
            if mandate is None or not mandate.function:
                continue
            function = self.top(mandate.function)
            named[self.name(function)] = function
            rows = set()
            for layer in mandate.layers:
                top = self.top(layer)
                named[self.name(top)] = top
                rows.add(self.name(top))
            for row in rows or {UNSTATED}:
                count[self.name(function), row] += 1
        columns = sorted({c for _, c in count}, key=lambda c: self._layer_order(named.get(c, "")))
        most = max(count.values(), default=1)
        cells = tuple((r, c, n, 100 * n // most) for (r, c), n in sorted(count.items()))
        return Matrix(tuple(sorted({r for r, _ in count})), tuple(columns), cells), named

    @staticmethod
    def _layer_order(layer: str) -> tuple[int, str]:
        short = layer.rpartition("/")[2]
        place = next((i for i, n in enumerate(_LAYER_ORDER) if short.startswith(n)), None)
        return (place if place is not None else 3 if short else 4, short)

    def bars(self, held: Iterable[Held]) -> tuple[Bar, ...]:
        """Holdings over time, institution by instrument."""
        lanes: dict[tuple[str, str], list[tuple[Stretch, str]]] = defaultdict(list)
        for h in held:
            mandate = self.mandates.get(h.mandate)
            instrument = mandate.instrument if mandate else ""
            under = self.brief(instrument) if instrument else "no instrument known"
            lane = f"{self.brief(h.actor)} · {under}"
            lanes[lane, h.title].append((h.stretch, h.mandate))
        return stretches(lanes)

    def ties(self, moment: datetime, known: datetime | None, country: str) -> list[Tie]:
        """Lines of the network at a moment: who stands over whom, and whose word whom binds."""
        ties: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for row in self.affiliations:
            if _stands(row, moment):
                kind = "oversight" if row["kind"] == MAND + "Oversight" else "control"
                ties[kind, row["above"], row["below"]].append("")
        filled: dict[str, set[str]] = defaultdict(set)
        for row in self.filled:
            if _stands(row, moment):
                filled[row["role"]].add(row["actor"])
        holders: dict[str, set[str]] = defaultdict(set)
        for h in self.held(moment, known):
            holders[h.mandate].add(h.actor)
        for row in self.conditions:
            for holder in holders[row["mandate"]]:
                parties = {row["party"]} if row["party"] in self.actors else filled[row["party"]]
                for party in sorted(parties - {holder}):
                    ties["condition", holder, party].append(row["label"])
        return [
            Tie(kind, a, b, "; ".join(sorted({w for w in words if w})), len(words))
            for (kind, a, b), words in sorted(ties.items())
            if not country or country in (polity(a), polity(b))
        ]


def _stands(row: Row, moment: datetime) -> bool:
    until = row.get("until")
    return _moment(row["from"]) <= moment and (not until or moment < _moment(until))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _known(row: Row, name: str) -> datetime | None:
    return _moment(row[name]) if row.get(name) else None


# Whose queries those are that are read once for all readers.
_ALL = "pages"


class Landscapes:
    """Reads the landscape of the version that the engine serves, once.

    Args:
        engine: runs the queries.
        client: on whose behalf it asks, for fairness between clients, where one reader asks.
    """

    def __init__(self, engine: Backend, client: Callable[[], str] = lambda: _ALL) -> None:
        self._engine = engine
        self._client = client
        self._lock = threading.Lock()
        self._known: Landscape | None = None
        self._read_at = 0.0

    def current(self) -> Landscape:
        """The landscape of the version served now."""
        known = self._known
        if known is not None and self._stands(known):
            return known
        with self._lock:
            if self._known is None or not self._stands(self._known):
                self._known = self._read()
                self._read_at = time.monotonic()
            return self._known

    def _stands(self, known: Landscape) -> bool:
        # A store that names no version may have changed since.
        fresh = bool(known.version) or time.monotonic() - self._read_at < _FRESH
        return known.version == self._engine.version and fresh

    def sides(self, land: Landscape, held: Iterable[Held]) -> dict[str, Side]:
        """State holdings in words, by their IRI."""
        held = list(held)
        words = self.words(land, {h.mandate for h in held})
        return {
            h.iri: Side(
                land.name(h.actor),
                h.actor,
                land.mandates[h.mandate],
                begun(h.since, h.certain_since),
                ended(h.until, h.certain_until, h.certain_since),
                h.title,
                words.get(h.mandate, ()),
            )
            for h in held
            if h.mandate in land.mandates
        }

    def words(self, land: Landscape, mandates: Iterable[str]) -> dict[str, tuple[Words, ...]]:
        """The provisions of mandates with their words, best grade first."""
        found: dict[str, list[Words]] = defaultdict(list)
        for row in self._rows(_WORDS % _values(mandates), self._client()):
            item = Words(
                row["provision"],
                f"{land.brief(row['law'])}, {row['citation']}",
                row.get("quotation", ""),
                row.get("grade", "")[-1:],
                row.get("document", ""),
                row.get("documentLabel", ""),
            )
            found[row["mandate"]].append(item)
        return {mandate: _best(items) for mandate, items in found.items()}

    def pairs(
        self, land: Landscape, findings: Sequence[Found], moment: datetime, each: int = 2
    ) -> dict[str, list[tuple[Side, Side | None]]]:
        """The strongest pairs behind findings at a moment, stated with the words of the law."""
        values = _values(f.iri for f in findings)
        by = {h.iri: h for h in land.holdings}
        ranked = sorted(
            (row for row in self._rows(_PAIRS % values, self._client()) if _stands(row, moment)),
            key=lambda row: (row["finding"], int(row["rank"])),
        )
        count: Counter[str] = Counter()

        def counted(row: Row) -> int:
            count[row["finding"]] += 1
            return count[row["finding"]]

        rows = [row for row in ranked if counted(row) <= each]
        used = {row.get(side, "") for row in rows for side in ("first", "second")} & set(by)
        sides = self.sides(land, (by[iri] for iri in used))
        found: dict[str, list[tuple[Side, Side | None]]] = defaultdict(list)
        for row in rows:
            if row["first"] in sides:
                second = sides.get(row.get("second", ""))
                found[row["finding"]].append((sides[row["first"]], second))
        return found

    def exhibits(self, findings: Sequence[Found]) -> dict[str, list[tuple[str, str]]]:
        """The holdings of all pairs that are told of findings: first and, if any, second."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for row in self._rows(_PAIRS % _values(f.iri for f in findings), self._client()):
            found[row["finding"]].append((row["first"], row.get("second", "")))
        return found

    def mitigation(self, findings: Sequence[Found]) -> dict[str, list[tuple[str, str]]]:
        """Conditions that soften findings: IRI and label."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for row in self._rows(_MITIGATION % _values(f.iri for f in findings), self._client()):
            found[row["finding"]].append((row["condition"], row["label"]))
        return {iri: sorted(set(items), key=lambda i: i[1]) for iri, items in found.items()}

    def _rows(self, query: str, client: str = _ALL) -> list[Row]:
        # As CSV, which takes a fifth of the memory of JSON on the way; each text is kept once.
        request = QueryRequest(_PROLOGUE + query, rows=by_name("csv", ROW_FORMATS))
        answer = self._engine.run(request, client=client)
        table = csv.reader(io.StringIO(answer.read().decode(), newline=""))
        names = next(table)
        return [
            {name: sys.intern(text) for name, text in zip(names, row, strict=True) if text}
            for row in table
        ]

    def _read(self) -> Landscape:
        land = Landscape(self._engine.version)
        _read_names(land, self._rows(_NAMES), self._rows(_ACTORS))
        for row in self._rows(_BROADER):
            land.broader.setdefault(row["narrow"], []).append(row["broad"])
        layers: dict[str, list[str]] = defaultdict(list)
        for row in self._rows(_LAYERS):
            layers[row["mandate"]].append(row["layer"])
        for row in self._rows(_MANDATES):
            land.mandates[row["mandate"]] = Mandate(
                row["mandate"],
                row["label"],
                MODAL[row["force"].rpartition("#")[2].casefold()],
                row.get("action", row["label"]),
                row.get("function", ""),
                tuple(sorted(layers[row["mandate"]])),
                row.get("instrument", ""),
            )
        land.holdings = list(_holdings(self._rows(_HOLDINGS)))
        land.countries = _countries(land.holdings, self._rows(_ORDERS))
        land.findings = list(_findings(self._rows(_FINDINGS), self._rows(_INVOLVED)))
        land.conditions = self._rows(_CONDITIONS)
        land.filled = self._rows(_FILLED)
        land.affiliations = self._rows(_AFFILIATIONS)
        land.parts = list(_parts(self._rows(_PARTS)))
        return land


def _best(items: Iterable[Words]) -> tuple[Words, ...]:
    """The same words of the same provision once, where they were read best."""
    ordered = sorted(items, key=lambda w: (not w.quotation, w.grade, w.citation, w.title))
    return tuple({(w.citation, w.quotation): w for w in reversed(ordered)}.values())[::-1]


def _values(iris: Iterable[str]) -> str:
    return " ".join(f"<{iri}>" for iri in sorted(set(iris)))


def _read_names(land: Landscape, names: list[Row], actors: list[Row]) -> None:
    for row in names:
        land.labels[row["it"]] = row["label"]
        if short := row.get("short"):
            best = land.shorts.get(row["it"], short)
            land.shorts[row["it"]] = min(best, short, key=lambda s: (len(s), s))
    land.actors = {row["actor"] for row in actors}
    bearers: dict[str, list[str]] = defaultdict(list)
    for actor in land.actors & set(land.shorts):
        bearers[land.shorts[actor]].append(actor)
    for short, sharing in bearers.items():
        if len(sharing) < 2:
            continue
        abroad = len({polity(actor) for actor in sharing}) == len(sharing)
        for actor in sharing:
            slug = actor.rpartition("/")[2]
            telling = [w for w in slug.split("-") if w.isdigit() or w == "proposed"]
            if telling or abroad:
                land.shorts[actor] = f"{short} ({' '.join(telling) or polity(actor).upper()})"
            elif slug != short.casefold():
                land.shorts[actor] = land.name(actor)


def _holdings(rows: list[Row]) -> Iterator[Held]:
    seen = set()
    for row in sorted(rows, key=lambda r: (r["holding"], r.get("until", ""))):
        if row["holding"] not in seen:
            seen.add(row["holding"])
            yield Held(
                row["holding"],
                row["actor"],
                row["mandate"],
                _moment(row["from"]),
                _known(row, "until"),
                STATUS.get(row.get("status", ""), NAMED),
                _known(row, "knowable"),
                _known(row, "superseded"),
                row["current"] == "true",
                _known(row, "certain"),
                _known(row, "unsure"),
            )


def _countries(holdings: Iterable[Held], rows: Iterable[Row]) -> dict[str, str]:
    """Name legal orders in a word or two, as no heading of a column has room for more."""
    names: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        # An abbreviation is shorter still, but a name tells more.
        short = row.get("short", "")
        names[row["code"]].add(short if short and not short.isupper() else row["label"])
    held = Counter(polity(h.mandate) for h in holdings)
    return {
        code: min(names[code], key=lambda name: (len(name), name), default=code.upper())
        for code, _ in sorted(held.items(), key=lambda item: (-item[1], item[0]))
    }


def _findings(rows: list[Row], involved: list[Row]) -> Iterator[Found]:
    actors: dict[str, set[str]] = defaultdict(set)
    for row in involved:
        actors[row["finding"]].add(row["actor"])
    kinds: dict[str, set[str]] = defaultdict(set)
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row["finding"], row)
        kinds[row["finding"]].add(row["kind"].rpartition("#")[2])
    for iri, row in sorted(first.items()):
        names = kinds[iri] - _SHAPES
        telling = min(names - {"Overlap"} or names)
        words = "".join(f" {c.lower()}" if c.isupper() else c for c in telling).strip()
        yield Found(
            iri,
            words.removesuffix(" finding"),
            not names.isdisjoint(MEETINGS),
            row["label"],
            tuple(sorted(actors[iri])),
            round(float(row["score"])),
            row["certainty"] == MAND + "Certain",
            _moment(row["from"]),
            _known(row, "until"),
            row.get("function", ""),
            row.get("subject", ""),
            int(row["pairs"]),
            _known(row, "certain"),
            _known(row, "unsure"),
        )


def _parts(rows: list[Row]) -> Iterator[Part]:
    players: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    about: dict[str, Row] = {}
    for row in rows:
        about[row["part"]] = row
        if row.get("player"):
            players[row["part"]][polity(row["player"])].add(row["player"])
    for part, row in sorted(about.items(), key=lambda item: item[1]["label"]):
        here = {country: tuple(sorted(names)) for country, names in players[part].items()}
        yield Part(row["label"], row.get("definition", ""), here)


def concept(slug: str, scheme: str) -> str:
    """The concept that an address names.

    >>> concept("regulate", "function")
    'https://w3id.org/mandates/scheme/function/regulate'
    """
    return f"{SCHEME}{scheme}/{slug}"
