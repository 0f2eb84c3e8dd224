"""Requests to services: where a bearer token goes, how long it lives, what happens when it is refused."""

import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import jwt
import pytest
import structlog
import time_machine
from flask import Flask
from sqlalchemy import select

from lti_app.db import db
from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.lti import outbound
from lti_app.lti.ags import RESULT_SCOPE, SCORE_SCOPE
from lti_app.lti.connector import Lti, PlatformConnector
from lti_app.lti.outbound import Outbound
from lti_app.models.platform import AccessToken, Registration
from practice_lms.server import RunningLms
from tests.lti_app.lti.bare_platform import Asked, BarePlatform, Told
from tests.lti_app.lti.launching import call, services_called
from tests.lti_app.lti.platforms import bare_registration, connect

RESULTS = {"Accept": "application/vnd.ims.lis.v2.resultcontainer+json"}
GOOD_TOKEN = b'{"access_token": "good", "expires_in": 3600}'


def _read(connector: PlatformConnector, lms: RunningLms) -> int:
    """Ask for the results of the first line item, and return the status."""
    url = f"{lms.url}/lti/courses/1/lineitems/11/lineitem/results?type_id=1"
    return connector.send("GET", url, scopes=[RESULT_SCOPE], headers=RESULTS).status


def test_token_when_needed_by_many_requests_then_fetched_once(
    served: str, lms: RunningLms, registration: Registration, lti: Lti
) -> None:
    del served
    connector = connect(registration, lti)

    statuses = [_read(connector, lms) for _ in range(5)]

    assert statuses == [200] * 5
    assert services_called(lms) == ["token", *["results"] * 5]


def test_token_when_needed_by_another_worker_then_shared(
    served: str, lms: RunningLms, registration: Registration, lti: Lti
) -> None:
    del served
    other_worker = Lti(keys=lti.keys, outbound=Outbound(), engine=lti.engine)

    statuses = [_read(connect(registration, lti), lms), _read(connect(registration, other_worker), lms)]
    other_worker.outbound.close()

    assert statuses == [200, 200]
    assert services_called(lms) == ["token", "results", "results"]


def test_token_when_many_threads_need_one_then_fetched_once(
    served: str, lms: RunningLms, registration: Registration, lti: Lti
) -> None:
    del served
    gate, tokens = threading.Barrier(6), []
    connectors = [connect(registration, lti) for _ in range(6)]

    def fetch(connector: PlatformConnector) -> None:
        gate.wait()
        tokens.append(connector.get_access_token([SCORE_SCOPE]))

    threads = [threading.Thread(target=fetch, args=(connector,)) for connector in connectors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(tokens), len(set(tokens))) == (6, 1)
    assert services_called(lms) == ["token"]


def test_tokens_when_for_other_scopes_or_platforms_then_apart(app: Flask, bare: BarePlatform, lti: Lti) -> None:
    del app
    numbers = iter(range(100))
    bare.answer = lambda _asked: Told(body=b'{"access_token": "t%d"}' % next(numbers))
    first, second = (bare_registration(bare, client_id=name) for name in ("first", "second"))

    tokens = [
        connect(first, lti).get_access_token(["a", "b"]),
        connect(first, lti).get_access_token(["b", "a"]),
        connect(first, lti).get_access_token(["a"]),
        connect(second, lti).get_access_token(["a"]),
    ]

    assert tokens == ["t0", "t0", "t1", "t2"]
    rows = db.session.execute(select(AccessToken.registration_id, AccessToken.scopes, AccessToken.token)).all()
    assert sorted(map(tuple, rows)) == [(first.id, "a", "t1"), (first.id, "a b", "t0"), (second.id, "a", "t2")]


