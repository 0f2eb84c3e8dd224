"""What a grant lets somebody read: one rule, asked in three ways, with the same answer for everybody."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lti_app.access.reading import Grant, Scope, can_read, granted_to, reached_by, scopes_open_to
from lti_app.activities.journal.models import Share
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.people import Membership, Role, User
from tests.lti_app.access.participants import sign_in_as
from tests.lti_app.activities.journal.rows import a_finished_entry, a_journal, a_member
from tests.lti_app.activities.journal.sharing import a_group_of, a_share


def _people() -> dict[str, Membership]:
    """Return people of one course, all of them in one group."""
    activity = a_journal()
    kinds: dict[str, dict[str, Any]] = {
        "author": {},
        "teacher": {},
        "mentor": {"role": Role.MENTOR},
        "facilitator": {"role": Role.FACILITATOR},
        "no part": {"role": Role.NONE},
        "left": {"is_active": False},
        "listed": {"launched_at": None, "listed_at": now()},
        "test user": {"is_test_user": True},
    }
    people = {name: a_member(activity, **values) for name, values in kinds.items()}
    a_group_of(*people.values())
    return people


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        (Role.TEACHER, {Scope.PERSON, Scope.GROUP, Scope.WRITERS}),
        (Role.MENTOR, {Scope.PERSON, Scope.GROUP, Scope.WRITERS}),
        (Role.FACILITATOR, {Scope.PERSON, Scope.FACILITATORS}),
        (Role.NONE, set()),
    ],
)
def test_scopes_when_asked_for_a_role_then_those_alone(role: Role, scopes: set[Scope]) -> None:
    member = Membership(user_id=7, role=role, is_active=True, launched_at=now(), is_test_user=False)

    assert scopes_open_to(member) == scopes


@pytest.mark.parametrize(
    ("scope", "readers"),
    [
        ("person", {"teacher"}),
        ("group", {"teacher", "mentor"}),
        ("writers", {"teacher", "mentor"}),
        ("facilitators", {"facilitator"}),
    ],
)
def test_grant_when_asked_in_three_ways_then_the_same_people_read(app: Flask, scope: str, readers: set[str]) -> None:
    del app
    people = _people()
    author = people["author"]
    entry = a_finished_entry(a_journal(), author)
    group_id = a_group_of(*people.values(), name="Blue").id if scope == "group" else None
    user_id = people["teacher"].user_id if scope == "person" else None
    a_share(entry, scope, user_id=user_id, group_id=group_id)
    grant = Grant(context_id=author.context_id, scope=Scope(scope), user_id=user_id, group_id=group_id)

    others = {name: member for name, member in people.items() if name != "author"}
    by_rule = {name for name, member in others.items() if can_read(member, entry, grants=[grant])}
    by_rows = {name for name, member in others.items() if db.session.scalar(_granted(member)) is not None}
    counted = set(db.session.scalars(reached_by(author.context_id, [grant], author_id=author.user_id)))
    by_count = {name for name, member in others.items() if member.id in counted}

    assert (by_rule, by_rows) == (readers, readers)
    # Who has not launched yet will read as soon as they do: that is what the author is told.
    assert by_count == (readers if scope in {"person", "facilitators"} else {*readers, "listed"})


def test_grant_when_of_another_course_then_lets_nobody_read(app: Flask) -> None:
    del app
    people = _people()
    entry = a_finished_entry(a_journal(), people["author"])
    elsewhere = a_member(a_journal(), user=db.session.get_one(User, people["teacher"].user_id))
    grants = [
        Grant(context_id=people["teacher"].context_id, scope=Scope.PERSON, user_id=elsewhere.user_id),
        Grant(context_id=people["teacher"].context_id, scope=Scope.WRITERS),
    ]

    assert can_read(elsewhere, entry, grants=grants) is False
    assert can_read(people["teacher"], entry, grants=grants) is True
    reached = reached_by(elsewhere.context_id, grants, author_id=0)
    assert db.session.scalars(reached).all() == []


def test_grant_when_somebody_acts_as_the_reader_then_not_read(app: Flask) -> None:
    people = _people()
    entry = a_finished_entry(a_journal(), people["author"])
    grants = [Grant(context_id=people["author"].context_id, scope=Scope.WRITERS)]

    with app.test_request_context("/"):
        before = can_read(people["teacher"], entry, grants=grants)
        sign_in_as(people["teacher"], is_masquerade=True)
        after = can_read(people["teacher"], entry, grants=grants)
        scopes = scopes_open_to(people["teacher"])

    assert (before, after, scopes) == (True, False, frozenset())


def _granted(member: Membership) -> Any:
    return select(Share.id).where(granted_to(member, scope=Share.scope, user_id=Share.user_id, group_id=Share.group_id))
