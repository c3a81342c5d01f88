"""Count what the record of a country stands on, and what is missing: the page on data quality.

Everything is counted in a built dataset, so the page can't say what the data do not. Only whether
the quotations stand in their texts needs more than the dataset: the texts, whose digests it holds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from mandates.dataset.lookup import first, instances, labels, table
from mandates.dataset.names import ID, MAND, shorten
from mandates.quality.quotations import check_quotations

#: Grades from the strongest to the weakest, by local name without "Grade".
GRADES = ("A", "B", "C", "D")


@dataclass(frozen=True)
class Row:
    """What one instrument confers, or one institution holds.

    Attributes:
        iri: the instrument or institution.
        label: its English name.
        mandates: how many mandates.
        grades: how many of them have evidence of each grade at best.
        open: how many have no known end.
        text: whether a quotation of each can be looked up in a text known by its digest.
    """

    iri: str
    label: str
    mandates: int
    grades: Mapping[str, int]
    open: int
    text: int


@dataclass(frozen=True)
class Want:
    """Something that is missing and would be wanted next.

    Attributes:
        what: the kind of thing, in a few words.
        why: what it would settle.
        items: IRI, label and how much hangs on each, most first.
    """

    what: str
    why: str
    items: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Coverage:
    """How well a country's record is founded.

    Attributes:
        country: code in the IRIs.
        grades: by kind of thing (mandates, designations, events …), how many at best of each grade.
        instruments: what each instrument confers, most first.
        institutions: what each institution holds in its own name or in a role, most first.
        quotations: how many pieces of evidence quote words.
        checkable: how many of these quote a text known by its digest.
        found: how many of these were looked up in the texts and found; ``None`` when no text is
            at hand.
        looked_up: how many were looked up.
        precision: how exactly the beginnings of events are known, by precision.
        unknown: how many mandates state nothing on an axis, by axis.
        wants: what is missing.
    """

    country: str
    grades: Mapping[str, Mapping[str, int]]
    instruments: tuple[Row, ...]
    institutions: tuple[Row, ...]
    quotations: int
    checkable: int
    found: int | None
    looked_up: int
    precision: Mapping[str, int]
    unknown: Mapping[str, int]
    wants: tuple[Want, ...]

    @property
    def mandates(self) -> int:
        """How many mandates the country's instruments confer."""
        return sum(self.grades["Mandates"].values())


_KINDS = {
    "Mandates": "Mandate",
    "Designations": "Designation",
    "Affiliations": "Affiliation",
    "Events": "NormativeEvent",
    "Readings": "Reading",
    "Overlaps that somebody named": "OverlapStatement",
}
_AXES = {
    "matter": "concernsSubject",
    "layer of cyberspace": "concernsLayer",
    "territory": "appliesIn",
    "addressees": "addresses",
}
_PRECISIONS = {
    MAND + "DayPrecision": "to the day",
    MAND + "MonthPrecision": "to the month",
    MAND + "YearPrecision": "to the year",
    MAND + "RangePrecision": "between two days",
    MAND + "OpenPrecision": "not before a day, perhaps never",
}


