"""How a launch goes, and where the authorisation endpoint says no."""

import json
import time

import jwt
import pytest
import requests

from practice_lms.server import RunningLms
from tests.practice_lms.launching import LTI, begin, form_in, launch, login_request, take_up, verified
from tests.practice_lms.small_tool import call_api

AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"


def test_launch_when_begun_has_the_login_parameters_of_moodle(lms: RunningLms) -> None:
    login = begin(lms)

    hint = json.loads(login.pop("lti_message_hint"))
    assert hint["cmid"] == 1
    assert hint["launchid"].startswith("ltilaunch1_")
    assert login == {
        "iss": lms.url,
        "login_hint": "102",
        "target_link_uri": lms.settings.redirect_uri,
        "client_id": "practice-staffroom",
        "lti_deployment_id": "1",
    }


def test_launch_when_taken_up_posts_a_token_of_a_minute(lms: RunningLms) -> None:
    posted = launch(lms)

    assert posted.action == lms.settings.redirect_uri
    assert posted.fields["state"] == "a-state"
    claims = verified(lms, posted.fields["id_token"])
    assert claims["exp"] - claims["iat"] == 60
    assert abs(claims["iat"] - time.time()) < 30
    assert (claims["iss"], claims["sub"], claims["nonce"]) == (lms.url, "102", "a-nonce")
    assert claims[f"{LTI}message_type"] == "LtiResourceLinkRequest"
    assert claims[f"{LTI}roles"] == ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]
    assert claims[f"{LTI}resource_link"]["title"] == "Weekly reflection"
    assert claims[f"{LTI}launch_presentation"]["document_target"] == "iframe"
    assert claims[AGS_CLAIM]["lineitem"] == f"{lms.url}/lti/courses/1/lineitems/11/lineitem?type_id=1"


def test_launch_when_the_activity_opens_a_window_says_so(lms: RunningLms) -> None:
    claims = verified(lms, launch(lms, "2").fields["id_token"])

    assert claims[f"{LTI}launch_presentation"]["document_target"] == "window"


def test_launch_when_ungraded_names_no_line_item(lms: RunningLms) -> None:
    claims = verified(lms, launch(lms, "3").fields["id_token"])

    assert "lineitem" not in claims[AGS_CLAIM]
    assert claims[AGS_CLAIM]["lineitems"] == f"{lms.url}/lti/courses/1/lineitems?type_id=1"


@pytest.mark.parametrize("switch", ["line-items/second", "line-items/lose"])
def test_launch_when_there_are_two_columns_or_none_names_no_line_item(lms: RunningLms, switch: str) -> None:
    call_api(lms, switch, {"activity": 1})

    claims = verified(lms, launch(lms).fields["id_token"])

    assert "lineitem" not in claims[AGS_CLAIM]


def test_launch_when_by_the_administrator_has_no_membership_role(lms: RunningLms) -> None:
    claims = verified(lms, launch(lms, person="110").fields["id_token"])

    assert claims[f"{LTI}roles"] == [
        "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator",
        "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator",
    ]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "openid profile"}, "invalid_scope"),
        ({"response_type": "code"}, "unsupported_response_type"),
        ({"response_mode": "query"}, "invalid_request"),
        ({"response_mode": None}, "invalid_request"),
        ({"prompt": "login"}, "invalid_request"),
        ({"prompt": None}, "invalid_request"),
        ({"client_id": "somebody"}, "unauthorized_client"),
        ({"login_hint": "103"}, "access_denied"),
        ({"nonce": None}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"lti_message_hint": None}, "invalid_request"),
        ({"lti_message_hint": "{"}, "invalid_request"),
        ({"lti_message_hint": "[]"}, "invalid_request"),
    ],
)
def test_login_when_a_parameter_is_wrong_posts_an_error_and_no_token(
    lms: RunningLms, changes: dict[str, str | None], error: str
) -> None:
    posted = form_in(take_up(lms, begin(lms), **changes).text)

    assert posted.action == lms.settings.redirect_uri
    assert posted.fields.keys() == {"error", "error_description", "state"}
    assert posted.fields["error"] == error
    assert posted.fields["state"] == (changes.get("state", "a-state") or "")


