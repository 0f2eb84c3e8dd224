"""The connections pages: health, deployments, inviting, connecting by hand, the launch log."""

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event

from lti_app.clock import now
from lti_app.db import db
from lti_app.lti.advice import advice_for
from lti_app.lti.refusals import Check
from lti_app.lti.registration_refusals import RegistrationCheck
from lti_app.lti.registrations import FRESH
from lti_app.models.invites import Invite
from lti_app.models.launch import LaunchOutcome, LaunchRecord
from lti_app.models.platform import AccessToken, Deployment, DeploymentStatus, Registration, RegistrationStatus
from tests.factories import DeploymentFactory, RegistrationFactory
from tests.lti_app.gradebook.course import Course
from tests.lti_app.lti.bare_platform import BarePlatform
from tests.lti_app.lti.registering import sakai, stored
from tests.lti_app.web.admin_browser import AdminBrowser
from tests.visitor import OTHER_TEACHER, TEACHER, THIRD_TEACHER, Visitor

MOMENT = now().replace(microsecond=0) + timedelta(minutes=5)

BY_HAND = {
    "name": "",
    "issuer": "https://canvas.instructure.com",
    "client_id": "10000000000042",
    "deployment_ids": "a:1 b:2",
    "auth_url": "https://sso.canvaslms.com/api/lti/authorize_redirect",
    "token_url": "https://valley.instructure.com/login/oauth2/token",
    "jwks_url": "https://sso.canvaslms.com/api/lti/security/jwks",
    "auth_audience": "",
    "other_origins": "https://learn.valley.example",
}
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"])


def _line(registration: Registration | None = None, **columns: Any) -> LaunchRecord:
    refused = {"outcome": LaunchOutcome.REFUSED, "check": "time", "explanation": "Too old.", "reference": "ABCDEFGH"}
    line = LaunchRecord(registration_id=registration.id if registration else None, **{**refused, **columns})
    db.session.add(line)
    db.session.commit()
    return line


def _pairs(html: str) -> dict[str, str]:
    """Return the first list of facts of a page, term by term, without its markup."""
    parts = re.findall(r"<d[td]>(.*?)</d[td]>", html, re.DOTALL)
    text = [" ".join(re.sub(r"<[^>]+>", "", part).split()) for part in parts]
    return dict(zip(text[::2], text[1::2], strict=True))


def test_connections_when_there_are_none_then_says_what_to_do(operator: AdminBrowser) -> None:
    page = operator.get("/connections/")

    assert "No LMS is connected yet. Press “Connect an LMS”" in page.text


def test_health_when_nothing_has_happened_then_says_so(operator: AdminBrowser) -> None:
    RegistrationFactory(name="Our LMS")
    db.session.commit()

    page = operator.get("/connections/1")

    assert ("Connected" in page.text, _pairs(page.text)["Last launch"]) == (True, "none yet")
    facts = _pairs(page.text)
    assert (facts["Access to its services"], facts["Last completion taken"], facts["Refused in the last 24 hours"]) == (
        "not asked for yet", "none yet", "none",
    )  # fmt: skip


def test_health_when_things_have_happened_then_each_is_shown_for_its_own_platform(operator: AdminBrowser) -> None:
    ours, theirs = RegistrationFactory(name="Our LMS"), RegistrationFactory(name="Theirs")
    at = now().replace(microsecond=0)
    accepted = {"outcome": LaunchOutcome.ACCEPTED, "check": None, "explanation": None, "reference": None}
    _line(ours, at=at - timedelta(days=3), **accepted)
    _line(ours, at=at - timedelta(hours=2), **accepted)
    _line(ours, at=at - timedelta(hours=1))
    _line(ours, at=at - timedelta(hours=23))
    _line(ours, at=at - timedelta(hours=25))
    _line(None, at=at)
    db.session.add(AccessToken(registration_id=ours.id, scopes="s", token="t", expires_at=at + timedelta(hours=1)))
    ours.last_score_at = at - timedelta(minutes=5)
    for number in range(3):
        DeploymentFactory(
            registration=ours, registration_id=ours.id, deployment_id_on_platform=str(number),
            status=list(DeploymentStatus)[number],
        )  # fmt: skip
    db.session.commit()

    own, other = _pairs(operator.get("/connections/1").text), _pairs(operator.get(f"/connections/{theirs.id}").text)

    launch = at - timedelta(hours=2)
    assert own["Last launch"] == f"{launch:%a} {launch.day} {launch:%b, %H:%M} UTC"
    assert own["Access to its services"].startswith("granted until ")
    assert own["Last completion taken"].endswith("UTC")
    assert (own["Refused in the last 24 hours"], own["To be confirmed"]) == ("2 launches", "1 deployment")
    assert (other["Last launch"], other["Refused in the last 24 hours"], "To be confirmed" in other) == (
        "none yet", "none", False,
    )  # fmt: skip


