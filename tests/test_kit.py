"""The kit for the next country: what it makes builds, and tables lose nothing and hide nothing."""

from __future__ import annotations

import csv
import io
import re
import shutil
from dataclasses import astuple, replace
from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from mandates.analysis.graph import legal_orders
from mandates.build import BuildError, assemble, build
from mandates.cli import main
from mandates.dataset.names import GRAPH
from mandates.dataset.questions import questions
from mandates.dataset.snapshot import open_store
from mandates.dataset.sources import find_sources, project_root
from mandates.kit import (
    COLUMNS,
    KitError,
    Row,
    TableError,
    from_turtle,
    known_concepts,
    new_country,
    read_table,
    to_turtle,
    write_table,
)
from mandates.kit.table import FORCES, GRADES, INSTITUTIONS, INSTRUMENTS
from mandates.quality.questions import check_questions

CONCEPTS = known_concepts()
EXAMPLE = project_root() / "docs" / "examples" / "exampland.csv"

# The rows of the example, which name the tutorial's own territory.
TUTORIAL = {**CONCEPTS, "territory": [*CONCEPTS["territory"], "exampland"]}


def store_of(turtle: str) -> ox.Store:
    store = ox.Store()
    store.load(turtle.encode(), format=ox.RdfFormat.TURTLE)
    return store


# Tables -----------------------------------------------------------------------------------------

words = (
    st.text(
        st.characters(exclude_categories=["C", "Z"], include_characters=" "),
        min_size=1,
        max_size=30,
    )
    .map(str.strip)
    .filter(lambda text: bool(text) and not text.endswith("."))
)
dates = st.dates(min_value=date(1900, 1, 1)).flatmap(
    lambda day: st.sampled_from([day.isoformat(), f"{day:%Y-%m}", f"{day:%Y}"])
)


def some(scheme: str, least: int = 0) -> st.SearchStrategy[str]:
    chosen = st.lists(st.sampled_from(CONCEPTS[scheme]), min_size=least, max_size=3, unique=True)
    return chosen.map(lambda found: "; ".join(sorted(found)))


rows = st.builds(
    Row,
    institution=words,
    institution_kind=st.sampled_from(INSTITUTIONS),
    force=st.sampled_from(FORCES),
    mandate=words,
    action=words,
    function=st.sampled_from(CONCEPTS["function"]),
    subject=some("subject", 1),
    layer=some("layer"),
    territory=some("territory"),
    addressee=some("addressee"),
    capacity=st.sampled_from(("lead", "support")),
    instrument=words,
    instrument_kind=st.sampled_from(INSTRUMENTS),
    provision=words,
    begins=dates,
    ends=st.just(""),
    quotation=st.one_of(st.just(""), words),
    address=st.integers(0, 99).map(lambda n: f"https://example.org/{n}"),
    grade=st.sampled_from(GRADES),
)


def consistent(found: list[Row]) -> list[Row]:
    """Give each institution and law one kind, and leave out what stands there twice."""
    kinds: dict[tuple[str, str], str] = {}
    kept: dict[tuple[str, ...], Row] = {}
    for row in found:
        row = replace(
            row,
            institution_kind=kinds.setdefault(("a", row.institution), row.institution_kind),
            instrument_kind=kinds.setdefault(("i", row.instrument), row.instrument_kind),
        )
        kept.setdefault((row.institution, row.instrument, row.provision, row.mandate), row)
    return sorted(kept.values())


tables = st.lists(rows, max_size=6).map(consistent)


@settings(max_examples=60)
@given(tables)
def test_a_table_survives_csv_and_turtle_to_the_letter(table: list[Row]) -> None:
    read = read_table(write_table(table), CONCEPTS)
    assert read == table
    assert from_turtle(store_of(to_turtle(read, "zz", offset="+05:45"))) == table


@settings(max_examples=20)
@given(tables, st.randoms())
def test_the_order_of_rows_says_nothing(table: list[Row], chance) -> None:  # type: ignore[no-untyped-def]
    mixed = list(table)
    chance.shuffle(mixed)
    assert to_turtle(mixed, "zz") == to_turtle(table, "zz")


def example(**changes: str) -> str:
    """The first row of the example with other cells."""
    row = next(csv.DictReader(io.StringIO(EXAMPLE.read_text("utf-8"))))
    return write_table([Row(**{**row, **changes})])