@pytest.mark.parametrize("ending", ["?x=1", "/", "#there"])
def test_login_when_the_redirect_uri_differs_ends_on_a_page(lms: RunningLms, ending: str) -> None:
    answer = take_up(lms, begin(lms), redirect_uri=lms.settings.redirect_uri + ending)

    assert answer.status_code == 404
    assert "<form" not in answer.text


def test_login_when_the_launch_id_was_used_ends_on_a_page(lms: RunningLms) -> None:
    login = begin(lms)

    answers = [take_up(lms, login) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 404]
    assert "id_token" not in answers[1].text


def test_login_when_posted_works_too(lms: RunningLms) -> None:
    asked = login_request(lms, begin(lms))

    answer = requests.post(f"{lms.url}/lti/auth", data=asked, timeout=10)

    assert "id_token" in form_in(answer.text).fields


def test_browser_launch_when_the_cookie_is_missing_is_denied(lms: RunningLms) -> None:
    browser = requests.Session()
    with browser:
        browser.post(f"{lms.url}/sign-in", data={"person": "102"}, timeout=10)
        page = browser.get(f"{lms.url}/course/activities/1/launch", timeout=10).text
        login = form_in(page)

        without = take_up(lms, login.fields)

        page = browser.get(f"{lms.url}/course/activities/1/launch", timeout=10).text
        asked = login_request(lms, form_in(page).fields)
        with_cookie = browser.get(f"{lms.url}/lti/auth", params=asked, timeout=10)
    assert login.action == lms.settings.login_url
    assert form_in(without.text).fields["error"] == "access_denied"
    assert "id_token" in form_in(with_cookie.text).fields


def test_next_launch_when_overridden_is_changed_once(lms: RunningLms) -> None:
    overrides = {
        "claims": {"sub": 5},
        "remove": [f"{LTI}roles"],
        "header": {"kid": None, "typ": "odd"},
        "login": {"target_link_uri": "https://elsewhere.invalid", "iss": None},
    }
    call_api(lms, "next-launch", overrides)

    login = begin(lms)
    token = form_in(take_up(lms, login).text).fields["id_token"]
    after = verified(lms, launch(lms).fields["id_token"])

    assert login["target_link_uri"] == "https://elsewhere.invalid"
    assert "iss" not in login
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "typ": "odd"}
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], f"{LTI}roles" in claims) == (5, False)
    assert after["sub"] == "102"
    assert f"{LTI}roles" in after


def test_keys_when_rotated_publish_the_old_one_only_on_request(lms: RunningLms) -> None:
    first = _published(lms)
    second = call_api(lms, "rotate-keys", {"keep_old": True})["kid"]
    both = _published(lms)
    third = call_api(lms, "rotate-keys", {})["kid"]

    assert both == [*first, second]
    assert _published(lms) == [third]
    assert verified(lms, launch(lms).fields["id_token"])["sub"] == "102"


def test_clock_when_offset_moves_the_times_of_the_token(lms: RunningLms) -> None:
    call_api(lms, "settings", {"clock_offset_seconds": -300})

    token = launch(lms).fields["id_token"]

    claims = jwt.decode(token, options={"verify_signature": False})
    assert abs(claims["iat"] - (time.time() - 300)) < 30


@pytest.mark.parametrize("algorithm", ["RS384", "PS256", "HS256", "none"])
def test_signed_token_when_an_algorithm_is_named_is_made_with_it(lms: RunningLms, algorithm: str) -> None:
    token = call_api(lms, "sign-token", {"claims": {"a": 1}, "header": {"alg": algorithm}})["token"]

    assert jwt.get_unverified_header(token)["alg"] == algorithm
    assert jwt.decode(token, options={"verify_signature": False}) == {"a": 1}


def test_launch_when_person_or_activity_is_unknown_is_not_found(lms: RunningLms) -> None:
    for path in ("launch/99?person=102", "launch/1?person=999", "launch/1"):
        assert requests.get(f"{lms.url}/api/{path}", timeout=10).status_code == 404


def _published(lms: RunningLms) -> list[str]:
    keys = requests.get(f"{lms.url}/lti/jwks.json", timeout=10).json()["keys"]
    return [key["kid"] for key in keys]
