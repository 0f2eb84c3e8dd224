"""An entry is shared with a colleague, read, answered, replied to and taken away again, in the frame."""

import pytest
import requests
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from tests.journeys.classroom import ENTRY, begin_writing, open_activity, sign_in
from tests.journeys.stack import Stack
from tests.visitor import MENTOR

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"])]
TITLE, AUTHOR, COLLEAGUE = "Weekly reflection", "Jonas Lindqvist", "Ruth Abernethy"
SECOND = "The second paragraph is about the boots by the door."


def _as(browser: BrowserContext, stack: Stack, name: str) -> tuple[Page, FrameLocator]:
    """Open the journal as somebody; the LMS and the tool forget who was there before."""
    browser.clear_cookies()
    page = sign_in(browser, stack.lms.url, name=name)
    return page, open_activity(page, title=TITLE)


def test_entry_when_shared_with_a_colleague_on_the_staff_then_answered_and_taken_away_again(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    roles = {"roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor"]}
    requests.post(f"{stack.lms.url}/api/people/{MENTOR}/roles", json=roles, timeout=10).raise_for_status()
    stack.start_web()
    _, frame = _as(strict_browser, stack, COLLEAGUE)
    expect(frame.get_by_text("Nothing yet. When somebody shares an entry with you, it appears here.")).to_be_visible()

    # The author finishes, and shares with a colleague whose role the page warns of.
    _, frame = _as(strict_browser, stack, AUTHOR)
    begin_writing(frame)
    frame.locator("textarea[data-answer]").first.fill(f"{ENTRY}\n\n{SECOND}")
    frame.get_by_role("button", name="Finish").click()
    frame.locator("a[data-finished]").first.click()
    expect(frame.get_by_role("heading", name="Who can read this")).to_be_visible()
    frame.get_by_role("link", name="Share, stop sharing, excerpts").click()
    frame.get_by_label("Name of a colleague").fill("abern")
    frame.get_by_role("button", name="Search").click()
    expect(frame.get_by_text("Staff: has a mentor's or an assistant's role in this course.")).to_be_visible()
    frame.get_by_role("button", name=f"Share with {COLLEAGUE}").click()
    expect(frame.get_by_text("Saved. Who can read this: 1 person.")).to_be_visible()

    # The colleague finds it, and notices something at the second paragraph.
    page, frame = _as(strict_browser, stack, COLLEAGUE)
    frame.locator("a[data-shared]").click()
    expect(frame.get_by_text("The author sees that you opened this, and when")).to_be_visible()
    address = page.frames[-1].url
    frame.get_by_label("I noticed").check()
    frame.get_by_label("About").select_option(index=2)
    frame.get_by_label("Your words").fill("The boots say more than the drill.")
    frame.get_by_role("button", name="Send the response").click()
    expect(frame.locator("#paragraph-2 .thread")).to_contain_text("The boots say more than the drill.")

    # The author sees who opened it, replies, puts it aside, and stops.
    _, frame = _as(strict_browser, stack, AUTHOR)
    frame.locator("a[data-finished]").first.click()
    expect(frame.get_by_role("row", name=COLLEAGUE)).to_be_visible()
    thread = frame.locator("#paragraph-2 .thread")
    thread.get_by_text("Reply", exact=True).click()
    thread.get_by_label("Your reply").fill("They were my son's.")
    thread.get_by_role("button", name="Send the reply").click()
    expect(thread).to_contain_text("They were my son's.")
    thread.get_by_role("button", name="Mark as dealt with").click()
    expect(thread).to_contain_text("dealt with")
    frame.get_by_role("link", name="Who can read this").click()
    frame.get_by_role("button", name=f"Stop sharing with {COLLEAGUE}").click()
    expect(frame.get_by_text("Saved. Nobody but you can read this.")).to_be_visible()

    page, frame = _as(strict_browser, stack, COLLEAGUE)
    expect(frame.get_by_role("heading", name="Shared with you")).to_be_visible()
    expect(frame.locator("a[data-shared]")).to_have_count(0)
    refused = page.frames[-1].goto(address)
    assert refused is not None
    assert refused.status == 404
    expect(frame.get_by_text(SECOND)).to_have_count(0)
