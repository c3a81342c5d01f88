"""What changed between two days, which instrument did it, and what was known of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pyoxigraph as ox
import pytest

from mandates.analysis.causes import Causes
from mandates.analysis.changes import between, explain
from mandates.analysis.events import Events
from mandates.analysis.world import read_world
from mandates.report import Report, Scope, make_comparison, render

PAKISTAN = timezone(timedelta(hours=5))
FIA_AND_NCCIA = Scope(actors=("fia", "nccia"))


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=PAKISTAN)


@pytest.fixture(scope="module")
def story(record: ox.Store) -> Report:
    """The investigation agency between April 2024 and May 2025."""
    return make_comparison(
        record, since=day(2024, 4, 1), until=day(2025, 5, 1), scope=FIA_AND_NCCIA
    )


def test_the_story_of_the_investigation_agency_names_every_instrument(story: Report) -> None:
    assert story.difference is not None
    told = [
        (step.effective.astimezone(PAKISTAN).date().isoformat(), "; ".join(step.instruments))
        for step in story.difference.sure
        if step.began or step.ended or step.continued
    ]
    assert [when for when, _ in told] == sorted(when for when, _ in told)
    by_day: dict[str, str] = {}
    for when, how in told:
        by_day[when] = f"{by_day.get(when, '')} {how}"
    assert "Rules, 2024 (S.R.O. 626(I)/2024)" in by_day["2024-04-24"]
    assert "(Amendment) Act, 2025" in by_day["2025-01-30"]
    assert "s. 50A" in by_day["2025-01-30"]
    assert "Prevention of Electronic Crimes Act, 2016" in by_day["2025-04-01"]
    # The notification that repealed the Rules was not found; the step says what it repealed.
    (repeal,) = (s for s in story.difference.sure if "are repealed" in s.label)
    assert repeal.instruments == ()
    assert any("Rules, 2024" in affected for affected in repeal.affects)


def test_what_was_notified_late_is_said(story: Report) -> None:
    assert story.difference is not None
    (repeal,) = (s for s in story.difference.sure if "are repealed" in s.label)
    assert repeal.late
    assert repeal.effective == day(2024, 10, 17)
    assert repeal.notified == day(2024, 12, 11)
    # The reports of it say no closer when it was gazetted.
    assert repeal.announced_when == "on 11 December 2024 at the earliest"
    assert any("notified on 11 December 2024 at the earliest" in line for line in story.summary)
    (making,) = (s for s in story.difference.sure if "2024 are made" in s.label)
    assert (making.announced, making.announced_when) == ("notified", "on 29 April 2024")
    speech = next(s for s in story.difference.sure if "Information minister" in s.label)
    assert (speech.announced, speech.announced_when) == ("made known", "on 17 October 2024")


def test_the_five_designations_are_in_the_story(story: Report) -> None:
    assert story.difference is not None
    lines = [line for s in story.difference.sure for line in (*s.began, *s.ended)]
    for words in (
        "FIA is designated",
        "NCCIA under the Rules of 2024",
        "FIA again, after the repeal of the Rules",
        "FIA continues under section 50A",
        "NCCIA of the Act",
    ):
        assert any(words in line for line in lines), words


def test_what_nobody_could_know_is_not_told(record: ox.Store) -> None:
    told = make_comparison(
        record,
        since=day(2024, 10, 1),
        until=day(2024, 11, 1),
        known=day(2024, 11, 1),
        scope=FIA_AND_NCCIA,
    )
    assert told.difference is not None
    assert not [s for s in told.difference.steps if "are repealed" in s.label]
    later = make_comparison(
        record, since=day(2024, 10, 1), until=day(2024, 11, 1), scope=FIA_AND_NCCIA
    )
    assert later.difference is not None
    assert [s for s in later.difference.steps if "are repealed" in s.label]


def test_created_and_ended_findings_lie_in_the_time(story: Report) -> None:
    assert story.difference is not None
    since, until = day(2024, 4, 1), day(2025, 5, 1)
    assert story.difference.of("created")
    for change in story.difference.changes:
        entry = change.entry
        if change.how == "created":
            assert since < entry.since <= until
        elif change.how == "ended":
            assert entry.until is not None
            assert since < entry.until <= until
        elif change.how == "passed":
            assert entry.until is not None
            assert since < entry.since < entry.until <= until


def test_every_change_names_what_brought_it_about(story: Report) -> None:
    assert story.difference is not None
    for change in story.difference.changes:
        assert change.begun_by or change.how not in ("created", "passed"), change.entry.title
        assert change.ended_by or change.how not in ("ended", "passed"), change.entry.title
        assert change.begun_by or change.ended_by


def test_changes_are_told_by_their_events_in_the_order_of_time(story: Report) -> None:
    assert story.difference is not None
    for how in ("created", "ended", "passed", "revised"):
        groups = story.difference.groups(how)
        assert sorted(c.entry.iri for g in groups for c in g.changes) == sorted(
            c.entry.iri for c in story.difference.of(how)
        )
        behind = [(g.begun_by, g.ended_by) for g in groups]
        assert len(behind) == len(set(behind))
    first, *_ = story.difference.groups("passed")
    (made,) = first.begun_by
    (repealed,) = first.ended_by
    assert "(S.R.O. 626(I)/2024), 24 April 2024" in made
    assert "are repealed with effect from 17 October 2024" in repealed


def test_what_only_touches_a_holder_is_not_named(story: Report) -> None:
    """The agency came under two laws at once: each is named only for what follows from it."""
    assert story.difference is not None
    laundering, working = "notified under the Anti-Money Laundering Act", "starts its work"
    crime = [
        c
        for c in story.difference.changes
        if c.entry.subject == "electronic crime" and c.entry.brief == ("FIA", "NCCIA")
    ]
    assert crime
    for change in crime:
        events = " ".join((*change.begun_by, *change.ended_by))
        assert laundering not in events, change.entry.title
        assert working in events, change.entry.title
    assert any(
        laundering in " ".join(c.begun_by)
        for c in story.difference.changes
        if c.entry.subject == "money laundering"
    )


def test_each_event_named_moved_an_edge_of_the_finding(record: ox.Store) -> None:
    """Of everybody's changes, not of two agencies' alone."""
    since, until = day(2024, 12, 1), day(2025, 2, 1)
    world = read_world(record)
    events = Events(record)
    changes = between(world, since, until)
    told = explain(changes, Causes(world.to_rows(), events), since, until)
    kinds = {"created": told.created, "ended": told.ended, "passed": told.passed}
    for how, findings in kinds.items():
        assert findings or how == "passed"
        for finding in findings:
            behind = told.causes[finding.key]
            assert behind.begun or how == "ended", finding
            assert behind.ended or how == "created", finding
            for edge, named in ((finding.since, behind.begun), (finding.until, behind.ended)):
                for event in named:
                    happened = events.all[event]
                    assert edge in (happened.effective, happened.effective_by)
    for revision in told.revised:
        behind = told.causes[revision.after.key]
        assert behind.begun or behind.ended, revision


@pytest.mark.parametrize("face", ["html", "md", "csv", "json", "ttl", "atom"])
def test_changes_have_every_face(story: Report, face: str) -> None:
    assert render(story, face)


def test_days_in_the_wrong_order_are_refused(record: ox.Store) -> None:
    with pytest.raises(ValueError, match="is not after"):
        make_comparison(record, since=day(2025, 1, 1), until=day(2024, 1, 1))
