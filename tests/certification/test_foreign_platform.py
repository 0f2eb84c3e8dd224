"""The tool and a platform that nobody here wrote (`lti1p3platform`): login, launch, page, score, result, roster."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_app import tasks
from lti_app.clock import now
from lti_app.db import db
from lti_app.gradebook import delivery
from lti_app.lti import ags
from lti_app.lti.connector import Lti, PlatformConnector
from lti_app.lti.line_items import LINE_ITEM_SCOPE, LineItem, NewLineItem, list_line_items, make_line_item
from lti_app.models.activity import Activity
from lti_app.models.gradebook import DeliveryState, ScoreDelivery
from lti_app.models.people import Context, Membership, Role, User
from lti_app.models.platform import Deployment, Registration
from tests.certification.foreign_platform import (
    CLIENT_ID,
    COURSE_ID,
    DEPLOYMENT_ID,
    LINE_ITEM_ID,
    LINK_ID,
    MEMBER,
    PEOPLE,
    ForeignPlatform,
    serve_foreign_platform,
)
from tests.lti_app.lti.launching import RESOURCE_LINK, log_lines, query_of

LEARNER, INSTRUCTOR = "u-17", "u-18"
BASE_URL = "https://localhost"
NRPS_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
NRPS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_FIELD = re.compile(r'name="([^"]+)" value="([^"]*)"')


@pytest.fixture(scope="module")
def _running_platform(tool_port: int) -> Iterator[ForeignPlatform]:
    with serve_foreign_platform(f"http://localhost:{tool_port}") as platform:
        yield platform


@pytest.fixture
def platform(_running_platform: ForeignPlatform) -> ForeignPlatform:
    """The platform, with an empty gradebook."""
    _running_platform.scores.clear()
    return _running_platform


@pytest.fixture
def foreign_registration(app: Flask, platform: ForeignPlatform) -> Registration:
    del app
    row = Registration(
        name="A platform from PyPI",
        issuer=platform.url,
        client_id=CLIENT_ID,
        auth_url=f"{platform.url}/auth",
        token_url=f"{platform.url}/token",
        jwks_url=f"{platform.url}/jwks",
    )
    db.session.add(row)
    db.session.flush()
    db.session.add(Deployment(registration_id=row.id, deployment_id_on_platform=DEPLOYMENT_ID))
    db.session.commit()
    return row


@pytest.fixture
def connector(app: Flask, foreign_registration: Registration, served: str) -> PlatformConnector:
    """What the worker talks to the platform with; the tool's keys are served, so that it can check them."""
    del served
    return PlatformConnector(foreign_registration, lti=_lti(app))


def _lti(app: Flask) -> Lti:
    return Lti(keys=app.extensions["staffroom_keys"], outbound=app.extensions["staffroom_outbound"], engine=db.engine)


def _launch(app: Flask, platform: ForeignPlatform, person: str) -> tuple[TestResponse, TestResponse]:
    """Go the whole way as a browser does; return the launch's answer and the page behind it."""
    browser = app.test_client()
    start = urlsplit(platform.login_url(person))
    login = browser.get(start.path, query_string=start.query, base_url=BASE_URL)
    assert login.status_code == 302, login.text
    form = requests.get(login.headers["Location"], timeout=10)
    assert form.status_code == 200, form.text
    fields = {name: unescape(value) for name, value in _FIELD.findall(form.text)}
    answer = browser.post("/lti/launch", data=fields, base_url=BASE_URL)
    return answer, browser.get(answer.headers.get("Location", "/nowhere"), base_url=BASE_URL)


@pytest.mark.parametrize(
    ("person", "role"), [(LEARNER, Role.TEACHER), (INSTRUCTOR, Role.FACILITATOR)], ids=["learner", "instructor"]
)
def test_foreign_platform_when_somebody_launches_then_lands_on_the_activity(
    app: Flask, platform: ForeignPlatform, foreign_registration: Registration, person: str, role: Role
) -> None:
    answer, page = _launch(app, platform, person)

    user, member = db.session.execute(select(User, Membership).join(Membership.user)).one()
    activity, context = db.session.execute(select(Activity, Context).join(Activity.context)).one()
    (line,) = log_lines()
    assert (answer.status_code, page.status_code) == (303, 200)
    assert "Weekly reflection" in page.text
    assert (user.registration_id, user.sub, user.name) == (foreign_registration.id, person, PEOPLE[person][0])
    assert member.role == role
    assert (context.context_id_on_platform, context.title, context.label) == (COURSE_ID, "Induction", "IND")
    assert (activity.resource_link_id_on_platform, activity.title) == (LINK_ID, "Weekly reflection")
    assert activity.line_item_url == platform.line_item_url
    assert (line.outcome.value, line.message_type, line.deployment_id_on_platform) == (
        "accepted",
        RESOURCE_LINK,
        DEPLOYMENT_ID,
    )