def measure(
    store: ox.Store, texts: Mapping[str, str] | None = None, *, country: str = "pk"
) -> Coverage:
    """Count what a country's record stands on.

    Args:
        store: a built dataset.
        texts: by SHA-256, as :func:`mandates.quality.quotations.read_texts` gives them.
        country: code in the IRIs of the country's individuals.

    >>> coverage = measure(ox.Store())
    >>> coverage.mandates, coverage.found
    (0, None)
    """
    home = f"{ID}{country}/"

    def ours(name: str) -> set[str]:
        return {node for node in instances(store, name) if node.startswith(home)}

    names = labels(store)
    evidence = _Evidence(store)
    mandates = ours("Mandate")
    provision_of, conferred = first(store, "provisionOf"), table(store, "conferredBy")
    holdings = instances(store, "Holding")
    until, held_by, of_mandate = (
        first(store, name) for name in ("validUntil", "heldBy", "ofMandate")
    )
    by_instrument: defaultdict[str, set[str]] = defaultdict(set)
    for mandate in mandates:
        for provision in conferred[mandate]:
            by_instrument[provision_of.get(provision, "")].add(mandate)
    by_actor: defaultdict[str, set[str]] = defaultdict(set)
    still: defaultdict[str, set[str]] = defaultdict(set)
    for holding in holdings:
        actor, mandate = held_by.get(holding, ""), of_mandate.get(holding, "")
        if mandate in mandates:
            by_actor[actor].add(mandate)
            if holding not in until:
                still[actor].add(mandate)
    unended = {mandate for mandate in mandates if mandate not in until}
    checkable = {node for node in evidence.checkable if node.startswith(home)}
    looked_up = {node for node in checkable if evidence.digest_of(node) in (texts or {})}
    missed = {
        problem.node
        for problem in (check_quotations(store, texts)[1] if looked_up and texts else ())
        if problem.rule == "quotation-found"
    }
    instruments = evidence.rows(by_instrument, dict.fromkeys(by_instrument, unended), names)
    precision = first(store, "effectivePrecision")
    return Coverage(
        country=country,
        grades={kind: evidence.best(ours(name)) for kind, name in _KINDS.items()},
        instruments=instruments,
        institutions=evidence.rows(by_actor, still, names),
        quotations=sum(node.startswith(home) for node in evidence.quoted),
        checkable=len(checkable),
        found=len(looked_up - missed) if looked_up else None,
        looked_up=len(looked_up),
        precision=Counter(
            _PRECISIONS.get(precision[e], "") for e in precision.keys() & ours("NormativeEvent")
        ),
        unknown={axis: len(mandates - table(store, name).keys()) for axis, name in _AXES.items()},
        wants=tuple(_wants(store, evidence, instruments, by_actor, names, ours)),
    )


class _Evidence:
    """The evidence of a store, by what it supports."""

    def __init__(self, store: ox.Store) -> None:
        self._digest = first(store, "sha256")
        self._document = first(store, "fromDocument")
        self.quoted = set(first(store, "quotation"))
        self.checkable = {node for node in self.quoted if self.digest_of(node)}
        self._of = table(store, "supportedBy")
        self._grade = {
            node: grade.removeprefix(MAND + "Grade")
            for node, grade in first(store, "hasGrade").items()
        }

    def digest_of(self, evidence: str) -> str:
        """Give the digest of the text that a piece of evidence cites, or nothing."""
        return self._digest.get(self._document.get(evidence, ""), "")

    def best(self, nodes: Iterable[str]) -> dict[str, int]:
        """Count nodes by the best grade of their evidence."""
        counted = Counter(
            min((self._grade[e] for e in self._of[node] if e in self._grade), default="none")
            for node in nodes
        )
        return {grade: counted[grade] for grade in (*GRADES, "none") if counted[grade]}

    def best_is(self, nodes: Iterable[str], grade: str) -> set[str]:
        """Take the nodes whose best grade is the one given."""
        return {node for node in nodes if self.best([node]).get(grade)}

    def rests_on_text(self, node: str) -> bool:
        """Whether words quoted for a node can be looked up in a text known by its digest."""
        return any(e in self.checkable for e in self._of[node])

    def rows(
        self, groups: Mapping[str, set[str]], unended: Mapping[str, set[str]], names: dict[str, str]
    ) -> tuple[Row, ...]:
        """Make a row for each group of mandates, the largest first."""
        rows = [
            Row(
                iri=iri,
                label=names.get(iri, shorten(iri)),
                mandates=len(members),
                grades=self.best(members),
                open=len(members & unended.get(iri, set())),
                text=sum(map(self.rests_on_text, members)),
            )
            for iri, members in groups.items()
        ]
        return tuple(sorted(rows, key=lambda row: (-row.mandates, row.label)))


