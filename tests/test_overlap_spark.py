"""Spark runs the same statements as DuckDB: what it finds is the same, to the last number."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from hypothesis import Phase, given, seed, settings

from mandates.analysis.world import read_world
from mandates.cli import main
from mandates.overlap import EngineError, find, require, spark
from mandates.overlap.engine import Step
from mandates.overlap.findings import Findings
from mandates.overlap.tables import Rows, World
from overlap_worlds import merged, worlds


def _missing() -> str:
    try:
        require("spark")
    except EngineError as error:
        return str(error)
    return ""


needs_spark = pytest.mark.skipif(bool(_missing()), reason=_missing())

#: For little data: little is started, little is compiled.
SMALL = {
    "spark.master": "local[2]",
    "spark.driver.defaultJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    "spark.driver.memory": "2g",
    "spark.default.parallelism": "1",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.ui.enabled": "false",
}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark of our own on this machine, which the calls under test find running."""
    here, scratch = _visible(Path.cwd()), tmp_path_factory.mktemp("scratch")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(scratch))
        with spark.spark_session(SMALL) as running:
            process = spark.SparkContext._gateway.proc
            yield running
    # It leaves nothing: no Java, no files.
    assert process.poll() is not None
    assert _visible(Path.cwd()) == here
    assert [*scratch.iterdir()] == []


def _visible(folder: Path) -> set[str]:
    """What lies in a folder but the hidden folders in which tools of testing keep things."""
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def _some(count: int, start: int) -> list[Rows]:
    """Draw worlds, the same ones every time."""
    drawn: list[Rows] = []

    @seed(start)
    @settings(max_examples=count, database=None, phases=[Phase.generate], deadline=None)
    @given(worlds())
    def draw(rows: Rows) -> None:
        drawn.append(rows)

    draw()
    return drawn


def assert_same(got: Findings, wanted: Findings) -> None:
    assert got.keys == wanted.keys
    for part in ("table", "evidence", "shares"):
        mine, theirs = getattr(got, part), getattr(wanted, part)
        assert [*mine] == [*theirs]
        for column in mine:
            np.testing.assert_array_equal(mine[column], theirs[column], f"{part}: {column}")


@needs_spark
@pytest.mark.slow
def test_engines_agree_on_a_world_in_which_everything_meets(session: object) -> None:
    world = World.from_rows(merged(_some(40, 3)))
    wanted = find(world)
    assert len({*wanted.table["relation"].tolist()}) > 15
    assert_same(find(world, engine="spark"), wanted)


@needs_spark
@pytest.mark.slow
def test_engines_agree_on_the_shipped_record_as_of_a_day(session: object, record: ox.Store) -> None:
    world, as_of = read_world(record), datetime(2025, 3, 1, tzinfo=UTC)
    assert_same(find(world, as_of=as_of, engine="spark"), find(world, as_of=as_of))


@needs_spark
@pytest.mark.slow
def test_engines_agree_that_in_an_empty_world_there_is_nothing(session: Any) -> None:
    # What else runs on that Spark is left as it was, a table of the same name too.
    before = spark.SparkSession.getActiveSession() or session
    before.sql("SELECT 42 AS answer").createOrReplaceTempView("mandate")
    assert len(find(World.from_rows(Rows()), engine="spark")) == 0
    active = spark.SparkSession.getActiveSession()
    assert active.table("mandate").collect() == [(42,)]
    assert not active.catalog.tableExists("pair")


