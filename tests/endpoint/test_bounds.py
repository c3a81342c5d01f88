"""What is refused before anything is derived from it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pyoxigraph as ox
import pytest

from mandates.dataset.sources import project_root
from mandates.web import bounds, job

HEAD = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX mand: <https://w3id.org/mandates/ns#>
PREFIX x: <https://w3id.org/mandates/id/xx/>
"""


def chain(length: int, link: str = "skos:broader", *more: str) -> str:
    links = (f"x:c{a} {link} x:c{b} ." for a, b in pairwise(range(length)))
    return "\n".join([HEAD, *more, *links])


def read(text: str) -> list[ox.Quad]:
    return list(ox.parse(text.encode(), format=ox.RdfFormat.TURTLE, base_iri="http://a/"))


@pytest.mark.parametrize(
    "text",
    [
        chain(300),
        chain(300, "skos:narrower"),
        chain(300, "rdfs:subClassOf"),
        chain(300, "mand:restsOn"),
        chain(200) + " x:c199 skos:broader x:c0 .",
        chain(300, "x:above", "x:above rdfs:subPropertyOf skos:broader ."),
        chain(300, "skos:related", "skos:related a owl:TransitiveProperty ."),
        chain(300).replace("x:c", "_:c"),
        chain(120) + "".join(f" x:m{n} mand:hasFunction x:c0 ." for n in range(3000)),
        HEAD + " ".join(f"x:a x:b x:c{n} ." for n in range(bounds.MOST_TRIPLES + 1)),
    ],
)
def test_what_would_grow_without_measure_is_refused(text: str) -> None:
    assert bounds.too_much(read(text))


@pytest.mark.parametrize(
    "text",
    [
        chain(100),
        chain(2000, "skos:related"),
        HEAD + " ".join(f"x:c{n} skos:broader x:c{n // 10} ." for n in range(1, 5000)),
        HEAD,
    ],
)
def test_what_people_write_is_not(text: str) -> None:
    assert not bounds.too_much(read(text))


def test_nor_is_any_file_of_the_record() -> None:
    for path in project_root().glob("instances/**/*.ttl"):
        assert not bounds.too_much(read(path.read_text("utf-8"))), path


def test_finding_it_out_takes_few_steps() -> None:
    circle = [
        ox.Triple(
            ox.NamedNode(f"http://a/{number}"),
            ox.NamedNode("http://www.w3.org/2004/02/skos/core#broader"),
            ox.NamedNode(f"http://a/{number * step % 4000}"),
        )
        for number in range(4000)
        for step in (3, 7)
    ]
    above, others = bounds._links(circle)
    assert bounds.MOST_STEPS < bounds._steps(above, others) <= bounds.MOST_STEPS + 1


@pytest.mark.parametrize("kind", ["validate", "report"])
def test_it_is_refused_before_the_record_is_opened(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    request = {"text": chain(300), "bill": chain(300), "snapshot": "nowhere"}
    with pytest.raises(job._RefusedError, match="too deep"):
        job._JOBS[kind](request)