@pytest.mark.parametrize(
    ("changes", "rule", "word"),
    [
        ({"function": "investgate"}, "table-concept", "Did you mean investigate?"),
        ({"subject": ""}, "table-empty", "subject is empty"),
        ({"force": "power"}, "table-value", "Did you mean Power?"),
        ({"begins": "2021-02-30"}, "table-date", "begins"),
        ({"begins": "July 2021"}, "table-date", "write 2020-01-31"),
        ({"ends": "2020"}, "table-date", "before it begins"),
        ({"quotation": "word " * 41}, "table-quotation", "forty"),
        ({"address": "ftp://example.org"}, "table-address", "https://"),
        ({"function": "investigate; license"}, "table-value", "one row for each"),
        ({"action": "investigate."}, "table-text", "full stop"),
        ({"action": "a\nb"}, "table-text", "line break"),
    ],
)
def test_a_broken_row_is_named_with_line_and_remedy(
    changes: dict[str, str], rule: str, word: str
) -> None:
    with pytest.raises(TableError) as caught:
        read_table(example(**changes), TUTORIAL, name="t.csv")
    found = [p for p in caught.value.problems if p.rule == rule]
    assert found
    assert any(word in str(p) for p in found)
    assert all(p.file == "t.csv" and p.line and p.line >= 2 for p in found)


def test_all_broken_rows_are_named_at_once() -> None:
    good = example().splitlines()
    text = "\n".join([*good, good[1], good[1].replace("LawEnforcementAgency", "Court"), "a,b"])
    with pytest.raises(TableError) as caught:
        read_table(text, TUTORIAL)
    assert [p.line for p in caught.value.problems] == [3, 4, 4, 5]


@pytest.mark.parametrize("text", ["", "a,b\n1,2", ",".join(COLUMNS[1:]), ",".join(COLUMNS) + ",x"])
def test_wrong_columns(text: str) -> None:
    with pytest.raises(TableError, match="Columns are"):
        read_table(text, CONCEPTS)


def test_what_a_row_cannot_hold_is_named_not_lost(tmp_path: Path) -> None:
    new_country("zz", "Exampland", tmp_path / "zz")
    runner = CliRunner()
    out = tmp_path / "out.csv"
    done = runner.invoke(main, ["table", "export", str(tmp_path / "zz"), "--output", str(out)])
    assert done.exit_code == 1
    assert "legal role" in done.output
    assert "hasCondition" in done.output
    assert not out.exists()


