"""Who wants to hear of course copies, and what they are told."""

import time
from typing import Any

import pytest

from practice_lms.server import RunningLms, serve
from practice_lms.settings import Settings
from tests.practice_lms.launching import LTI, launch, verified
from tests.practice_lms.small_tool import AGS, NOTICES, Caller, SmallTool, call_api

CLAIM = f"{LTI}platformnotificationservice"


@pytest.fixture
def subscribed(caller: Caller, tool: SmallTool) -> Caller:
    """The tool with its handler set."""
    call_api(caller.lms, "manner", {"notices": True})
    assert _put(caller, handler=f"{tool.url}/lti/notices").status_code == 200
    return caller


def test_launch_when_notices_are_off_says_nothing_of_them(caller: Caller) -> None:
    assert CLAIM not in verified(caller.lms, launch(caller.lms).fields["id_token"])
    assert _put(caller, handler="").status_code == 404


def test_launch_when_notices_are_on_names_the_service(subscribed: Caller) -> None:
    claims = verified(subscribed.lms, launch(subscribed.lms).fields["id_token"])

    assert claims[CLAIM] == {
        "service_versions": ["1.0"],
        "platform_notification_service_url": _url(subscribed.lms),
        "scope": [NOTICES],
        "notice_types_supported": ["LtiContextCopyNotice"],
    }


def test_handler_when_set_is_listed_until_it_is_emptied(subscribed: Caller, tool: SmallTool) -> None:
    handler = f"{tool.url}/lti/notices"

    listed = subscribed.get(_url(subscribed.lms), accept="application/json").json()
    emptied = _put(subscribed, handler="")
    after = subscribed.get(_url(subscribed.lms), accept="application/json").json()

    assert listed == {
        "client_id": subscribed.lms.settings.client_id,
        "deployment_id": "1",
        "notice_handlers": [{"notice_type": "LtiContextCopyNotice", "handler": handler}],
    }
    assert emptied.json() == {"notice_type": "LtiContextCopyNotice", "handler": ""}
    assert after["notice_handlers"][0]["handler"] == ""


def test_course_when_copied_is_told_in_a_signed_notice(subscribed: Caller, tool: SmallTool) -> None:
    lms = subscribed.lms

    copied = call_api(lms, "courses/1/copy", {"title": "Next year", "label": "IND-2"})["id"]

    ((path, body),) = tool.notices
    assert path == "/lti/notices"
    (notice,) = body["notices"]
    claims = verified(lms, notice["jwt"])
    assert abs(claims.pop("iat") - time.time()) < 30
    assert claims.pop("exp") > time.time()
    assert claims.pop("nonce")
    told = claims.pop(f"{LTI}notice")
    assert (told["type"], told["timestamp"][-1]) == ("LtiContextCopyNotice", "Z")
    assert claims == {
        "iss": lms.url,
        "aud": lms.settings.client_id,
        "azp": lms.settings.client_id,
        f"{LTI}version": "1.3.0",
        f"{LTI}deployment_id": "1",
        f"{LTI}context": {"id": str(copied), "label": "IND-2", "title": "Next year", "type": ["CourseSection"]},
        f"{LTI}origin_contexts": ["1"],
    }
    (sent,) = call_api(lms, "notices")
    assert (sent["status"], sent["token"]) == (200, notice["jwt"])


def test_course_when_copied_and_nobody_listens_is_copied_all_the_same(tool: SmallTool) -> None:
    with serve(Settings(tool_url=tool.url)) as lms:
        call_api(lms, "manner", {"notices": True})
        with lms.lms.changing() as state:
            state.notice_handlers["default", "LtiContextCopyNotice"] = "http://127.0.0.1:9/"

        copied = call_api(lms, "courses/1/copy", {})

        assert [row["status"] for row in call_api(lms, "notices")] == [None]
        assert copied["id"] in [course["id"] for course in call_api(lms, "courses")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        {"handler": "x"},
        {"notice_type": "LtiContextCopyNotice"},
        {"notice_type": "LtiOther", "handler": ""},
        {"notice_type": "LtiContextCopyNotice", "handler": 5},
        {"notice_type": "LtiContextCopyNotice", "handler": "https://elsewhere.invalid/"},
    ],
)
def test_handler_when_it_makes_no_sense_is_refused(subscribed: Caller, body: object) -> None:
    answer = subscribed.send(_url(subscribed.lms), body, content_type="application/json", method="PUT")

    assert answer.status_code == 400


def test_handler_when_scope_or_deployment_is_wrong_is_refused(subscribed: Caller, tool: SmallTool) -> None:
    lms = subscribed.lms
    other = Caller(lms=lms, token=tool.token(lms, f"{AGS}score"))
    elsewhere = f"{_url(lms)}2"

    answers = [
        _put(other, handler=""),
        subscribed.get(elsewhere, accept="application/json"),
        subscribed.send(_url(lms), {}, content_type="text/plain", method="PUT"),
    ]

    assert [answer.status_code for answer in answers] == [403, 404, 415]


def _url(lms: RunningLms) -> str:
    return f"{lms.url}/lti/notice-handlers/1"


def _put(caller: Caller, *, handler: str) -> Any:
    body = {"notice_type": "LtiContextCopyNotice", "handler": handler}
    return caller.send(_url(caller.lms), body, content_type="application/json", method="PUT")
