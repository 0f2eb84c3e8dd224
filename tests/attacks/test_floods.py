"""Floods: what fails too often from one address is told to wait, cheaply, and hinders nobody who gets through."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from redis import Redis
from werkzeug.test import TestResponse

from config import Config
from lti_app.app import create_app
from lti_app.errors import ToolError
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.web.rate_limits import Most, RateLimits, address_of
from tests.conftest import REDIS_URL, close
from tests.lti_app.lti.launching import SENTENCES, log_lines, outcome, refusal, stored
from tests.services import free_port
from tests.visitor import OTHER_TEACHER, TEACHER, Visitor

MOST = Most(refused=3, listed=5, registrations=2)
HERE, THERE = "198.51.100.7", "203.0.113.9"
LISTED = "More than 3 launches of one address were refused in a minute; the rest are not listed."


@pytest.fixture(autouse=True)
def _small_limits(request: pytest.FixtureRequest) -> None:
    """Let a handful be a flood."""
    if "app" in request.fixturenames:
        app: Flask = request.getfixturevalue("app")
        app.extensions["staffroom_rate_limits"] = RateLimits("", most=MOST)


@pytest.fixture
def behind_a_proxy(config: Config) -> Iterator[Flask]:
    """The same tool, told that one web server stands in front."""
    app = create_app(replace(config, trusted_proxies=1))
    app.extensions["staffroom_rate_limits"] = RateLimits("", most=MOST)
    yield app
    close(app)


@pytest.fixture
def redis_url() -> str:
    if REDIS_URL not in os.environ:
        # Under CI=true this is never reached: without Redis the run stops before its first test (tests/conftest.py).
        pytest.skip("no Redis here")
    # A database of its own: other tests empty theirs.
    url = f"{os.environ[REDIS_URL].rpartition('/')[0]}/9"
    with Redis.from_url(url) as redis:
        redis.flushdb()
    return url


def _fail(visitor: Visitor, address: str = HERE, **headers: str) -> TestResponse:
    return visitor.client.post(
        "/lti/launch",
        data={"state": "made-up"},
        base_url=visitor.base_url,
        headers=headers,
        environ_overrides={"REMOTE_ADDR": address},
    )


def _flood(visitor: Visitor, address: str = HERE) -> None:
    for _ in range(MOST.refused):
        _fail(visitor, address)


def test_refused_launches_when_too_many_of_one_address_then_told_to_wait(visitor: Visitor) -> None:
    _flood(visitor)

    answer = _fail(visitor)

    expected = refusal("rate_limit", LISTED, status=429)
    found = outcome(answer)
    assert (found.status, found.sentences, found.logged) == (429, expected.sentences, expected.logged)
    assert found.stored == {"launch_record": MOST.refused + 1}
    assert answer.headers["Retry-After"] == "60"


def test_refused_launches_when_they_go_on_then_fill_no_table(visitor: Visitor) -> None:
    _flood(visitor)

    answers = [_fail(visitor) for _ in range(20)]

    assert {answer.status_code for answer in answers} == {429}
    assert stored() == {"launch_record": MOST.refused + 1}
    assert [line.check for line in log_lines()] == [*["state"] * MOST.refused, "rate_limit"]


def test_refused_launches_when_of_another_address_then_hear_what_was_wrong(visitor: Visitor) -> None:
    _flood(visitor)
    _fail(visitor)

    answer = _fail(visitor, THERE)

    assert (answer.status_code, "Retry-After" in answer.headers) == (400, False)
    assert SENTENCES["state"][0] in answer.text
    assert [line.check for line in log_lines()][-2:] == ["rate_limit", "state"]


def test_refused_launches_when_a_minute_has_passed_then_hear_again_what_was_wrong(visitor: Visitor) -> None:
    _flood(visitor)
    during = _fail(visitor)

    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
        after = _fail(visitor)

    assert (during.status_code, after.status_code) == (429, 400)


def test_good_launch_when_its_address_floods_then_let_in_all_the_same(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    _flood(another_visitor, "127.0.0.1")
    flooding = _fail(another_visitor, "127.0.0.1")

    page = visitor.launch(TEACHER)

    assert (flooding.status_code, page.status_code) == (429, 200)
    assert stored()["membership"] == 1


def test_refused_logins_when_too_many_then_told_to_wait_like_launches(visitor: Visitor) -> None:
    for _ in range(MOST.refused):
        visitor.client.get("/lti/login", base_url=visitor.base_url)

    answer = visitor.client.get("/lti/login", base_url=visitor.base_url)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert [line.check for line in log_lines()] == [*["request"] * MOST.refused, "rate_limit"]


def test_launches_when_a_whole_school_comes_from_one_address_then_none_is_held_up(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    for _ in range(2 * MOST.refused):
        visitor.launch(TEACHER)
        another_visitor.launch(OTHER_TEACHER)

    assert {line.outcome.value for line in log_lines()} == {"accepted"}
    assert len(log_lines()) == 4 * MOST.refused


def test_refusals_when_too_many_of_all_addresses_then_answered_but_not_listed(visitor: Visitor) -> None:
    answers = [_fail(visitor, f"198.51.100.{number}") for number in range(MOST.listed + 3)]

    assert {answer.status_code for answer in answers} == {400}
    assert all(SENTENCES["state"][0] in answer.text for answer in answers)
    assert stored() == {"launch_record": MOST.listed}


def test_forwarded_address_when_no_proxy_is_trusted_then_changes_nothing(visitor: Visitor) -> None:
    for number in range(MOST.refused):
        _fail(visitor, **{"X-Forwarded-For": f"203.0.113.{number}"})

    answer = _fail(visitor, **{"X-Forwarded-For": "203.0.113.200"})

    assert answer.status_code == 429


def test_forwarded_address_when_one_proxy_is_trusted_then_the_one_it_saw_counts(
    visitor: Visitor, behind_a_proxy: Flask
) -> None:
    visitor.client = behind_a_proxy.test_client()

    # The left part is what the client claims; only the last was written by the trusted proxy.
    same = [_fail(visitor, **{"X-Forwarded-For": f"10.0.0.{n}, {HERE}"}).status_code for n in range(MOST.refused + 1)]
    other = _fail(visitor, **{"X-Forwarded-For": f"{HERE}, {THERE}"}).status_code

    assert (same, other) == ([400] * MOST.refused + [429], 400)


def test_counts_when_redis_carries_the_queue_then_are_one_for_all_processes(redis_url: str) -> None:
    first, second = (RateLimits(redis_url, most=MOST) for _ in range(2))

    statuses = [_weighed(limits) for limits in (first, second, first, second, first)]

    assert statuses == [(400, True), (400, True), (400, True), (429, True), (429, False)]


def test_counts_when_redis_is_away_then_each_process_counts_for_itself() -> None:
    limits = RateLimits(f"redis://127.0.0.1:{free_port()}/0", most=MOST)

    statuses = [_weighed(limits) for _ in range(5)]

    assert statuses == [(400, True), (400, True), (400, True), (429, True), (429, False)]


def test_registrations_when_too_many_of_one_address_are_tried_then_told_to_wait() -> None:
    limits = RateLimits("", most=MOST)
    for _ in range(MOST.registrations):
        limits.begin_registration(HERE)
    limits.begin_registration(THERE)

    with pytest.raises(ToolError) as raised:
        limits.begin_registration(HERE)

    error = raised.value
    assert (error.status, error.retry_after) == (429, 60)
    assert error.happened == "There were too many attempts to connect an LMS from your network."
    assert error.advice == "Wait a minute and try again."


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("", "unknown"),
        (None, "unknown"),
        ("made-up", "unknown"),
    ],
)
def test_address_when_looked_at_then_an_ipv6_subscriber_is_one(remote: str | None, address: str) -> None:
    assert address_of(remote) == address


def _weighed(limits: RateLimits) -> tuple[int, bool]:
    answer, is_listed = limits.weigh(LaunchRefused(Check.STATE, "The state is unknown."), HERE)
    return answer.status, is_listed
