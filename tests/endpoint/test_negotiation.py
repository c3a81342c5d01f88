from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandates.sparql.negotiation import (
    GRAPH_FORMATS,
    ROW_FORMATS,
    Format,
    by_name,
    choose,
    parse_accept,
)

FAMILIES = st.sampled_from([ROW_FORMATS, GRAPH_FORMATS])


@given(st.text())
def test_no_header_breaks_it(header: str) -> None:
    for main, sub, weight in parse_accept(header):
        assert main
        assert sub
        assert 0 <= weight <= 1
    choose(header, ROW_FORMATS)


@given(FAMILIES.flatmap(lambda family: st.tuples(st.just(family), st.sampled_from(family))))
def test_a_named_type_wins_over_wildcards(both: tuple[tuple[Format, ...], Format]) -> None:
    family, wanted = both
    assert choose(f"*/*;q=0.9, {wanted.media_type}", family) is wanted


@given(
    FAMILIES.flatmap(
        lambda family: st.tuples(
            st.just(family), st.permutations(range(1, len(family) + 1)).map(tuple)
        )
    )
)
def test_the_highest_weight_wins(both: tuple[tuple[Format, ...], tuple[int, ...]]) -> None:
    family, order = both
    header = ", ".join(
        f"{item.media_type};q=0.{weight}" for item, weight in zip(family, order, strict=True)
    )
    assert choose(header, family) is family[order.index(max(order))]


@given(FAMILIES.flatmap(lambda family: st.tuples(st.just(family), st.sampled_from(family))))
def test_what_is_refused_is_not_sent(both: tuple[tuple[Format, ...], Format]) -> None:
    family, refused = both
    assert choose(f"{refused.media_type};q=0, */*", family) is not refused
    assert choose(f"{refused.media_type};q=0", family) is None


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (None, "json"),
        ("", "json"),
        ("*/*", "json"),
        ("application/*", "json"),
        ("text/*", "csv"),
        ("application/json", "json"),
        ("application/xml", "xml"),
        ("TEXT/CSV", "csv"),
        ("text/csv;charset=utf-8;q=0.2, text/tab-separated-values;q=0.3", "tsv"),
        ("application/sparql-results+xml, application/sparql-results+json", "json"),
        ("application/sparql-results+json;q=0, application/*", "xml"),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "xml"),
    ],
)
def test_rows(header: str | None, name: str) -> None:
    chosen = choose(header, ROW_FORMATS)
    assert chosen is not None
    assert chosen.name == name


@pytest.mark.parametrize("header", ["image/png", "text/turtle", "*/*;q=0", "application/json;q=0"])
def test_rows_that_nobody_accepts(header: str) -> None:
    assert choose(header, ROW_FORMATS) is None


@given(FAMILIES.flatmap(lambda family: st.tuples(st.just(family), st.sampled_from(family))))
def test_every_format_has_its_name(both: tuple[tuple[Format, ...], Format]) -> None:
    family, wanted = both
    assert by_name(wanted.name, family) is wanted
    assert by_name(wanted.media_type.upper(), family) is wanted
    # In a query string, "+" means a blank, and clients forget to escape it.
    assert by_name(wanted.media_type.replace("+", " "), family) is wanted
