"""Not a word is lost: tabs that close, sessions that end, servers that die, two windows on one entry."""

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from tests.journeys.classroom import (
    ENTRY,
    begin_writing,
    open_activity,
    sign_in,
    wait_for_editor,
    writing_without_script,
)
from tests.journeys.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"])]
NAME, TITLE = "Jonas Lindqvist", "Weekly reflection"


def test_text_when_the_tab_closes_in_mid_word_then_it_is_offered_after_the_relaunch(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    page, frame = _writing(stack, strict_browser)
    # The server dies first: else it may get the text by a save of the very last moment.
    stack.kill_web()
    frame.get_by_role("textbox").press_sequentially(ENTRY[:90])
    # What is promised is what is older than three seconds; a tenth of that is enough.
    page.wait_for_timeout(300)
    page.close()
    stack.start_web()

    frame = _back_in_the_editor(strict_browser.new_page(), stack)
    expect(frame.get_by_role("heading", name="This browser holds a text that was not saved")).to_be_visible()
    assert frame.locator("#answer-text").input_value() == ""
    frame.get_by_role("button", name="Use the text of this browser").click()

    assert frame.locator("#answer-text").input_value() == ENTRY[:90]
    expect(frame.locator("#save-state")).to_contain_text("Saved", timeout=10000)


def test_text_when_the_server_is_killed_while_writing_then_it_is_saved_once_the_server_is_back(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    _page, frame = _writing(stack, strict_browser)
    stack.kill_web()
    frame.get_by_role("textbox").fill(ENTRY)
    expect(frame.locator("#save-state")).to_contain_text("Your text is kept in this browser", timeout=10000)

    stack.start_web()

    expect(frame.locator("#save-state")).to_contain_text("Saved", timeout=40000)
    frame.get_by_role("button", name="Finish").click()
    expect(frame.get_by_text(ENTRY[:60])).to_be_visible()


def test_text_when_the_session_ends_in_mid_sentence_then_it_is_offered_after_the_relaunch(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    page, frame = _writing(stack, strict_browser)
    strict_browser.clear_cookies(name="__Host-staffroom")
    frame.get_by_role("textbox").fill(ENTRY)
    expect(frame.locator("#save-state")).to_contain_text("Your session has ended", timeout=10000)

    frame = _back_in_the_editor(page, stack)
    frame.get_by_role("button", name="Use the text of this browser").click()
    frame.get_by_role("button", name="Finish").click()

    expect(frame.get_by_text(ENTRY[:60])).to_be_visible()


def test_entry_when_two_windows_change_it_then_both_texts_are_kept(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    frame, second = _writing_in_two_windows(stack, strict_browser)

    frame.get_by_role("textbox").fill("Written in the first window.")
    expect(frame.get_by_role("heading", name="This entry was changed in another window")).to_be_visible(timeout=10000)
    assert frame.locator("#conflict-saved-answer-text").input_value() == "Written in the second window."
    frame.get_by_role("button", name="Keep both, one below the other").click()

    expect(frame.locator("#save-state")).to_contain_text("Saved", timeout=10000)
    kept = _back_in_the_editor(second, stack).locator("#answer-text")
    expect(kept).to_have_value("Written in the second window.\n\n———\n\nWritten in the first window.")


def test_entry_when_finishing_meets_another_windows_text_then_both_are_shown_and_a_choice_finishes(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    frame, _second = _writing_in_two_windows(stack, strict_browser)

    frame.get_by_role("textbox").fill(ENTRY)
    frame.get_by_role("button", name="Finish").click()
    expect(frame.locator("#conflict-saved-answer-text")).to_have_value("Written in the second window.")
    frame.get_by_role("button", name="Keep mine only").click()
    frame.get_by_role("button", name="Finish").click()

    expect(frame.get_by_text(ENTRY[:60])).to_be_visible()


def test_entry_when_long_then_finish_says_so_and_every_character_is_kept(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    _page, frame = _writing(stack, strict_browser)
    long_text = "word " * 20000

    frame.get_by_role("textbox").fill(long_text)
    frame.get_by_role("button", name="Finish").click()

    expect(frame.get_by_role("alert")).to_contain_text("100,000 characters; 50,000 is the most")
    assert frame.locator("#answer-text").input_value() == long_text


def test_entry_when_the_browser_runs_no_script_then_it_can_be_kept_and_finished(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    stack.start_web()
    with writing_without_script(strict_browser, stack.lms.url, name=NAME, title=TITLE) as frame:
        frame.get_by_role("textbox").fill("A beginning.")
        frame.get_by_role("button", name="Save the draft").click()
        frame.get_by_role("link", name="Continue writing").click()
        assert frame.get_by_role("textbox").input_value() == "A beginning."
        frame.get_by_role("textbox").fill(ENTRY)
        frame.get_by_role("button", name="Finish").click()

        expect(frame.get_by_text(ENTRY[:60])).to_be_visible()


def _writing(stack: Stack, browser: BrowserContext) -> tuple[Page, FrameLocator]:
    stack.start_web()
    page = sign_in(browser, stack.lms.url, name=NAME)
    frame = open_activity(page, title=TITLE)
    begin_writing(frame)
    return page, frame


def _writing_in_two_windows(stack: Stack, browser: BrowserContext) -> tuple[FrameLocator, Page]:
    """Return the first window's frame, and the second window, whose text is saved already."""
    first, frame = _writing(stack, browser)
    second = browser.new_page()
    other = _back_in_the_editor(second, stack)
    other.get_by_role("textbox").fill("Written in the second window.")
    expect(other.locator("#save-state")).to_contain_text("Saved", timeout=10000)
    first.bring_to_front()
    return frame, second


def _back_in_the_editor(page: Page, stack: Stack) -> FrameLocator:
    page.bring_to_front()
    page.goto(f"{stack.lms.url}/course")
    frame = open_activity(page, title=TITLE)
    frame.get_by_role("link", name="Continue writing").click()
    wait_for_editor(frame)
    return frame
