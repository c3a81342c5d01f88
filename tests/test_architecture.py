"""Imports point one way only, as docs/architecture.md draws them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import mandates

PACKAGE = Path(mandates.__file__).parent

#: What each part may import of the others.
ARROWS = {
    "dataset": set(),
    "overlap": set(),
    "ask": {"dataset"},
    "quality": {"dataset"},
    "sparql": {"dataset"},
    "analysis": {"dataset", "overlap"},
    "kit": {"dataset", "quality"},
    "build": {"dataset", "quality", "analysis", "overlap"},
    "report": {"dataset", "analysis", "overlap"},
    "api": {"dataset", "ask", "analysis", "overlap", "build", "report"},
    "web": {"dataset", "quality", "sparql", "analysis", "overlap", "report"},
    "publication": {"dataset", "quality", "sparql", "web"},
    "cli": {
        "dataset",
        "ask",
        "quality",
        "analysis",
        "overlap",
        "kit",
        "build",
        "report",
        "web",
        "publication",
    },
}


def imports(part: str) -> Iterator[tuple[Path, str]]:
    files = [PACKAGE / f"{part}.py"] if part in ("ask", "build", "api", "cli") else []
    for path in files or (PACKAGE / part).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "mandates":
                modules = [f"mandates.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            else:
                continue
            for module in modules:
                head, _, rest = module.partition(".")
                if head == "mandates":
                    yield path.relative_to(PACKAGE), rest.partition(".")[0]


@pytest.mark.parametrize("part", ARROWS)
def test_imports_point_one_way(part: str) -> None:
    found = [(path, to) for path, to in imports(part) if to not in {part, "__version__"}]
    assert [(str(path), to) for path, to in found if to not in ARROWS[part]] == []


def test_the_arrows_leave_no_way_round_and_no_part_out() -> None:
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py"}
    parts |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert set(ARROWS) == parts - {"__init__"}
    seen: set[str] = set()
    for part, to in ARROWS.items():
        assert to <= seen
        seen.add(part)
