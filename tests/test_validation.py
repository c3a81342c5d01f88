"""Our checks against other people's: which of theirs we make, and what theirs say of ours."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mandates.dataset.sources import project_root
from mandates.quality.lint import rules
from mandates.quality.scoreboard import COLUMNS, HEADER, table
from mandates.quality.validation import (
    CODED,
    coverage_page,
    judge_pitfalls,
    judge_profiles,
    pitfalls_page,
    profile_cases,
    profiles_page,
    read_catalogues,
)

OWL2 = os.environ.get("MANDATES_OWL2_CASES")
OOPS = os.environ.get("MANDATES_OOPS_CASES")
PAGE = project_root() / "docs" / "quality.md"

owl2 = pytest.mark.skipif(not OWL2, reason="MANDATES_OWL2_CASES names no copy of all.rdf")
oops = pytest.mark.skipif(not OOPS, reason="MANDATES_OOPS_CASES names no folder of OOPS! cases")


def test_every_check_of_others_has_a_rule_or_a_reason() -> None:
    known = {rule.name for rule in rules()} | CODED
    for catalogue in read_catalogues():
        for check, ours in catalogue.checks.items():
            if isinstance(ours, str):
                assert ours.endswith("."), check
            else:
                assert ours
                assert set(ours) <= known, check


def test_page_says_what_is_covered_and_counts_the_rules() -> None:
    text = PAGE.read_text("utf-8")
    assert coverage_page() in text
    assert f"{len(rules())} rules" in text


@owl2
def test_profiles_are_judged_as_the_w3c_judges_them_but_for_the_cases_named() -> None:
    assert OWL2
    results = judge_profiles(profile_cases(Path(OWL2)))
    assert {profile: others for profile, (_, others) in results.items()} == {
        "DL": [
            "WebOnt-I5.5-005",
            "WebOnt-InverseFunctionalProperty-001",
            "WebOnt-SymmetricProperty-003",
        ],
        "RL": ["New-Feature-ReflexiveProperty-001", "WebOnt-I5.5-005"],
    }
    assert results["DL"][0].right >= 80
    assert results["RL"][0].right >= 250
    assert profiles_page(Path(OWL2)) in PAGE.read_text("utf-8")


@oops
def test_pitfalls_of_oops_are_found_where_it_finds_them() -> None:
    assert OOPS
    tallies = judge_pitfalls(Path(OOPS))
    perfect = {code for code, t in tallies.items() if t.precision == t.recall == 1 and t.right}
    assert len(perfect) >= 17
    total = sum(tallies.values(), type(tallies["P03"])())
    assert total.precision > 0.9
    assert total.recall > 0.9
    assert pitfalls_page(Path(OOPS)) in PAGE.read_text("utf-8")


def test_every_rule_counts_in_one_column_of_the_scoreboard() -> None:
    for rule in rules():
        columns = [*COLUMNS.values(), HEADER]
        assert sum(rule.name.startswith(column) for column in columns) == 1, rule.name


def test_scoreboard_has_our_row_as_it_is_and_no_peer_above_it() -> None:
    text = (project_root() / "docs" / "scoreboard.md").read_text("utf-8")
    ours, *peers = [
        [cell.strip().split(" ")[0].replace(",", "") for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| ") and "OWL 2 DL breaches" not in line and "---" not in line
    ]
    # The number of terms changes with every term; the page is made anew for a release.
    now = [cell.strip().split(" ")[0] for cell in table([]).splitlines()[2].strip("|").split("|")]
    assert now[2:] == ours[2:]
    assert len(peers) >= 13
    for peer in peers:
        assert all(float(a) >= float(b) for a, b in zip(ours[2:-1], peer[2:-1], strict=True)), peer
        assert float(ours[-1]) <= float(peer[-1])
