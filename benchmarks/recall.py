"""Measure the findings against the overlaps that others have named, beside baselines and ablations.

    python benchmarks/recall.py [--data-dir build/data] [--write]

The yardstick is every ``mand:OverlapStatement`` of the record: a court, committee, official,
journalist or scholar who names an overlap, conflict, gap or limit between institutions. A statement
counts as found at one of three levels (`mandates.analysis.statements.Matcher`): *pair*, *subject*
and *relation* (with the day of the statement within the time of the finding). Statements name few
of the true overlaps, so precision is measured where they speak: of the pairs of institutions and
subjects that a method reports among institutions that any statement names, how many does a
statement name? That is a floor, not a rate of errors, and serves to compare methods.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import duckdb
import pyoxigraph as ox

from mandates.analysis.statements import Matcher, Named, read_statements
from mandates.analysis.world import plain, read_world
from mandates.dataset.lookup import labels, table
from mandates.dataset.snapshot import open_store, read_snapshot
from mandates.overlap import find
from mandates.overlap.findings import Finding
from mandates.overlap.reference import Hierarchy
from mandates.overlap.tables import Rows, World

LEVELS = ("pair", "subject", "relation")
RESULTS = Path(__file__).parent / "results"
#: Relations in which mandates meet; the rest place institutions beside each other.
SCOPED = {
    "duplication",
    "overlap",
    "coordinated-overlap",
    "overlap-by-designation",
    "unsaved-overlap",
    "contested-holding",
    "oversight",
    "succession",
    "transition",
    "related-assignment",
    "interacting-assignment",
    "concurrence-required",
}


@dataclass(frozen=True)
class Score:
    """How many statements a method finds at each level, and its precision where they speak."""

    method: str
    findings: int
    found: dict[str, int]
    of: int
    precision: float

    def row(self) -> str:
        """Return a line of a Markdown table."""
        shares = " | ".join(f"{self.found[k]} ({self.found[k] / self.of:.2f})" for k in LEVELS)
        return f"| {self.method} | {self.findings:,} | {shares} | {self.precision:.2f} |"


def score(
    method: str,
    findings: list[Finding],
    statements: Iterable[Named],
    hierarchy: Hierarchy,
    *,
    relations: bool = True,
) -> tuple[Score, dict[str, frozenset[str]]]:
    """Hold a set of findings against the statements."""
    matcher = Matcher(hierarchy)
    named = tuple(statements)
    best: dict[str, frozenset[str]] = {}
    for statement in named:
        levels: frozenset[str] = frozenset()
        for finding in findings:
            levels |= matcher.match(statement, finding)
            if len(levels) == len(LEVELS):
                break
        best[statement.iri] = levels if relations else levels - {"relation"}
    spoken = {actor for s in named for actor in s.actors}
    reported: dict[tuple[tuple[str, ...], str], bool] = {}
    for finding in findings:
        pair = tuple(sorted(set(finding.actors)))
        if len(pair) != 2 or not spoken.issuperset(pair) or not finding.subject_cell:
            continue
        cell = (pair, plain(finding.subject_cell))
        if not reported.get(cell):
            reported[cell] = any("subject" in matcher.match(s, finding) for s in named)
    precision = sum(reported.values()) / len(reported) if reported else 0.0
    counted = {level: sum(level in levels for levels in best.values()) for level in LEVELS}
    return Score(method, len(findings), counted, len(named), precision), best


def _pairs(rows: Rows, meets: Callable[[str, str], Iterable[str | None]]) -> list[Finding]:
    """Make findings of every two holdings that a simple rule joins."""
    made: dict[tuple[str, str, str | None], Finding] = {}
    for a, b in combinations(sorted(rows.holdings, key=lambda h: (h.actor, h.id)), 2):
        if a.actor == b.actor:
            continue
        for cell in meets(a.mandate, b.mandate):
            key = (a.actor, b.actor, cell)
            if key not in made:
                made[key] = Finding(
                    key="-".join(map(str, key)),
                    relation="overlap",
                    actors=(a.actor, b.actor),
                    function_cell=None,
                    subject_cell=cell,
                    polity=None,
                    since=min(a.since, b.since),
                    until=None,
                    support=1,
                    certain_support=0,
                    certain=False,
                    certain_since=None,
                    certain_until=None,
                    score=0,
                    points=0,
                    spread=0,
                    figure=None,
                    shares={},
                    evidence=(),
                )
    return list(made.values())


def baselines(store: ox.Store, rows: Rows) -> dict[str, list[Finding]]:
    """Make the findings of three methods that need no method."""
    conferred = table(store, "conferredBy")
    mandates = {m.id: m for m in rows.mandates}

    def same_provision(a: str, b: str) -> Iterable[str | None]:
        if set(conferred[a]) & set(conferred[b]):
            return {*mandates[a].subjects, *mandates[b].subjects}
        return ()

    def same_label(a: str, b: str) -> Iterable[str | None]:
        if mandates[a].function is not None and mandates[a].function == mandates[b].function:
            return set(mandates[a].subjects) & set(mandates[b].subjects)
        return ()

    subjects = {c.id for c in rows.concepts if c.scheme == "subject" and plain(c.id) == c.id}
    some = next(iter(sorted(subjects)))
    everything = [
        replace(f, subject_cell=subject)
        for f in _pairs(rows, lambda _a, _b: (some,))
        for subject in sorted(subjects)
    ]
    return {
        "same provision cited": _pairs(rows, same_provision),
        "same function and same subject, by name": _pairs(rows, same_label),
        "everything overlaps": everything,
    }


def ablations(rows: Rows) -> dict[str, Rows]:
    """Take one part of the model away at a time."""
    return {
        "without hierarchy": replace(
            rows, concepts=[replace(c, broader=(), universal=False) for c in rows.concepts]
        ),
        "without time": replace(
            rows,
            conditions=[replace(c, since=None, until=None) for c in rows.conditions],
            holdings=[
                replace(h, since=datetime(1900, 1, 1, tzinfo=UTC), until=None, certain="all")
                for h in rows.holdings
            ],
            ties=[replace(t, since=None, until=None) for t in rows.ties],
        ),
        "without conditions": replace(rows, conditions=()),
        "without succession": replace(
            rows, ties=[t for t in rows.ties if t.kind != "succeeds"], savings=()
        ),
    }


def main() -> None:
    """Measure, print, and write the results if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data-dir", type=Path, default=Path("build/data"))
    parser.add_argument("--write", action="store_true", help="write benchmarks/results/recall.*")
    given = parser.parse_args()
    snapshot = read_snapshot(given.data_dir)
    store = open_store(snapshot)
    world = read_world(store)
    rows = world.to_rows()
    hierarchy = Hierarchy(rows)
    statements = read_statements(store)
    ours = list(find(world).rows())
    first, best = score("this method", ours, statements, hierarchy)
    scores = [first]
    scoped = [f for f in ours if f.relation in SCOPED]
    scores.append(
        score("this method, without gaps and fragmentation", scoped, statements, hierarchy)[0]
    )
    for name, findings in baselines(store, rows).items():
        scores.append(score(name, findings, statements, hierarchy, relations=False)[0])
    for name, fewer in ablations(rows).items():
        found = list(find(World.from_rows(fewer)).rows())
        scores.append(score(name, found, statements, hierarchy)[0])
    names = labels(store)
    holders = {h.actor for h in rows.holdings}
    text = report(snapshot.version, scores, statements, best, names, holders)
    print(text)
    if given.write:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "recall.md").write_text(text, "utf-8")
        document = {
            "version": snapshot.version,
            "machine": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "duckdb": duckdb.__version__,
            "scores": [vars(s) for s in scores],
            "statements": {s.iri.rsplit("/", 1)[-1]: sorted(best[s.iri]) for s in statements},
        }
        (RESULTS / "recall.json").write_text(json.dumps(document, indent=1) + "\n", "utf-8")


def report(
    version: str,
    scores: list[Score],
    statements: tuple[Named, ...],
    best: dict[str, frozenset[str]],
    names: dict[str, str],
    holders: set[str],
) -> str:
    """Write the results as Markdown, with every statement that was missed."""
    lines = [
        f"Dataset {version}; {len(statements)} statements.",
        "",
        "| Method | Findings | Pair | Pair and subject | and relation and time | Precision |",
        "| --- | --- | --- | --- | --- | --- |",
        *(s.row() for s in scores),
        "",
        "## Missed",
        "",
        "| Statement | What it names | Found up to | Why |",
        "| --- | --- | --- | --- |",
    ]
    for s in statements:
        levels = best[s.iri]
        if "relation" in levels:
            continue
        reached = "subject" if "subject" in levels else "pair" if "pair" in levels else "nothing"
        empty = [names.get(a, a) for a in s.actors if a not in holders]
        why = f"no mandate in the record: {', '.join(empty)}" if empty else ""
        lines.append(
            f"| {s.iri.rsplit('/', 1)[-1]} | {s.label} ({s.relation}) | {reached} | {why} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
