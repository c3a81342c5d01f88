"""The pages over the shipped record, as a reader without scripts gets them."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

import mandates.web
from mandates.analysis.graph import relation_class
from mandates.dataset.sources import project_root
from mandates.report import views
from mandates.web import Settings, create_app
from mandates.web.explore import today
from mandates.web.presentation import LEGISLATION
from mandates.web.sections import MEETINGS
from mandates.web.site import messages

NAMES = Path(__file__).parent / "data" / "paper-names.csv"
HTML = {"Accept": "text/html"}
# One of each kind of page.
PAGES = {
    "home": "/",
    "institution": "/id/pk/actor/pta.html",
    "instrument": "/id/pk/instrument/peca-2016.html",
    "amendment": "/id/pk/instrument/peca-amendment-act-2025.html",
    "provision": "/id/pk/instrument/peca-2016/s37.1.html",
    "mandate": "/id/pk/mandate/peca-s37.1-remove-or-block.html",
    "role": "/id/pk/role/peca-authority.html",
    "designation": "/id/pk/designation/peca-authority-pta-transitional.html",
    "event": "/id/pk/event/peca-amendment-2025-commencement.html",
    "scheme": "/scheme/function.html",
    "concept": "/scheme/function/remove-or-block.html",
    "statement": "/id/pk/statement/PKT-140.html",
    "claim": "/id/paper/claim/warfare-tracks.html",
    "document": "/id/pk/document/peca-2016.html",
    "ontology": "/ns.html",
    "graph": "/graph/instances/pk/actors.html",
    "between": "/between?one=actor:pta&other=actor:nccia",
    "questions": "/questions",
    "question": "/questions/who-may-block?date=2026-01-01",
    "search": "/search?q=PECA+37",
    "named-by": "/named-by?of=https://w3id.org/mandates/ns%23GradeA"
    "&by=https://w3id.org/mandates/ns%23hasGrade",
    "about": "/about",
    "method": "/method",
    "quality": "/data-quality",
    "api": "/api",
    "cite": "/cite",
    "downloads": "/dumps/",
    "nothing": "/id/pk/actor/ptaa",
}


@pytest.fixture(scope="module")
def app(data_dir: Path) -> Iterator[Flask]:
    app = create_app(Settings(data_dir=data_dir, reload_seconds=0))
    yield app
    app.extensions["engine"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def get(client: FlaskClient, path: str) -> str:
    response = client.get(path, headers=HTML, follow_redirects=True)
    assert response.status_code == 200, response.get_data(as_text=True)[:800]
    return response.get_data(as_text=True)


def plain(page: str) -> str:
    """What a page says, without its marks, and with hyphens for dashes."""
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
    return text.replace(".. 2", "..2").replace("\N{EN DASH}", "-")


class Outline(HTMLParser):
    """What a page refers to, and its identifiers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(values.get("href", ""))
        if tag in ("script", "img", "iframe", "source"):
            self.loads.append(values.get("src", ""))
        if tag == "link" and values.get("rel") in ("stylesheet", "icon"):
            self.loads.append(values["href"])
        if "id" in values:
            self.ids.append(values["id"])
        self.inline += [name for name in values if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("language", ["en", "ur"])
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_every_kind_of_page_is_whole(client: FlaskClient, path: str, language: str) -> None:
    client.set_cookie("lang", language)
    response = client.get(path, headers=HTML)
    assert response.status_code == (404 if path == PAGES["nothing"] else 200)
    text = response.get_data(as_text=True)
    outline = Outline(text)
    assert f'<html lang="{language}" dir="{"rtl" if language == "ur" else "ltr"}">' in text
    assert text.count("<h1") == 1
    assert len(set(outline.ids)) == len(outline.ids)
    assert all(load == "" or load.startswith("/static/") for load in outline.loads)
    assert outline.inline == []  # the policy forbids what stands in attributes
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    anchors = {link[1:] for link in outline.links if link.startswith("#")}
    assert anchors <= {*outline.ids}


def test_the_first_page_is_light(app: Flask, client: FlaskClient) -> None:
    text = get(client, "/")
    static = Path(app.static_folder or "")
    loads = {load.removeprefix("/static/") for load in Outline(text).loads if load}
    fonts = set(re.findall(r"fonts/[\w.-]+", (static / "base.css").read_text("utf-8")))
    total = len(text.encode()) + sum((static / name).stat().st_size for name in loads | fonts)
    assert fonts
    assert total < 100_000


def test_a_mandate_is_one_sentence(client: FlaskClient) -> None:
    text = re.sub(r"<[^>]+>", "", get(client, PAGES["mandate"]))
    text = " ".join(text.split())
    assert (
        "From 22 August 2016 to 30 January 2025 the Pakistan Telecommunication Authority may "
        "remove or block" in text
    )
    assert "under PECA, s. 37(1)" in text
    assert "The Authority shall have the power to remove or block" in text


def test_a_page_shows_the_query_behind_each_part_and_opens_it(client: FlaskClient) -> None:
    text = get(client, PAGES["institution"])
    assert "?holding mand:heldBy &lt;https://w3id.org/mandates/id/pk/actor/pta&gt;" in text
    assert 'href="/sparql#query=PREFIX%20mand' in text


def test_an_instrument_is_in_its_own_order(client: FlaskClient) -> None:
    text = get(client, PAGES["instrument"])
    places = [
        text.index(f'/peca-2016/{section}"') for section in ("s2A.1", "s20.2", "s37.1", "s51.1")
    ]
    assert places == sorted(places)


def test_a_finding_is_proved_by_the_words_of_both(client: FlaskClient) -> None:
    between = get(client, PAGES["between"])
    finding = re.search(r'href="(/id/finding/[0-9a-f]+)"', between)
    assert finding
    text = get(client, finding[1])
    assert text.count("<blockquote") >= 2


@pytest.mark.parametrize("name", ["pta", "PTA", "Pakistan telecommunication  authority"])
def test_an_institution_is_found_by_any_name_that_only_it_has(
    client: FlaskClient, name: str
) -> None:
    text = get(client, "/between?" + urlencode({"one": name, "other": "PKCERT"}))
    assert "Pakistan Telecommunication Authority and National Computer Emergency" in text


def test_a_name_of_several_or_of_nobody_offers_those_that_may_be_meant(client: FlaskClient) -> None:
    for name, meant in (("nca", "id/gb/actor/nca"), ("ptaa", "id/pk/actor/pta")):
        response = client.get(f"/between?one={name}&other=fia", headers=HTML)
        assert response.status_code == 404
        text = response.get_data(as_text=True)
        offered = [link for link in Outline(text).links if link.startswith("/between?")]
        assert any(quote(meant, safe="") in link and "other=fia" in link for link in offered)
        assert get(client, offered[0])


def test_what_has_always_stood_has_no_day_of_a_first_year(client: FlaskClient) -> None:
    subject = get(client, "/scheme/subject/personal-data.html")
    assert "start of the record" in subject
    assert "0001-01-01" not in subject


def test_a_day_is_written_no_closer_than_it_is_known(client: FlaskClient) -> None:
    said = get(client, "/id/pk/statement/PKC-222.html")  # known by its year only
    assert re.search(r"Report in Jang(?:</span>)?, 2025:", said)
    law = get(client, "/id/pk/instrument/amla-2010.html")  # in force at some time in 2010
    assert '<td><span class="date">2010</span></td>' in law
    law = plain(get(client, "/id/pk/instrument/fair-trial-act-2013.html"))
    assert "2013-02-20..2013-02-21 Investigation for Fair Trial Act, 2013 comes into force" in law
    repeal = plain(get(client, "/id/pk/event/nccia-rules-2024-repeal.html"))
    assert "Takes effect 17 October 2024 Notified 11 December 2024 at the earliest" in repeal
    practice = plain(get(client, "/id/pk/event/nccia-lists-apps.html"))
    assert "Takes effect a day between 1 April 2025 and 24 November 2026" in practice
    assert "Could be known from 1 April 2025 at the earliest" in practice
    held = plain(get(client, "/id/pk/mandate/osa-s13.1-empower-magistrates.html"))
    assert "Provincial Governments of Pakistan designated 1981 - 1981" in held


SENTENCES = {
    "/id/pk/mandate/telecom-s9-delegate": "Since 2006 the Pakistan Telecommunication Authority",
    "/id/pk/mandate/vao-s62-remove-difficulties": "From a day between 7 July 2025 and 10 July 2025 "
    "to a day between 4 November 2025 and 10 January 2026 the Federal Government",
    "/id/pk/mandate/eto-s12-verify-copies": "Since a day between 10 September 2002 and 12",
    "/id/in/mandate/tea-s3.1-authorise": "Since 24 December 2023 at the earliest (if at all) the",
    "/id/gb/mandate/dpa-s115.3-advise": "From 25 May 2018 to 1 January 2025 at the earliest the",
    "/id/pk/mandate/peca-s37.1-remove-or-block": "From 22 August 2016 to 30 January 2025 the",
    "/id/pk/holding/telecom-s9-delegate--pta": "Since 2006.",
    "/id/pk/designation/peca-investigation-agency-fia-2016": "From a day between 1 September 2016 "
    "and 22 September 2016 to 24 April 2024.",
}


@pytest.mark.parametrize(("path", "sentence"), SENTENCES.items())
def test_a_sentence_has_no_day_closer_than_it_is_known(
    client: FlaskClient, path: str, sentence: str
) -> None:
    assert sentence in plain(get(client, path + ".html"))


def test_lists_have_no_day_closer_than_it_is_known(client: FlaskClient) -> None:
    mandate = plain(get(client, "/id/pk/mandate/telecom-s9-delegate.html"))
    assert "Pakistan Telecommunication Authority 2006 -" in mandate
    role = plain(get(client, "/id/pk/role/peca-investigation-agency.html"))
    assert "Federal Investigation Agency 2016-09-01..2016-09-22 - 2024-04-24" in role
    body = plain(get(client, "/id/pk/actor/pta.html"))
    assert "Delegate powers to its Chairman, members and officers Power" in body
    assert "s. 9 2006 -" in body
    assert "administrative control 1996-10-17..2016-12-19 - 2016-12-19" in body
    # What is known to the day stays as it is.
    assert "the Authority (PECA) 2016-08-22 - 2025-01-30" in body


def test_data_keep_the_derived_moments(client: FlaskClient) -> None:
    turtle = get(client, "/id/pk/holding/telecom-s9-delegate--pta.ttl")
    assert 'validFrom "2006-01-01T00:00:00+05:00"' in turtle
    assert 'certainFrom "2007-01-01T00:00:00+05:00"' in turtle


def known_of(client: FlaskClient, beginning: str) -> tuple[str, str]:
    """The page of a finding that begins on a day, and what two of its holdings begin with."""
    query = f"""PREFIX mand: <https://w3id.org/mandates/ns#>
        PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        SELECT ?finding ?certain {{
          ?finding mand:supportedByPair ?pair ; mand:validFrom ?from .
          ?pair mand:validFrom ?from ; mand:firstHolding ?one ; mand:secondHolding ?other .
          ?one mand:validFrom ?from ; mand:certainFrom ?certain .
          ?other mand:validFrom ?from ; mand:certainFrom ?certain .
          FILTER NOT EXISTS {{ ?finding mand:certainFrom ?sure }}
          FILTER NOT EXISTS {{ ?finding mand:validUntil ?end }}
          FILTER (?from = "{beginning}T00:00:00+05:00"^^xsd:dateTime)
        }} ORDER BY ?finding LIMIT 1"""
    rows = client.get("/sparql", query_string={"query": query}).json["results"]["bindings"]
    path = rows[0]["finding"]["value"].removeprefix("https://w3id.org/mandates")
    return path + ".html", rows[0]["certain"]["value"][:10]


def test_a_finding_that_is_only_possible_still_begins_when_its_holdings_do(
    client: FlaskClient,
) -> None:
    path, certain = known_of(client, "2006-01-01")
    assert certain == "2007-01-01"
    english = plain(get(client, path))
    assert "Since 2006." in english
    assert "Since 2006 ·" in english  # of its proof
    assert "از 2006." in plain(get(client, path + "?lang=ur"))


def test_days_are_written_in_the_language_of_the_page(client: FlaskClient) -> None:
    path = "/between?one=fia&other=nccia&date=2025-08-06&lang="
    assert "6 August 2025" in get(client, path + "en")
    urdu = get(client, path + "ur")
    assert "6 اگست 2025" in urdu
    assert "August" not in urdu


def test_an_address_that_leads_nowhere_leads_on(client: FlaskClient) -> None:
    response = client.get("/nowhere", headers=HTML)
    assert response.status_code == 404
    assert "/search" in Outline(response.get_data(as_text=True)).links
    assert "near matches" not in response.get_data(as_text=True)


def test_what_points_to_a_thing_is_counted_and_paged_without_loss(client: FlaskClient) -> None:
    address = PAGES["named-by"]
    text = get(client, address)
    total = int(re.search(r"([\d,]+) things point", text)[1].replace(",", ""))  # type: ignore[index]
    pages = -(-total // 100)
    seen = [
        link
        for page in (1, 2, pages)
        for link in Outline(get(client, f"{address}&page={page}")).links
        if "/evidence/" in link
    ]
    assert len(seen) == len(set(seen)) == 200 + (total - 1) % 100 + 1


def test_structured_data_calls_legislation_what_the_alignment_does(client: FlaskClient) -> None:
    table = project_root() / "ontology" / "alignments" / "schema-legislation.sssom.tsv"
    rows = [line.split("\t") for line in table.read_text("utf-8").splitlines()]
    aligned = {row[0] for row in rows if row[1:3] == ["rdfs:subClassOf", "schema:Legislation"]}
    assert aligned == {f"mand:{name}" for name in LEGISLATION}
    for path, kind in (
        ("peca-2016", "Legislation"),
        ("ncsp-2021", "CreativeWork"),
        ("peca-2016/s37.1", "CreativeWork"),
    ):
        page = client.get(f"/id/pk/instrument/{path}.html").text
        found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
        assert found is not None
        assert json.loads(found[1])["@type"] == kind, path


def test_structured_data_names_the_thing(client: FlaskClient) -> None:
    text = get(client, PAGES["institution"])
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text)
    assert found
    data = json.loads(found[1])
    assert data["@type"] == "GovernmentOrganization"
    assert data["name"] == "Pakistan Telecommunication Authority"
    assert "PTA" in data["alternateName"]


def test_urdu_names_come_first_for_who_reads_urdu(client: FlaskClient) -> None:
    text = get(client, PAGES["institution"] + "?lang=ur")
    assert "<h1>پاکستان ٹیلی کمیونیکیشن اتھارٹی</h1>" in text
    assert 'dir="rtl"' in get(client, "/")  # the choice is kept


@pytest.mark.parametrize(
    "path",
    [
        "/search?q=x&on=2025-02-31",
        "/search?q=x&page=0",
        "/search?q=x&page=99999999999999999999",
        "/search?q=" + "x" * 300,
        "/between?one=actor:pta&other=actor:nccia&date=yesterday",
        "/named-by?of=x",
        "/named-by?of=https://w3id.org/mandates/ns%23GradeA&by=%3E%20%7D",
        "/named-by?of=a:b&by=a:c&page=-1",
    ],
)
def test_what_makes_no_sense_is_said_so(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers=HTML)
    assert response.status_code == 400
    assert "<h1>" in response.get_data(as_text=True)


def test_a_problem_of_the_endpoint_is_a_page_under_the_same_policy(client: FlaskClient) -> None:
    response = client.get("/sparql?query=SELEC", headers={"Accept": "text/html, */*;q=0.1"})
    assert response.status_code == 400
    assert "<h1>" in response.get_data(as_text=True)
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_search_answers_programs(client: FlaskClient) -> None:
    answer = client.get("/search?q=PECA+37", headers={"Accept": "application/json"}).get_json()
    assert answer["readAsCitation"] is True
    assert answer["hits"][0]["href"] == "/id/pk/instrument/peca-2016/s37.1"


def test_a_search_that_finds_nothing_offers_what_may_be_meant(client: FlaskClient) -> None:
    text = get(client, "/search?q=blokcing&kind=mandate")
    offered = re.search(r'Did you mean <a href="(\?[^"]+)"', text)
    assert offered
    found = get(client, "/search" + unescape(offered[1]))
    assert "Did you mean" not in found
    assert "Nothing is found" not in found
    program = client.get("/search?q=ptaa&format=json").get_json()
    assert "/id/pk/actor/pta" in [item["href"] for item in program["near"]]


def test_every_name_in_the_paper_has_a_page_with_what_is_claimed_of_it(client: FlaskClient) -> None:
    with NAMES.open(encoding="utf-8", newline="") as lines:
        places = {row["iri"]: row["name"] for row in csv.DictReader(lines)}
    bare = []
    for iri, name in places.items():
        path = f"/{iri}" if iri.startswith("scheme/") else f"/id/{iri}"
        text = get(client, path + ".html")
        if 'id="claims"' not in text and 'class="verdict"' not in text and "statedIn" not in text:
            bare.append(name)
    assert bare == []


def test_home_leads_to_what_newcomers_ask_in_one_step(client: FlaskClient) -> None:
    links = Outline(get(client, "/")).links
    block = next(link for link in links if "who-may-block" in link)
    between = next(link for link in links if link.startswith("/between"))
    amendment = next(link for link in links if "peca-amendment-act-2025" in link)
    assert "shall have the power to remove or block" in get(client, block)
    assert "<blockquote" in get(client, between)
    assert "What it moved" in get(client, amendment.partition("#")[0])


def test_all_that_the_pages_say_is_said_in_urdu_too() -> None:
    web = Path(mandates.web.__file__).parent
    said = {
        text
        for template in (web / "templates").rglob("*.html")
        for text in re.findall(r"""\bt\((?:"([^"]+)"|'([^']+)')\)""", template.read_text("utf-8"))
        for text in text
        if text
    }
    assert said
    assert sorted(said - {*messages("ur")}) == []


COUNTED = {
    "SunsetCoverage": "?finding mand:involves <https://w3id.org/mandates/id/cn/actor/miit> .",
    "Fragmentation": "?finding mand:onSubject "
    "<https://w3id.org/mandates/scheme/subject/communications-security> .",
    "Gap": 'FILTER (STRSTARTS(STR(?from), "2025-01-30"))',
}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("SunsetCoverage", "Since 25 September 2000."),
        ("Fragmentation", "Since a day between 1 January 2002 and 1 January 2007."),
        ("Gap", "Since 30 January 2025."),
    ],
)
def test_a_finding_that_counts_begins_as_closely_as_what_it_counts(
    client: FlaskClient, kind: str, words: str
) -> None:
    query = f"""PREFIX mand: <https://w3id.org/mandates/ns#>
        SELECT ?finding {{ ?finding a mand:{kind} ; mand:validFrom ?from . {COUNTED[kind]} }}"""
    rows = client.get("/sparql", query_string={"query": query}).json["results"]["bindings"]
    paths = [r["finding"]["value"].removeprefix("https://w3id.org/mandates") for r in rows]
    assert any(words in plain(get(client, f"{path}.html?lang=en")) for path in paths)


