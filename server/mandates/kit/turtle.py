"""Rows of a table as Turtle of this project, and back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import pyoxigraph as ox

from mandates.dataset.names import ID, MAND, RDF, SCHEME, SKOS, XSD
from mandates.kit.country import _slug
from mandates.kit.table import FORCES, SEPARATOR, Row, TableError, names, span
from mandates.quality.problems import Problem, Severity, counted

_Term = ox.Literal | ox.NamedNode
_Node = Mapping[str, list[_Term]]

_UNQUOTED = "The table from which this was imported gives no words of the provision."
_AXES = {
    "subject": "concernsSubject",
    "layer": "concernsLayer",
    "territory": "appliesIn",
    "addressee": "addresses",
}
#: Properties of a mandate that a row has a column for.
_COVERED = {
    "vestedIn", "hasFunction", "actionPhrase", "inCapacity", "conferredBy", "beginsWith",
    "endsWith", "supportedBy", *_AXES.values(),
}  # fmt: skip


@dataclass
class _Names:
    """Give each thing one IRI end, readable, and the same whatever the order of the rows."""

    taken: dict[str, dict[str, str]] = field(default_factory=dict)

    def name(self, kind: str, *parts: str) -> str:
        key = "\0".join(parts)
        slug = "-".join(_slug(part)[:60].strip("-") for part in parts)
        same = self.taken.setdefault(kind, {})
        # Two names that look alike once shortened are told apart by a digest of the whole.
        if same.setdefault(slug, key) != key:
            slug = f"{slug}-{hashlib.sha256(key.encode()).hexdigest()[:6]}"
            same[slug] = key
        return slug


def to_turtle(rows: Iterable[Row], code: str, *, offset: str = "+00:00") -> str:
    """Write rows as one Turtle file of a country module.

    Args:
        rows: checked rows, as :func:`mandates.kit.table.read_table` gives them.
        code: the country's two letters.
        offset: offset of its midnight from UTC.

    Returns:
        Turtle in the house style; the same rows in any order give the same text.

    >>> to_turtle([], "zz").splitlines()[0]
    '@prefix actor: <https://w3id.org/mandates/id/zz/actor/> .'
    """
    naming = _Names()
    blocks: dict[str, str] = {}
    for number, row in enumerate(sorted(rows), 1):
        for node, lines in _row(row, naming, number, offset):
            blocks.setdefault(node, f"{node} " + " ;\n    ".join(lines) + " .\n")
    kinds = ("actor", "document", "event", "evidence", "instrument", "mandate")
    prefixes = {kind: f"{ID}{code}/{kind}/" for kind in kinds}
    prefixes |= {name: f"{SCHEME}{name}/" for name in ("function", *_AXES)}
    prefixes |= {"mand": MAND, "skos": SKOS, "xsd": XSD}
    head = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in sorted(prefixes.items()))
    return head + "".join(f"\n{block}" for block in blocks.values())


def _row(row: Row, naming: _Names, number: int, offset: str) -> Iterator[tuple[str, list[str]]]:
    actor = f"actor:{naming.name('actor', row.institution)}"
    law = naming.name("instrument", row.instrument)
    instrument, provision = f"instrument:{law}", naming.name(f"provision of {law}", row.provision)
    part = f"instrument:{law}\\/{provision}"
    mandate = naming.name("mandate", row.instrument, row.provision, row.mandate, row.institution)
    document = f"document:{naming.name('document', row.instrument, row.address)}"
    evidence = f"evidence:{mandate}"
    begin = f"event:{naming.name('event', row.instrument, 'begins', row.begins)}"
    end = f"event:{naming.name('event', row.instrument, 'ends', row.ends)}" if row.ends else ""
    yield actor, [f"a mand:{row.institution_kind}", f"skos:prefLabel {_text(row.institution)}"]
    yield instrument, [f"a mand:{row.instrument_kind}", f"skos:prefLabel {_text(row.instrument)}"]
    yield (
        part,
        [
            "a mand:Provision",
            f"mand:provisionOf {instrument}",
            f"mand:citation {_plain(row.provision)}",
            f"mand:orderInInstrument {number}",
        ],
    )
    yield (
        f"mandate:{mandate}",
        [
            f"a mand:{row.force}",
            f"skos:prefLabel {_text(row.mandate)}",
            f"mand:actionPhrase {_text(row.action)}",
            f"mand:vestedIn {actor}",
            f"mand:hasFunction function:{row.function}",
            *(
                f"mand:{prop} {axis}:{name}"
                for axis, prop in _AXES.items()
                for name in names(getattr(row, axis))
            ),
            f"mand:inCapacity mand:{row.capacity.title()}Capacity",
            f"mand:conferredBy {part}",
            f"mand:beginsWith {begin}",
            *([f"mand:endsWith {end}"] if end else []),
            f"mand:supportedBy {evidence}",
        ],
    )
    for node, kind, when, verb in (
        (begin, "Commencement", row.begins, "begins"),
        (end, "Repeal", row.ends, "ends"),
    ):
        if node:
            yield (
                node,
                _event(kind, f"{row.instrument}: what {verb} in {when}", when, offset, evidence),
            )
    yield (
        evidence,
        [
            "a mand:Evidence",
            f"mand:fromDocument {document}",
            f"mand:locator {_plain(row.provision)}",
            # Who reads the record must see that nobody vouches for the words.
            f"mand:quotation {_text(row.quotation)}"
            if row.quotation
            else f"skos:note {_text(_UNQUOTED)}",
            f"mand:hasGrade mand:Grade{row.grade}",
        ],
    )
    yield (
        document,
        [
            "a mand:Document",
            f"skos:prefLabel {_text(f'{row.instrument}, read at {row.address}')}",
            f"mand:address {_plain(row.address)}^^xsd:anyURI",
        ],
    )


def _event(kind: str, label: str, when: str, offset: str, evidence: str) -> list[str]:
    first, after = span(when)
    precision = {4: "Year", 7: "Month", 10: "Day"}[len(when)]
    return [
        f"a mand:{kind}",
        f"skos:prefLabel {_text(label)}",
        f"mand:effectiveFrom {_instant(first, offset)}",
        *([f"mand:effectiveBy {_instant(after, offset)}"] if after != first else []),
        f"mand:effectivePrecision mand:{precision}Precision",
        f"mand:supportedBy {evidence}",
    ]


def _instant(day: date, offset: str) -> str:
    return f'"{day.isoformat()}T00:00:00{offset}"^^xsd:dateTime'


def _plain(text: str) -> str:
    return str(ox.Literal(text))


def _text(text: str) -> str:
    return str(ox.Literal(text, language="en"))


def from_turtle(store: ox.Store, *, name: str = "data") -> list[Row]:
    """Read the mandates of a store as rows; the inverse of :func:`to_turtle`.

    Args:
        store: triples of a country module, in any graphs.
        name: file name to give in messages.

    Returns:
        The rows, sorted.

    Raises:
        TableError: a mandate says more than a row can hold, or less than it must; names all such
            mandates, so that nothing is lost in silence.

    >>> from_turtle(ox.Store())
    []
    """
    facts: dict[str, dict[str, list[_Term]]] = {}
    for quad in store:
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, _Term):
            said = facts.setdefault(quad.subject.value, {})
            said.setdefault(quad.predicate.value, []).append(quad.object)
    rows, problems = [], []
    for iri, said in sorted(facts.items()):
        force = {_end(kind.value) for kind in said.get(f"{RDF}type", [])} & set(FORCES)
        if not force:
            continue
        try:
            rows.append(_read(said, facts, sorted(force)[0]))
        except ValueError as error:
            problems.append(Problem("table-row", Severity.ERROR, str(error), name, None, iri))
    if problems:
        raise TableError(problems)
    return sorted(rows)


def _read(said: _Node, facts: Mapping[str, _Node], force: str) -> Row:
    extra = {_end(p) for p in said if p.startswith(MAND)} - _COVERED
    if extra:
        raise ValueError(f"A row has no column for mand:{', mand:'.join(sorted(extra))}.")

    def one(node: _Node, prop: str) -> str:
        values = sorted({value.value for value in node.get(prop, [])})
        if len(values) != 1:
            raise ValueError(
                f"It has {counted(len(values), 'value')} of {_end(prop)}; a row holds one."
            )
        return values[0]

    def follow(node: _Node, prop: str) -> _Node:
        return facts.get(one(node, MAND + prop), {})

    label = f"{SKOS}prefLabel"
    actor, provision = follow(said, "vestedIn"), follow(said, "conferredBy")
    evidence = follow(said, "supportedBy")
    if any(_end(t.value) == "LegalRole" for t in actor.get(f"{RDF}type", [])):
        raise ValueError("It is vested in a legal role; a row names an institution.")
    instrument = follow(provision, "provisionOf")
    return Row(
        institution=one(actor, label),
        institution_kind=_end(one(actor, f"{RDF}type")),
        force=force,
        mandate=one(said, label),
        action=one(said, MAND + "actionPhrase"),
        function=_end(one(said, MAND + "hasFunction")),
        capacity=_end(one(said, MAND + "inCapacity")).removesuffix("Capacity").lower(),
        instrument=one(instrument, label),
        instrument_kind=_end(one(instrument, f"{RDF}type")),
        provision=one(provision, MAND + "citation"),
        begins=_when(follow(said, "beginsWith")),
        ends=_when(follow(said, "endsWith")) if MAND + "endsWith" in said else "",
        quotation=one(evidence, MAND + "quotation") if MAND + "quotation" in evidence else "",
        address=one(follow(evidence, "fromDocument"), MAND + "address"),
        grade=_end(one(evidence, MAND + "hasGrade")).removeprefix("Grade"),
        **{
            axis: SEPARATOR.join(sorted(_end(v.value) for v in said.get(MAND + prop, [])))
            for axis, prop in _AXES.items()
        },
    )


def _when(event: _Node) -> str:
    lengths = {"DayPrecision": 10, "MonthPrecision": 7, "YearPrecision": 4}
    precision = [_end(v.value) for v in event.get(MAND + "effectivePrecision", [])]
    first = [v.value for v in event.get(MAND + "effectiveFrom", [])]
    if len(precision) != 1 or len(first) != 1 or precision[0] not in lengths:
        raise ValueError("Its dates are known in a way that a row can't hold.")
    return first[0][: lengths[precision[0]]]


def _end(iri: str) -> str:
    return re.split(r"[/#]", iri)[-1]
