"""A small dataset of its own, so that these tests stand or fall with the server alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

from mandates.dataset.snapshot import Snapshot, write_snapshot
from mandates.sparql.engine import Engine, Limits
from mandates.sparql.prefixes import PREFIXES
from mandates.web import Settings, create_app

TRIG = """
PREFIX actor: <https://w3id.org/mandates/id/pk/actor/>
PREFIX function: <https://w3id.org/mandates/scheme/function/>
PREFIX graph: <https://w3id.org/mandates/graph/>
PREFIX mand: <https://w3id.org/mandates/ns#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

GRAPH <https://w3id.org/mandates/graph/ontology/mandates> {
    <https://w3id.org/mandates/ns> a owl:Ontology ; rdfs:label "Mandate ontology"@en .
    mand:Regulator a owl:Class ; skos:prefLabel "regulator"@en ;
        rdfs:isDefinedBy <https://w3id.org/mandates/ns> .
}
GRAPH <https://w3id.org/mandates/graph/instances/pk/actors> {
    actor:pta a mand:Regulator ;
        skos:prefLabel "Pakistan Telecommunication Authority"@en , "پاکستان ٹیلی مواصلات"@ur ;
        skos:definition "A regulator <b>of</b> telecommunication."@en ;
        mand:oversees actor:operators .
    actor:fia a mand:Investigator ; skos:prefLabel "FIA"@en ; mand:cooperatesWith actor:pta .
    actor:قومی a mand:Regulator ; skos:prefLabel "non-ASCII"@en .
    <https://w3id.org/mandates/id/pk/actor/caf%C3%A9> a mand:Regulator .
    function:block skos:prefLabel "block"@en ;
        skos:inScheme <https://w3id.org/mandates/scheme/function> .
}
GRAPH <https://w3id.org/mandates/graph/derived/entailed> {
    actor:pta a mand:Actor , mand:Regulator .
}
"""


def many(count: int) -> Iterator[ox.Quad]:
    """Quads enough to make a query as expensive as a test wants it."""
    graph = ox.NamedNode("https://w3id.org/mandates/graph/instances/many")
    value = ox.NamedNode("https://w3id.org/mandates/ns#value")
    for number in range(count):
        subject = ox.NamedNode(f"https://w3id.org/mandates/id/many/{number}")
        yield ox.Quad(subject, value, ox.Literal(f'line {number},\r\n"quoted"'), graph)


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    quads = list(ox.parse(TRIG.encode(), format=ox.RdfFormat.TRIG))
    return write_snapshot(tmp_path_factory.mktemp("data"), [*quads, *many(3000)])


@pytest.fixture(scope="session")
def data_dir(snapshot: Snapshot) -> Path:
    return snapshot.folder.parent


@pytest.fixture(scope="session")
def engine(snapshot: Snapshot) -> Iterator[Engine]:
    limits = Limits(
        timeout=1.5, memory=96 << 20, max_rows=5000, max_bytes=4 << 20, concurrency=2, queue=2
    )
    engine = Engine(snapshot.folder, limits, prefixes=PREFIXES)
    engine.start()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def app(data_dir: Path) -> Iterator[Flask]:
    app = create_app(Settings(data_dir=data_dir, timeout=10, max_query_kb=16, reload_seconds=0))
    yield app
    app.extensions["engine"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
