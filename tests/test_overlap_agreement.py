"""The engine and the plain reference are two ways to say the same thing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mandates.overlap import find, reference
from mandates.overlap.tables import Rows, World
from overlap_worlds import day, worlds


@settings(deadline=None, max_examples=60)
@given(rows=worlds(), as_of=st.none() | st.integers(0, 9).map(day))
def test_engine_and_reference_agree(rows: Rows, as_of: object) -> None:
    got = list(find(World.from_rows(rows), as_of=as_of).rows())
    assert got == reference.find(rows, as_of=as_of)


@settings(deadline=None, max_examples=60)
@given(rows=worlds())
def test_a_world_survives_coding(rows: Rows) -> None:
    once = World.from_rows(rows).to_rows()
    assert World.from_rows(once).to_rows() == once
