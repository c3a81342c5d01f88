"""Behind a proxy and under a path that is not the root: every address leads back there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mandates.web import Settings, create_app

FORWARDED = {
    "X-Forwarded-For": "192.0.2.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "example.org",
    "X-Forwarded-Prefix": "/law/mandates",
}


@pytest.fixture(scope="module")
def behind(data_dir: Path) -> Iterator[Flask]:
    app = create_app(Settings(data_dir=data_dir, reload_seconds=0, trusted_proxies=1))
    yield app
    app.extensions["engine"].close()


@pytest.fixture
def proxied(behind: Flask) -> FlaskClient:
    return behind.test_client()


@pytest.mark.parametrize(
    "path",
    ["/", "/sparql", "/id/pk/actor/pta.html", "/questions", "/dataset.html", "/nothing", "/about"],
)
def test_every_link_of_a_page_stays_under_the_path(proxied: FlaskClient, path: str) -> None:
    page = proxied.get(path, headers=FORWARDED | {"Accept": "text/html"})
    assert page.mimetype == "text/html"
    local = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.get_data(as_text=True))
    assert local
    assert [address for address in local if not address.startswith("/law/mandates")] == []


def test_an_entity_is_redirected_under_the_path(proxied: FlaskClient) -> None:
    found = proxied.get("/id/pk/actor/pta", headers=FORWARDED | {"Accept": "text/turtle"})
    assert found.status_code == 303
    assert found.headers["Location"] == "/law/mandates/id/pk/actor/pta.ttl"


def test_queries_and_their_problems(proxied: FlaskClient) -> None:
    assert proxied.get("/sparql?query=ASK%7B%7D", headers=FORWARDED).status_code == 200
    accept = {"Accept": "text/html, */*;q=0.1"}
    page = proxied.get("/sparql?query=SELEC", headers=FORWARDED | accept)
    assert page.status_code == 400
    local = re.findall(r'href="(/[^"]*)"', page.get_data(as_text=True))
    assert local
    assert all(address.startswith("/law/mandates") for address in local)


@pytest.mark.parametrize("path", ["/sparql", "/.well-known/void", "/"])
def test_the_description_names_the_public_address(proxied: FlaskClient, path: str) -> None:
    described = proxied.get(path, headers=FORWARDED | {"Accept": "application/n-triples"})
    endpoint = b"#endpoint> <https://example.org/law/mandates/sparql>"
    assert endpoint in described.data


def test_the_api_description_names_the_path(proxied: FlaskClient) -> None:
    described = proxied.get("/openapi.json", headers=FORWARDED).json
    assert described
    assert described["servers"] == [{"url": "/law/mandates"}]


def test_without_a_proxy_that_is_trusted_nobody_moves_the_addresses(client: FlaskClient) -> None:
    found = client.get("/id/pk/actor/pta", headers=FORWARDED | {"Accept": "text/turtle"})
    assert found.headers["Location"] == "/id/pk/actor/pta.ttl"
    described = client.get("/sparql", headers=FORWARDED | {"Accept": "application/n-triples"})
    assert b"example.org" not in described.data


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/sparql?query=ASK%7B%7D"),
        ("GET", "/sparql?query=ASK"),
        ("PUT", "/sparql"),
        ("GET", "/sparql"),
        ("OPTIONS", "/sparql"),
        ("GET", "/graph-store?default"),
        ("GET", "/graph-store?graph=a"),
        ("PUT", "/graph-store?default"),
        ("OPTIONS", "/graph-store"),
        ("GET", "/id/pk/actor/pta.ttl"),
        ("GET", "/id/pk/actor/none.ttl"),
        ("GET", "/.well-known/void"),
    ],
)
def test_scripts_of_other_sites_may_read_answers_and_errors(
    client: FlaskClient, method: str, path: str
) -> None:
    answer = client.open(path, method=method, headers={"Origin": "https://other.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    if method != "OPTIONS":
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"Query-Id", "Retry-After", "ETag", "Link", "Location"} <= set(exposed)
