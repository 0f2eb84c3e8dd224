"""Who may see the connections pages: the operator all of them, an LMS admin their own, everybody else none."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask, session

from lti_app.access.connections import open_connections
from lti_app.access.opening import open_activity
from lti_app.access.refusals import ActingAsSomebody
from lti_app.access.sign_ins import frame_origins, sees_connections, sign_in
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import NotThere
from lti_app.lti.one_time import make_admin_link
from lti_app.models.invites import AdminLink, Invite
from lti_app.models.people import Role
from lti_app.models.platform import Deployment, DeploymentStatus, Registration, RegistrationStatus
from practice_lms.server import RunningLms
from tests.factories import ActivityFactory, DeploymentFactory, MembershipFactory, RegistrationFactory, UserFactory
from tests.lti_app.lti.registering import an_invite, stored
from tests.lti_app.web.admin_browser import AdminBrowser
from tests.visitor import FACILITATOR, LMS_ADMIN, MENTOR, PRINCIPAL, TEACHER, Visitor

OWN, FOREIGN = 1, 2
PAGES = {
    "list": "/connections/",
    "own": f"/connections/{OWN}",
    "foreign": f"/connections/{FOREIGN}",
    "log": "/connections/log",
    "connect": "/connections/connect",
    "by hand": "/connections/by-hand",
    "keys": "/connections/keys",
}
DEEDS = {
    "rename own": (f"/connections/{OWN}", {"name": "New name"}),
    "rename foreign": (f"/connections/{FOREIGN}", {"name": "New name"}),
    "own deployment": (f"/connections/{OWN}/deployments/1/confirm", {}),
    "foreign deployment": (f"/connections/{FOREIGN}/deployments/2/confirm", {}),
    "foreign deployment as own": (f"/connections/{OWN}/deployments/2/confirm", {}),
    "confirm own": (f"/connections/{OWN}/confirm", {}),
    "disable own": (f"/connections/{OWN}/disable", {}),
    "disable foreign": (f"/connections/{FOREIGN}/disable", {}),
    "invite": ("/connections/connect", {"name": ""}),
    "withdraw": ("/connections/invites/1/withdraw", {}),
    "by hand": ("/connections/by-hand", {"issuer": "https://new.example", "client_id": "1", "deployment_ids": "",
                                         "auth_url": "https://new.example/a", "token_url": "https://new.example/t",
                                         "jwks_url": "https://new.example/j"}),
}  # fmt: skip
ALL = set(PAGES)
WHO = ["nobody", "teacher", "mentor", "facilitator", "principal", "lms admin", "admin of a disabled lms",
       "blackboard admin", "operator", "operator signed out", "operator after 8 hours"]  # fmt: skip
SEEN = {
    "lms admin": {"list", "own", "log"},
    "operator": ALL,
}
DONE = {
    "lms admin": {"rename own", "own deployment"},
    "operator": set(DEEDS) - {"foreign deployment as own"},
}
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"])


@pytest.fixture
def two_platforms(app: Flask) -> list[Registration]:
    """Two platforms, with a deployment each that waits, and an open invite."""
    del app
    rows: list[Registration] = [RegistrationFactory(name=name) for name in ("Own LMS", "Foreign LMS")]
    for row in rows:
        DeploymentFactory(registration=row, registration_id=row.id, status=DeploymentStatus.PENDING)
    db.session.commit()
    an_invite()
    return rows


def _browser(app: Flask, who: str) -> AdminBrowser:
    """Return a browser with what this person's launch, or link, has left in it."""
    browser = AdminBrowser(app)
    if who.startswith("operator"):
        browser.sign_in()
        if who.endswith("out"):
            browser.post("/connections/sign-out", browser.get("/connections/"))
        return browser
    own = db.session.get_one(Registration, OWN)
    if who == "admin of a disabled lms":
        own.status = RegistrationStatus.DISABLED
    if who == "blackboard admin":
        own.issuer = "https://blackboard.com"
    db.session.commit()
    if who != "nobody":
        person = UserFactory(registration_id=OWN)
        db.session.commit()
        with app.test_request_context("/"):
            sign_in(registration=own, user_id=person.id, hours=12, is_admin="admin" in who)
            kept = dict(session)
        with browser.client.session_transaction(base_url="https://localhost") as carried:
            carried.update(kept)
    return browser


