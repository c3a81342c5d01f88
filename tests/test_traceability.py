"""Every researched fact leads into the record, or is listed with the reason why it does not."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pyoxigraph as ox
import pytest

HERE = Path(__file__).parent
LEFT_OUT = HERE.parent / "docs" / "facts-left-out.md"
NS = "https://w3id.org/mandates/ns#"


def researched() -> dict[str, str]:
    """The grade of each fact and statement researched on Pakistan, or ``conflict``.

    A conflict is a list of sources that disagree.
    """
    with (HERE / "data" / "fact-ids.csv").open(encoding="utf-8", newline="") as lines:
        return {row["id"]: row["grade"] for row in csv.DictReader(lines)}


def left_out() -> dict[str, str]:
    """The facts that became no data, with the reason."""
    text = LEFT_OUT.read_text("utf-8")
    return dict(re.findall(r"^\| ((?:PK[CT]|C|OV)-\d+) \| \S+ \| (.+) \|$", text, re.M))


@pytest.fixture(scope="module")
def named(record: ox.Store) -> dict[str, set[tuple[str, bool]]]:
    """For each fact that the record names: the grades of what names it, and whether it quotes."""
    answer = record.query(f"""
        PREFIX mand: <{NS}>
        SELECT ?fact ?grade (BOUND(?words) AS ?quotes) {{
          ?evidence mand:factId ?fact .
          OPTIONAL {{ ?evidence mand:hasGrade ?grade }}
          OPTIONAL {{ ?evidence mand:quotation ?words }}
        }}""")
    assert isinstance(answer, ox.QuerySolutions)
    found: dict[str, set[tuple[str, bool]]] = {}
    for row in answer:
        grade = row["grade"].value.rpartition("#Grade")[2] if row["grade"] else ""
        found.setdefault(row["fact"].value, set()).add((grade, row["quotes"].value == "true"))
    return found


def test_every_fact_is_named_or_left_out_with_a_reason(
    named: dict[str, set[tuple[str, bool]]],
) -> None:
    wanted = {fact for fact, grade in researched().items() if grade != "D"}
    assert sorted(wanted - named.keys() - left_out().keys()) == []


def test_what_is_named_is_not_listed_as_left_out(named: dict[str, set[tuple[str, bool]]]) -> None:
    assert sorted(named.keys() & left_out().keys()) == []


def test_only_researched_facts_are_named_or_left_out(
    named: dict[str, set[tuple[str, bool]]],
) -> None:
    ours = {fact for fact in named if re.match(r"(?:PK[CT]|C|OV)-\d+$", fact)}
    assert sorted((ours | left_out().keys()) - researched().keys()) == []


def test_background_supports_nothing(named: dict[str, set[tuple[str, bool]]]) -> None:
    """A fact of grade D is named only as grade D, or where the text was then read and is quoted."""
    background = {fact for fact, grade in researched().items() if grade == "D"}
    raised = {
        fact
        for fact in background & named.keys()
        for grade, quotes in named[fact]
        if grade != "D" and not (grade == "A" and quotes)
    }
    assert sorted(raised) == []
