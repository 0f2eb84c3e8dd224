"""Several courses, each with its own people and activities; copies of courses and duplicates of activities."""

from typing import Any

import pytest

from practice_lms.people import INSTRUCTOR, LEARNER
from practice_lms.server import RunningLms
from tests.practice_lms.browser import Browser
from tests.practice_lms.deep_links import DL, response_claims, send_answer
from tests.practice_lms.launching import LTI, launch, verified
from tests.practice_lms.small_tool import LINE_ITEM, LINE_ITEMS, MEMBERS, Caller, SmallTool, call_api

AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
HISTORIES = {"course": "$Context.id.history", "link": "$ResourceLink.id.history", "template": "7"}


def test_courses_when_fresh_are_two_with_people_of_their_own(caller: Caller) -> None:
    first, second = call_api(caller.lms, "courses")

    assert (first["title"], first["enrolled"]) == ("First-year induction", 9)
    assert (second["id"], second["title"], second["enrolled"]) == (2, "Open doors at Hillcrest", 5)
    roster = caller.get(caller.memberships_url(2), accept=MEMBERS).json()
    assert roster["context"] == {"id": "2", "label": "OBS-2", "title": "Open doors at Hillcrest"}
    assert {member["user_id"]: member["roles"] for member in roster["members"]} == {
        "101": ["Instructor"],
        "102": ["Instructor"],
        "103": ["Learner"],
        "104": ["Learner"],
        "105": ["Learner"],
    }


def test_course_when_made_has_its_own_context_roster_and_columns(caller: Caller) -> None:
    lms = caller.lms
    members = {"102": [LEARNER], "104": [INSTRUCTOR]}
    course = call_api(lms, "courses", {"title": "Technology circle", "label": "TECH", "members": members})["id"]
    made = call_api(lms, "activities", {"title": "Try one thing", "course": course, "tag": "t"})["id"]

    claims = verified(lms, launch(lms, str(made), person="104").fields["id_token"])

    assert claims[f"{LTI}context"] == {
        "id": str(course),
        "label": "TECH",
        "title": "Technology circle",
        "type": ["CourseSection"],
    }
    assert claims[f"{LTI}roles"] == [INSTRUCTOR]
    assert claims[NRPS_CLAIM]["context_memberships_url"] == caller.memberships_url(course)
    assert claims[AGS_CLAIM]["lineitems"] == caller.line_items_url(course)
    columns = caller.get(caller.line_items_url(course), accept=LINE_ITEMS).json()
    assert [row["id"] for row in columns] == [claims[AGS_CLAIM]["lineitem"]]
    assert len(caller.get(caller.line_items_url(), accept=LINE_ITEMS).json()) == 2


def test_line_item_when_asked_for_in_another_course_is_not_found(caller: Caller) -> None:
    elsewhere = caller.line_item_url(11).replace("courses/1", "courses/2")

    assert caller.get(elsewhere, accept=LINE_ITEM).status_code == 404
    assert caller.send(elsewhere, {"label": "Mine", "scoreMaximum": 1}, method="PUT").status_code == 404
    of_another = {"label": "Mine", "scoreMaximum": 1, "resourceLinkId": "1"}
    assert caller.send(caller.line_items_url(2), of_another).status_code == 403


def test_score_when_the_person_is_in_another_course_only_is_refused(caller: Caller) -> None:
    made = call_api(caller.lms, "activities", {"title": "Board", "course": 2})["id"]
    (url,) = next(row["line_items"] for row in call_api(caller.lms, "activities") if row["id"] == made)
    number = int(url.split("/")[7])

    answers = [_score(caller, number, person) for person in ("103", "106", "102")]

    assert answers == [200, 400, 400]
    assert [(row["person"], row["course"]) for row in caller.gradebook()] == [("103", 2)]


def test_deep_linking_when_begun_in_a_course_adds_there(lms: RunningLms, tool: SmallTool) -> None:
    claims = verified(lms, launch(lms, "deep-linking?course=2", person="102").fields["id_token"])

    send_answer(lms, tool, response_claims(lms, claims))

    assert claims[f"{LTI}context"]["id"] == "2"
    assert claims[f"{DL}deep_linking_settings"]["deep_link_return_url"].endswith("/1")
    assert call_api(lms, "activities")[-1]["course"] == 2


