"""What the token endpoint accepts and refuses."""

import time

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from practice_lms.server import RunningLms, serve
from practice_lms.settings import Settings
from tests.practice_lms.small_tool import AGS, MEMBERS, Caller, SmallTool, call_api


def test_token_when_asked_rightly_is_given_as_html(lms: RunningLms, tool: SmallTool) -> None:
    answer = tool.ask_for_token(lms, scope=f"{AGS}score {AGS}made-up")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    fields = answer.json()
    assert len(fields.pop("access_token")) >= 32
    assert fields == {"token_type": "bearer", "expires_in": 3600, "scope": f"{AGS}score"}


def test_token_when_the_audience_is_a_list_is_given(lms: RunningLms, tool: SmallTool) -> None:
    claims = tool.assertion_claims(lms, aud=["https://elsewhere.invalid", lms.settings.token_url])

    assert tool.ask_for_token(lms, assertion=tool.sign(claims)).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"sub": "somebody"},
        {"aud": "https://elsewhere.invalid"},
        {"aud": None},
        {"aud": []},
        {"exp": None},
        {"exp": 1},
        {"exp": "soon"},
        {"exp": 10**400},
        {"iat": None},
        {"jti": None},
        {"jti": 5},
    ],
)
def test_assertion_when_a_claim_is_wrong_is_refused(
    lms: RunningLms, tool: SmallTool, changes: dict[str, object]
) -> None:
    claims = tool.assertion_claims(lms, **changes)

    answer = tool.ask_for_token(lms, assertion=tool.sign(claims))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("claim", "seconds_ahead"), [("exp", -1), ("exp", 0), ("exp", 3700), ("iat", 30), ("iat", 3600)]
)
def test_assertion_when_a_time_is_wrong_is_refused(
    lms: RunningLms, tool: SmallTool, claim: str, seconds_ahead: int
) -> None:
    claims = tool.assertion_claims(lms, **{claim: int(time.time()) + seconds_ahead})

    answer = tool.ask_for_token(lms, assertion=tool.sign(claims))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_assertion_when_used_twice_is_refused(lms: RunningLms, tool: SmallTool) -> None:
    assertion = tool.sign(tool.assertion_claims(lms))

    answers = [tool.ask_for_token(lms, assertion=assertion) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 401]


@pytest.mark.parametrize("header", [{"kid": "unknown"}, {"kid": ""}])
def test_assertion_when_its_kid_is_not_published_is_refused(
    lms: RunningLms, tool: SmallTool, header: dict[str, str]
) -> None:
    assertion = tool.sign(tool.assertion_claims(lms), **header)

    assert tool.ask_for_token(lms, assertion=assertion).status_code == 401


def test_assertion_when_signed_by_another_key_is_refused(lms: RunningLms, tool: SmallTool) -> None:
    stranger = SmallTool(keys={"first": rsa.generate_private_key(public_exponent=65537, key_size=2048)})
    assertion = stranger.sign(tool.assertion_claims(lms))

    assert tool.ask_for_token(lms, assertion=assertion).status_code == 401


@pytest.mark.parametrize("assertion", ["rubbish", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_assertion_when_no_jwt_is_refused(lms: RunningLms, tool: SmallTool, assertion: str) -> None:
    assert tool.ask_for_token(lms, assertion=assertion).status_code == 401


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_assertion_type": "jwt"}, "invalid_request"),
        ({"client_assertion": ""}, "invalid_request"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
    ],
)
def test_token_request_when_the_form_is_wrong_is_refused(
    lms: RunningLms, tool: SmallTool, form: dict[str, str], error: str
) -> None:
    answer = tool.ask_for_token(lms, **form)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_key_set_when_verifications_succeed_is_fetched_once(lms: RunningLms, tool: SmallTool) -> None:
    tool.token(lms)
    tool.token(lms)

    assert tool.fetches == 1


def test_key_set_when_the_tool_rotated_is_fetched_again(lms: RunningLms, tool: SmallTool) -> None:
    tool.token(lms)
    tool.keys = {"second": rsa.generate_private_key(public_exponent=65537, key_size=2048)}

    assert tool.ask_for_token(lms).status_code == 200
    assert tool.fetches == 2


@pytest.mark.parametrize(
    ("caching", "fetches", "new_kid", "same_kid"),
    [
        ("not_at_all", 4, 200, 200),
        ("until_it_fails", 3, 200, 200),
        ("until_unknown_kid", 2, 200, 401),
        ("for_ever", 1, 401, 401),
    ],
)
def test_key_set_when_kept_in_another_way_is_fetched_accordingly(
    lms: RunningLms, tool: SmallTool, caching: str, fetches: int, new_kid: int, same_kid: int
) -> None:
    call_api(lms, "manner", {"key_caching": caching})
    tool.token(lms)
    tool.token(lms)

    tool.keys = {"second": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
    with_new_kid = tool.ask_for_token(lms).status_code
    tool.keys = {"second": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
    with_same_kid = tool.ask_for_token(lms).status_code

    assert (tool.fetches, with_new_kid, with_same_kid) == (fetches, new_kid, same_kid)


def test_key_set_when_forgotten_is_fetched_again(lms: RunningLms, tool: SmallTool) -> None:
    call_api(lms, "manner", {"key_caching": "for_ever"})
    tool.token(lms)
    tool.keys = {"second": rsa.generate_private_key(public_exponent=65537, key_size=2048)}

    before = tool.ask_for_token(lms).status_code
    call_api(lms, "forget-tool-keys", {})

    assert (before, tool.ask_for_token(lms).status_code) == (401, 200)


def test_token_request_when_the_key_set_is_unreachable_meets_a_page(tool: SmallTool) -> None:
    with serve(Settings(tool_url="http://127.0.0.1:9")) as lms:
        answer = tool.ask_for_token(lms)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<h1>" in answer.text


def test_token_when_its_life_is_over_is_refused(lms: RunningLms, tool: SmallTool) -> None:
    call_api(lms, "settings", {"token_lifetime_seconds": 100})
    token = tool.token(lms)
    caller = Caller(lms=lms, token=token)
    before = caller.get(caller.memberships_url(), accept=MEMBERS)

    call_api(lms, "settings", {"clock_offset_seconds": 101})

    after = caller.get(caller.memberships_url(), accept=MEMBERS)
    assert (before.status_code, after.status_code) == (200, 401)


def test_token_when_revoked_is_refused(lms: RunningLms, caller: Caller) -> None:
    before = caller.get(caller.memberships_url(), accept=MEMBERS)

    call_api(lms, "revoke-tokens", {})

    after = caller.get(caller.memberships_url(), accept=MEMBERS)
    assert (before.status_code, after.status_code) == (200, 401)


def test_request_log_when_tokens_were_asked_for_counts_them(lms: RunningLms, tool: SmallTool) -> None:
    tool.token(lms)
    tool.ask_for_token(lms, scope="")

    log = call_api(lms, "requests")

    assert [(row["service"], row["method"], row["path"], row["status"]) for row in log] == [
        ("token", "POST", "/lti/token", 200),
        ("token", "POST", "/lti/token", 400),
    ]
