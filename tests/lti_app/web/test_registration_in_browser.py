"""Registering in a real browser: in an LMS's frame on another site, with no cookie kept, until the LMS is told."""

import pytest
from playwright.sync_api import Page

from lti_app.clock import now
from lti_app.db import db
from lti_app.lti.one_time import make_admin_link
from lti_app.models.launch import LaunchOutcome, LaunchRecord
from lti_app.models.platform import Registration, RegistrationStatus
from tests.factories import DeploymentFactory, RegistrationFactory
from tests.lti_app.lti.bare_platform import Asked, BarePlatform, Told
from tests.lti_app.lti.registering import TOKEN, Lms, an_invite, sakai, stored

pytestmark = pytest.mark.browser

_FRAME = """<!doctype html><title>LMS</title><iframe id="tool" width="700" height="600" src="{url}"></iframe>
<script>
  window.heard = [];
  addEventListener("message", (event) => window.heard.push([event.origin, event.data]));
</script>
"""


def _lms_with_frame(bare: BarePlatform, served: str, invite: str) -> Lms:
    """Let the LMS show the invite in a frame, as its admin page does."""
    lms = sakai(bare.url)
    query = f"openid_configuration={lms.document_url}&registration_token={TOKEN}"
    html = _FRAME.format(url=f"{served}/lti/register/{invite}?{query}")

    def answer(asked: Asked) -> Told:
        if asked.path == "/admin":
            return Told(body=html.encode(), headers={"Content-Type": "text/html"})
        return lms(asked)

    bare.answer = answer
    return lms


def test_registration_when_in_a_frame_of_another_site_then_done_and_the_lms_is_told_to_close(
    page: Page, served: str, bare: BarePlatform
) -> None:
    _lms_with_frame(bare, served, an_invite(name="Our LMS", is_confirmed=True))
    page.goto(f"{bare.url}/admin")
    frame = page.frame_locator("#tool")

    frame.get_by_role("button", name="Connect").click()
    close = frame.get_by_role("button", name="Close and go back to your LMS")
    close.click()

    page.wait_for_function("window.heard.length > 0")
    assert page.evaluate("window.heard") == [[served, {"subject": "org.imsglobal.lti.close"}]]
    assert frame.get_by_text("You can close this window.").is_visible()
    assert [(row.name, row.status) for row in stored(Registration)] == [("Our LMS", RegistrationStatus.ACTIVE)]


def test_registration_when_opened_in_a_window_of_its_own_then_says_that_it_can_be_closed(
    page: Page, served: str, bare: BarePlatform
) -> None:
    invite = an_invite()
    lms = _lms_with_frame(bare, served, invite)
    page.goto(f"{served}/lti/register/{invite}?openid_configuration={lms.document_url}")

    page.get_by_role("button", name="Connect").click()

    assert page.get_by_role("heading", level=1).inner_text() == "Your LMS knows Staffroom now"
    assert page.get_by_text("You can close this window.").is_visible()
    assert not page.get_by_role("button", name="Close and go back to your LMS").is_visible()


def test_connections_pages_when_shown_at_any_width_then_nothing_sticks_out(page: Page, served: str) -> None:
    row = RegistrationFactory(name="Teachers’ Centre for Continuing Professional Growth of the Northern District")
    deployment = "106:8865aa05b4b79b64a91a86042e43af5ea8ae79eb"
    DeploymentFactory(registration=row, registration_id=row.id, deployment_id_on_platform=deployment)
    line = LaunchRecord(registration_id=row.id, outcome=LaunchOutcome.REFUSED, deployment_id_on_platform=deployment)
    line.check, line.explanation, line.reference = "deployment", "x" * 200, "ABCDEFGH"
    db.session.add(line)
    token = make_admin_link(db.session(), at=now())
    db.session.commit()
    page.goto(f"{served}/connections/sign-in/{token}")
    page.get_by_role("button", name="Sign in").click()
    headings, sticking_out = [], []

    for path in ("", "1", "log", "connect", "by-hand", "keys"):
        page.goto(f"{served}/connections/{path}")
        headings.append(page.get_by_role("heading", level=1).inner_text())
        for width in (320, 700, 1200):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                sticking_out.append((path, width))

    assert headings == ["Connections", row.name, "Launch log", "Connect an LMS", "Connect by hand", "Keys"]
    assert sticking_out == []
