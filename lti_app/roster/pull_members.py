"""One course's list of people on its way: owed, claimed by one worker, read page by page, and how it went.

That a list has to be read stands in the database: a time on its `Context`, and a lease while a worker is at it. A
killed worker or a lost message therefore loses nothing; a sweep finds what is due. No lock is held while a platform
thinks. Everything here locks in the order of launches (people, then course, then memberships), so that neither ever
waits for the other in a circle.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session, joinedload

from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.lti.messages import LINK_AS_COURSE
from lti_app.lti.retries import wait_before_retry
from lti_app.models.people import Context, RosterCause, RosterProblem
from lti_app.models.platform import Deployment, Registration
from lti_app.queue import wake
from lti_app.roster.store_members import mark_absent

TASK = "pull_members"
# Renewed at each page, whose request may take some seconds.
LEASE = timedelta(minutes=3)
BETWEEN_REQUESTS = timedelta(minutes=5)
IN_USE = timedelta(days=90)
# Lists read in one minute's sweep; the others follow in the next, and scores are not held up behind them.
SWEEP_LIMIT = 50
# The night of the machine's time zone, in hours.
NIGHT_BEGINS, NIGHT_LASTS = 1, 4

_PROBLEMS = {
    Refusal.ACCESS_WITHDRAWN: RosterProblem.ACCESS_WITHDRAWN,
    Refusal.SCOPE_MISSING: RosterProblem.NOT_ALLOWED,
}

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Pull:
    """A claimed list, ready to read without the database; `leased_until` is what shows that it is still ours."""

    context_id: int
    registration: Registration
    memberships_url: str
    resource_link_id: str
    cause: RosterCause
    started_at: datetime
    leased_until: datetime


def owe_pull(session: Session, context: Context, *, cause: RosterCause, at: datetime) -> None:
    """Write down that the list has to be read now, in the transaction of its cause, and wake a worker after it."""
    context.roster_due_at, context.roster_cause, context.roster_attempts = at, cause, 0
    wake(session, TASK, context.id)


def ask_for_pull(session: Session, context_id: int, *, at: datetime) -> bool:
    """Have the list read now because somebody asks; return False if that was asked for in the last five minutes."""
    asked = session.execute(
        update(Context)
        .where(
            Context.id == context_id,
            Context.memberships_url != "",
            or_(Context.roster_asked_at.is_(None), Context.roster_asked_at <= at - BETWEEN_REQUESTS),
        )
        .values(roster_asked_at=at, roster_due_at=at, roster_cause=RosterCause.ASKED, roster_attempts=0)
        .returning(Context.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if asked is not None:
        wake(session, TASK, context_id)
    return asked is not None


def due_ids(session: Session, *, at: datetime) -> list[int]:
    """Return the courses whose list should have been read and is not, longest due first, at most 50."""
    query = select(Context.id).where(*_is_due(at)).order_by(Context.roster_due_at).limit(SWEEP_LIMIT)
    return list(session.scalars(query))


def claim(session: Session, context_id: int, *, at: datetime) -> Pull | None:
    """Take a due list for one worker, or return None: it was read, is not due, or another worker has it.

    One conditional UPDATE decides, on SQLite and PostgreSQL alike. Commit before reading.
    """
    taken = session.execute(
        update(Context)
        .where(Context.id == context_id, *_is_due(at))
        .values(roster_leased_until=at + LEASE, roster_attempts=Context.roster_attempts + 1)
        .returning(Context.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if taken is None:
        return None
    context = _load(session, context_id)
    registration = context.deployment.registration
    if not context.memberships_url or not registration.is_active:
        # Nothing goes to a disabled platform; when it is enabled again, the list is due at night.
        _plan_next(context, at=at)
        return None
    # Out of the session: after the commit it is read while no transaction is open.
    session.expunge(registration)
    course = context.context_id_on_platform
    return Pull(
        context_id=context_id,
        registration=registration,
        memberships_url=context.memberships_url,
        # A link outside any course has no list but its own (NRPS 2.0, 3.6.4).
        resource_link_id=course.removeprefix(LINK_AS_COURSE) if course.startswith(LINK_AS_COURSE) else "",
        cause=context.roster_cause or RosterCause.NIGHTLY,
        started_at=at,
        leased_until=at + LEASE,
    )


def renew(session: Session, pull: Pull, *, at: datetime) -> Pull | None:
    """Keep the list for one more page, or return None: this worker was so slow that another one has taken it."""
    until = at + LEASE
    renewed = session.execute(
        update(Context)
        .where(*_is_ours(pull))
        .values(roster_leased_until=until)
        .returning(Context.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return replace(pull, leased_until=until) if renewed is not None else None


def record_read(session: Session, pull: Pull, *, people: int, at: datetime) -> None:
    """Note that the list was read to its end with so many people, and mark who is no longer in it."""
    context = _let_go(session, pull)
    if context is None:
        return
    context.roster_read_at, context.roster_read_cause, context.roster_problem = at, pull.cause, None
    context.roster_attempts = 0
    _plan_next(context, at=at, unless_due_after=pull.started_at)
    session.flush()
    # An empty list says more about the platform than about the course, in which somebody has launched: believe it not.
    absent = mark_absent(session, context_id=pull.context_id, since=pull.started_at) if people else 0
    log.info("roster_read", context_id=pull.context_id, people=people, absent=absent, cause=pull.cause.value)


def record_unavailable(session: Session, pull: Pull, *, error: PlatformUnavailable, at: datetime) -> None:
    """Note that the list could not be read to its end, and when it is tried again; nobody counts as gone."""
    context = _let_go(session, pull)
    if context is None:
        return
    context.roster_problem = RosterProblem.UNAVAILABLE
    if _is_in_use(context, at=at):
        context.roster_due_at = at + wait_before_retry(context.roster_attempts, retry_after=error.retry_after)
    else:
        context.roster_due_at = None
    log.warning("roster_delayed", context_id=pull.context_id, attempts=context.roster_attempts, error=str(error))


def record_refused(session: Session, pull: Pull, *, error: PlatformRefused, at: datetime) -> None:
    """Note that the platform does not let us read the list, and why; the next night asks again."""
    context = _let_go(session, pull)
    if context is None:
        return
    is_gone = error.status in {404, 410}
    context.roster_problem = _PROBLEMS.get(
        error.reason, RosterProblem.GONE if is_gone else RosterProblem.NOT_UNDERSTOOD
    )
    _plan_next(context, at=at, unless_due_after=pull.started_at)
    log.warning("roster_refused", context_id=pull.context_id, reason=context.roster_problem.value)


def next_night(context_id: int, *, after: datetime) -> datetime:
    """Return when the course's list is read next: between one and five in the night, each course at its own time."""
    # Neighbours lie 37 minutes apart, and 14,400 seconds are filled evenly.
    second = context_id * 2221 % (NIGHT_LASTS * 3600)
    evening = after.astimezone().replace(hour=NIGHT_BEGINS, minute=0, second=0, microsecond=0)
    slot = (evening + timedelta(seconds=second)).astimezone(after.tzinfo)
    return slot if slot > after else slot + timedelta(days=1)


