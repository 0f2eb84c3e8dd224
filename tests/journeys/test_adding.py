"""From the course's page through the picker to a journal that a teacher completes, in a real browser."""

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from tests.journeys.classroom import ENTRY, begin_writing, open_activity, sign_in
from tests.journeys.stack import Stack
from tests.placing import unplace

pytestmark = pytest.mark.browser


def _open_picker(page: Page) -> FrameLocator:
    page.get_by_role("link", name="Add an activity").click()
    return page.frame_locator("iframe")


def test_journal_when_placed_in_five_clicks_then_a_teacher_completes_it(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    stack.start_web()
    stack.start_worker()
    page = sign_in(strict_browser, stack.lms.url, name="Amara")
    picker = _open_picker(page)
    picker.get_by_role("link", name="Reflective journal").click()
    picker.get_by_role("button", name="Add to course").click()
    picker.get_by_role("link", name="Reflective journal").click()
    expect(page.frame_locator("iframe").get_by_role("heading", name="Who has finished")).to_be_visible()

    teachers = strict_browser.new_page()
    teachers.goto(stack.lms.url)
    teachers.get_by_role("button", name="Jonas Lindqvist").click()
    journal = open_activity(teachers, title="Reflective journal")
    begin_writing(journal)
    journal.get_by_role("textbox").fill(ENTRY)
    journal.get_by_role("button", name="Finish").click()

    expect(journal.locator("[data-credit]")).to_contain_text("In your gradebook since", timeout=10000)


def test_picker_when_settings_are_typed_then_the_preview_follows_and_several_go_at_once(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    stack.start_web()
    page = sign_in(strict_browser, stack.lms.url, name="Amara")
    picker = _open_picker(page)
    picker.get_by_role("link", name="Reflective journal").click()
    picker.get_by_label("Title").fill("Surprises")
    picker.get_by_label("Your own question").fill("What surprised you?")
    picker.get_by_label("How many").fill("3")
    preview = picker.locator("#preview")
    expect(preview).to_contain_text("What surprised you?")
    expect(preview).to_contain_text("0 of 3 entries")
    expect(preview).to_contain_text("Surprises")
    picker.get_by_role("button", name="Choose another one too").click()
    picker.get_by_role("link", name="Reflective journal").click()
    picker.get_by_label("Title").fill("Look back")

    picker.get_by_role("button", name="Add all 2 to course").click()

    expect(picker.get_by_role("link", name="Surprises")).to_be_visible()
    expect(picker.get_by_role("link", name="Look back")).to_be_visible()


def test_plain_link_when_a_facilitator_opens_it_then_sets_it_up_inside_the_frame(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    unplace(stack.lms)
    stack.start_web()
    page = sign_in(strict_browser, stack.lms.url, name="Jonas Lindqvist")
    expect(open_activity(page, title="Weekly reflection").get_by_text("This is not set up yet")).to_be_visible()
    page.goto(stack.lms.url)
    page.get_by_role("button", name="Amara").click()
    frame = open_activity(page, title="Weekly reflection")
    frame.get_by_role("link", name="Reflective journal").click()

    frame.get_by_role("button", name="Use these settings").click()

    expect(frame.get_by_text("It is set up. Teachers can begin.")).to_be_visible()
