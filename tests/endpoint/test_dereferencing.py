from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from mandates.sparql.negotiation import GRAPH_FORMATS
from mandates.web import Settings, create_app

BASE = "https://w3id.org/mandates/"
PTA = "/id/pk/actor/pta"


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [("text/turtle", "ttl"), ("application/ld+json", "jsonld"), ("text/html", "html")],
)
def test_a_thing_sends_on_to_a_document(client: FlaskClient, accept: str, suffix: str) -> None:
    response = client.get(PTA, headers={"Accept": accept})
    assert response.status_code == 303
    assert response.headers["Location"].endswith(f"{PTA}.{suffix}")
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize("form", GRAPH_FORMATS, ids=lambda form: form.name)
@pytest.mark.parametrize("path", [PTA, "/ns", "/scheme/function/block", "/graph/ontology/mandates"])
def test_every_suffix_is_its_format(client: FlaskClient, path: str, form: object) -> None:
    response = client.get(f"{path}.{form.name}")  # type: ignore[attr-defined]
    assert response.status_code == 200
    assert response.mimetype == form.media_type  # type: ignore[attr-defined]
    rdf = ox.RdfFormat.from_media_type(response.mimetype)
    assert rdf is not None
    assert len(list(ox.parse(response.data, format=rdf))) > 0
    assert response.headers["Dataset-Version"]


def test_the_document_has_both_directions(client: FlaskClient) -> None:
    quads = list(ox.parse(client.get(PTA + ".nt").data, format=ox.RdfFormat.N_TRIPLES))
    pta = ox.NamedNode(BASE + "id/pk/actor/pta")
    assert any(quad.subject == pta for quad in quads)
    assert any(quad.object == pta for quad in quads)


def test_an_ontology_is_given_at_once_and_whole(client: FlaskClient) -> None:
    response = client.get("/ns", headers={"Accept": "text/turtle"})
    assert response.status_code == 200
    assert response.headers["Content-Location"].endswith("/ns.ttl")
    assert b"mand:Regulator" in response.data


def test_a_page_for_people(client: FlaskClient) -> None:
    page = client.get(PTA + ".html").get_data(as_text=True)
    assert "<h1>Pakistan Telecommunication Authority</h1>" in page
    assert 'lang="ur" dir="auto"' in page
    assert 'href="/ns#Regulator"' in page
    assert 'href="/id/pk/actor/fia"' in page
    assert "<b>of</b>" not in page
    assert client.get("/ns", headers={"Accept": "text/html"}).status_code == 200
    assert "block" in client.get("/scheme/function/block.html").get_data(as_text=True)


@pytest.mark.parametrize("name", ["قومی", "café", "caf%C3%A9"])
def test_names_outside_ascii(client: FlaskClient, name: str) -> None:
    response = client.get("/id/pk/actor/" + name, headers={"Accept": "text/turtle"})
    assert response.status_code == 303
    assert client.get(response.headers["Location"]).status_code == 200


def test_an_unknown_name_is_told_what_is_near(client: FlaskClient) -> None:
    response = client.get("/id/pk/actor/ptaa")
    assert response.status_code == 404
    body = json.loads(response.data)
    assert body["type"].endswith("/not-found")
    label = "Pakistan Telecommunication Authority"
    assert {"iri": BASE + "id/pk/actor/pta", "href": PTA, "label": label} in body["near"]
    page = client.get("/id/pk/actor/ptaa", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert f'href="{PTA}"' in page.get_data(as_text=True)


@pytest.mark.parametrize(
    "path",
    ["/id/%00", "/id/a%20b", "/id/%3Cscript%3E", "/id/..%2f..%2fetc/passwd", "/x"],
)
def test_odd_names_are_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_name_that_is_not_utf_8_is_a_bad_request(client: FlaskClient) -> None:
    assert client.get("/id/%C3").status_code == 400


def test_formats_nobody_writes(client: FlaskClient) -> None:
    assert client.get(PTA, headers={"Accept": "image/png"}).status_code == 406
    assert client.get(PTA, query_string={"format": "docx"}).status_code == 406
    assert client.post(PTA).status_code == 405


def test_an_unchanged_document_is_not_sent_again(client: FlaskClient) -> None:
    etag = client.get(PTA + ".ttl").headers["ETag"]
    again = client.get(PTA + ".ttl", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_200_by_setting_and_a_sub_path(data_dir: Path) -> None:
    app = create_app(Settings(data_dir=data_dir, entity_status=200, reload_seconds=0))
    try:
        client = app.test_client()
        response = client.get(PTA, headers={"Accept": "text/turtle"}, base_url="http://h/sub")
        assert response.status_code == 200
        assert response.headers["Content-Location"] == f"/sub{PTA}.ttl"
        page = client.get(PTA + ".html", base_url="http://h/sub").get_data(as_text=True)
        assert 'href="/sub/ns#Regulator"' in page
    finally:
        app.extensions["engine"].close()


def test_health(client: FlaskClient) -> None:
    assert client.get("/-/live").status_code == 200
    assert client.get("/-/ready").status_code == 200


def test_kinds_of_problem_have_an_address(client: FlaskClient) -> None:
    assert "took longer" in client.get("/problem/timeout").get_data(as_text=True)
    assert client.get("/problem/nonsense").status_code == 404
