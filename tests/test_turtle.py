"""Tidying keeps every triple and changes nothing the second time."""

from __future__ import annotations

import pyoxigraph as ox
from hypothesis import given
from hypothesis import strategies as st

from mandates.dataset.sources import find_sources
from mandates.quality.turtle import check_turtle, tidy

names = st.sampled_from(["a", "b", "mand", "x-y", ""])
words = st.text(st.characters(codec="utf-8", exclude_characters='"\\\n\r'), max_size=12)
blanks = st.sampled_from(["", " ", "\t", "   "])


@st.composite
def documents(draw: st.DrawFn) -> str:
    prefixes = draw(st.lists(names, unique=True, min_size=1))
    head = [f"@prefix {name}: <https://example.org/{name}#> ." for name in prefixes]
    body = []
    for _ in range(draw(st.integers(0, 6))):
        name = draw(st.sampled_from(prefixes))
        word, blank = draw(words), draw(blanks)
        body += draw(
            st.sampled_from(
                [
                    [f'{name}:s {name}:p "{word}"@en .{blank}'],
                    [f"{name}:s {name}:p {name}:o .{blank}"],
                    [f"# {word}", ""],
                    ["", "", "", ""],
                    [f"<https://example.org/#{name}:> {name}:p 1 ;{blank}", f"\t{name}:q 2 ."],
                ]
            )
        )
    return "\n".join([*head, *body])


def graph(text: str) -> ox.Dataset:
    found = ox.Dataset(ox.parse(text, format=ox.RdfFormat.TURTLE))
    found.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return found


@given(documents())
def test_tidying_keeps_triples_and_is_done_once(text: str) -> None:
    neat = tidy(text)
    assert graph(neat) == graph(text)
    assert tidy(neat) == neat


def test_tidying_a_shipped_file_keeps_its_triples() -> None:
    for source in find_sources():
        text = source.path.read_text("utf-8")
        assert graph(tidy(text)) == graph(text), source.name


def test_shipped_files_are_in_form() -> None:
    assert [str(problem) for problem in check_turtle(find_sources())] == []
