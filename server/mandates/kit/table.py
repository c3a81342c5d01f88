"""Mandates as a table that a spreadsheet can hold: one row is one mandate of one institution.

``docs/tutorial-new-country.md`` documents the columns. Rows say less than Turtle can: no legal
roles, no conditions, no rival readings. What they say is kept to the letter in both directions.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import pyoxigraph as ox

from mandates.dataset.loading import load
from mandates.dataset.names import SCHEME, SKOS
from mandates.dataset.sources import find_sources
from mandates.quality.problems import Problem, Severity

#: Kinds that a row may name, without their prefix.
INSTITUTIONS = (
    "Institution", "Government", "Ministry", "Division", "Regulator", "LawEnforcementAgency",
    "IntelligenceAgency", "ComputerEmergencyResponseTeam", "CoordinatingBody", "ServiceProvider",
    "StandardsBody", "Tribunal", "Court", "Legislature", "OversightCommission", "MilitaryFormation",
)  # fmt: skip
INSTRUMENTS = (
    "Constitution", "Act", "Ordinance", "Order", "Rules", "Regulations", "Notification",
    "Directive", "Policy", "Strategy", "Charter", "Judgment", "Treaty",
)  # fmt: skip
FORCES = ("Power", "Duty", "Liberty", "Disability")
CAPACITIES = ("lead", "support")
GRADES = ("A", "B", "C")
SEPARATOR = "; "


@dataclass(frozen=True, order=True)
class Row:
    """One mandate as a row; every field is text as it stands in the cell.

    Attributes:
        institution: who holds it, by its English name.
        institution_kind: one of :data:`INSTITUTIONS`.
        force: one of :data:`FORCES`.
        mandate: short name of the mandate.
        action: verb phrase that completes "the holder may / must / must not …".
        function: a concept of the function scheme, by the end of its IRI.
        subject: concepts of the subject scheme, separated by a semicolon.
        layer: concepts of the layer scheme; empty means unknown.
        territory: concepts of the territory scheme; empty means unknown.
        addressee: concepts of the addressee scheme; empty means unknown.
        capacity: ``lead`` or ``support``.
        instrument: the law, by its English name.
        instrument_kind: one of :data:`INSTRUMENTS`.
        provision: the usual citation, for example ``s. 37(1)``.
        begins: day, month or year in which it began: ``2020-01-31``, ``2020-01`` or ``2020``.
        ends: the same for its end; empty while it goes on.
        quotation: at most forty words of the provision; may be empty.
        address: web address at which it was read.
        grade: ``A``, ``B`` or ``C``.
    """

    institution: str
    institution_kind: str
    force: str
    mandate: str
    action: str
    function: str
    subject: str
    layer: str
    territory: str
    addressee: str
    capacity: str
    instrument: str
    instrument_kind: str
    provision: str
    begins: str
    ends: str
    quotation: str
    address: str
    grade: str


#: Heads of the columns, in order.
COLUMNS = tuple(field.name for field in fields(Row))
_OPTIONAL = {"layer", "territory", "addressee", "ends", "quotation"}
_CLOSED = {
    "institution_kind": INSTITUTIONS,
    "force": FORCES,
    "capacity": CAPACITIES,
    "instrument_kind": INSTRUMENTS,
    "grade": GRADES,
}
_SCHEMES = ("function", "subject", "layer", "territory", "addressee")


class TableError(ValueError):
    """A table has broken rows; nothing was made of it.

    Attributes:
        problems: every mistake, with the line of its row.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = list(problems)


def known_concepts(extra: Sequence[Path] = ()) -> dict[str, list[str]]:
    """List the concepts of the shipped schemes, and of further files, by scheme.

    Args:
        extra: Turtle files or folders with concepts of their own, such as a territory.

    Returns:
        For each scheme the ends of the IRIs of its concepts, sorted.

    >>> "remove-or-block" in known_concepts()["function"]
    True
    """
    found: dict[str, set[str]] = {scheme: set() for scheme in _SCHEMES}
    for quad in load(find_sources(instances=False, extra=extra)).quads:
        if quad.predicate.value == SKOS + "inScheme" and isinstance(quad.subject, ox.NamedNode):
            scheme, _, name = quad.subject.value.removeprefix(SCHEME).partition("/")
            if scheme in found:
                found[scheme].add(name)
    return {scheme: sorted(concepts) for scheme, concepts in found.items()}


def read_table(
    text: str, concepts: Mapping[str, Iterable[str]], *, name: str = "table.csv"
) -> list[Row]:
    r"""Read and check a table.

    Args:
        text: CSV as RFC 4180 has it, with :data:`COLUMNS` in its first row, in any order.
        concepts: for each scheme the ends of the IRIs of its concepts.
        name: file name to give in messages.

    Returns:
        The rows in the order of the file.

    Raises:
        TableError: columns are missing or unknown, or rows are broken; names all of them.

    >>> read_table("force\nPower\n", {})
    Traceback (most recent call last):
        ...
    mandates.kit.table.TableError: table.csv:1: error [table-columns] Columns are missing: ...
    """
    known = {scheme: frozenset(concepts.get(scheme, ())) for scheme in _SCHEMES}
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    problems: list[Problem] = []
    rows: list[tuple[int, Row]] = []

    def tell(line: int, rule: str, message: str, hint: str = "") -> None:
        problems.append(Problem(rule, Severity.ERROR, message, name, line, "", hint))

    try:
        head = list(reader.fieldnames or ())
        missing = [column for column in COLUMNS if column not in head]
        odd = [column for column in head if column not in COLUMNS]
        if missing:
            tell(1, "table-columns", f"Columns are missing: {', '.join(missing)}.")
        if odd:
            tell(1, "table-columns", f"Columns are unknown: {', '.join(odd)}.")
        if len(set(head)) < len(head):
            tell(1, "table-columns", "A column stands there twice.")
        if problems:
            raise TableError(problems)
        for cells in reader:
            line = reader.line_num
            if None in cells or None in cells.values():
                tell(line, "table-row", "The row has more or fewer cells than the head.",
                     "Put cells that hold a comma in quotation marks.")  # fmt: skip
                continue
            row = Row(**{column: _tidy(column, cells[column]) for column in COLUMNS})
            if any(astuple(row)):
                rows.append((line, row))
                for rule, message, hint in _check(row, known):
                    tell(line, rule, message, hint)
    except csv.Error as error:
        tell(reader.line_num, "table-row", f"This is no CSV: {error}.")
    for line, rule, message in _between(rows):
        tell(line, rule, message)
    if problems:
        raise TableError(sorted(problems, key=lambda p: (p.line or 0, p.rule, p.message)))
    return [row for _, row in rows]


