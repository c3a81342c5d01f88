"""Everything that the source paper names is in the record, with what the paper claims of it."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.quality.quotations import read_texts, squeeze

NAMES = Path(__file__).parent / "data" / "paper-names.csv"
BASE = "https://w3id.org/mandates/"
PAPER = BASE + "id/paper/document/source-paper"
MAND = BASE + "ns#"


def names() -> dict[str, str]:
    """What the paper names, in its words, and the node that stands for it."""
    with NAMES.open(encoding="utf-8", newline="") as lines:
        return {
            row["name"]: BASE + ("" if row["iri"].startswith("scheme/") else "id/") + row["iri"]
            for row in csv.DictReader(lines)
        }


def rows(record: ox.Store, query: str) -> list[ox.QuerySolution]:
    answer = record.query(f"PREFIX mand: <{MAND}> PREFIX dct: <http://purl.org/dc/terms/> {query}")
    assert isinstance(answer, ox.QuerySolutions)
    return list(answer)


def test_every_name_stands_for_something_that_the_paper_makes_a_statement_about(
    record: ox.Store,
) -> None:
    stated = {
        row["node"].value
        for row in rows(
            record,
            f"""SELECT DISTINCT ?node {{
              ?statement mand:statedIn <{PAPER}> .
              {{ ?statement mand:aboutActor|mand:aboutConcept ?node }}
              UNION {{ ?statement mand:aboutEntity|mand:aboutSource|dct:source ?node }}
              UNION {{ ?statement dct:source/dct:creator ?node }}
              UNION {{ ?node mand:statedIn <{PAPER}> }} }}""",
        )
    }
    assert {name: node for name, node in names().items() if node not in stated} == {}


@pytest.mark.texts
def test_the_paper_has_the_names_as_written(record: ox.Store) -> None:
    folder = os.environ.get("MANDATES_TEXTS")
    if not folder:
        pytest.skip("MANDATES_TEXTS names no folder of texts")
    [row] = rows(record, f"SELECT ?digest {{ <{PAPER}> mand:sha256 ?digest }}")
    text = read_texts(Path(folder)).get(row["digest"].value)
    if text is None:
        pytest.skip("the paper is not among the texts")
    plain = squeeze(text)
    assert [name for name in names() if name not in plain] == []
