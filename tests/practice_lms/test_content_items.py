"""What deep linking offers to take, and what becomes of the items that come."""

from typing import Any

import pytest
import requests

from practice_lms.server import RunningLms
from tests.practice_lms.deep_links import DL, LINK, add_link, request_claims, response_claims, send_answer
from tests.practice_lms.launching import LTI, launch, verified
from tests.practice_lms.small_tool import LINE_ITEMS, Caller, SmallTool, call_api

REVIEW = {"reviewableStatus": ["InProgress", "Submitted", "Completed"], "label": "Open", "custom": {"a": "b"}}
WHOLE = {
    "type": "ltiResourceLink",
    "title": "Whole",
    "icon": {"url": "https://tool.invalid/icon.png", "width": 50, "height": 50},
    "thumbnail": {"url": "https://tool.invalid/thumb.png"},
    "window": {"targetName": "x", "width": 800, "height": 600},
    "iframe": {"width": 700, "height": 900},
    "available": {"startDateTime": "2026-02-06T20:05:02Z", "endDateTime": "2026-03-07T20:05:02Z"},
    "submission": {"endDateTime": "2026-03-06T20:05:02+01:00"},
    "lineItem": {
        "scoreMaximum": 3,
        "label": "Own label",
        "resourceId": "r-1",
        "tag": "journal",
        "submissionReview": REVIEW,
    },
    "custom": {"template": "7"},
}


def test_request_when_the_offer_is_changed_says_so(lms: RunningLms) -> None:
    offer = {
        "accept_types": ["link", "ltiResourceLink"],
        "accept_presentation_document_targets": ["window"],
        "accept_multiple": False,
        "accept_lineitem": True,
        "auto_create": None,
        "sends_data": False,
    }
    call_api(lms, "deep-linking/offer", offer)

    settings = request_claims(lms)[f"{DL}deep_linking_settings"]

    assert settings == {
        "accept_copy_advice": False,
        "accept_lineitem": True,
        "accept_multiple": False,
        "accept_presentation_document_targets": ["window"],
        "accept_types": ["link", "ltiResourceLink"],
        "accept_unsigned": False,
        "can_confirm": False,
        "deep_link_return_url": f"{lms.url}/lti/deep-linking/return/1",
        "text": "",
        "title": "Staffroom",
    }
    assert call_api(lms, "deep-linking/offer") == offer


def test_round_when_answered_keeps_the_whole_answer(lms: RunningLms, tool: SmallTool) -> None:
    response = response_claims(lms, request_claims(lms), WHOLE)
    (before,) = call_api(lms, "deep-linking")

    send_answer(lms, tool, response)

    (after,) = call_api(lms, "deep-linking")
    assert (before["number"], before["person"], before["answer"]) == (1, "101", None)
    assert before["data"] == response[f"{DL}data"]
    assert after == before | {"answer": response}


@pytest.mark.parametrize(
    ("dialect", "window", "label"),
    [("moodle", False, "Whole"), ("canvas", True, "Own label"), ("d2l", True, "Own label")],
)
def test_item_when_added_is_honoured_as_far_as_the_dialect_goes(
    caller: Caller, tool: SmallTool, dialect: str, window: bool, label: str
) -> None:
    lms = caller.lms
    call_api(lms, "manner", {"dialect": dialect})

    answer = add_link(lms, tool, WHOLE)

    assert answer.status_code == 200
    added = call_api(lms, "activities")[-1]
    assert (added["window"], added["sent"], added["custom"]) == (window, WHOLE, {"template": "7"})
    column = caller.get(caller.line_items_url(), accept=LINE_ITEMS, tag="journal").json()[0]
    assert column == {
        "id": added["line_items"][0],
        "label": label,
        "scoreMaximum": 3,
        "resourceId": "r-1",
        "tag": "journal",
        "resourceLinkId": str(added["id"]),
        "ltiLinkId": str(added["id"]),
        "submissionReview": REVIEW,
    }


def test_column_when_line_items_are_not_taken_is_not_made(lms: RunningLms, tool: SmallTool) -> None:
    call_api(lms, "deep-linking/offer", {"accept_lineitem": False})

    add_link(lms, tool, LINK)

    added = call_api(lms, "activities")[-1]
    assert (added["title"], added["graded"], added["line_items"]) == ("Four lenses", False, [])


def test_other_content_when_taken_is_shown_and_makes_no_activity(lms: RunningLms, tool: SmallTool) -> None:
    call_api(lms, "deep-linking/offer", {"accept_types": ["link", "html"]})
    link = {"type": "link", "url": "https://reading.invalid/", "title": "Reading", "text": "For Friday"}

    answer = add_link(lms, tool, link, {"type": "html", "html": "<p>Hi</p>", "title": "Note"})

    assert all(words in answer.text for words in ("Reading", "For Friday", "https://reading.invalid/", "Note"))
    assert len(call_api(lms, "activities")) == 3


