"""Notices that are forged, replayed, malformed or out of place: refused with a reason, nothing stored, never a 500."""

import json
import threading
import time
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lti_app.db import db
from lti_app.models.platform import Deployment, DeploymentStatus, Registration, RegistrationStatus
from practice_lms.keys import new_signing_key
from practice_lms.keys import sign as sign_with
from practice_lms.server import RunningLms
from tests.lti_app.lti.launching import LTI, ON_SQLITE, launch_with, log_lines, services_called, stored
from tests.lti_app.lti.noticing import COPY, copies, notice, notice_claims, post_body, post_notices, said
from tests.visitor import TEACHER, Visitor

NOT_PLAIN = (400, "token", "The token's header asks for something other than plain RS256.")
ONE_LINE = {"launch_record": 1}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
CLAIMS = st.sampled_from(
    ["iss", "aud", "azp", "iat", "exp", "nonce"]
    + [LTI + name for name in ("version", "deployment_id", "notice", "context", "origin_contexts")]
)


@pytest.fixture
def app_of_lms(app: Flask, registration: Registration) -> Flask:
    """The tool, with the practice LMS registered."""
    del registration
    return app


@ON_SQLITE
@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "RS384"},
        {"alg": "PS256"},
        {"crit": ["exp"]},
        {"jwk": {"kty": "RSA"}},
        {"jku": "http://127.0.0.1:9/jwks"},
        {"x5u": "http://127.0.0.1:9/x5u"},
    ],
    ids=str,
)
def test_notice_when_its_header_wants_more_than_plain_rs256_then_refused_unfetched(
    app_of_lms: Flask, lms: RunningLms, header: dict[str, Any]
) -> None:
    answer = post_notices(app_of_lms, notice(lms, header=header))

    assert (said(answer), stored(), services_called(lms)) == (NOT_PLAIN, ONE_LINE, [])


@ON_SQLITE
@pytest.mark.parametrize(
    ("header", "explanation"),
    [
        ({"kid": None}, "The token names no key."),
        ({"kid": "imstester_66067"}, "The platform's key set has no key of this id."),
        ({"kid": ["a"]}, "The token names no key."),
    ],
    ids=str,
)
def test_notice_when_its_key_is_not_the_platforms_then_refused(
    app_of_lms: Flask, lms: RunningLms, header: dict[str, Any], explanation: str
) -> None:
    answer = post_notices(app_of_lms, notice(lms, header=header))

    assert (said(answer), stored()) == ((400, "key", explanation), ONE_LINE)


def test_notice_when_signed_with_another_key_then_refused(app_of_lms: Flask, lms: RunningLms) -> None:
    with lms.lms.reading() as state:
        kid = state.signing_key.kid
    forged = sign_with(new_signing_key(), notice_claims(lms), header={"kid": kid})

    answer = post_notices(app_of_lms, forged)

    assert said(answer) == (400, "signature", "The signature does not fit the platform's key.")
    assert stored() == ONE_LINE


def test_notice_when_tampered_with_then_refused(app_of_lms: Flask, lms: RunningLms) -> None:
    head, _, signature = notice(lms).split(".")
    other = notice(lms, **{f"{LTI}origin_contexts": ["9"]}).split(".")[1]

    answer = post_notices(app_of_lms, f"{head}.{other}.{signature}")

    assert said(answer) == (400, "signature", "The signature does not fit the platform's key.")
    assert stored() == ONE_LINE


@ON_SQLITE
@pytest.mark.parametrize(
    ("changes", "explanation"),
    [
        ({"exp": -3600}, "The token is past its time, or not valid yet."),
        ({"iat": 3600}, "The token is past its time, or not valid yet."),
        ({"iat": -4000, "exp": 3600}, "The token would live for more than an hour."),
        ({"iat": -3600, "exp": -120}, "The token is past its time, or not valid yet."),
    ],
    ids=str,
)
def test_notice_when_its_time_is_wrong_then_refused(
    app_of_lms: Flask, lms: RunningLms, changes: dict[str, int], explanation: str
) -> None:
    times = {name: int(time.time()) + seconds for name, seconds in changes.items()}

    answer = post_notices(app_of_lms, notice(lms, **times))

    assert (said(answer), stored()) == ((400, "time", explanation), ONE_LINE)