def test_health_when_scores_arrive_then_the_last_is_noted_once_a_minute(course: Course) -> None:
    deliveries = [course.owe(sub, at=MOMENT) for sub in (TEACHER, OTHER_TEACHER, THIRD_TEACHER)]
    noted = []

    for seconds, delivery_id in zip((0, 30, 90), deliveries, strict=True):
        with time_machine.travel(MOMENT + timedelta(seconds=seconds), tick=False):
            course.deliver(delivery_id)
        noted.append(stored(Registration)[0].last_score_at)

    assert noted == [MOMENT, MOMENT, MOMENT + timedelta(seconds=90)]


@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.parametrize(
    ("path", "most"),
    [("/connections/", 2), ("/connections/1", 5), ("/connections/log", 2), ("/connections/connect", 2)],
)
def test_page_when_it_has_few_or_many_rows_then_takes_the_same_queries(
    operator: AdminBrowser, rows: int, path: str, most: int
) -> None:
    platforms = [RegistrationFactory() for _ in range(rows)]
    for row in platforms:
        _line(row)
        DeploymentFactory(registration=row, registration_id=row.id, status=DeploymentStatus.PENDING)
        db.session.add(Invite(token_hash=f"{row.id:064}", expires_at=now() + timedelta(days=1)))
    for number in range(rows):
        DeploymentFactory(
            registration=platforms[0], registration_id=1, deployment_id_on_platform=f"more {number}",
            status=DeploymentStatus.PENDING,
        )  # fmt: skip
    db.session.commit()
    operator.get(path)
    counts: Counter[str] = Counter()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counts[statement.split(None, 1)[0]] += 1

    event.listen(db.engine, "before_cursor_execute", note)
    page = operator.get(path)
    event.remove(db.engine, "before_cursor_execute", note)

    assert (page.status_code, dict(counts)) == (200, {"SELECT": most})


def test_list_when_longer_than_a_page_then_goes_on_by_key(operator: AdminBrowser) -> None:
    for _ in range(51):
        RegistrationFactory()
    db.session.commit()

    first = operator.get("/connections/")
    second = operator.get("/connections/", after=50)

    assert 'href="/connections/?after=50"' in first.text
    assert (first.text.count("data-platform="), second.text.count("data-platform=")) == (50, 1)
    assert "after=" not in second.text


def test_log_when_longer_than_a_page_then_goes_on_by_key_and_keeps_the_filter(operator: AdminBrowser) -> None:
    row = RegistrationFactory()
    for _ in range(51):
        _line(row)
    _line(row, outcome=LaunchOutcome.ACCEPTED, check=None, explanation=None, reference=None)

    first = operator.get("/connections/log", platform=1, outcome="refused")
    second = operator.get("/connections/log", platform=1, outcome="refused", before=2)

    assert "/connections/log?platform=1&amp;outcome=refused&amp;before=2" in first.text
    assert (first.text.count("data-line="), second.text.count("data-line=")) == (50, 1)


def test_log_when_a_launch_was_refused_then_says_why_and_what_to_do(visitor: Visitor, operator: AdminBrowser) -> None:
    visitor.launch(TEACHER)
    refused = visitor.begin(TEACHER, client_id="another")
    reference = re.findall(r'class="reference">([^<]+)<', refused.text)[0]

    whole = operator.get("/connections/log")
    found = operator.get("/connections/log", reference=f" {reference.lower()} ")

    assert (whole.text.count("data-line="), found.text.count("data-line=")) == (2, 1)
    assert "No registration has this issuer and client id." in found.text
    assert advice_for("registration") in found.text
    assert reference in found.text


