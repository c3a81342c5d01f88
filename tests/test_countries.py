"""The countries of comparison: every researched fact leads somewhere, and nothing is mixed up."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from mandates.analysis.world import read_world
from mandates.overlap import find

FACTS = {"IN": 24, "GB": 16, "EU": 17, "US": 17, "CN": 22}
# Known from the background alone, which supports no mandate: named in a note instead.
BACKGROUND = {"IN-23", "US-17"}
_PREFIXES = """
PREFIX mand: <https://w3id.org/mandates/ns#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""


def values(record: ox.Store, query: str) -> list[tuple[str, ...]]:
    rows = record.query(_PREFIXES + query)
    assert isinstance(rows, ox.QuerySolutions)
    return [tuple(term.value if term else "" for term in row) for row in rows]  # type: ignore[union-attr]


def order(iri: str) -> str:
    return iri.removeprefix("https://w3id.org/mandates/id/").split("/", 1)[0]


@pytest.mark.parametrize("country", FACTS)
def test_every_fact_leads_into_the_record(record: ox.Store, country: str) -> None:
    cited = {fact for (fact,) in values(record, "SELECT DISTINCT ?f { ?e mand:factId ?f }")}
    notes = " ".join(note for (note,) in values(record, "SELECT ?n { ?a skos:note ?n }"))
    for number in range(1, FACTS[country] + 1):
        fact = f"{country}-{number:02}"
        if fact in BACKGROUND:
            assert fact not in cited
            assert f"({fact})" in notes
        else:
            assert fact in cited


def test_nothing_foreign_rests_on_background(record: ox.Store) -> None:
    graded = values(
        record,
        "SELECT ?m { ?m a mand:Mandate ; mand:supportedBy/mand:hasGrade mand:GradeD }",
    )
    assert not [iri for (iri,) in graded if order(iri) != "pk"]


def test_no_finding_joins_two_legal_orders(record: ox.Store) -> None:
    joined = values(record, "SELECT ?a ?b { ?f a mand:Finding ; mand:involves ?a , ?b }")
    assert joined
    assert not [(a, b) for a, b in joined if order(a) != order(b)]


def test_bearers_and_holders_stand_in_the_order_of_their_mandate(record: ox.Store) -> None:
    held = values(record, "SELECT ?m ?a { ?h mand:ofMandate ?m ; mand:heldBy ?a }")
    assert {order(m) for m, _ in held} >= {"pk", "in", "gb", "eu", "us", "cn"}
    assert not [(m, a) for m, a in held if order(m) != order(a)]


def test_one_section_bears_two_mandates_in_turn(record: ox.Store) -> None:
    dates = dict(
        values(
            record,
            """SELECT ?m ?day {
              ?m mand:conferredUnder <https://w3id.org/mandates/id/us/instrument/usc-10> .
              { ?m mand:validUntil ?day } UNION { ?m mand:validFrom ?day
                FILTER NOT EXISTS { ?m mand:validUntil ?end } } }""",
        )
    )
    assert len(dates) == 2
    assert len(set(dates.values())) == 1


def test_a_successor_waits_for_its_condition(record: ox.Store) -> None:
    base = "https://w3id.org/mandates/id/gb/"
    rows = values(
        record,
        f"""SELECT ?a (COALESCE(?sure, "never") AS ?certainly) {{
            ?h mand:ofMandate <{base}mandate/dpa-s115.2-supervise> ; a mand:Holding ; mand:heldBy ?a
            OPTIONAL {{ ?h mand:certainFrom ?sure }} }}""",
    )
    sure = {actor.rsplit("/", 1)[1]: day for actor, day in rows}
    assert sure["ico"].startswith("2018-05-25")
    assert sure["information-commission"] == "never"


def test_no_day_stands_for_one_that_is_not_known(record: ox.Store) -> None:
    far = values(record, 'SELECT ?s ?day { ?s ?p ?day FILTER (STRSTARTS(STR(?day), "9999")) }')
    assert far == []
    findings = find(read_world(record)).rows()
    assert not [f for f in findings if f.until and f.until.year > 2100]


def test_comparison_roles_are_never_exact_between_countries(record: ox.Store) -> None:
    scheme = "https://w3id.org/mandates/scheme/comparison-role/"
    exact = values(record, "SELECT ?a ?b { ?a skos:exactMatch ?b }")
    assert not [a for a, b in exact if a.startswith(scheme) or b.startswith(scheme)]
    assert values(record, "SELECT ?a ?b { ?a skos:closeMatch ?b }")


def test_links_lead_outwards_and_none_is_owl_same_as(record: ox.Store) -> None:
    graph = ox.NamedNode("https://w3id.org/mandates/graph/instances/links")
    links = list(record.quads_for_pattern(None, None, None, graph))
    assert len(links) > 100
    for link in links:
        assert "sameAs" not in link.predicate.value or "schema.org" in link.predicate.value
        if isinstance(link.object, ox.NamedNode) and "schema.org" not in link.subject.value:
            assert not link.object.value.startswith("https://w3id.org/mandates/")
            described = record.quads_for_pattern(
                link.subject,
                ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel"),
                None,
                None,
            )
            assert any(described), link.subject
