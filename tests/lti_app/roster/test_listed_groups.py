"""Who is in which group, as a platform's list of people tells it (course groups service 1.0, with NRPS 2.0)."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from lti_app.db import db
from lti_app.lti.nrps import Member, MemberStatus
from lti_app.models.groups import CourseGroup, GroupMembership
from lti_app.models.people import Context, Membership, User
from lti_app.models.platform import Deployment
from lti_app.roster.groups import record_own_groups
from lti_app.roster.store_members import store_members
from tests.factories import ContextFactory
from tests.lti_app.roster.listing import counted_statements, enrol, listed

VERBS = {"SELECT", "INSERT", "UPDATE", "DELETE"}
AT = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)


def store(context: Context, *members: Member) -> None:
    registration_id = db.session.get_one(Deployment, context.deployment_id).registration_id
    store_members(db.session(), members, registration_id=registration_id, context_id=context.id, since=AT)
    db.session.commit()


def groups(context: Context) -> dict[str, set[str]]:
    """Return the groups of everybody in the course who is in any, by `sub`."""
    query = (
        select(User.sub, CourseGroup.group_id_on_platform)
        .join(Membership, Membership.user_id == User.id)
        .join(GroupMembership, GroupMembership.membership_id == Membership.id)
        .join(CourseGroup, CourseGroup.id == GroupMembership.group_id)
        .where(Membership.context_id == context.id, CourseGroup.context_id == context.id)
    )
    found: dict[str, set[str]] = {}
    for sub, group_id in db.session.execute(query):
        found.setdefault(sub, set()).add(group_id)
    return found


def test_groups_when_the_list_tells_them_then_new_and_known_people_are_in_just_these(context: Context) -> None:
    store(context, listed("1", group_ids=("red", "blue")), listed("2", group_ids=("red",)), listed("3", group_ids=()))
    before = groups(context)

    store(context, listed("1", group_ids=("blue", "green")), listed("2", group_ids=()), listed("4", group_ids=("red",)))

    assert before == {"1": {"red", "blue"}, "2": {"red"}}
    assert groups(context) == {"1": {"blue", "green"}, "4": {"red"}}


def test_groups_when_the_list_does_not_tell_them_then_what_launches_told_stays(context: Context) -> None:
    member = enrol(context.id, "1")
    record_own_groups(db.session(), member, ["red"])
    db.session.commit()

    store(context, listed("1"))

    assert groups(context) == {"1": {"red"}}


def test_groups_when_another_course_has_groups_of_the_same_ids_then_stay_apart(context: Context) -> None:
    elsewhere: Context = ContextFactory(deployment=db.session.get_one(Deployment, context.deployment_id))
    db.session.commit()
    for course, group in ((context, "red"), (elsewhere, "blue")):
        store(course, listed("1", group_ids=(group,)))

    store(context, listed("1", group_ids=()))

    assert (groups(context), groups(elsewhere)) == ({}, {"1": {"blue"}})


def test_groups_when_somebody_is_listed_twice_then_in_the_groups_of_both(context: Context) -> None:
    store(context, listed("1", group_ids=("red",)), listed("1", group_ids=("blue",)), listed("1"))

    assert groups(context) == {"1": {"red", "blue"}}


def test_groups_when_the_list_names_somebody_who_has_left_then_they_are_put_into_none(context: Context) -> None:
    store(context, listed("1", group_ids=("red",), status=MemberStatus.INACTIVE), listed("2", group_ids=("red",)))

    assert groups(context) == {"2": {"red"}}


def test_groups_when_the_list_moved_somebody_then_their_next_launch_is_heard_again(context: Context) -> None:
    moved, stayed = enrol(context.id, "1"), enrol(context.id, "2")
    for member in (moved, stayed):
        record_own_groups(db.session(), member, ["red"])
        member.told_groups = "red"
    db.session.commit()

    store(context, listed("1", group_ids=("blue",)), listed("2", group_ids=("red",)))

    db.session.expire_all()
    assert (moved.told_groups, stayed.told_groups) == ("", "red")


def test_groups_when_the_list_tells_very_many_then_a_thousand_are_kept(context: Context) -> None:
    members = [listed(f"{n}", group_ids=tuple(f"{n}-{k:02}" for k in range(50))) for n in range(21)]

    store(context, *members)

    assert len(db.session.scalars(select(CourseGroup.id)).all()) == 1000


def _told(size: int, offset: int = 0) -> Iterable[Member]:
    return (
        listed(f"{number:03}", group_ids=(f"g{(number + offset) % 7}", f"h{(number + offset) % 5}"))
        for number in range(size)
    )


@pytest.mark.parametrize("kind", ["new", "moved", "known"])
def test_page_when_it_tells_groups_of_ten_or_a_hundred_then_takes_as_many_statements(
    context: Context, kind: str
) -> None:
    taken = []
    for size in (10, 100):
        course: Context = ContextFactory(deployment=db.session.get_one(Deployment, context.deployment_id))
        db.session.commit()
        if kind != "new":
            store(course, *_told(size))
        registration_id = db.session.get_one(Deployment, course.deployment_id).registration_id
        wanted = {"registration_id": registration_id, "context_id": course.id}
        db.session.commit()
        with counted_statements() as statements:
            store_members(db.session(), _told(size, 1 if kind == "moved" else 0), since=AT, **wanted)
        db.session.commit()
        taken.append(Counter(verb for verb in (each.split()[0] for each in statements) if verb in VERBS))
        assert {len(names) for names in groups(course).values()} == {2}

    expected = {
        "new": Counter(SELECT=3, INSERT=4, UPDATE=2),
        "moved": Counter(SELECT=3, INSERT=1, UPDATE=2, DELETE=1),
        "known": Counter(SELECT=3, UPDATE=1),
    }
    assert taken == [expected[kind]] * 2
