"""The report: what every face shows, that it is whole, and that it is the same each time."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from datetime import date, datetime, timedelta, timezone
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.analysis.actors import UnknownActorError, UnknownNameError
from mandates.dataset.names import mand
from mandates.report import FACES, Report, Scope, make_report, render
from mandates.report.charts import pictures, svg
from mandates.report.faces import COLUMNS
from mandates.report.model import FULL
from mandates.report.views import MEETINGS

PAKISTAN = timezone(timedelta(hours=5))
AS_OF = datetime(2025, 8, 6, tzinfo=PAKISTAN)
FIVE = ("moitt", "pta", "fia", "ncert", "nccia")
VOID = {"meta", "br", "hr", "img", "input", "link", "path", "line", "rect", "circle", "wbr"}


@pytest.fixture(scope="module")
def report(record: ox.Store) -> Report:
    return make_report(record, as_of=AS_OF, scope=Scope(actors=FIVE), version="test")


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return render(report, "html").decode()


class Outline(HTMLParser):
    """Collects what a page is made of, and complains about what is left open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.pictures: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [given["id"]] if given.get("id") else []  # type: ignore[list-item]
        self.links += [given["href"]] if tag == "a" and given.get("href") else []  # type: ignore[list-item]
        self.loads += [str(given[name]) for name in ("src", "data") if given.get(name)]
        if tag == "link":
            self.loads.append(str(given.get("href")))
        if given.get("role") == "img":
            self.pictures.append(given)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def outline(page: str) -> Outline:
    parsed = Outline()
    parsed.feed(page)
    return parsed


def test_the_page_is_whole_and_needs_nothing_beside_itself(page: str) -> None:
    parsed = outline(page)
    assert parsed.open == []
    assert parsed.loads == []
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert len(parsed.ids) == len(set(parsed.ids))
    for link in parsed.links:
        if link.startswith("#"):
            assert link[1:] in parsed.ids


def test_every_finding_told_at_length_shows_words_days_and_reason(report: Report) -> None:
    long = [e for e in report.entries if e.relation in FULL]
    assert long
    for entry in long:
        pair = entry.pairs[0]
        for side in (pair.first, pair.second):
            if side is not None:
                assert side.citation
                assert any(d.title for s in side.sources for d in s.documents), side.mandate
                assert all(len(s.quotation.split()) <= 40 for s in side.sources)
        assert entry.since <= AS_OF
        assert entry.parts or not entry.score


def test_what_is_not_certain_says_what_it_hangs_on(report: Report) -> None:
    for entry in report.entries:
        for pair in entry.pairs:
            if not pair.certain:
                assert pair.doubts, entry.title
            if pair.certain:
                assert not pair.doubts


def test_who_fills_a_role_on_one_reading_only_is_asked_on_that_reading_only(
    report: Report,
) -> None:
    """A power that is PTA's or SMPRA's, on rival readings, interacts with neither for certain."""
    asked = {
        entry.brief[1]: entry.doubts
        for entry in report.entries
        if entry.relation == "interacting-assignment" and entry.brief[0] == "NCCIA"
    }
    (doubt,) = asked["PTA"]
    assert doubt.startswith("PTA fills the role of the Authority (PECA) only on the reading “")
    assert ", not on “literal: " in doubt


def test_unknown_axes_are_named_with_their_provision(report: Report) -> None:
    doubts = {d for e in report.entries for p in e.pairs for d in p.doubts}
    assert any(d.endswith("does not state the layer of cyberspace") for d in doubts)
    assert not any("50 %" in d for d in doubts)


def test_the_parts_of_a_score_make_the_score(report: Report) -> None:
    told = [e for e in report.entries if e.parts]
    assert told
    for entry in told:
        product = 100.0
        for _, value in entry.parts:
            product *= float(value.removesuffix(" %")) / 100
        assert abs(product - entry.score) <= 2, entry.title


def test_the_same_words_in_two_documents_are_one_source(report: Report) -> None:
    for entry in report.entries:
        for pair in entry.pairs:
            for side in (pair.first, pair.second):
                if side is not None:
                    quotations = [s.quotation.casefold() for s in side.sources]
                    assert len(quotations) == len(set(quotations))