@ON_SQLITE
@pytest.mark.parametrize("missing", ["exp", "iat", "nonce"])
def test_notice_when_a_required_claim_is_missing_then_refused(app_of_lms: Flask, lms: RunningLms, missing: str) -> None:
    answer = post_notices(app_of_lms, notice(lms, **{missing: None}))

    assert said(answer) == (400, "token", "The token is malformed (MissingRequiredClaimError).")
    assert stored() == ONE_LINE


@ON_SQLITE
@pytest.mark.parametrize(
    ("changes", "status", "check"),
    [
        ({"iss": "https://nobody.example"}, 403, "registration"),
        ({"aud": "another-client", "azp": None}, 403, "registration"),
        ({"aud": None}, 400, "audience"),
        ({"iss": None}, 400, "audience"),
        ({"iss": ""}, 400, "audience"),
        ({"iss": 5}, 400, "audience"),
        ({"iss": "https://lms.example/\x00"}, 400, "audience"),
        ({"iss": "x" * 1025}, 400, "audience"),
        ({"azp": "another-tool"}, 400, "audience"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_notice_when_it_is_of_another_platform_or_for_another_tool_then_refused(
    app_of_lms: Flask, lms: RunningLms, changes: dict[str, Any], status: int, check: str
) -> None:
    answer = post_notices(app_of_lms, notice(lms, **changes))

    assert (*said(answer)[:2], stored()) == (status, check, ONE_LINE)


@ON_SQLITE
def test_notice_when_for_several_tools_then_refused(app_of_lms: Flask, lms: RunningLms) -> None:
    answer = post_notices(app_of_lms, notice(lms, aud=[lms.settings.client_id, "another-tool"]))

    assert said(answer) == (400, "audience", "The token names no platform, or not one tool.")


def test_notice_when_of_a_platform_that_signs_for_another_then_refused(
    app_of_lms: Flask, lms: RunningLms, other_lms: RunningLms, other_registration: Registration
) -> None:
    del other_registration
    with other_lms.lms.reading() as state:
        key = state.signing_key

    answer = post_notices(app_of_lms, sign_with(key, notice_claims(lms)))

    assert said(answer) == (400, "key", "The platform's key set has no key of this id.")
    assert copies() == []


def test_notice_when_the_platform_is_disabled_then_refused(
    app_of_lms: Flask, lms: RunningLms, registration: Registration
) -> None:
    registration.status = RegistrationStatus.DISABLED
    db.session.commit()

    answer = post_notices(app_of_lms, notice(lms))

    assert said(answer) == (403, "registration", "The registration is disabled.")
    assert log_lines()[-1].registration_id == registration.id
    assert stored() == ONE_LINE


@pytest.mark.parametrize("deployment", ["pending", "unknown"])
def test_notice_when_its_deployment_is_not_confirmed_then_refused_and_not_kept(
    app_of_lms: Flask, lms: RunningLms, registration: Registration, deployment: str
) -> None:
    pending = Deployment(
        registration_id=registration.id, deployment_id_on_platform="pending", status=DeploymentStatus.PENDING
    )
    db.session.add(pending)
    db.session.commit()

    answer = post_notices(app_of_lms, notice(lms, **{f"{LTI}deployment_id": deployment}))

    assert said(answer) == (403, "deployment", "The deployment is unknown or not confirmed.")
    assert db.session.query(Deployment).count() == 2
    assert stored() == ONE_LINE


def test_notice_when_posted_a_second_time_then_refused(app_of_lms: Flask, lms: RunningLms) -> None:
    token = notice(lms)
    first = post_notices(app_of_lms, token)

    second = post_notices(app_of_lms, token)

    assert (first.status_code, said(second)) == (200, (400, "nonce", "The notice was taken already."))
    assert copies() == [("8", "7")]


def test_notice_when_posted_twice_at_once_then_one_is_taken(app_of_lms: Flask, lms: RunningLms) -> None:
    token = notice(lms)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(post_notices(app_of_lms, token).status_code)) for _ in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200, 400, 400, 400]
    assert copies() == [("8", "7")]


def test_nonce_when_used_by_two_platforms_then_each_is_taken(
    app_of_lms: Flask, lms: RunningLms, other_lms: RunningLms, other_registration: Registration
) -> None:
    del other_registration

    statuses = [post_notices(app_of_lms, notice(platform, nonce="same")).status_code for platform in (lms, other_lms)]

    assert statuses == [200, 200]


def test_batch_when_one_of_it_is_bad_then_none_is_taken_and_the_good_ones_can_come_again(
    app_of_lms: Flask, lms: RunningLms
) -> None:
    good, bad = notice(lms), notice(lms, **{f"{LTI}version": "1.1"})

    refused = post_notices(app_of_lms, good, bad)
    left = (copies(), stored())
    again = post_notices(app_of_lms, good)

    assert (refused.status_code, left, again.status_code) == (400, ([], ONE_LINE), 200)


def test_batch_when_it_holds_the_same_notice_twice_then_refused(app_of_lms: Flask, lms: RunningLms) -> None:
    token = notice(lms)

    answer = post_notices(app_of_lms, token, token)

    assert said(answer) == (400, "nonce", "The notice was taken already.")
    assert copies() == []


@ON_SQLITE
@pytest.mark.parametrize(
    ("changes", "explanation"),
    [
        ({f"{LTI}version": None}, "The LTI version is missing or is not 1.3.0."),
        ({f"{LTI}version": "11.3"}, "The LTI version is missing or is not 1.3.0."),
        ({f"{LTI}notice": None}, "“notice” is missing or malformed."),
        ({f"{LTI}notice": [COPY]}, "“notice” is missing or malformed."),
        ({f"{LTI}notice": {"type": COPY}}, "“id” is missing or malformed."),
        ({f"{LTI}notice": {"id": "1"}}, "“type” is missing or malformed."),
        (
            {f"{LTI}notice": {"id": "1", "type": "LtiHelloWorldNotice"}},
            "The notice's type is none that Staffroom takes.",
        ),
        ({f"{LTI}notice": {"id": "1", "type": [COPY]}}, "“type” is missing or malformed."),
        ({f"{LTI}deployment_id": None}, "“deployment_id” is missing or malformed."),
        ({f"{LTI}context": None}, "“context” is missing or malformed."),
        ({f"{LTI}context": {}}, "“id” is missing or malformed."),
        ({f"{LTI}context": {"id": "x" * 256}}, "“id” is missing or malformed."),
        ({f"{LTI}context": {"id": "nul\x00"}}, "“id” is missing or malformed."),
        ({f"{LTI}origin_contexts": "7"}, "“origin_contexts” is no list of courses, or too long."),
        ({f"{LTI}origin_contexts": ["7"] * 51}, "“origin_contexts” is no list of courses, or too long."),
        ({f"{LTI}origin_contexts": [7]}, "“origin_contexts” is missing or malformed."),
        ({f"{LTI}origin_contexts": ["\ud800"]}, "“origin_contexts” is missing or malformed."),
        ({"nonce": ""}, "“nonce” is missing or malformed."),
        ({"nonce": {"a": 1}}, "“nonce” is missing or malformed."),
        ({"nonce": "n" * 256}, "“nonce” is missing or malformed."),
    ],
    ids=lambda value: str(value)[:60],
)
def test_notice_when_a_claim_is_malformed_then_refused(
    app_of_lms: Flask, lms: RunningLms, registration: Registration, changes: dict[str, Any], explanation: str
) -> None:
    answer = post_notices(app_of_lms, notice(lms, **changes))

    assert (said(answer), stored()) == ((400, "message", explanation), ONE_LINE)
    assert log_lines()[-1].registration_id == registration.id


@pytest.mark.parametrize(
    ("body", "explanation"),
    [
        (b"", "The body is not JSON."),
        (b"notices", "The body is not JSON."),
        (b"\xff\xfe", "The body is not JSON."),
        (b"[" * 100_000, "The body is not JSON."),
        (b"[]", "The body holds no list of notices."),
        (b"{}", "The body holds no list of notices."),
        (b'{"notices": []}', "The body holds no list of notices."),
        (b'{"notices": {"jwt": "a"}}', "The body holds no list of notices."),
        (b'{"notices": ["a"]}', "A notice is no object with a token."),
        (b'{"notices": [{"jwt": 5}]}', "A notice is no object with a token."),
        (b'{"notices": [{"token": "a"}]}', "A notice is no object with a token."),
        (b'{"notices": [null]}', "A notice is no object with a token."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_body_when_it_is_no_list_of_notices_then_refused(app_of_lms: Flask, body: bytes, explanation: str) -> None:
    answer = post_body(app_of_lms, body)

    assert (said(answer), stored()) == ((400, "request", explanation), ONE_LINE)


@ON_SQLITE
@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "....", "é.é.é", "e30.e30.", "e30.W10.e30"], ids=repr)
def test_token_when_it_is_none_then_refused(app_of_lms: Flask, token: str) -> None:
    answer = post_notices(app_of_lms, token)

    assert (said(answer)[:2], stored()) == ((400, "token"), ONE_LINE)


def test_batch_when_too_many_then_refused(app_of_lms: Flask) -> None:
    answer = post_notices(app_of_lms, *["a"] * 101)

    assert said(answer) == (413, "size", "The body holds more than 100 notices.")


def test_token_when_too_large_then_refused(app_of_lms: Flask) -> None:
    answer = post_notices(app_of_lms, "a" * (32 * 1024 + 1))

    assert said(answer) == (413, "size", "The token is larger than 32 kB.")


def test_body_when_too_large_then_refused(app_of_lms: Flask) -> None:
    answer = post_body(app_of_lms, b" " * (512 * 1024 + 1))

    assert said(answer) == (413, "size", "The request is larger than the tool reads.")
    assert stored() == ONE_LINE


def test_launch_token_when_posted_as_a_notice_then_refused(app_of_lms: Flask, visitor: Visitor) -> None:
    token = visitor.token(visitor.begin(TEACHER)).fields["id_token"]

    answer = post_notices(app_of_lms, token)

    assert said(answer) == (400, "message", "“notice” is missing or malformed.")
    assert stored() == ONE_LINE


def test_notice_when_posted_as_a_launch_then_refused(visitor: Visitor) -> None:
    login = visitor.begin(TEACHER)
    fields = {**visitor.token(login).fields, "id_token": notice(visitor.lms)}

    answer = visitor.post_token(fields)

    assert (answer.status_code, log_lines()[-1].check, copies()) == (400, "nonce", [])


def test_keys_when_the_platform_cannot_be_reached_then_to_be_sent_again(
    app_of_lms: Flask, lms: RunningLms, registration: Registration
) -> None:
    registration.jwks_url = "http://127.0.0.1:9/jwks.json"
    db.session.commit()

    answer = post_notices(app_of_lms, notice(lms))

    assert said(answer)[:2] == (503, "keys_unreachable")
    assert stored() == ONE_LINE


@pytest.mark.parametrize("database", ["sqlite"])
@given(claim=CLAIMS, value=JSON_VALUES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_notice_when_any_claim_is_anything_then_taken_whole_or_refused_with_a_line(
    app_of_lms: Flask, lms: RunningLms, claim: str, value: Any
) -> None:
    before = (len(log_lines()), copies())
    token = notice(lms, **{claim: value})

    answer = post_notices(app_of_lms, token)

    lines = log_lines()
    assert answer.status_code == 200 or 400 <= answer.status_code < 500
    assert len(lines) == before[0] + 1
    assert (lines[-1].outcome.value == "accepted") == (answer.status_code == 200)
    if answer.status_code != 200:
        assert lines[-1].explanation
        assert copies() == before[1]


@pytest.mark.parametrize("database", ["sqlite"])
@given(body=JSON_VALUES | st.fixed_dictionaries({"notices": JSON_VALUES}))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_body_when_it_is_any_json_then_refused_with_a_reason(app_of_lms: Flask, body: Any) -> None:
    answer = post_body(app_of_lms, json.dumps(body).encode())

    assert 400 <= answer.status_code < 500
    assert answer.json
    assert answer.json["error"]
    assert copies() == []


def test_launches_when_notices_are_refused_then_go_on(app_of_lms: Flask, visitor: Visitor) -> None:
    post_body(app_of_lms, b"rubbish")

    answer = launch_with(visitor)

    assert answer.status_code == 303
