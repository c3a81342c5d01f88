"""Findings are written as N-Quads by the column; the RDF library must read back what was meant."""

from __future__ import annotations

from datetime import UTC, datetime

import pyoxigraph as ox
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mandates.analysis.graph import (
    FINDINGS,
    describe,
    describe_some,
    finding_iri,
    legal_orders,
    mitigations,
)
from mandates.analysis.world import read_world
from mandates.dataset.lookup import labels
from mandates.dataset.names import MAND, PREF_LABEL
from mandates.overlap import find
from mandates.overlap.findings import Findings
from mandates.overlap.reference import span
from mandates.overlap.tables import Concept, Condition, Holding, Mandate, Rows, World

EX = "https://example.org/"
HOSTILE = 'He said "no\\n"\n\r\t\x00\x0b\x7f\u2028 \\u0041 <x> . اختیار 😀 ]]> {{7*7}}'


# The first fills the role that must be heard until 2010, and again from 2020 to 2022.
HEARD = [
    (EX + "hear", span(None, datetime(2010, 1, 1, tzinfo=UTC))),
    (EX + "agree", span(None, datetime(2020, 1, 1, tzinfo=UTC))),
    (EX + "hear", span(datetime(2020, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC))),
    (EX + "ask", span(datetime(2021, 7, 1, tzinfo=UTC), None)),
]


def meeting(actors: tuple[str, str] = (EX + "a", EX + "b")) -> Findings:
    """Find what two regulators of fraud make, the second of whom must hear the first."""
    a, b = actors
    since = datetime(2020, 1, 1, tzinfo=UTC)
    rows = Rows(
        concepts=[Concept(EX + "regulate", "function"), Concept(EX + "fraud", "subject")],
        mandates=[Mandate(f"{EX}m{i}", EX + "regulate", (EX + "fraud",)) for i in (1, 2)],
        holdings=[
            Holding(EX + "h1", EX + "m1", a, since),
            Holding(EX + "h2", EX + "m2", b, since, datetime(2021, 7, 1, tzinfo=UTC)),
        ],
        conditions=[Condition(EX + "m2", "MandatoryConsultation", a)],
    )
    return find(World.from_rows(rows))


def read(text: str) -> list[ox.Quad]:
    return list(ox.parse(text, format=ox.RdfFormat.N_QUADS))


def mandates_of(findings: Findings) -> dict[str, str]:
    return {h.id: h.mandate for h in findings.world.to_rows().holdings}


def test_a_finding_says_what_it_rests_on() -> None:
    found = meeting()
    told = {"a": "Ministry", "b": "Authority", "regulate": "regulating", "fraud": "fraud"}
    names = {EX + name: label for name, label in told.items()}
    (finding,) = (f for f in found.rows() if f.relation == "coordinated-overlap")
    text = "".join(describe(found, names, {(EX + "m2", EX + "a"): HEARD}))
    node = finding_iri(finding.key)
    expected = f"""
        PREFIX : <{MAND}> PREFIX ex: <{EX}>
        PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        GRAPH {FINDINGS} {{
        <{node}> a :Finding , :CoordinatedOverlap , :Overlap , :FullOverlap ;
            skos:prefLabel "Coordinated overlap: Ministry and Authority (regulating, fraud)"@en ;
            :involves ex:a , ex:b ; :onFunction ex:regulate ; :onSubject ex:fraud ;
            :validFrom "2020-01-01T05:00:00+05:00"^^xsd:dateTime ;
            :validUntil "2021-07-01T05:00:00+05:00"^^xsd:dateTime ;
            :hasCertainty :Possible ; :pairCount 1 ; :certainPairCount 0 ;
            :contentionScore "{finding.score}"^^xsd:decimal ;
            :supportedByPair <{node}/pair/1> ; :basedOnHolding ex:h1 , ex:h2 ;
            :mitigatedBy ex:hear .
        <{node}/pair/1> a :SupportingPair ; :rank 1 ;
            :firstHolding ex:h1 ; :secondHolding ex:h2 ;
            :firstSubject ex:fraud ; :secondSubject ex:fraud ;
            :functionSimilarity "1"^^xsd:decimal ; :subjectSimilarity "1"^^xsd:decimal ;
            :layerSimilarity 0.5 ; :territorySimilarity 0.5 ; :addresseeSimilarity 0.5 ;
            :alikeCount 1 ;
            :validFrom "2020-01-01T05:00:00+05:00"^^xsd:dateTime ;
            :validUntil "2021-07-01T05:00:00+05:00"^^xsd:dateTime .
        }}"""
    said = {q for q in read(text) if q.subject.value.startswith(node)}
    assert said == set(ox.parse(expected, format=ox.RdfFormat.TRIG))


def test_no_condition_is_named_before_or_after_it_stands() -> None:
    found = meeting()
    said = {}, {(EX + "m2", EX + "a"): HEARD}
    columns = read("".join(describe(found, *said)))
    assert columns == describe_some(found.rows(), mandates_of(found), *said)
    named = {q.object.value for q in columns if q.predicate.value.endswith("mitigatedBy")}
    assert named == {EX + "hear"}


def test_columns_and_objects_say_the_same_of_the_record(record: ox.Store) -> None:
    found = find(read_world(record))
    said = labels(record), mitigations(record), legal_orders(record)
    text = "".join(describe(found, *said))
    quads = read(text)
    assert len(quads) == len(set(quads)) > 1000
    assert quads == describe_some(found.rows(), mandates_of(found), *said)
    assert set(quads) <= set(record.quads_for_pattern(None, None, None, FINDINGS))
    # In as many texts as one likes, and letter for letter as the library writes it.
    assert "".join(describe(found, *said, block=7)) == text
    assert ox.serialize(quads, format=ox.RdfFormat.N_QUADS) == text.encode()


@pytest.fixture(scope="module")
def found() -> Findings:
    return meeting()


@example(name=HOSTILE)
@given(name=st.text())
def test_any_label_comes_back_as_it_was(found: Findings, name: str) -> None:
    text = "".join(describe(found, {EX + "a": name, EX + "regulate": name}, {}))
    said = f"Coordinated overlap: {name} and {EX}b ({name}, {EX}fraud)"
    assert ox.Literal(said, language="en") in {
        q.object for q in read(text) if q.predicate == PREF_LABEL
    }


def test_an_iri_may_have_letters_of_any_script() -> None:
    found = meeting((EX + "ادارہ", EX + "δ"))
    involved = {
        q.object
        for q in read("".join(describe(found, {}, {})))
        if q.predicate.value.endswith("involves")
    }
    assert involved == {ox.NamedNode(EX + "ادارہ"), ox.NamedNode(EX + "δ")}


@pytest.mark.parametrize("name", ["no iri", EX + "> <x", EX + "a\n", "_:blank"])
def test_what_is_no_iri_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="IRI"):
        list(describe(meeting((name, EX + "z")), {}, {}))
