"""What README and docs name exists: files, commands, settings, questions."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.cli import main
from mandates.dataset.names import PREFIXES
from mandates.dataset.questions import questions
from mandates.dataset.sources import project_root

ROOT = project_root()
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])

pytestmark = pytest.mark.skipif(not (ROOT / "README.md").is_file(), reason="no checkout")

#: Beginnings of paths that are files of the project.
FOLDERS = ("ontology/", "instances/", "shapes/", "server/", "tests/", "docs/", "benchmarks/")


def code(text: str) -> list[str]:
    """Take what stands in back quotes and in code blocks."""
    blocks = re.findall(r"```[^\n]*\n(.*?)```", text, re.S)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))
    return [line for block in blocks for line in block.splitlines()] + spans


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    named = {
        word.rstrip(".,;:)")
        for span in code(page.read_text("utf-8"))
        for word in span.split()
        if word.startswith(FOLDERS) and not re.search(r"[<>{}*…$]|xx", word)
    }
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8"))
    missing = {name for name in named if not (ROOT / name).exists()}
    missing |= {link for link in links if not (page.parent / link).exists()}
    assert missing == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_shows_exists_with_its_options(page: Path) -> None:
    for span in code(page.read_text("utf-8")):
        words = span.split("#")[0].split()
        # In capitals stands what the reader puts there.
        if words[:1] != ["mandates"] or len(words) < 2 or not re.fullmatch(r"[a-z-]+", words[1]):
            continue
        command = main.commands.get(words[1])
        assert command, span
        known = {option for part in command.params for option in (*part.opts, *part.secondary_opts)}
        if getattr(command, "commands", None):
            continue
        options = {word.split("=")[0] for word in words[2:] if word.startswith("--")}
        assert options <= known | {"--help"}, span


def test_every_command_is_shown_in_some_page() -> None:
    shown = "\n".join(line for page in PAGES for line in code(page.read_text("utf-8")))
    assert [name for name in main.commands if f"mandates {name}" not in shown] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"(?m)^([\w-]+):", (ROOT / "Makefile").read_text("utf-8")))
    named = {
        match[1]
        for span in code(page.read_text("utf-8"))
        if (match := re.match(r"make ([a-z-]+)", span))
    }
    assert named <= targets


def test_every_question_that_a_page_counts_exists() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    for name in re.findall(r"questions/([\w-]+)\.rq", text):
        assert name in questions()


def test_the_readmes_query_gives_the_readmes_answer(record: ox.Store) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    query = re.search(r"--data-urlencode 'query=\n(.*?)'\n```", text, re.S)
    answer = re.search(r"```\n(who,title.*?)```", text, re.S)
    assert query
    assert answer
    rows = record.query(query[1])
    assert isinstance(rows, ox.QuerySolutions)
    body = rows.serialize(format=ox.QueryResultsFormat.CSV) or b""
    assert body.decode().replace("\r\n", "\n") == answer[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_query_of_a_page_is_answered(page: Path, request: pytest.FixtureRequest) -> None:
    queries = re.findall(r"```sparql\n(.*?)```", page.read_text("utf-8"), re.S)
    for query in queries:
        rows = request.getfixturevalue("record").query(query, prefixes=PREFIXES)
        assert isinstance(rows, ox.QuerySolutions)
        assert next(iter(rows), None), query


def test_every_count_of_files_is_right() -> None:
    """What README and docs say there is so many of."""
    quality = (ROOT / "docs" / "quality.md").read_text("utf-8")
    rules = list((ROOT / "server/mandates/quality/rules").glob("*.rq"))
    assert f"| {len(rules)} rules on names" in quality
    alignments = list((ROOT / "ontology" / "alignments").glob("*.ttl"))
    tables = list((ROOT / "ontology" / "alignments").glob("*.sssom.tsv"))
    assert len(alignments) == len(tables)