def test_a_broken_table_leaves_the_old_file(tmp_path: Path) -> None:
    bad, out = tmp_path / "bad.csv", tmp_path / "out.ttl"
    bad.write_text(example(function="nonsense"), "utf-8")
    out.write_text("old", "utf-8")
    arguments = ["table", "import", str(bad), "--country", "zz", "--output", str(out)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1
    assert "bad.csv:2" in done.output
    assert out.read_text("utf-8") == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.csv", "out.ttl"]


# A new country ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "name", "offset", "word"),
    [
        ("ZZ", "Exampland", "+00:00", "two lower-case letters"),
        ("zzz", "Exampland", "+00:00", "two lower-case letters"),
        ("../x", "Exampland", "+00:00", "two lower-case letters"),
        ("pk", "Pakistan", "+05:00", "already"),
        ("zz", 'X" ; a owl:Thing', "+00:00", "no name"),
        ("zz", "Exampland", "5", "offset"),
    ],
)
def test_a_module_that_cannot_be(
    tmp_path: Path, code: str, name: str, offset: str, word: str
) -> None:
    with pytest.raises(KitError, match=word):
        new_country(code, name, tmp_path / "x", offset=offset)
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.ttl").write_text("mine", "utf-8")
    with pytest.raises(KitError, match="not empty"):
        new_country("zz", "Exampland", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.ttl"]


def test_the_tutorial(tmp_path: Path) -> None:
    """The commands of docs/tutorial-new-country.md, in its order."""
    runner = CliRunner()
    module = tmp_path / "zz"

    def run(*arguments: str) -> str:
        done = runner.invoke(main, arguments)
        assert done.exit_code == 0, done.output
        return done.output

    run("new-country", "zz", "--name", "Exampland", "--offset", "+01:00", "--output", str(module))
    assert run("table", "template").startswith("institution,")
    from_table = module / "from-table.ttl"
    run("table", "import", str(EXAMPLE), "--country", "zz", "--offset", "+01:00",
        "--with", str(module / "territories.ttl"), "--output", str(from_table))  # fmt: skip
    back = tmp_path / "back.csv"
    run("table", "export", str(from_table), "--output", str(back))
    again = read_table(back.read_text("utf-8"), TUTORIAL)
    assert again == sorted(read_table(EXAMPLE.read_text("utf-8"), TUTORIAL))
    assert all(astuple(row) for row in again)
    assert back.read_bytes() == EXAMPLE.read_bytes()

    dataset = assemble(extra=[module])
    assert dataset.warnings == []
    base = "https://w3id.org/mandates/id/zz/actor/"
    assert legal_orders(dataset.store)["zz"] == f"{base}exampland"
    met = dataset.store.query(
        """PREFIX mand: <https://w3id.org/mandates/ns#>
        SELECT DISTINCT ?a ?b WHERE {
          ?finding a mand:Overlap ; mand:involves ?a , ?b
          FILTER (STRSTARTS(STR(?a), "https://w3id.org/mandates/id/zz/") && STR(?a) < STR(?b)) }""",
        use_default_graph_as_union=True,
    )
    assert isinstance(met, ox.QuerySolutions)
    pairs = {(row["a"].value.removeprefix(base), row["b"].value.removeprefix(base)) for row in met}  # type: ignore[union-attr]
    assert ("communications-authority", "ministry-of-communications") in pairs
    assert ("cyber-crime-bureau-of-exampland", "police-of-exampland") in pairs


def test_a_country_is_given_as_the_tutorial_says(tmp_path: Path) -> None:
    """Step 7: nothing is warned of once the territory is moved; what it names changes."""
    root, module = tmp_path / "project", tmp_path / "project" / "instances" / "zz"
    for part in ("instances", "ontology", "shapes"):
        shutil.copytree(project_root() / part, root / part)
    new_country("zz", "Exampland", module, offset="+01:00")
    territories, scheme = module / "territories.ttl", root / "ontology/schemes/territories.ttl"
    concept = territories.read_text("utf-8").partition("territory:exampland")[2]
    with scheme.open("a", encoding="utf-8") as file:
        file.write(f"\nterritory:exampland{concept}")
    territories.unlink()
    tutorial = (project_root() / "docs" / "tutorial-new-country.md").read_text("utf-8")
    (part,) = re.findall(r"```turtle\n(actor:communications-authority .*?)```", tutorial, re.DOTALL)
    actors = module / "actors.ttl"
    prefix = "@prefix comparison-role: <https://w3id.org/mandates/scheme/comparison-role/> .\n"
    actors.write_text(f"{prefix}{actors.read_text('utf-8')}\n{part}", "utf-8")

    snapshot, dataset = build(tmp_path / "data", root)
    assert dataset.warnings == []
    _, problems = check_questions(open_store(snapshot))
    changed = {(problem.file or "").removesuffix(".csv") for problem in problems}
    assert changed == set(re.findall(r"(?m)^\| `([a-z-]+)` \| [a-z]", tutorial.split("## 7.")[1]))
    for name in changed:
        arguments = ["answers", name, "--data-dir", str(tmp_path / "data")]
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, done.output
        renewed = replace(questions()[name], expected=done.output)
        before = questions()[name].cases()
        assert [case[0] for case in renewed.cases()] == [case[0] for case in before]
        lines = set(done.output.splitlines()) - set(questions()[name].expected.splitlines())
        assert lines
        assert all("zz" in line or ",mand:Territory," in line for line in lines)


def test_answers_are_printed_as_their_file_has_them(data_dir: Path) -> None:
    for name in ("highest-norm", "known-late"):
        done = CliRunner().invoke(main, ["answers", name, "--data-dir", str(data_dir)])
        assert done.output == questions()[name].expected
    done = CliRunner().invoke(main, ["answers", "known-latte", "--data-dir", str(data_dir)])
    assert done.exit_code == 1
    assert "did you mean known-late?" in done.output


def test_a_misspelt_concept_is_named_with_file_line_and_the_nearest(tmp_path: Path) -> None:
    module = tmp_path / "zz"
    new_country("zz", "Exampland", module)
    act = module / "instruments" / "communications-act.ttl"
    text = act.read_text("utf-8").replace("function:remove-or-block ;", "function:remove-or-blok ;")
    act.write_text(text, "utf-8")
    line = text.splitlines().index("    mand:hasFunction function:remove-or-blok ;") + 1
    with pytest.raises(BuildError) as caught:
        assemble(extra=[module], with_findings=False)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("extra/zz/instruments/communications-act.ttl", line)
    assert "Did you mean function:remove-or-block?" in problem.hint


def test_files_of_one_name_in_two_countries_are_told_apart(tmp_path: Path) -> None:
    for code in ("yy", "zz"):
        new_country(code, f"Country {code}", tmp_path / code)
    files = [tmp_path / code / "actors.ttl" for code in ("yy", "zz")]
    folders = find_sources(extra=[tmp_path / "yy", tmp_path / "zz"], instances=False)
    alone = find_sources(extra=[*files, files[0]], instances=False)
    for sources, count in ((folders, 14), (alone, 2)):
        added = [source for source in sources if source.name.startswith("extra/")]
        assert len({s.name for s in added}) == len({s.graph for s in added}) == len(added) == count
        assert {"extra/yy/actors.ttl", "extra/zz/actors.ttl"} <= {s.name for s in added}
    assert GRAPH + "extra/zz/instruments/communications-act" in {s.graph for s in folders}
    assert "extra/actors.ttl" in {s.name for s in find_sources(extra=files[:1], instances=False)}
