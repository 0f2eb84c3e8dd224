"""Files are attached in the frame while somebody types: nothing of the text is lost, and the file comes back."""

from pathlib import Path

import pytest
import requests
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
HALF = "On Tuesday the fire drill came in the middle of our experi"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A PDF on the teacher's disk."""
    path = tmp_path / "Lesson plan.pdf"
    path.write_bytes(PDF)
    return path


def writing(stack: Stack, browser: BrowserContext) -> tuple[Page, FrameLocator]:
    """Open the editor of a new entry."""
    stack.start_web()
    page = sign_in(browser, stack.lms.url, name=NAME)
    frame = open_activity(page, title=TITLE)
    begin_writing(frame)
    return page, frame


def choose(frame: FrameLocator, *paths: Path) -> None:
    """Choose files and press "Attach"."""
    frame.get_by_label("Attach a file").set_input_files(list(paths))
    frame.get_by_role("button", name="Attach", exact=True).click()


def back_in_the_editor(page: Page, stack: Stack) -> FrameLocator:
    """Launch again and continue the draft."""
    page.goto(f"{stack.lms.url}/course")
    frame = open_activity(page, title=TITLE)
    frame.get_by_role("link", name="Continue writing").click()
    wait_for_editor(frame)
    return frame


def test_file_when_attached_in_mid_word_then_the_text_stays_and_both_are_there_after_the_relaunch(
    stack: Stack, strict_browser: BrowserContext, plan: Path
) -> None:
    page, frame = writing(stack, strict_browser)
    text = frame.locator("#answer-text")
    text.press_sequentially(HALF)

    choose(frame, plan)
    expect(frame.locator("#attachment-status")).to_have_text("“Lesson plan.pdf” is attached.")
    held = text.input_value()
    text.press_sequentially("ence.")
    expect(frame.locator("#save-state")).to_contain_text("Saved", timeout=10000)

    frame = back_in_the_editor(page, stack)
    assert held == HALF
    assert frame.locator("#answer-text").input_value() == f"{HALF}ence."
    with page.expect_download() as downloading:
        frame.get_by_role("link", name="Lesson plan.pdf").click()
    assert downloading.value.suggested_filename == "Lesson plan.pdf"
    assert downloading.value.path().read_bytes() == PDF
    assert frame.locator("#answer-text").input_value() == f"{HALF}ence."


def test_files_when_several_are_chosen_then_those_that_are_taken_stay_and_the_refused_one_is_named(
    stack: Stack, strict_browser: BrowserContext, plan: Path, tmp_path: Path
) -> None:
    _, frame = writing(stack, strict_browser)
    frame.locator("#answer-text").fill(HALF)
    page_of_somebody = tmp_path / "drawing.svg"
    page_of_somebody.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    large = tmp_path / "film.pdf"
    large.write_bytes(PDF + bytes(11 * 1024 * 1024))
    status = frame.locator("#attachment-status")

    choose(frame, plan, page_of_somebody)
    expect(status).to_contain_text("“Lesson plan.pdf” is attached. “drawing.svg” is no kind of file that an entry can")
    left = frame.get_by_label("Attach a file").evaluate("input => [...input.files].map((file) => file.name)")
    choose(frame, large)
    expect(status).to_contain_text("film.pdf: This file is larger than 10 MB")

    assert left == ["drawing.svg"]
    assert frame.locator("#attachment-list li a").all_inner_texts() == ["Lesson plan.pdf"]
    assert frame.locator("#answer-text").input_value() == HALF


def test_file_when_removed_by_keyboard_then_is_gone_and_the_text_stays(
    stack: Stack, strict_browser: BrowserContext, plan: Path
) -> None:
    page, frame = writing(stack, strict_browser)
    frame.locator("#answer-text").fill(HALF)
    frame.get_by_label("Attach a file").set_input_files(plan)
    frame.get_by_label("Attach a file").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(frame.get_by_role("link", name="Lesson plan.pdf")).to_be_visible()

    frame.get_by_role("link", name="Lesson plan.pdf").focus()
    for key in ("Tab", "Enter", "Tab", "Enter"):
        page.keyboard.press(key)

    expect(frame.locator("#attachment-status")).to_have_text("“Lesson plan.pdf” is removed.")
    expect(frame.get_by_text("Nothing is attached yet.")).to_be_visible()
    expect(frame.get_by_role("heading", name="Files")).to_be_focused()
    assert frame.locator("#answer-text").input_value() == HALF


def test_file_when_the_session_has_ended_or_the_server_is_gone_then_says_so_and_the_text_stays(
    stack: Stack, strict_browser: BrowserContext, plan: Path
) -> None:
    _, frame = writing(stack, strict_browser)
    frame.locator("#answer-text").fill(HALF)
    status = frame.locator("#attachment-status")

    stack.kill_web()
    choose(frame, plan)
    expect(status).to_contain_text("nothing has changed here")
    stack.start_web()
    strict_browser.clear_cookies(name="__Host-staffroom")
    choose(frame, plan)

    expect(status).to_contain_text("Your session has ended, so the file was not taken.")
    assert frame.locator("#answer-text").input_value() == HALF


def test_file_when_the_browser_keeps_no_cookies_then_is_attached_and_comes_back(
    stack: Stack, cookieless_browser: BrowserContext, plan: Path
) -> None:
    # The LMS keeps the login for the frame.
    assert requests.post(f"{stack.lms.url}/api/manner", json={"storage": "parent"}, timeout=10).ok
    page, frame = writing(stack, cookieless_browser)
    choose(frame, plan)

    with page.expect_download() as downloading:
        frame.get_by_role("link", name="Lesson plan.pdf").click()

    assert downloading.value.path().read_bytes() == PDF


def test_file_when_the_browser_runs_no_script_then_is_attached_shown_with_the_entry_and_removed(
    stack: Stack, strict_browser: BrowserContext, plan: Path
) -> None:
    stack.start_web()
    with writing_without_script(strict_browser, stack.lms.url, name=NAME, title=TITLE) as frame:
        choose(frame, plan)
        expect(frame.get_by_role("status").first).to_have_text("“Lesson plan.pdf” is attached.")
        frame.locator("#answer-text").fill(ENTRY)
        frame.get_by_role("button", name="Finish").click()
        frame.locator("a[data-finished]").click()
        frame.get_by_text("Remove Lesson plan.pdf").click()
        frame.get_by_role("button", name="Yes, remove it").click()

        expect(frame.get_by_text("“Lesson plan.pdf” is removed.")).to_be_visible()
        expect(frame.get_by_role("link", name="Lesson plan.pdf")).to_have_count(0)
