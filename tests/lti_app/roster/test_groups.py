"""Groups of a course: from what launches tell, and from the platform's list, page by page."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from huey import Huey
from sqlalchemy import select

from lti_app import tasks
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import Refusal
from lti_app.lti.connector import Lti
from lti_app.lti.service_claims import GroupsClaim
from lti_app.models.groups import CourseGroup, GroupMembership, GroupPull
from lti_app.models.notices import NoticeHandler
from lti_app.models.people import Context, Membership
from lti_app.roster.groups import PULL_GROUPS, groups_of_course, record_own_groups, want_groups
from lti_app.roster.notice_handlers import want_handler
from tests.factories import ContextFactory, MembershipFactory
from tests.lti_app.activities.journal.writing import stored
from tests.lti_app.lti.bare_platform import Asked, BarePlatform, Told
from tests.lti_app.lti.launching import LTI, launch_with
from tests.lti_app.roster.services import answering, course_of, json_told, woken
from tests.visitor import OTHER_TEACHER, TEACHER, Visitor

GROUPS, SETS = "/groups", "/sets"
RED = {"id": "12", "name": "Red", "set_id": "1"}
BLUE = {"id": 13, "name": "Blue"}


@pytest.fixture
def course(app: Flask, bare: BarePlatform) -> Context:
    """A course of a platform that lists two groups and a set."""
    del app
    bare.answer = answering(
        {
            GROUPS: json_told({"id": "x", "groups": [RED, BLUE]}),
            SETS: json_told({"id": "x", "sets": [{"id": "1", "name": "Colours"}]}),
        }
    )
    return course_of(bare)


def _want(course: Context, bare: BarePlatform, sets: str = SETS) -> int:
    claim = GroupsClaim(groups_url=bare.url + GROUPS, sets_url=bare.url + sets if sets else "")
    want_groups(db.session(), course.id, claim, at=now())
    db.session.commit()
    return _pull().id


def _pull() -> GroupPull:
    (pull,) = stored(GroupPull)
    return pull


def _groups() -> list[tuple[str, str, str]]:
    rows = sorted(stored(CourseGroup), key=lambda row: row.group_id_on_platform)
    return [(row.group_id_on_platform, row.name, row.set_name) for row in rows]


def _members(group_id_on_platform: str) -> list[int]:
    db.session.expire_all()
    query = (
        select(GroupMembership.membership_id)
        .join(CourseGroup)
        .where(CourseGroup.group_id_on_platform == group_id_on_platform)
    )
    return sorted(db.session.scalars(query))


def test_groups_when_read_then_kept_with_names_and_sets(course: Context, bare: BarePlatform, lti: Lti) -> None:
    pull_id = _want(course, bare)

    tasks.run_errand(PULL_GROUPS, pull_id, lti=lti)

    assert _groups() == [("12", "Red", "Colours"), ("13", "Blue", "")]
    assert [asked.path for asked in bare.asked] == ["/token", GROUPS, SETS]
    assert "lti-gs%2Fscope%2Fcontextgroup.readonly" in bare.asked[0].body.decode()
    accepts = [asked.headers["Accept"] for asked in bare.asked[1:]]
    container = "application/vnd.ims.lti-gs.v1.context{}container+json"
    groups, sets = container.format("group"), container.format("groupset")
    assert accepts == [groups, f"{sets}, {groups}"]


def test_groups_when_read_then_are_read_again_next_day(course: Context, bare: BarePlatform, lti: Lti) -> None:
    pull_id, moment = _want(course, bare), datetime.now(UTC)

    with time_machine.travel(moment, tick=False):
        tasks.run_errand(PULL_GROUPS, pull_id, lti=lti)
        tasks.run_errand(PULL_GROUPS, pull_id, lti=lti)

    assert (_pull().done_at, _pull().due_at) == (moment, moment + timedelta(days=1))
    assert len(bare.asked) == 3


def test_groups_when_in_pages_then_all_are_read_and_cursors_keep_their_case(
    course: Context, bare: BarePlatform, lti: Lti
) -> None:
    def pages(asked: Asked) -> Told:
        if asked.path == GROUPS:
            return json_told({"groups": [RED]}, Link=f'<{bare.url}{GROUPS}?page=bookmark:WzEsIkFi>; rel="next"')
        assert asked.path == f"{GROUPS}?page=bookmark:WzEsIkFi"
        return json_told({"groups": [BLUE]})

    bare.answer = answering(pages)
    pull_id = _want(course, bare, sets="")

    tasks.run_errand(PULL_GROUPS, pull_id, lti=lti)

    assert [group[0] for group in _groups()] == ["12", "13"]


def test_group_when_no_longer_listed_then_gone_with_who_was_in_it(
    course: Context, bare: BarePlatform, lti: Lti
) -> None:
    member = MembershipFactory(context=course)
    record_own_groups(db.session(), member, ["12", "99"])
    db.session.commit()
    pull_id = _want(course, bare)

    tasks.run_errand(PULL_GROUPS, pull_id, lti=lti)

    assert [group[0] for group in _groups()] == ["12", "13"]
    assert (_members("12"), _members("99")) == ([member.id], [])


@pytest.mark.parametrize(
    "told",
    [
        Told(body=b"not JSON"),
        Told(body=b"[]"),
        json_told({"groups": "12"}),
        json_told({"groups": ["12"]}),
        json_told({"groups": [{"name": "no id"}]}),
        json_told({"groups": [{"id": True}]}),
        json_told({"groups": [{"id": "x" * 256}]}),
        json_told({"groups": [{"id": 10**400}]}),
        json_told({"groups": [{"id": "nul\x00"}]}),
        json_told({"groups": [{"id": "1", "name": ["Red"]}]}),
        json_told({"groups": [{"id": "1", "set_id": {}}]}),
        Told(status=500),
    ],
    ids=lambda told: f"{told.status} {told.body!r}"[:40],
)
def test_groups_when_the_answer_is_not_usable_then_kept_as_they_were_and_read_again_later(
    course: Context, bare: BarePlatform, lti: Lti, told: Told
) -> None:
    record_own_groups(db.session(), MembershipFactory(context=course), ["99"])
    bare.answer = answering({GROUPS: told, SETS: json_told({"sets": []})})
    pull_id = _want(course, bare)

    tasks.run_errand(PULL_GROUPS, pull_id, lti=lti)

    due_at = _pull().due_at
    assert due_at is not None
    assert due_at - now() < timedelta(seconds=80)
    assert [group[0] for group in _groups()] == ["99"]


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, Refusal.ACCESS_WITHDRAWN), (403, Refusal.SCOPE_MISSING), (404, Refusal.OUR_FAULT)],
)
def test_groups_when_refused_then_noted_with_the_reason(
    course: Context, bare: BarePlatform, lti: Lti, status: int, reason: Refusal
) -> None:
    bare.answer = answering({GROUPS: Told(status=status)})
    pull_id = _want(course, bare)

    tasks.run_errand(PULL_GROUPS, pull_id, lti=lti)

    assert (_pull().reason, _groups()) == (reason, [])


def test_groups_when_the_next_page_is_elsewhere_then_the_token_stays_here(
    course: Context, bare: BarePlatform, lti: Lti
) -> None:
    bare.answer = answering({GROUPS: json_told({"groups": [RED]}, Link='<https://evil.example/groups>; rel="next"')})
    pull_id = _want(course, bare, sets="")

    tasks.run_errand(PULL_GROUPS, pull_id, lti=lti)

    assert (_pull().reason, _groups()) == (Refusal.OUR_FAULT, [])


def test_groups_when_the_list_leads_back_to_itself_then_given_up(course: Context, bare: BarePlatform, lti: Lti) -> None:
    bare.answer = answering({GROUPS: json_told({"groups": [RED]}, Link=f'<{bare.url}{GROUPS}>; rel="next"')})
    pull_id = _want(course, bare, sets="")

    tasks.run_errand(PULL_GROUPS, pull_id, lti=lti)

    assert (len(bare.asked), _pull().attempts, _groups()) == (2, 1, [])


def test_groups_when_there_are_very_many_then_a_thousand_are_kept(
    course: Context, bare: BarePlatform, lti: Lti
) -> None:
    record_own_groups(db.session(), MembershipFactory(context=course), ["kept"])
    many = [{"id": f"{number:05}", "name": "Group"} for number in range(1500)]
    bare.answer = answering({GROUPS: json_told({"groups": many})})
    pull_id = _want(course, bare, sets="")

    tasks.run_errand(PULL_GROUPS, pull_id, lti=lti)

    assert len(stored(CourseGroup)) == 1000
    assert [row.group_id_on_platform for row in groups_of_course(db.session(), course.id)] == ["kept"]


def test_own_groups_when_told_then_just_these(course: Context) -> None:
    first, second = MembershipFactory(context=course), MembershipFactory(context=course)
    for member, told in ((first, ["1", "2"]), (second, ["2"]), (first, ["2", "3"])):
        record_own_groups(db.session(), member, told)

    assert (_members("1"), _members("2"), _members("3")) == ([], [first.id, second.id], [first.id])


def test_own_groups_when_another_course_has_the_same_ids_then_stay_apart(course: Context) -> None:
    here = MembershipFactory(context=course)
    there = MembershipFactory(context=ContextFactory(deployment=course.deployment))
    for member in (here, there):
        record_own_groups(db.session(), member, ["1"])

    assert [len(groups_of_course(db.session(), member.context_id)) for member in (here, there)] == [1, 1]
    assert len(stored(CourseGroup)) == 2


def test_groups_of_course_when_listed_then_by_set_and_name_and_only_those_with_members(course: Context) -> None:
    for name, set_name, has_member in (("b", "", True), ("A", "", True), ("c", "Z", True), ("d", "", False)):
        group = CourseGroup(context_id=course.id, group_id_on_platform=name, name=name, set_name=set_name)
        db.session.add(group)
        db.session.flush()
        if has_member:
            db.session.add(GroupMembership(group_id=group.id, membership_id=MembershipFactory(context=course).id))

    assert [group.name for group in groups_of_course(db.session(), course.id)] == ["A", "b", "c"]


@pytest.mark.parametrize("parameter", ["moodle_group_ids", "canvas_section_ids"])
def test_launch_when_it_tells_own_groups_then_kept_and_changed_by_the_next(visitor: Visitor, parameter: str) -> None:
    def launch(person: str, value: Any) -> list[list[int]]:
        launch_with(visitor, person=person, claims={f"{LTI}custom": {parameter: value}})
        return [_members("12"), _members("13")]

    first = launch(TEACHER, "12,13")
    second = launch(OTHER_TEACHER, "13")
    literal = launch(TEACHER, "$Canvas.course.sectionIds")
    none = launch(TEACHER, "")

    teacher, other = (member.id for member in stored(Membership))
    assert first == [[teacher], [teacher]]
    assert second == literal == [[teacher], [teacher, other]]
    assert none == [[], [other]]


def test_launch_when_it_claims_the_groups_service_then_a_worker_is_woken_once(visitor: Visitor, queue: Huey) -> None:
    claim = {
        "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice": {
            "context_groups_url": f"{visitor.lms.url}/groups",
            "service_versions": ["1.0"],
        }
    }
    for person in (TEACHER, OTHER_TEACHER, TEACHER):
        launch_with(visitor, person=person, claims=claim)

    assert woken(queue) == ["pull_groups"]
    assert (_pull().groups_url, _pull().sets_url) == (f"{visitor.lms.url}/groups", "")


def test_own_groups_when_many_of_one_group_launch_at_once_then_each_is_in_it(app: Flask, course: Context) -> None:
    members = [MembershipFactory(context=course).id for _ in range(6)]
    db.session.commit()
    start = threading.Barrier(len(members))

    def launch(member_id: int) -> None:
        with app.app_context():
            member = db.session.get_one(Membership, member_id)
            start.wait()
            record_own_groups(db.session(), member, ["1", "2", "3"])
            db.session.commit()

    threads = [threading.Thread(target=launch, args=(member_id,)) for member_id in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [_members(group) for group in ("1", "2", "3")] == [members] * 3
    assert len(stored(CourseGroup)) == 3


@pytest.mark.parametrize("model", [GroupPull, NoticeHandler])
def test_services_when_first_claimed_by_many_at_once_then_asked_for_once(
    app: Flask, course: Context, model: type[GroupPull] | type[NoticeHandler]
) -> None:
    context_id, deployment_id = course.id, course.deployment_id
    start = threading.Barrier(4)

    def launch() -> None:
        with app.app_context():
            start.wait()
            if model is GroupPull:
                claim = GroupsClaim(groups_url="https://l.example/g", sets_url="")
                want_groups(db.session(), context_id, claim, at=now())
            else:
                want_handler(db.session(), deployment_id, service_url="https://l.example/n", at=now())
            db.session.commit()

    threads = [threading.Thread(target=launch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(stored(model)) == 1