@pytest.mark.parametrize(
    "query",
    [{"reference": "\x00"}, {"reference": "é" * 100}, {"before": "9" * 30}, {"before": "-1"}, {"platform": "x"},
     {"platform": str(2**31)}, {"outcome": "x"}, {"reference": "' OR 1=1"}],
    ids=str,
)  # fmt: skip
def test_log_when_its_filter_is_forged_then_still_a_page(operator: AdminBrowser, query: dict[str, str]) -> None:
    _line(RegistrationFactory())

    assert operator.get("/connections/log", **query).status_code == 200


def test_log_when_nothing_fits_then_says_so(operator: AdminBrowser) -> None:
    empty, unknown = operator.get("/connections/log"), operator.get("/connections/log", reference="ZZZZZZZZ")

    assert "Nothing yet. Open an activity in the LMS" in empty.text
    assert "No line has this reference number." in unknown.text


@ON_SQLITE
def test_advice_when_looked_up_then_there_is_one_for_every_check(database: str) -> None:
    del database
    otherwise = advice_for("unheard of")

    known = [check.value for check in (*Check, *RegistrationCheck) if advice_for(check.value) != otherwise]

    assert set(known) >= {check.value for check in RegistrationCheck} | {"registration", "deployment", "cookie", "time"}
    assert advice_for(None) == otherwise


def test_platform_when_disabled_then_new_launches_are_refused_within_seconds_and_sessions_end_at_once(
    visitor: Visitor, operator: AdminBrowser
) -> None:
    visitor.launch(TEACHER)
    page = operator.get("/connections/1")

    disabled = operator.post("/connections/1/disable", page)
    session_afterwards = visitor.get("/journal/1")
    with time_machine.travel(now() + FRESH):
        launch_afterwards = visitor.begin(TEACHER)
    operator.post("/connections/1/confirm", operator.get("/connections/1"))
    with time_machine.travel(now() + 2 * FRESH):
        entered = visitor.launch(TEACHER)

    assert (disabled.status_code, session_afterwards.status_code) == (303, 404)
    assert (launch_afterwards.status_code, entered.status_code) == (403, 200)


def test_registration_when_pending_then_launches_are_refused_until_the_operator_confirms(
    visitor: Visitor, operator: AdminBrowser, registration: Registration
) -> None:
    row = db.session.get_one(Registration, registration.id)
    row.status = RegistrationStatus.PENDING
    db.session.commit()

    refused = visitor.begin(TEACHER)
    page = operator.get("/connections/1")
    operator.post("/connections/1/confirm", page)
    with time_machine.travel(now() + FRESH):
        entered = visitor.launch(TEACHER)

    assert (refused.status_code, entered.status_code) == (403, 200)
    assert "Waits to be confirmed" in page.text
    assert stored(LaunchRecord)[0].explanation == "The registration waits to be confirmed."


def test_deployment_when_confirmed_or_rejected_then_its_launches_are_let_in_or_kept_out(
    visitor: Visitor, operator: AdminBrowser
) -> None:
    (own,) = stored(Deployment)
    own.status = DeploymentStatus.PENDING
    db.session.commit()
    page = operator.get("/connections/1")

    operator.post("/connections/1/deployments/1/reject", page)
    rejected = visitor.post_token(visitor.token(visitor.begin(TEACHER)).fields)
    operator.post("/connections/1/deployments/1/confirm", page)
    confirmed = visitor.post_token(visitor.token(visitor.begin(TEACHER)).fields)

    assert (rejected.status_code, confirmed.status_code) == (403, 303)
    assert [one.status for one in stored(Deployment)] == [DeploymentStatus.CONFIRMED]


def test_invite_when_made_on_the_page_then_its_address_is_shown_once_and_connects(
    operator: AdminBrowser, admin: AdminBrowser, bare: BarePlatform
) -> None:
    lms = bare.answer = sakai(bare.url)
    form = operator.get("/connections/connect")

    operator.post("/connections/connect", form, name="Our LMS", is_confirmed="y")
    shown = operator.get("/connections/connect")
    again = operator.get("/connections/connect")

    address = re.findall(r'id="new-url" readonly value="([^"]+)"', shown.text)[0]
    assert (address.startswith(operator.origin + "/lti/register/"), "new-url" in again.text) == (True, False)
    assert again.text.count("data-invite=") == 1
    assert admin.connect(address.rpartition("/")[2], lms).status_code == 200
    assert [(row.name, row.status) for row in stored(Registration)] == [("Our LMS", RegistrationStatus.ACTIVE)]


