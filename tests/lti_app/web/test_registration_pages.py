"""The page that an invite opens: what an admin reads, how often it can be used, and what is never overwritten."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from structlog.testing import capture_logs

from lti_app.clock import now
from lti_app.db import db
from lti_app.lti.registration_refusals import RegistrationCheck
from lti_app.models.invites import Invite
from lti_app.models.launch import LaunchOutcome, LaunchRecord
from lti_app.models.platform import (
    Deployment,
    Registration,
    RegistrationStatus,
)
from tests.factories import RegistrationFactory
from tests.lti_app.lti.bare_platform import BarePlatform, Told
from tests.lti_app.lti.launching import log_lines
from tests.lti_app.lti.registering import (
    TOKEN,
    an_invite,
    logged,
    moodle,
    registrations_asked,
    sakai,
    stored,
    the_registration,
)
from tests.lti_app.lti.watching import lift_rate_limits
from tests.lti_app.web.admin_browser import AdminBrowser

DEEP_LINKING, REVIEW, PRIVACY = "LtiDeepLinkingRequest", "LtiSubmissionReviewRequest", "DataPrivacyLaunchRequest"
INVITE_ENDED = "This invitation is not valid, or not any more."


def test_invite_when_opened_from_the_lms_then_says_who_asks_and_sends_nothing(
    admin: AdminBrowser, bare: BarePlatform
) -> None:
    token = an_invite()

    pages = [admin.open_invite(token, moodle(bare.url)) for _ in range(3)]

    assert {page.status_code for page in pages} == {200}
    assert "The LMS at 127.0.0.1 asks to be connected." in pages[0].text
    assert "Send a person's completion to the gradebook." in pages[0].text
    assert pages[0].headers["Cache-Control"] == "no-store"
    assert "frame-ancestors *" in pages[0].headers["Content-Security-Policy"]
    assert (bare.asked, stored(Registration), stored(Invite)[0].tries) == ([], [], 0)


@pytest.mark.parametrize(("is_confirmed", "status"), [(False, "pending"), (True, "active")])
def test_registration_when_done_then_waits_unless_the_invite_said_otherwise(
    admin: AdminBrowser, bare: BarePlatform, is_confirmed: bool, status: str
) -> None:
    lms = bare.answer = sakai(bare.url)

    page = admin.connect(an_invite(is_confirmed=is_confirmed), lms)

    assert the_registration().status.value == status
    assert ("One step is left" in page.text, "Nothing is left to do" in page.text) == (not is_confirmed, is_confirmed)
    assert re.search(r'src="/static/[0-9a-f]+/js/close_window.js"', page.text)


def test_invite_when_used_then_never_again(admin: AdminBrowser, bare: BarePlatform) -> None:
    lms = bare.answer = sakai(bare.url)
    token = an_invite()
    asked = admin.open_invite(token, lms)
    admin.connect(token, lms)
    lms.client_id = "another"

    answers = [admin.open_invite(token, lms), admin.post(f"/lti/register/{token}", asked)]

    assert [answer.status_code for answer in answers] == [410, 410]
    assert all(INVITE_ENDED in answer.text for answer in answers)
    assert (the_registration().client_id, len(registrations_asked(bare))) == ("b2f9", 1)
    assert logged() == [("invite", "The invitation was used already.")] * 2


@pytest.mark.parametrize(
    ("moved", "status"),
    [
        (timedelta(days=6, hours=23), 303),
        (timedelta(days=7), 410),
        (timedelta(days=400), 410),
        (-timedelta(hours=1), 410),
    ],
    ids=["in time", "a week", "a year", "clock set back"],
)
def test_invite_when_its_time_is_up_or_the_clock_was_set_back_then_refused(
    admin: AdminBrowser, bare: BarePlatform, moved: timedelta, status: int
) -> None:
    lms = bare.answer = sakai(bare.url)
    token = an_invite()
    asked = admin.open_invite(token, lms)

    with time_machine.travel(now() + moved):
        answer = admin.post(f"/lti/register/{token}", asked)

    assert (answer.status_code, len(stored(Registration))) == (status, 1 if status == 303 else 0)


def test_registration_when_refused_then_one_whole_line_in_the_launch_log_and_none_else_kept(
    admin: AdminBrowser, bare: BarePlatform
) -> None:
    lms = sakai(bare.url)
    token = an_invite()
    bare.answer = lambda _asked: Told(status=500)

    with capture_logs() as told:
        page = admin.connect(token, lms)

    (line,) = log_lines()
    assert (line.message_type, line.outcome) == ("DynamicRegistration", LaunchOutcome.REFUSED)
    assert logged() == [(RegistrationCheck.UNREACHABLE.value, line.explanation)]
    assert (line.registration_id, line.deployment_id_on_platform, line.login_id) == (None, None, None)
    assert str(line.reference) in page.text
    assert [event for event in told if event["event"] == "registration_refused"] == [
        {"event": "registration_refused", "log_level": "warning", "check": line.check, "reference": line.reference}
    ]
    assert stored(Registration) == []


@pytest.mark.parametrize("token", ["x", "y" * 43, "-" * 64, "z" * 300, "%00", "é" * 20])
def test_invite_when_unknown_then_not_found_and_logged(admin: AdminBrowser, bare: BarePlatform, token: str) -> None:
    page = admin.open_invite(token, sakai(bare.url))

    assert (page.status_code, INVITE_ENDED in page.text) == (404, True)
    assert logged() == [("invite", "No invitation has this address.")]


def test_invite_when_a_try_fails_then_good_for_another_and_not_for_ever(
    app: Flask, admin: AdminBrowser, bare: BarePlatform
) -> None:
    lift_rate_limits(app)
    lms = sakai(bare.url)
    token = an_invite()
    bare.answer = lambda _asked: Told(status=500)

    failed = [admin.connect(token, lms).status_code for _ in range(19)]
    bare.answer = lms
    succeeded = admin.connect(token, lms)
    exhausted_token = an_invite()
    bare.answer = lambda _asked: Told(status=500)
    asked = admin.open_invite(exhausted_token, lms)
    statuses = [admin.post(f"/lti/register/{exhausted_token}", asked).status_code for _ in range(21)]

    assert (set(failed), succeeded.status_code) == ({502}, 200)
    assert statuses == [502] * 20 + [410]


def test_invite_when_somebody_is_using_it_then_the_other_waits(admin: AdminBrowser, bare: BarePlatform) -> None:
    lms = bare.answer = sakai(bare.url)
    token = an_invite()
    asked = admin.open_invite(token, lms)
    (invite,) = stored(Invite)
    invite.leased_until = now() + timedelta(seconds=30)
    db.session.commit()

    busy = admin.post(f"/lti/register/{token}", asked)
    with time_machine.travel(now() + timedelta(seconds=61)):
        later = admin.post(f"/lti/register/{token}", asked)

    assert (busy.status_code, later.status_code) == (409, 303)
    assert "Somebody is using this invitation in this very moment." in busy.text


@pytest.mark.parametrize("attempt", range(3))
def test_invite_when_two_open_it_at_once_then_exactly_one_registration(
    app: Flask, bare: BarePlatform, attempt: int
) -> None:
    del attempt
    lms = sakai(bare.url)
    answers = iter(["one", "two", "three", "four"])

    def answer(asked: Any) -> Told:
        if asked.method == "POST":
            lms.client_id = next(answers)
        return lms(asked)

    bare.answer = answer
    token = an_invite()
    browsers = [AdminBrowser(app, keeps_cookies=False) for _ in range(4)]
    asked = browsers[0].open_invite(token, lms)

    with ThreadPoolExecutor(4) as threads:
        statuses = list(threads.map(lambda one: one.post(f"/lti/register/{token}", asked).status_code, browsers))

    assert set(statuses) <= {303, 409, 410}
    assert (statuses.count(303), len(stored(Registration)), len(registrations_asked(bare))) == (1, 1, 1)


def test_registration_when_issuer_and_client_are_known_then_nothing_is_overwritten(
    admin: AdminBrowser, bare: BarePlatform
) -> None:
    lms = bare.answer = moodle(bare.url)
    RegistrationFactory(
        name="As it was", issuer=bare.url, client_id=lms.client_id, jwks_url="https://keys.example/jwks",
        status=RegistrationStatus.DISABLED,
    )  # fmt: skip
    db.session.commit()
    token = an_invite(is_confirmed=True)

    page = admin.connect(token, lms)

    row = the_registration()
    assert page.status_code == 409
    assert "This LMS is connected already, under the same client id. Nothing was changed here." in page.text
    assert (row.name, row.jwks_url, row.status) == (
        "As it was", "https://keys.example/jwks", RegistrationStatus.DISABLED,
    )  # fmt: skip
    assert (stored(Deployment), stored(Invite)[0].used_at) == ([], None)
    assert logged() == [("registration_known", "This issuer and client id are connected already.")]


def test_registration_when_the_client_is_known_at_another_issuer_then_another(
    admin: AdminBrowser, bare: BarePlatform
) -> None:
    lms = bare.answer = moodle(bare.url)
    RegistrationFactory(issuer="https://other.example", client_id=lms.client_id)
    db.session.commit()

    page = admin.connect(an_invite(), lms)

    assert (page.status_code, [row.issuer for row in stored(Registration)]) == (
        200,
        ["https://other.example", bare.url],
    )


def test_post_when_from_another_page_then_refused_and_nothing_is_used_up(
    admin: AdminBrowser, bare: BarePlatform
) -> None:
    lms = bare.answer = sakai(bare.url)
    token = an_invite()
    form = {"openid_configuration": lms.document_url, "registration_token": TOKEN}
    path = f"/lti/register/{token}"

    statuses = [
        admin.client.post(path, base_url="https://localhost", data=form, headers=headers).status_code
        for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"})
    ]

    assert (statuses, stored(Invite)[0].tries, bare.asked) == ([403, 403, 403], 0, [])


def test_invite_when_opened_without_an_lms_then_says_where_the_address_goes(admin: AdminBrowser) -> None:
    page = admin.get(f"/lti/register/{an_invite()}")

    assert page.status_code == 400
    assert "Copy it, and paste it where your LMS asks for a tool's registration address." in page.text
    assert logged() == [("registration_parameters", "The platform's document is not named.")]


def test_done_page_when_the_invite_has_connected_nothing_then_not_found(admin: AdminBrowser) -> None:
    page = admin.get(f"/lti/register/{an_invite()}/done")

    assert page.status_code == 404


def test_registration_when_it_fails_or_succeeds_then_no_log_and_no_row_has_the_token(
    admin: AdminBrowser, bare: BarePlatform
) -> None:
    secret = "a-very-recognisable-token"
    lms = bare.answer = sakai(bare.url)
    lms.answer = {"registration_access_token": secret}
    token = an_invite()
    with capture_logs() as told:
        admin.connect(token, lms, registration_token=secret)
        bare.answer = lambda _asked: Told(status=400, body=secret.encode())
        admin.connect(an_invite(), lms, registration_token=secret)

    rows = [vars(row) for model in (Registration, Invite, LaunchRecord) for row in stored(model)]
    assert {"platform_registered_us", "registration_refused"} <= {line["event"] for line in told}
    assert [word in text for word in (secret, token) for text in (str(told), str(rows))] == [False] * 4


def test_icon_when_fetched_then_a_picture_that_may_be_kept(admin: AdminBrowser) -> None:
    answer = admin.get("/lti/icon.svg")

    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (
        200,
        "image/svg+xml",
        "public, max-age=86400",
    )
    assert answer.text.startswith("<svg ")
