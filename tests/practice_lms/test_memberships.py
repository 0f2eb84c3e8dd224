"""What the course roster shows, and how it is cut into pages."""

import time

import pytest

from practice_lms.people import INSTRUCTOR, MENTOR
from practice_lms.server import RunningLms
from tests.practice_lms.launching import LTI
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


def test_roster_when_asked_for_a_link_adds_its_message_with_each_ones_custom(caller: Caller) -> None:
    custom = {"who": "$User.username", "task": "7"}
    made = str(call_api(caller.lms, "activities", {"title": "Own", "custom": custom})["id"])

    members = caller.get(caller.memberships_url(), accept=MEMBERS, rlid=made).json()["members"]
    plain = caller.get(caller.memberships_url(), accept=MEMBERS, rlid="1").json()["members"][0]

    (zoe,) = [member for member in members if member["user_id"] == "103"]
    assert zoe["message"] == [
        {
            f"{LTI}message_type": "LtiResourceLinkRequest",
            f"{LTI}resource_link": {"id": made},
            f"{LTI}custom": {"who": "zoe", "task": "7"},
        }
    ]
    assert plain["message"] == [{f"{LTI}message_type": "LtiResourceLinkRequest", f"{LTI}resource_link": {"id": "1"}}]


@pytest.mark.parametrize(("lists_inactive", "shown"), [(False, {}), (True, {"103": "Inactive"})])
def test_roster_when_somebody_is_inactive_or_deleted_leaves_them_out_or_says_so(
    caller: Caller, lists_inactive: bool, shown: dict[str, str]
) -> None:
    lms = caller.lms
    call_api(lms, "manner", {"lists_inactive": lists_inactive})
    call_api(lms, "people/103/enrol", {"status": "Inactive"})
    call_api(lms, "people/104/enrol", {"status": "Deleted"})

    members = caller.get(caller.memberships_url(), accept=MEMBERS).json()["members"]

    statuses = {member["user_id"]: member["status"] for member in members}
    others = dict.fromkeys(("101", "102", "105", "106", "107", "108", "109"), "Active")
    assert statuses == others | shown
    assert caller.post_score("103").status_code == caller.post_score("104").status_code == 400


def test_differences_when_followed_tell_who_came_went_and_changed(caller: Caller) -> None:
    lms = caller.lms
    call_api(lms, "manner", {"offers_differences": True})
    first = caller.get(caller.memberships_url(), accept=MEMBERS)
    since = first.links["differences"]["url"]
    nothing = caller.get(since, accept=MEMBERS)

    call_api(lms, "people/103/enrol", {"status": "Deleted"})
    call_api(lms, "people/104/roles", {"roles": [INSTRUCTOR]})
    call_api(lms, "people/110/enrol", {"roles": [MENTOR]})
    changes = caller.get(since, accept=MEMBERS)

    assert nothing.json()["members"] == []
    told = {row["user_id"]: (row["status"], row["roles"]) for row in changes.json()["members"]}
    assert told == {
        "103": ("Deleted", ["Learner"]),
        "104": ("Active", ["Instructor"]),
        "110": ("Active", ["Mentor", "Administrator", "Administrator"]),
    }
    assert caller.get(changes.links["differences"]["url"], accept=MEMBERS).json()["members"] == []
    assert caller.get(caller.memberships_url(), accept=MEMBERS, since="soon").status_code == 400


def test_cursors_when_opaque_lead_through_every_page_letter_by_letter(caller: Caller) -> None:
    lms = caller.lms
    call_api(lms, "manner", {"opaque_cursors": True})
    call_api(lms, "settings", {"page_size": 4})

    pages, url = [], caller.memberships_url()
    while url:
        answer = caller.get(url, accept=MEMBERS)
        pages.append([member["user_id"] for member in answer.json()["members"]])
        current, url = answer.links["current"]["url"], answer.links.get("next", {}).get("url", "")
        assert caller.get(current, accept=MEMBERS).json() == answer.json()

    first = caller.get(caller.memberships_url(), accept=MEMBERS)
    following = first.links["next"]["url"]
    assert [len(page) for page in pages] == [4, 4, 1]
    assert len({person for page in pages for person in page}) == 9
    assert following != following.lower()
    seal = following.partition("bookmark%3A")[2]
    forged = following.replace(seal, ("B" if seal[0] == "A" else "A") + seal[1:])
    wrong = [following.lower(), following[:-1], f"{caller.memberships_url()}?page=bookmark:2", f"{following}A", forged]
    assert [caller.get(each, accept=MEMBERS).status_code for each in wrong] == [400] * 5
    assert caller.get(first.links["first"]["url"], accept=MEMBERS).json() == first.json()


def test_roster_when_of_five_thousand_is_answered_at_little_cost(caller: Caller) -> None:
    lms = caller.lms
    call_api(lms, "enrol", {"count": 5000})
    call_api(lms, "settings", {"page_size": 100})
    call_api(lms, "faults", {"kind": "memberships", "fault": "slow", "delay_seconds": 0.001})

    start, people, url = time.process_time(), 0, caller.memberships_url()
    while url:
        answer = caller.get(url, accept=MEMBERS, limit="100") if not people else caller.get(url, accept=MEMBERS)
        people += len(answer.json()["members"])
        url = answer.links.get("next", {}).get("url", "")

    assert people == 5009
    # 51 pages with their JSON at both ends; without the kept order each page would sort everybody anew.
    assert time.process_time() - start < 2


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
