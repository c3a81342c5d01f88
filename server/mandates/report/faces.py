"""The faces of a report: the same model as a page, as a table, as data."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import jinja2

from mandates.report.model import SECTIONS, Report

_PAKISTAN = timezone(timedelta(hours=5))


def day(moment: datetime | None) -> str:
    """Write a moment as people write days.

    >>> day(datetime(2025, 1, 30, tzinfo=_PAKISTAN)), day(None)
    ('30 January 2025', 'open')
    """
    if moment is None:
        return "open"
    local = moment.astimezone(_PAKISTAN)
    return f"{local.day} {local:%B %Y}"


def html(report: Report) -> bytes:
    """A page that needs nothing beside itself and prints well."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mandates.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = day
    page = environment.get_template("report.html.j2").render(report=report, sections=SECTIONS)
    return page.encode()


COLUMNS = (
    "finding",
    "relation",
    "score",
    "certainty",
    "institutions",
    "function",
    "subject",
    "since",
    "until",
    "pairs",
    "first_holder",
    "first_sentence",
    "first_provision",
    "first_quotation",
    "second_holder",
    "second_sentence",
    "second_provision",
    "second_quotation",
    "reason",
    "mitigation",
)


def table(report: Report) -> bytes:
    """A row for each supporting pair, as CSV (RFC 4180) in UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for entry in report.entries:
        head = [
            entry.iri,
            entry.relation,
            entry.score,
            "certain" if entry.certain else "possible",
            "; ".join(entry.actors),
            entry.function,
            entry.subject,
        ]
        for pair in entry.pairs:
            sides: list[str] = []
            for side in (pair.first, pair.second):
                if side is None:
                    sides += ["", "", "", ""]
                    continue
                sides += [
                    side.holder,
                    f"{side.modal} {side.action}",
                    "; ".join(sorted({s.citation for s in side.sources})),
                    " | ".join(s.quotation for s in side.sources if s.quotation),
                ]
            writer.writerow(
                [
                    *head,
                    pair.since.astimezone(_PAKISTAN).date().isoformat(),
                    pair.until.astimezone(_PAKISTAN).date().isoformat() if pair.until else "",
                    pair.alike,
                    *sides,
                    "; ".join(pair.reasons),
                    "; ".join(pair.mitigation),
                ]
            )
    return text.getvalue().encode()


#: The faces by the name that the command line gives them.
FACES: dict[str, Callable[[Report], bytes]] = {"html": html, "csv": table}


def render(report: Report, face: str) -> bytes:
    """Show a report.

    Args:
        report: the model.
        face: a key of :data:`FACES`.

    Raises:
        KeyError: no such face.
    """
    return FACES[face](report)
