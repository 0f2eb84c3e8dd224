"""Addresses of services that a launch names: our bearer token goes to the registered platform's hosts, nowhere else."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from lti_app import tasks
from lti_app.clock import now
from lti_app.db import db
from lti_app.gradebook import delivery
from lti_app.lti.connector import Lti
from lti_app.models.activity import Activity
from lti_app.models.gradebook import DeliveryState, ScoreDelivery
from lti_app.models.people import User
from tests.lti_app.lti.bare_platform import BarePlatform, serve_bare
from tests.lti_app.lti.launching import AGS, LTI, launch_with, services_called
from tests.visitor import TEACHER, Visitor


@pytest.fixture
def thief() -> Iterator[BarePlatform]:
    """A server that would like our token."""
    with serve_bare() as running:
        yield running


def _deliver(app: Flask) -> ScoreDelivery:
    activity, user = db.session.scalars(select(Activity)).one(), db.session.scalars(select(User)).one()
    owed = delivery.owe_score(db.session(), activity, user_id=user.id, at=now())
    db.session.commit()
    lti = Lti(keys=app.extensions["staffroom_keys"], outbound=app.extensions["staffroom_outbound"], engine=db.engine)
    tasks.deliver_score(owed.id, lti=lti)
    db.session.expire_all()
    return db.session.scalars(select(ScoreDelivery)).one()


@pytest.mark.parametrize(
    "line_item",
    [
        "{thief}/lineitems/1",
        "{thief}/lineitems/1?x={lms}/lti/lineitems/1",
        "{thief}#{lms}/lti/lineitems/1",
        "http://{lms_host}@{thief_host}/lineitems/1",
        "http://{lms_host}\\@{thief_host}/lineitems/1",
        "http://{thief_host}\\@{lms_host}/lineitems/1",
        "http://{thief_host}\t/lineitems/1",
    ],
)
def test_line_item_when_on_another_host_then_no_token_leaves(
    app: Flask, visitor: Visitor, thief: BarePlatform, served: str, line_item: str
) -> None:
    del served
    named = line_item.format(
        thief=thief.url,
        lms=visitor.lms.url,
        thief_host=thief.url.removeprefix("http://"),
        lms_host=visitor.lms.url.removeprefix("http://"),
    )
    launch_with(visitor, claims={AGS: {"lineitem": named, "scope": []}})

    row = _deliver(app)

    assert thief.asked == []
    assert "token" not in services_called(visitor.lms)
    assert (row.state, row.reason and row.reason.value) == (DeliveryState.PARKED, "our_fault")


def test_line_item_when_on_the_platforms_own_host_then_the_score_is_sent(
    app: Flask, visitor: Visitor, served: str
) -> None:
    del served
    visitor.launch(TEACHER)

    row = _deliver(app)

    assert row.state is DeliveryState.SENT
    assert services_called(visitor.lms) == ["jwks", "token", "scores"]


@pytest.mark.parametrize(
    "return_url",
    ["javascript:alert('return')", "https://evil.example/return", "//evil.example/return", "data:text/html,return"],
)
def test_return_url_when_hostile_then_stands_on_no_page(visitor: Visitor, return_url: str) -> None:
    presentation = {"locale": "en", "document_target": "iframe", "return_url": return_url}

    landed = launch_with(visitor, claims={f"{LTI}launch_presentation": presentation})

    page = visitor.get(landed.headers["Location"])
    assert page.status_code == 200
    assert return_url not in page.text
    assert "evil.example" not in page.text
