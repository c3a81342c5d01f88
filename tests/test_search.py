"""Search over the shipped record, and over whatever people may type."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandates.dataset.search import SearchError, search, write_index
from mandates.dataset.snapshot import SEARCH_FILE, Snapshot

PK = "https://w3id.org/mandates/id/pk/"


@pytest.fixture(scope="module")
def index(snapshot: Snapshot) -> Path:
    return snapshot.folder / SEARCH_FILE


def found(index: Path, query: str, **more: object) -> list[str]:
    return [hit.iri for hit in search(index, query, **more).hits]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("PTA", "actor/pta"),
        ("nccia", "actor/nccia"),
        ("Pakistan Telecommunication Authority", "actor/pta"),
        ("پاکستان ٹیلی کمیونیکیشن اتھارٹی", "actor/pta"),
        # As a keyboard for Arabic writes it.
        ("پاكستان ٹيلی كميونيكيشن اتھارٹی", "actor/pta"),
        ("PECA", "instrument/peca-2016"),
        ("PECA 37", "instrument/peca-2016/s37.1"),
        ("PECA s. 37(1)", "instrument/peca-2016/s37.1"),
        ("section 37(1) PECA 2016", ""),
        ("telecom act section 54", "instrument/telecom-act-1996/s54.1"),
        ("PECA 2R", "instrument/peca-2016/s2R.1"),
        # By an abbreviation that its own name has in full, and by one that its offices have.
        ("NCCIA rules 2025", "instrument/nccia-functions-rules-2025"),
        ("نادرا", "actor/nadra"),
    ],
)
def test_what_one_looks_for_comes_first(index: Path, query: str, first: str) -> None:
    hits = found(index, query)
    assert hits
    if first:
        assert hits[0] == PK + first


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("telecomunication", "telecommunication"),
        ("cybercrme", "cybercrime"),
        ("investgation", "investigation"),
        ("encrypton", "encrypted"),
        ("blokcing", "blocking"),
        ("Pakistan Telecom Authorty", "pakistan telecom authority"),
        ("digital nation comission", "digital nation commission"),
    ],
)
def test_words_nearly_typed_are_offered_and_find_something(
    index: Path, query: str, meant: str
) -> None:
    answer = search(index, query)
    assert meant in answer.instead
    for words in answer.instead:
        assert search(index, words).total > 0
        assert not search(index, words).widened


def test_a_thing_is_offered_whose_name_is_nearly_the_one_typed(index: Path) -> None:
    assert PK + "actor/pta" in [hit.iri for hit in search(index, "ptaa").near]
    # Who finds what they typed is asked nothing.
    for query in ("PTA", "Pakistan Telecommunication Authority", "PECA 37", "block"):
        answer = search(index, query)
        assert not answer.instead
        assert not answer.near


def test_names_that_have_all_words_come_before_findings(index: Path) -> None:
    answer = search(index, "Pakistan Telecom Authorty", count=500)
    kinds = [hit.kind for hit in answer.hits]
    assert answer.hits[0].kind == "institution"
    assert PK + "actor/pta" in [hit.iri for hit in answer.hits[:3]]
    first = kinds.index("finding") if "finding" in kinds else len(kinds)
    named = [hit.iri for hit in search(index, "Pakistan Telecommunication", count=500).hits[:20]]
    assert first > 20
    assert not [iri for iri in named if "/finding/" in iri]


def test_an_index_without_names_is_searched_all_the_same(index: Path, tmp_path: Path) -> None:
    old = tmp_path / "search.sqlite"
    old.write_bytes(index.read_bytes())
    with sqlite3.connect(old) as base:
        base.executescript("DROP TABLE name; DROP TABLE word;")
    base.close()
    assert found(old, "PTA")[0] == PK + "actor/pta"
    answer = search(old, "telecomunication authorty")
    assert (answer.total, answer.instead, answer.near) == (0, [], [])


def test_a_citation_without_its_law_finds_that_section_of_every_law(index: Path) -> None:
    answer = search(index, "s. 37(1)", count=50)
    assert answer.citation
    laws = {
        hit.iri.split("/instrument/")[1].split("/")[0] for hit in answer.hits if "/s37" in hit.iri
    }
    assert len(laws) > 1
    assert all("37" in hit.iri for hit in answer.hits[:3])


def test_words_of_the_law_are_found_and_marked(index: Path) -> None:
    answer = search(index, "power to remove or block or issue directions")
    hit = next(hit for hit in answer.hits if hit.iri == PK + "mandate/peca-s37.1-remove-or-block")
    assert "\x02block\x03" in hit.snippet


def test_facets_narrow_and_their_counts_hold(index: Path) -> None:
    whole = search(index, "block")
    for axis, values in whole.facets.items():
        for value, number in values[:3]:
            assert search(index, "block", facets={axis: value}).total == number
    assert whole.facets["institution"]
    assert whole.facets["grade"]


def test_a_day_leaves_what_stood_on_it(index: Path) -> None:
    old, new = (found(index, "NCCIA", on=day, count=500) for day in ("2020-01-01", "2026-01-01"))
    assert PK + "mandate/peca-s29.1-prosecute" in new
    assert PK + "mandate/peca-s29.1-prosecute" not in old


def test_pages_follow_each_other_without_gap(index: Path) -> None:
    whole = found(index, "Authority", count=60)
    parts = [found(index, "Authority", start=start, count=20) for start in (0, 20, 40)]
    assert [iri for part in parts for iri in part] == whole


def test_the_same_record_gives_the_same_bytes(record: object, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one", "two")]
    for file in files:
        write_index(file, record)  # type: ignore[arg-type]
    assert files[0].read_bytes() == files[1].read_bytes()


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.text(max_size=60) | st.from_regex(r'["*():^{}\-+ANDORNET 37s.§]{0,40}', fullmatch=True))
def test_whatever_is_typed_gets_an_answer(index: Path, query: str) -> None:
    answer = search(index, query, count=3)
    assert answer.total >= len(answer.hits)


def test_too_much_is_refused_with_words(index: Path) -> None:
    with pytest.raises(SearchError, match="200 characters; this has 5,000"):
        search(index, "a" * 5000)


def test_a_search_that_takes_long_ends(index: Path) -> None:
    with pytest.raises(SearchError, match="longer than"):
        search(index, "the of and in to by", seconds=-1)
