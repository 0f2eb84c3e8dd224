"""Tokens that are too old, too young, too long-lived, or whose times are no times."""

import json
import time
from typing import Any

import pytest

from lti_app.models.platform import Registration
from tests.lti_app.lti.launching import (
    ON_SQLITE,
    claims_of,
    launch_with,
    outcome,
    post_payload,
    query_of,
    refusal,
    sign,
)
from tests.visitor import TEACHER, Visitor

PAST = "The token is past its time, or not valid yet."
TOO_OLD = "The token is older than ten minutes."
TOO_LONG = "The token would live for more than an hour."
INFINITE, NOT_A_NUMBER = float("inf"), float("nan")


def _at(**seconds_from_now: float) -> dict[str, float]:
    present = int(time.time())
    return {name: present + seconds for name, seconds in seconds_from_now.items()}


@ON_SQLITE
@pytest.mark.parametrize(
    ("times", "explanation"),
    [
        ({"exp": -65}, PAST),
        ({"exp": -600, "iat": -660}, PAST),
        ({"exp": -86400, "iat": -90000}, PAST),
        ({"iat": 65, "exp": 125}, PAST),
        ({"iat": 86400, "exp": 86460}, PAST),
        ({"nbf": 65}, PAST),
        ({"iat": -665, "exp": 30}, TOO_OLD),
        ({"iat": -3500, "exp": 30}, TOO_OLD),
        ({"exp": 3601, "iat": 0}, TOO_LONG),
        ({"exp": 86400}, TOO_LONG),
        ({"exp": 30, "iat": -3700}, TOO_LONG),
        ({"exp": 10**9}, TOO_LONG),
    ],
    ids=str,
)
def test_token_when_its_times_are_wrong_then_refused(
    visitor: Visitor, registration: Registration, times: dict[str, float], explanation: str
) -> None:
    answer = launch_with(visitor, claims=_at(**times))

    assert outcome(answer) == refusal("time", explanation, registration_id=registration.id)


@ON_SQLITE
@pytest.mark.parametrize(
    "times",
    [
        {"exp": -55, "iat": -115},
        {"iat": 55, "exp": 115},
        {"nbf": 55},
        {"iat": -590, "exp": 10},
        {"iat": -655, "exp": 10},
        {"iat": -5, "exp": 3595},
        {"iat": -0.5, "exp": 60.5},
    ],
    ids=str,
)
def test_token_when_its_times_are_within_a_minute_then_let_in(visitor: Visitor, times: dict[str, float]) -> None:
    answer = launch_with(visitor, claims=_at(**times))

    assert (answer.status_code, answer.headers["Location"]) == (303, "/journal/1")


@pytest.mark.parametrize("claim", ["exp", "iat"])
def test_token_when_a_time_is_missing_then_refused(visitor: Visitor, registration: Registration, claim: str) -> None:
    answer = launch_with(visitor, remove=[claim])

    assert outcome(answer) == refusal(
        "token", "The token is malformed (MissingRequiredClaimError).", registration_id=registration.id
    )


@ON_SQLITE
@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@pytest.mark.parametrize(
    "value",
    ["soon", "", [], [1], {}, INFINITE, -INFINITE, NOT_A_NUMBER, 10**400, 1e308, "9" * 400, "\ud800", "nul\x00"],
    ids=lambda value: repr(value)[:12],
)
def test_token_when_a_time_is_no_time_then_refused(
    visitor: Visitor, registration: Registration, claim: str, value: Any
) -> None:
    answer = launch_with(visitor, claims={claim: value})

    found = outcome(answer)
    assert (found.status, found.registration_id, found.stored) == (400, registration.id, {"launch_record": 1})
    assert found.logged[1] in {"time", "token"}


@ON_SQLITE
@pytest.mark.parametrize("claim", ["exp", "iat"])
@pytest.mark.parametrize("value", [True, False, -(10**400), 0, -1], ids=lambda value: repr(value)[:12])
def test_token_when_a_time_is_before_all_times_then_refused(
    visitor: Visitor, registration: Registration, claim: str, value: Any
) -> None:
    answer = launch_with(visitor, claims={claim: value})

    found = outcome(answer)
    assert (found.status, found.registration_id, found.stored) == (400, registration.id, {"launch_record": 1})
    assert found.logged[1] == "time"


@ON_SQLITE
@pytest.mark.parametrize("issued", [-(10**400), -1e308, -INFINITE, "1795289021"], ids=lambda value: repr(value)[:12])
def test_token_when_its_two_times_are_of_different_kinds_then_refused(
    visitor: Visitor, registration: Registration, issued: Any
) -> None:
    answer = launch_with(visitor, claims={"iat": issued, "exp": time.time() + 30.5})

    found = outcome(answer)
    assert (found.status, found.registration_id, found.stored) == (400, registration.id, {"launch_record": 1})
    assert found.logged[1] in {"time", "token"}


def test_token_when_a_time_stands_twice_in_it_then_the_last_one_counts(
    visitor: Visitor, registration: Registration
) -> None:
    token = visitor.token(visitor.begin(TEACHER))
    good = json.dumps(claims_of(token.fields["id_token"])).encode()
    doubled = good[:-1] + b', "exp": 1}'

    answer = visitor.post_token({**token.fields, "id_token": sign(visitor.lms, doubled)})

    assert outcome(answer) == refusal("time", PAST, registration_id=registration.id)


def test_claims_when_replayed_for_another_login_then_refused_by_the_nonce(
    visitor: Visitor, registration: Registration
) -> None:
    old = claims_of(visitor.token(visitor.begin(TEACHER)).fields["id_token"])
    payload = json.dumps(old).encode()

    answer = post_payload(visitor, payload)

    found = outcome(answer)
    expected = refusal("nonce", "The nonce is not the one of the login.", registration_id=registration.id)
    assert found.stored == {"launch_record": 1}
    assert (found.status, found.sentences, found.logged) == (400, expected.sentences, expected.logged)
    assert query_of(visitor.begin(TEACHER))["nonce"] != old["nonce"]
