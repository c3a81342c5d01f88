"""A report as an Atom feed, and how to have one made on a schedule.

Atom Syndication Format: RFC 4287. Every finding that changed is an entry whose identifier is that
of the finding with what happened to it, so that a reader shows each change once, however often the
report is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from mandates.report.model import SECTIONS, Change, Entry, Report

_ATOM = "http://www.w3.org/2005/Atom"
_SELF = "https://w3id.org/mandates/feed"
_HOW = {
    "created": "Appeared",
    "ended": "Ended",
    "passed": "Came and went",
    "revised": "Changed in strength",
}


def atom(report: Report) -> bytes:
    """The changes that a report tells, newest first; of a state without changes its findings."""
    feed = Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    SubElement(feed, "id").text = f"{_SELF}/{report.kind}"
    SubElement(feed, "title").text = report.title
    SubElement(feed, "updated").text = report.as_of.isoformat()
    author = SubElement(feed, "author")
    SubElement(author, "name").text = "mandates"
    SubElement(feed, "generator", {"version": report.version or "unreleased"}).text = "mandates"
    for entry, how, causes in _told(report):
        _entry(feed, entry, how, causes, report)
    indent(feed)
    written: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _told(report: Report) -> Iterator[tuple[Entry, str, tuple[str, ...]]]:
    differences = [d for d in (report.difference, report.since_release) if d is not None]
    changes: list[Change] = [change for d in differences for change in d.changes]
    if differences:
        changes.sort(key=lambda c: (_when(c), c.entry.iri), reverse=True)
        for change in changes:
            yield change.entry, change.how, _behind(change)
    else:
        for entry in report.entries:
            yield entry, "created", ()


def _behind(change: Change) -> tuple[str, ...]:
    told = (("Begun by", change.begun_by), ("Ended by", change.ended_by))
    return tuple(f"{how} {'; '.join(events)}." for how, events in told if events)


def _when(change: Change) -> datetime:
    entry = change.entry
    return entry.until if change.how == "ended" and entry.until else entry.since


def _entry(feed: Element, entry: Entry, how: str, causes: tuple[str, ...], report: Report) -> None:
    node = SubElement(feed, "entry")
    when = entry.until if how == "ended" and entry.until else entry.since
    SubElement(node, "id").text = f"{entry.iri}#{how}-{entry.score}"
    SubElement(node, "title").text = f"{_HOW[how]}: {entry.title}"
    SubElement(node, "updated").text = max(when, entry.since).isoformat()
    SubElement(node, "link", {"rel": "alternate", "href": entry.iri})
    SubElement(node, "category", {"term": entry.relation, "label": SECTIONS[entry.relation][0]})
    text = [
        f"Since {entry.begun.words()}{f' until {entry.ended.words()}' if entry.ended else ''}.",
        "Certain."
        if entry.certain
        else f"Possible: {'; '.join(entry.doubts) or 'see the report'}.",
        f"Contention {entry.score} of 100.",
    ]
    text += causes
    text.append(f"Dataset {report.version or 'unreleased'}.")
    SubElement(node, "summary").text = " ".join(text)


_SCHEDULE = """\
# By cron, every Monday at 06:00: the state of the law, and what changed since the release before.
# `current` is where `mandates build` has put the newest snapshot; keep the one before it.
0 6 * * 1  cd /srv/mandates && git pull --quiet && before=$(readlink -f build/data/current) \\
  && mandates build && mandates report --previous "$before" \\
     --actors moitt,pta,fia,ncert,nccia --format html --format csv --format atom \\
     --output /srv/www/mandates

# By a CI job (GitHub Actions), on every change of the record and once a week.
name: report
on:
  push: {branches: [main], paths: ["instances/**", "ontology/**"]}
  schedule: [{cron: "0 6 * * 1"}]
jobs:
  report:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {python-version: "3.13"}
      - run: pip install ".[pdf]"
      - uses: actions/cache@v4
        with: {path: build/previous, key: "snapshot-${{ github.run_id }}", restore-keys: snapshot-}
      - run: mandates build
      - run: >
          mandates report --actors moitt,pta,fia,ncert,nccia
          $(test -d build/previous && echo --previous build/previous)
          --format html --format pdf --format csv --format atom
      - run: rm -rf build/previous && cp -rL build/data/current build/previous
      - uses: actions/upload-artifact@v4
        with: {name: report, path: build/report}
"""


def schedule_text() -> str:
    """How to have a report made by cron and by a CI job, with a feed of changes.

    >>> "--format atom" in schedule_text()
    True
    """
    return _SCHEDULE
