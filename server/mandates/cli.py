"""The ``mandates`` command."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal

import click

from mandates import __version__

if TYPE_CHECKING:
    from rich.console import Console

    from mandates.quality.check import Result
    from mandates.quality.problems import Problem

_PAKISTAN = timezone(timedelta(hours=5))

_data_dir = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    envvar="MANDATES_DATA_DIR",
    default=Path("build/data"),
    show_default=True,
    help="Folder of the snapshots.",
)

_texts = click.option(
    "--texts",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="MANDATES_TEXTS",
    help="Folder of the statute texts in which quotations are looked up.",
)


class _Date(click.ParamType[datetime]):
    """A day, or a moment with an offset; a day is its midnight in Pakistan."""

    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        from mandates.report.days import read_moment

        try:
            return read_moment(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


# Imported when something is printed, so that the server starts without.
@cache
def _out() -> Console:
    from rich.console import Console

    # Without emoji=False the line number in "a.ttl:100:" becomes a picture.
    return Console(soft_wrap=True, emoji=False)


@cache
def _err() -> Console:
    from rich.console import Console

    return Console(stderr=True, soft_wrap=True, emoji=False)


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Show a step while it runs and how long it took when done."""
    began = perf_counter()
    with _err().status(f"{name} …"):
        yield
    _err().print(f"[green]✓[/green] {name} [dim]{perf_counter() - began:.1f} s[/dim]")


