"""What needs a real browser: launches across two sites in a frame, its height, and the gradebook that renews itself."""

import time
import uuid
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from practice_lms.server import RunningLms
from tests.practice_lms.small_tool import Caller, SmallTool

pytestmark = pytest.mark.browser

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
RESIZE = "parent.postMessage({subject: 'lti.frameResize', height: HEIGHT}, '*')"


def test_activity_when_opened_launches_in_its_frame(lms: RunningLms, tool: SmallTool, page: Page) -> None:
    tool.show = lambda claims: f"<p>{claims['name']}</p><script>{RESIZE.replace('HEIGHT', '1234')}</script>"
    _sign_in(page, lms, "Jonas Lindqvist")

    page.get_by_role("link", name="Weekly reflection").click()

    frame = page.frame_locator("iframe[title='Weekly reflection']")
    expect(frame.get_by_text("Jonas Lindqvist")).to_be_visible()
    expect(page.locator("iframe")).to_have_css("height", "1234px")


def test_frame_when_somebody_else_asks_for_a_height_keeps_its_own(lms: RunningLms, tool: SmallTool, page: Page) -> None:
    tool.show = lambda _: "<p>Here</p>"
    _sign_in(page, lms, "Jonas Lindqvist")
    page.get_by_role("link", name="Weekly reflection").click()
    expect(page.frame_locator("iframe").get_by_text("Here")).to_be_visible()
    before = page.locator("iframe").bounding_box()

    page.evaluate("window.postMessage({subject: 'lti.frameResize', height: 900}, '*')")
    page.wait_for_timeout(200)

    assert page.locator("iframe").bounding_box() == before


def test_activity_when_it_opens_a_window_launches_there(lms: RunningLms, page: Page) -> None:
    _sign_in(page, lms, "Jonas Lindqvist")
    page.get_by_role("link", name="End-of-unit reflection").click()

    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open in a new window").click()

    expect(opened.value.get_by_text("Launched for 102")).to_be_visible()


def test_gradebook_when_a_score_arrives_shows_it_without_a_reload(caller: Caller, page: Page) -> None:
    _sign_in(page, caller.lms, "Amara Okonkwo-Bell")
    page.get_by_role("link", name="Gradebook", exact=True).click()
    cell = page.locator("td[data-person='102'][data-activity='1']")
    expect(cell).to_have_text("–")
    page.evaluate("window.stillTheSamePage = true")

    caller.post_score()

    expect(cell).to_have_text("1/1")
    expect(page.get_by_role("status")).to_contain_text("Latest: Jonas Lindqvist, Weekly reflection: 1/1")
    assert page.evaluate("window.stillTheSamePage")


def test_log_when_the_tool_asks_grows_without_a_reload(caller: Caller, page: Page) -> None:
    page.goto(f"{caller.lms.url}/switches")
    before = page.locator(".log tbody tr").count()

    caller.post_score()

    expect(page.locator(".log tbody tr")).to_have_count(before + 1)


def test_adding_when_the_tool_answers_shows_the_activity(lms: RunningLms, tool: SmallTool, page: Page) -> None:
    tool.show = lambda claims: _answer_form(lms, tool, claims)
    _sign_in(page, lms, "Amara Okonkwo-Bell")
    page.get_by_role("link", name="Add an activity").click()
    frame = page.frame_locator("iframe")

    frame.get_by_role("button", name="Choose").click()
    expect(frame.get_by_role("heading", name="In the course now")).to_be_visible()
    frame.get_by_role("link", name="Back to the course").click()

    expect(page.get_by_role("link", name="Open questions")).to_be_visible()


def test_launch_when_scripts_are_off_goes_on_by_button(lms: RunningLms, chromium: Browser) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        _sign_in(page, lms, "Jonas Lindqvist")
        page.goto(f"{lms.url}/course/activities/2/launch")

        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Continue").click()

        expect(page.get_by_text("Launched for 102")).to_be_visible()


def _sign_in(page: Page, lms: RunningLms, name: str) -> None:
    page.goto(lms.url)
    page.get_by_role("button", name=name).click()


def _answer_form(lms: RunningLms, tool: SmallTool, request: dict[str, Any]) -> str:
    settings = request[f"{DL}deep_linking_settings"]
    now = int(time.time())
    token = tool.sign(
        {
            "iss": lms.settings.client_id,
            "aud": lms.url,
            "iat": now - 5,
            "exp": now + 300,
            "nonce": uuid.uuid4().hex,
            f"{LTI}deployment_id": "1",
            f"{LTI}message_type": "LtiDeepLinkingResponse",
            f"{LTI}version": "1.3.0",
            f"{DL}data": settings["data"],
            f"{DL}content_items": [{"type": "ltiResourceLink", "title": "Open questions"}],
        }
    )
    return (
        f"<form method=post action='{settings['deep_link_return_url']}'>"
        f"<input type=hidden name=JWT value='{token}'><button>Choose</button></form>"
    )