STATEMENTS = """
SET disabled_optimizers = 'join_order';
CREATE MACRO twice(x, y) AS x * 2 + y;
CREATE TABLE t AS SELECT a::INTEGER AS a, nullif(b, 0)::INTEGER AS b, name FROM given;
CREATE VIEW v AS SELECT * EXCLUDE (name) FROM t WHERE a <> 0;
CREATE TABLE u (a BIGINT, b TINYINT, c BIGINT[]);
INSERT INTO u SELECT a, 1, list(a ORDER BY a) FROM t GROUP BY ALL;
INSERT INTO u BY NAME SELECT max(a, 3) AS c, 2 AS b, count(*) AS a FROM t GROUP BY name;
CREATE TABLE gone AS SELECT 1 AS x;
DROP TABLE gone;
RESET disabled_optimizers;
"""
QUERIES = (
    "SELECT a // 3 AS x, a % 3 AS y, 20 // (a - 3) * 2 AS z, a - 2 * (a // 2) AS w FROM t",
    "SELECT row_number() OVER (ORDER BY b, a) AS n, a FROM t",
    "SELECT row_number() OVER (ORDER BY b DESC, a) AS n, a FROM t",
    "SELECT count(*) AS n, max(i) AS m FROM (SELECT row_number() OVER () - 1 AS i, * FROM t)",
    "SELECT twice(a - 1, twice(a, 1)) - 1 AS x FROM t",
    "SELECT a, b, unnest(c) AS c FROM u",
    "SELECT a, b, c[1] AS first, array_length(c) AS n FROM u",
    "SELECT name, unnest(list(a ORDER BY b, a)) AS x FROM t GROUP BY name",
    "SELECT name, list(a ORDER BY b DESC)[1] AS x FROM t WHERE b > 0 GROUP BY name",
    "SELECT array_length(list(b)) AS n FROM t",
    "SELECT (sum(a::HUGEINT * 4611686018427387904) // 4611686018427387904)::BIGINT AS x FROM t",
    "SELECT name, substr(sha256(concat_ws(chr(10), name, a::VARCHAR)), 1, 20) AS key FROM t",
    "SELECT name, a FROM t QUALIFY row_number() OVER (PARTITION BY name ORDER BY a DESC) = 1",
    "SELECT name, count(*) FILTER (WHERE a > 0) AS n, bool_or(a > 4) AS o FROM t GROUP BY name",
    "SELECT a, coalesce(sum(a) OVER (ORDER BY a ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), 0) AS x "
    "FROM v",
)


@needs_spark
@pytest.mark.slow
def test_statements_mean_the_same_to_both(session: Any) -> None:
    given = {
        "a": np.array([-7, -1, 0, 2, 5, 5, 9]),
        "b": np.array([3, 0, 1, 0, 2, -2, 1]),
        "name": np.array(["x", "y", "x", "z", "x", "y", "x"], dtype=object),
    }
    tables = spark.SparkTables(session.newSession())
    tables.register({"given": given})
    asked = [Step(query, query, ("all",)) for query in QUERIES]
    found = tables.run([Step("all", STATEMENTS, ())], asked)
    with duckdb.connect() as connection:
        connection.register("given", given)
        connection.execute(STATEMENTS)
        for query in QUERIES:
            wanted = connection.execute(query).fetchall()
            names = [column[0] for column in connection.description or ()]
            got = found[query]
            assert [*got] == names
            rows = zip(*(got[name].tolist() for name in names), strict=True)
            assert sorted(rows) == sorted(wanted), query


@needs_spark
@pytest.mark.slow
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE t SET a = 1",
        "SET default_null_order = 'nulls_first'",
        "CREATE INDEX i ON t (a)",
        "CREATE MACRO f(x) AS TABLE SELECT x",
        "CREATE TABLE x AS SELECT arg_max(a, b, 2) AS x FROM t",
        "CREATE TABLE x AS SELECT min(a, 2) AS x FROM t",
        "CREATE TABLE x AS SELECT string_agg(name, ',' ORDER BY a) AS x FROM t",
        "CREATE TABLE x AS SELECT list(a ORDER BY b, a DESC) AS x FROM t",
        "CREATE TABLE x AS SELECT list(a ORDER BY b NULLS FIRST) AS x FROM t",
        "PRAGMA disable_optimizer",
    ],
)
def test_what_has_no_translation_is_refused(session: Any, statement: str) -> None:
    with pytest.raises(EngineError, match="no translation for Spark"):
        spark.SparkTables(session).run([Step("one", statement, ())])


def test_without_the_extra_the_error_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda _: None)
    got = CliRunner().invoke(
        main, ["build", "--engine", "spark", "--data-dir", str(tmp_path / "d")]
    )
    assert got.exit_code == 1
    assert "needs pyspark, pyarrow, sqlglot: pip install 'mandates[spark]'" in got.output
    assert not (tmp_path / "d").exists()


@needs_spark
@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'openjdk version \"11.0.2\" 2019-01-15' >&2", "has 11.0.2"),
        ("exit 1", "none that runs"),
    ],
)
def test_without_a_java_for_spark_the_error_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, why: str
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    # As if no other test had started a Spark in this process.
    monkeypatch.setattr(spark.SparkSession, "getActiveSession", lambda: None)
    monkeypatch.setattr(spark.SparkContext, "_active_spark_context", None)
    with pytest.raises(EngineError, match=f"needs Java 17 or later.*{tmp_path} .*{why}"):
        find(World.from_rows(Rows()), engine="spark")
