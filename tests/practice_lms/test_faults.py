"""What the tool meets when a service was told to misbehave."""

import time

import pytest
import requests

from practice_lms.server import RunningLms
from tests.practice_lms.small_tool import LINE_ITEMS, MEMBERS, RESULTS, Caller, SmallTool, call_api


def _set(lms: RunningLms, **rule: object) -> None:
    call_api(lms, "faults", {"kind": "scores", "times": 1} | rule)


@pytest.mark.parametrize(
    ("fault", "status"),
    [("401", 401), ("403", 403), ("404", 404), ("409", 409), ("422", 422), ("500", 500)],
)
def test_fault_when_it_is_a_status_answers_it_once_without_the_deed(
    caller: Caller, lms: RunningLms, fault: str, status: int
) -> None:
    _set(lms, fault=fault)

    first = caller.post_score()
    before = caller.gradebook()
    second = caller.post_score()

    assert (first.status_code, before, second.status_code) == (status, [], 200)
    assert [row["status"] for row in call_api(lms, "scores")] == [status, 200]


def test_fault_when_rate_limited_speaks_like_canvas(caller: Caller, lms: RunningLms) -> None:
    _set(lms, fault="403_rate_limited")

    answer = caller.post_score()

    assert (answer.status_code, answer.text) == (403, "403 Forbidden (Rate Limit Exceeded)")


def test_fault_when_too_many_requests_says_when_to_come_back(caller: Caller, lms: RunningLms) -> None:
    _set(lms, fault="429", retry_after_seconds=7)

    answer = caller.post_score()

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_fault_when_slow_waits_then_stores(caller: Caller, lms: RunningLms) -> None:
    _set(lms, fault="slow", delay_seconds=0.3)

    start = time.monotonic()
    answer = caller.post_score()

    assert (answer.status_code, caller.scores_of()) == (200, [1.0])
    assert time.monotonic() - start >= 0.3


def test_fault_when_stored_but_500_keeps_the_grade(caller: Caller, lms: RunningLms) -> None:
    _set(lms, fault="stored_but_500")

    answers = [caller.post_score(), caller.post_score()]

    assert [answer.status_code for answer in answers] == [500, 409]
    assert caller.scores_of() == [1.0]


def test_fault_when_stored_but_slow_stores_before_it_waits(caller: Caller, lms: RunningLms) -> None:
    _set(lms, fault="stored_but_slow", delay_seconds=30)
    session_timeout = 0.3

    with pytest.raises(requests.Timeout):
        requests.post(
            caller.line_item_url(below="/scores"),
            json={
                "userId": "102",
                "scoreGiven": 1,
                "scoreMaximum": 1,
                "activityProgress": "Completed",
                "gradingProgress": "FullyGraded",
                "timestamp": "2026-03-03T10:00:00Z",
            },
            headers={
                "Authorization": f"Bearer {caller.token}",
                "Content-Type": "application/vnd.ims.lis.v1.score+json",
            },
            timeout=session_timeout,
        )

    assert caller.scores_of() == [1.0]


def test_fault_when_malformed_is_no_json(caller: Caller, lms: RunningLms) -> None:
    _set(lms, kind="memberships", fault="malformed")

    answer = caller.get(caller.memberships_url(), accept=MEMBERS)

    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_fault_when_it_hangs_up_gives_no_answer(caller: Caller, lms: RunningLms) -> None:
    _set(lms, fault="hang_up")

    with pytest.raises(requests.ConnectionError):
        caller.post_score()

    assert [row["status"] for row in call_api(lms, "scores")] == [None]
    assert caller.post_score().status_code == 200


def test_fault_when_set_for_a_kind_meets_that_kind_alone(caller: Caller, lms: RunningLms, tool: SmallTool) -> None:
    for kind in ("token", "scores", "results", "lineitems", "memberships", "jwks"):
        _set(lms, kind=kind, fault="500", times=None)

    answers = [
        tool.ask_for_token(lms),
        caller.post_score(),
        caller.get(caller.line_item_url(below="/results"), accept=RESULTS),
        caller.get(caller.line_items_url(), accept=LINE_ITEMS),
        caller.get(caller.memberships_url(), accept=MEMBERS),
        requests.get(f"{lms.url}/lti/jwks.json", timeout=10),
    ]
    call_api(lms, "faults", method="DELETE")

    assert [answer.status_code for answer in answers] == [500] * 6
    assert caller.post_score().status_code == 200


def test_fault_when_counted_meets_that_many_requests(caller: Caller, lms: RunningLms) -> None:
    _set(lms, fault="500", times=2)
    listed = call_api(lms, "faults")

    answers = [caller.post_score().status_code for _ in range(3)]

    assert [(rule["kind"], rule["fault"], rule["times"]) for rule in listed] == [("scores", "500", 2)]
    assert answers == [500, 500, 200]
    assert call_api(lms, "faults") == []


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "grades", "fault": "500"},
        {"kind": "scores", "fault": "boom"},
        {"kind": "scores", "fault": "500", "times": "2"},
        {"kind": "scores", "fault": "500", "times": 0},
        {"kind": "scores", "fault": "slow", "delay_seconds": "long"},
    ],
)
def test_fault_when_it_makes_no_sense_is_refused(lms: RunningLms, rule: dict[str, object]) -> None:
    assert requests.post(f"{lms.url}/api/faults", json=rule, timeout=10).status_code == 400
