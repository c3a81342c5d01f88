"""What the web process keeps does not grow with what strangers make up."""

from __future__ import annotations

import tracemalloc

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mandates.web import packed
from mandates.web.cache import AnswerCache, Kept


def test_a_kept_answer_does_not_hold_its_request() -> None:
    cache = AnswerCache(1 << 20)
    tracemalloc.start()
    try:
        for number in range(50):
            cache.put(("POST", b"#" * 250_000 + b"%d" % number), Kept("v", "", (), b"{}"))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held <= cache.size + 20_000
    assert cache.get(("POST", b"#" * 250_000 + b"7"), "v") is not None
    assert cache.get(("POST", b"#" * 250_000 + b"x"), "v") is None


def test_a_request_with_half_a_character_has_a_key_too() -> None:
    cache = AnswerCache(1 << 20)
    cache.put("\ud800", Kept("v", "", (), b"{}"))
    assert cache.get("\ud800", "v") is not None
    assert cache.get("\ud801", "v") is None


@pytest.mark.parametrize(
    "path",
    [
        "x1/../base.css",
        "./base.css",
        "vendor/../base.css",
        "x/%2e%2e/base.css",
        "%2e/base.css",
        "/base.css",
    ],
)
def test_a_file_has_one_address(client: FlaskClient, path: str) -> None:
    response = client.get(f"/static/{path}", headers={"Accept-Encoding": "gzip"})
    assert response.status_code in (308, 404)
    assert b"{" not in response.data or b"problem" in response.data


def test_a_file_is_compressed_once_in_each_encoding(app: Flask, client: FlaskClient) -> None:
    kept = app.extensions["packed"]
    bodies = set()
    for path in ("base.css", "b%61se.css", "base.css?1", "base.css?2"):
        for encoding in ("br", "gzip"):
            headers = {"Accept-Encoding": encoding}
            with client.get(f"/static/{path}", headers=headers) as response:
                bodies.add(response.data)
    assert len(bodies) == 2
    assert len([key for key in kept if key[0].name == "base.css"]) == 2
    assert len(kept) <= packed._MOST


def test_a_page_is_kept_under_the_addresses_that_pages_have(
    app: Flask, client: FlaskClient
) -> None:
    cache = app.extensions["endpoint"].cache
    page = "/id/pk/actor/fia.html"
    assert client.get(page).status_code == 200
    before = cache.size
    for number in range(20):
        assert client.get(f"{page}?x={number}").status_code == 200
    assert cache.size == before
    assert client.get(f"{page}?lang=ur").status_code == 200
    assert cache.size > before
