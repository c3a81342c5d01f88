"""How values look on a page: dates in words, spans as bars, rows folded by what they share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from mandates.analysis.graph import relation_class
from mandates.dataset.description import DATASET
from mandates.report import days
from mandates.report.days import Known, long_date
from mandates.report.model import SECTIONS
from mandates.sparql.prefixes import PREFIXES
from mandates.web.entities import Node, Page, Row

MODAL = {"Power": "may", "Duty": "must", "Liberty": "is free to", "Disability": "must not"}


def today() -> date:
    """The day in Pakistan."""
    return (datetime.now(UTC) + timedelta(hours=5)).date()


def as_known(value: object, precision: object = "") -> str:
    """A date no closer than it is known: a day, or the year or month that its first day stands for.

    Of a range only the first day is given; two dots say that it is that day or a later one.

    >>> as_known("2025-01-01"), as_known("2025-01-01", "YearPrecision")
    ('2025-01-01', '2025')
    >>> as_known("2025-04-01", "MonthPrecision"), as_known("2025-04-03", "RangePrecision")
    ('2025-04', '2025-04-03..')
    """
    return days.stated(str(value), getattr(precision, "local", str(precision))).short


def begun(row: Mapping[str, Node]) -> Known | None:
    """When what a row tells of began, no closer than it is known: ``from`` and ``certain``.

    >>> row = {"from": Node("2006-01-01"), "certain": Node("2007-01-01")}
    >>> begun(row).short, begun({"from": Node("2006-01-01")}).short
    ('2006', '2006-01-01..')
    """
    return days.begun(row["from"].text, _text(row, "certain")) if "from" in row else None


def ended(row: Mapping[str, Node]) -> Known | None:
    """When it ended, or may have: ``until`` and ``unsure``; ``None`` if nothing ended it.

    >>> row = {"certain": Node("2007-01-01"), "unsure": Node("2025-04-01")}
    >>> ended(row | {"until": Node("2025-05-01")}).short, ended(row).short
    ('2025-04', '2025-04-01..')
    """
    return days.ended(*(_text(row, name) for name in ("until", "unsure", "certain")))


def happened(row: Mapping[str, Node]) -> Known:
    """When an event took effect: ``on``, the ``latest`` that it may have been, and ``precision``.

    >>> happened({"on": Node("2025-04-01"), "latest": Node("2025-05-01")}).short
    '2025-04'
    """
    on = _text(row, "on") or ""
    ahead = "precision" in row and row["precision"].local == "OpenPrecision"
    return days.begun(on, None if ahead else _text(row, "latest") or on)


def stated(row: Mapping[str, Node], name: str) -> Known | None:
    """A date under its name and its precision, as in ``notified`` and ``notifiedPrecision``.

    >>> stated({"notified": Node("2024-12-11")}, "notified").short, stated({}, "notified")
    ('2024-12-11', None)
    """
    if name not in row:
        return None
    precision = f"{name}Precision"
    return days.stated(row[name].text, row[precision].local if precision in row else "")


_DATES = {
    "validFrom": "from",
    "certainFrom": "certain",
    "validUntil": "until",
    "certainUntil": "unsure",
    "effectiveFrom": "on",
    "effectiveBy": "latest",
    "effectivePrecision": "precision",
    "notifiedOn": "notified",
    "notifiedPrecision": "notifiedPrecision",
}


def dates(page: Page) -> Row:
    """The dates of a thing as the rows of parts have them; nothing if it has none."""
    local = {group.property.local: group.values[0] for group in page.groups if group.values}
    return {name: local[term] for term, name in _DATES.items() if term in local}


def moved(row: Mapping[str, Node]) -> Known | None:
    """When a change of ``instrument-moved`` came: ``on`` and, on its other side, ``bound``."""
    on, bound = _text(row, "on") or "", _text(row, "bound")
    return days.begun(on, bound) if row["change"].text == "began" else days.ended(on, bound, on)


def _text(row: Mapping[str, Node], name: str) -> str | None:
    return row[name].text if name in row else None


def year(value: object) -> float:
    """A date as a year with its fraction; now when it is none.

    >>> year("2016-07-02")
    2016.5
    """
    try:
        day = date.fromisoformat(str(value)[:10])
    except ValueError:
        day = today()
    return day.year + (day.timetuple().tm_yday - 1) / 366


def holds(row: Mapping[str, Node]) -> bool:
    """Whether the span of a row has begun and not ended."""
    now = today().isoformat()
    begun = "from" not in row or row["from"].text[:10] <= now
    return begun and ("until" not in row or now < row["until"].text[:10])


def fold(rows: Iterable[Row], *keys: str) -> list[dict[str, Any]]:
    """Rows that agree in some columns become one; the others are kept as lists without repeats.

    >>> a, b, x = Node("a"), Node("b"), Node("x")
    >>> fold([{"k": x, "v": a}, {"k": x, "v": b}], "k") == [{"k": x, "v": [a, b], "rows": [
    ...     {"k": x, "v": a}, {"k": x, "v": b}]}]
    True
    """
    folded: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple((row[name].iri or row[name].text) if name in row else "" for name in keys)
        entry = folded.setdefault(key, {name: row[name] for name in keys if name in row})
        entry.setdefault("rows", []).append(row)
        for name, node in row.items():
            if name not in keys:
                values = entry.setdefault(name, [])
                if node not in values:
                    values.append(node)
    return list(folded.values())


def spans(rows: Iterable[Row]) -> list[Row]:
    """The distinct spans of time among rows, in order."""
    seen: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key = tuple(str(row.get(name, "")) for name in ("from", "until", "status", "reading"))
        if key[0]:
            seen.setdefault(key, row)
    return [seen[key] for key in sorted(seen)]


def by_layer(mandates: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Folded mandates that are held today, counted by function and layer.

    Returns:
        ``layers`` heads the columns; each of ``lines`` has the function, the counts in the order of
        the layers, how many state no layer, and how many there are.
    """
    held = [item for item in mandates if any(map(holds, item["rows"]))]
    layers = {node.iri: node for item in held for node in item.get("layer", ())}
    ordered = sorted(layers.values(), key=lambda node: node.text)
    lines = []
    for top in dict.fromkeys(item["top"] for item in held):
        of = [item for item in held if item["top"] == top]
        counts = [sum(layer in item.get("layer", ()) for item in of) for layer in ordered]
        lines.append((top, counts, sum("layer" not in item for item in of), len(of)))
    return {"layers": ordered, "lines": lines, "held": len(held)}


