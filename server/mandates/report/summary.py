"""A report in a few plain sentences: what a minister's adviser must know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from mandates.report.days import asked
from mandates.report.model import SECTIONS, Change, Difference, Entry, Report, Step
from mandates.report.views import MEETINGS
from mandates.report.words import listed, many

_KIND = {
    "conflict-of-exclusivity": "an exclusive mandate meets another's",
    "conflict-of-force": "a duty meets a bar",
    "unsaved-overlap": "predecessor and successor hold the same mandate with no saving",
    "duplication": "the two may do the same, both in the lead, with nothing between them",
    "overlap": "the mandates overlap and nothing coordinates them",
    "overlap-by-designation": "both fill the same legal role",
    "coordinated-overlap": "the mandates overlap under a condition that links the two",
    "contested-holding": "the law can be read either way",
}

_WEEKS = timedelta(weeks=2)


def sentences(report: Report, brief: Mapping[str, str]) -> tuple[str, ...]:
    """Sum a report up.

    Args:
        report: the model, without its summary.
        brief: abbreviations of its institutions by IRI.
    """
    if report.difference is not None:
        return tuple(_difference(report.difference))
    return tuple(_state(report, brief))


def _state(report: Report, brief: Mapping[str, str]) -> list[str]:
    all_found = [e for e in report.entries if e.relation in MEETINGS]
    named = set(brief.values())
    found = [e for e in all_found if named.issuperset(e.brief)]
    certain = sum(e.certain for e in found)
    who = (
        f"Between {_and([brief[a] for a in report.actors])}"
        if len(report.actors) <= 8
        else f"Between {len(report.actors)} institutions"
    )
    lines = [
        f"{who}, on {asked(report.as_of)}, mandates meet in {many(len(found), 'place')} "
        f"({certain} certain, {len(found) - certain} possible: they hang on a reading of the law, "
        "on a day or on a value that the law leaves open)."
    ]
    if beside := len(all_found) - len(found):
        others = sorted({who for e in all_found for who in e.brief} - named)
        lines[0] += (
            f" In {beside} more a reading of the law gives {_or(others)} what one of these holds."
        )
    coordinated = sum(e.relation == "coordinated-overlap" for e in report.entries)
    bare = sum(e.relation in ("duplication", "overlap", "unsaved-overlap") for e in report.entries)
    contested = len(report.section("contested-holding"))
    if coordinated or bare:
        lines.append(
            f"Of all these places, in {coordinated} a condition of the law (consent, consultation, "
            f"direction, report) links the two institutions; in {bare} nothing in the record does"
            + (f"; in {contested} it is contested who holds the mandate." if contested else ".")
        )
    lines += _sharpest(report)
    lines += _contested(report)
    empty = [e for e in report.entries if e.relation in ("gap", "orphan")]
    gaps = [e for e in empty if e.relation == "gap"]
    orphans = [e for e in empty if e.relation == "orphan"]
    if gaps:
        places = sorted({e.order for e in gaps})
        one = places[0] if len(places) == 1 else ""
        first = ", ".join(f"“{e.matter}”" + ("" if one else f" ({e.order})") for e in gaps[:3])
        more = f" and {len(gaps) - 3} more" if len(gaps) > 3 else ""
        lines.append(f"Nobody{f' in {one}' if one else ''} certainly holds: {first}{more}.")
    elif orphans:
        lines.append(
            f"{many(len(orphans), 'mandate')} still {'speaks' if len(orphans) == 1 else 'speak'} "
            "of law that is no longer in force."
        )
    return lines


def _sharpest(report: Report) -> list[str]:
    ranked = sorted(
        (e for e in report.entries if e.relation in _KIND and e.relation != "contested-holding"),
        key=lambda e: (-e.score, list(SECTIONS).index(e.relation)),
    )
    lines: list[str] = []
    seen: set[tuple[str, ...]] = set()
    for entry in ranked:
        if entry.brief in seen or not entry.pairs:
            continue
        seen.add(entry.brief)
        lines.append(_told(entry))
        if len(lines) == 2:
            break
    return lines


def _told(entry: Entry) -> str:
    pair = entry.pairs[0]
    rank = f"contention {entry.score} of 100"
    sides = f"by {pair.first.citation}"
    if pair.second is not None:
        sides += (
            f" and {pair.second.citation}" if pair.second.citation != pair.first.citation else ""
        )
    return f"{_and(entry.brief)} — {entry.matter}: {_KIND[entry.relation]} ({rank}; {sides})" + (
        "." if entry.certain else "; possible, not certain."
    )


def _contested(report: Report) -> list[str]:
    sides: dict[tuple[str, ...], list[Entry]] = {}
    for entry in report.section("contested-holding"):
        sides.setdefault(entry.brief, []).append(entry)
    lines = []
    for who, entries in sorted(sides.items(), key=lambda item: (-len(item[1]), item[0]))[:1]:
        readings = sorted(
            {p.reading for e in entries for q in e.pairs for p in (q.first, q.second) if p}
        )
        lines.append(
            f"In {many(len(entries), 'place')} it is contested whether {_or(who)} holds the "
            f"mandate, on two readings of the law: "
            f"{' against '.join(f'“{r}”' for r in readings if r)}."
        )
    return lines


def _difference(difference: Difference) -> list[str]:
    created, ended = difference.of("created"), difference.of("ended")
    passed, revised = difference.of("passed"), difference.of("revised")
    lines = [
        f"{difference.heading}: {many(len(created), 'finding')} appeared, {len(ended)} ended, "
        f"{len(passed)} came and went, {len(revised)} changed in strength."
        if not difference.heading.endswith("would change")
        else f"{many(len(created), 'finding')} would be created, {len(ended)} would end and "
        f"{len(revised)} would change in strength."
    ]
    sharp = sorted(
        (c for c in (*created, *passed) if c.entry.relation in _KIND),
        key=lambda c: (-c.entry.score, c.entry.title),
    )
    lines += [_change(c) for c in _distinct(sharp)[:2]]
    gone = sorted(
        (c for c in ended if c.entry.relation in _KIND),
        key=lambda c: (-c.entry.score, c.entry.title),
    )
    lines += [_change(c) for c in _distinct(gone)[:1]]
    late = sorted(
        (step for step in difference.steps if step.notified and _delay(step) > _WEEKS),
        key=lambda step: (-_delay(step), step.iri),
    )
    lines += [
        f"{step.label}: in effect since {step.known.words()}, but {step.announced} "
        f"{step.announced_when}; what was believed in between was superseded."
        for step in late[:1]
    ]
    return lines


def _delay(step: Step) -> timedelta:
    """How long after it had certainly taken effect an event was notified."""
    return (step.notified or step.effective) - (step.effective_by or step.effective)


def _distinct(changes: Sequence[Change]) -> list[Change]:
    seen: dict[tuple[str, ...], Change] = {}
    for change in changes:
        seen.setdefault(change.entry.brief, change)
    return list(seen.values())


def _change(change: Change) -> str:
    how = {"created": "New", "ended": "Ended", "passed": "Came and went", "revised": "Changed"}
    told = [
        f"{verb}: {'; '.join(events)}"
        for verb, events in (("begun by", change.begun_by), ("ended by", change.ended_by))
        if events
    ]
    because = f" {_capital('; '.join(told))}." if told else ""
    return f"{how[change.how]}: {_told(change.entry)}{because}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _and(words: Sequence[str]) -> str:
    return listed(words, "and")


def _or(words: Sequence[str]) -> str:
    return listed(words, "or")
