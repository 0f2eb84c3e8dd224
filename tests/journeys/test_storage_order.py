"""What a browser keeps in the LMS's frame, and how people get in all the same: cookie, platform storage, window."""

import pytest
import requests
from playwright.sync_api import BrowserContext, Frame, Page, expect

from tests.journeys.classroom import ENTRY, begin_writing, open_activity, sign_in, wait_for_editor
from tests.journeys.stack import Stack
from tests.visitor import TEACHER, WEEKLY

pytestmark = pytest.mark.browser
NAME, TITLE = "Jonas Lindqvist", "Weekly reflection"


def test_cookie_when_the_frame_keeps_it_then_nothing_else_is_used(stack: Stack, strict_browser: BrowserContext) -> None:
    _start(stack, storage="parent")

    page = sign_in(strict_browser, stack.lms.url, name=NAME)
    expect(open_activity(page, title=TITLE).get_by_role("button", name="Write")).to_be_visible()

    assert _tools_frame(page, stack).url == f"{stack.url}/journal/1"


@pytest.mark.parametrize("storage", ["parent", "frame"])
def test_storage_when_the_frame_keeps_no_cookie_then_the_whole_job_is_done_in_it(
    stack: Stack, cookieless_browser: BrowserContext, storage: str
) -> None:
    _start(stack, storage=storage)
    page = sign_in(cookieless_browser, stack.lms.url, name=NAME)
    frame = open_activity(page, title=TITLE)

    begin_writing(frame)
    frame.get_by_role("textbox").press_sequentially(ENTRY)
    expect(frame.locator("#save-state")).to_contain_text("Saved", timeout=15000)
    frame.get_by_role("button", name="Finish").click()

    expect(frame.locator("[data-credit]")).to_contain_text("In your gradebook since", timeout=10000)
    assert "/in-frame/" in _tools_frame(page, stack).url
    assert [(row["person"], row["activity"], row["score"]) for row in stack.gradebook()] == [(TEACHER, WEEKLY, 1)]


def test_storage_when_its_address_is_opened_outside_the_frame_then_shows_nothing(
    stack: Stack, cookieless_browser: BrowserContext
) -> None:
    _start(stack, storage="parent")
    page = sign_in(cookieless_browser, stack.lms.url, name=NAME)
    expect(open_activity(page, title=TITLE).get_by_role("button", name="Write")).to_be_visible()
    address = _tools_frame(page, stack).url

    window = cookieless_browser.new_page()
    window.goto(address)

    expect(window.get_by_role("heading", name="Your session has ended.")).to_be_visible()


@pytest.mark.parametrize("storage", ["off", "silent"])
def test_window_when_the_frame_keeps_nothing_then_one_button_opens_one_that_does(
    stack: Stack, cookieless_browser: BrowserContext, storage: str
) -> None:
    _start(stack, storage=storage)
    page = sign_in(cookieless_browser, stack.lms.url, name=NAME)
    frame = open_activity(page, title=TITLE)

    with cookieless_browser.expect_page() as opening:
        frame.get_by_role("button", name="Open in a new window").click()
    window = opening.value
    window.get_by_role("button", name="Write").click()
    window.get_by_role("textbox").fill(ENTRY)
    window.get_by_role("button", name="Finish").click()

    expect(window.locator("[data-credit]")).to_contain_text("In your gradebook since", timeout=10000)
    assert window.url == f"{stack.url}/journal/1"


def test_window_when_asked_for_twice_then_the_second_one_says_that_it_is_over(
    stack: Stack, cookieless_browser: BrowserContext
) -> None:
    _start(stack, storage="off")
    page = sign_in(cookieless_browser, stack.lms.url, name=NAME)
    button = open_activity(page, title=TITLE).get_by_role("button", name="Open in a new window")
    with cookieless_browser.expect_page() as opening:
        button.click()
    expect(opening.value.get_by_role("button", name="Write")).to_be_visible()

    with cookieless_browser.expect_page() as opening_again:
        button.click()

    expect(opening_again.value.get_by_role("heading", name="This way into Staffroom is over")).to_be_visible()


def test_frame_session_when_the_editor_is_left_and_launched_again_then_the_draft_is_there(
    stack: Stack, cookieless_browser: BrowserContext
) -> None:
    _start(stack, storage="parent")
    page = sign_in(cookieless_browser, stack.lms.url, name=NAME)
    frame = open_activity(page, title=TITLE)
    begin_writing(frame)
    frame.get_by_role("textbox").press_sequentially(ENTRY[:80])
    expect(frame.locator("#save-state")).to_contain_text("Saved", timeout=15000)

    page.goto(f"{stack.lms.url}/course")
    again = open_activity(page, title=TITLE)
    again.get_by_role("link", name="Continue writing").click()
    wait_for_editor(again)

    expect(again.locator("#answer-text")).to_have_value(ENTRY[:80])


def _start(stack: Stack, *, storage: str) -> None:
    answer = requests.post(f"{stack.lms.url}/api/manner", json={"storage": storage}, timeout=10)
    assert answer.ok, answer.text
    stack.start_web()
    stack.start_worker()


def _tools_frame(page: Page, stack: Stack) -> Frame:
    return next(frame for frame in page.frames if frame.url.startswith(stack.url))