def test_the_summary_is_short_and_names_institutions(report: Report) -> None:
    assert 3 <= len(report.summary) <= 6
    assert "MoITT" in report.summary[0]
    assert "6 August 2025" in report.summary[0]


def test_the_summary_counts_rivals_apart_from_those_asked_for(report: Report) -> None:
    five = {"MoITT", "PTA", "FIA", "NCERT", "NCCIA"}
    meetings = [e for e in report.entries if e.relation in MEETINGS]
    inside = [e for e in meetings if five.issuperset(e.brief)]
    assert 0 < len(inside) < len(meetings)
    assert f"meet in {len(inside)} places" in report.summary[0]
    assert f"In {len(meetings) - len(inside)} more a reading of the law" in report.summary[0]


def test_what_is_held_beyond_doubt_is_counted_beside_what_is_held(
    report: Report, page: str
) -> None:
    """The Ministry holds most of its mandates on a reading, NCERT none of its own."""
    held = {report.actors[a]: (n, report.surely[a]) for a, n in report.held.items()}
    moitt = held["Ministry of Information Technology and Telecommunication"]
    ncert = held["National Computer Emergency Response Team of Pakistan"]
    assert 0 < moitt[1] < moitt[0] / 2
    assert ncert[0] == ncert[1] > 0
    assert f'<td class="n">{moitt[0]}</td><td class="n">{moitt[1]}</td>' in page


def test_law_that_is_no_longer_in_force_is_shown_last_of_equals(report: Report) -> None:
    """Entry 27 of the schedule speaks of an Ordinance that has lapsed, entry 32 of the Act."""
    (entry,) = (e for e in report.entries if e.relation == "conflict-of-exclusivity")
    cited = [pair.first.citation for pair in entry.pairs]
    old, new = (next(c for c in cited if c.endswith(f"entry {n}")) for n in (27, 32))
    assert cited.index(new) < cited.index(old)


def test_the_timeline_shows_by_what_most_is_held_at_any_time(report: Report) -> None:
    (timeline,) = (p for p in pictures(report) if p.name == "timeline")
    drawn = timeline.specification["data"]["values"]
    lanes = {bar["lane"] for bar in drawn}
    assert len(lanes) > 10
    for lane in lanes:
        times = sorted((bar["from"], bar["to"]) for bar in drawn if bar["lane"] == lane)
        assert all(a[1] <= b[0] for a, b in pairwise(times)), lane
    titles = [b["title"] for b in drawn if b["lane"] == "MoITT · Telecommunication Act 1996"]
    assert titles == ["designated"]


@pytest.mark.parametrize("face", sorted(set(FACES) - {"pdf"}))
def test_the_same_input_gives_the_same_bytes(record: ox.Store, report: Report, face: str) -> None:
    again = make_report(record, as_of=AS_OF, scope=Scope(actors=FIVE), version="test")
    assert render(report, face) == render(again, face)


def test_pictures_are_the_same_each_time_and_have_words(report: Report, page: str) -> None:
    drawn = pictures(report)
    assert [p.name for p in drawn] == ["pairs", "network", "functions", "timeline"]
    for picture in drawn:
        assert picture.alternative
        assert picture.rows
        assert all(len(row) == len(picture.header) for row in picture.rows)
        once = svg(picture.specification)
        if once is not None:
            assert once == svg(picture.specification)
            ET.fromstring(once)
    if svg(drawn[0].specification) is not None:
        assert all(p.get("aria-label") for p in outline(page).pictures)
        assert len(outline(page).pictures) == len(drawn)


@pytest.mark.parametrize("narrow", [False, True])
def test_names_in_the_network_do_not_lie_on_each_other(record: ox.Store, narrow: bool) -> None:
    everyone = make_report(record, as_of=AS_OF, scope=Scope())
    (picture,) = (p for p in pictures(everyone) if p.name == "network")
    specification = picture.narrow if narrow else picture.specification
    assert specification is not None
    texts = [layer for layer in specification["layer"] if layer["mark"]["type"] == "text"]
    lines = [(layer["mark"]["align"], v) for layer in texts for v in layer["data"]["values"]]
    assert len(lines) >= 20
    # Names stand beside each other in two columns; within one, lines are a line's height apart.
    height = specification["height"] / 2
    for column in ("left", "right"):
        tops = sorted(value["y"] * height for align, value in lines if align == column)
        assert min(b - a for a, b in pairwise(tops)) >= 11
    whole = " ".join(value["name"] for _, value in lines)
    assert "Customs)" in whole
    assert "Revenue)" in whole


