"""The student view of each platform, and administrators who act as somebody else."""

from typing import Any

import pytest

from practice_lms.people import INSTRUCTOR, LEARNER, TEST_USER
from practice_lms.server import RunningLms
from tests.practice_lms.browser import Browser
from tests.practice_lms.launching import LTI, begin, form_in, launch, login_request, verified
from tests.practice_lms.small_tool import MEMBERS, Caller, call_api

VARIABLES = {"who": "$Canvas.masqueradingUser.id", "zone": "$Person.address.timezone"}


def test_student_view_when_in_canvas_is_a_test_student(caller: Caller) -> None:
    lms = caller.lms
    call_api(lms, "manner", {"dialect": "canvas"})

    login = begin(lms, "1?student_view=1", person="101")
    claims = verified(lms, launch(lms, "1?student_view=1", person="101").fields["id_token"])

    assert login["login_hint"] == claims["sub"] == "test-student-1"
    assert claims["name"] == "Test Student"
    assert claims[f"{LTI}roles"] == [LEARNER, TEST_USER]
    roster = caller.get(caller.memberships_url(), accept=MEMBERS).json()["members"]
    assert "test-student-1" not in [member["user_id"] for member in roster]
    assert caller.post_score("test-student-1").status_code == 400


def test_student_view_when_in_moodle_is_the_same_person_with_another_role(lms: RunningLms) -> None:
    claims = verified(lms, launch(lms, "1?student_view=1", person="101").fields["id_token"])

    assert (claims["sub"], claims["name"]) == ("101", "Amara Okonkwo-Bell")
    assert claims[f"{LTI}roles"] == [LEARNER]
    again = verified(lms, launch(lms, person="101").fields["id_token"])
    assert again[f"{LTI}roles"] == [INSTRUCTOR]


@pytest.mark.parametrize(
    ("dialect", "query", "who"),
    [
        ("canvas", "?masquerader=110", "110"),
        ("canvas", "", "$Canvas.masqueradingUser.id"),
        ("moodle", "?masquerader=110", "$Canvas.masqueradingUser.id"),
    ],
)
def test_masquerade_when_the_platform_can_tell_names_who_it_is(
    lms: RunningLms, dialect: str, query: str, who: str
) -> None:
    call_api(lms, "manner", {"dialect": dialect})
    made = call_api(lms, "activities", {"title": "Own", "custom": VARIABLES})["id"]

    claims = verified(lms, launch(lms, f"{made}{query}", person="103").fields["id_token"])

    assert claims["sub"] == "103"
    custom: dict[str, Any] = claims[f"{LTI}custom"]
    assert (custom["who"], custom["zone"]) == (who, "America/Denver")


def test_masquerader_when_unknown_is_refused(browser: Browser) -> None:
    assert browser.get("/api/launch/1?person=103&masquerader=999").status_code == 404


def test_administrator_when_acting_as_somebody_launches_as_them_until_stopped(
    browser: Browser, lms: RunningLms
) -> None:
    call_api(lms, "manner", {"dialect": "canvas"})
    made = call_api(lms, "activities", {"title": "Own", "custom": VARIABLES})["id"]
    browser.sign_in("110")

    acting = browser.post("/admin/act", person="102").text
    asked = login_request(lms, form_in(browser.get(f"/course/activities/{made}/launch").text).fields)
    posted = browser.get("/lti/auth", **asked)
    stopped = browser.post("/stop-acting")

    assert "Priya Raghunathan acts as Jonas Lindqvist" in acting
    claims = verified(lms, form_in(posted.text).fields["id_token"])
    assert (claims["sub"], claims[f"{LTI}custom"]["who"]) == ("102", "110")
    assert stopped.url.endswith("/admin")
    assert "acts as" not in stopped.text
    assert browser.post("/stop-acting").status_code == 404
    assert browser.post("/admin/act", person="999").status_code == 404
    browser.sign_in("101")
    assert browser.post("/admin/act", person="102").status_code == 403


@pytest.mark.parametrize(("dialect", "sub"), [("canvas", "test-student-1"), ("moodle", "101")])
def test_facilitator_when_in_the_student_view_launches_as_a_student(
    browser: Browser, lms: RunningLms, dialect: str, sub: str
) -> None:
    call_api(lms, "manner", {"dialect": dialect})
    browser.sign_in("101")

    plain, page = browser.get("/course/activities/1").text, browser.get("/course/activities/1?student=1").text
    login = form_in(browser.get("/course/activities/1/launch?student=1").text)
    posted = browser.get("/lti/auth", **login_request(lms, login.fields))

    assert "See it as a student" in plain
    assert "Leave the student view" in page
    assert 'src="/course/activities/1/launch?student=1"' in page
    claims = verified(lms, form_in(posted.text).fields["id_token"])
    assert claims["sub"] == sub
    assert LEARNER in claims[f"{LTI}roles"]


@pytest.mark.parametrize("path", ["/course/activities/1?student=1", "/course/activities/1/launch?student=1"])
def test_student_view_when_not_teaching_is_refused(browser: Browser, path: str) -> None:
    browser.sign_in("102")

    assert browser.get(path).status_code == 403
    assert "See it as a student" not in browser.get("/course/activities/1").text
