"""From an invitation to a launch in a browser: the operator invites, the LMS connects, a facilitator places."""

import subprocess
import sys

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from tests.journeys.classroom import sign_in
from tests.journeys.stack import ROOT, Stack

pytestmark = pytest.mark.browser
ADMINISTRATOR, FACILITATOR = "Priya", "Amara"


def _invite(context: BrowserContext, stack: Stack) -> str:
    """Sign in as the operator, make an invitation on the page, and return the address that it shows."""
    command = [sys.executable, "-m", "flask", "--app", "lti_app.app", "admin", "link"]
    link = subprocess.run(command, cwd=ROOT, env=stack.environment, check=True, capture_output=True, text=True)
    page = context.new_page()
    page.goto(link.stdout.strip())
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Connect an LMS").first.click()
    page.get_by_role("textbox").first.fill("The district's LMS")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Make an invitation").click()
    address = page.get_by_label("Registration address").input_value()
    page.close()
    return address


def _begin(context: BrowserContext, stack: Stack, address: str) -> Page:
    """Sign in as the LMS's admin, and paste the address where the LMS asks for it."""
    page = sign_in(context, stack.lms.url, name=ADMINISTRATOR)
    page.get_by_role("link", name="Administration").click()
    page.get_by_label("Connect a tool: its registration address").fill(address)
    page.get_by_role("button", name="Connect").click()
    return page


def _connect(tool: Page | FrameLocator) -> None:
    """Connect on the tool's page, read what was granted, and go back."""
    expect(tool.get_by_text("asks to be connected")).to_be_visible()
    tool.get_by_role("button", name="Connect").click()
    expect(tool.get_by_role("heading", level=1)).to_have_text("Your LMS knows Staffroom now")
    expect(tool.get_by_text("The district's LMS")).to_be_visible()
    granted = tool.get_by_role("region", name="What the LMS lets Staffroom do")
    expect(granted.get_by_role("listitem")).not_to_have_count(0)
    tool.get_by_role("button", name="Close and go back to your LMS").click()


def test_lms_when_its_admin_pastes_an_invitation_then_connects_itself_and_a_launch_works(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    stack.start_web()
    page = _begin(strict_browser, stack, _invite(strict_browser, stack))
    with page.expect_popup() as opened:
        page.get_by_role("link", name="in a new window").click()
    window = opened.value
    with window.expect_event("close"):
        _connect(window)

    page.wait_for_url("**/admin")
    page.get_by_role("button", name="Activate Staffroom").click()
    expect(page.get_by_role("button", name="Remove Staffroom")).to_be_visible()

    page.goto(stack.lms.url)
    page.get_by_role("button", name=FACILITATOR).click()
    page.get_by_role("link", name="Add an activity").click()
    page.get_by_text("From:").get_by_role("link", name="Staffroom").click()
    picker = page.frame_locator("iframe")
    picker.get_by_role("link", name="Reflective journal").click()
    picker.get_by_role("button", name="Add to course").click()
    picker.get_by_role("link", name="Reflective journal").click()
    expect(page.frame_locator("iframe").get_by_role("heading", name="Who has finished")).to_be_visible()


def test_lms_when_it_shows_the_registration_in_its_page_then_comes_back_by_itself(
    stack: Stack, strict_browser: BrowserContext
) -> None:
    stack.start_web()
    page = _begin(strict_browser, stack, _invite(strict_browser, stack))

    _connect(page.frame_locator('iframe[title^="Registration at"]'))

    page.wait_for_url("**/admin")
    expect(page.get_by_role("button", name="Activate Staffroom")).to_be_visible()