def test_matrices_agree_with_the_findings(report: Report) -> None:
    cells = {(r, c): n for r, c, n, _ in report.pairs.cells}
    assert cells
    for (one, two), number in cells.items():
        assert cells[two, one] == number
        listed = [
            e
            for e in report.entries
            if set(e.brief) == {one, two}
            and e.relation
            in (
                "duplication",
                "overlap",
                "coordinated-overlap",
                "overlap-by-designation",
                "unsaved-overlap",
                "contested-holding",
            )
        ]
        assert len(listed) == number


def test_the_table_has_a_row_for_each_pair(report: Report) -> None:
    rows = list(csv.reader(io.StringIO(render(report, "csv").decode())))
    assert tuple(rows[0]) == COLUMNS
    assert all(len(row) == len(COLUMNS) for row in rows)
    assert len(rows) == 1 + sum(max(len(e.pairs), 1) for e in report.entries)


def test_the_table_tells_the_legal_order_of_every_finding(record: ox.Store) -> None:
    everything = make_report(record, as_of=AS_OF)
    rows = list(csv.DictReader(io.StringIO(render(everything, "csv").decode())))
    of = {e.iri: {iri.split("/")[5] for iri in e.actor_iris} for e in everything.entries}
    told = {row["legal_order"] for row in rows}
    assert told == {"China", "EU", "India", "Pakistan", "USA", "United Kingdom"}
    for row in rows:
        if len(of[row["finding"]]) == 1:
            assert row["legal_order"]
    # The days are those of the law there, as the other faces have them.
    begun = {e.iri: {e.begun.first, *(p.begun.first for p in e.pairs)} for e in everything.entries}
    for row in rows:
        if row["since"]:
            assert date.fromisoformat(row["since"]) in begun[row["finding"]]


def test_a_rival_who_was_not_asked_for_is_said_to_be_one(record: ox.Store) -> None:
    pair = make_report(record, as_of=AS_OF, scope=Scope(actors=("pta", "fia")))
    rows = list(csv.DictReader(io.StringIO(render(pair, "csv").decode())))
    rivals = [row for row in rows if row["relation"] == "contested-holding"]
    assert rivals
    for row in rivals:
        assert row["reason"].startswith("Social Media Protection and Regulatory Authority: not ")
    assert not any("not asked for" in row["reason"] for row in rows if row not in rivals)
    assert (
        f"In {len({r['finding'] for r in rivals})} more a reading of the law gives SMPRA"
        in (pair.summary[0])
    )
    both = make_report(record, as_of=AS_OF, scope=Scope(actors=("pta", "smpra")))
    assert "not asked for" not in render(both, "csv").decode()


def test_one_is_no_plural(record: ox.Store) -> None:
    small = make_report(record, as_of=AS_OF, scope=Scope(actors=("pta", "fia"), layers=["logical"]))
    text = render(small, "html").decode() + render(small, "md").decode()
    assert not re.search(
        r"\b1 (pairs|lines|rows|lanes|places|institutions|mandates|stretches)\b", text
    )


def test_a_moment_is_told_in_full(record: ox.Store) -> None:
    moment = datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    there = make_report(record, as_of=moment, scope=Scope(countries=["eu"]))
    assert there.title == "Mandate overlaps on 1 January 2020, 00:00 (UTC+01:00)"
    assert json.loads(render(there, "json"))["as_of"] == "2020-01-01T00:00:00+01:00"
    assert all('"2020-01-01T00:00:00+01:00"^^xsd:dateTime' in q.text for q in there.queries)
    held = {row["actor"].value for row in record.query(there.queries[0].text)}  # type: ignore[union-attr]
    assert held >= set(there.actors)


def test_the_data_hold_findings_and_specifications(report: Report) -> None:
    data = json.loads(render(report, "json"))
    assert len(data["entries"]) == len(report.entries)
    assert data["version"] == "test"
    for picture in data["pictures"]:
        assert picture["specification"]["$schema"].startswith("https://vega.github.io/schema/")


