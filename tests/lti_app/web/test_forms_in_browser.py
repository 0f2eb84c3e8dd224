"""Forms in a real browser: what is wrong is where the focus goes, and words without a space stay on the page."""

import pytest
from playwright.sync_api import Page, expect

from lti_app.clock import now
from lti_app.db import db
from lti_app.lti.one_time import make_admin_link, make_invite
from lti_app.models.launch import LaunchOutcome, LaunchRecord
from lti_app.models.platform import DeploymentStatus
from tests.factories import DeploymentFactory, RegistrationFactory

pytestmark = pytest.mark.browser
UNBROKEN = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


def _sign_in(page: Page, served: str) -> None:
    token = make_admin_link(db.session(), at=now())
    db.session.commit()
    page.goto(f"{served}/connections/sign-in/{token}")
    page.get_by_role("button", name="Sign in").click()


def test_form_when_fields_are_wrong_then_the_keyboard_is_led_to_them(page: Page, served: str) -> None:
    _sign_in(page, served)
    page.goto(f"{served}/connections/by-hand")
    page.get_by_label("Client id").fill("10000000000042")
    page.get_by_label("Issuer").fill("https://lms.example")
    page.get_by_role("button", name="Connect").click()
    expect(page.locator("#wrong-fields")).to_be_focused()
    heading = page.get_by_role("heading", name="3 fields are not right yet")
    links = page.locator("#wrong-fields a").all_inner_texts()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert heading.is_visible()
    assert links == ["Login address", "Token address", "Key set address"]
    assert page.evaluate("document.activeElement.id") == "auth_url"
    assert page.get_by_label("Client id").input_value() == "10000000000042"


def test_form_when_opened_then_nothing_is_called_wrong(page: Page, served: str) -> None:
    _sign_in(page, served)

    page.goto(f"{served}/connections/by-hand")

    assert page.get_by_role("heading", level=1).inner_text() == "Connect by hand"
    assert page.locator("#wrong-fields").count() == 0


def test_pages_when_a_word_is_longer_than_a_phone_then_nothing_sticks_out(page: Page, served: str) -> None:
    row = RegistrationFactory(name=UNBROKEN)
    line = LaunchRecord(registration_id=row.id, outcome=LaunchOutcome.REFUSED, reference="ABCDEFGH")
    # The advice for this check names a setting that is wider than a phone.
    line.check, line.explanation = "registration_address", "The address is not public."
    db.session.add(line)
    make_invite(db.session(), name=UNBROKEN, is_confirmed=False, at=now())
    _sign_in(page, served)
    page.set_viewport_size({"width": 320, "height": 800})
    shown, sticking_out = [], []

    for path, text in (("1", UNBROKEN), ("log", "STAFFROOM_ALLOW_PRIVATE_PLATFORMS"), ("connect", UNBROKEN)):
        page.goto(f"{served}/connections/{path}")
        shown.append(text in page.locator("main").inner_text())
        sticking_out.append(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))

    assert shown == [True, True, True]
    assert sticking_out == [False, False, False]


def test_deployments_when_several_wait_then_each_button_says_which(page: Page, served: str) -> None:
    row = RegistrationFactory()
    for name in ("north", "south"):
        DeploymentFactory(registration=row, deployment_id_on_platform=name, status=DeploymentStatus.PENDING)
    _sign_in(page, served)

    page.goto(f"{served}/connections/{row.id}")

    for name in ("Confirm north", "Reject north", "Confirm south", "Reject south"):
        assert page.get_by_role("button", name=name, exact=True).count() == 1


def test_focus_when_moved_by_keyboard_then_fields_boxes_and_buttons_show_it(page: Page, served: str) -> None:
    _sign_in(page, served)
    page.goto(f"{served}/connections/connect")
    outlines = {}

    page.get_by_label("Name").focus()
    for name in ("field", "box", "button"):
        focused = "getComputedStyle(document.activeElement)"
        outlines[name] = page.evaluate(f"[{focused}.outlineStyle, {focused}.outlineWidth]")
        page.keyboard.press("Tab")

    shown = ["solid", "3px"]
    assert outlines == {"field": shown, "box": shown, "button": shown}
