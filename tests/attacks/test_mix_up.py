"""A token of one platform, or for one client, never finishes the login of another."""

from typing import Any

import pytest

from lti_app.db import db
from lti_app.models.platform import Deployment, Registration
from practice_lms.keys import sign
from tests.lti_app.lti.launching import (
    ON_SQLITE,
    claims_of,
    launch_with,
    outcome,
    query_of,
    refusal,
    services_called,
    stored,
)
from tests.visitor import TEACHER, Visitor

FOR_ANOTHER = "The token is for another tool, or of another platform."
OTHER_PARTY = "The token's authorized party is another tool."


def test_token_when_of_platform_a_for_a_login_of_platform_b_then_refused(
    visitor: Visitor, stranger: Visitor, registration: Registration
) -> None:
    login = visitor.begin(TEACHER)
    foreign = stranger.token(stranger.begin(TEACHER)).fields["id_token"]

    answer = visitor.post_token({"state": query_of(login)["state"], "id_token": foreign})

    found = outcome(answer)
    # Keys are asked of the login's platform, where a foreign kid is unknown.
    expected = refusal("key", "The platform's key set has no key of this id.", registration_id=registration.id)
    assert (found.status, found.sentences, found.logged) == (400, expected.sentences, expected.logged)
    assert (found.registration_id, found.stored) == (registration.id, {"launch_record": 1})
    assert "jwks" not in services_called(stranger.lms)


def test_token_when_platform_b_signs_the_claims_of_a_under_the_kid_of_a_then_refused(
    visitor: Visitor, stranger: Visitor, registration: Registration
) -> None:
    token = visitor.token(visitor.begin(TEACHER)).fields
    with visitor.lms.lms.reading() as ours, stranger.lms.lms.reading() as theirs:
        forged = sign(theirs.signing_key, claims_of(token["id_token"]), header={"kid": ours.signing_key.kid})

    answer = visitor.post_token({**token, "id_token": forged})

    assert outcome(answer) == refusal(
        "signature", "The signature does not fit the platform's key.", registration_id=registration.id
    )


def test_token_when_the_platforms_own_names_another_issuer_then_refused(
    visitor: Visitor, other_registration: Registration, registration: Registration
) -> None:
    answer = launch_with(visitor, claims={"iss": other_registration.issuer, "aud": other_registration.client_id})

    assert outcome(answer) == refusal("audience", FOR_ANOTHER, registration_id=registration.id)


@ON_SQLITE
@pytest.mark.parametrize(
    ("claims", "explanation"),
    [
        ({"iss": "https://elsewhere.example"}, FOR_ANOTHER),
        ({"iss": ""}, FOR_ANOTHER),
        ({"iss": 5}, FOR_ANOTHER),
        ({"iss": ["http://127.0.0.1"]}, FOR_ANOTHER),
        ({"iss": "\ud800"}, FOR_ANOTHER),
        ({"aud": "another-client"}, FOR_ANOTHER),
        ({"aud": "PRACTICE-STAFFROOM"}, FOR_ANOTHER),
        ({"aud": 5}, FOR_ANOTHER),
        ({"aud": ["another-client"]}, FOR_ANOTHER),
        ({"aud": [5, "practice-staffroom"]}, FOR_ANOTHER),
        ({"aud": ["practice-staffroom", "another-client"]}, OTHER_PARTY),
        ({"aud": ["practice-staffroom", "another-client"], "azp": "another-client"}, OTHER_PARTY),
        ({"azp": "another-client"}, OTHER_PARTY),
        ({"azp": ""}, OTHER_PARTY),
        ({"azp": ["practice-staffroom"]}, OTHER_PARTY),
    ],
    ids=str,
)
def test_token_when_made_for_somebody_else_then_refused(
    visitor: Visitor, registration: Registration, claims: dict[str, Any], explanation: str
) -> None:
    answer = launch_with(visitor, claims=claims)

    assert outcome(answer) == refusal("audience", explanation, registration_id=registration.id)


@ON_SQLITE
@pytest.mark.parametrize("claim", ["iss", "aud", "nonce"])
def test_token_when_a_binding_claim_is_missing_then_refused(
    visitor: Visitor, registration: Registration, claim: str
) -> None:
    answer = launch_with(visitor, remove=[claim])

    found = outcome(answer)
    assert (found.status, found.registration_id, found.stored) == (400, registration.id, {"launch_record": 1})
    assert found.logged[1] in {"token", "audience"}


