from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.dataset.snapshot import write_snapshot
from torture import run


@pytest.mark.slow
def test_the_server_stands_hostile_input(tmp_path: Path) -> None:
    value = ox.NamedNode("https://w3id.org/mandates/ns#value")
    quads = [
        ox.Quad(ox.NamedNode(f"https://w3id.org/mandates/id/{n}"), value, ox.Literal(n), value)
        for n in range(50_000)
    ]
    write_snapshot(tmp_path, quads)
    stood, report = run(tmp_path, seconds=30)
    assert stood, report
