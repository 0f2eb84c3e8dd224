"""How activities are added, and which answers of the tool are refused."""

import time
import uuid
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from practice_lms.server import RunningLms, serve
from practice_lms.settings import Settings
from tests.practice_lms.launching import LTI, launch, verified
from tests.practice_lms.small_tool import SmallTool, call_api

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
LINK = {
    "type": "ltiResourceLink",
    "title": "Four lenses",
    "text": "One event, four ways to look.",
    "custom": {"activity_type": "journal", "who": "$User.username", "odd": "$Nobody.knows", "count": 3},
    "lineItem": {"scoreMaximum": 1, "label": "ignored", "resourceId": "t-1", "tag": "journal"},
    "window": {"targetName": "_blank"},
}


def test_deep_linking_when_launched_asks_for_links(lms: RunningLms) -> None:
    claims = _request(lms)

    settings = claims[f"{DL}deep_linking_settings"]
    assert claims[f"{LTI}message_type"] == "LtiDeepLinkingRequest"
    assert f"{LTI}resource_link" not in claims
    assert settings["accept_types"] == ["ltiResourceLink"]
    assert settings["accept_multiple"] is True
    assert settings["deep_link_return_url"] == f"{lms.url}/lti/deep-linking/return/1"
    assert settings["data"]


def test_answer_when_in_order_adds_the_activity(lms: RunningLms, tool: SmallTool) -> None:
    answer = _answer(lms, tool, _response(lms, _request(lms)))

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
    response = _response(lms, _request(lms)) | {
        f"{DL}content_items": [LINK, plain],
        f"{DL}msg": "Two <b>added</b>",
        f"{DL}errormsg": "But slowly",
    }

    answer = _answer(lms, tool, response)

    assert [(row["title"], row["graded"]) for row in call_api(lms, "activities")[3:]] == [
        ("Four lenses", True),
        ("Untitled activity", False),
    ]
    assert "Two &lt;b&gt;added&lt;/b&gt;" in answer.text
    assert "But slowly" in answer.text


def test_answer_when_empty_adds_nothing(lms: RunningLms, tool: SmallTool) -> None:
    answer = _answer(lms, tool, _response(lms, _request(lms)) | {f"{DL}content_items": []})

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
    response = _response(lms, _request(lms)) | changes
    kept = {name: value for name, value in response.items() if value is not None}

    answer = _answer(lms, tool, kept)

    assert (answer.status_code, "Nothing was added" in answer.text) == (400, True)
    assert len(call_api(lms, "activities")) == 3


def test_answer_when_issued_in_the_future_is_refused(lms: RunningLms, tool: SmallTool) -> None:
    response = _response(lms, _request(lms)) | {"iat": int(time.time()) + 60}

    assert _answer(lms, tool, response).status_code == 400


def test_answer_when_sent_twice_is_refused(lms: RunningLms, tool: SmallTool) -> None:
    response = _response(lms, _request(lms))

    answers = [_answer(lms, tool, response) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert len(call_api(lms, "activities")) == 4


def test_nonce_when_used_in_another_round_is_refused(lms: RunningLms, tool: SmallTool) -> None:
    first = _response(lms, _request(lms))
    _answer(lms, tool, first)

    second = _response(lms, _request(lms)) | {"nonce": first["nonce"]}

    assert _answer(lms, tool, second, number=2).status_code == 400


def test_answer_when_signed_by_a_stranger_is_refused(lms: RunningLms) -> None:
    stranger = SmallTool(keys={"first": rsa.generate_private_key(public_exponent=65537, key_size=2048)})

    answer = _answer(lms, stranger, _response(lms, _request(lms)))

    assert answer.status_code == 400
    assert "cannot be trusted" in answer.text


def test_answer_when_nothing_was_asked_is_refused(lms: RunningLms, tool: SmallTool) -> None:
    response = _response(lms, _request(lms))

    assert _answer(lms, tool, response, number=7).status_code == 400
    assert requests.post(f"{lms.url}/lti/deep-linking/return/1", timeout=10).status_code == 400


def test_answer_when_the_keys_are_unreachable_is_refused(tool: SmallTool) -> None:
    with serve(Settings(tool_url="http://127.0.0.1:9")) as lms:
        answer = _answer(lms, tool, _response(lms, _request(lms)))

    assert answer.status_code == 400
    assert "keys cannot be read" in answer.text


def _request(lms: RunningLms) -> dict[str, Any]:
    return verified(lms, launch(lms, "deep-linking", person="101").fields["id_token"])


def _response(lms: RunningLms, request: dict[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": lms.settings.client_id,
        "aud": [lms.url],
        "iat": now - 5,
        "exp": now + 300,
        "nonce": uuid.uuid4().hex,
        f"{LTI}deployment_id": "1",
        f"{LTI}message_type": "LtiDeepLinkingResponse",
        f"{LTI}version": "1.3.0",
        f"{DL}data": request[f"{DL}deep_linking_settings"]["data"],
        f"{DL}content_items": [LINK],
    }


def _answer(lms: RunningLms, tool: SmallTool, claims: dict[str, Any], *, number: int = 1) -> requests.Response:
    url = f"{lms.url}/lti/deep-linking/return/{number}"
    return requests.post(url, data={"JWT": tool.sign(claims)}, timeout=10)
