"""What changed between two days, which instrument did it, and what was known of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pyoxigraph as ox
import pytest

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
    assert any("notified only on 11 December 2024" in line for line in story.summary)


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


def test_findings_name_what_brought_them_about(story: Report) -> None:
    assert story.difference is not None
    told = [c for c in story.difference.changes if c.how != "revised" and c.entry.pairs]
    assert told
    assert all(change.causes for change in told)


@pytest.mark.parametrize("face", ["html", "md", "csv", "json", "ttl", "atom"])
def test_changes_have_every_face(story: Report, face: str) -> None:
    assert render(story, face)


def test_days_in_the_wrong_order_are_refused(record: ox.Store) -> None:
    with pytest.raises(ValueError, match="is not after"):
        make_comparison(record, since=day(2025, 1, 1), until=day(2024, 1, 1))
