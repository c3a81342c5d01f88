"""Holdings are derived from mandates, designations and events, with three clocks."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandates.analysis.world import read_world
from mandates.dataset.holdings import Holding, derive, holdings
from mandates.dataset.names import mand

PAKISTAN = timezone(timedelta(hours=5))
HEAD = """
@prefix : <https://w3id.org/mandates/id/xx/mandate/> .
@prefix mand: <https://w3id.org/mandates/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=PAKISTAN)


def event(name: str, effective: str, notified: str | None = None, by: str | None = None) -> str:
    lines = [f':{name} mand:effectiveFrom "{effective}T00:00:00+05:00"^^xsd:dateTime .']
    if by:
        lines.append(f':{name} mand:effectiveBy "{by}T00:00:00+05:00"^^xsd:dateTime .')
    if notified:
        lines.append(f':{name} mand:notifiedOn "{notified}T00:00:00+05:00"^^xsd:dateTime .')
    return "\n".join(lines) + "\n"


def world(turtle: str) -> ox.Store:
    store = ox.Store()
    graph = ox.NamedNode("https://example.org/graph")
    store.extend(
        ox.Quad(q.subject, q.predicate, q.object, graph)
        for q in ox.parse((HEAD + turtle).encode(), format=ox.RdfFormat.TURTLE)
    )
    return store


def known_at(store: ox.Store, asked: datetime, known: datetime) -> set[str]:
    """Who held anything on a day, as known on a day."""
    return {
        h.actor.rsplit("/", 1)[1]
        for h in holdings(store)
        if h.knowable_from <= known
        and (h.knowable_until is None or known < h.knowable_until)
        and h.interval.start <= asked
        and (h.interval.until is None or asked < h.interval.until)
    }


STORY = (
    event("act", "2016-08-22", "2016-08-22")
    + event("rules", "2024-04-24", "2024-04-29")
    + event("repeal", "2024-10-17", "2024-12-11")
    + """
:investigate mand:vestedIn :agency ; mand:beginsWith :act .
:agency a mand:LegalRole .
:old mand:fills :agency ; mand:filledBy :fia ; mand:beginsWith :act ; mand:endsWith :rules .
:new mand:fills :agency ; mand:filledBy :nccia ; mand:beginsWith :rules ; mand:endsWith :repeal .
:again mand:fills :agency ; mand:filledBy :fia ; mand:beginsWith :repeal .
"""
)


def test_a_repeal_notified_late_changes_the_past_only_from_its_notification() -> None:
    store = world(STORY)
    asked = day(2024, 11, 1)
    assert known_at(store, asked, known=day(2024, 11, 1)) == {"nccia"}
    assert known_at(store, asked, known=day(2025, 1, 1)) == {"fia"}


def test_what_was_made_but_not_yet_gazetted_was_not_known() -> None:
    store = world(STORY)
    assert known_at(store, day(2024, 4, 26), known=day(2024, 4, 26)) == {"fia"}
    assert known_at(store, day(2024, 4, 26), known=day(2024, 5, 1)) == {"nccia"}


def test_the_future_as_once_known_had_no_end_yet() -> None:
    store = world(STORY)
    assert known_at(store, day(2030, 1, 1), known=day(2020, 1, 1)) == {"fia"}


def test_superseded_records_are_not_holdings() -> None:
    store = world(STORY)
    store.extend(derive(store))
    current = store.query(
        "SELECT ?h { GRAPH ?g { ?h a <https://w3id.org/mandates/ns#Holding> ; "
        "<https://w3id.org/mandates/ns#knowableUntil> ?until } }"
    )
    assert list(current) == []


def test_unknown_days_widen_the_possible_and_narrow_the_certain() -> None:
    store = world(
        event("start", "2016-09-01", "2016-09-22", by="2016-09-22")
        + event("end", "2025-04-01", "2025-04-03", by="2025-05-01")
        + ":m mand:vestedIn :a ; mand:beginsWith :start ; mand:endsWith :end ."
    )
    (holding,) = [h for h in holdings(store) if h.knowable_until is None]
    assert (holding.interval.start, holding.interval.until) == (day(2016, 9, 1), day(2025, 5, 1))
    assert holding.interval.certain_start == day(2016, 9, 22)
    assert holding.interval.certain_until == day(2025, 4, 1)


def test_an_officer_holds_for_the_agency_that_the_role_is_filled_by() -> None:
    store = world(
        STORY.replace(":investigate mand:vestedIn :agency", ":investigate mand:vestedIn :officer")
        + ":officer a mand:LegalRole ; mand:actsFor :agency ."
    )
    found = {(h.actor.rsplit("/", 1)[1], h.through[0].rsplit("/", 1)[1]) for h in holdings(store)}
    assert found == {("fia", "officer"), ("nccia", "officer")}


