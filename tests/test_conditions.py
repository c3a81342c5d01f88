"""Whom a condition names, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import pyoxigraph as ox
import pytest

from mandates.analysis.causes import Causes
from mandates.analysis.conditions import Asked, asked
from mandates.analysis.events import Events
from mandates.analysis.graph import mitigations
from mandates.analysis.world import read_world
from mandates.dataset.holdings import derive
from mandates.dataset.names import PREFIXES
from mandates.overlap import reference
from mandates.overlap.findings import Finding
from mandates.overlap.reference import span

HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
EX = "https://example.org/"
DATA = (
    HEAD
    + """@prefix : <https://example.org/> .
:regulate a mand:Function . :fraud a mand:SubjectMatter . :arson a mand:SubjectMatter .
:ministry a mand:Actor . :one a mand:Actor . :two a mand:Actor .
:agency a mand:LegalRole . :officer a mand:LegalRole ; mand:actsFor :agency .
:m a mand:Power ; mand:vestedIn :ministry ; mand:beginsWith :e2000 ;
    mand:hasFunction :regulate ; mand:concernsSubject :fraud ; mand:hasCondition :hear .
:hear a mand:MandatoryConsultation ; mand:requiresActionOf :officer .
:n1 a mand:Power ; mand:vestedIn :one ; mand:beginsWith :e2000 ;
    mand:hasFunction :regulate ; mand:concernsSubject :fraud .
:n2 a mand:Power ; mand:vestedIn :two ; mand:beginsWith :e2000 ;
    mand:hasFunction :regulate ; mand:concernsSubject :arson .
:d1 mand:fills :agency ; mand:filledBy :one ; mand:beginsWith :e2000 ; mand:endsWith :e2005 .
:d2 mand:fills :agency ; mand:filledBy :two ; mand:beginsWith :e2005 ; mand:endsWith :e2010 .
:d3 mand:fills :agency ; mand:filledBy :one ; mand:beginsWith :e2010 .
"""
    + "".join(
        f":e{year} a mand:NormativeEvent ;"
        f' mand:effectiveFrom "{year}-01-01T00:00:00+00:00"^^xsd:dateTime .\n'
        for year in (2000, 2005, 2010)
    )
)


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


def brief(iri: str) -> str:
    return iri.removeprefix(EX)


@pytest.fixture(scope="module")
def store() -> ox.Store:
    store = ox.Store()
    store.load(DATA, format=ox.RdfFormat.TURTLE, to_graph=ox.NamedNode(EX + "data"))
    store.extend(derive(store))
    return store


def test_a_role_is_asked_through_each_designation_while_it_lasts(store: ox.Store) -> None:
    def by(actor: str, name: str, since: datetime, until: datetime | None = None) -> Asked:
        who, designation = EX + actor, EX + name
        kind, sure = "MandatoryConsultation", (since, until)
        return Asked(EX + "m", EX + "hear", kind, who, designation, since, until, sure)

    assert list(asked(store)) == [
        by("one", "d1", year(2000), year(2005)),
        by("one", "d3", year(2010)),
        by("two", "d2", year(2005), year(2010)),
    ]


@pytest.mark.parametrize(
    ("said", "sure"),
    [
        ("", (year(2005), year(2010))),
        (":d2 mand:hasStatus mand:DeFacto .", None),
        (":d2 mand:inReading :strict . :strict mand:rivalOf :loose .", None),
        (":d2 mand:inReading :alone .", None),
        (
            ":d2 mand:inReading :strict . :strict mand:rivalOf :loose . :d4 mand:fills :agency ;"
            " mand:filledBy :two ; mand:beginsWith :e2000 ; mand:endsWith :e2010 ;"
            " mand:inReading :loose .",
            (year(2005), year(2010)),
        ),
        (
            ":d2 mand:inReading :strict . :strict mand:rivalOf :loose . :d4 mand:fills :agency ;"
            " mand:filledBy :two ; mand:beginsWith :e2000 ; mand:endsWith :e2005 ;"
            " mand:inReading :loose .",
            None,
        ),
        (
            ':e2005 mand:effectiveBy "2007-01-01T00:00:00+00:00"^^xsd:dateTime .',
            (year(2007), year(2010)),
        ),
    ],
    ids=[
        "stated",
        "practice",
        "rival",
        "alone",
        "both readings",
        "less in the other",
        "unsure day",
    ],
)
def test_how_far_it_is_beyond_doubt_that_a_role_is_filled(
    said: str, sure: tuple[datetime, datetime] | None
) -> None:
    store = ox.Store()
    turtle = f"{DATA}@prefix xsd: <{PREFIXES['xsd']}> .\n{said}"
    store.load(turtle, format=ox.RdfFormat.TURTLE, to_graph=ox.NamedNode(EX + "data"))
    store.extend(derive(store))
    certain = {one.designation: one.certain for one in asked(store)}
    assert certain[EX + "d2"] == sure
    assert certain[EX + "d1"] == (year(2000), year(2005))


def test_who_is_named_itself_is_asked_always(store: ox.Store) -> None:
    named = ox.Store()
    named.extend(store)
    hear, party = (
        ox.NamedNode(iri) for iri in (EX + "hear", PREFIXES["mand"] + "requiresActionOf")
    )
    for quad in named.quads_for_pattern(hear, party, None, None):
        named.remove(quad)
    named.add(ox.Quad(hear, party, ox.NamedNode(EX + "one")))
    assert list(asked(named)) == [Asked(EX + "m", EX + "hear", "MandatoryConsultation", EX + "one")]


def test_tables_and_published_conditions_agree(store: ox.Store) -> None:
    stands = [
        ((c.mandate, c.counterpart), span(c.since, c.until))
        for c in read_world(store).to_rows().conditions
    ]
    assert stands == [
        (who, time) for who, conditions in mitigations(store).items() for _, time in conditions
    ]


@pytest.fixture(scope="module")
def told(store: ox.Store) -> list[tuple[str, tuple[str, ...], int, list[str], list[str]]]:
    """What the plain reference finds of pairs, with what began and ended it."""
    rows = read_world(store).to_rows()
    causes = Causes(rows, Events(store))

    def line(f: Finding) -> tuple[str, tuple[str, ...], int, list[str], list[str]]:
        behind = causes.of(f)
        begun, ended = (list(map(brief, events)) for events in (behind.begun, behind.ended))
        return f.relation, tuple(map(brief, f.actors)), f.since.year, begun, ended

    return sorted(line(f) for f in reference.find(rows) if f.evidence)


def test_who_begins_or_ceases_to_fill_a_role_is_behind_an_overlap(
    told: list[tuple[str, tuple[str, ...], int, list[str], list[str]]],
) -> None:
    both = ("ministry", "one")
    assert [line for line in told if line[1] == both] == [
        ("coordinated-overlap", both, 2000, ["e2000"], ["e2005"]),
        ("coordinated-overlap", both, 2010, ["e2010"], []),
        ("duplication", both, 2005, ["e2005"], ["e2010"]),
    ]


def test_who_begins_or_ceases_to_fill_a_role_is_behind_an_interaction(
    told: list[tuple[str, tuple[str, ...], int, list[str], list[str]]],
) -> None:
    both = ("ministry", "two")
    assert [line for line in told if line[1] == both] == [
        ("interacting-assignment", both, 2005, ["e2005"], ["e2010"])
    ]
