"""Asking a platform for notices: once per deployment, again after failures, never in a launch's way."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from huey import Huey

from lti_app import tasks
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import Refusal
from lti_app.lti.connector import Lti
from lti_app.models.notices import NoticeHandler
from lti_app.models.people import Context
from lti_app.models.platform import Registration, RegistrationStatus
from lti_app.roster.notice_handlers import REGISTER_HANDLER_TASK, register_handler_kind, want_handler
from tests.lti_app.activities.journal.writing import stored
from tests.lti_app.lti.bare_platform import BarePlatform, Told
from tests.lti_app.lti.launching import LTI, launch_with
from tests.lti_app.roster.services import answering, course_of, json_told
from tests.lti_app.test_tasks import run_named, work
from tests.visitor import OTHER_TEACHER, TEACHER, Visitor

HANDLERS = "/api/lti/notice-handlers/106"
OURS = "https://tool.example/lti/notices"
KIND = register_handler_kind(OURS)
CLAIM = f"{LTI}platformnotificationservice"


@pytest.fixture
def course(app: Flask, bare: BarePlatform) -> Context:
    """A course of a platform whose notification service says yes."""
    del app
    bare.answer = answering({HANDLERS: json_told({"notice_type": "LtiContextCopyNotice", "handler": OURS})})
    return course_of(bare)


def _want(course: Context, bare: BarePlatform, path: str = HANDLERS) -> int:
    want_handler(db.session(), course.deployment_id, service_url=bare.url + path, at=now())
    db.session.commit()
    return _handler().id


def _handler() -> NoticeHandler:
    (handler,) = stored(NoticeHandler)
    return handler


def _claim(url: str) -> dict[str, Any]:
    return {
        "platform_notification_service_url": url,
        "service_versions": ["1.0"],
        "notice_types_supported": ["LtiContextCopyNotice"],
    }


def test_handler_when_registered_then_the_platform_has_our_address(
    course: Context, bare: BarePlatform, lti: Lti
) -> None:
    handler_id = _want(course, bare)

    tasks.run_errand(KIND, handler_id, lti=lti)

    token, asked = bare.asked
    assert "https%3A%2F%2Fpurl.imsglobal.org%2Fspec%2Flti%2Fscope%2Fnoticehandlers" in token.body.decode()
    assert (asked.method, asked.path, asked.headers["Authorization"]) == ("PUT", HANDLERS, "Bearer token")
    assert asked.headers["Content-Type"] == "application/json"
    assert json.loads(asked.body) == {"notice_type": "LtiContextCopyNotice", "handler": OURS}
    handler = _handler()
    assert (handler.done_at is not None, handler.due_at, handler.leased_until, handler.reason) == (
        True,
        None,
        None,
        None,
    )


def test_handler_when_registered_then_is_not_asked_for_again(course: Context, bare: BarePlatform, lti: Lti) -> None:
    handler_id = _want(course, bare)

    for _ in range(3):
        tasks.run_errand(KIND, handler_id, lti=lti)

    assert bare.paths() == ["/token", HANDLERS]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, Refusal.ACCESS_WITHDRAWN),
        (403, Refusal.SCOPE_MISSING),
        (404, Refusal.OUR_FAULT),
        (400, Refusal.OUR_FAULT),
        (422, Refusal.OUR_FAULT),
    ],
)
def test_handler_when_refused_then_noted_with_the_reason_and_asked_again_next_day(
    course: Context, bare: BarePlatform, lti: Lti, status: int, reason: Refusal
) -> None:
    bare.answer = answering({HANDLERS: Told(status=status)})
    handler_id = _want(course, bare)
    moment = datetime.now(UTC)

    with time_machine.travel(moment, tick=False):
        tasks.run_errand(KIND, handler_id, lti=lti)

    handler = _handler()
    assert (handler.reason, handler.done_at, handler.due_at) == (reason, None, moment + timedelta(days=1))


@pytest.mark.parametrize(
    "told",
    [
        Told(status=500),
        Told(status=429),
        Told(status=302),
        Told(status=403, body=b"403 Forbidden (Rate Limit Exceeded)"),
        Told(status=200, body=b"<!doctype html>"),
    ],
    ids=lambda told: f"{told.status}{told.body!r}"[:30],
)
def test_handler_when_the_platform_is_in_trouble_then_asked_again_soon(
    course: Context, bare: BarePlatform, lti: Lti, told: Told
) -> None:
    bare.answer = answering({HANDLERS: told})
    handler_id = _want(course, bare)

    tasks.run_errand(KIND, handler_id, lti=lti)

    handler = _handler()
    assert handler.due_at is not None
    assert timedelta(seconds=50) < handler.due_at - now() < timedelta(seconds=80)
    assert (handler.reason, handler.done_at, handler.attempts) == (None, None, 1)


def test_handler_when_the_platform_says_how_long_to_wait_then_waits(
    course: Context, bare: BarePlatform, lti: Lti
) -> None:
    bare.answer = answering({HANDLERS: Told(status=503, headers={"Retry-After": "7200"})})
    handler_id = _want(course, bare)

    tasks.run_errand(KIND, handler_id, lti=lti)

    due_at = _handler().due_at
    assert due_at is not None
    assert due_at - now() > timedelta(minutes=119)


def test_handler_when_its_address_is_on_another_host_then_the_token_stays_here(
    course: Context, bare: BarePlatform, lti: Lti
) -> None:
    want_handler(db.session(), course.deployment_id, service_url="https://evil.example/handlers", at=now())
    db.session.commit()

    tasks.run_errand(KIND, _handler().id, lti=lti)

    assert (bare.asked, _handler().reason) == ([], Refusal.OUR_FAULT)


def test_handler_when_the_platform_is_disabled_then_nothing_is_sent(
    course: Context, bare: BarePlatform, lti: Lti
) -> None:
    handler_id = _want(course, bare)
    (registration,) = stored(Registration)
    registration.status = RegistrationStatus.DISABLED
    db.session.commit()

    tasks.run_errand(KIND, handler_id, lti=lti)

    assert (bare.asked, _handler().done_at, _handler().leased_until) == ([], None, None)


def test_handler_when_another_worker_has_it_then_left_alone(course: Context, bare: BarePlatform, lti: Lti) -> None:
    handler_id = _want(course, bare)
    _handler().leased_until = now() + timedelta(seconds=60)
    db.session.commit()

    tasks.run_errand(KIND, handler_id, lti=lti)

    assert bare.asked == []


def test_launch_when_it_brings_the_claim_then_a_worker_is_woken_once(visitor: Visitor, queue: Huey) -> None:
    claim = {CLAIM: _claim(f"{visitor.lms.url}/notice-handlers")}

    statuses = [
        launch_with(visitor, person=person, claims=claim).status_code for person in (TEACHER, OTHER_TEACHER, TEACHER)
    ]

    names = []
    while (task := queue.dequeue()) is not None:
        names.append(task.name)
    assert (statuses, names) == ([303] * 3, ["pull_members", REGISTER_HANDLER_TASK])
    assert _handler().service_url == f"{visitor.lms.url}/notice-handlers"


def test_launch_when_the_service_has_moved_then_asked_there(visitor: Visitor, queue: Huey) -> None:
    for path in ("/old", "/new"):
        launch_with(visitor, claims={CLAIM: _claim(f"{visitor.lms.url}{path}")})

    woken = [task.name for task in queue.pending() if task.name == REGISTER_HANDLER_TASK]
    assert (len(woken), _handler().service_url) == (2, f"{visitor.lms.url}/new")


def test_sweep_when_the_message_was_lost_then_finds_the_errand(visitor: Visitor, queue: Huey) -> None:
    launch_with(visitor, claims={CLAIM: _claim(f"{visitor.lms.url}/notice-handlers")})
    queue.flush()

    run_named(queue, "sweep")
    messages = work(queue)

    # The practice LMS of this test has no such address; what counts is that it was asked, beside the list of people.
    assert (messages, _handler().attempts) == (2, 1)