def test_an_institution_holds_nothing_before_it_exists_or_after_it_ends() -> None:
    store = world(
        event("act", "2000-01-01")
        + event("birth", "2010-01-01")
        + event("death", "2020-01-01")
        + ":m mand:vestedIn :a ; mand:beginsWith :act ."
        + ":a mand:establishedBy :birth ; mand:dissolvedBy :death ."
    )
    (holding,) = [h for h in holdings(store) if h.knowable_until is None]
    assert (holding.interval.start, holding.interval.until) == (day(2010, 1, 1), day(2020, 1, 1))


def test_who_acts_for_itself_is_an_error_not_a_hang() -> None:
    store = world(
        event("act", "2000-01-01")
        + ":m mand:vestedIn :a ; mand:beginsWith :act . :a mand:actsFor :b . :b mand:actsFor :a ."
    )
    with pytest.raises(ValueError, match="acts for itself"):
        list(holdings(store))


DAYS = st.integers(0, 4000).map(lambda n: day(2010, 1, 1) + timedelta(days=n))


@given(st.lists(st.tuples(DAYS, DAYS), min_size=2, max_size=5))
def test_at_any_moment_of_knowledge_a_mandate_has_at_most_one_record_per_designation(
    moments: list[tuple[datetime, datetime]],
) -> None:
    text = "".join(
        f':e{i} mand:effectiveFrom "{a.isoformat()}"^^xsd:dateTime ; '
        f'mand:notifiedOn "{n.isoformat()}"^^xsd:dateTime .\n'
        for i, (a, n) in enumerate(moments)
    )
    links = "".join(
        f":d{i} mand:fills :r ; mand:filledBy :a{i} ; mand:beginsWith :e{i} ; "
        f"mand:endsWith :e{i + 1} .\n"
        for i in range(len(moments) - 1)
    )
    store = world(
        text + links + ":r a mand:LegalRole . :m mand:vestedIn :r ; mand:beginsWith :e0 ."
    )
    found = list(holdings(store))
    for one in found:
        assert one.interval
        assert one.knowable_until is None or one.knowable_from < one.knowable_until
        for other in found:
            if other is not one and other.designation == one.designation:
                assert apart(one, other)
    assert len({h.iri for h in found}) == len(found)


def apart(one: Holding, other: Holding) -> bool:
    return (one.knowable_until is not None and one.knowable_until <= other.knowable_from) or (
        other.knowable_until is not None and other.knowable_until <= one.knowable_from
    )


def test_every_holding_of_the_record_says_whose_and_of_what(record: ox.Store) -> None:
    for holding in list(record.quads_for_pattern(None, mand("ofMandate"), None, None))[:50]:
        assert list(record.quads_for_pattern(holding.subject, mand("heldBy"), None, None))


def test_a_mandate_of_one_reading_is_not_held_by_a_designation_of_its_rival() -> None:
    store = world(
        event("act", "2025-01-30")
        + """
:enlist mand:vestedIn :authority ; mand:inReading :literal ; mand:beginsWith :act .
:block mand:vestedIn :authority ; mand:beginsWith :act .
:authority a mand:LegalRole .
:new mand:fills :authority ; mand:filledBy :smpra ; mand:inReading :literal ; mand:beginsWith :act .
:old mand:fills :authority ; mand:filledBy :pta ; mand:inReading :saved ; mand:beginsWith :act .
:literal mand:rivalOf :saved .
:saved mand:rivalOf :literal .
"""
    )
    held = {(h.mandate.rsplit("/", 1)[1], h.actor.rsplit("/", 1)[1]) for h in holdings(store)}
    assert held == {("enlist", "smpra"), ("block", "smpra"), ("block", "pta")}


def test_what_may_never_begin_is_never_certain_and_what_may_never_end_has_no_end() -> None:
    store = world(
        event("begun", "2018-05-25")
        + event("someday", "2025-01-01")
        + """
:someday mand:effectivePrecision mand:OpenPrecision .
:old a mand:Power ; mand:vestedIn :before ; mand:beginsWith :begun ; mand:endsWith :someday .
:new a mand:Power ; mand:vestedIn :after ; mand:beginsWith :someday .
"""
    )
    spans = {h.actor.rsplit("/", 1)[1]: h.interval for h in holdings(store)}
    assert spans["before"].until is None
    assert spans["before"].certain_until == day(2025, 1, 1)
    assert spans["after"].start == day(2025, 1, 1)
    assert spans["after"].certain_start is None
    store.extend(derive(store))
    rows = {h.actor.rsplit("/", 1)[1]: h for h in read_world(store).to_rows().holdings}
    assert rows["after"].certain is None
    assert rows["before"].certain == (day(2018, 5, 25), day(2025, 1, 1))
