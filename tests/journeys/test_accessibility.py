"""axe finds nothing on any page that links lead to, light and dark, on a phone and on a screen."""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Frame, Page, Playwright, expect

from tests import services
from tests.journeys.classroom import ENTRY, sign_in
from tests.journeys.stack import ROOT, Stack
from tests.placing import unplace

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"])]
# Opened in a window of its own, so that axe sees a whole page and not the inside of a frame.
TITLE = "End-of-unit reflection"
WIDTHS = (320, 1200)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
AXE = Axe()
# The user's own words in an address, and ids, make no page of another kind.
NUMBER, TOKEN = re.compile(r"/\d+"), re.compile(r"/[\w-]{20,}")


@pytest.fixture
def browser_context(playwright: Playwright) -> Iterator[BrowserContext]:
    """A Chromium in which axe may run: its script is none of ours, which our content security policy refuses."""
    browser = playwright.chromium.launch(executable_path=services.find_chromium(), args=["--no-sandbox"])
    yield browser.new_context(bypass_csp=True, reduced_motion="reduce")
    browser.close()


def problems(page: Page, frame: Frame | None = None) -> list[str]:
    """Return what axe finds on an open page, or in one of its frames, in both colour schemes and at both widths."""
    looked_at = frame or page.main_frame
    looked_at.evaluate(AXE.axe_script)
    found = []
    for width in WIDTHS:
        for scheme in SCHEMES:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            result = looked_at.evaluate("axe.run(document, {resultTypes: ['violations']})")
            assert result["passes"], "axe looked at nothing"
            found += [
                f"{urlsplit(looked_at.url).path} {width} {scheme}: {problem['id']}: {node['html'][:160]}"
                for problem in result["violations"]
                for node in problem["nodes"]
            ]
            overflow = looked_at.evaluate("document.documentElement.scrollWidth > innerWidth")
            found += [f"{urlsplit(looked_at.url).path} {width}: scrolls sideways"] if overflow else []
    return found


def crawl(page: Page) -> tuple[set[str], list[str]]:
    """Follow every link from an open page, one page of each kind; return the kinds seen, and what axe found."""
    site = urlsplit(page.url).netloc
    waiting, seen, found = [page.url], set[str](), list[str]()
    while waiting:
        url = waiting.pop(0)
        if (kind := _kind(url)) in seen:
            continue
        seen.add(kind)
        page.goto(url)
        found += problems(page)
        links = page.eval_on_selector_all("a[href]:not([download])", "links => links.map(link => link.href)")
        waiting += [link.split("#")[0] for link in links if urlsplit(link).netloc == site]
    return seen, found


def _kind(url: str) -> str:
    return TOKEN.sub("/TOKEN", NUMBER.sub("/N", urlsplit(url).path))


def _open_journal(context: BrowserContext, stack: Stack, *, name: str) -> Page:
    lms = sign_in(context, stack.lms.url, name=name)
    lms.get_by_role("link", name=TITLE).click()
    with context.expect_page() as opened:
        lms.get_by_role("link", name="new window").click()
    page = opened.value
    expect(page.get_by_role("heading").first).to_be_visible()
    return page


def test_teachers_pages_when_looked_at_with_axe_then_nothing_is_found(
    stack: Stack, browser_context: BrowserContext
) -> None:
    stack.start_web()
    page = _open_journal(browser_context, stack, name="Jonas")
    found = problems(page)

    page.get_by_role("button", name="Write").click()
    found += problems(page)
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found += problems(page)
    page.get_by_role("textbox").first.fill(ENTRY)
    page.get_by_text("Title, date, topics, goals, links").click()
    page.get_by_label("Title", exact=True).fill("The drill")
    page.get_by_label("Attach a file").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"A text."}
    )
    page.get_by_role("button", name="Attach", exact=True).click()
    page.get_by_text("Remove a.txt").click()
    found += problems(page)
    page.get_by_role("button", name="Yes, remove it").click()
    expect(page.get_by_text("Nothing is attached yet.")).to_be_visible()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Preview")).to_be_visible()
    found += problems(page)
    page.get_by_role("button", name="Finish").click()
    page.get_by_role("link", name="The drill").click()
    page.get_by_role("button", name="Revise").click()
    found += problems(page)
    page.get_by_role("button", name="Finish the revision").click()
    expect(page.get_by_role("heading", name="Earlier versions")).to_be_visible()
    journal = page.url.split("/entries/")[0]
    page.goto(journal)
    kinds, crawled = crawl(page)

    assert found + crawled == []
    assert {"/journal/N", "/journal/N/entries/N", "/journal/N/entries/N/versions", "/journal/mine/N"} <= kinds
    page.goto(journal)
    page.get_by_role("link", name="The drill").click()
    page.get_by_text("Withdraw this entry").click()
    page.get_by_role("button", name="Yes, withdraw it").click()
    expect(page.get_by_role("heading", name="You withdrew this entry")).to_be_visible()
    assert problems(page) == []


def test_facilitators_pages_when_looked_at_with_axe_then_nothing_is_found(
    stack: Stack, browser_context: BrowserContext
) -> None:
    stack.start_web()
    page = _open_journal(browser_context, stack, name="Amara")
    journal = page.url

    kinds, found = crawl(page)
    page.goto(f"{journal}/prompts/new")
    page.get_by_role("button", name="Save the prompt").click()
    expect(page.get_by_role("heading", name="not right yet")).to_be_visible()
    found += problems(page)
    page.goto(f"{journal}/settings")
    page.get_by_label("How many").fill("0")
    page.get_by_label("Due").fill("2026-09-01T08:00")
    page.eval_on_selector_all("form", "forms => forms.forEach(form => { form.noValidate = true; })")
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_role("heading", name="not right yet")).to_be_visible()
    found += problems(page)

    assert found == []
    assert {"/journal/N", "/journal/N/settings", "/journal/N/prompts", "/journal/N/prompts/new"} <= kinds


def test_pages_of_placing_when_looked_at_with_axe_then_nothing_is_found(
    stack: Stack, browser_context: BrowserContext
) -> None:
    stack.start_web()
    lms = sign_in(browser_context, stack.lms.url, name="Amara")
    lms.get_by_role("link", name="Add an activity").click()
    picker = lms.frame_locator("iframe")
    expect(picker.get_by_role("link", name="Reflective journal")).to_be_visible()
    frame = lms.frames[1]
    found = problems(lms, frame)
    picker.get_by_role("link", name="Reflective journal").click()
    expect(picker.get_by_role("button", name="Add to course")).to_be_visible()
    found += problems(lms, frame)

    unplace(stack.lms)
    page = _open_journal(browser_context, stack, name="Amara")
    kinds, crawled = crawl(page)
    teacher = _open_journal(browser_context, stack, name="Jonas")

    assert found + crawled + problems(teacher) == []
    assert len(kinds) > 1


def test_operators_pages_when_looked_at_with_axe_then_nothing_is_found(
    stack: Stack, browser_context: BrowserContext
) -> None:
    stack.start_web()
    command = [sys.executable, "-m", "flask", "--app", "lti_app.app", "admin", "link"]
    link = subprocess.run(command, cwd=ROOT, env=stack.environment, check=True, capture_output=True, text=True)
    page = browser_context.new_page()
    page.goto(link.stdout.strip())
    found = problems(page)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Connect an LMS").first).to_be_visible()

    kinds, crawled = crawl(page)

    assert found + crawled == []
    assert len(kinds) > 3