def _wants(
    store: ox.Store,
    evidence: _Evidence,
    instruments: tuple[Row, ...],
    holders: Mapping[str, set[str]],
    names: dict[str, str],
    ours: Callable[[str], set[str]],
) -> Iterator[Want]:
    """List what is missing, the most telling first."""

    def want(what: str, why: str, counted: Mapping[str, int]) -> Want:
        items = [(iri, names.get(iri, shorten(iri)), n) for iri, n in counted.items()]
        return Want(what, why, tuple(sorted(items, key=lambda item: (-item[2], item[1]))))

    mandates = ours("Mandate")
    yield want(
        "Texts that were not at hand",
        "Each confers mandates that are known from reports or official pages only; with the text, "
        "their words could be quoted and looked up. The figure is the number of mandates.",
        {row.iri: row.mandates for row in instruments if not row.text},
    )
    weak = evidence.best_is(mandates, "C")
    conferred, provision_of = table(store, "conferredBy"), first(store, "provisionOf")
    by_instrument = Counter(
        instrument
        for mandate in weak
        for instrument in {provision_of.get(provision, "") for provision in conferred[mandate]}
    )
    yield want(
        "A second source",
        "Mandates that rest on one secondary source, by instrument.",
        by_instrument,
    )
    unseen = Counter(
        provision_of.get(provision, "")
        for mandate in mandates
        for provision in conferred[mandate]
        if "/unseen" in provision
    )
    yield want(
        "Numbers of provisions",
        "Mandates whose provision no source numbers, by instrument.",
        unseen,
    )
    precision = first(store, "effectivePrecision")
    begun = Counter(
        event
        for name in ("beginsWith", "endsWith")
        for values in table(store, name).values()
        for event in values
    )
    yield want(
        "Days of events",
        "Events whose day is not known, with how many positions and sources begin or end on each.",
        {
            event: begun[event]
            for event in ours("NormativeEvent")
            if begun[event] and precision.get(event) != MAND + "DayPrecision"
        },
    )
    units = first(store, "unitOf")
    founded = table(store, "foundedBy")
    yield want(
        "Founding instruments",
        "Institutions that hold mandates and whose founding instrument is not in the record, with "
        "the number of mandates held.",
        {
            actor: len(holders.get(actor, ()))
            for actor in ours("Institution") & holders.keys()
            if not founded[actor] and actor not in units
        },
    )
    above = table(store, "affiliate")
    placed = {actor for actors in above.values() for actor in actors} | units.keys()
    placed |= table(store, "actsFor").keys() | table(store, "subordinateTo").keys()
    # Nothing stands over a government, its ministries, a legislature or a court in this sense.
    apart = set[str]().union(
        *map(ours, ("Court", "Division", "Government", "Legislature", "Ministry"))
    )
    yield want(
        "Parents",
        "Institutions that hold mandates and of which no source read says under whom they stand, "
        "with the number of mandates held.",
        {
            actor: len(holders[actor])
            for actor in (ours("Institution") & holders.keys()) - placed - apart
        },
    )
    yield want(
        "Institutions that hold nothing",
        "Institutions that the record names and to which nothing read gives a mandate.",
        dict.fromkeys(ours("Institution") - holders.keys(), 0),
    )
    sources = Counter(first(store, "fromDocument").values())
    known = table(store, "address").keys() | first(store, "sha256").keys()
    yield want(
        "Addresses of documents",
        "Documents that evidence cites and that have neither an address nor a digest, with the "
        "number of pieces of evidence.",
        {document: sources[document] for document in ours("Document") - known},
    )