def _plan_next(context: Context, *, at: datetime, unless_due_after: datetime | None = None) -> None:
    """Let go of the list until the night, or for good where nobody has launched the course for 90 days."""
    context.roster_leased_until = None
    due_at = context.roster_due_at
    if unless_due_after is not None and due_at is not None and due_at > unless_due_after:
        return  # it was asked for while it was being read
    context.roster_due_at, context.roster_cause = None, None
    if context.memberships_url and _is_in_use(context, at=at):
        context.roster_due_at, context.roster_cause = next_night(context.id, after=at), RosterCause.NIGHTLY


def _is_in_use(context: Context, *, at: datetime) -> bool:
    return context.launched_at is not None and context.launched_at > at - IN_USE


def _is_due(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Context.roster_due_at <= at,
        or_(Context.roster_leased_until.is_(None), Context.roster_leased_until <= at),
    )


def _is_ours(pull: Pull) -> tuple[ColumnElement[bool], ...]:
    return Context.id == pull.context_id, Context.roster_leased_until == pull.leased_until


def _let_go(session: Session, pull: Pull) -> Context | None:
    """Return the course, its lease given back; None where another worker has taken it meanwhile: its word counts."""
    ours = session.execute(
        update(Context)
        .where(*_is_ours(pull))
        .values(roster_leased_until=None)
        .returning(Context.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return session.get_one(Context, pull.context_id, populate_existing=True) if ours is not None else None


def _load(session: Session, context_id: int) -> Context:
    registration = joinedload(Context.deployment).joinedload(Deployment.registration)
    query = select(Context).where(Context.id == context_id).options(registration)
    return session.scalars(query.execution_options(populate_existing=True)).one()
