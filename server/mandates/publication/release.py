"""A release: one folder with everything to deposit, the same bytes for the same input."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pyoxigraph as ox

from mandates import __version__
from mandates.dataset.dumps import CHECKSUMS, in_order
from mandates.dataset.names import BASE, DCT, RDF
from mandates.dataset.snapshot import Snapshot
from mandates.quality.check import Result
from mandates.quality.difference import Release
from mandates.quality.problems import Problem, Severity

_EARL = "http://www.w3.org/ns/earl#"
#: Parts of the project that a release holds as they are.
_PARTS = (
    "CHANGELOG.md", "CITATION.cff", "LICENSE", "LICENSE-data", "README.md", "docs", "instances",
    "ontology", "server/deploy/w3id/.htaccess", "shapes",
)  # fmt: skip


class ReleaseError(RuntimeError):
    """Something stands against the release; nothing was written.

    Attributes:
        problems: what, when checks found it.
    """

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        """Keep what stands against it."""
        super().__init__(message)
        self.problems = tuple(problems)


def make_release(
    root: Path,
    snapshot: Snapshot,
    ontology: Release,
    results: Sequence[Result],
    folder: Path,
    *,
    export: Callable[[Path], int],
) -> Path:
    """Write a release.

    Args:
        root: the project's folder.
        snapshot: what was built from it, with its dumps.
        ontology: the ontology as :func:`mandates.quality.difference.read_release` reads it.
        results: what the checks came to.
        folder: where to; must not exist.
        export: writes the site of plain files into a folder, gives the number of files.

    Returns:
        The folder.

    Raises:
        ReleaseError: the folder exists, a check failed or the project lacks a part.
    """
    if folder.exists():
        raise ReleaseError(f"{folder} exists already")
    failed = [result for result in results if not result.passed and not result.skipped]
    if failed:
        raise ReleaseError(
            f"these checks failed: {', '.join(result.name for result in failed)}",
            [problem for result in failed for problem in result.problems],
        )
    aside = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        for part in _PARTS:
            _copy(root / part, aside / part)
        shutil.copytree(snapshot.dumps, aside / "dumps")
        export(aside / "site")
        _reports(aside / "reports", root, results)
        _write_json(aside / "release.json", _facts(snapshot, ontology, results))
        sums = "".join(f"{digest}  {name}\n" for name, digest in _digests(aside))
        (aside / CHECKSUMS).write_text(sums, "utf-8")
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    aside.replace(folder)
    return folder


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    else:
        raise ReleaseError(f"{source}: the project lacks this part of a release")


def _reports(folder: Path, root: Path, results: Sequence[Result]) -> None:
    folder.mkdir()
    (folder / "checks.md").write_text(checks_page(results), "utf-8")
    (folder / "checks.ttl").write_bytes(checks_earl(results))
    for name in ("earl.ttl", "quality.md", "scoreboard.md"):
        _copy(root / "docs" / name, folder / name)


def checks_page(results: Iterable[Result]) -> str:
    """Say for people what the checks came to.

    >>> print(checks_page([Result("Style", "71 rules")]).splitlines()[-1])
    | Style | passed | 71 rules |
    """
    lines = ["# Checks", "", "| Check | Outcome | What was looked at |", "| --- | --- | --- |"]
    for result in results:
        lines.append(f"| {result.name} | {_outcome(result)} | {result.summary} |")
        lines += [
            f"| | {problem.severity.value} | {str(problem).replace('|', '/')} |"
            for problem in result.problems
        ]
    return "\n".join(lines) + "\n"


def checks_earl(results: Iterable[Result]) -> bytes:
    """Say for machines what the checks came to, as EARL 1.0 Schema has it.

    >>> b"earl:passed" in checks_earl([Result("Style", "71 rules")])
    True
    """

    def node(name: str) -> ox.NamedNode:
        return ox.NamedNode(name)

    triples = []
    for result in results:
        slug = result.name.lower().replace(" ", "-")
        one, test = node(f"{BASE}release#{slug}"), node(f"{BASE}release#test-{slug}")
        outcome = node(f"{BASE}release#result-{slug}")
        triples += [
            ox.Triple(one, node(RDF + "type"), node(_EARL + "Assertion")),
            ox.Triple(one, node(_EARL + "subject"), node(BASE + "dataset")),
            ox.Triple(one, node(_EARL + "test"), test),
            ox.Triple(one, node(_EARL + "mode"), node(_EARL + "automatic")),
            ox.Triple(one, node(_EARL + "result"), outcome),
            ox.Triple(outcome, node(RDF + "type"), node(_EARL + "TestResult")),
            ox.Triple(outcome, node(_EARL + "outcome"), node(_EARL + _outcome(result))),
            ox.Triple(outcome, node(_EARL + "info"), ox.Literal(result.summary, language="en")),
            ox.Triple(test, node(RDF + "type"), node(_EARL + "TestCriterion")),
            ox.Triple(test, node(DCT + "title"), ox.Literal(result.name, language="en")),
        ]
    prefixes = {"dct": DCT, "earl": _EARL, "release": f"{BASE}release#"}
    body = ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=prefixes)
    return in_order(body or b"")


def _outcome(result: Result) -> str:
    return "untested" if result.skipped else "passed" if result.passed else "failed"


def _facts(snapshot: Snapshot, ontology: Release, results: Iterable[Result]) -> dict[str, object]:
    return {
        "software": __version__,
        "dataset": snapshot.version,
        "quads": snapshot.quads,
        "ontologies": {
            module.iri: module.version for module in ontology.modules.values() if module.iri
        },
        "checks": {result.name: _outcome(result) for result in results},
        "warnings": sum(
            problem.severity is Severity.WARNING
            for result in results
            for problem in result.problems
        ),
    }


def _write_json(path: Path, content: object) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True)
    path.write_text(text + "\n", "utf-8")


def _digests(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        yield path.relative_to(folder).as_posix(), digest