def test_foreign_platform_when_its_form_is_posted_twice_then_the_second_is_refused(
    app: Flask, platform: ForeignPlatform, foreign_registration: Registration
) -> None:
    del foreign_registration
    browser = app.test_client()
    start = urlsplit(platform.login_url(LEARNER))
    login = browser.get(start.path, query_string=start.query, base_url=BASE_URL)
    form = requests.get(login.headers["Location"], timeout=10)
    fields = {name: unescape(value) for name, value in _FIELD.findall(form.text)}

    statuses = [browser.post("/lti/launch", data=fields, base_url=BASE_URL).status_code for _ in range(2)]

    assert statuses == [303, 400]
    assert query_of(login)["redirect_uri"] == f"{app.config['STAFFROOM_PUBLIC_URL']}/lti/launch"
    assert [(line.outcome.value, line.check) for line in log_lines()] == [("accepted", None), ("refused", "state")]


def test_foreign_platform_when_a_score_is_owed_then_stands_in_its_gradebook(
    app: Flask, platform: ForeignPlatform, connector: PlatformConnector
) -> None:
    _launch(app, platform, LEARNER)
    activity, user = db.session.scalars(select(Activity)).one(), db.session.scalars(select(User)).one()
    owed = delivery.owe_score(db.session(), activity, user_id=user.id, at=now())
    db.session.commit()

    tasks.deliver_score(owed.id, lti=_lti(app))

    db.session.expire_all()
    row = db.session.scalars(select(ScoreDelivery)).one()
    (score,) = platform.scores
    assert (row.state, row.answer_status, row.attempts) == (DeliveryState.SENT, 200, 1)
    assert {name: score[name] for name in ("userId", "scoreGiven", "scoreMaximum", "line_item")} == {
        "userId": LEARNER,
        "scoreGiven": 1,
        "scoreMaximum": 1,
        "line_item": LINE_ITEM_ID,
    }
    assert (score["activityProgress"], score["gradingProgress"]) == ("Completed", "FullyGraded")
    assert ags.read_result(connector, platform.line_item_url, sub=LEARNER) == ags.Result(given=1.0, maximum=1.0)
    assert ags.read_result(connector, platform.line_item_url, sub=INSTRUCTOR) is None


def test_foreign_platform_when_its_line_items_are_asked_for_then_lists_and_makes_them(
    platform: ForeignPlatform, connector: PlatformConnector
) -> None:
    line_items_url = f"{platform.url}/lineitems"
    new = NewLineItem(label="Journal", resource_link_id=LINK_ID, resource_id="journal", tag="staffroom")

    listed = list(list_line_items(connector, line_items_url, scope=LINE_ITEM_SCOPE))
    made = make_line_item(connector, line_items_url, new=new)

    assert listed == [LineItem(url=platform.line_item_url, resource_link_id=LINK_ID, resource_id="", tag="")]
    assert made == LineItem(url=f"{line_items_url}/8", resource_link_id=LINK_ID, resource_id="journal", tag="staffroom")


def test_foreign_platform_when_its_roster_is_asked_for_then_gives_its_members(
    platform: ForeignPlatform, connector: PlatformConnector
) -> None:
    answer = connector.send("GET", platform.memberships_url, scopes=[NRPS_SCOPE], headers={"Accept": NRPS_TYPE})

    assert (answer.status, answer.headers["Content-Type"]) == (200, NRPS_TYPE)
    assert [(member["user_id"], member["roles"]) for member in answer.json()["members"]] == [
        (LEARNER, [f"{MEMBER}#Learner"]),
        (INSTRUCTOR, [f"{MEMBER}#Instructor"]),
    ]


def test_foreign_platform_when_asked_with_the_wrong_scope_then_refuses_its_roster(
    platform: ForeignPlatform, connector: PlatformConnector
) -> None:
    answer = connector.send("GET", platform.memberships_url, scopes=[ags.SCORE_SCOPE], headers={"Accept": NRPS_TYPE})

    assert answer.status == 401
