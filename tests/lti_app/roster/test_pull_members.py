"""One course's list on its way: owed, claimed, read again at night, and what a platform's no leaves behind."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.models.people import Context, RosterCause, RosterProblem
from lti_app.models.platform import Deployment, Registration, RegistrationStatus
from lti_app.roster import pull_members
from lti_app.roster.pull_members import BETWEEN_REQUESTS, IN_USE, LEASE, Pull
from tests.factories import ContextFactory
from tests.lti_app.roster.listing import enrol, the_course

pytestmark = pytest.mark.usefixtures("app")

AT = datetime(2026, 9, 1, 14, 0, tzinfo=UTC)
URL = "https://lms.example/members"


def a_course(**values: Any) -> int:
    """Return the id of a course whose list is due, unless told otherwise; committed."""
    due = {"roster_due_at": AT, "roster_cause": RosterCause.LAUNCH, "launched_at": AT, "memberships_url": URL}
    course: Context = ContextFactory(**{**due, **values})
    db.session.commit()
    return course.id


def claim(context_id: int, *, at: datetime = AT) -> Pull | None:
    pull = pull_members.claim(db.session(), context_id, at=at)
    db.session.commit()
    return pull


def claimed(context_id: int, *, at: datetime = AT) -> Pull:
    pull = claim(context_id, at=at)
    assert pull is not None
    return pull


def test_claim_when_due_then_takes_the_list_for_three_minutes() -> None:
    context_id = a_course()

    pull = claimed(context_id)

    course = the_course()
    assert (pull.memberships_url, pull.resource_link_id, pull.cause) == (URL, "", RosterCause.LAUNCH)
    assert (pull.started_at, pull.leased_until) == (AT, AT + LEASE)
    assert pull.registration.token_url.endswith("/token")
    assert (course.roster_leased_until, course.roster_attempts) == (AT + LEASE, 1)


def test_claim_when_the_link_stands_outside_any_course_then_asks_for_the_people_of_the_link() -> None:
    pull = claimed(a_course(context_id_on_platform="resource-link:3"))

    assert pull.resource_link_id == "3"


@pytest.mark.parametrize(
    "values",
    [
        {"roster_due_at": None},
        {"roster_due_at": AT + timedelta(microseconds=1)},
        {"roster_leased_until": AT + timedelta(seconds=1)},
    ],
    ids=str,
)
def test_claim_when_not_due_or_taken_then_gets_nothing(values: dict[str, Any]) -> None:
    context_id = a_course(**values)

    assert claim(context_id) is None
    assert the_course().roster_attempts == 0


def test_claim_when_there_is_no_such_course_then_gets_nothing() -> None:
    assert claim(4711) is None


def test_claim_when_the_platform_is_disabled_then_nothing_goes_there_and_the_night_asks_again() -> None:
    context_id = a_course()
    db.session.scalars(select(Registration)).one().status = RegistrationStatus.DISABLED
    db.session.commit()

    assert claim(context_id) is None

    course = the_course()
    assert (course.roster_leased_until, course.roster_cause) == (None, RosterCause.NIGHTLY)
    assert course.roster_due_at == pull_members.next_night(context_id, after=AT)


def test_claim_when_several_workers_want_it_at_once_then_one_gets_it(app: Flask) -> None:
    context_id = a_course()
    together = threading.Barrier(4, timeout=20)

    def work(_number: int) -> bool:
        with app.app_context():
            together.wait()
            return claim(context_id) is not None

    with ThreadPoolExecutor(4) as threads:
        got = list(threads.map(work, range(4)))

    assert sorted(got) == [False, False, False, True]


def test_renew_when_still_ours_then_the_lease_is_longer() -> None:
    pull = claimed(a_course())

    renewed = pull_members.renew(db.session(), pull, at=AT + timedelta(minutes=2))
    db.session.commit()

    assert renewed is not None
    assert renewed.leased_until == the_course().roster_leased_until == AT + timedelta(minutes=2) + LEASE


def test_worker_when_too_slow_then_another_takes_over_and_the_first_says_nothing_more() -> None:
    context_id = a_course()
    first = claimed(context_id)
    second = claimed(context_id, at=AT + LEASE)

    renewed = pull_members.renew(db.session(), first, at=AT + LEASE)
    pull_members.record_read(db.session(), first, people=3, at=AT + LEASE)
    pull_members.record_refused(
        db.session(), first, error=PlatformRefused("no", reason=Refusal.OUR_FAULT), at=AT + LEASE
    )
    pull_members.record_unavailable(db.session(), first, error=PlatformUnavailable("no"), at=AT + LEASE)
    db.session.commit()

    course = the_course()
    assert renewed is None
    assert course.roster_leased_until == second.leased_until
    assert (course.roster_read_at, course.roster_problem) == (None, None)


def test_record_read_when_done_then_says_when_and_why_and_is_due_at_night() -> None:
    context_id = a_course(roster_problem=RosterProblem.UNAVAILABLE, roster_attempts=7)
    pull = claimed(context_id)

    pull_members.record_read(db.session(), pull, people=3, at=AT + timedelta(seconds=9))
    db.session.commit()

    course = the_course()
    assert (course.roster_read_at, course.roster_read_cause) == (AT + timedelta(seconds=9), RosterCause.LAUNCH)
    assert (course.roster_problem, course.roster_attempts, course.roster_leased_until) == (None, 0, None)
    assert course.roster_cause is RosterCause.NIGHTLY
    assert course.roster_due_at == pull_members.next_night(context_id, after=AT + timedelta(seconds=9))


@pytest.mark.parametrize("launched_at", [None, AT - IN_USE])
def test_record_read_when_nobody_has_launched_for_ninety_days_then_no_night_follows(
    launched_at: datetime | None,
) -> None:
    pull = claimed(a_course(launched_at=launched_at))

    pull_members.record_read(db.session(), pull, people=3, at=AT)
    db.session.commit()

    assert (the_course().roster_due_at, the_course().roster_cause) == (None, None)


def test_record_read_when_asked_for_meanwhile_then_stays_due() -> None:
    context_id = a_course()
    pull = claimed(context_id)
    pull_members.ask_for_pull(db.session(), context_id, at=AT + timedelta(seconds=1))

    pull_members.record_read(db.session(), pull, people=3, at=AT + timedelta(seconds=2))
    db.session.commit()

    course = the_course()
    assert (course.roster_due_at, course.roster_cause) == (AT + timedelta(seconds=1), RosterCause.ASKED)
    assert (course.roster_read_cause, course.roster_leased_until) == (RosterCause.LAUNCH, None)


@pytest.mark.parametrize(("people", "active"), [(0, True), (1, False)])
def test_record_read_when_the_list_was_empty_then_nobody_is_taken_for_gone(people: int, active: bool) -> None:
    context_id = a_course()
    member = enrol(context_id, "1")
    pull = claimed(context_id)

    pull_members.record_read(db.session(), pull, people=people, at=AT)
    db.session.commit()

    db.session.refresh(member)
    assert member.is_active is active


def test_record_unavailable_when_tried_again_then_waits_longer_each_time_and_marks_nobody() -> None:
    context_id, waits, at = a_course(), [], AT
    member = enrol(context_id, "1")

    for _ in range(4):
        pull = claimed(context_id, at=at)
        pull_members.record_unavailable(db.session(), pull, error=PlatformUnavailable("down", status=500), at=at)
        db.session.commit()
        due_at = the_course().roster_due_at
        assert due_at is not None
        waits.append((due_at - at) // timedelta(minutes=1))
        at = due_at

    db.session.refresh(member)
    assert waits in ([1, 2, 4, 8], [1, 2, 4, 9])
    assert (the_course().roster_problem, the_course().roster_attempts) == (RosterProblem.UNAVAILABLE, 4)
    assert member.is_active is True


def test_record_unavailable_when_the_platform_says_how_long_then_believes_it() -> None:
    pull = claimed(a_course())
    error = PlatformUnavailable("throttled", status=429, retry_after=600)

    pull_members.record_unavailable(db.session(), pull, error=error, at=AT)
    db.session.commit()

    due_at = the_course().roster_due_at
    assert due_at is not None
    assert AT + timedelta(minutes=10) <= due_at <= AT + timedelta(minutes=12)


def test_record_unavailable_when_the_course_is_not_in_use_then_gives_up() -> None:
    pull = claimed(a_course(launched_at=AT - IN_USE))

    pull_members.record_unavailable(db.session(), pull, error=PlatformUnavailable("down"), at=AT)
    db.session.commit()

    assert the_course().roster_due_at is None


@pytest.mark.parametrize(
    ("reason", "status", "problem"),
    [
        (Refusal.ACCESS_WITHDRAWN, 401, RosterProblem.ACCESS_WITHDRAWN),
        (Refusal.SCOPE_MISSING, 403, RosterProblem.NOT_ALLOWED),
        (Refusal.OUR_FAULT, 404, RosterProblem.GONE),
        (Refusal.OUR_FAULT, 410, RosterProblem.GONE),
        (Refusal.OUR_FAULT, 415, RosterProblem.NOT_UNDERSTOOD),
        (Refusal.OUR_FAULT, None, RosterProblem.NOT_UNDERSTOOD),
    ],
)
def test_record_refused_when_the_platform_says_no_then_keeps_why_and_the_night_asks_again(
    reason: Refusal, status: int | None, problem: RosterProblem
) -> None:
    context_id = a_course()
    pull = claimed(context_id)

    pull_members.record_refused(db.session(), pull, error=PlatformRefused("no", reason=reason, status=status), at=AT)
    db.session.commit()

    course = the_course()
    assert (course.roster_problem, course.roster_leased_until, course.roster_read_at) == (problem, None, None)
    assert course.roster_due_at == pull_members.next_night(context_id, after=AT)


def test_ask_when_asked_again_within_five_minutes_then_counts_once() -> None:
    context_id = a_course(roster_due_at=None, roster_attempts=5)
    moments = [AT, AT + timedelta(seconds=1), AT + BETWEEN_REQUESTS - timedelta(seconds=1), AT + BETWEEN_REQUESTS]

    asked = [pull_members.ask_for_pull(db.session(), context_id, at=at) for at in moments]
    db.session.commit()

    course = the_course()
    assert asked == [True, False, False, True]
    assert (course.roster_due_at, course.roster_cause) == (AT + BETWEEN_REQUESTS, RosterCause.ASKED)
    assert course.roster_attempts == 0


def test_ask_when_the_platform_shares_no_list_then_nothing_is_due() -> None:
    context_id = a_course(memberships_url="", roster_due_at=None)

    assert pull_members.ask_for_pull(db.session(), context_id, at=AT) is False
    assert the_course().roster_due_at is None


def test_due_ids_when_there_are_many_then_gives_the_longest_due_first() -> None:
    newer, older = a_course(), a_course(roster_due_at=AT - timedelta(hours=1))
    leased, free = a_course(roster_leased_until=AT + LEASE), a_course(roster_leased_until=AT)
    not_yet, never = a_course(roster_due_at=AT + timedelta(seconds=1)), a_course(roster_due_at=None)

    due = pull_members.due_ids(db.session(), at=AT)

    assert (due[0], set(due)) == (older, {older, newer, free})
    assert {leased, not_yet, never}.isdisjoint(due)


def test_due_ids_when_there_are_more_than_a_sweep_takes_then_gives_so_many() -> None:
    deployment: Deployment = ContextFactory().deployment
    ContextFactory.create_batch(60, deployment=deployment, roster_due_at=AT)
    db.session.commit()

    assert len(set(pull_members.due_ids(db.session(), at=AT))) == 50


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_next_night_when_planned_then_lies_between_one_and_five_and_ahead_by_at_most_a_day(hour: int) -> None:
    after = AT.replace(hour=hour, minute=30)

    nights = [pull_members.next_night(number, after=after) for number in range(1, 1001)]

    local_hours = {night.astimezone().hour for night in nights}
    assert all(after < night <= after + timedelta(days=1) for night in nights)
    assert local_hours == {1, 2, 3, 4}


def test_next_night_when_many_courses_wait_then_they_are_spread_evenly() -> None:
    nights = [pull_members.next_night(number, after=AT) for number in range(1, 1441)]

    minutes = [int((night - min(nights)) / timedelta(minutes=10)) for night in nights]
    assert all(50 <= minutes.count(slot) <= 70 for slot in range(24))


def test_next_night_when_asked_again_then_is_the_same_time_of_the_night_after() -> None:
    first = pull_members.next_night(7, after=now())

    assert pull_members.next_night(7, after=first) == first + timedelta(days=1)
