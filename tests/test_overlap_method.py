"""Every worked example of docs/method.md comes out as it says, from both programs."""

from __future__ import annotations

import doctest
from pathlib import Path

import overlap_examples
from mandates.overlap.findings import RELATIONS
from mandates.overlap.tables import Condition, Expectation, Instrument, Saving, Tie
from overlap_examples import findings, h, m, show, year

METHOD = Path(__file__).parent.parent / "docs" / "method.md"


def test_worked_examples() -> None:
    names = {
        "m": m,
        "h": h,
        "show": show,
        "findings": findings,
        "year": year,
        "Condition": Condition,
        "Expectation": Expectation,
        "Instrument": Instrument,
        "Saving": Saving,
        "Tie": Tie,
    }
    failed, tried = doctest.testfile(str(METHOD), module_relative=False, globs=names)
    assert (failed, tried > len(RELATIONS)) == (0, True)


def test_every_relation_has_a_worked_example() -> None:
    text = METHOD.read_text("utf-8")
    shown = {line.split(":")[0] for line in text.splitlines() if " | " in line}
    assert set(RELATIONS) <= shown


def test_the_hierarchy_of_the_examples_is_the_one_described() -> None:
    text = METHOD.read_text("utf-8")
    assert all(concept.id in text.replace("\n", " ") for concept in overlap_examples.CONCEPTS[:10])