@pytest.mark.parametrize(("seconds", "fetches"), [(3530, 1), (3545, 2), (7200, 2)])
def test_token_when_its_life_ends_within_a_minute_then_renewed(
    served: str, lms: RunningLms, registration: Registration, lti: Lti, seconds: int, fetches: int
) -> None:
    del served
    connector, later = connect(registration, lti), datetime.now(UTC) + timedelta(seconds=seconds)
    _read(connector, lms)

    with time_machine.travel(later):
        status = _read(connector, lms)

    assert status == 200
    assert services_called(lms).count("token") == fetches


def test_token_when_refused_with_401_then_one_fresh_one_is_tried(
    served: str, lms: RunningLms, registration: Registration, lti: Lti
) -> None:
    del served
    connector = connect(registration, lti)
    _read(connector, lms)
    call(lms, "revoke-tokens")

    status = _read(connector, lms)

    assert status == 200
    assert services_called(lms) == ["token", "results", "results", "token", "results"]


def test_token_when_refused_again_and_again_then_given_up_after_the_second(
    served: str, lms: RunningLms, registration: Registration, lti: Lti
) -> None:
    del served
    call(lms, "faults", {"kind": "results", "fault": "401"})

    status = _read(connect(registration, lti), lms)

    assert status == 401
    assert services_called(lms) == ["token", "results", "token", "results"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{other}/lineitems/1",
        "http://localhost:{port}/lineitems/1",
        "http://127.0.0.1:{port}@127.0.0.1:{other}/lineitems/1",
        "http://127.0.0.1:{port}\\@127.0.0.1:{other}/lineitems/1",
        "http://127.0.0.1:{port}.evil.example/lineitems/1",
        "http://user:word@127.0.0.1:{port}/lineitems/1",
        "//127.0.0.1:{other}/lineitems/1",
        "http:/127.0.0.1:{port}/lineitems/1",
        "http://127.0.0.1/lineitems/1",
        "127.0.0.1:{port}/lineitems/1",
        "/lineitems/1",
        "",
        "http://[::1/lineitems/1",
        "http://[/lineitems/1",
    ],
)
def test_token_when_the_address_is_on_another_host_then_none_leaves(
    app: Flask, bare: BarePlatform, lms: RunningLms, lti: Lti, url: str
) -> None:
    del app
    row, port, other = bare_registration(bare), bare.url.rpartition(":")[2], lms.url.rpartition(":")[2]
    bare.answer = lambda _asked: Told(body=GOOD_TOKEN)

    with pytest.raises(PlatformRefused) as caught:
        connect(row, lti).send("GET", url.format(port=port, other=other), scopes=["a"], headers={})

    assert caught.value.reason is Refusal.OUR_FAULT
    assert (bare.asked, services_called(lms)) == ([], [])


def test_token_when_the_address_is_plain_http_on_an_https_platform_then_none_leaves(
    app: Flask, bare: BarePlatform, lti: Lti
) -> None:
    del app
    row = bare_registration(bare)
    for name in ("issuer", "auth_url", "token_url", "jwks_url"):
        setattr(row, name, getattr(row, name).replace("http:", "https:"))
    expires = datetime.now(UTC) + timedelta(hours=1)
    db.session.add(AccessToken(registration_id=row.id, scopes="a", token="secret", expires_at=expires))
    db.session.commit()

    with pytest.raises(PlatformRefused) as caught:
        connect(row, lti).send("GET", f"{bare.url}/lineitems/1", scopes=["a"], headers={})

    assert caught.value.reason is Refusal.OUR_FAULT
    assert bare.asked == []


@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        ("https://lms.example", "https://LMS.example/lineitems/1"),
        ("https://LMS.example", "https://lms.example/lineitems/1"),
        ("https://lms.example", "https://lms.example:443/lineitems/1"),
        ("https://lms.example:443", "https://lms.example/lineitems/1"),
    ],
)
def test_host_when_written_in_another_way_then_it_is_the_same(
    app: Flask, bare: BarePlatform, lti: Lti, registered: str, asked: str
) -> None:
    del app
    row = bare_registration(bare, auth_url=f"{registered}/auth", jwks_url=f"{registered}/jwks")
    bare.answer = lambda _asked: Told(status=401, body=b"{}")

    with pytest.raises(PlatformRefused) as caught:
        connect(row, lti).send("GET", asked, scopes=["a"], headers={})

    # The host was accepted, so the token was asked for; the bare platform gives none.
    assert (caught.value.reason, bare.paths()) == (Refusal.ACCESS_WITHDRAWN, ["/token"])


