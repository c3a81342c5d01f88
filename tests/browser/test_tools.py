"""Editor, explorer, reports, validation and the ontology's reference, as a reader uses them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import SCREENSHOTS, OpenPage, Page

PAGES = {
    "editor": "/sparql",
    "answer": "/sparql#question=investigation-agency",
    "matrix": "/explore?as-of=2026-11-01",
    "functions": "/explore/functions?as-of=2026-11-01",
    "timeline": "/explore/timeline?as-of=2026-11-01",
    "network": "/explore/network?as-of=2026-11-01",
    "countries": "/explore/countries?as-of=2026-11-01",
    "findings": "/explore/findings?a=pk/pta&b=pk/nccia&as-of=2026-11-01",
    "mandates": "/explore/mandates?actor=pk/pta&as-of=2026-11-01",
    "reports": "/reports?kind=bill",
    "validation": "/validate",
    "ontology": "/ontology",
    "core": "/ns",
    "version": "/ns/0.1.0",
}
DRAWN = ("matrix", "functions", "timeline", "network", "countries")
SCRIPT = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>"


def settle(page: Page, name: str) -> None:
    if name in ("editor", "answer"):
        page.wait_for_selector("html[data-ready]")
    if name == "answer":
        page.wait_for_selector("html[data-answered]")
    if name in DRAWN:
        page.wait_for_selector("html[data-drawn=yes]")


def write(page: Page, query: str) -> None:
    """Put a query into the editor, whose own field is hidden under what it draws."""
    page.evaluate("text => document.querySelector('.CodeMirror').CodeMirror.setValue(text)", query)


def run(page: Page) -> None:
    page.click("#run")
    page.wait_for_selector("html[data-answered] #run:has-text('Run')")


@pytest.mark.parametrize("name", PAGES)
def test_a_tool_is_accessible_in_both_themes_and_fits_any_width(
    open_page: OpenPage, name: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(PAGES[name])
    settle(page, name)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        serious = [
            f"{item['id']}: {item['nodes'][0]['html'][:200]} ({len(item['nodes'])})"
            for item in axe.run(page).response["violations"]
            if item["impact"] in ("serious", "critical")
        ]
        assert serious == [], scheme
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for width in (390, 900, 1600):
        page.set_viewport_size({"width": width, "height": 1000})
        page.wait_for_timeout(200)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


def test_an_example_is_found_and_run(open_page: OpenPage) -> None:
    page = open_page("/sparql")
    settle(page, "editor")
    page.click("#examples summary")
    page.fill("#example-filter", "investigation agency of peca")
    page.click("#examples li:visible a")
    page.wait_for_selector("html[data-answered]")
    assert "Federal Investigation Agency" in page.inner_text("#results table")
    assert re.search(r"1 row in .* from dataset [0-9a-f]{16}", page.inner_text("#query-status"))


def test_an_error_is_marked_at_its_line(open_page: OpenPage) -> None:
    page = open_page("/sparql", expected=400)
    settle(page, "editor")
    write(page, "SELECT * WHERE {\n  ?s ?p ?o .\n  ?s mand:fills }")
    page.click("#run")
    page.wait_for_selector("#query-error:visible")
    assert "The prefix mand: is not declared" in page.inner_text("#query-error")
    marked = page.evaluate(
        "() => { const cm = document.querySelector('.CodeMirror').CodeMirror; const found = [];"
        " cm.eachLine(l => { if ((l.bgClass || '').includes('fault'))"
        " found.push(cm.getLineNumber(l) + 1) }); return found }"
    )
    assert marked == [3]
    assert page.inner_text(".fault-spot") == "mand:fills"
    page.click("#query-error button")
    cursor = "document.querySelector('.CodeMirror').CodeMirror.getCursor().line"
    assert page.evaluate(cursor) == 2


def test_a_long_query_is_shared_and_opened_again(open_page: OpenPage) -> None:
    page = open_page("/sparql")
    settle(page, "editor")
    values = " ".join(f'"{i}-{i * 7919}"' for i in range(2000))
    query = f"SELECT ?x WHERE {{ VALUES ?x {{ {values} }} }}"
    assert len(query) > 20_000
    write(page, query)
    page.click("#share")
    address = page.input_value("#copy textarea")
    again = open_page(address.removeprefix(page.evaluate("location.origin")))
    settle(again, "answer")
    assert again.evaluate("document.querySelector('.CodeMirror').CodeMirror.getValue()") == query
    assert again.inner_text("#query-status").startswith("2,000 rows")


def test_completion_comes_from_our_own_description(open_page: OpenPage) -> None:
    page = open_page("/sparql")
    settle(page, "editor")
    write(page, "")
    page.click(".CodeMirror")
    page.keyboard.type("PREFIX mand: <https://w3id.org/mandates/ns#>\nSELECT * { ?s mand:valid")
    page.keyboard.press("Control+Space")
    page.wait_for_selector(".CodeMirror-hint:has-text('mand:validFrom')")


@pytest.mark.parametrize("language", ["curl", "Python", "R"])
def test_a_query_is_copied_as_code(open_page: OpenPage, language: str) -> None:
    page = open_page("/sparql")
    settle(page, "editor")
    write(page, 'SELECT ("it\'s" AS ?x) {}')
    page.click(f"[data-code={language}]")
    text = page.input_value("#copy textarea")
    assert "it's" in text
    assert "/sparql" in text


def test_answers_are_drawn_and_saved(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("/sparql")
    settle(page, "editor")
    write(
        page,
        "PREFIX mand: <https://w3id.org/mandates/ns#>\n"
        "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"
        "SELECT ?who ?from (COUNT(?h) AS ?n) { ?h a mand:Holding ; mand:validFrom ?from ;"
        " mand:heldBy/skos:altLabel ?who } GROUP BY ?who ?from LIMIT 20",
    )
    run(page)
    for view in ("chart", "timeline"):
        page.click(f".select_{view}")
        page.wait_for_selector("#results .drawing svg")
        with page.expect_download() as saved:
            page.click("#results button:has-text('SVG')")
        saved.value.save_as(tmp_path / view)
        assert "<svg" in (tmp_path / view).read_text("utf-8")
    write(
        page,
        "PREFIX mand: <https://w3id.org/mandates/ns#>\n"
        "CONSTRUCT { ?a mand:oversees ?b } WHERE { ?a mand:oversees ?b }",
    )
    run(page)
    page.click(".select_graph")
    page.wait_for_selector("#results canvas")
    with page.expect_download() as saved:
        page.click("#results button:has-text('PNG')")
    saved.value.save_as(tmp_path / "graph")
    assert (tmp_path / "graph").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("what", ["?a mand:oversees ?b", "?a mand:oversees|mand:memberOf ?b"])
def test_names_in_the_graph_of_an_answer_do_not_lie_on_each_other(
    open_page: OpenPage, tmp_path: Path, what: str
) -> None:
    page = open_page("/sparql", viewport={"width": 768, "height": 900}, color_scheme="dark")
    settle(page, "editor")
    write(
        page,
        "PREFIX mand: <https://w3id.org/mandates/ns#>\n"
        f"CONSTRUCT {{ ?a mand:near ?b }} WHERE {{ {what} }}",
    )
    run(page)
    page.click(".select_graph")
    with page.expect_download() as saved:
        page.click("#results .drawing button:has-text('SVG')")
    saved.value.save_as(tmp_path / "graph.svg")
    printed = page.context.new_page()
    printed.set_content((tmp_path / "graph.svg").read_text("utf-8"))
    found = printed.evaluate(OVERLAPS)
    assert found["pairs"] == []
    assert found["dots"] > 20
    assert found["names"] > 0.5 * found["dots"]


def test_a_reader_gets_the_answer_alone(open_page: OpenPage) -> None:
    page = open_page("/sparql#question=investigation-agency")
    settle(page, "answer")
    with page.context.expect_page() as opened:
        page.click("#read")
    alone = opened.value
    alone.wait_for_selector("html.reading[data-answered]")
    assert not alone.is_visible("#query-form")
    assert "Federal Investigation Agency" in alone.inner_text("#results table")
    alone.click("#edit")
    assert alone.is_visible("#query-form")


def test_scripts_in_literals_stay_text(open_page: OpenPage) -> None:
    # YASR's sanitiser parses literals in a document that runs nothing; Chromium tells of it still.
    page = open_page("/sparql", expected="Executing inline event handler")
    settle(page, "editor")
    write(
        page,
        f'SELECT ("{SCRIPT}" AS ?x) (1 AS ?n) (<https://example.org/%3Cscript%3E> AS ?y) {{}}',
    )
    run(page)
    assert "window.hacked" in page.inner_text("#results table")
    for view in ("chart", "response"):
        page.click(f".select_{view}")
        page.wait_for_timeout(500)
    assert page.evaluate("window.hacked") is None
    validated = open_page("/validate")
    validated.fill(
        "#data",
        f'<http://e/{"x"}> <http://e/p> """{SCRIPT}""" ; a <https://w3id.org/mandates/ns#Powr> .',
    )
    validated.click("form[data-limit] button", timeout=90_000)
    validated.wait_for_selector("#result", timeout=90_000)
    assert "mand:Power" in validated.inner_text("#result")
    assert validated.evaluate("window.hacked") is None


def test_a_cell_leads_to_the_words_of_the_law(open_page: OpenPage) -> None:
    page = open_page("/explore?as-of=2025-08-06")
    settle(page, "matrix")
    page.click("table.heat td a[title^='PTA and NCCIA:']")
    page.wait_for_url("**/explore/findings?**")
    assert "offences under section 17 shall be cognizable" in page.inner_text(
        "article.finding >> nth=0"
    )
    assert page.locator("article.finding figure.words blockquote").count() >= 2
    page.click("article.finding figcaption a >> nth=0")
    page.wait_for_url("**/id/pk/instrument/**")


def test_the_slider_changes_the_matrix(open_page: OpenPage) -> None:
    page = open_page("/explore?as-of=2026-11-01")
    settle(page, "matrix")
    before = page.inner_text("table.heat")
    page.focus("#slider")
    page.keyboard.press("Home")
    page.wait_for_function(
        "text => document.querySelector('#view').innerText.indexOf(text) < 0", arg=before
    )
    page.wait_for_selector("html[data-drawn=yes]")
    assert page.input_value("#as-of") < "1997"
    assert f"as-of={page.input_value('#as-of')}" in page.evaluate("location.search")


def test_the_second_clock_changes_the_matrix(open_page: OpenPage) -> None:
    # The Rules of 2024 had been repealed by then, but nobody could know it.
    known = open_page("/explore?as-of=2024-11-01&known=2024-11-01")
    now = open_page("/explore?as-of=2024-11-01")
    assert "NCCIA (2024)" in known.inner_text("table.heat")
    assert "NCCIA (2024)" not in now.inner_text("table.heat")


def test_pictures_of_the_explorer_are_saved(open_page: OpenPage, tmp_path: Path) -> None:
    for name in DRAWN:
        page = open_page(PAGES[name])
        settle(page, name)
        # What shows the same as the table above it is folded away.
        if folded := page.locator("details.drawing > summary").count():
            assert not page.is_visible(".drawing .canvas")
            page.click("details.drawing > summary")
        assert folded == (name in ("matrix", "functions"))
        with page.expect_download() as saved:
            page.click(".drawing button:has-text('PNG')")
        saved.value.save_as(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
        assert page.locator("#view table").count() >= 1


OVERLAPS = """
() => {
  const box = (e) => e.getBoundingClientRect();
  const texts = [...document.querySelectorAll("text")].map((e) => [e.textContent, box(e)]);
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
  const pairs = [];
  texts.forEach(([one, a], i) => texts.slice(i + 1).forEach(([two, b]) => {
    if (meet(a, b)) pairs.push(`${one} / ${two}`);
  }));
  return { names: texts.length, dots: document.querySelectorAll("circle").length, pairs };
}
"""


@pytest.mark.parametrize("query", ["who=five", "who=all", "country=all"])
def test_names_in_the_network_do_not_lie_on_each_other(
    open_page: OpenPage, tmp_path: Path, query: str
) -> None:
    page = open_page(f"/explore/network?as-of=2026-11-01&{query}", color_scheme="dark")
    settle(page, "network")
    with page.expect_download() as saved:
        page.click(".drawing button:has-text('SVG')")
    saved.value.save_as(tmp_path / "network.svg")
    drawn = (tmp_path / "network.svg").read_text("utf-8")
    printed = page.context.new_page()
    printed.set_content(drawn)
    found = printed.evaluate(OVERLAPS)
    assert found["pairs"] == []
    assert found["dots"] == int(page.get_attribute("[data-picture]", "data-nodes") or 0)
    assert found["names"] > 0.9 * found["dots"]
    # It leaves the page, so it is on white whatever the theme, and the same each time.
    assert 'fill="#ffffff"' in drawn
    with page.expect_download() as again:
        page.click(".drawing button:has-text('SVG')")
    again.value.save_as(tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_text("utf-8") == drawn


def test_one_institution_of_the_network_is_looked_at(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(
        "/explore/network?as-of=2026-11-01&who=all", viewport={"width": 360, "height": 800}
    )
    settle(page, "network")
    page.select_option(
        "#look-at", label="National Computer Emergency Response Team of Pakistan (NCERT)"
    )
    with page.expect_download() as saved:
        page.click(".drawing button:has-text('SVG')")
    saved.value.save_as(tmp_path / "network.svg")
    printed = page.context.new_page()
    printed.set_content((tmp_path / "network.svg").read_text("utf-8"))
    names = printed.eval_on_selector_all("text", "all => all.map(e => e.textContent)")
    assert "NCERT" in names
    assert "PTA" in names
    assert "FIA CTW" not in names


def test_one_finger_scrolls_past_the_network_and_two_zoom_it(open_page: OpenPage) -> None:
    page = open_page(
        "/explore/network?as-of=2026-11-01&who=all",
        viewport={"width": 360, "height": 700},
        has_touch=True,
    )
    settle(page, "network")
    picture = page.locator(".canvas.network")
    before = picture.screenshot()
    hand = page.context.new_cdp_session(page)

    def fingers(*paths: list[int]) -> float:
        """Move fingers from height to height over the picture; return how far the page went."""
        picture.evaluate("(e) => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
        stood = page.evaluate("scrollY")
        kinds = ["touchStart", *["touchMove"] * (len(paths[0]) - 1)]
        for kind, *heights in zip(kinds, *paths, strict=True):
            points = [{"x": 180, "y": y, "id": i} for i, y in enumerate(heights)]
            hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            page.wait_for_timeout(20)
        hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(300)
        return float(page.evaluate("scrollY") - stood)

    assert fingers([*range(350, 200, -10)]) > 60
    assert picture.screenshot() == before
    assert fingers([*range(340, 240, -10)], [*range(360, 460, 10)]) == 0
    assert page.evaluate("visualViewport.scale") == 1
    assert picture.screenshot() != before


def test_the_wheel_scrolls_past_the_network_and_zooms_it_with_ctrl(open_page: OpenPage) -> None:
    page = open_page(
        "/explore/network?as-of=2026-11-01&who=all", viewport={"width": 1280, "height": 700}
    )
    settle(page, "network")
    picture = page.locator(".canvas.network")
    picture.evaluate("(e) => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
    before = picture.screenshot()

    def wheel(by: int) -> float:
        """Turn the wheel over the picture; return how far the page went."""
        stood = page.evaluate("scrollY")
        page.mouse.move(640, 350)
        page.mouse.wheel(0, by)
        page.mouse.move(5, 350)
        page.wait_for_timeout(500)
        return float(page.evaluate("scrollY") - stood)

    assert wheel(120) > 60
    assert wheel(-120) < -60
    assert picture.screenshot() == before
    page.keyboard.down("Control")
    assert wheel(-240) == 0
    page.keyboard.up("Control")
    assert picture.screenshot() != before


def test_the_timeline_reads_without_scrolling_sideways(open_page: OpenPage) -> None:
    hidden = """() => {
      const place = document.querySelector("[data-picture=timeline] .canvas");
      const room = place.getBoundingClientRect().right + 1;
      const texts = [...place.querySelectorAll("svg text")];
      const cut = texts.filter((text) => text.getBoundingClientRect().right > room);
      return [place.scrollWidth - place.clientWidth, texts.length, cut.map((t) => t.textContent)];
    }"""
    page = open_page(PAGES["timeline"], viewport={"width": 360, "height": 800})
    settle(page, "timeline")
    for width in (360, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(800)
        beside, texts, cut = page.evaluate(hidden)
        assert beside <= 0, width
        assert texts > 30
        assert cut == [], width
        bar = page.evaluate("""() => Math.max(...[...document.querySelectorAll(
          "[data-picture=timeline] .mark-rect path")]
          .map((e) => e.getBoundingClientRect().width))
        """)
        assert bar > width * (0.8 if width < 800 else 0.5)


def test_the_network_on_paper_is_drawn_for_it(open_page: OpenPage) -> None:
    page = open_page("/explore/network?as-of=2026-11-01&who=all")
    settle(page, "network")
    page.click("#theme")
    assert page.get_attribute("html", "data-theme") == "dark"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    # Whoever reads in the dark prints dark letters on white all the same.
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 26, 23)"
    assert page.is_visible(".on-paper svg")
    assert not page.is_visible(".canvas.network")
    assert page.evaluate(OVERLAPS)["pairs"] == []


def test_without_scripts_everything_reads(open_page: OpenPage) -> None:
    for name in (*DRAWN, "findings", "mandates", "ontology", "core"):
        page = open_page(PAGES[name], java_script_enabled=False)
        assert page.locator("#main table:not(.empty), #main dl.facts, #main .side").count() >= 1
    page = open_page("/sparql", java_script_enabled=False)
    assert page.is_visible("#query")
    assert not page.is_visible("#tools")
    page = open_page("/explore", java_script_enabled=False)
    page.fill("#as-of", "2019-01-01")
    page.click(".clocks button")
    page.wait_for_url("**as-of=2019-01-01**")
    assert "1 January 2019" in page.inner_text("#view")


def test_a_report_is_made_and_leads_back(open_page: OpenPage) -> None:
    page = open_page("/reports")
    page.fill("#state-actors", "pta,nccia")
    page.fill("#state-as-of", "2025-08-06")
    page.click("details[open] form button", timeout=90_000)
    page.wait_for_selector("h1:has-text('Mandate overlaps on 6 August 2025')", timeout=90_000)
    assert page.locator("blockquote").count() > 3
    page.click("text=Change the question")
    assert page.input_value("#state-actors") == "pta,nccia"


def test_a_broken_bill_stays_in_the_form(open_page: OpenPage) -> None:
    page = open_page("/reports?kind=bill", expected=400)
    page.fill("#bill", "this is no Turtle")
    page.click("#what-if form button", timeout=90_000)
    page.wait_for_selector("[role=alert]:visible", timeout=90_000)
    assert "bill.ttl:1:" in page.inner_text("[role=alert] >> nth=0")
    assert page.input_value("#bill") == "this is no Turtle"


def test_a_bill_is_laid_over_the_record(open_page: OpenPage) -> None:
    page = open_page("/reports?kind=bill&example=1")
    assert "mand:Bill" in page.input_value("#bill")
    page.click("#what-if form button", timeout=120_000)
    page.wait_for_selector("h1:has-text('would change')", timeout=120_000)
    assert "would be created" in page.inner_text(".summary >> nth=0")


def test_validation_says_where_and_what_to_do(open_page: OpenPage) -> None:
    page = open_page("/validate")
    sent = (
        "@prefix mand: <https://w3id.org/mandates/ns#> .\n\n"
        "<https://w3id.org/mandates/id/xx/mandate/a> a mand:Powr .\n"
    )
    page.fill("#data", sent)
    page.click("form[data-limit] button", timeout=90_000)
    page.wait_for_selector("#result", timeout=90_000)
    row = page.inner_text("tr:has-text('undeclared-term')")
    assert "Did you mean mand:Power?" in row
    assert row.split()[0] == "3"
    assert page.input_value("#data") == sent
    page.click("[data-line='3']")
    selected = "() => { const a = document.getElementById('data');"
    selected += " return a.value.slice(a.selectionStart, a.selectionEnd) }"
    assert page.evaluate(selected).startswith("<https://w3id.org/mandates/id/xx/mandate/a>")


def test_what_is_too_large_is_not_sent(open_page: OpenPage) -> None:
    page = open_page("/validate")
    page.fill("#data", "# " + "x" * 1_100_000)
    page.click("form[data-limit] button")
    assert "Nothing was sent" in page.inner_text("[data-too-large]")
    assert len(page.input_value("#data")) > 1_000_000


def test_a_term_leads_to_its_definition(open_page: OpenPage) -> None:
    page = open_page("/ontology")
    page.click(".tree a:text-is('power')")
    page.wait_for_url("**/ns#Power")
    assert page.locator("#Power:target").count() == 1
    assert "mand:Power" in page.inner_text("#Power")


def test_the_shades_of_a_matrix_are_printed_under_their_white_figures(open_page: OpenPage) -> None:
    page = open_page(PAGES["matrix"])
    page.emulate_media(media="print")
    shown = "cells => cells.map(cell => getComputedStyle(cell).printColorAdjust)"
    assert set(page.eval_on_selector_all("td:is(.h3, .h4, .h5)", shown)) == {"exact"}