def render(coverage: Coverage, *, longest: int = 15) -> str:
    """Write the page on data quality as Markdown.

    Args:
        coverage: what was measured.
        longest: how many lines a list of missing things shows before it is cut, saying so.

    >>> render(measure(ox.Store())).splitlines()[0]
    '# Data quality'
    """
    lines = [_HEAD]

    def section(title: str, *text: str) -> None:
        lines.extend(["", f"## {title}", "", *text])

    section("Grades", *_GRADES_TEXT)
    head = [*GRADES, "none"]
    lines += _table(
        ["What", "Number", *(grade if grade != "none" else "no evidence" for grade in head)],
        [
            [kind, sum(found.values()), *(found.get(grade, 0) for grade in head)]
            for kind, found in coverage.grades.items()
        ],
    )
    found = (
        f"{coverage.found:,} of the {coverage.looked_up:,} that could be looked up were found "
        "there, letter for letter, white space and footnote marks aside."
        if coverage.found is not None
        else NOT_LOOKED_UP
    )
    section(
        "Quotations",
        f"{coverage.quotations:,} pieces of evidence quote words; {coverage.checkable:,} of these "
        "quote a text that was read whole and is known by its digest.",
        found,
    )
    section(
        "Exactness",
        "How exactly the beginning of each event is known, and how many mandates state nothing on "
        "an axis of their scope. What is not stated is unknown, never all.",
        "",
    )
    order = list(_PRECISIONS.values())
    lines += _table(
        ["Beginning of an event known", "Events"],
        [[text, coverage.precision.get(text, 0)] for text in order],
    )
    lines.append("")
    lines += _table(
        ["Mandates that state no", "Number", "Share"],
        [
            [axis, number, f"{100 * number / max(1, coverage.mandates):.0f} %"]
            for axis, number in coverage.unknown.items()
        ],
    )
    section("Instruments", *_INSTRUMENTS_TEXT)
    lines += _rows("Instrument", coverage.instruments)
    section("Institutions", *_INSTITUTIONS_TEXT)
    lines += _rows("Institution", coverage.institutions)
    section("What is missing and would be wanted next")
    for want in coverage.wants:
        lines += [f"### {want.what}", "", want.why, ""]
        if not want.items:
            lines += ["Nothing is missing.", ""]
            continue
        lines += [
            f"- {label}" + (f" ({number:,})" if number else "")
            for _, label, number in want.items[:longest]
        ]
        if len(want.items) > longest:
            lines.append(f"- … and {len(want.items) - longest:,} more")
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _rows(kind: str, rows: Iterable[Row]) -> list[str]:
    return _table(
        [kind, "Mandates", "A", "B", "C", "Quoted from a text known by its digest", "No known end"],
        [
            [
                row.label,
                row.mandates,
                *(row.grades.get(grade, 0) for grade in "ABC"),
                row.text,
                row.open,
            ]
            for row in rows
        ],
    )


def _table(head: list[str], rows: list[list[object]]) -> list[str]:
    def cell(value: object) -> str:
        return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")

    lines: list[list[object]] = [[*head], ["---", *["--:"] * (len(head) - 1)], *rows]
    return ["| " + " | ".join(map(cell, line)) + " |" for line in lines]


NOT_LOOKED_UP = "The texts were not at hand when this page was made, so none was looked up."
_HEAD = """# Data quality

How well the record of Pakistan is founded, counted in the built dataset. Made by

```sh
mandates build && mandates coverage > docs/data-quality.md
```

with the folder of the statute texts in `MANDATES_TEXTS`, and never edited by hand."""
_GRADES_TEXT = (
    "A thing counts at the best grade of its evidence. A: statute, gazette, judgment or official "
    "text read; B: two independent secondary sources; C: one; D: background, which supports "
    "nothing.",
    "",
)
_INSTRUMENTS_TEXT = (
    "What each instrument confers. *No known end*: mandates not known to have ended.",
    "",
)
_INSTITUTIONS_TEXT = (
    "What each institution holds or held, in its own name or in a legal role, on any reading of "
    "the law. *No known end*: mandates that it still holds by the record.",
    "",
)
