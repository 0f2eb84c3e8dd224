"""A worker reads a course's list from a platform: what it finds, what stops it, and who comes and goes meanwhile."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from huey import Huey

from lti_app import tasks
from lti_app.clock import now
from lti_app.db import db
from lti_app.lti.connector import Lti, PlatformConnector
from lti_app.lti.nrps import read_members
from lti_app.models.gradebook import DeliveryState, ScoreDelivery
from lti_app.models.people import Context, Membership, Role, RosterCause, RosterProblem, User
from lti_app.roster import pull_members
from lti_app.roster.pull_members import BETWEEN_REQUESTS, LEASE
from lti_app.roster.store_members import store_members
from tests.factories import ActivityFactory, ContextFactory, DeliveryFactory, UserFactory
from tests.lti_app.activities.journal.writing import stored
from tests.lti_app.lti.bare_platform import Asked, BarePlatform, Told
from tests.lti_app.lti.launching import NRPS, call, launch_with, services_called
from tests.lti_app.lti.platforms import bare_registration
from tests.lti_app.roster.listing import (
    LEARNER,
    MEMBER,
    counted_statements,
    enrol,
    everybody,
    loaded,
    member_of,
    the_course,
)
from tests.visitor import FACILITATOR, LMS_ADMIN, MENTOR, PRINCIPAL, TEACHER, Visitor

TOKEN = Told(body=b'{"access_token": "t", "expires_in": 3600}')
STOLEN = Told(body=b'{"members": []}', headers={"Link": '<https://evil.example/>; rel="next"'})
TEACHERS = [str(number) for number in range(102, 108)]


@pytest.fixture
def ready(served: str, visitor: Visitor) -> Visitor:
    """Somebody with a browser, and a tool that the LMS can fetch its keys from."""
    del served
    return visitor


@pytest.fixture
def work(queue: Huey) -> Callable[[], int]:
    """Do what a worker does with each message that waits; returns how many there were."""

    def do() -> int:
        db.session.commit()
        done = 0
        while (task := queue.dequeue()) is not None:
            queue.execute(task)
            done += 1
        return done

    return do


@pytest.fixture
def course(app: Flask, bare: BarePlatform) -> Context:
    """A course on the bare platform, whose list is due."""
    del app
    registration = bare_registration(bare)
    context: Context = ContextFactory(
        deployment__registration=registration,
        memberships_url=f"{bare.url}/members",
        launched_at=now(),
        roster_due_at=now(),
        roster_cause=RosterCause.LAUNCH,
    )
    db.session.commit()
    return context


def lists(bare: BarePlatform, *pages: Any) -> None:
    """Let the platform answer with these pages, one after the other: members, or an answer of its own."""
    following: Iterator[tuple[int, Any]] = iter(enumerate(pages, 1))

    def answer(asked: Asked) -> Told:
        if asked.path == "/token":
            return TOKEN
        number, page = next(following)
        if isinstance(page, Told):
            return page
        link = {"Link": f'</page/{number}>; rel="next"'} if number < len(pages) else {}
        return Told(body=json.dumps({"members": page}).encode(), headers=link)

    bare.answer = answer


def people(*subs: str, roles: tuple[str, ...] = (LEARNER,)) -> list[dict[str, Any]]:
    return [{"user_id": sub, "name": f"Person {sub}", "roles": list(roles), "status": "Active"} for sub in subs]


def pull(course: Context, lti: Lti) -> Context:
    """Let a worker do its task once, and return the course as it is then."""
    tasks.pull_members(course.id, lti=lti)
    assert not db.session().in_transaction()
    return the_course()


def make_due() -> None:
    the_course().roster_due_at = now()
    db.session.commit()


def test_course_when_launched_for_the_first_time_then_a_worker_reads_everybody(
    ready: Visitor, work: Callable[[], int]
) -> None:
    ready.launch(TEACHER)

    messages = work()

    found = everybody()
    assert messages == 1
    assert {sub: role for sub, (_, role, _) in found.items()} == {
        **dict.fromkeys(TEACHERS, Role.TEACHER),
        MENTOR: Role.MENTOR,
        FACILITATOR: Role.FACILITATOR,
        PRINCIPAL: Role.FACILITATOR,
    }
    assert all(is_active for _, _, is_active in found.values())
    assert found["103"][0] == "Zoë Ångström-Reyes"
    assert {sub for sub in found if member_of(sub).launched_at is not None} == {TEACHER}
    assert (the_course().roster_read_cause, the_course().roster_problem) == (RosterCause.LAUNCH, None)
    assert services_called(ready.lms) == ["jwks", "token", "memberships"]


def test_course_when_launched_again_then_its_list_is_not_read_again(ready: Visitor, work: Callable[[], int]) -> None:
    ready.launch(TEACHER)
    work()
    due_at = the_course().roster_due_at

    ready.launch(TEACHER)
    ready.launch(FACILITATOR)

    assert (work(), the_course().roster_due_at) == (0, due_at)


def test_course_when_its_list_moved_then_the_launch_that_says_so_has_it_read(
    ready: Visitor, work: Callable[[], int]
) -> None:
    ready.launch(TEACHER)
    work()
    url = f"{ready.lms.url}/lti/courses/1/memberships?moved=1"

    launch_with(ready, claims={NRPS: {"context_memberships_url": url, "service_versions": ["2.0"]}})

    assert (work(), the_course().memberships_url) == (1, url)
    assert services_called(ready.lms).count("memberships") == 2


def test_launch_when_the_claim_is_left_out_then_the_address_stays_known(ready: Visitor) -> None:
    ready.launch(TEACHER)
    known = the_course().memberships_url

    launch_with(ready, remove=[NRPS])

    assert the_course().memberships_url == known != ""


def test_message_when_lost_then_the_sweep_finds_the_list(ready: Visitor, queue: Huey, work: Callable[[], int]) -> None:
    ready.launch(TEACHER)
    queue.flush()
    (sweep,) = [task for task in queue._registry.periodic_tasks if type(task).__name__ == "sweep"]  # noqa: SLF001

    queue.execute(sweep)
    messages = work()

    assert messages == 1
    assert len(everybody()) == 9


def test_worker_when_killed_on_the_way_then_the_next_one_reads_it_all_after_the_lease(
    course: Context, bare: BarePlatform, lti: Lti
) -> None:
    enrol(course.id, "9")
    lists(bare, people("1"), people("2"), people("1"), people("2"))
    _read_one_page_and_die(course, lti)
    half_way, swept = everybody(), list[int]()
    tasks.sweep_rosters(swept.append)
    while_leased = list(swept)

    with time_machine.travel(now() + LEASE + timedelta(seconds=1)):
        tasks.sweep_rosters(swept.append)
        pull(course, lti)

    assert (sorted(half_way), half_way["9"][2]) == (["1", "9"], True)
    assert (while_leased, swept) == ([], [course.id])
    assert {sub: active for sub, (_, _, active) in everybody().items()} == {"1": True, "2": True, "9": False}


def test_pull_when_broken_off_half_way_then_what_was_read_stays_and_nobody_counts_as_gone(
    course: Context, bare: BarePlatform, lti: Lti
) -> None:
    enrol(course.id, "9")
    lists(bare, people("1", "2"), Told(status=500))

    after = pull(course, lti)

    assert {sub: active for sub, (_, _, active) in everybody().items()} == {"1": True, "2": True, "9": True}
    assert (after.roster_problem, after.roster_read_at, after.roster_attempts) == (RosterProblem.UNAVAILABLE, None, 1)
    assert after.roster_due_at is not None
    assert after.roster_due_at > now()


def test_pull_when_somebody_left_came_back_and_left_again_then_is_inactive_active_inactive(
    course: Context, bare: BarePlatform, lti: Lti
) -> None:
    enrol(course.id, "1")
    lists(bare, *(Told(body=json.dumps({"members": people(*subs)}).encode()) for subs in ("2", "12", "2")))
    states = []

    for _ in range(3):
        make_due()
        pull(course, lti)
        states.append(member_of("1").is_active)

    assert states == [False, True, False]


def test_administrator_when_not_on_the_list_then_keeps_the_page_for_a_day_and_never_takes_part(
    ready: Visitor, work: Callable[[], int], lti: Lti
) -> None:
    landed = ready.launch(LMS_ADMIN)
    work()
    member = member_of(LMS_ADMIN)
    at_once = (member.role, member.takes_part, member.is_active)
    shown = ready.get(landed.request.path).status_code

    with time_machine.travel(now() + timedelta(days=2)):
        assert work() == 0
        tasks.sweep_rosters(lambda context_id: tasks.pull_members(context_id, lti=lti))
        later = member_of(LMS_ADMIN)

    assert (at_once, shown) == ((Role.NONE, False, True), 200)
    assert (later.is_active, later.launched_at) == (False, None)


def test_launch_when_it_brings_somebody_in_while_the_list_is_read_then_they_stay(
    app: Flask, course: Context, bare: BarePlatform, lti: Lti
) -> None:
    def answer(asked: Asked) -> Told:
        if asked.path == "/token":
            return TOKEN
        with app.app_context():
            db.session.add(Membership(context_id=course_id, user_id=user_id, role=Role.TEACHER, launched_at=now()))
            db.session.commit()
        return Told(body=json.dumps({"members": people("1")}).encode())

    course_id = course.id
    user_id = UserFactory(registration_id=loaded(course_id).deployment.registration_id, sub="late").id
    db.session.commit()
    bare.answer = answer

    pull(course, lti)

    assert {sub: active for sub, (_, _, active) in everybody().items()} == {"1": True, "late": True}


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        (Told(status=401), RosterProblem.ACCESS_WITHDRAWN),
        (Told(status=403), RosterProblem.NOT_ALLOWED),
        (Told(status=404), RosterProblem.GONE),
        (Told(status=406), RosterProblem.NOT_UNDERSTOOD),
        (Told(status=500), RosterProblem.UNAVAILABLE),
        (Told(body=b"<html>"), RosterProblem.UNAVAILABLE),
        (
            Told(headers={"Link": '<https://evil.example/>; rel="next"'}, body=b'{"members": []}'),
            RosterProblem.NOT_UNDERSTOOD,
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_pull_when_the_platform_gives_no_list_then_the_course_knows_why(
    course: Context, bare: BarePlatform, lti: Lti, told: Told, problem: RosterProblem
) -> None:
    bare.answer = lambda asked: TOKEN if asked.path == "/token" else told

    after = pull(course, lti)

    assert (after.roster_problem, after.roster_read_at, after.roster_leased_until) == (problem, None, None)


def test_pull_when_it_works_again_then_the_problem_is_forgotten(course: Context, bare: BarePlatform, lti: Lti) -> None:
    lists(bare, Told(status=500), people("1"))
    pull(course, lti)
    make_due()

    after = pull(course, lti)

    assert (after.roster_problem, after.roster_attempts) == (None, 0)
    assert after.roster_read_at is not None


def test_pull_when_an_error_is_our_own_then_the_list_waits_and_no_transaction_is_open(
    course: Context, lti: Lti
) -> None:
    broken: Any = None

    after = pull(course, replace(lti, engine=broken))

    assert (after.roster_problem, after.roster_leased_until) == (RosterProblem.UNAVAILABLE, None)


@pytest.mark.parametrize("size", [10, 100])
def test_pull_when_pages_hold_ten_or_a_hundred_then_takes_as_many_statements_a_page(
    course: Context, bare: BarePlatform, lti: Lti, size: int
) -> None:
    pages = [people(*(f"{page}-{number}" for number in range(size))) for page in range(3)]
    lists(bare, *pages)
    course_id = course.id
    db.session.commit()

    with counted_statements() as statements:
        tasks.pull_members(course_id, lti=lti)

    ours = Counter(statement.split()[0] for statement in statements if "access_token" not in statement)
    # Claim and its row; each page: lease, what is known, people, memberships, a note; the end: lease, row, plan,
    # who is absent, and the scores that may go now.
    assert ours == Counter(UPDATE=1 + 3 * 2 + 3, SELECT=1 + 3 + 1 + 1, INSERT=3 * 2)
    assert len(everybody()) == 3 * size


def test_score_when_its_person_is_gradable_on_the_list_now_then_goes_out_again(
    course: Context, bare: BarePlatform, lti: Lti
) -> None:
    activity = ActivityFactory(context=loaded(course.id))
    mended, still_not = enrol(course.id, "1", is_gradable=False), enrol(course.id, "2", is_gradable=False)
    for member in (mended, still_not):
        user = db.session.get_one(User, member.user_id)
        DeliveryFactory(activity=activity, user=user, state=DeliveryState.PARKED, reason="not_gradable")
    db.session.commit()
    lists(bare, people("1") + people("2", roles=(f"{MEMBER}#Mentor",)))

    pull(course, lti)

    states = {row.user_id: row.state for row in stored(ScoreDelivery)}
    assert states == {mended.user_id: DeliveryState.WAITING, still_not.user_id: DeliveryState.PARKED}


def test_facilitator_when_asking_for_the_list_then_a_worker_reads_it_once(
    ready: Visitor, work: Callable[[], int]
) -> None:
    page = ready.launch(FACILITATOR)
    work()
    call(ready.lms, "enrol", {"count": 3})

    answers = [ready.post("/journal/1/people", page) for _ in range(2)]
    messages = work()

    assert ([answer.status_code for answer in answers], messages) == ([303, 303], 1)
    assert len(everybody()) == 12
    assert the_course().roster_read_cause is RosterCause.ASKED
    with time_machine.travel(now() + BETWEEN_REQUESTS):
        ready.post("/journal/1/people", page)
        assert work() == 1


def _read_one_page_and_die(course: Context, lti: Lti) -> None:
    """Do what a worker does until its first page is committed, and not a line more."""
    pull = pull_members.claim(db.session(), course.id, at=now())
    db.session.commit()
    assert pull is not None
    page = next(read_members(PlatformConnector(pull.registration, lti=lti), pull.memberships_url))
    wanted = {"registration_id": pull.registration.id, "context_id": pull.context_id}
    store_members(db.session(), page, since=pull.started_at, **wanted)
    db.session.commit()