def test_facts_have_no_day_closer_than_it_is_known(client: FlaskClient) -> None:
    holding = plain(get(client, "/id/pk/holding/telecom-s9-delegate--pta.html"))
    assert "valid from 2006 derived" in holding
    assert "certain from 2007-01-01 derived" in holding


PK = "https://w3id.org/mandates/id/pk/"
OTHERS = {
    "nccia": {"fia": 98},
    "pta": {"smpra": 64},
    "fia": {"nccia": 98},
    "moitt": {},
    "smpra": {},
}


@pytest.mark.parametrize(("name", "strong"), OTHERS.items(), ids=OTHERS)
def test_an_institution_meets_on_its_page_whom_it_meets_in_the_explorer(
    app: Flask, name: str, strong: dict[str, int]
) -> None:
    actor = f"{PK}actor/{name}"
    land = app.extensions["landscapes"].current()
    explored: dict[str, list[int]] = {}
    for f in land.meetings(today()):
        if actor in f.actors:
            other = next(a for a in f.actors if a != actor)
            explored.setdefault(other, []).append(f.score)
    page = app.extensions["entities"].page(actor, "thing")
    shown: dict[str, list[tuple[int, int]]] = {}
    for row in page.parts["institution-partners"]:
        numbers = int(row["findings"].text), int(row["highest"].text)
        shown.setdefault(row["other"].iri, []).append(numbers)
    assert {
        other: (sum(n for n, _ in rows), max(score for _, score in rows))
        for other, rows in shown.items()
    } == {other: (len(scores), max(scores)) for other, scores in explored.items()}
    for other, score in strong.items():
        assert max(explored[f"{PK}actor/{other}"]) == score


