"""What leaves OWL 2 DL or OWL 2 RL is named; the shipped modules leave neither."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from mandates.dataset.loading import load
from mandates.dataset.sources import find_sources
from mandates.quality.profile import check_dl, check_rl

HEAD = """
@prefix : <https://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<https://example.org/o> a owl:Ontology .
:A a owl:Class . :B a owl:Class . :C a owl:Class .
:p a owl:ObjectProperty . :q a owl:ObjectProperty . :r a owl:ObjectProperty .
:d a owl:DatatypeProperty . :x a owl:NamedIndividual .
"""

#: Axioms inside OWL 2 DL, and whether they are inside OWL 2 RL (OWL 2 Profiles, section 4.2).
EXPRESSIONS = {
    ":A rdfs:subClassOf :B .": True,
    ":A rdfs:subClassOf owl:Thing .": False,
    "[ a owl:Class ; owl:unionOf ( :A :B ) ] rdfs:subClassOf :C .": True,
    ":C rdfs:subClassOf [ a owl:Class ; owl:unionOf ( :A :B ) ] .": False,
    ":A rdfs:subClassOf [ a owl:Class ; owl:intersectionOf ( :B :C ) ] .": True,
    ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :B ] .": False,
    "[ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :B ] rdfs:subClassOf :A .": True,
    "[ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom owl:Thing ] rdfs:subClassOf :A .": True,  # noqa: E501
    ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:allValuesFrom :B ] .": True,
    "[ a owl:Restriction ; owl:onProperty :p ; owl:allValuesFrom :B ] rdfs:subClassOf :A .": False,
    ":A rdfs:subClassOf [ a owl:Class ; owl:complementOf :B ] .": True,
    "[ a owl:Class ; owl:complementOf :B ] rdfs:subClassOf :A .": False,
    ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:hasValue :x ] .": True,
    ":A owl:equivalentClass [ a owl:Restriction ; owl:onProperty :p ; owl:hasValue :x ] .": True,
    ":A owl:equivalentClass [ a owl:Class ; owl:oneOf ( :x ) ] .": False,
    "[ a owl:Class ; owl:oneOf ( :x ) ] rdfs:subClassOf :A .": True,
    ":A rdfs:subClassOf [ a owl:Class ; owl:oneOf ( :x ) ] .": False,
    ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:maxCardinality 1 ] .": True,
    ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:maxCardinality 2 ] .": False,
    ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:minCardinality 1 ] .": False,
    ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:onClass :B ; owl:maxQualifiedCardinality 1 ] .": True,  # noqa: E501
    ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:hasSelf true ] .": False,
    ":A owl:disjointUnionOf ( :B :C ) .": False,
    ":A owl:disjointWith :B .": True,
    "[] a owl:AllDisjointClasses ; owl:members ( :A :B :C ) .": True,
    ":A owl:hasKey ( :p ) .": True,
    ":p rdfs:domain [ a owl:Class ; owl:unionOf ( :A :B ) ] .": False,
    ":p rdfs:range :A .": True,
    ":p a owl:ReflexiveProperty .": False,
    ":p a owl:TransitiveProperty .": True,
    ":p owl:propertyChainAxiom ( :q :r ) .": True,
    ":d rdfs:range xsd:dateTime .": True,
}

#: Axioms outside OWL 2 DL, and the rule that says so.
FORBIDDEN = {
    ":p a owl:TransitiveProperty , owl:FunctionalProperty .": "dl-simple-property",
    ":p a owl:TransitiveProperty . :p rdfs:subPropertyOf :q . :q a owl:IrreflexiveProperty .": "dl-simple-property",  # noqa: E501
    ":p owl:propertyChainAxiom ( :q :r ) . :A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:maxCardinality 1 ] .": "dl-simple-property",  # noqa: E501
    ":p a owl:DatatypeProperty .": "dl-punning",
    ":A a rdfs:Datatype .": "dl-punning",
    ":x :unheardOf :x .": "dl-undeclared",
    ":x a :Unheard .": "dl-undeclared",
    ':x :d "2024-10-17"^^xsd:date .': "owl-datatype",
    ":p owl:propertyChainAxiom ( :q :r ) . :q owl:propertyChainAxiom ( :p :r ) .": "dl-regularity",
}


def triples(turtle: str) -> list[ox.Triple]:
    return [q.triple for q in ox.parse(HEAD + turtle, format=ox.RdfFormat.TURTLE)]


@pytest.mark.parametrize("turtle", EXPRESSIONS)
def test_rl_takes_what_the_profile_takes(turtle: str) -> None:
    assert (check_rl(triples(turtle)) == []) == EXPRESSIONS[turtle]
    assert check_dl(triples(turtle)) == []


@pytest.mark.parametrize("turtle", FORBIDDEN)
def test_what_leaves_dl_is_named(turtle: str) -> None:
    assert {p.rule for p in check_dl(triples(turtle))} == {FORBIDDEN[turtle]}


def test_every_module_is_within_dl_and_the_core_within_rl() -> None:
    sources = {s.name: s for s in find_sources(instances=False)}
    core = [q.triple for q in load([sources["ontology/mandates.ttl"]]).quads]
    for source in sources.values():
        own = [q.triple for q in load([source]).quads]
        assert check_dl(own, core) == [], source.name
    assert check_rl(core) == []
