"""What a page of the platform's list makes of people and memberships, and what it must not."""

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from lti_app.db import db
from lti_app.lti.messages import CourseClaim, LaunchMessage
from lti_app.lti.nrps import Member, MemberStatus
from lti_app.models.people import Context, Membership, Role, User
from lti_app.models.platform import Deployment
from lti_app.roster.record_launch import record_launch
from lti_app.roster.store_members import VOUCHED_FOR, mark_absent, store_members
from tests.factories import ContextFactory, MembershipFactory
from tests.lti_app.roster.listing import (
    INSTRUCTOR,
    LEARNER,
    MEMBER,
    counted_statements,
    enrol,
    everybody,
    listed,
    loaded,
    member_of,
)

pytestmark = pytest.mark.usefixtures("app")

AT = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 7, tzinfo=UTC)


def registration_of(context: Context) -> int:
    return db.session.get_one(Deployment, context.deployment_id).registration_id


def store(context: Context, members: Sequence[Member], *, since: datetime = AT) -> int:
    """Store a page, committed; return how many of it are active."""
    wanted = {"registration_id": registration_of(context), "context_id": context.id}
    stored = store_members(db.session(), members, since=since, **wanted)
    db.session.commit()
    return stored


def mark(context: Context, *, since: datetime = AT) -> int:
    absent = mark_absent(db.session(), context_id=context.id, since=since)
    db.session.commit()
    return absent


def test_page_when_everybody_is_new_then_makes_people_who_have_not_launched(context: Context) -> None:
    page = [
        listed("1"),
        listed("2", INSTRUCTOR),
        listed("3", "Mentor", LEARNER),
        listed("4", "Guest"),
        listed("5", name=""),
    ]

    stored = store(context, page)

    assert stored == 5
    assert everybody() == {
        "1": ("Person 1", Role.TEACHER, True),
        "2": ("Person 2", Role.FACILITATOR, True),
        "3": ("Person 3", Role.MENTOR, True),
        "4": ("Person 4", Role.NONE, True),
        "5": ("", Role.TEACHER, True),
    }
    members = db.session.scalars(select(Membership)).all()
    assert {(member.launched_at, member.listed_at) for member in members} == {(None, AT)}


@pytest.mark.parametrize(
    ("roles", "gradable"),
    [
        ([LEARNER], True),
        ([LEARNER, "Mentor"], True),
        ([LEARNER, INSTRUCTOR], True),
        ([f"{MEMBER}#Learner"], True),
        ([f"{MEMBER}/Learner#GuestLearner"], True),
        ([INSTRUCTOR], False),
        (["Mentor"], False),
        ([f"{MEMBER}#Instructor", f"{MEMBER}/Instructor#TeachingAssistant"], False),
        (["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Learner"], False),
        ([], False),
    ],
    ids=str,
)
def test_member_when_listed_with_roles_then_known_whether_the_platform_grades_them(
    context: Context, roles: list[str], gradable: bool
) -> None:
    store(context, [Member(sub="1", name="", roles=tuple(roles), status=MemberStatus.ACTIVE)])

    assert member_of("1").is_gradable is gradable


def test_page_when_it_comes_again_then_nothing_changes_but_when_they_were_listed(context: Context) -> None:
    page = [listed(str(number)) for number in range(30)]
    store(context, page)
    before = everybody()
    ids = db.session.scalars(select(Membership.id).order_by(Membership.id)).all()

    with counted_statements() as statements:
        store(context, page, since=AT + timedelta(days=1))

    assert (everybody(), db.session.scalars(select(Membership.id).order_by(Membership.id)).all()) == (before, ids)
    assert set(db.session.scalars(select(Membership.listed_at))) == {AT + timedelta(days=1)}
    assert [statement.split()[:2] for statement in statements if "SELECT" not in statement] == [
        ["UPDATE", "membership"]
    ]


def test_name_when_it_changed_or_is_left_out_then_the_newest_that_was_told_counts(context: Context) -> None:
    store(context, [listed("1", name="Ada Old"), listed("2", name="Bao")])

    store(context, [listed("1", name="Ada New"), listed("2", name="")])

    assert [name for name, _, _ in everybody().values()] == ["Ada New", "Bao"]