def test_link_when_placed_by_its_address_has_no_custom_parameters(lms: RunningLms) -> None:
    target = f"{lms.settings.tool_url}/lti/launch"
    made = call_api(lms, "activities", {"title": "Plain", "url": target})["id"]

    claims = verified(lms, launch(lms, str(made)).fields["id_token"])

    assert claims[f"{LTI}custom"].keys() == {"context_memberships_url"}
    assert claims[f"{LTI}target_link_uri"] == target


@pytest.mark.parametrize(
    ("dialect", "link_history"), [("moodle", "$ResourceLink.id.history"), ("canvas", "ORIGINAL"), ("sakai", "ORIGINAL")]
)
def test_course_when_copied_has_new_ids_and_the_same_content(caller: Caller, dialect: str, link_history: str) -> None:
    lms = caller.lms
    call_api(lms, "manner", {"dialect": dialect})
    original = _activity_with_history(lms)
    caller.post_score()

    copied = call_api(lms, "courses/1/copy", {"title": "Induction, next year"})

    copy = copied["activities"][str(original)]
    claims = verified(lms, launch(lms, str(copy), person="101").fields["id_token"])
    assert claims[f"{LTI}context"]["id"] == str(copied["id"]) != "1"
    assert claims[f"{LTI}context"]["title"] == "Induction, next year"
    assert claims[f"{LTI}resource_link"]["id"] == str(copy) != str(original)
    custom = claims[f"{LTI}custom"]
    assert (custom["course"], custom["template"]) == ("1", "7")
    assert custom["link"] == link_history.replace("ORIGINAL", str(original))
    column = caller.get(claims[AGS_CLAIM]["lineitem"], accept=LINE_ITEM).json()
    assert (column["resourceId"], column["tag"], column["resourceLinkId"]) == ("r-1", "journal", str(copy))
    assert len(copied["activities"]) == 4
    assert {row["course"] for row in caller.gradebook()} == {1}


def test_course_when_copied_twice_names_the_nearest_ancestor_first(lms: RunningLms) -> None:
    call_api(lms, "manner", {"dialect": "canvas"})
    original = _activity_with_history(lms)

    first = call_api(lms, "courses/1/copy", {})
    second = call_api(lms, f"courses/{first['id']}/copy", {})

    middle = first["activities"][str(original)]
    custom = _custom(lms, second["activities"][str(middle)])
    assert custom["course"] == f"{first['id']},1"
    assert custom["link"] == f"{middle},{original}"


@pytest.mark.parametrize(
    ("with_learners", "people"), [(False, {"101", "109"}), (True, {str(n) for n in range(101, 110)})]
)
def test_course_when_copied_brings_those_who_teach_and_others_when_asked(
    caller: Caller, with_learners: bool, people: set[str]
) -> None:
    copied = call_api(caller.lms, "courses/1/copy", {"with_learners": with_learners})["id"]

    members = caller.get(caller.memberships_url(copied), accept=MEMBERS).json()["members"]

    assert {member["user_id"] for member in members} == people


def test_activity_when_duplicated_is_a_new_link_of_the_same_course(caller: Caller) -> None:
    lms = caller.lms
    original = _activity_with_history(lms)

    copy = call_api(lms, f"activities/{original}/duplicate", {})["id"]

    before, after = call_api(lms, "activities")[-2:]
    assert (after["id"], after["title"], after["copied_from"]) == (copy, "With history (copy)", [original])
    same = ("custom", "course", "graded", "window", "sent")
    assert {name: before[name] for name in same} == {name: after[name] for name in same}
    found = caller.get(caller.line_items_url(), accept=LINE_ITEMS, resource_id="r-1", tag="journal").json()
    assert [row["resourceLinkId"] for row in found] == [str(original), str(copy)]
    assert _custom(lms, copy)["course"] == ""


