"""Reviewing a submission from the gradebook, and launches about somebody's data."""

import pytest

from practice_lms.people import ADMINISTRATORS, INSTRUCTOR, LEARNER
from practice_lms.server import RunningLms
from tests.practice_lms.browser import Browser
from tests.practice_lms.deep_links import LINK, add_link
from tests.practice_lms.launching import LTI, begin, launch, verified
from tests.practice_lms.small_tool import Caller, SmallTool, call_api

AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
REVIEW = "submission-review?for_user=102"
JONAS = {
    "user_id": "102",
    "person_sourcedid": "EMP-102",
    "name": "Jonas Lindqvist",
    "given_name": "Jonas",
    "family_name": "Lindqvist",
    "email": "jonas@practice.invalid",
    "roles": [LEARNER],
}


def test_review_when_launched_by_moodle_is_a_launch_about_somebody(caller: Caller) -> None:
    lms = caller.lms

    claims = verified(lms, launch(lms, f"{REVIEW}&activity=1", person="101").fields["id_token"])

    assert claims[f"{LTI}message_type"] == "LtiSubmissionReviewRequest"
    assert claims[f"{LTI}for_user"] == {"user_id": "102"}
    assert claims["sub"] == "101"
    assert claims[f"{LTI}roles"] == [INSTRUCTOR]
    assert claims[f"{LTI}resource_link"]["id"] == "1"
    assert claims[f"{LTI}context"]["id"] == "1"
    assert claims[AGS_CLAIM]["lineitem"] == caller.line_item_url(11)


def test_review_when_launched_by_another_tells_more_of_whom_and_which_column(caller: Caller, tool: SmallTool) -> None:
    lms = caller.lms
    call_api(lms, "manner", {"dialect": "canvas"})
    where = f"{lms.settings.tool_url}/lti/launch?review"
    review = {"url": where, "custom": {"review": "yes"}, "reviewableStatus": ["Completed"]}
    add_link(lms, tool, LINK | {"lineItem": {"scoreMaximum": 1, "submissionReview": review}})
    added = call_api(lms, "activities")[-1]
    call_api(lms, "line-items/second", {"activity": added["id"]})

    login = begin(lms, f"{REVIEW}&activity={added['id']}", person="101")
    claims = verified(lms, launch(lms, f"{REVIEW}&activity={added['id']}", person="101").fields["id_token"])

    assert login["target_link_uri"] == claims[f"{LTI}target_link_uri"] == where
    assert claims[f"{LTI}for_user"] == JONAS
    assert (claims[f"{LTI}custom"]["review"], claims[f"{LTI}custom"]["who"]) == ("yes", "amara")
    assert claims[AGS_CLAIM]["lineitem"] == added["line_items"][0]


@pytest.mark.parametrize(("dialect", "is_named"), [("moodle", False), ("sakai", True)])
def test_review_when_there_are_two_columns_is_named_by_all_but_moodle(
    lms: RunningLms, dialect: str, is_named: bool
) -> None:
    call_api(lms, "manner", {"dialect": dialect})
    call_api(lms, "line-items/second", {"activity": 1})

    claims = verified(lms, launch(lms, f"{REVIEW}&line_item=11", person="101").fields["id_token"])

    assert ("lineitem" in claims[AGS_CLAIM]) is is_named


def test_review_of_a_column_without_a_link_names_no_link(caller: Caller) -> None:
    lms = caller.lms
    call_api(lms, "manner", {"dialect": "canvas"})
    column = caller.send(caller.line_items_url(), {"label": "Hours", "scoreMaximum": 10}).json()["id"]
    number = column.split("/")[7]

    claims = verified(lms, launch(lms, f"{REVIEW}&line_item={number}", person="101").fields["id_token"])

    assert f"{LTI}resource_link" not in claims
    assert claims[AGS_CLAIM]["lineitem"] == column
    assert claims[f"{LTI}target_link_uri"] == lms.settings.redirect_uri


@pytest.mark.parametrize(
    ("query", "status"),
    [("person=101&for_user=102&activity=3", 400), ("person=101&for_user=999&activity=1", 404), ("person=101", 400)],
)
def test_review_when_of_nothing_is_refused(browser: Browser, query: str, status: int) -> None:
    assert browser.get(f"/api/launch/submission-review?{query}").status_code == status


def test_gradebook_when_a_grade_stands_offers_its_review_to_those_who_teach(caller: Caller, browser: Browser) -> None:
    caller.post_score("102")
    address = "/courses/1/gradebook/11/102/review"

    browser.sign_in("101")
    as_facilitator = browser.get("/course/gradebook").text
    page = browser.get(address)
    begun = browser.get(f"{address}/launch").text
    missing = [browser.get(path).status_code for path in (address.replace("/11/", "/99/"), address.replace("102", "0"))]
    browser.sign_in("102")
    as_teacher = browser.get("/course/gradebook").text
    refused = browser.get(address).status_code

    assert as_facilitator.count(f'href="{address}"') == 1
    assert f'src="{address}/launch"' in page.text
    assert "lti_message_hint" in begun
    assert missing == [404, 404]
    assert (refused, "review" in as_teacher) == (403, False)


def test_gradebook_when_the_tool_declared_no_review_offers_none_except_in_moodle(
    caller: Caller, browser: Browser
) -> None:
    caller.post_score("102")
    call_api(caller.lms, "manner", {"dialect": "canvas"})
    browser.sign_in("101")

    assert "/review" not in browser.get("/course/gradebook").text


def test_data_privacy_launch_when_begun_is_about_somebody_and_in_no_course(lms: RunningLms) -> None:
    call_api(lms, "manner", {"dialect": "canvas"})

    claims = verified(lms, launch(lms, "data-privacy?for_user=102", person="110").fields["id_token"])

    assert claims[f"{LTI}message_type"] == "DataPrivacyLaunchRequest"
    assert claims[f"{LTI}roles"] == list(ADMINISTRATORS)
    assert claims[f"{LTI}for_user"] == JONAS
    assert (claims["sub"], claims["name"]) == ("110", "Priya Raghunathan")
    absent = {f"{LTI}context", f"{LTI}resource_link", AGS_CLAIM}
    assert absent.isdisjoint(claims)
    assert not [name for name in claims if "nrps" in name]


def test_administration_when_an_administrator_opens_it_leads_to_the_data(browser: Browser) -> None:
    browser.sign_in("110")

    index, page = browser.get("/admin").text, browser.get("/admin/privacy?person=102&tool=default").text

    assert "Jonas Lindqvist" in index
    assert 'src="/admin/privacy/launch?person=102&amp;tool=default"' in page
    assert "lti_message_hint" in browser.get("/admin/privacy/launch?person=102&tool=default").text
    assert browser.get("/admin/privacy?person=0").status_code == 404
    assert browser.get("/admin/privacy?person=102&tool=none").status_code == 404


@pytest.mark.parametrize("path", ["/admin", "/admin/privacy?person=102", "/admin/privacy/launch?person=102"])
def test_administration_when_by_somebody_else_is_refused(browser: Browser, path: str) -> None:
    browser.sign_in("101")

    assert browser.get(path).status_code == 403
    assert "Administration" not in browser.get("/course").text
