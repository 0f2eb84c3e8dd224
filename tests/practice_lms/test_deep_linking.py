"""How activities are added, and which answers of the tool are refused."""

import time

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from practice_lms.server import RunningLms, serve
from practice_lms.settings import Settings
from tests.practice_lms.deep_links import DL, LINK, request_claims, response_claims, send_answer
from tests.practice_lms.launching import LTI, launch, verified
from tests.practice_lms.small_tool import SmallTool, call_api


def test_deep_linking_when_launched_asks_for_links(lms: RunningLms) -> None:
    claims = request_claims(lms)

    settings = claims[f"{DL}deep_linking_settings"]
    assert claims[f"{LTI}message_type"] == "LtiDeepLinkingRequest"
    assert f"{LTI}resource_link" not in claims
    assert settings["accept_types"] == ["ltiResourceLink"]
    assert settings["accept_multiple"] is True
    assert settings["deep_link_return_url"] == f"{lms.url}/lti/deep-linking/return/1"
    assert settings["data"]


def test_answer_when_in_order_adds_the_activity(lms: RunningLms, tool: SmallTool) -> None:
    answer = send_answer(lms, tool, response_claims(lms, request_claims(lms)))

    assert answer.status_code == 200
    assert "Four lenses" in answer.text
    added = call_api(lms, "activities")[-1]
    assert (added["title"], added["graded"], added["window"]) == ("Four lenses", True, False)
    claims = verified(lms, launch(lms, str(added["id"])).fields["id_token"])
    assert claims[f"{LTI}custom"] == {
        "context_memberships_url": f"{lms.url}/lti/courses/1/memberships",
        "activity_type": "journal",
        "who": "jonas",
        "odd": "$Nobody.knows",
        "count": "3",
    }
    endpoint = claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]
    assert [endpoint["lineitem"]] == added["line_items"]


def test_answer_when_it_brings_two_adds_both_and_shows_messages(lms: RunningLms, tool: SmallTool) -> None:
    plain = {"type": "ltiResourceLink", "url": lms.settings.redirect_uri}
    response = response_claims(lms, request_claims(lms)) | {
        f"{DL}content_items": [LINK, plain],
        f"{DL}msg": "Two <b>added</b>",
        f"{DL}errormsg": "But slowly",
    }

    answer = send_answer(lms, tool, response)

    assert [(row["title"], row["graded"]) for row in call_api(lms, "activities")[3:]] == [
        ("Four lenses", True),
        ("Untitled activity", False),
    ]
    assert "Two &lt;b&gt;added&lt;/b&gt;" in answer.text
    assert "But slowly" in answer.text


def test_answer_when_empty_adds_nothing(lms: RunningLms, tool: SmallTool) -> None:
    answer = send_answer(lms, tool, response_claims(lms, request_claims(lms)) | {f"{DL}content_items": []})

    assert (answer.status_code, "Nothing was added" in answer.text) == (200, True)
    assert len(call_api(lms, "activities")) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"aud": "https://elsewhere.invalid"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"nonce": None},
        {"nonce": ""},
        {f"{LTI}deployment_id": "2"},
        {f"{LTI}message_type": "LtiDeepLinkingRequest"},
        {f"{LTI}version": "1.1"},
        {f"{DL}data": "other"},
        {f"{DL}data": None},
        {f"{DL}content_items": {}},
        {f"{DL}content_items": ["link"]},
        {f"{DL}content_items": [LINK, {"type": "file"}]},
        {f"{DL}content_items": [LINK | {"title": "x" * 256}]},
        {f"{DL}content_items": [LINK | {"title": 5}]},
        {f"{DL}content_items": [LINK | {"url": "https://elsewhere.invalid/"}]},
        {f"{DL}content_items": [LINK | {"custom": []}]},
        {f"{DL}content_items": [LINK | {"lineItem": 1}]},
        {f"{DL}content_items": [LINK | {"lineItem": {}}]},
        {f"{DL}content_items": [LINK | {"lineItem": {"scoreMaximum": 0}}]},
    ],
)
def test_answer_when_something_is_wrong_is_refused_in_words(
    lms: RunningLms, tool: SmallTool, changes: dict[str, object]
) -> None:
    response = response_claims(lms, request_claims(lms)) | changes
    kept = {name: value for name, value in response.items() if value is not None}

    answer = send_answer(lms, tool, kept)

    assert (answer.status_code, "Nothing was added" in answer.text) == (400, True)
    assert len(call_api(lms, "activities")) == 3


def test_answer_when_issued_in_the_future_is_refused(lms: RunningLms, tool: SmallTool) -> None:
    response = response_claims(lms, request_claims(lms)) | {"iat": int(time.time()) + 60}

    assert send_answer(lms, tool, response).status_code == 400


def test_answer_when_sent_twice_is_refused(lms: RunningLms, tool: SmallTool) -> None:
    response = response_claims(lms, request_claims(lms))

    answers = [send_answer(lms, tool, response) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert len(call_api(lms, "activities")) == 4


def test_nonce_when_used_in_another_round_is_refused(lms: RunningLms, tool: SmallTool) -> None:
    first = response_claims(lms, request_claims(lms))
    send_answer(lms, tool, first)

    second = response_claims(lms, request_claims(lms)) | {"nonce": first["nonce"]}

    assert send_answer(lms, tool, second, number=2).status_code == 400


def test_answer_when_signed_by_a_stranger_is_refused(lms: RunningLms) -> None:
    stranger = SmallTool(keys={"first": rsa.generate_private_key(public_exponent=65537, key_size=2048)})

    answer = send_answer(lms, stranger, response_claims(lms, request_claims(lms)))

    assert answer.status_code == 400
    assert "cannot be trusted" in answer.text


def test_answer_when_nothing_was_asked_is_refused(lms: RunningLms, tool: SmallTool) -> None:
    response = response_claims(lms, request_claims(lms))

    assert send_answer(lms, tool, response, number=7).status_code == 400
    assert requests.post(f"{lms.url}/lti/deep-linking/return/1", timeout=10).status_code == 400


def test_answer_when_the_keys_are_unreachable_is_refused(tool: SmallTool) -> None:
    with serve(Settings(tool_url="http://127.0.0.1:9")) as lms:
        answer = send_answer(lms, tool, response_claims(lms, request_claims(lms)))

    assert answer.status_code == 400
    assert "keys cannot be read" in answer.text
