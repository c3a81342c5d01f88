"""What the page on data quality says is counted, not typed, and the page is current."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from mandates.cli import main
from mandates.quality.coverage import NOT_LOOKED_UP, measure, render

PAGE = Path(__file__).parents[1] / "docs" / "data-quality.md"
MAND = "https://w3id.org/mandates/ns#"
PK = "https://w3id.org/mandates/id/pk/"
DIGEST = "0" * 64


def store(*lines: str) -> ox.Store:
    """Read Turtle with the prefixes that the examples use."""
    made = ox.Store()
    head = f"@prefix m: <{MAND}> . @prefix : <{PK}> . @prefix uk: <{PK.replace('/pk/', '/gb/')}> ."
    made.load((head + "\n".join(lines)).encode(), format=ox.RdfFormat.TURTLE)
    return made


EXAMPLE = (
    ":one a m:Mandate ; m:conferredBy :act_s1 ; m:supportedBy :quoted , :told ; m:appliesIn :x .",
    ":two a m:Mandate ; m:conferredBy :act_unseen ; m:supportedBy :told .",
    ":act_s1 m:provisionOf :act . :act_unseen m:provisionOf :act .",
    "uk:three a m:Mandate ; m:conferredBy :act_s1 ; m:supportedBy :told .",
    ":quoted a m:Evidence ; m:hasGrade m:GradeA ; m:fromDocument :doc ; m:quotation 'It shall.' .",
    ":told a m:Evidence ; m:hasGrade m:GradeC ; m:fromDocument :rumour ; m:quotation 'He may' .",
    ":doc a m:Document ; m:sha256 '" + DIGEST + "' . :rumour a m:Document .",
    ":h1 a m:Holding ; m:ofMandate :one ; m:heldBy :body ; m:validUntil 'then' .",
    ":h2 a m:Holding ; m:ofMandate :two ; m:heldBy :body . :body a m:Institution .",
    ":idle a m:Institution .",
)


def test_a_thing_counts_once_at_its_best_grade_and_only_in_its_country() -> None:
    coverage = measure(store(*EXAMPLE))
    assert coverage.grades["Mandates"] == {"A": 1, "C": 1}
    [row] = coverage.instruments
    assert (row.iri, row.mandates, row.text, row.open) == (PK + "act", 2, 1, 2)
    [row] = coverage.institutions
    assert (row.iri, row.mandates, row.open) == (PK + "body", 2, 1)
    assert coverage.unknown["territory"] == 1


@pytest.mark.parametrize(("text", "found"), [("It  shall.", 1), ("It may.", 0)])
def test_a_quotation_counts_as_found_only_where_its_words_stand(text: str, found: int) -> None:
    coverage = measure(store(*EXAMPLE), {DIGEST: text})
    assert (coverage.quotations, coverage.checkable) == (2, 1)
    assert (coverage.looked_up, coverage.found) == (1, found)


def test_without_texts_nothing_is_said_to_be_found() -> None:
    for texts in (None, {}, {"1" * 64: "It shall."}):
        coverage = measure(store(*EXAMPLE), texts)
        assert coverage.found is None
        assert NOT_LOOKED_UP in render(coverage)


def test_what_is_missing_is_named_with_what_hangs_on_it() -> None:
    wants = {want.what: want.items for want in measure(store(*EXAMPLE)).wants}
    assert [(iri, n) for iri, _, n in wants["A second source"]] == [(PK + "act", 1)]
    assert [iri for iri, _, _ in wants["Addresses of documents"]] == [PK + "rumour"]
    assert [iri for iri, _, _ in wants["Institutions that hold nothing"]] == [PK + "idle"]
    assert [iri for iri, _, _ in wants["Founding instruments"]] == [PK + "body"]


@pytest.mark.skipif(not PAGE.is_file(), reason="no checkout")
def test_the_page_is_current(record: ox.Store) -> None:
    # Whether quotations were found can't be counted again where the texts are not at hand.
    page = PAGE.read_text("utf-8").splitlines()
    now = render(measure(record)).splitlines()
    assert NOT_LOOKED_UP in now
    line = now.index(NOT_LOOKED_UP)
    assert "were found" in page[line]
    assert page[:line] + page[line + 1 :] == now[:line] + now[line + 1 :], (
        "docs/data-quality.md is stale: mandates build && mandates coverage > docs/data-quality.md"
    )


def test_the_command_prints_the_page(data_dir: Path, record: ox.Store) -> None:
    run = CliRunner(env={"MANDATES_TEXTS": None})
    result = run.invoke(main, ["coverage", "--data-dir", str(data_dir)])
    assert (result.exit_code, result.stdout) == (0, render(measure(record)))


def test_the_command_says_that_there_is_no_snapshot(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["coverage", "--data-dir", str(tmp_path)])
    assert result.exit_code == 1
    assert "no snapshot" in result.stderr
