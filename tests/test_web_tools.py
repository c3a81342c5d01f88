"""The explorer, reports, validation and the ontology's reference, asked without a browser."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

from mandates.dataset.names import ID
from mandates.quality.shapes import check_shapes
from mandates.report import Scope, make_report
from mandates.report.days import PAKISTAN
from mandates.sparql.problems import Problem
from mandates.web import Settings, create_app
from mandates.web.jobs import JobLimits, Jobs
from mandates.web.landscape import FIVE, Held, Landscape, _countries

HTML = {"Accept": "text/html"}
DAY = datetime(2025, 8, 6, tzinfo=PAKISTAN)


@pytest.fixture(scope="module")
def app(data_dir: Path) -> Iterator[Flask]:
    app = create_app(Settings(data_dir=data_dir, reload_seconds=0, upload_kb=64))
    yield app
    app.extensions["engine"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def land(app: Flask) -> Landscape:
    found: Landscape = app.extensions["landscapes"].current()
    return found


def test_countries_are_those_of_the_record_whoever_added_them(land: Landscape) -> None:
    assert [*land.countries][:2] == ["pk", "in"]
    assert land.countries["gb"] == "United Kingdom"
    assert land.countries["eu"] == "European Union"
    held = [
        Held("", "", f"{ID}{code}/mandate/{n}", DAY, None, "", None, None, True)
        for code, n in (("zz", 0), ("pk", 1), ("pk", 2), ("qq", 3))
    ]
    rows = [
        {"code": "zz", "label": "Federation of Exampland", "short": "Exampland"},
        {"code": "zz", "label": "Federation of Exampland", "short": "EXL"},
        {"code": "pk", "label": "Pakistan"},
        {"code": "no", "label": "Nowhere"},
    ]
    found = _countries(held, rows)
    assert [*found.items()] == [("pk", "Pakistan"), ("qq", "QQ"), ("zz", "Exampland")]


@pytest.mark.parametrize("plus", ["%2B", "+"])
def test_a_report_can_be_of_midnight_elsewhere(client: FlaskClient, plus: str) -> None:
    address = f"?kind=state&countries=eu&as-of=2020-01-01T00:00{plus}01:00"
    response = client.get(f"/reports/report{address}&format=json")
    assert response.status_code == 200
    assert response.get_json()["as_of"] == "2020-01-01T00:00:00+01:00"
    form = client.get(f"/reports{address}", headers=HTML).get_data(as_text=True)
    assert 'type="text" value="2020-01-01T00:00' in form


def test_the_matrix_is_that_of_the_report(land: Landscape, record: ox.Store) -> None:
    report = make_report(record, as_of=DAY, scope=Scope(actors=[*FIVE[:5]]))
    actors = [iri for iri in report.actors if iri in land.actors]
    matrix, _ = land.matrix(land.meetings(DAY, "pk"), actors)
    inside = set(matrix.rows)
    # A contested holding brings a third into the report; the matrix keeps to those asked for.
    report_has = {(a, b): (n, s) for a, b, n, s in report.pairs.cells if {a, b} <= inside}
    matrix_has = {(a, b): (n, s) for a, b, n, s in matrix.cells}
    assert matrix_has
    assert {pair: n for pair, (n, _) in matrix_has.items()} == {
        pair: n for pair, (n, _) in report_has.items()
    }
    # A finding of the build counts the pairs of its whole time, one of a day those of the day.
    assert all(matrix_has[pair][1] >= score for pair, (_, score) in report_has.items())


def test_the_numbers_of_mandates_are_those_of_the_report(land: Landscape, record: ox.Store) -> None:
    for known in (None, datetime(2024, 11, 1, tzinfo=PAKISTAN)):
        report = make_report(record, as_of=DAY, known=known, scope=Scope(actors=[*FIVE[:5]]))
        for actor, number in report.held.items():
            held = land.held(DAY, known, actors=[actor])
            assert len({h.mandate for h in held}) == number


def test_what_another_day_knew_is_computed_anew(client: FlaskClient) -> None:
    known = client.get("/explore?as-of=2024-11-01&known=2024-11-01", headers=HTML).text
    now = client.get("/explore?as-of=2024-11-01", headers=HTML).text
    assert "NCCIA (2024)" in known
    assert "NCCIA (2024)" not in now


def test_the_explorer_has_no_day_closer_than_it_is_known(client: FlaskClient) -> None:
    held = client.get("/explore/mandates?actor=pk/pta&as-of=2025-08-06", headers=HTML).text
    assert "From 17 October 1996 on" in held
    foreign = client.get("/explore/mandates?actor=us/oncd&country=us", headers=HTML).text
    assert "From a day between 1 January 2021 and" in foreign
    asked = "/explore/findings?a=pk/moitt&b=pk/pta&as-of=2025-08-06"
    for known in ("", "&known=2025-08-06"):
        found = client.get(asked + known, headers=HTML).text
        assert "From 2006 on; named by the text." in found
        assert "1 January 2006" not in found


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("as-of=2025-02-30", "is no day"),
        ("as-of=0001-01-01", "out of range"),
        ("as-of=99999-01-01", "is no day"),
        ("known=%3Cscript%3E", "&lt;script&gt;"),
        ("release=nowhere", "is no release"),
        ("country=xx", "is no legal order"),
    ],
)
@pytest.mark.parametrize("view", ["", "/functions", "/timeline", "/network", "/countries"])
def test_what_an_address_gets_wrong_is_told_in_the_page(
    client: FlaskClient, view: str, query: str, words: str
) -> None:
    response = client.get(f"/explore{view}?{query}", headers=HTML)
    assert response.status_code == 400
    assert words in response.text
    assert "<script>" not in response.text.replace('<script type="', "")


def test_a_cell_of_unknown_institutions_is_not_found(client: FlaskClient) -> None:
    assert client.get("/explore/findings?a=pk/nobody&b=pk/pta").status_code == 404


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("kind=state&as-of=yesterday", "is no day"),
        ("kind=state&as-of=2025-02-30", "did you mean 2025-02-28"),
        ("kind=state&subjects=online-contentt", "did you mean online-content"),
        ("kind=between&as-of=2025-01-01", "earlier of the two days"),
        ("kind=without", "Choose the instrument"),
        ("kind=state&minimum-score=101", "from 0 to 100"),
        ("kind=state&countries=pk,zz", "“zz” is no legal order"),
        ("kind=state&language=fr", "English (en) or Urdu (ur)"),
        ("kind=state&actors=" + ",".join(["pta"] * 41), "at most 40 names"),
        ("kind=state&actors=ptaa", "did you mean pta"),
    ],
)
def test_a_report_that_can_not_be_made_is_told_in_the_form(
    client: FlaskClient, query: str, words: str
) -> None:
    response = client.get(f"/reports/report?{query}", headers=HTML)
    assert response.status_code == 400
    assert words in response.text.replace("&#39;", "'")
    assert 'name="actors"' in response.text


def test_a_report_is_made_once(client: FlaskClient) -> None:
    address = "/reports/report?kind=state&as-of=2025-08-06&actors=pta,nccia&format=json"
    first = client.get(address)
    started = time.monotonic()
    second = client.get(address)
    assert first.data == second.data
    assert json.loads(first.data)["as_of"] == "2025-08-06"
    assert time.monotonic() - started < 0.5


def test_a_report_runs_no_script_and_has_only_its_own_style(client: FlaskClient) -> None:
    response = client.get("/reports/report?kind=state&as-of=2025-08-06&actors=pta,nccia")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'; style-src 'sha256-" in policy
    assert "script-src" not in policy


def send(client: FlaskClient, text: bytes, mimetype: str = "text/turtle") -> tuple[int, dict]:  # type: ignore[type-arg]
    response = client.post(
        "/validate",
        data=text,
        content_type=mimetype,
        headers={"Accept": "application/json"},
    )
    return response.status_code, response.get_json()


def test_what_is_sent_is_judged_with_line_rule_and_advice(client: FlaskClient) -> None:
    status, found = send(
        client,
        b"@prefix mand: <https://w3id.org/mandates/ns#> .\n\n<https://w3id.org/mandates/id/xx/"
        b"actor/a> a mand:Regulatr .\n",
    )
    assert status == 200
    problem = next(p for p in found["problems"] if p["rule"] == "undeclared-term")
    assert (problem["line"], problem["severity"]) == (3, "error")
    assert problem["hint"] == "Did you mean mand:Regulator?"


def test_what_is_sent_is_judged_by_its_statements(client: FlaskClient) -> None:
    text = """@prefix actor: <https://w3id.org/mandates/id/pk/actor/> .
