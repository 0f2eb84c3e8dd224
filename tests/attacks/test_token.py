"""Forged, tampered and malformed tokens: refused, nothing fetched, nothing stored, never a 500."""

from typing import Any

import pytest

from lti_app.models.platform import Registration
from practice_lms.keys import new_signing_key
from practice_lms.keys import sign as sign_with
from tests.lti_app.lti.launching import (
    ON_SQLITE,
    begin_with,
    claims_of,
    launch_with,
    outcome,
    post_payload,
    query_of,
    refusal,
    services_called,
)
from tests.visitor import TEACHER, Visitor

NOT_PLAIN = "The token's header asks for something other than plain RS256."
MALFORMED = "The token is malformed."
MISSING = "The token is missing or malformed."
PUBLIC_JWK = {"kty": "RSA", "n": "sXchQ", "e": "AQAB"}


@ON_SQLITE
@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "HS256"},
        {"alg": "RS384"},
        {"alg": "RS512"},
        {"alg": "PS256"},
        {"alg": "ES256"},
        {"alg": "rs256"},
        {"alg": ""},
        {"alg": None},
        {"alg": ["RS256"]},
        {"alg": {"RS256": 1}},
        {"alg": 256},
        {"crit": ["exp"]},
        {"crit": []},
        {"jwk": PUBLIC_JWK},
        {"x5c": ["MIIB"]},
    ],
    ids=str,
)
def test_token_when_its_header_wants_more_than_plain_rs256_then_refused_unfetched(
    visitor: Visitor, registration: Registration, header: dict[str, Any]
) -> None:
    answer = launch_with(visitor, header=header)

    assert outcome(answer) == refusal("token", NOT_PLAIN, registration_id=registration.id)
    assert services_called(visitor.lms) == []


@pytest.mark.parametrize("name", ["jku", "x5u"])
def test_token_when_it_names_an_address_of_keys_then_the_address_is_not_asked(
    visitor: Visitor, registration: Registration, name: str
) -> None:
    answer = launch_with(visitor, header={name: f"{visitor.lms.url}/lti/jwks.json"})

    assert outcome(answer) == refusal("token", NOT_PLAIN, registration_id=registration.id)
    assert services_called(visitor.lms) == []


@ON_SQLITE
@pytest.mark.parametrize("kid", [None, "", 5, ["a"], {"kid": "a"}, False], ids=str)
def test_token_when_it_names_no_key_then_refused_unfetched(
    visitor: Visitor, registration: Registration, kid: object
) -> None:
    answer = launch_with(visitor, header={"kid": kid})

    assert outcome(answer) == refusal("key", "The token names no key.", registration_id=registration.id)
    assert services_called(visitor.lms) == []


@pytest.mark.parametrize("kid", ["unknown", "../../keys/x.pem", "' OR 1=1 --", "nul\x00", "\ud800", "k" * 9000])
def test_token_when_its_key_is_not_published_then_refused(
    visitor: Visitor, registration: Registration, kid: str
) -> None:
    answer = launch_with(visitor, header={"kid": kid})

    assert outcome(answer) == refusal(
        "key", "The platform's key set has no key of this id.", registration_id=registration.id
    )


def test_token_when_signed_by_a_stranger_under_the_platforms_kid_then_refused(
    visitor: Visitor, registration: Registration
) -> None:
    token = visitor.token(visitor.begin(TEACHER))
    with visitor.lms.lms.reading() as state:
        kid = state.signing_key.kid
    forged = sign_with(new_signing_key(), claims_of(token.fields["id_token"]), header={"kid": kid})

    answer = visitor.post_token({**token.fields, "id_token": forged})

    assert outcome(answer) == refusal(
        "signature", "The signature does not fit the platform's key.", registration_id=registration.id
    )


