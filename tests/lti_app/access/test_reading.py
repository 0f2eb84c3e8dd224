"""Who may read what somebody wrote, and who shares a group with whom."""

from dataclasses import dataclass

import pytest
from flask import Flask

from lti_app.access.reading import can_read, members_of_own_groups, shares_group
from lti_app.db import db
from lti_app.models.groups import CourseGroup, GroupMembership
from lti_app.models.people import Context, Membership, Role
from tests.factories import ContextFactory, MembershipFactory
from tests.lti_app.access.participants import sign_in_as, taking_part


@dataclass
class _Text:
    user_id: int


@pytest.mark.parametrize("role", list(Role))
def test_text_when_asked_for_then_only_its_author_reads_it_whatever_the_role(role: Role) -> None:
    member = Membership(user_id=7, role=role)

    assert can_read(member, _Text(user_id=7)) is True
    assert can_read(member, _Text(user_id=8)) is False


def test_text_when_somebody_acts_as_its_author_then_not_read(app: Flask) -> None:
    _, member = taking_part()
    text = _Text(user_id=member.user_id)

    with app.test_request_context("/"):
        before = can_read(member, text)
        sign_in_as(member, is_masquerade=True)
        after = can_read(member, text)

    assert (before, after) == (True, False)


def _group(context: Context, *members: Membership) -> None:
    group = CourseGroup(context_id=context.id, group_id_on_platform=f"of-{len(members)}", name="G")
    db.session.add(group)
    db.session.flush()
    db.session.add_all(GroupMembership(group_id=group.id, membership_id=member.id) for member in members)
    db.session.flush()


def test_group_when_two_people_are_in_it_then_they_share_it_and_others_do_not(app: Flask) -> None:
    del app
    context = ContextFactory()
    first, second, outside = (MembershipFactory(context=context) for _ in range(3))
    _group(context, first, second)
    _group(context, outside)

    assert [shares_group(first, other) for other in (first, second, outside)] == [True, True, False]
    assert [shares_group(other, first) for other in (second, outside)] == [True, False]


def test_group_when_somebody_is_in_none_then_shares_none_not_even_with_themselves(app: Flask) -> None:
    del app
    context = ContextFactory()
    first, second = MembershipFactory(context=context), MembershipFactory(context=context)

    assert (shares_group(first, second), shares_group(first, first)) == (False, False)


@pytest.mark.parametrize("who", ["asking", "asked"])
def test_group_when_one_of_the_two_has_left_the_course_then_not_shared(app: Flask, who: str) -> None:
    del app
    context = ContextFactory()
    asking, asked = MembershipFactory(context=context), MembershipFactory(context=context)
    _group(context, asking, asked)
    before = shares_group(asking, asked)
    (asking if who == "asking" else asked).is_active = False
    db.session.flush()

    assert (before, shares_group(asking, asked)) == (True, False)


def test_audience_of_own_groups_when_in_several_then_everybody_once_and_nobody_of_another_course(app: Flask) -> None:
    del app
    context, elsewhere = ContextFactory(), ContextFactory()
    members = [MembershipFactory(context=context) for _ in range(4)]
    _group(context, members[0], members[1])
    _group(context, members[0], members[1], members[2])
    _group(elsewhere, MembershipFactory(context=elsewhere))

    audience = db.session.scalars(members_of_own_groups(members[0])).all()

    assert sorted(audience) == [member.id for member in members[:3]]


def test_group_when_shared_then_opens_nobodys_text(app: Flask) -> None:
    del app
    context = ContextFactory()
    reader, author = MembershipFactory(context=context), MembershipFactory(context=context)
    _group(context, reader, author)

    assert can_read(reader, _Text(user_id=author.user_id)) is False