@prefix mand: <https://w3id.org/mandates/ns#> .

actor:pta
    mand:actsFor actor:pta ;
    mand:vestedIn "me" .
[] a mand:Holding .
"""
    _, found = send(client, text.encode())
    placed = {(p["rule"], p["line"]) for p in found["problems"]}
    assert placed >= {("added-to", 5), ("subject-kind", 5), ("value-kind", 6), ("nameless", 7)}
    (wrong,) = (p["message"] for p in found["problems"] if p["rule"] == "subject-kind")
    assert "which is a mand:Regulator; it is meant for a mand:LegalRole" in wrong


def test_a_slip_in_turtle_is_told_with_its_line(client: FlaskClient) -> None:
    _, found = send(client, b"<http://e/a> <http://e/b> <http://e/c> .\n<http://e/a> oops .\n")
    (problem,) = found["problems"]
    assert (problem["rule"], problem["line"]) == ("turtle-syntax", 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"@context": "http://127.0.0.1:1/context", "@id": "x"}', "looks like JSON"),
        (b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd">', "looks like XML"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"  \n", "is empty"),
        (b"# " + b"x" * 70_000, "larger than the 64 KiB"),
    ],
)
def test_what_can_not_be_read_is_refused_with_words(
    client: FlaskClient, text: bytes, words: str
) -> None:
    status, problem = send(client, text)
    assert status == 400
    assert words in problem["detail"]


def test_an_enormous_upload_is_refused_before_it_is_read(client: FlaskClient) -> None:
    response = client.post(
        "/validate", data=b"x" * 5_000_000, content_type="text/turtle", headers=HTML
    )
    assert response.status_code == 413
    assert "larger than the 64 KiB" in response.text


def test_what_was_pasted_comes_back_with_the_message(client: FlaskClient) -> None:
    text = '<a> "</textarea><script>x</script>" .'
    for address, field in (("/validate", "data"), ("/reports/report", "bill")):
        response = client.post(address, data={field: text, "kind": "bill"}, headers=HTML)
        assert "&lt;/textarea&gt;&lt;script&gt;" in response.text


def test_judging_some_nodes_alone_finds_what_judging_all_finds(record: ox.Store) -> None:
    folder = Path(__file__).parent / "shapes"
    for case in ("mandate-function", "designation-role", "condition-party", "event-evidence"):
        store = ox.Store()
        for path in (folder / "base.ttl", *sorted((folder / case).glob("fail*.ttl"))):
            if path.is_file():
                store.bulk_load(path.read_bytes(), format=ox.RdfFormat.TURTLE)
        quads = list(store)
        everything = check_shapes(quads)
        nodes = {q.subject for q in quads if not isinstance(q.subject, ox.Triple)}
        assert check_shapes(quads, focus=nodes) == everything


JOB = "tests_job_stand_in"


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A job that does as it is told, in the place of the one that makes reports."""
    (tmp_path / f"{JOB}.py").write_text(
        "import json, os, resource, sys, time\n"
        "memory = int(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))\n"
        "told = json.loads(sys.stdin.read())\n"
        "if told['kind'] == 'sleep': time.sleep(60)\n"
        "if told['kind'] == 'eat':\n"
        "    try: bytearray(memory * 2)\n"
        "    except MemoryError: sys.stdout.write('MemoryError'); sys.stdout.flush(); os._exit(4)\n"
        "if told['kind'] == 'look': sys.stdout.write(json.dumps(sorted(os.environ)))\n"
        "if told['kind'] == 'pid': sys.stdout.write(str(os.getpid()))\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    return JOB


def test_a_job_that_takes_too_long_is_killed(stand_in: str) -> None:
    jobs = Jobs(JobLimits(timeout=0.5), stand_in)
    with pytest.raises(Problem) as caught:
        jobs.run("sleep", {}, client="a", version="1", keep=False)
    assert caught.value.slug == "timeout"


def test_a_job_that_takes_too_much_memory_is_told(stand_in: str) -> None:
    jobs = Jobs(JobLimits(timeout=20, memory=256 << 20), stand_in)
    with pytest.raises(Problem) as caught:
        jobs.run("eat", {}, client="a", version="1", keep=False)
    assert caught.value.slug == "memory-exceeded"


def test_a_job_sees_no_secret_of_the_server(stand_in: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDATES_ADMIN_TOKEN", "secret")
    seen = json.loads(
        Jobs(JobLimits(timeout=20), stand_in).run("look", {}, client="a", version="1")
    )
    assert not [name for name in seen if name.startswith("MANDATES")]


def test_a_result_is_kept_for_its_version(stand_in: str) -> None:
    jobs = Jobs(JobLimits(timeout=20), stand_in)
    first = jobs.run("pid", {}, client="a", version="1")
    assert jobs.run("pid", {}, client="b", version="1") == first
    assert jobs.run("pid", {}, client="b", version="2") != first


def test_versions_keep_their_addresses(client: FlaskClient) -> None:
    assert "permanent address" in client.get("/ns/0.1.0", headers=HTML).text
    turtle = client.get("/ns/0.1.0", headers={"Accept": "text/turtle"})
    assert b"mand:Mandate" in turtle.data
    never = client.get("/ns/0.0.1", headers=HTML)
    assert never.status_code == 404
    assert 'href="/ns"' in never.text


def triples(client: FlaskClient, path: str) -> ox.Store:
    """What a document says, as a store's default graph."""
    store = ox.Store()
    response = client.get(path, headers={"Accept": "application/n-triples"})
    assert response.status_code == 200
    store.load(response.data, format=ox.RdfFormat.N_TRIPLES)
    return store


def test_versions_of_schemes_lead_to_all_of_the_scheme(client: FlaskClient) -> None:
    whole, version = triples(client, "/scheme/layer.nt"), triples(client, "/scheme/layer/0.1.0.nt")
    assert len(version) == len(whole) > 100
    assert client.get("/scheme/layer/0.1.0", headers=HTML).status_code == 200
    never = client.get("/scheme/layer/0.0.1", headers=HTML)
    assert never.status_code == 404
    assert 'href="/scheme/layer"' in never.text


def test_the_address_of_every_term_says_what_it_is(client: FlaskClient, record: ox.Store) -> None:
    terms = record.query(
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> SELECT DISTINCT ?term ?module {"
        " ?term rdfs:isDefinedBy ?module"
        " FILTER (STRSTARTS(STR(?term), 'https://w3id.org/mandates/ns#')) }"
    )
    found = [(row["term"], row["module"].value) for row in terms]
    assert {module for _, module in found} == {
        "https://w3id.org/mandates/ns",
        "https://w3id.org/mandates/ns/cyber",
    }
    definition = ox.NamedNode("http://www.w3.org/2004/02/skos/core#definition")
    page = client.get("/ns", headers=HTML).text
    for path in ("/ns", "/ns/0.1.0"):
        said = triples(client, path)
        for term, _ in found:
            assert any(said.quads_for_pattern(term, definition, None)), (path, term)
        headers = said.quads_for_pattern(
            None,
            ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"),
            ox.NamedNode("http://www.w3.org/2002/07/owl#Ontology"),
        )
        assert [quad.subject.value for quad in headers] == ["https://w3id.org/mandates/ns"]
    names = [term.value.rpartition("#")[2] for term, _ in found]
    assert [name for name in names if page.count(f'id="{name}"') != 1] == []
    assert 'href="/ns/cyber#Threat"' in page
    assert 'id="Threat"' in client.get("/ns/cyber", headers=HTML).text


def test_makers_of_the_ontology_are_called_by_their_name(client: FlaskClient) -> None:
    assert "<dd>The mandates authors</dd>" in client.get("/ns", headers=HTML).text
    assert "The mandates authors" in client.get("/id/authors.html").text


def test_the_address_of_the_dataset_says_all_of_its_parts(client: FlaskClient) -> None:
    dumps = client.get("/dumps/", headers={"Accept": "application/json"}).get_json()
    sizes = {file["name"]: (file["bytes"], file["sha256"]) for file in dumps["files"]}
    for path in ("/dataset", "/.well-known/void"):
        said = triples(client, path).query(
            """PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX spdx: <http://spdx.org/rdf/terms#>
            SELECT ?version ?file ?bytes ?sum {
              <https://w3id.org/mandates/dataset> dcat:version ?version ; dcat:distribution ?part .
              ?part dcat:downloadURL ?file ; dcat:mediaType ?type ; dcat:byteSize ?bytes ;
                spdx:checksum/spdx:checksumValue ?sum }"""
        )
        rows = list(said)  # type: ignore[arg-type]
        assert len(rows) == 4
        for row in rows:
            assert row["version"].value == dumps["version"]
            name = row["file"].value.rpartition("/")[2]
            assert (int(row["bytes"].value), row["sum"].value) == sizes[name]
    page = client.get("/dataset", headers=HTML).text
    assert '"@type": "Dataset"' in page
    assert '"license": "https://creativecommons.org/licenses/by/4.0/"' in page


def test_each_term_has_a_place_on_its_module_s_page(client: FlaskClient, record: ox.Store) -> None:
    declared = {
        row["term"].value.rpartition("#")[2]
        for row in record.query(
            "PREFIX owl: <http://www.w3.org/2002/07/owl#>"
            " PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> SELECT DISTINCT ?term {"
            " VALUES ?kind { owl:Class owl:ObjectProperty owl:DatatypeProperty }"
            " ?term a ?kind ; rdfs:isDefinedBy <https://w3id.org/mandates/ns> }"
        )
    }
    page = client.get("/ns", headers=HTML).text
    assert [name for name in declared if f'id="{name}"' not in page] == []


def test_what_pages_load_is_sent_compressed_and_asked_for_once(client: FlaskClient) -> None:
    address = "/static/vendor/yasgui.min.js"
    with client.get(address) as response:
        plain = response.data
    with client.get(address, headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain
        assert len(packed.data) < len(plain) / 2
        headers = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    with client.get(address, headers=headers) as again:
        assert again.status_code == 304


def test_the_files_of_other_projects_are_what_the_lock_file_gave() -> None:
    folder = Path(create_app.__code__.co_filename).parent / "static" / "vendor"
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        assert (folder / name).stat().st_size < 1.5 * 1024 * 1024
    assert "## @zazuko/yasgui" in (folder / "LICENCES.md").read_text("utf-8")