def test_token_when_its_claims_were_changed_on_the_way_then_refused(
    visitor: Visitor, another_visitor: Visitor, registration: Registration
) -> None:
    token = visitor.token(visitor.begin(TEACHER))
    other = another_visitor.token(begin_with(another_visitor, claims={"sub": "101"}))
    header, _, signature = token.fields["id_token"].split(".")
    tampered = ".".join([header, other.fields["id_token"].split(".")[1], signature])

    answer = visitor.post_token({**token.fields, "id_token": tampered})

    found = outcome(answer)
    expected = refusal("signature", "The signature does not fit the platform's key.", registration_id=registration.id)
    assert found.stored == {"launch_record": 1}
    assert (found.logged, found.sentences, found.status) == (expected.logged, expected.sentences, 400)


def test_token_when_its_signature_is_cut_off_then_refused(visitor: Visitor, registration: Registration) -> None:
    token = visitor.token(visitor.begin(TEACHER))
    unsigned = token.fields["id_token"].rpartition(".")[0] + "."

    answer = visitor.post_token({**token.fields, "id_token": unsigned})

    assert outcome(answer) == refusal(
        "signature", "The signature does not fit the platform's key.", registration_id=registration.id
    )


@ON_SQLITE
@pytest.mark.parametrize(
    ("token", "explanation"),
    [
        ("", MISSING),
        ("rubbish", MISSING),
        ("e30", MALFORMED),
        ("e30.e30", MALFORMED),
        ("e30.e30.e30.e30", MALFORMED),
        ("e30.e30.e30.e30.e30", MALFORMED),
        ("e30.e30.e30", NOT_PLAIN),
        (".e30.e30", MISSING),
        ("W10.e30.e30", MALFORMED),
        ("bnVsbA.e30.e30", MALFORMED),
        ("NQ.e30.e30", MALFORMED),
        ("////.e30.e30", MISSING),
        ("é.e30.e30", MISSING),
        ("\x00.\x00.\x00", MISSING),
        ("W1tbW1tb" * 3000 + ".e30.e30", MISSING),
    ],
)
def test_token_when_it_is_no_jwt_then_refused(
    visitor: Visitor, registration: Registration, token: str, explanation: str
) -> None:
    state = query_of(visitor.begin(TEACHER))["state"]

    answer = visitor.post_token({"state": state, "id_token": token})

    assert outcome(answer) == refusal("token", explanation, registration_id=registration.id)
    assert services_called(visitor.lms) == []


def test_token_when_it_is_left_out_then_refused(visitor: Visitor, registration: Registration) -> None:
    state = query_of(visitor.begin(TEACHER))["state"]

    answer = visitor.post_token({"state": state})

    assert outcome(answer) == refusal("token", MISSING, registration_id=registration.id)


@ON_SQLITE
@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"17",
        b"{",
        b"\xff\xfe{}",
        b"[" * 15000,
        b'{"exp":' + b"9" * 5000 + b"}",
        b'{"a":"\\ud800"}',
    ],
    ids=lambda payload: repr(payload[:12]),
)
def test_token_when_signed_but_without_claims_then_refused(
    visitor: Visitor, registration: Registration, payload: bytes
) -> None:
    answer = post_payload(visitor, payload)

    found = outcome(answer)
    assert found.logged[:2] == ("refused", "token")
    assert (found.status, found.registration_id, found.stored) == (400, registration.id, {"launch_record": 1})


@pytest.mark.parametrize("size", [32 * 1024 + 1, 200_000])
def test_token_when_over_32_kb_then_too_large(visitor: Visitor, registration: Registration, size: int) -> None:
    state = query_of(visitor.begin(TEACHER))["state"]

    answer = visitor.post_token({"state": state, "id_token": "x" * size})

    assert outcome(answer) == refusal(
        "size", "The token is larger than 32 kB.", status=413, registration_id=registration.id
    )


def test_token_when_signed_and_just_under_32_kb_then_let_in(visitor: Visitor) -> None:
    answer = launch_with(visitor, claims={"https://example.org/padding": "x" * 21_000})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/journal/1")


def test_request_when_larger_than_the_tool_reads_then_too_large_and_logged(visitor: Visitor) -> None:
    answer = visitor.post_token({"state": "s", "id_token": "x" * (2 * 1024 * 1024 + 1)})

    found = outcome(answer)
    assert (found.status, found.logged[:2], found.stored) == (413, ("refused", "size"), {"launch_record": 1})
