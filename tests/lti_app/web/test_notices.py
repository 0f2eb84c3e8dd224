"""Notices that a platform rightly sends: taken once, logged, and kept as what they tell."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from huey import Huey

from lti_app import tasks
from lti_app.models.notices import TakenNotice
from lti_app.models.platform import Registration
from practice_lms.server import RunningLms
from tests.lti_app.activities.journal.writing import stored
from tests.lti_app.lti.launching import LTI, log_lines
from tests.lti_app.lti.noticing import COPY, copies, notice, post_body, post_notices


@pytest.fixture
def app_of_lms(app: Flask, registration: Registration) -> Flask:
    """The tool, with the practice LMS registered."""
    del registration
    return app


def test_notice_when_good_then_kept_and_logged(app_of_lms: Flask, lms: RunningLms, registration: Registration) -> None:
    answer = post_notices(app_of_lms, notice(lms))

    (line,) = log_lines()
    assert (answer.status_code, answer.json) == (200, {})
    assert copies() == [("8", "7")]
    assert (line.outcome.value, line.message_type, line.registration_id, line.deployment_id_on_platform) == (
        "accepted",
        COPY,
        registration.id,
        "1",
    )


def test_notices_when_several_in_one_body_then_all_are_kept(app_of_lms: Flask, lms: RunningLms) -> None:
    tokens = [notice(lms, **{f"{LTI}context": {"id": f"copy-{number}"}}) for number in range(3)]

    answer = post_notices(app_of_lms, *tokens)

    assert answer.status_code == 200
    assert copies() == [(f"copy-{number}", "7") for number in range(3)]


def test_notice_when_told_again_under_another_nonce_then_taken_and_kept_once(
    app_of_lms: Flask, lms: RunningLms
) -> None:
    statuses = [post_notices(app_of_lms, notice(lms)).status_code for _ in range(2)]

    assert (statuses, copies()) == ([200, 200], [("8", "7")])


@pytest.mark.parametrize("origins", [None, [], ["8"]], ids=str)
def test_notice_when_it_names_no_other_course_then_taken_and_nothing_is_kept(
    app_of_lms: Flask, lms: RunningLms, origins: list[str] | None
) -> None:
    answer = post_notices(app_of_lms, notice(lms, **{f"{LTI}origin_contexts": origins}))

    assert (answer.status_code, copies()) == (200, [])


def test_notice_when_its_audience_is_a_list_of_one_then_taken(app_of_lms: Flask, lms: RunningLms) -> None:
    answer = post_notices(app_of_lms, notice(lms, aud=[lms.settings.client_id]))

    assert answer.status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://lms.example"}, {"Content-Type": "text/plain"}], ids=str)
def test_notice_when_sent_with_odd_headers_then_taken(
    app_of_lms: Flask, lms: RunningLms, headers: dict[str, str]
) -> None:
    body = json.dumps({"notices": [{"jwt": notice(lms)}]}).encode()

    answer = post_body(app_of_lms, body, **headers)

    assert answer.status_code == 200


def test_taken_notices_when_their_tokens_have_ended_then_are_removed(
    app_of_lms: Flask, lms: RunningLms, queue: Huey
) -> None:
    del queue
    post_notices(app_of_lms, notice(lms))
    kept = len(stored(TakenNotice))

    tasks.remove_what_is_over()
    still = len(stored(TakenNotice))
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        tasks.remove_what_is_over()

    assert (kept, still, len(stored(TakenNotice))) == (1, 1, 0)


def test_address_when_asked_in_another_way_then_says_so(app_of_lms: Flask) -> None:
    answer = app_of_lms.test_client().get("/lti/notices", base_url="https://localhost")

    assert answer.status_code == 405
