"""The main job in a real browser, inside the LMS's frame, across two sites, with third-party cookies blocked."""

import time

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.journeys.classroom import ENTRY, begin_writing, open_activity, sign_in
from tests.journeys.stack import Stack
from tests.visitor import TEACHER, WEEKLY

pytestmark = pytest.mark.browser


def test_entry_when_finished_in_the_frame_then_gradebook_shows_it_within_five_seconds(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    stack.start_web()
    stack.start_worker()
    page = sign_in(strict_browser, stack.lms.url, name="Jonas Lindqvist")
    gradebook = strict_browser.new_page()
    gradebook.goto(f"{stack.lms.url}/course/gradebook")
    page.bring_to_front()
    frame = open_activity(page, title="Weekly reflection")

    begin_writing(frame)
    frame.get_by_role("textbox").press_sequentially(ENTRY)
    expect(frame.locator("#save-state")).to_contain_text("Saved", timeout=15000)
    frame.get_by_role("button", name="Finish").click()
    finished_at = time.monotonic()
    gradebook.bring_to_front()
    cell = gradebook.locator(f'[data-person="{TEACHER}"][data-activity="{WEEKLY}"]')
    expect(cell).to_have_text("1/1", timeout=5000)
    took = time.monotonic() - finished_at

    assert took < 5
    page.bring_to_front()
    expect(frame.locator("[data-credit]")).to_contain_text("In your gradebook since", timeout=5000)
    expect(frame.get_by_text(ENTRY[:60])).to_be_visible()


def test_entry_when_activity_opens_in_a_new_window_then_it_counts_too(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    stack.start_web()
    stack.start_worker()
    page = sign_in(strict_browser, stack.lms.url, name="Jonas Lindqvist")
    page.get_by_role("link", name="End-of-unit reflection").click()

    with strict_browser.expect_page() as opening:
        page.get_by_role("link", name="new window").click()
    window = opening.value
    window.get_by_role("button", name="Write").click()
    window.get_by_role("textbox").fill(ENTRY)
    window.get_by_role("button", name="Finish").click()

    expect(window.locator("[data-credit]")).to_contain_text("In your gradebook since", timeout=10000)
    assert [(row["person"], row["activity"], row["score"]) for row in stack.gradebook()] == [(TEACHER, 2, 1)]


def test_facilitator_when_a_teacher_has_finished_then_sees_the_fact_and_not_the_text(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    stack.start_web()
    stack.start_worker()
    frame = open_activity(sign_in(strict_browser, stack.lms.url, name="Jonas Lindqvist"), title="Weekly reflection")
    begin_writing(frame)
    frame.get_by_role("textbox").fill(ENTRY)
    frame.get_by_role("button", name="Finish").click()
    expect(frame.locator("[data-credit]")).to_contain_text("In your gradebook since", timeout=10000)

    page = strict_browser.new_page()
    page.goto(stack.lms.url)
    page.get_by_role("button", name="Amara").click()
    facilitators = open_activity(page, title="Weekly reflection")

    row = facilitators.get_by_role("row", name="Jonas Lindqvist")
    expect(row).to_contain_text("1/1")
    expect(row).to_contain_text("in the gradebook")
    assert ENTRY[:40] not in facilitators.locator("body").inner_text()
