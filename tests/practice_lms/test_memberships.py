"""What the course roster shows, and how it is cut into pages."""

import pytest

from practice_lms.people import INSTRUCTOR, MENTOR
from practice_lms.server import RunningLms
from tests.practice_lms.small_tool import AGS, MEMBERS, Caller, SmallTool, call_api


def test_roster_when_read_shows_the_enrolled_with_bare_roles(caller: Caller) -> None:
    answer = caller.get(caller.memberships_url(), accept=MEMBERS)

    assert answer.headers["Content-Type"] == f"{MEMBERS}; charset=utf-8"
    roster = answer.json()
    assert roster["id"] == caller.memberships_url()
    assert roster["context"] == {"id": "1", "label": "IND-1", "title": "First-year induction"}
    roles = {member["user_id"]: member["roles"] for member in roster["members"]}
    assert roles == {str(number): ["Learner"] for number in range(102, 108)} | {
        "101": ["Instructor"],
        "108": ["Learner", "Mentor"],
        "109": ["Instructor"],
    }


def test_member_when_shown_has_every_field_of_moodle(caller: Caller) -> None:
    members = caller.get(caller.memberships_url(), accept=MEMBERS).json()["members"]

    (zoe,) = [member for member in members if member["user_id"] == "103"]
    assert zoe == {
        "status": "Active",
        "user_id": "103",
        "roles": ["Learner"],
        "name": "Zoë Ångström-Reyes",
        "given_name": "Zoë",
        "family_name": "Ångström-Reyes",
        "email": "zoe@practice.invalid",
        "lis_person_sourcedid": "EMP-103",
        "ext_user_username": "zoe",
    }


@pytest.mark.parametrize("query", [{}, {"limit": "30"}, {"limit": "500"}])
def test_roster_when_long_comes_in_pages_without_gaps(caller: Caller, lms: RunningLms, query: dict[str, str]) -> None:
    newcomers = call_api(lms, "enrol", {"count": 100})["people"]

    pages, url = [], caller.memberships_url()
    while url:
        answer = caller.get(url, accept=MEMBERS, **query)
        pages.append([member["user_id"] for member in answer.json()["members"]])
        url, query = answer.links.get("next", {}).get("url", ""), {}

    everybody = [person for page in pages for person in page]
    assert len(everybody) == len(set(everybody)) == 109
    assert set(newcomers) < set(everybody)
    assert max(map(len, pages)) <= 50


def test_roster_when_the_page_size_is_lowered_obeys(caller: Caller, lms: RunningLms) -> None:
    call_api(lms, "settings", {"page_size": 4})

    answer = caller.get(caller.memberships_url(), accept=MEMBERS, limit="100")

    assert len(answer.json()["members"]) == 4
    assert answer.headers["Link"] == f'<{caller.memberships_url()}?limit=4&from=4>; rel="next"'


@pytest.mark.parametrize(
    ("role", "people"),
    [("Instructor", {"101", "109"}), (INSTRUCTOR, {"101", "109"}), (MENTOR, {"108"}), ("Manager", set())],
)
def test_roster_when_filtered_by_role_shows_those(caller: Caller, role: str, people: set[str]) -> None:
    members = caller.get(caller.memberships_url(), accept=MEMBERS, role=role).json()["members"]

    assert {member["user_id"] for member in members} == people


def test_roster_when_asked_for_a_link_adds_its_message(caller: Caller) -> None:
    members = caller.get(caller.memberships_url(), accept=MEMBERS, rlid="1").json()["members"]

    assert all(
        member["message"][0]["https://purl.imsglobal.org/spec/lti/claim/resource_link"] == {"id": "1"}
        for member in members
    )


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        ({"rlid": "99"}, MEMBERS, 404),
        ({"rlid": "x"}, MEMBERS, 404),
        ({"limit": "x"}, MEMBERS, 400),
        ({}, "*/*", 400),
        ({}, "application/json", 400),
    ],
)
def test_roster_when_asked_wrongly_is_refused(caller: Caller, query: dict[str, str], accept: str, status: int) -> None:
    assert caller.get(caller.memberships_url(), accept=accept, **query).status_code == status


def test_roster_when_the_scope_is_missing_is_forbidden(lms: RunningLms, tool: SmallTool) -> None:
    other = Caller(lms=lms, token=tool.token(lms, f"{AGS}score"))

    assert other.get(other.memberships_url(), accept=MEMBERS).status_code == 403


def test_roster_when_the_course_is_another_is_not_found(caller: Caller) -> None:
    assert caller.get(f"{caller.lms.url}/lti/courses/99/memberships", accept=MEMBERS).status_code == 404


def test_roles_when_changed_show_everywhere(caller: Caller, lms: RunningLms) -> None:
    call_api(lms, "people/102/roles", {"roles": [INSTRUCTOR]})

    members = caller.get(caller.memberships_url(), accept=MEMBERS, role="Instructor").json()["members"]

    assert "102" in {member["user_id"] for member in members}
    assert caller.post_score("102").status_code == 400
