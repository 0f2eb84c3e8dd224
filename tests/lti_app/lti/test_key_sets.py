"""Platforms' public keys: cached, fetched anew when they rotate, served stale while the platform is down."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from lti_app.errors import PlatformUnavailable
from lti_app.lti import key_sets, outbound
from lti_app.lti.key_sets import PlatformKeySets
from lti_app.lti.outbound import Outbound
from lti_app.models.platform import Registration
from practice_lms.keys import new_signing_key, public_jwk
from practice_lms.server import RunningLms
from tests.lti_app.lti.bare_platform import Asked, BarePlatform, Told
from tests.lti_app.lti.launching import call, outcome, refusal, services_called
from tests.visitor import TEACHER, Visitor

KEY = new_signing_key()
GOOD = public_jwk(KEY)


@pytest.fixture
def known(outbound: Outbound) -> PlatformKeySets:
    return PlatformKeySets(outbound)


def _key_set(*keys: Any) -> Callable[[Asked], Told]:
    return lambda _asked: Told(body=json.dumps({"keys": list(keys)}).encode())


def test_key_when_asked_for_twice_then_fetched_once(known: PlatformKeySets, bare: BarePlatform) -> None:
    bare.answer = _key_set(GOOD)

    first, second = known.find(f"{bare.url}/jwks", KEY.kid), known.find(f"{bare.url}/jwks", KEY.kid)

    assert first is not None
    assert first is second
    assert first.public_numbers().e == 65537
    assert bare.paths() == ["/jwks"]


def test_key_when_unknown_then_refetched_but_not_for_every_made_up_kid(
    known: PlatformKeySets, bare: BarePlatform
) -> None:
    bare.answer = _key_set(GOOD)
    known.find(f"{bare.url}/jwks", KEY.kid)

    found = [known.find(f"{bare.url}/jwks", f"made-up-{number}") for number in range(50)]

    assert found == [None] * 50
    assert len(bare.asked) == 2


def test_key_set_when_older_than_an_hour_then_fetched_anew(
    known: PlatformKeySets, bare: BarePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare.answer = _key_set(GOOD)
    known.find(f"{bare.url}/jwks", KEY.kid)
    monkeypatch.setattr(key_sets, "FRESH_SECONDS", 0)

    known.find(f"{bare.url}/jwks", KEY.kid)

    assert len(bare.asked) == 2


def test_key_when_withdrawn_then_no_longer_found_after_the_next_fetch(
    known: PlatformKeySets, bare: BarePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare.answer = _key_set(GOOD)
    known.find(f"{bare.url}/jwks", KEY.kid)
    bare.answer = _key_set(public_jwk(new_signing_key()))
    monkeypatch.setattr(key_sets, "FRESH_SECONDS", 0)

    assert known.find(f"{bare.url}/jwks", KEY.kid) is None


@pytest.mark.parametrize(
    "told",
    [
        Told(status=500),
        Told(status=404, body=b"<html>Not found</html>"),
        Told(body=b"<html>Maintenance</html>"),
        Told(body=b""),
        Told(body=b"[]"),
        Told(body=b'"keys"'),
        Told(body=b"{}"),
        Told(body=b'{"keys": {}}'),
        Told(body=b'{"keys": null}'),
        Told(body=b"[" * 100_000),
        Told(body=b"\xff\xfe"),
        Told(status=302, headers={"Location": "/elsewhere"}),
    ],
    ids=lambda told: f"{told.status} {told.body[:12]!r}",
)
def test_key_set_when_the_platform_answers_something_else_then_the_known_keys_go_on(
    known: PlatformKeySets, bare: BarePlatform, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    bare.answer = _key_set(GOOD)
    before = known.find(f"{bare.url}/jwks", KEY.kid)
    bare.answer = lambda _asked: told
    monkeypatch.setattr(key_sets, "FRESH_SECONDS", 0)

    after = known.find(f"{bare.url}/jwks", KEY.kid)

    assert after is before is not None
    assert bare.paths() == ["/jwks", "/jwks"]


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"keys": 5}'])
def test_key_set_when_never_seen_and_unreadable_then_unavailable(
    known: PlatformKeySets, bare: BarePlatform, body: bytes
) -> None:
    bare.answer = lambda _asked: Told(body=body)

    with pytest.raises(PlatformUnavailable):
        known.find(f"{bare.url}/jwks", KEY.kid)


def test_key_set_when_never_seen_and_nobody_listens_then_unavailable(known: PlatformKeySets) -> None:
    with pytest.raises(PlatformUnavailable, match=r"^no answer \(ConnectionError\)$"):
        known.find("http://127.0.0.1:9/jwks", KEY.kid)


def test_key_set_when_it_could_not_be_fetched_then_tried_again_two_seconds_later(
    known: PlatformKeySets, bare: BarePlatform
) -> None:
    bare.answer = lambda _asked: Told(status=503)
    with pytest.raises(PlatformUnavailable):
        known.find(f"{bare.url}/jwks", KEY.kid)
    with pytest.raises(PlatformUnavailable):
        known.find(f"{bare.url}/jwks", KEY.kid)
    asked_while_down = len(bare.asked)
    bare.answer = _key_set(GOOD)

    time.sleep(key_sets.FAILED_SECONDS + 0.1)
    found = known.find(f"{bare.url}/jwks", KEY.kid)

    assert found is not None
    assert (asked_while_down, len(bare.asked)) == (1, 2)


@pytest.mark.parametrize(
    "jwk",
    [
        5,
        None,
        [],
        "RSA",
        {},
        {**GOOD, "kty": "EC"},
        {**GOOD, "kty": "oct", "k": "AAAA"},
        {**GOOD, "kty": None},
        {**GOOD, "alg": "RS512"},
        {**GOOD, "alg": "HS256"},
        {**GOOD, "use": "enc"},
        {**GOOD, "kid": 5},
        {**GOOD, "kid": None},
        {**GOOD, "n": ""},
        {**GOOD, "n": "!!!"},
        {**GOOD, "n": 5},
        {**GOOD, "n": None},
        {**GOOD, "n": "\ud800"},
        {**GOOD, "e": ""},
        {**GOOD, "e": "AA"},
        {**GOOD, "e": []},
        {**GOOD, "n": GOOD["n"][:100]},
        {"kid": KEY.kid, "kty": "RSA"},
        {"kid": KEY.kid, "kty": "RSA", "k": "AAAA", "alg": "RS256"},
    ],
)
def test_key_when_it_is_none_of_ours_to_use_then_passed_over_and_the_good_one_found(
    known: PlatformKeySets, bare: BarePlatform, jwk: Any
) -> None:
    bare.answer = _key_set(jwk, {**GOOD, "kid": "good"}, jwk)

    assert known.find(f"{bare.url}/jwks", "good") is not None
    assert known.find(f"{bare.url}/jwks", KEY.kid) is None


def test_key_set_when_it_names_a_private_half_then_only_the_public_one_is_used(
    known: PlatformKeySets, bare: BarePlatform
) -> None:
    bare.answer = _key_set({**GOOD, "d": "AQAB", "p": "AQAB", "q": "AQAB", "x5u": "http://127.0.0.1:9/"})

    found = known.find(f"{bare.url}/jwks", KEY.kid)

    assert found is not None
    assert not hasattr(found, "private_numbers")
    assert bare.paths() == ["/jwks"]


def test_key_set_when_huge_then_unavailable(
    known: PlatformKeySets, bare: BarePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "MAX_ANSWER_BYTES", 100_000)
    bare.answer = _key_set({**GOOD, "padding": "x" * 100_000})

    with pytest.raises(PlatformUnavailable, match="too large"):
        known.find(f"{bare.url}/jwks", KEY.kid)


def test_key_set_when_it_redirects_then_not_followed(known: PlatformKeySets, bare: BarePlatform) -> None:
    bare.answer = lambda _asked: Told(status=302, headers={"Location": f"{bare.url}/elsewhere"})

    with pytest.raises(PlatformUnavailable):
        known.find(f"{bare.url}/jwks", KEY.kid)

    assert bare.paths() == ["/jwks"]


def test_key_set_when_many_ask_at_once_for_the_first_time_then_fetched_once(
    known: PlatformKeySets, bare: BarePlatform
) -> None:
    bare.answer = lambda _asked: Told(body=json.dumps({"keys": [GOOD]}).encode(), delay=0.2)

    found = _in_threads(lambda: known.find(f"{bare.url}/jwks", KEY.kid), times=8)

    assert all(key is not None for key in found)
    assert len(bare.asked) == 1


def test_key_set_when_one_platform_is_slow_then_the_others_do_not_wait(
    known: PlatformKeySets, bare: BarePlatform, lms: RunningLms
) -> None:
    bare.answer = lambda _asked: Told(body=json.dumps({"keys": [GOOD]}).encode(), delay=3.0)
    slow = threading.Thread(target=known.find, args=(f"{bare.url}/jwks", KEY.kid))
    slow.start()
    while not bare.asked:
        time.sleep(0.01)

    started = time.monotonic()
    known.find(f"{lms.url}/lti/jwks.json", "any")
    waited = time.monotonic() - started

    slow.join()
    assert waited < 1.5


@pytest.mark.parametrize("keeps_old", [True, False])
def test_launch_when_the_platform_rotated_its_keys_then_works_after_one_fetch(
    visitor: Visitor, *, keeps_old: bool
) -> None:
    visitor.launch(TEACHER)
    call(visitor.lms, "rotate-keys", {"keep_old": keeps_old})

    landed = visitor.post_token(visitor.token(visitor.begin(TEACHER)).fields)

    assert landed.status_code == 303
    assert services_called(visitor.lms) == ["jwks", "jwks"]


def test_launch_when_signed_before_a_rotation_that_dropped_the_key_then_refused(
    visitor: Visitor, registration: Registration
) -> None:
    token = visitor.token(visitor.begin(TEACHER))
    call(visitor.lms, "rotate-keys", {"keep_old": False})

    answer = visitor.post_token(token.fields)

    assert outcome(answer) == refusal(
        "key", "The platform's key set has no key of this id.", registration_id=registration.id
    )


@pytest.mark.parametrize(
    ("fault", "explanation"),
    [
        ("500", "The platform's key set: the key set cannot be fetched."),
        ("404", "The platform's key set: the key set cannot be fetched."),
        ("malformed", "The platform's key set: the answer is not valid JSON."),
        ("hang_up", "The platform's key set: no answer (ConnectionError)."),
    ],
)
def test_launch_when_the_key_set_is_down_and_none_is_known_then_refused_for_now(
    visitor: Visitor, registration: Registration, fault: str, explanation: str
) -> None:
    call(visitor.lms, "faults", {"kind": "jwks", "fault": fault})

    answer = visitor.post_token(visitor.token(visitor.begin(TEACHER)).fields)

    assert outcome(answer) == refusal("keys_unreachable", explanation, status=503, registration_id=registration.id)


@pytest.mark.parametrize("fault", ["500", "malformed", "hang_up"])
def test_launch_when_the_key_set_is_down_and_known_then_works(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    visitor.launch(TEACHER)
    call(visitor.lms, "faults", {"kind": "jwks", "fault": fault})
    monkeypatch.setattr(key_sets, "FRESH_SECONDS", 0)

    landed = visitor.post_token(visitor.token(visitor.begin(TEACHER)).fields)

    assert landed.status_code == 303
    assert services_called(visitor.lms) == ["jwks", "jwks"]


def test_launch_when_the_key_set_is_too_slow_then_refused_for_now(
    visitor: Visitor, registration: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "READ_SECONDS", 0.2)
    call(visitor.lms, "faults", {"kind": "jwks", "fault": "slow", "times": 1, "delay_seconds": 1.0})

    answer = visitor.post_token(visitor.token(visitor.begin(TEACHER)).fields)

    found = outcome(answer)
    assert (found.status, found.logged[1], found.stored) == (503, "keys_unreachable", {"launch_record": 1})
    assert found.registration_id == registration.id


def _in_threads(deed: Callable[[], Any], *, times: int) -> list[Any]:
    """Do the deed in so many threads, all let go at the same moment, and return what each got."""
    gate, found = threading.Barrier(times), []

    def do() -> None:
        gate.wait()
        found.append(deed())

    threads = [threading.Thread(target=do) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