def test_the_graph_holds_the_findings_shown(report: Report) -> None:
    store = ox.Store()
    store.load(render(report, "ttl"), format=ox.RdfFormat.TURTLE)
    typed = {
        q.subject.value  # type: ignore[union-attr]
        for q in store.quads_for_pattern(None, None, mand("Finding"), None)
    }
    assert typed == {entry.iri for entry in report.entries}


def test_the_feed_is_atom(report: Report) -> None:
    feed = ET.fromstring(render(report, "atom"))
    atom = "{http://www.w3.org/2005/Atom}"
    ids = [node.findtext(f"{atom}id") for node in feed.iter(f"{atom}entry")]
    assert len(ids) == len(set(ids)) == len(report.entries)
    for node in (feed, *feed.iter(f"{atom}entry")):
        assert node.findtext(f"{atom}title")
        assert datetime.fromisoformat(node.findtext(f"{atom}updated") or "")


def test_a_pdf_is_written(record: ox.Store) -> None:
    pytest.importorskip("weasyprint")
    small = make_report(record, as_of=AS_OF, scope=Scope(actors=("fia", "ncert")))
    assert render(small, "pdf").startswith(b"%PDF-")


@pytest.mark.slow
def test_pages_are_filled(report: Report, tmp_path: Path) -> None:
    pytest.importorskip("weasyprint")
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm is not installed: apt-get install poppler-utils")
    (tmp_path / "report.pdf").write_bytes(render(report, "pdf"))
    command = ["pdftoppm", "-gray", "-r", "40", "report.pdf", "page"]
    subprocess.run(command, cwd=tmp_path, check=True)
    blank = [blank_end(path.read_bytes()) for path in sorted(tmp_path.glob("*.pgm"))]
    assert len(blank) > 10
    # The last page may end anywhere; before, whole boxes left up to two fifths of others empty.
    assert max(blank[:-1]) < 0.3
    assert sum(blank[:-1]) / len(blank[:-1]) < 0.09


def blank_end(picture: bytes) -> float:
    """The share of a page between its margins (of 18 and 20 mm) below the last ink."""
    _, size, _, grey = picture.split(b"\n", 3)
    width, height = map(int, size.split())
    first, end = round(height * 18 / 297), round(height * 277 / 297)
    inked = [y for y in range(first, end) if min(grey[y * width : (y + 1) * width]) < 200]
    return 1 - (inked[-1] + 1 - first) / (end - first)


def test_queries_of_the_report_run_and_agree(record: ox.Store, report: Report) -> None:
    held, between = report.queries
    counted = {row["actor"].value: int(row["mandates"].value) for row in record.query(held.text)}  # type: ignore[union-attr]
    assert counted == {actor: number for actor, number in report.held.items() if number}
    found = {row["it"].value for row in record.query(between.text)}  # type: ignore[union-attr]
    shown = {
        e.iri
        for e in report.entries
        if len(e.actors) == 2 and e.relation not in ("contested-holding", "fragmentation")
    }
    assert shown <= found


def test_limits_of_the_reader_hold(record: ox.Store, report: Report) -> None:
    strong = make_report(record, as_of=AS_OF, scope=Scope(actors=FIVE, minimum_score=50))
    assert strong.entries
    assert {e.iri for e in strong.entries} == {e.iri for e in report.entries if e.score >= 50}
    content = make_report(
        record, as_of=AS_OF, scope=Scope(actors=FIVE, subjects=["online-content"])
    )
    assert 0 < len(content.entries) < len(report.entries)
    physical = make_report(record, as_of=AS_OF, scope=Scope(actors=FIVE, layers=["physical"]))
    assert 0 < len(physical.entries) < len(report.entries)
    abroad = make_report(record, as_of=AS_OF, scope=Scope(actors=FIVE, countries=["gb"]))
    assert not abroad.entries


def test_names_can_be_in_urdu(record: ox.Store) -> None:
    urdu = make_report(record, as_of=AS_OF, scope=Scope(actors=("pta",), language="ur"))
    (name,) = urdu.actors.values()
    assert re.search(r"[\u0600-\u06ff]", name)