@ON_SQLITE
@pytest.mark.parametrize("who", WHO)
def test_pages_when_asked_for_then_each_sees_theirs_and_nothing_else(
    app: Flask, two_platforms: list[Registration], who: str
) -> None:
    del two_platforms
    browser = _browser(app, who)
    later = timedelta(hours=8, seconds=1) if who.endswith("hours") else timedelta()

    with time_machine.travel(now() + later):
        answers = {name: browser.get(path) for name, path in PAGES.items()}

    assert {name for name, answer in answers.items() if answer.status_code == 200} == SEEN.get(who, set())
    assert {answer.status_code for answer in answers.values()} <= {200, 401, 404}
    shown = "".join(answer.text for answer in answers.values())
    assert ("Own LMS" in shown, "Foreign LMS" in shown) == (who in SEEN, who == "operator")


@ON_SQLITE
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("deed", DEEDS)
def test_deeds_when_posted_then_each_does_theirs_and_nothing_else(
    app: Flask, two_platforms: list[Registration], who: str, deed: str
) -> None:
    del two_platforms
    app.config["WTF_CSRF_ENABLED"] = False
    browser = _browser(app, who)
    path, fields = DEEDS[deed]
    before = _everything()
    later = timedelta(hours=8, seconds=1) if who.endswith("hours") else timedelta()

    with time_machine.travel(now() + later):
        answer = browser.post(path, None, **fields)

    is_done = deed in DONE.get(who, set())
    assert answer.status_code == 303 if is_done else answer.status_code in {401, 404}, answer.text
    assert (_everything() != before) == (is_done and deed != "confirm own")


def _everything() -> list[str]:
    columns = {
        Registration: ("name", "status", "issuer"),
        Deployment: ("status",),
        Invite: ("expires_at",),
    }
    return [str([getattr(row, name) for name in names]) for model, names in columns.items() for row in stored(model)]


@ON_SQLITE
def test_lms_admin_when_they_post_addresses_too_then_only_the_name_is_kept(
    app: Flask, two_platforms: list[Registration]
) -> None:
    del two_platforms
    browser = _browser(app, "lms admin")
    page = browser.get("/connections/1")

    browser.post("/connections/1", page, name="Ours", other_origins="https://evil.example", auth_audience="evil")

    row = stored(Registration)[0]
    assert (row.name, row.other_origins, row.auth_audience) == ("Ours", "", None)


@ON_SQLITE
def test_post_when_without_its_forms_token_then_refused(app: Flask, two_platforms: list[Registration]) -> None:
    del two_platforms
    browser = _browser(app, "operator")

    answer = browser.post("/connections/2/disable")

    assert (answer.status_code, stored(Registration)[1].status) == (401, RegistrationStatus.ACTIVE)


@pytest.mark.parametrize("person", [FACILITATOR, TEACHER, MENTOR, PRINCIPAL])
def test_launch_when_of_somebody_who_does_not_run_the_lms_then_no_way_to_connections(
    visitor: Visitor, person: str
) -> None:
    page = visitor.launch(person)

    assert (visitor.get("/connections/").status_code, "/connections/" in page.text) == (404, False)


def test_launch_when_of_an_lms_admin_outside_the_course_then_shows_the_way_and_no_course(
    visitor: Visitor, lms: RunningLms
) -> None:
    page = visitor.launch(LMS_ADMIN)

    connections = visitor.get("/connections/")
    assert 'href="/connections/"' in page.text
    assert (connections.status_code, "Practice LMS" in connections.text) == (200, True)
    assert "Connect an LMS" not in connections.text
    assert lms.url in connections.headers["Content-Security-Policy"]
    assert visitor.get("/journal/1/settings").status_code == 404


def test_launch_when_an_admin_comes_back_as_a_learner_then_the_way_is_closed(visitor: Visitor) -> None:
    visitor.launch(LMS_ADMIN)
    with visitor.client.session_transaction(base_url=visitor.base_url) as kept:
        kept["sign_ins"]["1"]["admin"] = False
        kept.modified = True

    assert visitor.get("/connections/").status_code == 404


def test_sign_in_when_marked_as_admin_then_opens_no_course(app: Flask) -> None:
    activity = ActivityFactory()
    own = activity.context.deployment.registration
    member = MembershipFactory(context=activity.context, role=Role.NONE)
    outsider = UserFactory(registration_id=own.id)

    with app.test_request_context("/"):
        sign_in(registration=own, user_id=outsider.id, hours=12, is_admin=True)
        seen = sees_connections()
        with pytest.raises(NotThere):
            open_activity(activity.id)

    assert (seen, member.takes_part) == (True, False)


