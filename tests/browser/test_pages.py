"""Every kind of page in a browser: quiet, accessible, and fit for any width and theme."""

from __future__ import annotations

import re

import pytest

from .conftest import SCREENSHOTS, OpenPage, Page

PAGES = {
    "home": "/",
    "institution": "/id/pk/actor/national-cert.html",
    "instrument": "/id/pk/instrument/nitb-act-2022.html",
    "amendment": "/id/pk/instrument/peca-amendment-act-2025.html",
    "provision": "/id/pk/instrument/peca-2016/s37.1.html",
    "mandate": "/id/pk/mandate/peca-s37.1-remove-or-block.html",
    "role": "/id/pk/role/peca-authority.html",
    "event": "/id/pk/event/peca-amendment-2025-commencement.html",
    "scheme": "/scheme/function",
    "concept": "/scheme/function/remove-or-block.html",
    "statement": "/id/pk/statement/PKT-140.html",
    "claim": "/id/paper/claim/warfare-tracks.html",
    "document": "/id/pk/document/nitb-act-2022.html",
    "between": "/between?one=actor:pta&other=actor:nccia",
    "questions": "/questions",
    "question": "/questions/who-may-block?date=2026-01-01",
    "search": "/search?q=PECA+37",
    "about": "/about",
    "method": "/method",
    "quality": "/data-quality",
    "api": "/api",
    "cite": "/cite",
    "downloads": "/dumps/",
    "unknown": "/id/pk/actor/ptaa",
}


def status(name: str) -> int:
    return 404 if name == "unknown" else 200


SERIOUS = ("serious", "critical")


def faults(page: Page, *rules: str) -> list[str]:
    """What axe-core finds that keeps people out; only by some rules when they are named."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    options = {"runOnly": {"type": "rule", "values": rules}} if rules else None
    return [
        f"{item['id']} ({len(item['nodes'])}): {item['nodes'][0]['html'][:200]}"
        for item in axe.Axe().run(page, options=options).response["violations"]
        if item["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("name", PAGES)
def test_every_kind_of_page_suits_eyes_widths_and_themes(open_page: OpenPage, name: str) -> None:
    page = open_page(PAGES[name], status=status(name), color_scheme="light")
    assert faults(page) == []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for width in (390, 900, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png")
    assert faults(page, "color-contrast") == []


@pytest.mark.parametrize(
    "name", ["home", "institution", "amendment", "mandate", "role", "question"]
)
def test_no_table_of_rows_is_cut_on_a_narrow_screen(open_page: OpenPage, name: str) -> None:
    page = open_page(PAGES[name], viewport={"width": 400, "height": 900})
    cut = """() => [...document.querySelectorAll(".scroll:has(> table.stacked)")]
      .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.innerText.slice(0, 80))"""
    assert page.locator("table.stacked").count() >= 1
    assert page.evaluate(cut) == []
    # What is wider than its place, as a matrix may be, has a shade at the edge.
    shade = "getComputedStyle(document.querySelector('.scroll')).backgroundAttachment"
    assert "scroll" in page.evaluate(shade)


@pytest.mark.parametrize("name", ["home", "institution", "mandate", "search"])
def test_urdu_suits_eyes_too(open_page: OpenPage, name: str) -> None:
    cookie = {"name": "lang", "value": "ur", "domain": "127.0.0.1", "path": "/"}
    page = open_page(PAGES[name], storage_state={"cookies": [cookie], "origins": []})
    assert faults(page) == []
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=SCREENSHOTS / f"{name}-390-urdu.png")


def test_the_theme_is_switched_and_kept(open_page: OpenPage) -> None:
    page = open_page("/", color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(paper)
    assert dark != light
    page.get_by_role("link", name="About").first.click()
    page.wait_for_url("**/about")
    assert page.evaluate(paper) == dark


def test_urdu_is_set_from_the_right_and_kept(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_role("link", name="اردو").click()
    page.wait_for_selector('html[dir="rtl"] .five')
    page.locator(".five a").first.click()
    page.wait_for_selector('html[dir="rtl"] article.institution')
    assert re.search("[\u0627-\u06cc]", page.locator("h1").inner_text())
    page.get_by_role("link", name="English").click()
    page.wait_for_selector('html[dir="ltr"] article.institution')


def test_reading_needs_no_scripts(open_page: OpenPage) -> None:
    page = open_page("/", java_script_enabled=False)
    page.get_by_role("link", name="Who may block a website today").click()
    page.wait_for_url("**/questions/**")
    assert "shall have the power to remove or block" in page.locator("main").inner_text()


def test_the_keyboard_leads_from_the_top_to_the_text(open_page: OpenPage) -> None:
    page = open_page("/")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to the text"
    assert skip.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_search_finds_a_section_and_an_urdu_name(open_page: OpenPage) -> None:
    page = open_page("/")
    page.locator("#home-q").fill("PECA 37")
    page.locator("#home-q").press("Enter")
    page.locator(".hits a").first.click()
    page.wait_for_url("**/s37.1.html")
    assert "s. 37(1)" in page.locator("h1").inner_text()
    page.locator(".top-search input").fill("پاکستان ٹیلی کمیونیکیشن اتھارٹی")
    page.locator(".top-search input").press("Enter")
    page.locator(".hits a").first.click()
    page.wait_for_url("**/actor/pta.html")
    assert page.locator("h1").inner_text() == "Pakistan Telecommunication Authority"


def test_a_newcomer_learns_who_may_block_a_website_and_why(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_role("link", name="Who may block a website today").click()
    row = page.locator("tr", has_text="s. 37(1)").first
    assert "Pakistan Telecommunication Authority" in row.inner_text()
    assert "The Authority shall have the power to remove or block" in row.inner_text()


def test_a_newcomer_learns_where_two_institutions_overlap_and_since_when(
    open_page: OpenPage,
) -> None:
    page = open_page("/")
    page.get_by_role("link", name="Where do PTA and NCCIA overlap").click()
    finding = page.locator(".pair").first
    assert "since April 2025" in finding.inner_text()
    assert finding.locator("blockquote").count() == 2


def test_a_newcomer_learns_what_the_act_of_2025_moved(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_role("link", name="What did the amendment of 2025 move").click()
    moved = page.locator("#instrument-moved")
    taken = moved.locator("tr", has_text="taken from").first.inner_text()
    assert "Pakistan Telecommunication Authority" in taken
    assert "2025-01-30" in taken
    assert moved.locator("q").count() > 20


def test_paper_is_white_and_has_no_navigation(open_page: OpenPage) -> None:
    page = open_page(PAGES["mandate"], color_scheme="dark")
    page.emulate_media(media="print")
    assert not page.locator(".site-nav").is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 26, 23)"