def test_unknown_names_are_refused_with_near_matches(record: ox.Store) -> None:
    with pytest.raises(UnknownActorError, match="did you mean"):
        make_report(record, as_of=AS_OF, scope=Scope(actors=["ptaa"]))
    with pytest.raises(UnknownNameError, match="subject matter"):
        make_report(record, as_of=AS_OF, scope=Scope(subjects=["online contentt"]))


def test_nothing_changed_since_the_same_release(record: ox.Store) -> None:
    same = make_report(
        record, as_of=AS_OF, scope=Scope(actors=("fia", "nccia")), earlier=record, version="b"
    )
    assert same.since_release is not None
    assert same.since_release.changes == ()


def test_witnesses_stand_beside_what_they_named(report: Report) -> None:
    named = [e for e in report.entries if e.witnesses]
    assert named
    for entry in named:
        for witness in entry.witnesses:
            assert witness.words
            assert witness.iri.startswith("https://w3id.org/mandates/id/pk/statement/")


def test_a_gap_says_in_whose_law_in_every_face(record: ox.Store, report: Report) -> None:
    gaps = [e for e in report.entries if e.relation == "gap"]
    assert gaps
    assert {e.order for e in gaps} == {"Pakistan"}
    assert any("Nobody in Pakistan certainly holds" in line for line in report.summary)
    assert "nobody in Pakistan" in render(report, "html").decode()
    assert "| nobody in Pakistan |" in render(report, "md").decode()
    rows = csv.DictReader(io.StringIO(render(report, "csv").decode()))
    assert {r["legal_order"] for r in rows if r["relation"] == "gap"} == {"Pakistan"}
    data = json.loads(render(report, "json"))
    assert {e["order"] for e in data["entries"] if e["relation"] == "gap"} == {"Pakistan"}
    turtle = ox.Store()
    turtle.load(render(report, "ttl"), format=ox.RdfFormat.TURTLE)
    pakistan = ox.NamedNode("https://w3id.org/mandates/id/pk/actor/pakistan")
    for entry in gaps:
        said = turtle.quads_for_pattern(ox.NamedNode(entry.iri), mand("inLegalOrder"), None, None)
        assert [q.object for q in said] == [pakistan]
        assert ", Islamic Republic of Pakistan (" in entry.title
    published = record.query("SELECT ?g { ?g a mand:Gap }", prefixes={"mand": mand("").value})
    for row in published:  # type: ignore[union-attr]
        assert list(record.quads_for_pattern(row["g"], mand("inLegalOrder"), None, None))


def test_a_gap_that_is_only_possible_says_who_may_fill_it(report: Report) -> None:
    possible = [e for e in report.entries if e.relation == "gap" and not e.certain]
    assert possible
    for entry in possible:
        assert entry.doubts, entry.title
    (blocking,) = (e for e in possible if e.function.startswith("remove or block"))
    assert any(doubt.startswith("PTA holds only on the reading") for doubt in blocking.doubts)


def test_a_statement_is_dated_no_closer_than_it_is_known(report: Report) -> None:
    said = {w.iri.rsplit("/", 1)[-1]: w.said for e in report.entries for w in e.witnesses}
    assert said["PKC-222"] == "2025"  # known by its year only
    assert any(re.fullmatch(r"\d+ \w+ \d{4}", words) for words in said.values())


def test_the_matter_of_which_most_is_spread_comes_first(report: Report) -> None:
    shared = report.section("fragmentation")
    spread = []
    for entry in shared:
        held = sorted(number for _, number in entry.shares)
        spread.append(sum(held[:-1]))
        assert entry.counted.startswith(f"{spread[-1]} of {sum(held)} spread: ")
    assert len(shared) > 10
    assert spread == sorted(spread, reverse=True)
    # The index alone would put the smallest matters first.
    assert [e.figure for e in shared] != sorted((e.figure or 0 for e in shared), reverse=True)
    assert sum(number for _, number in shared[0].shares) > 100
    for face in ("html", "md"):
        text = render(report, face).decode()
        assert "the matter with most of them comes first" in text
        places = [text.index(entry.counted) for entry in shared[:5]]
        assert places == sorted(places)


