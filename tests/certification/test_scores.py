"""1EdTech's certification names for scores of a coupled line item: the token, the request, the score, the result."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
import time_machine
from flask import Flask

from lti_app import tasks
from lti_app.clock import now
from lti_app.db import db
from lti_app.gradebook import delivery
from lti_app.lti.ags import RESULT_SCOPE, SCORE_SCOPE, read_result
from lti_app.lti.connector import Lti, PlatformConnector
from lti_app.models.activity import Activity
from lti_app.models.gradebook import DeliveryState, ScoreDelivery
from lti_app.models.people import Membership
from lti_app.models.platform import Registration
from tests.factories import (
    ActivityFactory,
    ContextFactory,
    DeploymentFactory,
    MembershipFactory,
    RegistrationFactory,
    UserFactory,
)
from tests.lti_app.lti.bare_platform import Asked, BarePlatform, Told, serve_bare

MOMENT = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)
SUB = "a6d5c443-1f51-4783-ba1a-7686ffe3b54a"


@pytest.fixture
def bare() -> Iterator[BarePlatform]:
    """A platform that gives a token, and takes every score."""
    with serve_bare() as running:
        running.answer = lambda asked: Told(body=b'{"access_token": "t0ken"}' if asked.path == "/token" else b"[]")
        yield running


@pytest.fixture
def lti(app: Flask) -> Lti:
    return Lti(keys=app.extensions["staffroom_keys"], outbound=app.extensions["staffroom_outbound"], engine=db.engine)


@pytest.fixture
def registration(app: Flask, bare: BarePlatform) -> Registration:
    del app
    row: Registration = RegistrationFactory(issuer=bare.url, client_id="client-5")
    return row


@pytest.fixture
def member(registration: Registration) -> Membership:
    """A teacher of a course on that platform."""
    context = ContextFactory(deployment=DeploymentFactory(registration=registration))
    user = UserFactory(registration_id=registration.id, sub=SUB)
    row: Membership = MembershipFactory(context=context, user=user)
    return row


def _complete(member: Membership, lti: Lti, **values: Any) -> ScoreDelivery:
    """Let the member complete an activity of the course, and the worker do what is owed."""
    activity: Activity = ActivityFactory(context=member.context, **values)
    owed = delivery.owe_score(db.session(), activity, user_id=member.user_id, at=now())
    db.session.commit()
    tasks.deliver_score(owed.id, lti=lti)
    db.session.expire_all()
    return db.session.get_one(ScoreDelivery, owed.id)


def _posted(bare: BarePlatform) -> Asked:
    (score,) = [asked for asked in bare.asked if asked.path != "/token"]
    return score


def test_access_token_when_needed_for_a_score_then_asked_by_a_signed_assertion_for_that_scope(
    bare: BarePlatform, member: Membership, registration: Registration, lti: Lti
) -> None:
    _complete(member, lti)

    token_request = bare.asked[0]
    form = {name: values[0] for name, values in parse_qs(token_request.body.decode()).items()}
    assertion = form.pop("client_assertion")
    jwk = lti.keys.public_jwks()["keys"][0]
    claims = jwt.decode(
        assertion, jwt.PyJWK(jwk), algorithms=["RS256"], audience=registration.token_url, issuer="client-5"
    )
    assert (token_request.method, token_request.path) == ("POST", "/token")
    assert token_request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert form == {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "scope": SCORE_SCOPE,
    }
    assert jwt.get_unverified_header(assertion)["kid"] == jwk["kid"]
    assert set(claims) == {"iss", "sub", "aud", "iat", "exp", "jti"}
    assert claims["sub"] == "client-5"


def test_score_when_of_a_coupled_line_item_then_posted_below_it_with_bearer_and_media_type(
    bare: BarePlatform, member: Membership, lti: Lti
) -> None:
    row = _complete(member, lti, line_item_url=f"{bare.url}/2344/lineitems/1234/lineitem?type_id=1")

    score = _posted(bare)
    assert row.state is DeliveryState.SENT
    assert (score.method, score.path) == ("POST", "/2344/lineitems/1234/lineitem/scores?type_id=1")
    assert score.headers["Authorization"] == "Bearer t0ken"
    assert score.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"


def test_score_when_sent_then_carries_every_claim_that_is_required(
    bare: BarePlatform, member: Membership, lti: Lti
) -> None:
    with time_machine.travel(MOMENT, tick=False):
        _complete(member, lti)

    score = json.loads(_posted(bare).body)
    timestamp = score.pop("timestamp")
    assert score == {
        "userId": SUB,
        "scoreGiven": 1,
        "scoreMaximum": 1,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "comment": "Completed in Staffroom.",
    }
    # ISO 8601 with its time zone, and never ahead of now.
    assert timedelta(0) <= MOMENT - datetime.fromisoformat(timestamp) < timedelta(minutes=1)


def test_score_when_the_link_has_no_line_item_then_nothing_is_asked_of_the_platform(
    bare: BarePlatform, member: Membership, lti: Lti
) -> None:
    row = _complete(member, lti, line_item_url=None)

    assert bare.asked == []
    assert (row.state, row.reason and row.reason.value) == (DeliveryState.PARKED, "no_line_item")


def test_result_when_read_then_asked_for_by_its_scope_and_media_type(
    bare: BarePlatform, registration: Registration, lti: Lti
) -> None:
    db.session.commit()

    found = read_result(PlatformConnector(registration, lti=lti), f"{bare.url}/lineitems/1", sub=SUB)

    scope = parse_qs(bare.asked[0].body.decode())["scope"]
    result = bare.asked[1]
    assert (found, scope) == (None, [RESULT_SCOPE])
    assert (result.method, result.path) == ("GET", f"/lineitems/1/results?user_id={SUB}")
    assert result.headers["Accept"] == "application/vnd.ims.lis.v2.resultcontainer+json"
    assert result.headers["Authorization"] == "Bearer t0ken"
