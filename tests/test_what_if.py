"""Bills laid over the record, and enacted instruments taken out of it again."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.analysis.bill import BillError, lay_over, read_bill, split, up_to
from mandates.analysis.world import read_world
from mandates.dataset.names import PREFIXES
from mandates.dataset.sources import find_sources, project_root
from mandates.overlap import find
from mandates.report import Report, make_comparison, make_counterfactual, make_what_if

PAKISTAN = timezone(timedelta(hours=5))
ACT = "https://w3id.org/mandates/id/pk/instrument/peca-amendment-act-2025"
AUTHORITY = "National Cybersecurity Authority (proposed)"
HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
BILL = (
    HEAD
    + """
instrument:test-bill a mand:Bill ; skos:prefLabel "Test Bill"@en .
event:test-bill-commencement a mand:Commencement ;
    skos:prefLabel "Test Bill comes into force"@en ;
    mand:broughtAboutBy instrument:test-bill ;
    mand:effectiveFrom "2030-01-01T00:00:00+05:00"^^xsd:dateTime .
"""
)
ENDS_BLOCKING = (
    BILL
    + """
mandate:peca-s37.1-remove-or-block mand:endsWith event:test-bill-commencement .
"""
)


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=PAKISTAN)


def written(tmp_path: Path, text: str) -> list[Path]:
    path = tmp_path / "bill.ttl"
    path.write_text(text, "utf-8")
    return [path]


def changed(report: Report) -> set[tuple[str, str, str, int]]:
    assert report.difference is not None
    return {
        (change.how, change.entry.iri, change.entry.relation, change.entry.score)
        for change in report.difference.changes
        if change.how in ("created", "ended")
    }


@pytest.fixture(scope="module")
def without(record: ox.Store) -> tuple[ox.Store, list[ox.Quad]]:
    """The record without the amendment of 2025, and the amendment as a bill."""
    return split(record, ACT)


@pytest.fixture(scope="module")
def proposed(record: ox.Store) -> Report:
    bill = project_root() / "instances" / "bills" / "national-cyber-security-authority.ttl"
    return make_what_if(record, bill=[bill])


def test_the_amendment_of_2025_as_a_bill_changes_what_the_record_shows(
    record: ox.Store, without: tuple[ox.Store, list[ox.Quad]], tmp_path: Path
) -> None:
    rest, bill = without
    turtle = ox.serialize(
        [ox.Triple(q.subject, q.predicate, q.object) for q in bill],
        format=ox.RdfFormat.TURTLE,
        prefixes=PREFIXES,
    )
    assert turtle is not None
    told = changed(make_what_if(rest, bill=written(tmp_path, turtle.decode())))
    assert told

    def shown(store: ox.Store) -> set[tuple[str, str, str, int]]:
        return changed(make_comparison(store, since=day(2025, 1, 29), until=day(2025, 1, 30)))

    assert told == shown(up_to(record, day(2025, 1, 30)))
    # What the whole record knows of later days, such as who fills a role then, changes nothing.
    assert told == shown(record)


@pytest.mark.parametrize(
    "when", [day(2020, 1, 1), day(2025, 1, 29), day(2025, 1, 30), day(2025, 6, 1)], ids=str
)
def test_taking_an_act_out_and_laying_it_back_changes_nothing(
    record: ox.Store, without: tuple[ox.Store, list[ox.Quad]], when: datetime
) -> None:
    back = lay_over(*without, as_of=day(2100, 1, 1))

    def all_of(store: ox.Store) -> list[tuple[str, int, bool, int]]:
        rows = find(read_world(store), as_of=when).rows()
        return [(f.key, f.score, f.certain, f.support) for f in rows]

    assert all_of(back.store) == all_of(record)


def test_without_the_amendment_nobody_holds_what_it_gave(
    without: tuple[ox.Store, list[ox.Quad]],
) -> None:
    rest, _ = without
    given = "https://w3id.org/mandates/id/pk/designation/peca-authority-smpra-2025"
    assert not list(rest.quads_for_pattern(ox.NamedNode(given), None, None, None))
    smpra = "https://w3id.org/mandates/id/pk/actor/smpra"
    holdings = read_world(rest).to_rows().holdings
    assert not [h for h in holdings if h.actor == smpra and h.since < day(2025, 2, 1)]


def test_what_an_act_changed_is_told_with_the_act(record: ox.Store) -> None:
    report = make_counterfactual(record, instrument="peca-amendment-act-2025")
    assert report.title == "What Prevention of Electronic Crimes (Amendment) Act, 2025 changed"
    assert report.difference is not None
    events = {step.label for step in report.difference.steps}
    assert any("Section 50A" in label for label in events)


def test_the_reported_authority_creates_overlaps_with_those_it_would_join(
    proposed: Report,
) -> None:
    assert proposed.difference is not None
    assert not proposed.difference.of("ended")
    created = proposed.difference.of("created")
    assert created
    for change in created:
        assert AUTHORITY in change.entry.actors or change.entry.relation == "fragmentation"
    partners = {brief for change in created for brief in change.entry.brief}
    assert {"NCERT", "PTA", "NTISB"} <= partners


def test_the_reported_bill_says_that_it_is_a_reconstruction(proposed: Report) -> None:
    assert proposed.difference is not None
    assert "Reconstruction from press reports" in proposed.difference.note


def test_bills_are_no_part_of_the_record(record: ox.Store) -> None:
    assert not [s.name for s in find_sources() if "/bills/" in s.name]
    bill = ox.NamedNode("https://w3id.org/mandates/id/pk/instrument/cyber-security-bill-2025")
    assert not list(record.quads_for_pattern(bill, None, None, None))


def test_a_bill_that_ends_a_mandate_ends_its_findings(record: ox.Store, tmp_path: Path) -> None:
    report = make_what_if(record, bill=written(tmp_path, ENDS_BLOCKING))
    assert report.as_of == day(2030, 1, 1)
    assert report.difference is not None
    assert report.difference.changes
    assert not report.difference.of("created")
    (step,) = report.difference.steps
    assert any("Remove or block" in line for line in step.ended)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD, "mand:Bill"),
        (HEAD + "instrument:b a mand:Bill .", "brought about"),
        (BILL.replace("    mand:effectiveFrom", "    rdfs:comment"), "no assumed date"),
        (BILL + "mandate:nobody mand:endsWith event:test-bill-commencement .", "not in the record"),
        (
            BILL
            + "designation:peca-investigation-agency-fia-2016 mand:endsWith"
            + " event:test-bill-commencement .",
            "already ended",
        ),
        (BILL + "mandate:x a", "bill.ttl:"),
    ],
    ids=["no bill", "no event", "no date", "unknown position", "already ended", "no Turtle"],
)
def test_what_is_no_bill_is_refused(
    record: ox.Store, tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(BillError, match=words):
        make_what_if(record, bill=written(tmp_path, text))


def test_an_instrument_that_brought_nothing_about_is_refused(record: ox.Store) -> None:
    with pytest.raises(BillError, match="brought about no event"):
        split(record, "https://w3id.org/mandates/id/pk/instrument/nothing")


def test_a_bill_can_be_read_from_several_files(tmp_path: Path) -> None:
    one, two = tmp_path / "one.ttl", tmp_path / "two.ttl"
    one.write_text(BILL, "utf-8")
    two.write_text(ENDS_BLOCKING, "utf-8")
    assert len(read_bill([one, two])) > len(read_bill([one]))
