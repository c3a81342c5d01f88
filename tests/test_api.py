"""The Python interface: load, holdings, overlaps, reports, frames."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

import mandates
from mandates.analysis.actors import UnknownActorError, UnknownNameError
from mandates.api import Data
from mandates.dataset.snapshot import SnapshotError
from mandates.report import Scope, render

ROLE = "PECA, s. 29"


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
    found = d.overlaps("moitt", "pta", as_of="2025-08-06")
    assert found
    names = {
        "Ministry of Information Technology and Telecommunication",
        "Pakistan Telecommunication Authority",
    }
    for entry in found:
        if entry.relation != "contested-holding":
            assert set(entry.actors) == names
    mine = {e.iri for e in d.overlaps("pta", as_of="2025-08-06")}
    assert {e.iri for e in found if e.relation == "overlap"} <= mine


def test_rows_become_data_frames(d: Data) -> None:
    pytest.importorskip("pandas")
    frame = d.holdings("fia", as_of="2024-01-01").to_pandas()
    assert {"holder", "force", "provision", "since"} <= set(frame.columns)
    assert len(frame) == len(d.holdings("fia", as_of="2024-01-01"))
    overlaps = d.overlaps("moitt", "pta", as_of="2025-08-06").to_pandas()
    assert overlaps["score"].between(0, 100).all()


def test_queries_answer_as_tables(d: Data) -> None:
    (row,) = d.query("SELECT (COUNT(*) AS ?n) { ?m a mand:Mandate }")
    assert int(row["n"]) > 500
    with pytest.raises(TypeError):
        d.query("ASK { ?m a mand:Mandate }")


def test_reports_can_be_shown(d: Data) -> None:
    report = d.report(as_of="2025-08-06", actors=["fia", "nccia"])
    assert b"Federal Investigation Agency" in render(report, "md")
