"""Launches into a frame without cookies: who gets in by storage or window, and who does not."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import requests
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from lti_app.db import db
from lti_app.models.handover import FrameSession, LaunchTicket
from lti_app.models.platform import Registration, RegistrationStatus
from practice_lms.people import ADMINISTRATORS
from tests.lti_app.lti.launching import LTI, call, log_lines, outcome, query_of, refusal, stored
from tests.visitor import TEACHER, Visitor

FRAMED = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}
OVER = "This way into Staffroom is over; it works once, within a minute."


class Frame:
    """A frame that keeps no cookie, inside an LMS that keeps data for tools."""

    def __init__(self, app: Flask, visitor: Visitor) -> None:
        self.visitor = visitor
        self.client: FlaskClient = app.test_client(use_cookies=False)

    def begin(self, **login: str | None) -> TestResponse:
        """Log in, and return the page that keeps state and nonce."""
        begun = requests.get(f"{self.visitor.lms.url}/api/launch/1", params={"person": TEACHER}, timeout=10).json()
        fields = {**begun["fields"], "lti_storage_target": "_parent", **login}
        form = {name: value for name, value in fields.items() if value is not None}
        return self.post("/lti/login", form)

    def launch(self, login: TestResponse) -> TestResponse:
        """Return the page that the launch leads to."""
        url = login.headers.get("Location") or _url(login)
        page = requests.get(url, timeout=10)
        fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))
        return self.post("/lti/launch", {name: unescape(value) for name, value in fields.items()})

    def post(self, path: str, form: dict[str, str], **headers: str) -> TestResponse:
        """Post a form as a frame does."""
        return self.client.post(path, data=form, base_url=self.visitor.base_url, headers={**FRAMED, **headers})

    def redeem(self, path: str, *, origin: str | None = None, **form: str) -> TestResponse:
        """Post a form of our own page."""
        return self.post(f"/lti/handover/{path}", form, Origin=origin or self.visitor.origin)


@pytest.fixture
def frame(app: Flask, visitor: Visitor) -> Frame:
    return Frame(app, visitor)


def test_login_when_the_platform_keeps_data_then_the_page_carries_state_and_nonce(
    frame: Frame, registration: Registration
) -> None:
    page = frame.begin()

    url = _url(page)
    assert page.status_code == 200
    assert url.startswith(f"{registration.auth_url}?")
    assert _data(page, "target") == "_parent"
    assert _data(page, "platform") == frame.visitor.lms.url
    assert (f"state={_data(page, 'state')}" in url, f"nonce={_data(page, 'nonce')}" in url) == (True, True)
    assert f"frame-ancestors 'self' {frame.visitor.lms.url};" in page.headers["Content-Security-Policy"]
    assert stored() == {}


@pytest.mark.parametrize("target", ["", "a b", "x" * 65, "<script>", "é", None])
def test_login_when_the_storage_target_is_no_frames_name_then_goes_on_without(frame: Frame, target: str | None) -> None:
    login = frame.begin(lti_storage_target=target)

    assert login.status_code == 302


def test_login_when_the_browser_has_our_cookie_then_needs_no_storage(visitor: Visitor) -> None:
    visitor.begin(TEACHER)

    login = visitor.begin(TEACHER, lti_storage_target="_parent")

    assert login.status_code == 302
    assert visitor.post_token(visitor.token(login).fields).status_code == 303


def test_launch_when_framed_without_cookie_then_a_ticket_and_nobody_signed_in(
    frame: Frame, registration: Registration
) -> None:
    page = frame.launch(frame.begin())

    (line,) = log_lines()
    assert page.status_code == 200
    assert "Open in a new window" in page.text
    assert (line.outcome.value, line.explanation) == (
        "accepted",
        "Its frame keeps no cookies: it was handed a ticket.",
    )
    assert line.registration_id == registration.id
    assert not _signs_in(page)
    assert stored()["launch_ticket"] == 1
    assert f"frame-ancestors 'self' {frame.visitor.lms.url};" in page.headers["Content-Security-Policy"]


def test_launch_when_posted_twice_then_the_second_gets_no_ticket(frame: Frame) -> None:
    login = frame.begin()
    frame.launch(login)

    again = frame.launch(login)

    assert again.status_code == 400
    assert stored()["launch_ticket"] == 1


@pytest.mark.parametrize("destination", ["document", None])
def test_launch_when_without_cookie_outside_a_frame_then_refused(frame: Frame, destination: str | None) -> None:
    fields = frame.visitor.token(frame.begin(lti_storage_target=None)).fields
    headers = {"Sec-Fetch-Dest": destination} if destination else {}

    answer = frame.client.post("/lti/launch", data=fields, base_url=frame.visitor.base_url, headers=headers)

    assert outcome(answer) == refusal("cookie", "The browser sent no cookie of its login.")


def test_launch_when_framed_with_another_browsers_cookie_then_refused(frame: Frame, another_visitor: Visitor) -> None:
    fields = frame.visitor.token(frame.begin(lti_storage_target=None)).fields
    another_visitor.begin(TEACHER)

    answer = another_visitor.client.post("/lti/launch", data=fields, base_url=another_visitor.base_url, headers=FRAMED)

    assert outcome(answer) == refusal("state", "The state is of another browser.")


def test_launch_when_framed_with_a_bad_token_then_refused_and_the_login_is_still_good(frame: Frame) -> None:
    login = frame.begin()
    url = _url(login)
    state = re.search(r"[?&]state=([^&]+)", url)
    assert state

    answer = frame.post("/lti/launch", {"state": state.group(1), "id_token": "rubbish"})

    assert answer.status_code == 400
    assert frame.launch(login).status_code == 200


def test_frame_when_storage_gives_state_and_nonce_back_then_signed_in_below_its_own_path(frame: Frame) -> None:
    login = frame.begin()
    ticket = _ticket(frame.launch(login))

    landed = frame.redeem("frame", ticket=ticket, state=_data(login, "state"), nonce=_data(login, "nonce"))

    path = landed.headers["Location"]
    page = frame.client.get(path, base_url=frame.visitor.base_url, headers=FRAMED)
    assert (landed.status_code, page.status_code) == (303, 200)
    assert re.fullmatch(r"/in-frame/[\w-]{43}/journal/1", path)
    assert f'action="{path}/entries"' in page.text
    assert not _signs_in(landed)
    assert stored().get("launch_ticket") is None


@pytest.mark.parametrize("way", ["frame", "window"])
def test_ticket_when_somebody_acts_as_the_person_then_nothing_opens(frame: Frame, way: str) -> None:
    custom = {f"{LTI}custom": {"canvas_masquerading_user_id": "42"}}
    call(frame.visitor.lms, "next-launch", {"claims": custom})
    login = frame.begin()
    form = {"ticket": _ticket(frame.launch(login)), "state": _data(login, "state"), "nonce": _data(login, "nonce")}

    landed = frame.redeem(way, **form)

    if way == "window":
        cookies = "; ".join(line.partition(";")[0] for line in landed.headers.getlist("Set-Cookie"))
        headers = {"Cookie": cookies}
    else:
        headers = FRAMED
    page = frame.client.get(landed.headers["Location"], base_url=frame.visitor.base_url, headers=headers)
    assert (landed.status_code, page.status_code) == (303, 403)
    assert "You are acting as somebody else in your LMS" in page.text


def test_ticket_when_an_admin_asks_what_is_kept_of_somebody_then_counts_in_the_frame(
    frame: Frame, another_visitor: Visitor
) -> None:
    another_visitor.launch(TEACHER)
    admin = {
        f"{LTI}message_type": "DataPrivacyLaunchRequest",
        f"{LTI}for_user": {"user_id": TEACHER},
        f"{LTI}roles": list(ADMINISTRATORS),
        "sub": "admin",
    }
    call(frame.visitor.lms, "next-launch", {"claims": admin, "remove": [f"{LTI}context", f"{LTI}resource_link"]})
    login = frame.begin()
    form = {"ticket": _ticket(frame.launch(login)), "state": _data(login, "state"), "nonce": _data(login, "nonce")}

    landed = frame.redeem("frame", **form)

    page = frame.client.get(landed.headers["Location"], base_url=frame.visitor.base_url, headers=FRAMED)
    assert page.status_code == 200
    assert "You see how much there is, never what it says." in page.text


def test_frame_when_a_form_is_posted_below_its_path_then_it_works(frame: Frame) -> None:
    path = _in_frame(frame)
    page = frame.client.get(path, base_url=frame.visitor.base_url, headers=FRAMED)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token

    begun = frame.post(f"{path}/entries", {"csrf_token": token.group(1)}, Origin=frame.visitor.origin)

    assert (begun.status_code, begun.headers["Location"]) == (303, f"{path}/entries/1/edit")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_frame_session_when_used_outside_a_frame_then_nobody_is_signed_in(
    frame: Frame, headers: dict[str, str]
) -> None:
    path = _in_frame(frame)

    page = frame.client.get(path, base_url=frame.visitor.base_url, headers=headers)

    assert page.status_code == 401


def test_frame_session_when_a_script_of_its_page_asks_then_signed_in(frame: Frame) -> None:
    path = _in_frame(frame)

    answer = frame.client.get(
        f"{path}/credit",
        base_url=frame.visitor.base_url,
        headers={"Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"},
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("prefix", ["/in-frame/" + "A" * 43, "/in-frame/" + "-" * 43])
def test_frame_session_when_made_up_then_nobody_is_signed_in(frame: Frame, prefix: str) -> None:
    _in_frame(frame)

    page = frame.client.get(f"{prefix}/journal/1", base_url=frame.visitor.base_url, headers=FRAMED)

    assert page.status_code == 401


def test_frame_session_when_its_hours_are_over_then_ended(frame: Frame) -> None:
    path = _in_frame(frame)

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=24)):
        page = frame.client.get(path, base_url=frame.visitor.base_url, headers=FRAMED)

    assert page.status_code == 401


def test_frame_session_when_kept_then_neither_token_nor_ticket_stands_in_the_database(frame: Frame) -> None:
    token = _in_frame(frame).split("/")[2]

    kept = db.session.query(FrameSession).one()

    assert len(kept.token_hash) == 64
    assert token not in str(vars(kept))


@pytest.mark.parametrize("changed", ["state", "nonce", "both", "none"])
def test_frame_when_storage_gives_something_else_back_then_refused_and_the_ticket_is_gone(
    frame: Frame, changed: str
) -> None:
    login, other = frame.begin(), frame.begin()
    ticket = _ticket(frame.launch(login))
    of_state = other if changed in {"state", "both"} else login
    of_nonce = other if changed in {"nonce", "both"} else login
    form = {"state": _data(of_state, "state"), "nonce": _data(of_nonce, "nonce")} if changed != "none" else {}

    answer = frame.redeem("frame", ticket=ticket, **form)

    assert (answer.status_code, OVER in unescape(answer.text)) == (400, True)
    assert {name: stored().get(name) for name in ("launch_ticket", "frame_session")} == {
        "launch_ticket": None,
        "frame_session": None,
    }


def test_frame_when_the_platform_offered_no_storage_then_refused(frame: Frame) -> None:
    login = frame.begin(lti_storage_target=None)
    query = query_of(login)
    ticket = _ticket(frame.launch(login))

    answer = frame.redeem("frame", ticket=ticket, state=query["state"], nonce=query["nonce"])

    assert answer.status_code == 400


def test_window_when_the_button_is_used_then_signed_in_by_cookie(frame: Frame) -> None:
    ticket = _ticket(frame.launch(frame.begin(lti_storage_target=None)))

    landed = frame.redeem("window", ticket=ticket)

    assert (landed.status_code, landed.headers["Location"], _signs_in(landed)) == (303, "/journal/1", True)


@pytest.mark.parametrize(
    ("is_admin", "is_masquerade", "counts", "connections", "activity"),
    [(False, False, False, 404, 200), (True, False, True, 200, 200), (True, True, True, 403, 403)],
)
def test_window_when_the_launch_said_more_of_the_person_then_the_ticket_carries_it(
    frame: Frame, is_admin: bool, is_masquerade: bool, counts: bool, connections: int, activity: int
) -> None:
    ticket = _ticket(frame.launch(frame.begin(lti_storage_target=None)))
    person_id = db.session.scalars(select(LaunchTicket.user_id)).one()
    marks = {"is_admin": is_admin, "is_masquerade": is_masquerade, "may_count": person_id if counts else None}
    db.session.execute(update(LaunchTicket).values(**marks))
    db.session.commit()
    browser = frame.visitor.client

    browser.post(
        "/lti/handover/window",
        data={"ticket": ticket},
        base_url=frame.visitor.base_url,
        headers={"Origin": frame.visitor.origin},
    )

    shown = [browser.get(path, base_url=frame.visitor.base_url).status_code for path in ("/connections/", "/journal/1")]
    with browser.session_transaction(base_url=frame.visitor.base_url) as kept:
        signed_in = kept["sign_ins"]["1"]
    assert shown == [connections, activity]
    assert (signed_in["masquerade"], signed_in["counts"]) == (is_masquerade, person_id if counts else None)


@pytest.mark.parametrize("path", ["frame", "window"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://localhost.evil.example"])
def test_ticket_when_posted_by_another_site_then_refused_and_still_good(frame: Frame, path: str, origin: str) -> None:
    ticket = _ticket(frame.launch(frame.begin(lti_storage_target=None)))

    answer = frame.redeem(path, origin=origin, ticket=ticket)

    assert answer.status_code == 403
    assert frame.redeem("window", ticket=ticket).status_code == 303


def test_ticket_when_posted_without_origin_then_refused(frame: Frame) -> None:
    ticket = _ticket(frame.launch(frame.begin(lti_storage_target=None)))

    answer = frame.post("/lti/handover/window", {"ticket": ticket})

    assert (answer.status_code, OVER in unescape(answer.text)) == (400, True)


@pytest.mark.parametrize(("seconds", "status"), [(55, 303), (61, 400)])
def test_ticket_when_a_minute_old_then_over(frame: Frame, seconds: int, status: int) -> None:
    ticket = _ticket(frame.launch(frame.begin(lti_storage_target=None)))

    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds)):
        answer = frame.redeem("window", ticket=ticket)

    assert answer.status_code == status


@pytest.mark.parametrize("ticket", ["", "x", "A" * 43, "\x00", "\ud800", "é" * 5000])
def test_ticket_when_made_up_then_refused(frame: Frame, ticket: str) -> None:
    answer = frame.redeem("window", ticket=ticket.encode("utf-8", "replace").decode())

    assert (answer.status_code, OVER in unescape(answer.text)) == (400, True)


def test_ticket_when_the_platform_was_disabled_meanwhile_then_refused(frame: Frame) -> None:
    ticket = _ticket(frame.launch(frame.begin(lti_storage_target=None)))
    db.session.execute(update(Registration).values(status=RegistrationStatus.DISABLED))
    db.session.commit()

    answer = frame.redeem("window", ticket=ticket)

    assert (answer.status_code, _signs_in(answer)) == (400, False)


def test_ticket_when_kept_then_only_its_hash_is(frame: Frame) -> None:
    ticket = _ticket(frame.launch(frame.begin(lti_storage_target=None)))

    kept = db.session.query(LaunchTicket).one()

    assert ticket not in str(vars(kept))


def _in_frame(frame: Frame) -> str:
    """Get in by the platform's storage, and return the path of the journal."""
    login = frame.begin()
    ticket = _ticket(frame.launch(login))
    return frame.redeem("frame", ticket=ticket, state=_data(login, "state"), nonce=_data(login, "nonce")).headers[
        "Location"
    ]


def _ticket(page: TestResponse) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert found, page.text
    return found.group(1)


def _data(page: TestResponse, name: str) -> str:
    found = re.search(rf'data-{name}="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found.group(1))


def _url(login: TestResponse) -> str:
    """Return where the page that keeps state and nonce goes on to."""
    found = re.search(r'href="([^"]*)" id="login"', login.text)
    assert found, login.text
    return unescape(found.group(1))


def _signs_in(answer: TestResponse) -> bool:
    return any(
        cookie.startswith("__Host-staffroom=") and "Max-Age=0" not in cookie
        for cookie in answer.headers.getlist("Set-Cookie")
    )