def test_admin_mark_when_somebody_acts_as_the_admin_then_not_given(app: Flask) -> None:
    own = RegistrationFactory()
    person = UserFactory(registration_id=own.id)

    with app.test_request_context("/"):
        sign_in(registration=own, user_id=person.id, hours=12, is_admin=True, is_masquerade=True)
        seen = sees_connections()
        with pytest.raises(ActingAsSomebody):
            open_connections()

    assert not seen


def test_admin_mark_when_one_client_serves_every_school_then_not_given(app: Flask) -> None:
    shared = RegistrationFactory(issuer="https://blackboard.com")
    person = UserFactory(registration_id=shared.id)

    with app.test_request_context("/"):
        sign_in(registration=shared, user_id=person.id, hours=12, is_admin=True)
        seen = sees_connections()

    assert not seen


def test_operator_when_signing_in_then_other_sign_ins_are_dropped_and_no_frame_is_allowed(visitor: Visitor) -> None:
    visitor.launch(LMS_ADMIN)
    token = make_admin_link(db.session(), at=now())
    db.session.commit()
    path = f"/connections/sign-in/{token}"

    visitor.post(path, visitor.get(path))

    page = visitor.get("/connections/")
    with visitor.client.session_transaction(base_url=visitor.base_url) as kept:
        names = set(kept) - {"csrf_token"}
    assert (page.status_code, names) == (200, {"operator_link"})
    assert "frame-ancestors 'self';" in page.headers["Content-Security-Policy"]


@ON_SQLITE
@pytest.mark.parametrize(
    ("moved", "status"),
    [
        (timedelta(minutes=14), 303),
        (timedelta(minutes=15), 410),
        (timedelta(days=1), 410),
        (-timedelta(hours=1), 410),
    ],
    ids=["in time", "late", "a day late", "clock set back"],
)
def test_sign_in_link_when_its_time_is_up_or_the_clock_was_set_back_then_refused(
    app: Flask, moved: timedelta, status: int
) -> None:
    browser = AdminBrowser(app)
    token = make_admin_link(db.session(), at=now())
    db.session.commit()
    path = f"/connections/sign-in/{token}"

    with time_machine.travel(now() + moved):
        answer = browser.post(path, browser.get(path))

    assert answer.status_code == status


@ON_SQLITE
def test_sign_in_link_when_only_looked_at_then_not_used_up(app: Flask) -> None:
    token = make_admin_link(db.session(), at=now())
    db.session.commit()
    path = f"/connections/sign-in/{token}"
    preview, browser = AdminBrowser(app), AdminBrowser(app)

    previews = [preview.get(path).status_code for _ in range(3)]
    signed_in = browser.post(path, browser.get(path)).status_code

    assert (previews, signed_in, len(stored(AdminLink))) == ([200] * 3, 303, 1)


@ON_SQLITE
@pytest.mark.parametrize("token", ["x", "y" * 43, "é" * 30, "z" * 500, "%00" * 10])
def test_sign_in_link_when_unknown_then_refused(app: Flask, token: str) -> None:
    browser = AdminBrowser(app)
    path = f"/connections/sign-in/{token}"

    answer = browser.post(path, browser.get(path))

    assert (answer.status_code, "Make a new one on the server: flask admin link." in answer.text) == (410, True)


@ON_SQLITE
def test_session_cookie_of_the_operator_when_kept_after_signing_out_then_worth_nothing(app: Flask) -> None:
    browser = AdminBrowser(app).sign_in()
    thief = AdminBrowser(app)
    cookie = browser.client.get_cookie("__Host-staffroom")
    assert cookie is not None
    browser.post("/connections/sign-out", browser.get("/connections/"))

    thief.client.set_cookie(cookie.key, cookie.value, secure=True)

    assert thief.get("/connections/").status_code == 401


def test_frame_origins_when_canvas_then_also_the_schools_hosts(app: Flask) -> None:
    row = RegistrationFactory(
        issuer="https://canvas.instructure.com", other_origins="https://*.instructure.com https://learn.valley.example"
    )
    person = UserFactory(registration_id=row.id)

    with app.test_request_context("/"):
        sign_in(registration=row, user_id=person.id, hours=1)
        origins = frame_origins()

    assert origins == [
        "https://*.instructure.com", "https://canvas.instructure.com", "https://learn.valley.example",
    ]  # fmt: skip