def by_parent(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Concepts by the one above them, in the order of their names; the top ones by nothing."""
    children: dict[str, dict[str, Row]] = {}
    for row in rows:
        parent = row["broader"].iri if "broader" in row else ""
        children.setdefault(parent, {}).setdefault(row["concept"].iri, row)
    return {
        parent: sorted(group.values(), key=lambda row: row["concept"].text.lower())
        for parent, group in children.items()
    }


def earliest(rows: Sequence[Mapping[str, Node]], name: str = "from") -> float:
    """The year in which the first span of some rows begins; a little before now at the latest."""
    years = [year(row[name]) for row in rows if name in row]
    return min([*years, year("") - 1])


def editor_link(query: str) -> str:
    """What comes after ``/sparql`` to open a query in the editor.

    >>> editor_link("ASK {}")
    '#query=ASK%20%7B%7D&run=1'
    """
    return f"#query={quote(query, safe='')}&run=1"


# Parts of a page that its list of contents names, in the order in which they come.
_CONTENTS = {
    "mandate-words": "The words that confer it",
    "mandate-holders": "Who has held it",
    "mandate-conditions": "What it depends on",
    "mandate-findings": "Overlaps that it supports",
    "institution-mandates": "Mandates",
    "institution-partners": "Overlaps",
    "institution-places": "Places that it fills",
    "institution-parents": "Above it and beside it",
    "institution-children": "Below it",
    "instrument-provisions": "Provisions",
    "instrument-moved": "What it moved",
    "instrument-events": "Events",
    "instrument-family": "Its family",
    "provision-confers": "What it confers",
    "provision-events": "What happened to its text",
    "provision-uses": "What else rests on it",
    "role-designations": "Who has filled it",
    "role-mandates": "What the law vests in it",
    "event-changes": "What began and ended",
    "scheme-concepts": "Its concepts",
    "concept-tree": "Above and below it",
    "concept-actors": "Who holds mandates on it",
    "concept-findings": "Where institutions meet on it",
    "finding-pairs": "The proof",
    "finding-mitigation": "What softens it",
    "finding-holdings": "The holdings",
    "statement-findings": "Findings",
    "document-evidence": "What was read in it",
    "evidence": "Where it was read",
    "claims": "What the paper and others say",
}


def contents(page: Page) -> list[tuple[str, str]]:
    """What a page has, as anchors and titles."""
    entries = [
        (name, title)
        for name, title in _CONTENTS.items()
        if name in page.parts and not (name == "evidence" and page.kind == "mandate")
    ]
    if "instrument-changed" in page.parts and "instrument-moved" not in page.parts:
        entries.insert(0, ("instrument-moved", _CONTENTS["instrument-moved"]))
    if page.terms and page.kind != "scheme":
        entries.append(("contains", "Contains"))
    if page.groups:
        entries.append(("facts", "Everything said of it"))
    if page.inverse:
        entries.append(("named-by", "Named by"))
    return [*entries, ("sparql", "The SPARQL behind this page")]


_REPORTED = {relation_class(name).value: said for name, said in SECTIONS.items()}


def in_reports(types: Iterable[Node]) -> tuple[str, str] | None:
    """Under which heading a report has findings of these classes, and what that means.

    >>> in_reports([Node("gap", iri=f"{PREFIXES['mand']}Gap")])
    ('Gaps', 'Nobody certainly holds a function that one expects in some hand.')
    >>> in_reports([Node("power", iri=f"{PREFIXES['mand']}Power")]) is None
    True
    """
    return next((_REPORTED[node.iri] for node in types if node.iri in _REPORTED), None)


_SCHEMA_TYPES = {
    "institution": "GovernmentOrganization",
    "instrument": "CreativeWork",
    "provision": "CreativeWork",
    "event": "Event",
    "concept": "DefinedTerm",
    "statement": "Claim",
    "document": "CreativeWork",
}


#: Kinds of instrument that are legislation, as the alignment to schema.org has it: a judgment or a
#: policy is none, and of a provision it depends on what it is part of.
LEGISLATION = frozenset(
    ["Act", "Bill", "Constitution", "Notification", "Ordinance", "Regulations", "Rules", "Treaty"]
)


def structured_data(page: Page, public_url: str) -> str:
    """What search engines read: schema.org as JSON-LD, safe inside a script element."""
    kind = _SCHEMA_TYPES.get(page.kind, "Thing")
    if any(node.local in LEGISLATION for node in page.types):
        kind = "Legislation"
    elif page.iri == DATASET:
        kind = "Dataset"
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@id": page.iri,
        "@type": kind,
        "name": page.title,
        "url": f"{public_url}/{page.path}",
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }
    if kind not in ("Claim", "CreativeWork", "Dataset", "Legislation"):
        del data["license"]  # of creative works only
    others = [page.brief, *(node.text for node in page.names)]
    if any(others):
        data["alternateName"] = [name for name in others if name and name != page.title]
    if page.lead:
        data["description"] = page.lead[0].text
    text = json.dumps(data, ensure_ascii=False)
    # No text of the record can end the element that it stands in.
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def expand(value: str) -> str:
    """An IRI written whole, with a prefix, or as the last part of an institution's.

    >>> expand("actor:pta") == expand("pta") == expand("<https://w3id.org/mandates/id/pk/actor/pta>")
    True
    >>> expand("")
    ''
    """
    value = value.strip("<>")
    prefix, colon, local = value.partition(":")
    if not value or (colon and (local.startswith("//") or prefix not in PREFIXES)):
        return value
    return PREFIXES[prefix] + local if colon else PREFIXES["actor"] + value


def spaced(name: str) -> str:
    """A variable's name as words.

    >>> spaced("validFrom"), spaced("holder")
    ('valid from', 'holder')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").lower()


FILTERS: Mapping[str, Any] = {
    "long_date": long_date,
    "as_known": as_known,
    "begun": begun,
    "ended": ended,
    "dates": dates,
    "happened": happened,
    "stated": stated,
    "moved": moved,
    "in_reports": in_reports,
    "year": year,
    "holds": holds,
    "fold": fold,
    "spans": spans,
    "by_layer": by_layer,
    "by_parent": by_parent,
    "earliest": earliest,
    "editor_link": editor_link,
    "spaced": spaced,
    "any_holds": lambda rows: any(map(holds, rows)),
    "modal": lambda node: MODAL.get(getattr(node, "local", str(node)), "may"),
}