def write_table(rows: Iterable[Row]) -> str:
    """Write rows as CSV with a head; the inverse of :func:`read_table`.

    Lines end as those of every other file of the project do, so that tools that compare files line
    by line see what differs and nothing else; spreadsheets read either kind.

    >>> write_table([]).startswith("institution,institution_kind,force,mandate")
    True
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(astuple(row) for row in rows)
    return out.getvalue()


def _tidy(column: str, cell: str) -> str:
    """Trim a cell; concepts stand in alphabetical order, for their order says nothing."""
    return SEPARATOR.join(sorted(names(cell))) if column in _SCHEMES else cell.strip()


def names(cell: str) -> list[str]:
    """Split a cell that names several concepts.

    >>> names("incidents; cyber-security")
    ['incidents', 'cyber-security']
    """
    return [name for part in cell.split(";") if (name := part.strip())]


def span(text: str) -> tuple[date, date]:
    """Return the first day that a date can mean, and the first day after all that it can mean.

    Raises:
        ValueError: it is no date.

    >>> span("2024-02")
    (datetime.date(2024, 2, 1), datetime.date(2024, 3, 1))
    """
    if re.fullmatch(r"\d{4}", text):
        return date(int(text), 1, 1), date(int(text) + 1, 1, 1)
    if re.fullmatch(r"\d{4}-\d\d", text):
        first = date.fromisoformat(f"{text}-01")
        return first, (
            date(first.year + 1, 1, 1)
            if first.month == 12
            else first.replace(month=first.month + 1)
        )
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError(f"{text!r} is no date; write 2020-01-31, 2020-01 or 2020")
    day = date.fromisoformat(text)
    return day, day


def _check(row: Row, known: Mapping[str, frozenset[str]]) -> Iterable[tuple[str, str, str]]:
    for column in COLUMNS:
        value = getattr(row, column)
        if not value and column not in _OPTIONAL:
            yield "table-empty", f"{column} is empty.", "Fill it in."
        if any(ord(letter) < 32 for letter in value):
            yield (
                "table-text",
                f"{column} holds a line break or a control character.",
                "Take it out.",
            )
    for column, allowed in _CLOSED.items():
        value = getattr(row, column)
        if value and value not in allowed:
            yield "table-value", f"{column} is {value!r}.", _near(value, allowed)
    for scheme in _SCHEMES:
        found = names(getattr(row, scheme))
        for concept in found:
            if concept not in known[scheme]:
                yield (
                    "table-concept",
                    f"{concept!r} is no concept of the {scheme} scheme.",
                    _near(concept, sorted(known[scheme])),
                )
        if scheme == "function" and len(found) > 1:
            yield "table-value", "function names several concepts.", "Write one row for each."
        if len(set(found)) < len(found):
            yield "table-value", f"{scheme} names a concept twice.", "Name it once."
    yield from _check_texts(row)


def _check_texts(row: Row) -> Iterable[tuple[str, str, str]]:
    spans = {}
    for column in ("begins", "ends"):
        if value := getattr(row, column):
            try:
                spans[column] = span(value)
            except ValueError as error:
                yield "table-date", f"{column}: {error}.", ""
    if len(spans) == 2 and spans["ends"][1] <= spans["begins"][0]:
        yield "table-date", f"It ends ({row.ends}) before it begins ({row.begins}).", ""
    if len(row.quotation.split()) > 40:
        yield (
            "table-quotation",
            "The quotation has more than forty words.",
            "Take the operative ones.",
        )
    if row.address and not re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", row.address):
        yield "table-address", f"{row.address!r} is no web address.", "Begin it with https://."
    if row.action.endswith("."):
        yield (
            "table-text",
            "action ends with a full stop.",
            "It completes a sentence; leave it out.",
        )


def _between(rows: Sequence[tuple[int, Row]]) -> Iterable[tuple[int, str, str]]:
    """Find rows that contradict or repeat an earlier one."""
    kinds: dict[tuple[str, str], tuple[int, str]] = {}
    seen: dict[tuple[str, ...], int] = {}
    for line, row in rows:
        for what in ("institution", "instrument"):
            kind = getattr(row, f"{what}_kind")
            first, other = kinds.setdefault((what, getattr(row, what)), (line, kind))
            if other != kind:
                yield line, "table-value", f"{what}_kind is {kind}; row {first} says {other}."
        key = (row.institution, row.instrument, row.provision, row.mandate)
        first = seen.setdefault(key, line)
        if first != line:
            yield line, "table-row", f"Row {first} has the same mandate of the same provision."


def _near(value: str, allowed: Sequence[str]) -> str:
    close = get_close_matches(value, allowed, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {close[0]}?"
    return (
        f"Take one of {', '.join(allowed)}." if len(allowed) <= 20 else "Look it up in the scheme."
    )