def test_a_line_has_the_number_by_which_it_is_ranked(report: Report) -> None:
    for entry in report.entries:
        assert bool(entry.rank) <= bool(entry.measure)
    overlap = report.section("overlap")[-1]
    assert overlap.rank == str(overlap.score)
    text = render(report, "md").decode()
    assert "| Institutions | Matter | Provisions | Score | Since | How sure |" in text
    assert "| Institutions | Matter | Mandates | Index | Since | How sure |" in text
    assert "0001" not in text


def test_the_bar_of_a_score_is_as_long_as_the_score(report: Report, page: str) -> None:
    drawn = re.findall(
        r'class="meter"><span style="width:(\d+)%"></span></span> (\d+) of 100', page
    )
    assert drawn
    assert all(width == score for width, score in drawn)


def test_two_that_met_otherwise_before_are_not_said_to_meet_since(report: Report) -> None:
    pairs = [p for e in report.entries for p in e.pairs if p.second]
    assert {p.meeting for p in pairs} == {"Together", "In this relation"}
    for pair in pairs:
        begun = max(pair.first.since, pair.second.since)  # type: ignore[union-attr]
        assert (pair.meeting == "Together") == (pair.since == begun)


def test_no_row_of_a_picture_is_dropped_from_the_text(report: Report) -> None:
    text = render(report, "md").decode()
    for picture in pictures(report):
        if picture.name != "network":  # its lines are the pairs of the first table
            assert all(f"| {' | '.join(row)} |" in text for row in picture.rows)


def test_what_is_not_known_of_sunsets_is_no_zero(record: ox.Store) -> None:
    early = make_report(record, as_of=datetime(2017, 1, 1, tzinfo=PAKISTAN))
    told = {e.brief[0]: e for e in early.section("sunset-coverage")}
    government = told["Federal Government of Pakistan"]
    ending, without, unknown = (n for _, n in government.shares)
    assert ending == 1  # section 52 of the Prevention of Electronic Crimes Act, for two years
    assert unknown
    assert government.figure == pytest.approx(ending / (ending + without), abs=0.001)
    assert not government.certain
    nothing = [e for e in told.values() if e.shares[0][1] + e.shares[1][1] == 0]
    assert nothing
    assert all(e.figure is None and not e.certain for e in nothing)


def test_no_face_in_words_has_a_day_closer_than_it_is_known(report: Report, page: str) -> None:
    text = render(report, "md").decode()
    assert "held from 2006;" in text
    assert "Held from 2006;" in page
    assert "Since April 2025;" in text
    assert "Since April 2025 ·" in page
    assert "1 January 2006" not in text + page
    assert "held from a day between 1 April 2025 and 29 August 2025;" in text
    assert ">2025-04</td>" in page
    assert "| 2025-04 |" in text
    assert "Since April 2025." in render(report, "atom").decode()


def test_data_keep_the_first_possible_day_beside_what_is_known(report: Report) -> None:
    sides = [
        pair["first"] for e in json.loads(render(report, "json"))["entries"] for pair in e["pairs"]
    ]
    by_year = [s for s in sides if s["since"] == "2006-01-01"]
    assert by_year
    assert {s["since_latest"] for s in by_year} == {"2007-01-01"}


def test_a_possible_finding_begins_as_closely_as_its_holdings_do(report: Report) -> None:
    for entry in report.entries:
        for pair in entry.pairs:
            sides = [side for side in (pair.first, pair.second) if side]
            if pair.since == max(side.since for side in sides):
                latest = [side.since_latest for side in sides]
                assert pair.since_latest == (None if None in latest else max(latest))
        if entry.since_latest:
            assert entry.since <= entry.since_latest
    assert any(not e.certain and e.begun.short == "2025-01-30" for e in report.entries)


def test_what_is_counted_begins_as_closely_as_what_is_counted(record: ox.Store) -> None:
    told = make_report(record, as_of=AS_OF).entries
    counted = {"sunset-coverage": 0, "fragmentation": 0, "gap": 0}
    for entry in told:
        if not entry.pairs:
            counted[entry.relation] += entry.begun.last is not None
            assert entry.since_latest is None or entry.since <= entry.since_latest
    assert all(counted.values())
    begun = {(e.relation, e.brief): e.begun.short for e in told}
    assert begun["sunset-coverage", ("MIIT",)] == "2000-09-25"
    gaps = {e.begun.short for e in told if e.relation == "gap"}
    assert "2025-01-30" in gaps