@pytest.mark.parametrize(
    ("launched_as", "roles"),
    [
        (Role.TEACHER, [INSTRUCTOR]),
        (Role.TEACHER, [f"{MEMBER}#Administrator"]),
        (Role.MENTOR, [INSTRUCTOR]),
        (Role.NONE, [INSTRUCTOR]),
        (Role.NONE, [LEARNER]),
        # Moodle's non-editing teacher: the list says less than the launch did.
        (Role.FACILITATOR, [LEARNER]),
    ],
)
def test_role_when_somebody_has_launched_then_the_list_does_not_change_it(
    context: Context, launched_as: Role, roles: list[str]
) -> None:
    enrol(context.id, "1", role=launched_as)

    store(context, [listed("1", *roles)])

    assert everybody() == {"1": ("Person 1", launched_as, True)}
    assert member_of("1").launched_at == LONG_AGO


@pytest.mark.parametrize("roles", [[LEARNER], ["Mentor"], [INSTRUCTOR]])
def test_role_when_nobody_has_launched_yet_then_the_list_says_it_anew(context: Context, roles: list[str]) -> None:
    store(context, [listed("1", "Guest")])

    store(context, [listed("1", *roles)])

    expected = {LEARNER: Role.TEACHER, "Mentor": Role.MENTOR, INSTRUCTOR: Role.FACILITATOR}[roles[0]]
    assert everybody() == {"1": ("Person 1", expected, True)}
    assert member_of("1").launched_at is None


def test_test_user_when_launched_as_one_then_the_list_does_not_make_a_person_of_them(context: Context) -> None:
    enrol(context.id, "1", is_test_user=True)

    store(context, [listed("1")])

    assert member_of("1").is_test_user is True


def test_enrolment_when_mended_then_shows_without_a_new_launch(context: Context) -> None:
    enrol(context.id, "1", role=Role.MENTOR, is_gradable=False)

    store(context, [listed("1", LEARNER)])

    member = member_of("1")
    assert (member.role, member.is_gradable) == (Role.MENTOR, True)


@pytest.mark.parametrize("status", [MemberStatus.INACTIVE, MemberStatus.DELETED])
def test_member_when_not_active_on_the_platform_then_no_row_is_made_and_a_known_one_is_absent(
    context: Context, status: MemberStatus
) -> None:
    enrol(context.id, "1")
    enrol(context.id, "2")

    stored = store(context, [listed("1", status=status), listed("2"), listed("3", status=status)])
    before = everybody()
    absent = mark(context)

    assert (stored, absent) == (1, 1)
    assert {sub: active for sub, (_, _, active) in before.items()} == {"1": True, "2": True}
    assert {sub: active for sub, (_, _, active) in everybody().items()} == {"1": False, "2": True}


def test_absent_when_marked_then_only_of_this_course_and_never_of_another_pulls_people(context: Context) -> None:
    other: Context = ContextFactory(deployment=loaded(context.id).deployment)
    enrol(context.id, "left")
    enrol(context.id, "new-list", listed_at=AT)
    user = db.session.scalars(select(User).where(User.sub == "left")).one()
    elsewhere = MembershipFactory(context=other, user=user, launched_at=LONG_AGO)
    db.session.commit()

    absent = mark(context)

    db.session.expire_all()
    states = {(row.user_id == user.id, row.context_id == context.id): row.is_active for row in _memberships()}
    assert absent == 1
    assert states == {(True, True): False, (False, True): True, (True, False): True}
    assert elsewhere.launched_at == LONG_AGO


@pytest.mark.parametrize(
    ("launched_at", "active"),
    [
        (AT + timedelta(seconds=5), True),
        (AT - timedelta(minutes=1), True),
        (AT - VOUCHED_FOR, True),
        (AT - VOUCHED_FOR - timedelta(seconds=1), False),
        (None, False),
    ],
)
@pytest.mark.parametrize("role", [Role.NONE, Role.FACILITATOR, Role.TEACHER])
def test_absent_when_a_launch_has_just_vouched_for_them_then_spared_for_a_day(
    context: Context, role: Role, launched_at: datetime | None, active: bool
) -> None:
    enrol(context.id, "1", role=role, launched_at=launched_at)

    mark(context)

    member = member_of("1")
    assert (member.is_active, member.role) == (active, role)
    assert member.launched_at == (launched_at if active else None)


def test_member_when_back_on_the_list_then_active_again_with_the_role_of_the_list_and_no_launch(
    context: Context,
) -> None:
    enrol(context.id, "1", role=Role.FACILITATOR)
    mark(context)

    store(context, [listed("1", LEARNER)], since=AT + timedelta(days=1))

    member = member_of("1")
    assert (member.is_active, member.role, member.launched_at) == (True, Role.TEACHER, None)


