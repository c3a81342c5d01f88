"""The ``mandates`` command."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from mandates import __version__

if TYPE_CHECKING:
    from mandates.quality.problems import Problem

_out, _err = Console(soft_wrap=True), Console(stderr=True, soft_wrap=True)
_PAKISTAN = timezone(timedelta(hours=5))

_data_dir = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    envvar="MANDATES_DATA_DIR",
    default=Path("build/data"),
    show_default=True,
    help="Folder of the snapshots.",
)


class _Date(click.ParamType[datetime]):
    """A day, or a moment with an offset; a day is its midnight in Pakistan."""

    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no date; write it as 2025-08-06", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=_PAKISTAN)


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Show a step while it runs and how long it took when done."""
    began = perf_counter()
    with _err.status(f"{name} …"):
        yield
    _err.print(f"[green]✓[/green] {name} [dim]{perf_counter() - began:.1f} s[/dim]")


def _show(problems: Iterable[Problem]) -> None:
    for problem in problems:
        _err.print(str(problem), markup=False, highlight=False)


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
def build(data_dir: Path, root: Path | None, extra: tuple[Path, ...]) -> None:
    """Read the Turtle, check it, derive holdings and findings, write a snapshot.

    A mistake is named with file, line or node and rule; the last good snapshot then stays.
    """
    from mandates.build import BuildError
    from mandates.build import build as run

    try:
        snapshot, dataset = run(data_dir, root, extra, step=_step)
    except BuildError as error:
        _show(error.problems)
        _err.print("[red]Nothing was written; the last good snapshot stands.[/red]")
        sys.exit(1)
    _show(dataset.warnings)
    _out.print(f"{snapshot.folder}  version {snapshot.version}, {snapshot.quads:,} quads")


@main.command()
@_data_dir
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on.  [default: 8000]")
@click.option("--build/--no-build", "fresh", default=False, help="Build the dataset first.")
@click.pass_context
def serve(
    ctx: click.Context, data_dir: Path, host: str | None, port: int | None, fresh: bool
) -> None:
    """Serve the SPARQL endpoint and the pages.

    Builds the dataset when there is none. Every other setting is an environment variable
    MANDATES_…, listed in docs/operating.md.
    """
    from dataclasses import replace

    from mandates.web import Settings
    from mandates.web import serve as run

    if fresh or not (data_dir / "current").exists():
        ctx.invoke(build, data_dir=data_dir, root=None, extra=())
    settings = replace(Settings.from_environment(), data_dir=data_dir)
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
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
    table = Table(*(click.unstyle(name) for name in header), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    _out.print(table, markup=False)


@main.command()
@_data_dir
@click.option("--as-of", type=_Date(), help="Report on this day.  [default: today]")
@click.option("--known", type=_Date(), help="Use what was known on this day.")
@click.option(
    "--actors",
    default="",
    help="Institutions to compare, by abbreviation or name, separated by commas; all by default.",
)
@click.option("--minimum-score", type=click.IntRange(0, 100), default=0, show_default=True)
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
    type=click.Choice(["html", "csv"]),
    help="Write only this face (repeatable); all by default.",
)
def report(
    data_dir: Path,
    as_of: datetime | None,
    known: datetime | None,
    actors: str,
    minimum_score: int,
    folder: Path,
    faces: tuple[str, ...],
) -> None:
    """Report which mandates overlap, over what, since when, by which words, softened by what."""
    from mandates.analysis.actors import UnknownActorError
    from mandates.dataset.snapshot import SnapshotError, open_store, read_snapshot
    from mandates.report import FACES, make_report, render

    as_of = as_of or datetime.now(_PAKISTAN).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        snapshot = read_snapshot(data_dir)
        with _step("Read the dataset"):
            store = open_store(snapshot)
        with _step("Find overlaps"):
            model = make_report(
                store,
                as_of=as_of,
                known=known,
                actors=[name for name in actors.split(",") if name.strip()],
                version=snapshot.version,
                minimum_score=minimum_score,
            )
    except (SnapshotError, UnknownActorError) as error:
        raise click.ClickException(str(error)) from None
    folder.mkdir(parents=True, exist_ok=True)
    for face in faces or FACES:
        path = folder / f"overlaps-{as_of:%Y-%m-%d}.{face}"
        path.write_bytes(render(model, face))
        _out.print(str(path))


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def validate(files: tuple[Path, ...]) -> None:
    """Check Turtle FILES against the vocabulary, the shapes and the shipped record."""
    from mandates.build import BuildError, assemble
    from mandates.quality.problems import Severity

    try:
        problems = assemble(extra=files, step=_step, with_findings=False).warnings
    except BuildError as error:
        problems = error.problems
    _show(problems)
    errors = sum(p.severity is Severity.ERROR for p in problems)
    _out.print(f"{errors} errors, {len(problems) - errors} warnings")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