def test_what_meets_is_the_same_for_pages_and_reports(client: FlaskClient) -> None:
    reported = {relation_class(name).value for name in views.MEETINGS}
    kinds = " ".join(f"mand:{name}" for name in MEETINGS)
    query = f"""PREFIX mand: <https://w3id.org/mandates/ns#>
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        SELECT DISTINCT ?class {{ VALUES ?kind {{ {kinds} }} ?class rdfs:subClassOf? ?kind }}"""
    rows = client.get("/sparql", query_string={"query": query}).json["results"]["bindings"]
    # Beside the relations there are the shapes of an overlap, which each has besides.
    shapes = {f"https://w3id.org/mandates/ns#{x}Overlap" for x in ("Full", "Nested", "Partial")}
    assert {row["class"]["value"] for row in rows} - shapes == reported


def test_a_contested_holding_stands_among_what_a_mandate_supports(client: FlaskClient) -> None:
    text = plain(get(client, PAGES["mandate"]))
    assert "Contested holding: Pakistan Telecommunication Authority and Social Media" in text
    body = plain(get(client, PAGES["institution"]))
    assert "Social Media Protection and Regulatory Authority 15 contested holding 64" in body
    assert "one of the two institutions holds, never both" in body


def test_what_could_be_known_of_a_beginning_is_told_apart_from_an_end(client: FlaskClient) -> None:
    first = "Pakistan Telecommunication Authority designated 2016-08-22 - 2025-01-30"
    text = plain(get(client, PAGES["mandate"]))
    assert f"{first} 2016-08-22 its end from 2025-01-30" in text
    # What has not ended has one day, and one closer than it is known has none.
    text = plain(get(client, "/id/pk/mandate/telecom-s9-delegate.html"))
    assert "its end from" not in text