@ON_SQLITE
@pytest.mark.parametrize("nonce", ["another", "", None, 5, [], {}, True, "\ud800"], ids=str)
def test_token_when_its_nonce_is_another_then_refused(
    visitor: Visitor, registration: Registration, nonce: object
) -> None:
    answer = launch_with(visitor, claims={"nonce": nonce})

    found = outcome(answer)
    assert (found.status, found.registration_id, found.stored) == (400, registration.id, {"launch_record": 1})
    assert found.logged[1] == ("token" if nonce is None else "nonce")


@ON_SQLITE
@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["practice-staffroom"]},
        {"azp": "practice-staffroom"},
        {"aud": ["practice-staffroom", "another-client"], "azp": "practice-staffroom"},
    ],
    ids=str,
)
def test_token_when_made_for_us_in_another_form_then_let_in(visitor: Visitor, claims: dict[str, Any]) -> None:
    assert launch_with(visitor, claims=claims).status_code == 303


@ON_SQLITE
@pytest.mark.parametrize("audience", [[], {}, "", 0, None], ids=repr)
def test_token_when_its_audience_is_empty_then_refused(
    visitor: Visitor, registration: Registration, audience: object
) -> None:
    answer = launch_with(visitor, claims={"aud": audience})

    found = outcome(answer)
    assert (found.status, found.registration_id, found.stored) == (400, registration.id, {"launch_record": 1})
    assert found.logged[1] in {"token", "audience"}


def test_login_when_an_issuer_has_two_clients_then_each_is_its_own(
    visitor: Visitor, registration: Registration
) -> None:
    second = _second_client(registration)

    first_login, second_login = visitor.begin(TEACHER), visitor.begin(TEACHER, client_id=second.client_id)

    assert query_of(first_login)["client_id"] == registration.client_id
    assert query_of(second_login)["client_id"] == second.client_id


def test_login_when_an_issuer_has_two_clients_and_none_is_named_then_refused(
    visitor: Visitor, registration: Registration
) -> None:
    _second_client(registration)

    answer = visitor.begin(TEACHER, client_id=None)

    assert outcome(answer) == refusal("registration", "No registration has this issuer and client id.", status=403)


def test_token_when_for_the_issuers_other_client_then_refused(visitor: Visitor, registration: Registration) -> None:
    second = _second_client(registration)

    answer = launch_with(visitor, claims={"aud": second.client_id})

    assert outcome(answer) == refusal("audience", FOR_ANOTHER, registration_id=registration.id)


def test_state_when_of_the_other_clients_login_then_refused(visitor: Visitor, registration: Registration) -> None:
    second = _second_client(registration)
    state = query_of(visitor.begin(TEACHER, client_id=second.client_id))["state"]
    token = visitor.token(visitor.begin(TEACHER)).fields["id_token"]

    answer = visitor.post_token({"state": state, "id_token": token})

    found = outcome(answer)
    assert (found.status, found.logged) == (400, ("refused", "audience", FOR_ANOTHER))
    assert (found.registration_id, found.stored) == (second.id, {"launch_record": 1})


def test_launches_when_the_same_course_is_on_two_platforms_then_two_courses(
    visitor: Visitor, stranger: Visitor
) -> None:
    here, there = visitor.launch(TEACHER), stranger.launch(TEACHER)

    assert (here.status_code, there.status_code) == (200, 200)
    assert stored() == {"lti_user": 2, "context": 2, "membership": 2, "activity": 2, "launch_record": 2}
    assert visitor.get("/journal/2").status_code == 404
    assert stranger.get("/journal/1").status_code == 404


def _second_client(registration: Registration) -> Registration:
    second = Registration(
        name="The same LMS, another client",
        issuer=registration.issuer,
        client_id="another-client",
        auth_url=registration.auth_url,
        token_url=registration.token_url,
        jwks_url=registration.jwks_url,
    )
    db.session.add(second)
    db.session.flush()
    db.session.add(Deployment(registration_id=second.id, deployment_id_on_platform="1"))
    db.session.commit()
    return second