def test_pages_when_there_are_two_courses_show_each_with_its_own(browser: Browser, lms: RunningLms) -> None:
    call_api(lms, "activities", {"title": "Period three", "course": 2})
    browser.sign_in("102")

    index, first, second = (browser.get(path).text for path in ("/courses", "/course", "/courses/2"))

    assert "you take part" in index
    assert "you teach it" in index
    assert "Weekly reflection" in first
    assert "Add an activity" not in first
    assert "Period three" in second
    assert "Weekly reflection" not in second
    assert "Add an activity" in second
    assert "Gradebook" in second
    assert browser.get("/courses/1").url.endswith("/course")


@pytest.mark.parametrize("path", ["/courses/2", "/courses/2/gradebook", "/courses/2/add", "/course/activities/21"])
def test_course_page_when_not_enrolled_is_refused(browser: Browser, lms: RunningLms, path: str) -> None:
    call_api(lms, "activities", {"title": "Period three", "course": 2})
    browser.sign_in("106")

    assert browser.get(path).status_code == 403
    assert "Hillcrest" not in browser.get("/courses").text


def test_administrator_when_looking_sees_every_course(browser: Browser) -> None:
    browser.sign_in("110")

    assert browser.get("/courses").text.count("you are not enrolled") == 2
    assert browser.get("/courses/2").status_code == 200
    assert browser.get("/courses/99").status_code == 404


def test_course_when_copied_and_changed_by_its_page_does_so(browser: Browser, lms: RunningLms) -> None:
    browser.sign_in("101")
    target = f"{lms.settings.tool_url}/lti/launch"

    copied = browser.post("/courses/1/copy", title="Next year", with_learners="on")
    browser.post("/course/activities/1/duplicate")
    browser.post("/courses/1/add/address", title="By address", url=target, graded="on")
    refused = browser.post("/courses/1/add/address", title="Elsewhere", url="https://elsewhere.invalid/")

    assert "Next year" in copied.text
    assert call_api(lms, "courses")[-1]["enrolled"] == 9
    rows = [row for row in call_api(lms, "activities") if row["course"] == 1]
    assert [(row["title"], row["url"], len(row["line_items"])) for row in rows[3:]] == [
        ("Weekly reflection (copy)", None, 1),
        ("By address", target, 1),
    ]
    assert refused.status_code == 404


@pytest.mark.parametrize("path", ["/courses/1/copy", "/course/activities/1/duplicate", "/courses/1/add/address"])
def test_change_when_by_somebody_who_does_not_teach_is_refused(browser: Browser, path: str) -> None:
    browser.sign_in("102")

    assert browser.post(path, title="Mine").status_code == 403


def test_roles_when_changed_in_one_course_stay_in_the_other(lms: RunningLms) -> None:
    made = call_api(lms, "activities", {"title": "Board", "course": 2})["id"]

    call_api(lms, "people/102/roles", {"roles": [LEARNER], "course": 2})

    roles = [verified(lms, launch(lms, what).fields["id_token"])[f"{LTI}roles"] for what in ("1", str(made))]
    assert roles == [[LEARNER], [LEARNER]]
    call_api(lms, "people/102/roles", {"roles": [INSTRUCTOR], "course": 1})
    roles = [verified(lms, launch(lms, what).fields["id_token"])[f"{LTI}roles"] for what in ("1", str(made))]
    assert roles == [[INSTRUCTOR], [LEARNER]]


def _activity_with_history(lms: RunningLms) -> int:
    wanted = {"title": "With history", "custom": HISTORIES, "resource_id": "r-1", "tag": "journal"}
    made: int = call_api(lms, "activities", wanted)["id"]
    return made


def _custom(lms: RunningLms, activity: int) -> dict[str, Any]:
    claims = verified(lms, launch(lms, str(activity), person="101").fields["id_token"])
    custom: dict[str, Any] = claims[f"{LTI}custom"]
    return custom


def _score(caller: Caller, line_item: int, person: str) -> int:
    url = caller.line_item_url(line_item, "/scores").replace("courses/1", "courses/2")
    body = {
        "userId": person,
        "scoreGiven": 1,
        "scoreMaximum": 1,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": "2026-03-03T10:00:00Z",
    }
    return caller.send(url, body, content_type="application/vnd.ims.lis.v1.score+json").status_code