@pytest.mark.parametrize(
    ("offer", "items"),
    [
        ({"accept_multiple": False}, [LINK, LINK]),
        ({"accept_multiple": None}, [LINK, LINK]),
        ({"accept_types": ["link"]}, [LINK]),
        ({"accept_types": []}, [LINK]),
        ({"accept_types": ["link"]}, [{"type": "link", "title": "no address"}]),
        ({"accept_types": ["html"]}, [{"type": "html"}]),
        ({"accept_presentation_document_targets": ["iframe"]}, [LINK]),
        ({"accept_presentation_document_targets": ["window"]}, [{"type": "ltiResourceLink", "iframe": {}}]),
    ],
)
def test_answer_when_it_is_not_what_was_offered_is_refused(
    lms: RunningLms, tool: SmallTool, offer: dict[str, Any], items: list[dict[str, Any]]
) -> None:
    call_api(lms, "deep-linking/offer", offer)

    answer = add_link(lms, tool, *items)

    assert (answer.status_code, "Nothing was added" in answer.text) == (400, True)
    assert len(call_api(lms, "activities")) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"text": 5},
        {"url": "javascript:alert(1)"},
        {"url": ["a"]},
        {"icon": "icon.png"},
        {"icon": {"width": 5}},
        {"thumbnail": {"url": "x", "height": "5"}},
        {"window": []},
        {"window": {"width": -1}},
        {"iframe": {"height": 1.5}},
        {"available": "now"},
        {"available": {"startDateTime": "soon"}},
        {"available": {"startDateTime": "2026-02-06T20:05:02"}},
        {"submission": {"endDateTime": 5}},
        {"submission": {"startDateTime": "2026-02-06T20:05:02Z", "endDateTime": "2026-02-05T20:05:02Z"}},
        {"lineItem": {"scoreMaximum": 1, "label": 5}},
        {"lineItem": {"scoreMaximum": 1, "resourceId": 5}},
        {"lineItem": {"scoreMaximum": 1, "submissionReview": True}},
        {"lineItem": {"scoreMaximum": 1, "submissionReview": {"reviewableStatus": "Completed"}}},
        {"lineItem": {"scoreMaximum": 1, "submissionReview": {"reviewableStatus": ["Done"]}}},
        {"lineItem": {"scoreMaximum": 1, "submissionReview": {"custom": []}}},
    ],
)
def test_item_when_a_part_is_wrong_is_refused(lms: RunningLms, tool: SmallTool, changes: dict[str, object]) -> None:
    answer = add_link(lms, tool, WHOLE | changes)

    assert answer.status_code == 400
    assert len(call_api(lms, "activities")) == 3


def test_answer_when_no_data_was_sent_may_leave_it_out(lms: RunningLms, tool: SmallTool) -> None:
    call_api(lms, "deep-linking/offer", {"sends_data": False})
    response = response_claims(lms, request_claims(lms))
    wrong = response_claims(lms, request_claims(lms)) | {f"{DL}data": "made up"}
    del response[f"{DL}data"]

    answers = [send_answer(lms, tool, response), send_answer(lms, tool, wrong, number=2)]

    assert [answer.status_code for answer in answers] == [200, 400]


def test_switches_when_the_manner_is_set_by_form_take_it(lms: RunningLms) -> None:
    form = {"accept_types": ["link", "file"], "accept_multiple": "null", "sends_data": "false"}

    page = requests.post(f"{lms.url}/switches/offer", data=form, timeout=10)
    dialect = requests.post(f"{lms.url}/switches/manner", data={"dialect": "canvas"}, timeout=10)
    wrong = requests.post(f"{lms.url}/switches/manner", data={"dialect": "morse"}, timeout=10)

    assert [answer.status_code for answer in (page, dialect, wrong)] == [200, 200, 404]
    assert '<option value="canvas" selected>' in dialect.text
    assert 'value="file" checked' in page.text
    assert call_api(lms, "deep-linking/offer") | {"auto_create": 0, "accept_lineitem": 0} == {
        "accept_types": ["link", "file"],
        "accept_presentation_document_targets": [],
        "accept_multiple": None,
        "accept_lineitem": 0,
        "auto_create": 0,
        "sends_data": False,
    }
    claims = verified(lms, launch(lms, "deep-linking", person="101").fields["id_token"])
    assert claims[f"{LTI}tool_platform"]["product_family_code"] == "canvas"
