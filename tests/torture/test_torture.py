from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.dataset.snapshot import write_snapshot


@pytest.mark.parametrize("seconds", [15, pytest.param(60, marks=pytest.mark.slow)])
def test_the_server_stands_hostile_input(tmp_path: Path, seconds: int) -> None:
    value = ox.NamedNode("https://w3id.org/mandates/ns#value")
    quads = [
        ox.Quad(ox.NamedNode(f"https://w3id.org/mandates/id/{n}"), value, ox.Literal(n), value)
        for n in range(50_000)
    ]
    write_snapshot(tmp_path, quads)
    script = Path(__file__).with_name("torture.py")
    # A process of its own, as it gives way to the server by lowering its priority for good.
    # Other tests run beside this one; by itself the script asks for two seconds.
    options = ["--seconds", str(seconds), "--data-dir", str(tmp_path), "--patience", "10"]
    command = [sys.executable, str(script), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
