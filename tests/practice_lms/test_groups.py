"""Groups: in the service of their own, in the roster, and in the variables of Moodle and Canvas."""

from typing import Any

import pytest

from practice_lms.server import RunningLms
from tests.practice_lms.browser import Browser
from tests.practice_lms.launching import LTI, launch, verified
from tests.practice_lms.small_tool import AGS, GROUPS, MEMBERS, Caller, SmallTool, call_api

CLAIM = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
CONTAINER = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
BOTH = {"moodle": "$Moodle.Person.userGroupIds", "canvas": "$Canvas.course.sectionIds"}


@pytest.fixture
def groups(caller: Caller) -> list[int]:
    """Two groups of one set and one of none in the first course, and one in the second."""
    lms = caller.lms
    call_api(lms, "manner", {"groups_service": True})
    wanted = [
        {"name": "Blue", "members": ["102", "103"], "set": "Teams", "tag": "colour"},
        {"name": "Green", "members": ["104"], "set": "Teams"},
        {"name": "Early birds", "members": ["102"]},
        {"name": "Elsewhere", "members": ["102"], "course": 2},
    ]
    return [call_api(lms, "groups", each)["id"] for each in wanted]


def test_launch_when_there_is_a_service_names_it(caller: Caller, groups: list[int]) -> None:
    del groups

    claims = verified(caller.lms, launch(caller.lms).fields["id_token"])
    call_api(caller.lms, "manner", {"groups_service": False})
    without = verified(caller.lms, launch(caller.lms).fields["id_token"])

    assert claims[CLAIM] == {
        "scope": [GROUPS],
        "context_groups_url": _url(caller),
        "context_group_sets_url": _url(caller, "group-sets"),
        "service_versions": ["1.0"],
    }
    assert CLAIM not in without
    assert caller.get(_url(caller), accept=CONTAINER).status_code == 404


def test_groups_when_listed_are_those_of_the_course(caller: Caller, groups: list[int]) -> None:
    everybodys = caller.get(_url(caller), accept=CONTAINER)
    jonas = caller.get(_url(caller), accept=CONTAINER, user_id="102").json()["groups"]

    assert everybodys.headers["Content-Type"].startswith(CONTAINER)
    assert everybodys.json() == {
        "id": _url(caller),
        "groups": [
            {"id": str(groups[0]), "name": "Blue", "tag": "colour", "set_id": "Teams"},
            {"id": str(groups[1]), "name": "Green", "set_id": "Teams"},
            {"id": str(groups[2]), "name": "Early birds"},
        ],
    }
    assert [group["name"] for group in jonas] == ["Blue", "Early birds"]


def test_sets_when_listed_hold_their_groups_when_asked(caller: Caller, groups: list[int]) -> None:
    plain = caller.get(_url(caller, "group-sets"), accept=CONTAINER).json()
    full = caller.get(_url(caller, "group-sets"), accept=CONTAINER, include="groups").json()

    assert plain == {"id": _url(caller, "group-sets"), "sets": [{"id": "Teams", "name": "Teams"}]}
    assert [group["id"] for group in full["sets"][0]["groups"]] == [str(groups[0]), str(groups[1])]


def test_groups_when_many_come_in_pages(caller: Caller, groups: list[int]) -> None:
    found: list[str] = []
    url, query = _url(caller), {"limit": "2"}
    while url:
        answer = caller.get(url, accept=CONTAINER, **query)
        found += [group["id"] for group in answer.json()["groups"]]
        url, query = answer.links.get("next", {}).get("url", ""), {}

    assert found == [str(number) for number in groups[:3]]
    assert caller.get(_url(caller), accept=CONTAINER, limit="x").status_code == 400


def test_roster_when_there_are_groups_says_who_is_in_which(caller: Caller, groups: list[int]) -> None:
    members = caller.get(caller.memberships_url(), accept=MEMBERS).json()["members"]

    enrolled = {member["user_id"]: member["group_enrollments"] for member in members}
    assert enrolled["102"] == [{"group_id": str(groups[0])}, {"group_id": str(groups[2])}]
    assert enrolled["101"] == []


@pytest.mark.parametrize("dialect", ["moodle", "canvas", "sakai"])
def test_variable_when_of_the_dialect_is_filled_in(caller: Caller, groups: list[int], dialect: str) -> None:
    lms = caller.lms
    call_api(lms, "manner", {"dialect": dialect})
    made = call_api(lms, "activities", {"title": "By group", "custom": BOTH})["id"]

    custom = _custom(lms, made)

    ids = f"{groups[0]},{groups[2]}"
    assert {name: custom[name] for name in BOTH} == BOTH | ({dialect: ids} if dialect in BOTH else {})


def test_group_when_changed_or_removed_is_so_everywhere(caller: Caller, groups: list[int]) -> None:
    lms = caller.lms

    call_api(lms, f"groups/{groups[0]}/members", {"members": ["104"]})
    call_api(lms, f"groups/{groups[2]}", method="DELETE")

    assert caller.get(_url(caller), accept=CONTAINER, user_id="102").json()["groups"] == []
    assert len(caller.get(_url(caller), accept=CONTAINER, user_id="104").json()["groups"]) == 2
    assert [group["id"] for group in call_api(lms, "groups")] == [groups[0], groups[1], groups[3]]


def test_groups_when_the_scope_or_media_type_is_wrong_are_refused(
    caller: Caller, groups: list[int], tool: SmallTool
) -> None:
    del groups
    other = Caller(lms=caller.lms, token=tool.token(caller.lms, f"{AGS}score"))

    answers = [
        other.get(_url(caller), accept=CONTAINER),
        caller.get(_url(caller), accept="application/json"),
        caller.get(_url(caller).replace("courses/1", "courses/99"), accept=CONTAINER),
    ]

    assert [answer.status_code for answer in answers] == [403, 400, 404]


def test_groups_page_when_used_by_a_facilitator_makes_and_removes(browser: Browser, lms: RunningLms) -> None:
    browser.sign_in("101")

    empty = browser.get("/courses/1/groups").text
    made = browser.post("/courses/1/groups", name="Blue", members=["102", "999"])
    (group,) = call_api(lms, "groups")
    removed = browser.post(f"/courses/1/groups/{group['id']}/remove").text

    assert "No groups yet" in empty
    assert (group["name"], group["members"]) == ("Blue", ["102"])
    assert "<b>Blue</b>" in made.text
    assert "No groups yet" in removed
    assert browser.post("/courses/1/groups/99/remove").status_code == 404
    assert browser.post("/courses/1/groups", name=" ").status_code == 404
    browser.sign_in("102")
    assert browser.get("/courses/1/groups").status_code == 403


def _url(caller: Caller, kind: str = "groups") -> str:
    return f"{caller.lms.url}/lti/courses/1/{kind}"


def _custom(lms: RunningLms, activity: int) -> dict[str, Any]:
    custom: dict[str, Any] = verified(lms, launch(lms, str(activity)).fields["id_token"])[f"{LTI}custom"]
    return custom