def _show(problems: Iterable[Problem]) -> None:
    for problem in problems:
        _err().print(str(problem), markup=False, highlight=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Who may or must do what in cyberspace, under which words of which law.

    Start with `mandates build`, then `mandates serve`, and open http://127.0.0.1:8000.
    """


@main.command()
@_data_dir
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Project folder with ontology/, instances/ and shapes/; the shipped one by default.",
)
@click.option(
    "--with",
    "extra",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Read this Turtle file or folder too (repeatable).",
)
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help="What finds the overlaps; Spark is for a record beyond one machine.",
)
def build(
    data_dir: Path, root: Path | None, extra: tuple[Path, ...], engine: Literal["duckdb", "spark"]
) -> None:
    """Read the Turtle, check it, derive holdings and findings, write a snapshot.

    A mistake is named with file, line or node and rule; the last good snapshot then stays.
    """
    from mandates.build import BuildError
    from mandates.build import build as run
    from mandates.overlap import EngineError

    try:
        snapshot, dataset = run(data_dir, root, extra, step=_step, engine=engine)
    except EngineError as error:
        raise click.ClickException(str(error)) from None
    except BuildError as error:
        _show(error.problems)
        _err().print("[red]Nothing was written; the last good snapshot stands.[/red]")
        sys.exit(1)
    _show(dataset.warnings)
    _out().print(f"{snapshot.folder}  version {snapshot.version}, {snapshot.quads:,} quads")


@main.command()
@_data_dir
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on.  [default: 8000]")
@click.option("--build/--no-build", "fresh", default=False, help="Build the dataset first.")
@click.option("--store", metavar="URL", help="Stand before this SPARQL 1.1 server instead.")
@click.option(
    "--allow-update/--no-update",
    default=None,
    help="Pass updates on to that server, for who sends MANDATES_UPDATE_TOKEN.  [default: not]",
)
@click.pass_context
def serve(
    ctx: click.Context,
    data_dir: Path,
    host: str | None,
    port: int | None,
    fresh: bool,
    store: str | None,
    allow_update: bool | None,
) -> None:
    """Serve the SPARQL endpoint and the pages.

    Builds the dataset when there is none. Every other setting is an environment variable
    MANDATES_…, listed in docs/operating.md.
    """
    from mandates.web import Settings
    from mandates.web import serve as run

    given: dict[str, object] = {
        "host": host,
        "port": port,
        "store": store,
        "allow_update": allow_update,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        settings = Settings.from_environment(None, **chosen, data_dir=data_dir)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    if not settings.store and (fresh or not (data_dir / "current").exists()):
        ctx.invoke(build, data_dir=data_dir, root=None, extra=(), engine="duckdb")
    name = f"[{settings.host}]" if ":" in settings.host else settings.host
    click.echo(f"Serving http://{name}:{settings.port} until Ctrl-C", err=True)
    run(settings)


@main.command()
@click.argument("file", type=click.File("r", encoding="utf-8"))
@_data_dir
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "tsv", "json", "xml", "turtle", "ntriples"]),
    help="How to print; a table or Turtle by default.",
)
def query(file: Iterable[str], data_dir: Path, form: str | None) -> None:
    """Run the SPARQL query in FILE (- for standard input) on the current snapshot.

    The project's prefixes are declared already.
    """
    from mandates.ask import AskError, ask

    try:
        answer = ask("".join(file), data_dir, form)
    except AskError as error:
        raise click.ClickException(str(error)) from None
    if isinstance(answer, bytes):
        sys.stdout.buffer.write(answer)
        return
    header, rows = answer
    from rich.console import Console
    from rich.table import Table

    # Nothing is cut: a terminal's lines are folded, a file's are as long as they need to be.
    table = Table(box=None, pad_edge=False)
    for name in header:
        table.add_column(click.unstyle(name), overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = _out() if _out().is_terminal else Console(width=100_000, soft_wrap=True, emoji=False)
    console.print(table, markup=False)


_names = "by abbreviation, last part of IRI or label, separated by commas"


@main.command()
@_data_dir
@click.option(
    "--as-of",
    type=_Date(),
    help="Report on this day, or moment with its offset; a day is its midnight in Pakistan, for "
    "every country.  [default: today]",
)
@click.option(
    "--between",
    "days",
    type=(_Date(), _Date()),
    metavar="DATE DATE",
    help="Report what appeared, ended and changed between two days, and what brought it about.",
)
@click.option(
    "--with",
    "bill",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Report what the bill in this Turtle file would change (repeatable).",
)
@click.option(
    "--without",
    metavar="INSTRUMENT",
    help="Report what this instrument of the record changed: the law without it, and with it.",
)
@click.option("--known", type=_Date(), help="Use what was known on this day.")
@click.option("--actors", default="", help=f"Institutions to compare, {_names}; all by default.")
@click.option("--subjects", default="", help=f"Matters to look at, {_names}; all by default.")
@click.option("--layers", default="", help=f"Layers to look at, {_names}; all by default.")
@click.option("--countries", default="", help="Legal orders, as pk,gb; all by default.")
@click.option("--minimum-score", type=click.IntRange(0, 100), default=0, show_default=True)
@click.option(
    "--language",
    default="en",
    show_default=True,
    help="Language of names, where the record has them in it (en, ur).",
)
@click.option(
    "--previous",
    type=click.Path(exists=True, path_type=Path),
    help="Snapshot folder of an earlier release; says what changed since.",
)
@click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build/report"),
    show_default=True,
    help="Folder to write to.",
)
@click.option(
    "--format",
    "faces",
    multiple=True,
    type=click.Choice(["html", "pdf", "md", "csv", "json", "ttl", "atom"]),
    help="Write this face (repeatable).  [default: html, csv]",
)
@click.option(
    "--schedule-example",
    is_flag=True,
    help="Print how to have a report made by cron and by a CI job, and stop.",
)
def report(
    data_dir: Path,
    as_of: datetime | None,
    days: tuple[datetime, datetime] | None,
    bill: tuple[Path, ...],
    without: str | None,
    known: datetime | None,
    actors: str,
    subjects: str,
    layers: str,
    countries: str,
    minimum_score: int,
    language: str,
    previous: Path | None,
    folder: Path,
    faces: tuple[str, ...],
    schedule_example: bool,
) -> None:
    """Report which mandates overlap, over what, since when, by which words, softened by what.

    A report is of the state on a day (--as-of), of the changes between two days (--between), or of
    what a bill (--with) would change or an instrument (--without) has changed.
    """
    from mandates.analysis.actors import UnknownNameError, split_names
    from mandates.analysis.bill import BillError
    from mandates.dataset.names import GRAPH
    from mandates.dataset.snapshot import SnapshotError, open_store, open_union, read_snapshot
    from mandates.report import MissingExtraError, Report, Scope, render, schedule_text
    from mandates.report import making as make

    if schedule_example:
        click.echo(schedule_text())
        return
    if sum((days is not None, bool(bill), without is not None)) > 1:
        raise click.UsageError("--between, --with and --without are three different reports")
    if days is not None and as_of is not None:
        raise click.UsageError("--between says both days; leave --as-of out")

    today = datetime.now(_PAKISTAN).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        snapshot = read_snapshot(data_dir)
        with _step("Read the dataset"):
            # Findings are computed anew for the day asked for; reading those of the build is waste.
            # A bill is laid over what was asserted, which only the named graphs tell.
            laid = bool(bill) or without is not None
            findings = GRAPH + "derived/findings"
            store = open_store(snapshot) if laid else open_union(snapshot, [findings])
        version = snapshot.version
        scope = Scope(
            split_names(store, "Actor", actors),
            split_names(store, "SubjectMatter", subjects),
            split_names(store, "CyberspaceLayer", layers),
            countries,
            minimum_score,
            language,
        )
        with _step("Find overlaps"):
            if days is not None:
                since, until = days
                name = f"changes-{since:%Y-%m-%d}-{until:%Y-%m-%d}"
                model: Report = make.make_comparison(
                    store, since=since, until=until, known=known, scope=scope, version=version
                )
            elif bill:
                name = f"bill-{'-'.join(path.stem for path in bill)}"
                model = make.make_what_if(
                    store, bill=bill, as_of=as_of, known=known, scope=scope, version=version
                )
            elif without is not None:
                name = f"without-{without.rsplit('/', 1)[-1]}"
                model = make.make_counterfactual(
                    store, instrument=without, as_of=as_of, scope=scope, version=version
                )
            else:
                as_of = as_of or today
                name = f"overlaps-{as_of:%Y-%m-%d}"
                earlier = read_snapshot(previous) if previous else None
                model = make.make_report(
                    store,
                    as_of=as_of,
                    known=known,
                    scope=scope,
                    version=version,
                    earlier=open_store(earlier) if earlier else None,
                    earlier_version=earlier.version if earlier else "",
                )
    except (SnapshotError, UnknownNameError, BillError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    folder.mkdir(parents=True, exist_ok=True)
    missing: list[str] = []
    for face in faces or ("html", "csv"):
        path = folder / f"{name}.{face}"
        try:
            path.write_bytes(render(model, face))
        except MissingExtraError as error:  # the other faces do not wait for it
            missing.append(str(error))
        else:
            _out().print(str(path))
    if missing:
        raise click.ClickException("; ".join(missing))


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@_texts
def validate(files: tuple[Path, ...], texts: Path | None) -> None:
    """Check Turtle FILES against the vocabulary, the shapes and the shipped record.

    With the texts, also look up every quotation and the section of every locator.
    """
    from mandates.build import BuildError, examine, read
    from mandates.dataset.sources import find_sources
    from mandates.quality.problems import Severity, counted, placed
    from mandates.quality.quotations import check_locators, check_quotations, read_texts

    problems: list[Problem] = []
    try:
        if texts:
            with _step("Look up quotations and locators"):
                loaded, at_hand = read(find_sources(extra=files)), read_texts(texts)
                for look_up in (check_quotations, check_locators):
                    problems += placed(look_up(loaded.store(), at_hand)[1], loaded.sources)
        problems += examine(files, step=_step)
    except BuildError as error:
        problems += error.problems
    _show(problems)
    errors = sum(p.severity is Severity.ERROR for p in problems)
    _out().print(f"{counted(errors, 'error')}, {counted(len(problems) - errors, 'warning')}")
    sys.exit(1 if errors else 0)


@main.command()
@_texts
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Earlier release (a folder with ontology/ in it): check that versions, change notes and "
    "migrations are honest about what changed since, and nothing else.",
)
def check(texts: Path | None, against: Path | None) -> None:
    """Run every check: terms, shapes, reasoner, questions, quotations.

    What can't be run here is named at the end; that is no failure.
    """
    if against is not None:
        sys.exit(_compare(against))
    from tempfile import TemporaryDirectory

    from mandates.build import BuildError
    from mandates.build import build as run
    from mandates.quality.check import run_checks
    from mandates.quality.problems import counted

    failed, skipped = 0, list[str]()
    with TemporaryDirectory() as folder:
        try:
            snapshot, dataset = run(Path(folder), step=_step)
        except BuildError as error:
            _show(error.problems)
            sys.exit(1)
        for result in run_checks(snapshot, dataset.sources, dataset.warnings, texts=texts):
            _result(result)
            failed += not result.passed and not result.skipped
            skipped += [result.name] * result.skipped
    if skipped:
        verb = "was" if len(skipped) == 1 else "were"
        _out().print(f"{counted(len(skipped), 'check')} {verb} not run: {', '.join(skipped)}")
    sys.exit(1 if failed else 0)


def _result(result: Result) -> None:
    mark = "-" if result.skipped else "✓" if result.passed else "✗"
    _out().print(f"{mark} {result.name}: {result.summary}", markup=False, highlight=False)
    _show(result.problems)


@main.command()
@_data_dir
@_texts
@click.option("--country", default="pk", show_default=True, help="Whose record to count.")
def coverage(data_dir: Path, texts: Path | None, country: str) -> None:
    """Print as Markdown what the record stands on and what is missing.

    Counts the current snapshot. With the texts, also looks up every quotation.
    """
    from mandates.dataset.snapshot import SnapshotError, open_store, read_snapshot
    from mandates.quality.coverage import measure, render
    from mandates.quality.quotations import read_texts

    try:
        store = open_store(read_snapshot(data_dir))
    except SnapshotError as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        render(measure(store, read_texts(texts) if texts else None, country=country)), nl=False
    )


def _compare(against: Path) -> int:
    """Say what changed since an earlier release; give the exit status."""
    from mandates.dataset.loading import LoadError
    from mandates.dataset.sources import project_root
    from mandates.quality.difference import check_release, describe, differences, read_release
    from mandates.quality.migrations import read_migrations
    from mandates.quality.problems import counted

    try:
        old, new = read_release(against), read_release(project_root())
    except LoadError as error:
        raise click.ClickException(f"{error.file}:{error.line}: {error.reason}") from None
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from None
    for difference in differences(old, new):
        module = difference.new or difference.old
        assert module
        _out().print(f"{module.name}: {describe(difference)}", markup=False, highlight=False)
    problems = check_release(old, new, [step.text for step in read_migrations()])
    _show(problems)
    _out().print(counted(len(problems), "error"))
    return 1 if problems else 0


_only = click.option(
    "--only",
    multiple=True,
    metavar="PATH",
    help="Leave out of the site what is not under this path, as id/pk/actor (repeatable).",
)
_site = click.option(
    "--site",
    metavar="URL",
    default="https://w3id.org/mandates",
    show_default=True,
    help="Public address of a server, to which the site's forms and queries lead.",
)


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int], None]]:
    """Show how far a long step has come."""
    with _err().status(f"{name} …") as status:
        yield lambda done, total: status.update(f"{name} … {done:,} of {total:,}")


@main.command()
@_data_dir
@_only
@_site
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Folder to write.")
def export(data_dir: Path, only: tuple[str, ...], site: str, output: Path) -> None:
    """Write all pages and documents of the snapshot as files, for any file server."""
    from mandates.dataset.snapshot import SnapshotError
    from mandates.publication import ExportError, export_site
    from mandates.quality.problems import counted

    try:
        with _progress("Write the site") as progress:
            count = export_site(
                data_dir, output, site=site.rstrip("/"), only=only, progress=progress
            )
    except (SnapshotError, ExportError) as error:
        raise click.ClickException(str(error)) from None
    _out().print(f"{counted(count, 'file')} in {output}", markup=False, highlight=False)


@main.command()
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Folder to write.")
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Earlier release: refuse when version, notes or migrations are not honest about changes.",
)
@click.option(
    "--texts",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="MANDATES_TEXTS",
    help="Folder of the statute texts in which quotations are looked up.",
)
@_only
@_site
def release(
    output: Path, against: Path | None, texts: Path | None, only: tuple[str, ...], site: str
) -> None:
    """Build, check and write everything that is to be deposited into one folder.

    The folder gets sources, dumps, the site of plain files, reports and checksums; nothing is
    written when a check fails.
    """
    from tempfile import TemporaryDirectory

    from mandates.build import BuildError
    from mandates.build import build as run
    from mandates.dataset.sources import project_root
    from mandates.publication import ExportError, ReleaseError, export_site, make_release
    from mandates.quality.check import run_checks
    from mandates.quality.difference import read_release

    if output.exists():
        raise click.ClickException(f"{output} exists already")
    if against is not None and _compare(against):
        raise click.ClickException(f"the release is not honest about what changed since {against}")
    with TemporaryDirectory() as work:
        data_dir = Path(work) / "data"
        try:
            snapshot, dataset = run(data_dir, step=_step)
            results = []
            for result in run_checks(snapshot, dataset.sources, dataset.warnings, texts=texts):
                _result(result)
                results.append(result)
            with _progress("Write the site") as progress:
                make_release(
                    project_root(),
                    snapshot,
                    read_release(project_root()),
                    results,
                    output,
                    export=lambda folder: export_site(
                        data_dir, folder, site=site.rstrip("/"), only=only, progress=progress
                    ),
                )
        except BuildError as error:
            _show(error.problems)
            sys.exit(1)
        except (ExportError, ReleaseError) as error:
            raise click.ClickException(str(error)) from None
    _out().print(f"Dataset {snapshot.version} in {output}", markup=False, highlight=False)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Turtle to write.")
def migrate(file: Path, output: Path) -> None:
    """Bring the data in the Turtle FILE up to the present version of the ontology.

    Comments and order are not kept, so the result goes to a file of its own.
    """
    import pyoxigraph as ox

    from mandates.dataset.dumps import in_order
    from mandates.dataset.names import PREFIXES
    from mandates.kit.country import write_whole
    from mandates.quality.migrations import migrate as run
    from mandates.quality.migrations import read_migrations
    from mandates.quality.problems import counted

    try:
        quads = list(ox.parse(file.read_bytes(), format=ox.RdfFormat.TURTLE))
    except SyntaxError as error:
        raise click.ClickException(f"{file}: {error}") from None
    changed, steps = run(quads, read_migrations())
    body = ox.serialize(
        (quad.triple for quad in changed), format=ox.RdfFormat.TURTLE, prefixes=dict(PREFIXES)
    )
    write_whole(output, in_order(body or b"").decode())
    for step in steps:
        _out().print(f"{'.'.join(map(str, step.version))} {step.name}: {step.reason}", markup=False)
    changes = counted(len(steps), "migration")
    _out().print(f"{changes} changed something; written to {output}", markup=False)


@main.command("format")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--check", is_flag=True, help="Change nothing; fail when a file would change.")
def format_command(files: tuple[Path, ...], check: bool) -> None:
    """Put Turtle FILES or folders (all of the project's when none is named) into one form.

    Sorts prefixes and clears white space; order, comments and triples stay as they are.
    """
    from mandates.dataset.sources import Source, find_sources
    from mandates.quality.turtle import check_turtle, tidy

    named = [p for f in files for p in (sorted(f.rglob("*.ttl")) if f.is_dir() else [f])]
    sources = [Source(str(f), f, "") for f in named] if files else find_sources()
    problems = check_turtle(sources)
    if check:
        _show(problems)
        sys.exit(1 if problems else 0)
    for source in sources:
        if source.name in {p.file for p in problems}:
            source.path.write_bytes(tidy(source.path.read_text("utf-8")).encode())
            _out().print(source.name)


@main.command("new-country")
@click.argument("code")
@click.option("--name", required=True, help="The country's name in English.")
@click.option("--offset", default="+00:00", show_default=True, help="Its midnight from UTC.")
@click.option(
    "--output",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder to write; CODE in the working folder by default.",
)
def new_country_command(code: str, name: str, offset: str, folder: Path | None) -> None:
    """Write a small working module for the country CODE (two letters), with comments.

    See docs/tutorial-new-country.md.
    """
    from mandates.kit import KitError, new_country

    try:
        for path in new_country(code, name, folder or Path(code), offset=offset):
            _out().print(str(path), markup=False, highlight=False)
    except KitError as error:
        raise click.ClickException(str(error)) from None


@main.group()
def table() -> None:
    """Turn mandates in a spreadsheet (CSV) into Turtle, and back.

    The columns are described in docs/tutorial-new-country.md.
    """


@table.command("template")
def table_template() -> None:
    """Print the head of an empty table."""
    from mandates.kit import write_table

    sys.stdout.write(write_table([]))


@table.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--country", "code", required=True, help="Two letters of the country.")
@click.option("--offset", default="+00:00", show_default=True, help="Its midnight from UTC.")
@click.option(
    "--with",
    "extra",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Take concepts from this Turtle file or folder too (repeatable).",
)
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Turtle to write.")
def table_import(file: Path, code: str, offset: str, extra: tuple[Path, ...], output: Path) -> None:
    """Make Turtle of the CSV FILE; a table with a broken row makes nothing."""
    from mandates.kit import TableError, known_concepts, read_table, to_turtle
    from mandates.kit.country import check_code, check_offset, write_whole
    from mandates.quality.problems import counted

    try:
        check_code(code)
        check_offset(offset)
        rows = read_table(file.read_text("utf-8"), known_concepts(extra), name=file.name)
        write_whole(output, to_turtle(rows, code, offset=offset))
    except TableError as error:
        _show(error.problems)
        mistakes = counted(len(error.problems), "mistake")
        _err().print(f"[red]{mistakes}; nothing was written.[/red]")
        sys.exit(1)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    _out().print(f"{counted(len(rows), 'mandate')} in {output}", markup=False)


@table.command("export")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--output", required=True, type=click.Path(path_type=Path), help="CSV to write.")
def table_export(files: tuple[Path, ...], output: Path) -> None:
    """Make a CSV table of the mandates in Turtle FILES; what no row can hold is named."""
    from mandates.dataset.loading import LoadError, load
    from mandates.dataset.sources import Source
    from mandates.kit import TableError, from_turtle, write_table
    from mandates.kit.country import write_whole
    from mandates.quality.problems import counted

    paths = [p for f in files for p in (sorted(f.rglob("*.ttl")) if f.is_dir() else [f])]
    sources = [Source(str(p), p, p.resolve().as_uri()) for p in paths]
    try:
        rows = from_turtle(load(sources).store(), name=str(files[0]))
        write_whole(output, write_table(rows))
    except TableError as error:
        _show(error.problems)
        misfits = counted(len(error.problems), "mandate does", "mandates do")
        _err().print(f"[red]{misfits} not fit; nothing was written.[/red]")
        sys.exit(1)
    except LoadError as error:
        raise click.ClickException(f"{error.file}:{error.line}: {error.reason}") from None
    _out().print(f"{counted(len(rows), 'mandate')} in {output}", markup=False)


@main.command()
@click.argument("name")
@_data_dir
def answers(name: str, data_dir: Path) -> None:
    """Print what the question NAME gets from the current snapshot, as its known answers stand.

    Compare it with server/mandates/questions/NAME.csv: a row that is right by the law goes into the
    file, any other is a mistake of the record.
    """
    from mandates.dataset.questions import questions, written
    from mandates.dataset.snapshot import SnapshotError, open_store, read_snapshot

    if name not in questions():
        from difflib import get_close_matches

        near = get_close_matches(name, questions(), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise click.ClickException(f"there is no question {name!r}{hint}")
    try:
        store = open_store(read_snapshot(data_dir))
    except SnapshotError as error:
        raise click.ClickException(str(error)) from None
    sys.stdout.write(written(store, questions()[name]))


if __name__ == "__main__":
    main()
