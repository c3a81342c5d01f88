"""What is measured on: synthetic worlds, as tables and as the graph they stand for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.analysis.world import read_world
from mandates.dataset.sources import project_root
from mandates.overlap import find
from mandates.overlap.findings import RELATIONS, Findings


def told(findings: Findings) -> Counter[tuple[str, int, int]]:
    columns = (findings.table[name].tolist() for name in ("relation", "support", "score"))
    return Counter(
        (RELATIONS[r], support, score) for r, support, score in zip(*columns, strict=True)
    )


def test_a_world_written_as_a_graph_has_the_findings_of_its_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(project_root() / "benchmarks"))
    import world_graph  # type: ignore[import-not-found]
    import worlds  # type: ignore[import-not-found]

    world = worlds.world(1_000)
    path = tmp_path / "world.nt"
    assert world_graph.write(world, path) == len(path.read_text("utf-8").splitlines())
    store = ox.Store()
    store.bulk_load(path=path, format=ox.RdfFormat.N_TRIPLES, to_graph=ox.NamedNode("urn:x:world"))
    expected = told(find(world))
    assert sum(expected.values()) > 200
    assert told(find(read_world(store))) == expected
