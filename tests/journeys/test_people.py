"""The facilitator's list of people in a real browser: everybody from the start, and who cannot get a score."""

import time

import pytest
import requests
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from tests.journeys.classroom import open_activity, sign_in
from tests.journeys.stack import Stack
from tests.visitor import MENTOR

pytestmark = pytest.mark.browser


def _reopen_until_listed(page: Page, name: str) -> FrameLocator:
    """Open the activity again, and again, until a worker has read the list that names somebody."""
    deadline = time.monotonic() + 30
    while True:
        page.goto(page.url)
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("heading", name="Who has finished")).to_be_visible(timeout=10000)
        if frame.get_by_role("row", name=name).count():
            return frame
        assert time.monotonic() < deadline, frame.locator("body").inner_text()


def test_facilitator_when_nobody_has_opened_the_journal_then_sees_everybody_and_whom_the_lms_does_not_grade(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    roles = {"roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor"]}
    requests.post(f"{stack.lms.url}/api/people/{MENTOR}/roles", json=roles, timeout=10).raise_for_status()
    stack.start_web()
    stack.start_worker()
    page = sign_in(strict_browser, stack.lms.url, name="Amara Okonkwo-Bell")
    frame = open_activity(page, title="Weekly reflection")
    expect(frame.get_by_role("heading", name="Who has finished")).to_be_visible()

    frame.get_by_role("button", name="Refresh the list of people").click()
    expect(frame.get_by_text("Staffroom is reading the list of people")).to_be_visible()
    frame = _reopen_until_listed(page, "Zoë Ångström-Reyes")

    expect(frame.get_by_role("row", name="Zoë Ångström-Reyes")).to_contain_text("not yet")
    expect(frame.get_by_text("0 of 7 people have finished.")).to_be_visible()
    expect(frame.get_by_role("heading", name="1 of 7 cannot get a score in your LMS")).to_be_visible()
    frame.get_by_text("Who, and what to do").click()
    expect(frame.get_by_role("listitem").filter(has_text="Ruth Abernethy")).to_be_visible()
    expect(frame.get_by_text("2 people are enrolled as Teacher")).to_be_visible()
