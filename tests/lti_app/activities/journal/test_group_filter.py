"""The facilitator's page for one group: its people alone, page by page, and no group of another course."""

import re

import pytest

from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.groups import CourseGroup, GroupMembership
from lti_app.models.people import Membership
from tests.factories import CompletionFactory, ContextFactory, MembershipFactory
from tests.lti_app.activities.journal.rows import a_member
from tests.lti_app.activities.journal.test_course_page import QUERIES, counted_queries, people_on
from tests.lti_app.activities.journal.writing import stored
from tests.visitor import FACILITATOR, TEACHER, Visitor

_OPTION = re.compile(r'<option value="(\d+)" (selected)?>(.*?)</option>')
_NEXT = re.compile(r'href="(/journal/1\?after=\d+(?:&amp;|&)group=\d+)"')


@pytest.fixture
def facilitator(visitor: Visitor) -> Visitor:
    """A facilitator who has opened the journal."""
    visitor.launch(FACILITATOR)
    return visitor


def a_group(members: list[Membership], *, context_id: int = 1, name: str = "", id_on_platform: str = "12") -> int:
    """Make a group of a course with these members, and return its id."""
    group = CourseGroup(context_id=context_id, group_id_on_platform=id_on_platform, name=name)
    db.session.add(group)
    db.session.flush()
    db.session.add_all(GroupMembership(group_id=group.id, membership_id=member.id) for member in members)
    db.session.commit()
    return group.id


def enrol(count: int) -> list[Membership]:
    (activity,) = stored(Activity)
    return [a_member(activity, name=f"Person {number:03}") for number in range(count)]


def test_filter_when_the_course_has_no_groups_then_is_not_shown(facilitator: Visitor) -> None:
    enrol(2)
    db.session.commit()

    assert "<select" not in facilitator.get("/journal/1").text


def test_filter_when_shown_then_offers_all_and_each_group_by_name_or_number(facilitator: Visitor) -> None:
    members = enrol(2)
    named = a_group(members, name="Red & <b>bold</b>")
    numbered = a_group(members, id_on_platform="77")

    page = facilitator.get(f"/journal/1?group={named}").text

    # "selected" stands at the one that is shown.
    assert _OPTION.findall(page) == [
        (str(numbered), "", "Group 77"),
        (str(named), "selected", "Red &amp; &lt;b&gt;bold&lt;/b&gt;"),
    ]
    assert '<option value="0">All groups</option>' in page
    assert '<label for="group">' in page


def test_filter_when_a_group_is_chosen_then_its_people_alone_are_listed_and_counted(facilitator: Visitor) -> None:
    members = enrol(4)
    for member in (members[0], members[3]):
        CompletionFactory(activity_id=1, user_id=member.user_id)
    users = [member.user_id for member in members]
    group_id = a_group([members[0], members[2]])

    of_group, everybody = (facilitator.get(f"/journal/1?group={number}").text for number in (group_id, 0))

    assert people_on(of_group) == [users[0], users[2]]
    assert "1 of 2 people have finished." in of_group
    assert people_on(everybody) == users
    assert "2 of 4 people have finished." in everybody


@pytest.mark.parametrize("count", [50, 51, 101])
def test_filter_when_a_group_is_large_then_paged_within_it(facilitator: Visitor, count: int) -> None:
    members = enrol(count + 5)
    in_group = [member for number, member in enumerate(members) if number % 20 != 3][:count]
    users = [member.user_id for member in in_group]
    group_id = a_group(in_group)
    pages = [facilitator.get(f"/journal/1?group={group_id}").text]

    while following := _NEXT.findall(pages[-1]):
        pages.append(facilitator.get(following[0].replace("&amp;", "&")).text)

    assert [person for page in pages for person in people_on(page)] == users


def test_filter_when_the_group_is_of_another_course_then_is_no_filter(facilitator: Visitor) -> None:
    users = [member.user_id for member in enrol(2)]
    elsewhere = ContextFactory()
    stranger = MembershipFactory(context=elsewhere)
    foreign = a_group([stranger], context_id=elsewhere.id)

    page = facilitator.get(f"/journal/1?group={foreign}").text

    assert people_on(page) == users
    assert "<select" not in page


@pytest.mark.parametrize("group", ["x", "-1", "999999", "", str(2**31), str(10**30), "1 OR 1=1"])
def test_filter_when_the_group_is_forged_then_never_breaks(facilitator: Visitor, group: str) -> None:
    members = enrol(2)
    users = [member.user_id for member in members]
    a_group(members[:1])

    page = facilitator.get(f"/journal/1?group={group}")

    assert (page.status_code, people_on(page.text)) == (200, users)


def test_filter_when_nobody_of_the_group_takes_part_then_says_so(facilitator: Visitor) -> None:
    enrol(1)
    own = next(member for member in stored(Membership) if not member.takes_part)
    group_id = a_group([own])

    page = facilitator.get(f"/journal/1?group={group_id}").text

    assert "Nobody of this group takes part in this journal yet. Choose another group, or all." in page
    assert "<table" not in page


@pytest.mark.parametrize("count", [1, 30])
def test_filter_when_one_or_thirty_are_listed_then_asks_the_database_as_often(facilitator: Visitor, count: int) -> None:
    group_id = a_group(enrol(count))

    with counted_queries() as statements:
        page = facilitator.get(f"/journal/1?group={group_id}").text

    assert len(people_on(page)) == count
    assert len(statements) == QUERIES, statements


def test_filter_when_a_teacher_asks_then_sees_their_own_page_as_ever(visitor: Visitor) -> None:
    visitor.launch(TEACHER)
    (member,) = stored(Membership)
    group_id = a_group([member], name="Red")

    page = visitor.get(f"/journal/1?group={group_id}").text

    assert "Your entries" in page
    assert "Red" not in page


def test_filter_when_some_cannot_get_a_score_then_tells_of_those_of_the_group_alone(facilitator: Visitor) -> None:
    members = enrol(5)
    for member in members[1:]:
        member.is_gradable = False
    group_id = a_group(members[:2])

    of_group, everybody = (facilitator.get(f"/journal/1?group={number}").text for number in (group_id, 0))

    assert "1 of 2 cannot get a score in your LMS" in of_group
    assert "<li><bdi>Person 001</bdi></li>" in of_group
    assert "<li><bdi>Person 002</bdi></li>" not in of_group
    assert "4 of 5 cannot get a score in your LMS" in everybody
