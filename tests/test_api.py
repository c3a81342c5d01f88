"""The Python interface: load, holdings, overlaps, reports, frames."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import mandates
from mandates.analysis.actors import UnknownActorError, UnknownNameError
from mandates.api import Data, Graph, Table
from mandates.dataset.snapshot import SnapshotError
from mandates.dataset.terms import LanguageString, Value
from mandates.report import Scope, render

ROLE = "PECA, s. 29"
PK = "https://w3id.org/mandates/id/pk/actor/"


@pytest.fixture(scope="module")
def d(data_dir: Path) -> Data:
    return mandates.load(data_dir)


def investigators(d: Data, **when: str) -> set[str]:
    return {
        h.actor.rsplit("/", 1)[-1]
        for h in d.holdings(**when)  # type: ignore[arg-type]
        if h.mandate.endswith("/peca-s29.1-investigate-2016")
        or (
            ("investigat" in h.action and h.provision.startswith("PECA") and h.title != "named")
            and h.title == "designated"
            and h.actor.rsplit("/", 1)[-1] in ("fia", "nccia", "nccia-2024")
        )
    }


def test_loading_names_the_version(d: Data) -> None:
    assert d.version
    assert d.version in repr(d)


def test_a_folder_without_a_snapshot_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="no snapshot"):
        mandates.load(tmp_path)


def test_holdings_have_three_clocks(d: Data) -> None:
    believed = investigators(d, as_of="2024-11-01", known="2024-11-01")
    known_now = investigators(d, as_of="2024-11-01")
    assert "nccia-2024" in believed
    assert "fia" not in believed
    assert known_now == {"fia"}


def test_holdings_of_one_institution_are_its_own(d: Data) -> None:
    held = d.holdings("PTA", as_of="2024-01-01")
    assert len(held) > 50
    assert {h.actor for h in held} == {"https://w3id.org/mandates/id/pk/actor/pta"}
    assert all(h.since <= datetime.fromisoformat("2024-01-01T00:00:00+05:00") for h in held)
    assert len(d.holdings("PTA")) >= len(held)


def test_days_can_be_text_dates_or_moments(d: Data) -> None:
    as_text = d.holdings("fia", as_of="2024-01-01")
    assert list(as_text) == list(d.holdings("fia", as_of=date(2024, 1, 1)))
    with pytest.raises(ValueError, match="no date"):
        d.holdings("fia", as_of="yesterday")


def test_an_unknown_institution_has_near_matches(d: Data) -> None:
    with pytest.raises(UnknownActorError, match="did you mean"):
        d.overlaps("ncccia", "fia")


@pytest.mark.parametrize(
    ("given", "near"),
    [("2025-02-30", "2025-02-28"), ("6 August 2025", "2025-08-06"), ("2025-8-6", "2025-08-06")],
)
def test_a_day_that_is_none_has_a_near_one(d: Data, given: str, near: str) -> None:
    for ask in (
        lambda: d.holdings("fia", as_of=given),
        lambda: d.overlaps("fia", as_of=given),
        lambda: d.report(as_of=given),
        lambda: d.between("2024-04-01", given),
    ):
        with pytest.raises(ValueError, match=f"no date; did you mean {near}?"):
            ask()


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"subjects": ["online contentt"]}, "no subject matter is called .* did you mean"),
        ({"layers": ["phisical"]}, "no cyberspace layer is called .* did you mean"),
        ({"countries": ["zz"]}, "no legal order is called 'zz'; these are: cn, eu, gb, in, pk, us"),
    ],
)
def test_an_unknown_limit_has_near_matches(
    d: Data, limits: dict[str, list[str]], words: str
) -> None:
    with pytest.raises(UnknownNameError, match=words):
        d.report(as_of="2025-08-06", scope=Scope(**limits))  # type: ignore[arg-type]


def test_overlaps_lie_between_the_two(d: Data) -> None:
    names = {
        "moitt": "Ministry of Information Technology and Telecommunication",
        "fia": "Federal Investigation Agency",
        "pta": "Pakistan Telecommunication Authority",
    }
    mine = {e.iri for e in d.overlaps("pta", as_of="2025-08-06")}
    for other in ("moitt", "fia"):
        found = d.overlaps(other, "pta", as_of="2025-08-06")
        assert found
        for entry in found:
            assert set(entry.actors) == {names[other], names["pta"]}
            assert set(entry.actor_iris) == {PK + other, PK + "pta"}
        assert {e.iri for e in found} <= mine
        assert list(d.overlaps("pta", other, as_of="2025-08-06")) == list(found)


def test_rivals_of_a_contested_holding_meet_when_both_are_asked_for(d: Data) -> None:
    found = d.overlaps("pta", "smpra", as_of="2025-08-06")
    assert {e.relation for e in found} >= {"contested-holding"}
    # In a report the contested holding stands with either side; among overlaps it does not.
    report = d.report(as_of="2025-08-06", actors="pta,fia")
    assert {e.iri for e in found if e.relation == "contested-holding"} <= {
        e.iri for e in report.entries
    }


@pytest.mark.parametrize(("first", "second"), [("pta", "pta"), ("PTA", f"{PK}pta")])
def test_an_institution_does_not_meet_itself(d: Data, first: str, second: str) -> None:
    with pytest.raises(ValueError, match="are the same, Pakistan Telecommunication Authority;"):
        d.overlaps(first, second)


def test_a_name_of_several_can_meet_one_of_them(d: Data) -> None:
    for entry in d.overlaps("NCCIA", "nccia-2024", as_of="2024-06-01"):
        assert set(entry.actor_iris) == {f"{PK}nccia", f"{PK}nccia-2024"}


def test_rows_become_data_frames(d: Data) -> None:
    pytest.importorskip("pandas")
    frame = d.holdings("fia", as_of="2024-01-01").to_pandas()
    assert {"holder", "force", "provision", "since"} <= set(frame.columns)
    assert len(frame) == len(d.holdings("fia", as_of="2024-01-01"))
    overlaps = d.overlaps("moitt", "pta", as_of="2025-08-06").to_pandas()
    assert overlaps["score"].between(0, 100).all()


def rows(d: Data, query: str) -> Table[dict[str, Value]]:
    answer = d.query(query)
    assert isinstance(answer, Table)
    return answer  # type: ignore[return-value]


def test_queries_answer_with_python_values(d: Data) -> None:
    (row,) = rows(d, "SELECT (COUNT(*) AS ?n) { ?m a mand:Mandate }")
    assert isinstance(row["n"], int)
    assert row["n"] > 500
    (row, *_) = rows(
        d,
        "SELECT ?f ?score ?from ?none { ?f a mand:Finding ; mand:contentionScore ?score ; "
        "mand:validFrom ?from OPTIONAL { ?f mand:nothing ?none } }",
    )
    assert str(row["f"]).startswith("https://w3id.org/mandates/id/finding/")
    assert isinstance(row["score"], Decimal)
    assert isinstance(row["from"], datetime)
    assert row["from"].utcoffset() is not None
    assert row["none"] is None
    labels = {
        label.language: label
        for row in rows(d, "SELECT ?l { actor:pta skos:prefLabel ?l }")
        if isinstance(label := row["l"], LanguageString)
    }
    assert labels["en"] == "Pakistan Telecommunication Authority"
    assert "ur" in labels


def test_what_a_query_finds_can_be_asked_about(d: Data) -> None:
    (row, *_) = rows(d, 'SELECT ?who { ?who skos:altLabel "PTA"@en }')
    assert list(d.holdings(str(row["who"]))) == list(d.holdings("pta"))
    duties = {row["m"] for row in rows(d, "SELECT ?m { ?m a mand:Duty }")}
    assert {h.mandate in duties for h in d.holdings("pta") if h.force == "duty"} == {True}
    # A name in no namespace of the project is as full as one in it.
    (row,) = rows(d, "SELECT ?x { VALUES ?x { <https://example.org/x> } }")
    assert row["x"] == "https://example.org/x"


def test_queries_of_every_form_are_answered(d: Data) -> None:
    assert d.query("ASK { ?m a mand:Mandate }") is True
    assert d.query("ASK { ?m a mand:Nothing }") is False
    graph = d.query("CONSTRUCT { ?m skos:prefLabel ?l } { ?m a mand:Duty ; skos:prefLabel ?l }")
    assert isinstance(graph, Graph)
    assert {triple.predicate for triple in graph} == {
        "http://www.w3.org/2004/02/skos/core#prefLabel"
    }
    assert "skos:prefLabel" in graph.to_turtle()
    described = d.query("DESCRIBE actor:pta")
    assert isinstance(described, Graph)
    assert f"{PK}pta" in {triple.subject for triple in described}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("SELECT ?x { ?x a mand:Duty ", "line 1, column 28: expected"),
        ("SELECT ?x {\n ?x a mand:Duty ", "line 2, column 17: expected"),
        (
            "SELECT ?x { ?x skoss:prefLabel ?l }",
            "line 1, column 16: no prefix is called 'skoss'; did you mean skos?",
        ),
    ],
)
def test_a_mistake_in_a_query_stands_where_it_was_typed(d: Data, text: str, place: str) -> None:
    with pytest.raises(SyntaxError, match=re.escape(place)):
        d.query(text)


def test_frames_of_queries_are_typed(d: Data) -> None:
    pytest.importorskip("pandas")
    frame = rows(
        d,
        "SELECT ?f ?score ?from ?until (STRLEN(STR(?f)) AS ?n) { ?f a mand:Finding ; "
        "mand:contentionScore ?score ; mand:validFrom ?from "
        "OPTIONAL { ?f mand:validUntil ?until } }",
    ).to_pandas()
    kinds = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert kinds["score"] == "float64"
    assert kinds["n"] == "int64"
    assert kinds["from"] == kinds["until"] == "datetime64[us]"
    assert list(rows(d, "SELECT ?a ?b { ?a mand:nothing ?b }").to_pandas().columns) == ["a", "b"]


def test_reports_can_be_shown(d: Data) -> None:
    report = d.report(as_of="2025-08-06", actors=["fia", "nccia"])
    assert b"Federal Investigation Agency" in render(report, "md")
    with pytest.raises(ValueError, match="has no face 'docx'; these are: html, pdf, md, csv"):
        render(report, "docx")


def test_several_names_are_a_list_or_a_text_with_commas(d: Data) -> None:
    listed = d.report(as_of="2025-08-06", actors=["fia", "nccia"])
    assert d.report(as_of="2025-08-06", actors="fia, nccia") == listed
    assert d.report(as_of="2025-08-06", scope=Scope(actors="fia,nccia")) == listed
    both = d.holdings(["pta", "fia"], as_of="2024-01-01")
    assert list(both) == list(d.holdings("pta,fia", as_of="2024-01-01"))
    assert {h.actor for h in both} == {f"{PK}pta", f"{PK}fia"}
    # A comma may be part of a name.
    name = "Joint Investigation Teams under the Anti-Terrorism Act, 1997"
    assert {h.holder for h in d.holdings(f"{name}, pta")} >= {
        name,
        "Pakistan Telecommunication Authority",
    }


def test_reports_take_the_limits_of_the_command(d: Data) -> None:
    narrow = d.report(
        as_of="2025-08-06",
        actors="moitt,pta",
        subjects="online-content",
        layers=["social"],
        countries="pk",
        minimum_score=5,
    )
    scope = Scope(["moitt", "pta"], ["online-content"], ["social"], ["pk"], 5)
    assert narrow == d.report(as_of="2025-08-06", scope=scope)
    assert narrow.entries
    assert d.between("2024-04-01", "2025-05-01", actors="fia", subjects="online-content").filters
    with pytest.raises(TypeError, match="no limit is called 'subject'; did you mean 'subjects'"):
        d.report(subject="online-content")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="not both: actors"):
        d.report(actors="pta", scope=scope)
    with pytest.raises(ValueError, match="from 0 to 100, not 101"):
        d.report(minimum_score=101)


@pytest.mark.parametrize("nobody", ["", " ", []])
def test_nobody_is_not_everybody(d: Data, nobody: str | list[str]) -> None:
    with pytest.raises(ValueError, match="no actor is named; leave it out for all"):
        d.holdings(nobody)


def test_what_is_no_name_and_no_day_is_refused_in_words(d: Data) -> None:
    with pytest.raises(TypeError, match="a name is text, not int: 5"):
        d.holdings(["pta", 5])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="a name is text, not int: 5"):
        d.overlaps(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not int: 20250806; did you mean '2025-08-06'"):
        d.holdings("pta", as_of=20250806)  # type: ignore[arg-type]


def test_moments_keep_the_offset_of_the_law(d: Data) -> None:
    for held in d.holdings():
        for moment in (held.since, held.until):
            # The record writes midnight where the law applies.
            assert moment is None or (moment.hour, moment.minute) == (0, 0)
    offsets = {h.since.isoformat()[19:] for h in d.holdings()}
    assert offsets >= {"+05:00", "+05:30", "+08:00", "-05:00", "+00:00"}
    for entry in d.report(as_of="2025-08-06").entries:
        for spell in (entry, *entry.pairs):
            for moment in (spell.since, spell.since_latest, spell.until, spell.until_earliest):
                if moment is not None and moment.year > 1:
                    assert (moment.hour, moment.minute) == (0, 0), (entry.title, moment)


def test_a_moment_of_another_country_can_be_asked_about(d: Data) -> None:
    (begun, *_) = sorted({h.since for h in d.holdings() if h.since.isoformat().endswith("+01:00")})
    midnight = begun.date().isoformat()

    def held(day: str | datetime) -> set[str]:
        return {h.holding for h in d.holdings(as_of=day) if h.since == begun}

    # Midnight in Pakistan comes first.
    assert not held(midnight)
    assert held(f"{midnight}T00:00+01:00") == held(begun)
    assert held(begun)
    title = d.report(as_of=begun, countries="eu").title
    assert title.endswith(f"{begun.year}, 00:00 (UTC+01:00)")


def test_every_date_of_a_frame_has_one_dtype_and_the_day_of_the_law(d: Data) -> None:
    pandas = pytest.importorskip("pandas")
    held = d.holdings()
    frame = held.to_pandas()
    assert [day.date() for day in frame.since] == [h.since.date() for h in held]
    overlaps = d.overlaps("moitt", "pta", as_of="2025-08-06").to_pandas()
    for name in ("since", "since_latest", "until", "until_earliest"):
        assert str(overlaps[name].dtype) == "datetime64[us]"
    assert (overlaps.since <= pandas.Timestamp("2025-08-06")).all()


def test_an_empty_frame_has_the_columns_of_a_full_one(d: Data) -> None:
    pytest.importorskip("pandas")
    for ask in (
        lambda day: d.holdings("pta", as_of=day),
        lambda day: d.overlaps("moitt", "pta", as_of=day),
    ):
        full, empty = ask("2025-08-06").to_pandas(), ask("1900-01-01").to_pandas()
        assert len(empty) == 0
        assert dict(full.dtypes) == dict(empty.dtypes)
