"""What the OpenAPI description says, against what is answered to requests made up from it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings

schemathesis = pytest.importorskip("schemathesis")


def hold(operation: Any, examples: int) -> None:
    """Send requests made up from the description of an operation, right ones and wrong ones."""
    from schemathesis.checks import not_a_server_error
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import (
        negative_data_rejection,
        positive_data_acceptance,
    )

    right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @given(case=right | wrong)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any) -> None:
        # No schema can say which strings are queries of SPARQL, or IRIs; parameters that are empty
        # or unknown are tolerated; and 503 is an answer to who gives a query a microsecond.
        excluded = [positive_data_acceptance, negative_data_rejection, not_a_server_error]
        response = case.call_and_validate(excluded_checks=excluded)
        assert response.status_code not in (500, 502)

    send()


@pytest.fixture(scope="module")
def operations(app: Flask) -> dict[str, Any]:
    description = schemathesis.openapi.from_wsgi("/openapi.json", app)
    return {item.ok().label: item.ok() for item in description.get_all_operations()}


def test_the_endpoint_answers_as_described(operations: dict[str, Any]) -> None:
    hold(operations["GET /sparql"], 60)


def test_an_answer_that_is_not_as_described_is_noticed(app: Flask) -> None:
    from schemathesis.openapi.checks import UndefinedContentType

    described = app.test_client().get("/openapi.json").get_json()
    operation = described["paths"]["/sparql"]["get"]
    operation["parameters"] = [
        {"name": "query", "in": "query", "required": True, "schema": {"const": "ASK {}"}}
    ]
    described["paths"] = {"/sparql": {"get": operation}}
    operation["responses"]["200"]["content"] = {"text/nonsense": {}}
    lie = schemathesis.openapi.from_dict(described)
    lie.app = app
    (found,) = lie.get_all_operations()
    with pytest.RaisesGroup(UndefinedContentType):
        hold(found.ok(), 5)


def test_every_question_answers_as_described(operations: dict[str, Any]) -> None:
    asked = [name for name in operations if name.startswith("GET /questions/")]
    assert len(asked) > 100
    for number, name in enumerate(sorted(asked)):
        # All formats of some and one format of each: they are made alike.
        if number % 4 == number // 4 % 4:
            hold(operations[name], 4)
