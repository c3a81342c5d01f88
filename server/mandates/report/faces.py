"""The faces of a report: the same model as a page, as a file to print, as text, as data."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime

import jinja2
import pyoxigraph as ox

from mandates.dataset.names import PREFIXES
from mandates.report.charts import Picture, pictures, svg
from mandates.report.days import asked, asked_iso, iso
from mandates.report.feed import atom
from mandates.report.model import AT_LENGTH, FULL, KINDS, SECTIONS, TERMS, Entry, Report
from mandates.report.texts import Position
from mandates.report.words import many


class MissingExtraError(RuntimeError):
    """A face needs a package that is not installed; the message says which and how to get it."""


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mandates.report"),
        autoescape=jinja2.select_autoescape(["html.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"asked": asked, "many": many}
    return environment


def html(report: Report) -> bytes:
    """A page that needs nothing beside itself, follows the reader's theme and prints well."""
    return _page(report).encode()


def pdf(report: Report) -> bytes:
    """The page as a PDF.

    Raises:
        MissingExtraError: WeasyPrint, the ``pdf`` extra, is not installed.
    """
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise MissingExtraError(
            f"a PDF needs WeasyPrint: pip install 'mandates[pdf]' ({error})"
        ) from None
    written: bytes = weasyprint.HTML(string=_page(report)).write_pdf(
        pdf_identifier=report.version.encode() or b"mandates"
    )
    return written


def _page(report: Report) -> str:
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            sections=SECTIONS,
            kinds=KINDS,
            terms=TERMS,
            full=FULL,
            at_length=AT_LENGTH,
            pictures=[(picture, *_drawn(picture)) for picture in pictures(report)],
        )
    )


def _drawn(picture: Picture) -> tuple[str | None, str | None]:
    """A picture for wide and, if it has a form of its own for them, for narrow screens."""
    narrow = svg(picture.narrow) if picture.narrow else None
    return svg(picture.specification), narrow


def markdown(report: Report) -> bytes:
    """Plain text with marks, for a wiki, a mail or a pull request."""
    text = (
        _environment()
        .get_template("report.md.j2")
        .render(
            report=report,
            sections=SECTIONS,
            kinds=KINDS,
            terms=TERMS,
            full=FULL,
            at_length=AT_LENGTH,
            pictures=pictures(report),
        )
    )
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [a for a, b in zip(lines, ["", *lines], strict=False) if a or b]
    return ("\n".join(kept).strip() + "\n").encode()


COLUMNS = (
    "change",
    "finding",
    "relation",
    "score",
    "certainty",
    "institutions",
    "legal_order",
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
    "uncertainty",
    "mitigation",
    "named_by",
    "begun_by",
    "ended_by",
)


def table(report: Report) -> bytes:
    """A row for each supporting pair, as CSV (RFC 4180) in UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for entry in report.entries:
        beside = [entry.actors[i] for i in report.unasked(entry)]
        why = "not asked for, but a reading of the law gives it what the other holds"
        writer.writerows(_rows(entry, rivals=[f"{name}: {why}" for name in beside]))
    for change in report.difference.changes if report.difference else ():
        writer.writerows(_rows(change.entry, change.how, (change.begun_by, change.ended_by)))
    return text.getvalue().encode()


def _rows(
    entry: Entry,
    how: str = "",
    causes: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()),
    rivals: Sequence[str] = (),
) -> list[list[object]]:
    head = [
        how,
        entry.iri,
        entry.relation,
        entry.score,
        "certain" if entry.certain else "possible",
        "; ".join(entry.actors),
        entry.order,
        entry.function,
        entry.subject,
    ]
    named = "; ".join(w.words for w in entry.witnesses)
    tail = [named, *("; ".join(events) for events in causes)]
    if not entry.pairs:
        dates = [iso(entry.since), iso(entry.until), entry.support]
        shares = ", ".join(f"{who}: {number}" for who, number in entry.shares)
        return [[*head, *dates, *[""] * 8, shares, "; ".join(entry.doubts), "", *tail]]
    return [
        [
            *head,
            iso(pair.since),
            iso(pair.until),
            pair.alike,
            *_side(pair.first),
            *_side(pair.second),
            "; ".join([*rivals, *(reason.words for reason in pair.reasons if reason.known)]),
            "; ".join(pair.doubts),
            "; ".join(pair.mitigation),
            *tail,
        ]
        for pair in entry.pairs
    ]


def _side(position: Position | None) -> list[str]:
    if position is None:
        return ["", "", "", ""]
    through = f" (through {', '.join(position.through)})" if position.through else ""
    return [
        position.holder + through,
        f"{position.modal} {position.action}",
        position.citation,
        " | ".join(s.quotation for s in position.sources if s.quotation),
    ]


def data(report: Report) -> bytes:
    """The whole model as JSON, with the specification and the data of every picture."""
    document = _plain(report)
    assert isinstance(document, dict)
    del document["graph"]
    for name in ("as_of", "since", "known"):
        if moment := getattr(report, name):
            document[name] = asked_iso(moment)
    document["pictures"] = [_plain(picture) for picture in pictures(report)]
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, ox.Quad):
        return str(value)
    return value


def graph(report: Report) -> bytes:
    """The findings shown, as Turtle."""
    triples = [ox.Triple(q.subject, q.predicate, q.object) for q in report.graph]
    return ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b""


#: The faces by the name that the command line gives them, which is also the ending of the file.
FACES: dict[str, Callable[[Report], bytes]] = {
    "html": html,
    "pdf": pdf,
    "md": markdown,
    "csv": table,
    "json": data,
    "ttl": graph,
    "atom": atom,
}


def render(report: Report, face: str) -> bytes:
    """Show a report.

    Args:
        report: the model.
        face: a key of :data:`FACES`.

    Raises:
        ValueError: no such face; names them.
        MissingExtraError: the face needs a package that is not installed.
    """
    if face not in FACES:
        raise ValueError(f"a report has no face {face!r}; these are: {', '.join(FACES)}")
    return FACES[face](report)
