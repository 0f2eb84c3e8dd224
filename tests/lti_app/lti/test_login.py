"""The third-party-initiated login: what is sent to the platform, what is kept, what is refused."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from lti_app.db import db
from lti_app.lti.login import is_ours
from lti_app.lti.states import LoginState, LoginStates, digest
from lti_app.models.platform import Registration
from tests.lti_app.lti.launching import outcome, query_of, refusal, services_called, stored
from tests.visitor import TEACHER, WEEKLY, Visitor

NO_ISSUER = "The login names no issuer or no login hint."


@pytest.fixture
def states(app: Flask) -> LoginStates:
    found: LoginStates = app.extensions["staffroom_states"]
    return found


def test_login_when_posted_then_asks_the_platform_for_a_token(visitor: Visitor, states: LoginStates) -> None:
    login = visitor.begin(TEACHER)

    query = query_of(login)
    state = query.pop("state")
    assert login.status_code == 302
    assert login.headers["Location"].startswith(f"{visitor.lms.url}/lti/auth?")
    assert query.pop("lti_message_hint").startswith('{"cmid":1,"launchid":')
    assert query == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": "practice-staffroom",
        "redirect_uri": f"{visitor.origin}/lti/launch",
        "nonce": states.nonce(states.read(state)),
        "login_hint": TEACHER,
    }


def test_login_when_posted_then_its_state_says_all_and_nothing_is_stored(
    visitor: Visitor, registration: Registration, states: LoginStates
) -> None:
    login = visitor.begin(TEACHER)

    state = states.read(query_of(login)["state"])
    assert state == LoginState(
        id=state.id,
        registration_id=registration.id,
        browser=digest(_browser_secret(login)),
        target=digest(f"{visitor.origin}/lti/launch"),
        deployment=digest("1"),
        storage="",
    )
    assert len(state.id) == 32
    assert stored() == {}


def test_login_when_asked_by_get_then_works_the_same(visitor: Visitor) -> None:
    fields = _fields(visitor)

    login = visitor.client.get("/lti/login", query_string=fields, base_url=visitor.base_url)

    assert login.status_code == 302
    assert visitor.post_token(visitor.token(login).fields).status_code == 303


def test_login_when_half_in_the_address_and_half_in_the_form_then_works(visitor: Visitor) -> None:
    fields = _fields(visitor)
    address = {name: fields.pop(name) for name in ("iss", "client_id")}

    login = visitor.client.post("/lti/login", query_string=address, data=fields, base_url=visitor.base_url)

    assert visitor.post_token(visitor.token(login).fields).status_code == 303


def test_login_when_without_message_hint_then_sends_none(visitor: Visitor) -> None:
    login = visitor.begin(TEACHER, lti_message_hint=None)

    assert "lti_message_hint" not in query_of(login)


def test_login_when_the_client_is_not_named_then_the_issuers_only_one_is_taken(visitor: Visitor) -> None:
    login = visitor.begin(TEACHER, client_id=None, lti_deployment_id=None)

    assert query_of(login)["client_id"] == "practice-staffroom"
    assert visitor.post_token(visitor.token(login).fields).status_code == 303


@pytest.mark.parametrize("hint", ["102", "a b&c=d#e", "é 李", "<script>", "x" * 8192, "\u202e", "%00"], ids=repr)
def test_login_when_the_hint_is_odd_then_it_travels_unchanged(visitor: Visitor, hint: str) -> None:
    login = visitor.begin(TEACHER, login_hint=hint, lti_message_hint=hint)

    assert (query_of(login)["login_hint"], query_of(login)["lti_message_hint"]) == (hint, hint)


@pytest.mark.parametrize("query", ["tenant=7", "tenant=7&empty=", "a=1&a=2", "q=a%26b%20c"])
def test_login_when_the_auth_url_has_a_query_then_it_stays(
    visitor: Visitor, registration: Registration, query: str
) -> None:
    url = f"{registration.auth_url}?{query}"
    db.session.execute(update(Registration).values(auth_url=url))
    db.session.commit()

    login = visitor.begin(TEACHER)

    sent = parse_qsl(urlsplit(login.headers["Location"]).query, keep_blank_values=True)
    wanted = parse_qsl(query, keep_blank_values=True)
    assert sent[: len(wanted)] == wanted
    assert login.headers["Location"].count("?") == 1
    assert visitor.post_token(visitor.token(login).fields).status_code == 303


@pytest.mark.parametrize("missing", ["iss", "login_hint"])
def test_login_when_a_parameter_is_missing_then_refused(visitor: Visitor, missing: str) -> None:
    answer = visitor.begin(TEACHER, WEEKLY, **{missing: None})

    assert outcome(answer) == refusal("request", NO_ISSUER)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_login_when_nothing_is_sent_then_refused(visitor: Visitor, method: str) -> None:
    answer = visitor.client.open("/lti/login", method=method, base_url=visitor.base_url)

    assert outcome(answer) == refusal("request", NO_ISSUER)


@pytest.mark.parametrize("name", ["iss", "client_id", "login_hint", "target_link_uri", "lti_deployment_id"])
@pytest.mark.parametrize("value", ["nul\x00", "x" * 8193], ids=["nul", "long"])
def test_login_when_a_parameter_is_malformed_then_refused(visitor: Visitor, name: str, value: str) -> None:
    answer = visitor.begin(TEACHER, WEEKLY, **{name: value})

    assert outcome(answer) == refusal("request", f"“{name}” is malformed.")


@pytest.mark.parametrize("value", ["nul\x00", "x" * 8193], ids=["nul", "long"])
def test_login_when_the_message_hint_is_malformed_then_refused_and_nothing_waits(visitor: Visitor, value: str) -> None:
    answer = visitor.begin(TEACHER, lti_message_hint=value)

    assert outcome(answer) == refusal("request", "“lti_message_hint” is malformed.")


@pytest.mark.parametrize("body", [b"iss=%ff%fe&login_hint=%c3", b"iss=%ED%A0%80&login_hint=1", b"&&&=;=%"])
def test_login_when_its_bytes_are_no_text_then_refused(visitor: Visitor, body: bytes) -> None:
    answer = visitor.client.post(
        "/lti/login", data=body, content_type="application/x-www-form-urlencoded", base_url=visitor.base_url
    )

    found = outcome(answer)
    assert found.logged[1] in {"registration", "request"}
    assert (found.status in {400, 403}, found.stored) == (True, {"launch_record": 1})


def test_login_when_refused_then_the_platform_is_not_asked(visitor: Visitor) -> None:
    visitor.begin(TEACHER, iss="https://unknown.example")

    assert services_called(visitor.lms) == []


def test_login_when_repeated_then_the_browser_keeps_its_secret(visitor: Visitor) -> None:
    first, second = visitor.begin(TEACHER), visitor.begin(TEACHER)

    assert _browser_secret(first) == _browser_secret(second)
    assert query_of(first)["state"] != query_of(second)["state"]
    assert query_of(first)["nonce"] != query_of(second)["nonce"]


def test_browsers_when_two_then_have_two_secrets(visitor: Visitor, another_visitor: Visitor) -> None:
    secrets = {_browser_secret(visitor.begin(TEACHER)), _browser_secret(another_visitor.begin(TEACHER))}

    assert len(secrets) == 2


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("https://pd.example", True),
        ("https://pd.example/", True),
        ("https://pd.example/lti/launch?a=1#b", True),
        ("https://pd.example.evil", False),
        ("https://pd.example@evil", False),
        ("https://pd.example:444/", False),
        ("http://pd.example/", False),
        ("//pd.example/", False),
        ("https://pd.example/\\evil", False),
        ("https://pd.example/ x", False),
        ("https://pd.example/\u2028", False),
        ("https://pd.example/\ud800", False),
        ("https://pd.example/" + "x" * 2048, False),
        ("", False),
    ],
)
def test_target_when_looked_at_then_only_our_own_origin_is_ours(target: str, expected: bool) -> None:
    assert is_ours(target, launch_url="https://pd.example/lti/launch") is expected


def _fields(visitor: Visitor) -> dict[str, str]:
    from_lms = visitor.lms
    return {
        "iss": from_lms.url,
        "client_id": from_lms.settings.client_id,
        "target_link_uri": from_lms.settings.redirect_uri,
        "lti_deployment_id": from_lms.settings.deployment_id,
        "login_hint": TEACHER,
        "lti_message_hint": query_of(visitor.begin(TEACHER))["lti_message_hint"],
    }


def _browser_secret(login: TestResponse) -> str:
    return login.headers["Set-Cookie"].partition(";")[0].partition("=")[2]
