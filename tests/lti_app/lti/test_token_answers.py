"""What platforms answer to a token request: good, refused, throttled, malformed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from requests.structures import CaseInsensitiveDict
from sqlalchemy import select

from lti_app.db import db
from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.lti.connector import Lti, is_rate_limit_text, retry_after
from lti_app.lti.outbound import Answer
from lti_app.models.platform import AccessToken, Registration
from practice_lms.server import RunningLms
from tests.lti_app.lti.bare_platform import Asked, BarePlatform, Told
from tests.lti_app.lti.launching import call
from tests.lti_app.lti.platforms import bare_registration, connect


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>Moodle</html>",
        b"{",
        b"null",
        b"[]",
        b'"token"',
        b"{}",
        b'{"access_token": null}',
        b'{"access_token": 5}',
        b'{"access_token": true}',
        b'{"access_token": ["t"]}',
        b'{"access_token": {"t": 1}}',
        b'{"access_token": ""}',
        b'{"access_token": "line\\r\\nbreak"}',
        b'{"access_token": "nul\\u0000"}',
        b'{"access_token": "\\ud800"}',
        b'{"access_token": "\\u20ac"}',
        b"[" * 100_000,
        b"\xff\xfe\x00",
    ],
    ids=lambda answer: repr(answer[:40]),
)
def test_token_answer_when_malformed_then_unavailable_and_nothing_kept(
    app: Flask, bare: BarePlatform, lti: Lti, answer: bytes
) -> None:
    del app

    def tell(asked: Asked) -> Told:
        return Told(body=answer) if asked.path == "/token" else Told(body=b"[]")

    bare.answer = tell

    with pytest.raises(PlatformUnavailable):
        connect(bare_registration(bare), lti).send("GET", f"{bare.url}/1", scopes=["a"], headers={})

    assert bare.paths() == ["/token"]
    assert db.session.scalars(select(AccessToken)).all() == []


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, b'{"error": "invalid_scope"}', Refusal.SCOPE_MISSING),
        (400, b'{"error": "invalid_client"}', Refusal.ACCESS_WITHDRAWN),
        (401, b'{"error": "invalid_client", "error_description": "iat is in the future"}', Refusal.ACCESS_WITHDRAWN),
        (401, b"", Refusal.ACCESS_WITHDRAWN),
        (403, b"<html>no</html>", Refusal.ACCESS_WITHDRAWN),
        (400, b'["error"]', Refusal.ACCESS_WITHDRAWN),
        (400, b'{"error": ["invalid_scope"]}', Refusal.ACCESS_WITHDRAWN),
        (400, b"null", Refusal.ACCESS_WITHDRAWN),
    ],
)
def test_token_when_refused_then_the_reason_is_of_the_list(
    app: Flask, bare: BarePlatform, lti: Lti, status: int, body: bytes, reason: Refusal
) -> None:
    del app
    bare.answer = lambda _asked: Told(status=status, body=body)

    with pytest.raises(PlatformRefused) as caught:
        connect(bare_registration(bare), lti).get_access_token(["a"])

    assert (caught.value.reason, caught.value.status) == (reason, status)


def test_token_when_the_refusal_is_nested_without_end_then_still_refused(
    app: Flask, bare: BarePlatform, lti: Lti
) -> None:
    del app
    bare.answer = lambda _asked: Told(status=400, body=b"[" * 100_000)

    with pytest.raises(PlatformRefused) as caught:
        connect(bare_registration(bare), lti).get_access_token(["a"])

    assert caught.value.reason is Refusal.ACCESS_WITHDRAWN


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (Told(status=429, headers={"Retry-After": "7"}), 7),
        (Told(status=429), None),
        (Told(status=403, body=b"403 Forbidden (Rate Limit Exceeded)", headers={"Retry-After": "3"}), 3),
        (Told(status=503, headers={"Retry-After": "120"}), 120),
        (Told(status=500), None),
        (Told(status=404, body=b"<html>Not found</html>"), None),
        (Told(status=302, headers={"Location": "/elsewhere"}), None),
        (Told(status=204, body=b""), None),
    ],
    ids=lambda value: f"{value.status} {dict(value.headers)}" if isinstance(value, Told) else str(value),
)
def test_token_when_not_given_just_now_then_unavailable_as_long_as_the_platform_says(
    app: Flask, bare: BarePlatform, lti: Lti, told: Told, seconds: int | None
) -> None:
    del app
    bare.answer = lambda _asked: told

    with pytest.raises(PlatformUnavailable) as caught:
        connect(bare_registration(bare), lti).get_access_token(["a"])

    assert (caught.value.status, caught.value.retry_after) == (told.status, seconds)
    assert bare.paths() == ["/token"]


@pytest.mark.parametrize("fault", ["429", "403_rate_limited", "500", "malformed", "hang_up"])
def test_token_when_the_service_is_at_fault_then_unavailable_and_good_again_after_it(
    served: str, lms: RunningLms, registration: Registration, lti: Lti, fault: str
) -> None:
    del served
    call(lms, "faults", {"kind": "token", "fault": fault, "times": 1})
    scopes = ["https://purl.imsglobal.org/spec/lti-ags/scope/score"]

    with pytest.raises(PlatformUnavailable):
        connect(registration, lti).get_access_token(scopes)

    assert len(connect(registration, lti).get_access_token(scopes)) == 32


def test_token_when_the_scope_is_unknown_to_the_platform_then_refused(
    served: str, registration: Registration, lti: Lti
) -> None:
    del served

    with pytest.raises(PlatformRefused) as caught:
        connect(registration, lti).get_access_token(["made-up"])

    assert (caught.value.reason, caught.value.status) == (Refusal.SCOPE_MISSING, 400)


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (3600, 3540),
        (120, 60),
        (60, 0),
        (0.5, -59.5),
        (86400, 86340),
        (86401, 3540),
        (0, 3540),
        (-1, 3540),
        ("3600", 3540),
        (None, 3540),
        (True, 3540),
        ([], 3540),
        (float("nan"), 3540),
        (float("inf"), 3540),
        (10**400, 3540),
    ],
    ids=lambda value: str(value)[:12],
)
def test_token_when_its_lifetime_is_odd_then_kept_for_an_hour(
    app: Flask, bare: BarePlatform, lti: Lti, expires_in: Any, seconds: float
) -> None:
    del app
    document = {"access_token": "t", "expires_in": expires_in}
    bare.answer = lambda _asked: Told(body=json.dumps(document).encode())
    row, moment = bare_registration(bare), datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    with time_machine.travel(moment, tick=False):
        token = connect(row, lti).get_access_token(["a"])

    assert token == "t"
    assert db.session.scalars(select(AccessToken.expires_at)).one() == moment + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("86400", 86400),
        ("999999", 86400),
        ("9" * 5000, 86400),
        ("", None),
        ("soon", None),
        ("-7", None),
        ("7.5", None),
        ("٧", None),
        ("²", None),
    ],
    ids=lambda value: ascii(value)[:14],
)
def test_retry_after_when_read_then_whole_seconds_up_to_a_day(header: str, seconds: int | None) -> None:
    answer = Answer(status=429, headers=CaseInsensitiveDict({"retry-after": header}), body=b"")

    assert retry_after(answer) == seconds


def test_retry_after_when_it_is_a_date_then_the_seconds_until_then() -> None:
    answer = Answer(status=429, headers=CaseInsensitiveDict({"Retry-After": "Sat, 21 Nov 2026 12:02:00 GMT"}), body=b"")

    with time_machine.travel(datetime(2026, 11, 21, 12, 0, tzinfo=UTC), tick=False):
        assert retry_after(answer) == 120


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"403 Forbidden (Rate Limit Exceeded)", True),
        (b'{"errors": "rate limit exceeded"}', True),
        (b"Forbidden", False),
        (b"", False),
        (b"\xff\xfe", False),
    ],
)
def test_answer_when_it_speaks_of_a_rate_limit_then_recognised(body: bytes, expected: bool) -> None:
    answer = Answer(status=403, headers=CaseInsensitiveDict(), body=body)

    assert is_rate_limit_text(answer) is expected