def test_invite_when_withdrawn_then_no_longer_open(operator: AdminBrowser, admin: AdminBrowser) -> None:
    operator.post("/connections/connect", operator.get("/connections/connect"), name="")
    shown = operator.get("/connections/connect")
    token = re.findall(r'value="[^"]+/lti/register/([^"]+)"', shown.text)[0]

    operator.post("/connections/invites/1/withdraw", shown)

    assert "data-invite=" not in operator.get("/connections/connect").text
    assert admin.get(f"/lti/register/{token}", openid_configuration="https://lms.example/c").status_code == 410


def test_lms_when_connected_by_hand_then_kept_as_typed_with_its_vendors_hosts(operator: AdminBrowser) -> None:
    answer = operator.post("/connections/by-hand", operator.get("/connections/by-hand"), **BY_HAND)

    (row,) = stored(Registration)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/connections/1")
    assert (row.name, row.issuer, row.client_id) == ("canvas.instructure.com", BY_HAND["issuer"], BY_HAND["client_id"])
    assert [row.auth_url, row.token_url, row.jwks_url] == [BY_HAND[f"{name}_url"] for name in ("auth", "token", "jwks")]
    assert (row.auth_audience, row.status) == (None, RegistrationStatus.ACTIVE)
    assert row.other_origins == "https://*.instructure.com https://learn.valley.example"
    assert [one.deployment_id_on_platform for one in stored(Deployment)] == ["a:1", "b:2"]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("issuer", "", "This field is required."),
        ("issuer", "a b", "Copy the issuer as your LMS shows it."),
        ("client_id", "", "This field is required."),
        ("client_id", "a\x00b", "There are characters in it that cannot be used."),
        ("auth_url", "lms.example", "This is not a web address."),
        ("token_url", "javascript:alert(1)", "This is not a web address."),
        ("jwks_url", "https://lms.example/" + "x" * 1024, "Field cannot be longer than 1024 characters."),
        ("other_origins", "*", "Write each host as https://host, one to a line."),
        ("name", "x" * 256, "Field cannot be longer than 255 characters."),
    ],
)
def test_form_by_hand_when_a_field_is_wrong_then_says_so_and_keeps_what_was_typed(
    operator: AdminBrowser, field: str, value: str, told: str
) -> None:
    form = operator.get("/connections/by-hand")

    answer = operator.post("/connections/by-hand", form, **{**BY_HAND, field: value})

    assert (answer.status_code, told in answer.text, stored(Registration)) == (422, True, [])
    assert BY_HAND["issuer" if field != "issuer" else "client_id"] in answer.text


def test_form_by_hand_when_the_lms_is_known_with_other_addresses_then_not_overwritten(operator: AdminBrowser) -> None:
    form = operator.get("/connections/by-hand")
    operator.post("/connections/by-hand", form, **BY_HAND)

    answer = operator.post("/connections/by-hand", form, **{**BY_HAND, "jwks_url": "https://evil.example/jwks"})

    assert (answer.status_code, [row.jwks_url for row in stored(Registration)]) == (422, [BY_HAND["jwks_url"]])
    assert "This issuer and client id are connected already, with other addresses." in answer.text


def test_connection_when_changed_then_kept(operator: AdminBrowser) -> None:
    RegistrationFactory(name="Before")
    db.session.commit()
    page = operator.get("/connections/1")
    hosts = "https://a.example/x\nhttps://*.b.example"
    changed = {"name": " After ", "auth_audience": "https://aud.example", "other_origins": hosts}

    answer = operator.post("/connections/1", page, **changed)
    wrong = operator.post("/connections/1", page, **{**changed, "other_origins": "nonsense"})

    (row,) = stored(Registration)
    assert (answer.status_code, wrong.status_code) == (303, 422)
    assert (row.name, row.auth_audience, row.other_origins) == (
        "After", "https://aud.example", "https://a.example https://*.b.example",
    )  # fmt: skip


def test_keys_when_listed_then_the_signing_one_first_and_nothing_private(operator: AdminBrowser, app: Flask) -> None:
    page = operator.get("/connections/keys")

    newest = app.extensions["staffroom_keys"].keys[0]
    assert (newest.kid in page.text, "PRIVATE" in page.text) == (True, False)
