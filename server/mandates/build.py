"""Build the dataset: read, entail, check, derive, find, write; in this order and no other.

Nothing is replaced until all of it has passed, so a mistake in the record leaves the last good
snapshot serving.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from mandates.analysis.graph import answers, describe, legal_orders, mitigations
from mandates.analysis.statements import read_statements
from mandates.analysis.world import read_world
from mandates.dataset.description import describe_dataset
from mandates.dataset.entail import entail
from mandates.dataset.holdings import derive
from mandates.dataset.loading import Loaded, LoadError, load
from mandates.dataset.lookup import labels
from mandates.dataset.names import MAND, OWL
from mandates.dataset.search import write_index
from mandates.dataset.snapshot import SEARCH_FILE, Snapshot, write_snapshot
from mandates.dataset.sources import Source, find_sources
from mandates.overlap import Engine, find, require
from mandates.quality import validate
from mandates.quality.problems import Problem, Severity

Step = Callable[[str], AbstractContextManager[object]]


class BuildError(Exception):
    """The record has mistakes; nothing was written.

    Attributes:
        problems: every mistake found, with file, line or node, and rule.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Dataset:
    """A built dataset in memory.

    Attributes:
        store: every quad in its named graph.
        sources: the files that were read.
        warnings: problems that do not stop a build.
    """

    store: ox.Store
    sources: list[Source]
    warnings: list[Problem]

    @property
    def ontology(self) -> str:
        """Version IRI of the core ontology."""
        node, version = ox.NamedNode(MAND.removesuffix("#")), ox.NamedNode(OWL + "versionIRI")
        for quad in self.store.quads_for_pattern(node, version, None, None):
            return quad.object.value  # type: ignore[union-attr]
        return ""


def assemble(
    root: Path | None = None,
    extra: Sequence[Path] = (),
    *,
    step: Step | None = None,
    check: bool = True,
    with_findings: bool = True,
    engine: Engine = "duckdb",
) -> Dataset:
    """Do everything but write.

    Args:
        root: the project's folder; the shipped project when absent.
        extra: further Turtle files, for example a bill or a new country.
        step: gives a context manager for each named step, to show progress.
        check: whether to validate terms and shapes.
        with_findings: whether to run the overlap method.
        engine: what runs it.

    Returns:
        The dataset in memory.

    Raises:
        BuildError: a file can't be parsed or breaks a rule.
        EngineError: the engine needs something that is not installed; nothing was read.
    """
    if with_findings:
        require(engine)
    step = step or (lambda _: nullcontext())
    with step("Read ontology and record"):
        loaded = read(find_sources(root, extra))
        store = loaded.store()
    with step("Derive what the ontology entails"):
        store.bulk_extend(entail(store))
    problems: list[Problem] = []
    if check:
        with step("Check terms and shapes"):
            problems = validate(store, loaded.sources)
        if any(p.severity is Severity.ERROR for p in problems):
            raise BuildError(problems)
    with step("Derive holdings"):
        store.bulk_extend(derive(store))
        store.bulk_extend(entail(store))
    if with_findings:
        with step("Find overlaps"):
            _add_findings(store, engine)
            store.bulk_extend(entail(store))
        with step("Describe the dataset"):
            store.bulk_extend(list(describe_dataset(store)))
    return Dataset(store, loaded.sources, problems)


def examine(
    extra: Sequence[Path], root: Path | None = None, *, step: Step | None = None
) -> list[Problem]:
    """Check files that are added to a record known to be right, without building it.

    Args:
        extra: the files.
        root: the project's folder; the shipped project when absent.
        step: gives a context manager for each named step, to show progress.

    Returns:
        Everything wrong, errors first.

    Raises:
        BuildError: a file can't be parsed.
    """
    step = step or (lambda _: nullcontext())
    with step("Read ontology and record"):
        loaded = read(find_sources(root, extra))
        store = loaded.store()
    with step("Derive what the ontology entails"):
        store.bulk_extend(entail(store))
    with step("Check terms and shapes"):
        added = [source for source in loaded.sources if source.added]
        return validate(store, loaded.sources, added)


def read(sources: list[Source]) -> Loaded:
    """Parse every file, and name every file that can't be parsed before giving up.

    Raises:
        BuildError: one or more files can't be parsed.
    """
    problems = []
    for source in sources:
        try:
            load([source])
        except LoadError as error:
            problems.append(
                Problem(
                    rule="turtle-syntax",
                    severity=Severity.ERROR,
                    message=error.reason,
                    file=error.file,
                    line=error.line or None,
                )
            )
    if problems:
        raise BuildError(problems)
    return load(sources)


def _add_findings(store: ox.Store, engine: Engine) -> None:
    """Run the overlap method over a store with holdings and add what it finds.

    With the findings go links to them from what others have named.
    """
    found = find(read_world(store), engine=engine)
    links = answers(read_statements(store), found)
    for text in describe(found, labels(store), mitigations(store), legal_orders(store)):
        # Every IRI was checked when it was written.
        store.bulk_load(text, format=ox.RdfFormat.N_QUADS, lenient=True)
    store.bulk_extend(links)


def build(
    data_dir: Path,
    root: Path | None = None,
    extra: Sequence[Path] = (),
    *,
    step: Step | None = None,
    engine: Engine = "duckdb",
) -> tuple[Snapshot, Dataset]:
    """Build the dataset and make it the current snapshot of a folder.

    Args:
        data_dir: folder of the snapshots.
        root: the project's folder; the shipped project when absent.
        extra: further Turtle files.
        step: gives a context manager for each named step, to show progress.
        engine: what runs the overlap method.

    Returns:
        The snapshot, and the dataset it was written from.

    Raises:
        BuildError: the record has mistakes; the last good snapshot stays current.
        EngineError: the engine needs something that is not installed; so it does here.
    """
    dataset = assemble(root, extra, step=step, engine=engine)
    step = step or (lambda _: nullcontext())
    with step("Write the snapshot"):
        snapshot = write_snapshot(
            data_dir,
            dataset.store,
            ontology=dataset.ontology,
            dumps=True,
            extras=lambda folder: write_index(folder / SEARCH_FILE, dataset.store),
        )
    return snapshot, dataset