def test_words_of_one_provision_stand_in_the_order_of_the_text(client: FlaskClient) -> None:
    def quoted(path: str) -> list[str]:
        return re.findall(r"<blockquote[^>]*>(.{13})", get(client, path))

    both = ["The Authority", "in the intere"]
    assert quoted(PAGES["provision"]) == quoted(PAGES["mandate"])[:2] == both
    shown = quoted("/explore/findings?a=pk/pta&b=pk/smpra&as-of=2025-08-06")
    assert shown[shown.index(both[1]) - 1] == both[0]
    # Where only one is shown, it is the one that confers.
    assert both[1] not in quoted("/between?one=pta&other=smpra&date=2025-08-06")


def test_a_finding_says_what_it_is_called_elsewhere_and_how_much_is_not_shown(
    client: FlaskClient,
) -> None:
    text = plain(get(client, "/id/finding/4feeba05349dcb90a1f1.html"))
    assert "In reports: “Exclusive mandates that meet another's”." in text
    assert "8 pairs of mandates meet" in text
    assert "The strongest are shown; 3 more pairs meet and are not shown." in text
    assert "counts what stands on its day alone" in text
    assert "Pair 1 of Exclusivity conflict" in text
    assert "/pair/1 " not in text


def test_borrowed_terms_have_names(client: FlaskClient) -> None:
    for path in (PAGES["provision"], PAGES["institution"], "/id/pk/actor/fia.html"):
        text = get(client, path)
        facts = re.findall(r"<dt>(.*?)</dt>", text, re.DOTALL)
        assert facts
        bare = [f for f in map(plain, facts) if re.match(r"\w+:\w|https?:", f)]
        assert bare == []


def test_one_of_a_thing_is_no_plural(client: FlaskClient) -> None:
    text = plain(get(client, "/questions/investigation-agency?date=2018-01-01"))
    assert not re.search(r"\b1 rows\b", text)


def test_who_may_block_says_on_which_reading(client: FlaskClient) -> None:
    page = get(client, "/questions/who-may-block?date=2026-01-01")
    text = plain(page)
    said = "each row names the reading on which it stands"
    assert text.index(said) < text.index("28 rows")
    header = re.findall(r'<th scope="col">([^<]*)', page)
    assert header[:4] == ["holder", "how held", "reading", "certainty"]
    assert (
        "Pakistan Telecommunication Authority continued by a saving transitional: PTA goes on "
        "until SMPRA is established possible PECA, s. 16(2)" in text
    )
    assert (
        "Social Media Protection and Regulatory Authority designated literal: the Authority is "
        "SMPRA from 30 January 2025 possible PECA, s. 16(2)" in text
    )
    before = plain(get(client, "/questions/who-may-block?date=2020-01-01"))
    assert "Pakistan Telecommunication Authority designated certain PECA, s. 16(2)" in before