def test_page_when_somebody_stands_on_it_twice_then_is_one_person_with_all_roles(context: Context) -> None:
    store(context, [listed("1", LEARNER), listed("2"), listed("1", INSTRUCTOR, name="")])

    assert everybody() == {"1": ("Person 1", Role.FACILITATOR, True), "2": ("Person 2", Role.TEACHER, True)}


def test_page_when_empty_then_nothing_is_asked_of_the_database() -> None:
    with counted_statements() as statements:
        stored = store_members(db.session(), [], registration_id=1, context_id=1, since=AT)

    assert (stored, statements) == (0, [])


@pytest.mark.parametrize("kind", ["new", "renamed", "known"])
@pytest.mark.parametrize("size", [10, 100])
def test_page_when_it_holds_ten_or_a_hundred_then_takes_as_many_statements(
    context: Context, size: int, kind: str
) -> None:
    page = [listed(f"{number:03}") for number in range(size)]
    if kind != "new":
        store(context, page)
    if kind == "renamed":
        page = [listed(member.sub, INSTRUCTOR, name=f"New {member.sub}") for member in page]
    registration_id, context_id = registration_of(context), context.id
    db.session.commit()

    with counted_statements() as statements:
        store_members(db.session(), page, registration_id=registration_id, context_id=context_id, since=AT)

    expected = Counter(SELECT=1, UPDATE=1) + (Counter() if kind == "known" else Counter(INSERT=2))
    assert Counter(statement.split()[0] for statement in statements) == expected


def test_pages_when_stored_by_several_at_once_then_nobody_is_there_twice(app: Flask, context: Context) -> None:
    page = [listed(f"{number:03}") for number in range(100)]
    registration_id, context_id = registration_of(context), context.id
    db.session.commit()
    together = threading.Barrier(4, timeout=20)

    def work(number: int) -> int:
        with app.app_context():
            together.wait()
            members = page if number % 2 else page[::-1]
            stored = store_members(
                db.session(), members, registration_id=registration_id, context_id=context_id, since=AT
            )
            db.session.commit()
            return stored

    with ThreadPoolExecutor(4) as threads:
        stored = list(threads.map(work, range(4)))

    counts = [db.session.scalar(select(func.count()).select_from(table)) for table in (User, Membership)]
    assert (stored, counts) == ([100] * 4, [100, 100])


def test_pages_when_people_launch_meanwhile_then_nobody_is_there_twice_and_the_launch_has_the_last_word(
    app: Flask, context: Context
) -> None:
    page = [listed(f"{number:03}", INSTRUCTOR) for number in range(60)]
    registration_id, context_id, deployment_id = registration_of(context), context.id, context.deployment_id
    course = CourseClaim(id_on_platform=context.context_id_on_platform, label="", title="")
    db.session.commit()
    together = threading.Barrier(4, timeout=20)

    def list_them(_number: int) -> None:
        with app.app_context():
            together.wait()
            wanted = {"registration_id": registration_id, "context_id": context_id}
            for _ in range(5):
                store_members(db.session(), page, since=AT, **wanted)
                db.session.commit()

    def launch_them(number: int) -> None:
        with app.app_context():
            together.wait()
            for turn in range(15):
                sub = f"{(59 - turn * 4 - number) % 60:03}"
                record_launch(db.session(), _launch_of(sub, course, registration_id, deployment_id))
                db.session.commit()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: (list_them if number < 2 else launch_them)(number), range(4)))

    counts = [db.session.scalar(select(func.count()).select_from(table)) for table in (User, Membership)]
    launched = db.session.scalars(select(Membership.role).where(Membership.launched_at.is_not(None))).all()
    assert counts == [60, 60]
    assert launched == [Role.TEACHER] * 30


def _launch_of(sub: str, course: CourseClaim, registration_id: int, deployment_id: int) -> LaunchMessage:
    """Return a launch as a learner, with a name that the list does not have."""
    return LaunchMessage(
        registration_id=registration_id,
        deployment_id=deployment_id,
        deployment_id_on_platform="1",
        sub=sub,
        name=f"Launched {sub}",
        locale="en",
        roles=(f"{MEMBER}#Learner",),
        course=course,
        resource_link_id="3",
        resource_link_title="Weekly reflection",
        ags=None,
        nrps=None,
        custom={},
    )


def _memberships() -> Sequence[Membership]:
    return db.session.scalars(select(Membership)).all()
