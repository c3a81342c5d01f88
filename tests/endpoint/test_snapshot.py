from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandates.dataset.snapshot import (
    SnapshotError,
    make_current,
    open_store,
    read_snapshot,
    write_snapshot,
)

IRIS = st.integers(0, 5).map(lambda n: ox.NamedNode(f"https://example.org/{n}"))
# Everything a line format could stumble over: line ends of all kinds, quotes, look-alikes.
TEXTS = st.text(st.sampled_from('a\n\r\t"\\<>. \u0085\u2028é'), max_size=6)
OBJECTS = IRIS | TEXTS.map(ox.Literal) | TEXTS.map(lambda text: ox.Literal(text, language="ur"))
QUADS = st.lists(st.builds(ox.Quad, IRIS, IRIS, OBJECTS, IRIS), max_size=12)


@given(QUADS)
def test_what_is_written_is_what_is_opened(
    tmp_path_factory: pytest.TempPathFactory, quads: list[ox.Quad]
) -> None:
    snapshot = write_snapshot(tmp_path_factory.mktemp("data"), quads)
    store = open_store(snapshot)
    named = set(store.quads_for_pattern(None, None, None, None))
    default = set(store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    assert named - default == set(quads)
    assert {quad.triple for quad in default} == {quad.triple for quad in quads}
    assert sum(snapshot.graphs.values()) == snapshot.quads == len(set(quads))


@given(QUADS.flatmap(lambda quads: st.tuples(st.just(quads), st.permutations(quads))))
def test_the_same_facts_have_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, both: tuple[list[ox.Quad], list[ox.Quad]]
) -> None:
    first, second = (write_snapshot(tmp_path_factory.mktemp("data"), quads) for quads in both)
    assert first.version == second.version
    assert first.quads_file.read_bytes() == second.quads_file.read_bytes()


def quad(number: int) -> ox.Quad:
    node = ox.NamedNode(f"https://example.org/{number}")
    return ox.Quad(node, node, node, node)


def test_a_new_snapshot_becomes_current_and_the_old_one_stays(tmp_path: Path) -> None:
    old = write_snapshot(tmp_path, [quad(1)], ontology="https://example.org/ns/1")
    new = write_snapshot(tmp_path, [quad(2)])
    assert read_snapshot(tmp_path) == new
    assert read_snapshot(tmp_path / old.version) == old
    make_current(tmp_path, old.version)
    assert read_snapshot(tmp_path).ontology == "https://example.org/ns/1"


def test_a_failed_write_leaves_the_last_one_current(tmp_path: Path) -> None:
    good = write_snapshot(tmp_path, [quad(1)])
    node = ox.NamedNode("https://example.org/1")
    with pytest.raises(SnapshotError, match="not in a named graph"):
        write_snapshot(tmp_path, [quad(2), ox.Quad(node, node, node)])
    assert read_snapshot(tmp_path) == good
    assert {path.name for path in tmp_path.iterdir()} == {good.version, "current"}


def test_writing_the_same_again_changes_nothing(tmp_path: Path) -> None:
    first = write_snapshot(tmp_path, [quad(1)])
    assert write_snapshot(tmp_path, [quad(1)]) == first


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": "1", "quads": "many", "graphs": 1}'])
def test_a_damaged_description_is_named(tmp_path: Path, text: str) -> None:
    snapshot = write_snapshot(tmp_path, [quad(1)])
    (snapshot.folder / "snapshot.json").write_text(text)
    with pytest.raises(SnapshotError, match=r"snapshot\.json is damaged"):
        read_snapshot(tmp_path)


def test_the_description_says_what_the_architecture_says(tmp_path: Path) -> None:
    snapshot = write_snapshot(tmp_path, [quad(1)], ontology="https://example.org/ns/1")
    assert json.loads((snapshot.folder / "snapshot.json").read_text()) == {
        "version": snapshot.version,
        "ontology": "https://example.org/ns/1",
        "quads": 1,
        "graphs": {"https://example.org/1": 1},
    }