def test_request_when_the_service_redirects_then_the_token_does_not_follow(
    app: Flask, bare: BarePlatform, lms: RunningLms, lti: Lti
) -> None:
    del app

    def answer(asked: Asked) -> Told:
        if asked.path == "/token":
            return Told(body=GOOD_TOKEN)
        return Told(status=307, headers={"Location": f"{lms.url}/stolen"})

    bare.answer = answer

    found = connect(bare_registration(bare), lti).send("GET", f"{bare.url}/1", scopes=["a"], headers={})

    assert found.status == 307
    assert (bare.paths(), services_called(lms)) == (["/token", "/1"], [])


def test_assertion_when_sent_then_says_what_the_standard_asks(app: Flask, bare: BarePlatform, lti: Lti) -> None:
    del app
    bare.answer = lambda _asked: Told(body=b'{"access_token": "t", "expires_in": 1}')
    row, moment = bare_registration(bare), datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    with time_machine.travel(moment, tick=False):
        for _ in range(2):
            connect(row, lti).get_access_token(["b", "a"])

    forms = [parse_qs(asked.body.decode()) for asked in bare.asked]
    (assertion,) = forms[0].pop("client_assertion")
    claims = jwt.decode(assertion, options={"verify_signature": False})
    jti, seconds = claims.pop("jti"), int(moment.timestamp())
    assert forms[0] == {
        "grant_type": ["client_credentials"],
        "client_assertion_type": ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"],
        "scope": ["a b"],
    }
    assert jwt.get_unverified_header(assertion)["kid"] == lti.keys.keys[0].kid
    assert claims == {
        "iss": "client",
        "sub": "client",
        "aud": row.token_url,
        "iat": seconds - 5,
        "exp": seconds + 300,
    }
    second = jwt.decode(forms[1]["client_assertion"][0], options={"verify_signature": False})
    assert jti != second["jti"]


def test_assertion_when_the_platform_has_an_audience_of_its_own_then_names_it(
    app: Flask, bare: BarePlatform, lti: Lti
) -> None:
    del app
    bare.answer = lambda _asked: Told(body=GOOD_TOKEN)
    row = bare_registration(bare, auth_audience="https://api.brightspace.example/auth/token")

    connect(row, lti).get_access_token(["a"])

    (assertion,) = parse_qs(bare.asked[0].body.decode())["client_assertion"]
    claims = jwt.decode(assertion, options={"verify_signature": False})
    assert claims["aud"] == "https://api.brightspace.example/auth/token"


def test_platform_when_too_slow_with_its_token_then_unavailable(
    served: str, lms: RunningLms, registration: Registration, lti: Lti, monkeypatch: pytest.MonkeyPatch
) -> None:
    del served
    monkeypatch.setattr(outbound, "READ_SECONDS", 0.2)
    call(lms, "faults", {"kind": "token", "fault": "slow", "times": 1, "delay_seconds": 1.0})

    with pytest.raises(PlatformUnavailable, match="no answer"):
        _read(connect(registration, lti), lms)

    assert db.session.scalars(select(AccessToken)).all() == []


def test_token_when_fetched_then_the_log_does_not_hold_it(app: Flask, bare: BarePlatform, lti: Lti) -> None:
    del app
    bare.answer = lambda _asked: Told(body=b'{"access_token": "very-secret"}')

    row = bare_registration(bare)

    with structlog.testing.capture_logs() as logged:
        connect(row, lti).get_access_token(["a"])

    assert logged == [{"event": "token_fetched", "log_level": "info", "registration_id": row.id}]
