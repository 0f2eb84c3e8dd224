"""Errands of the background: which are due, one worker for each, and what becomes of them.

Like a score's, an errand is claimed in one short transaction and recorded in another; no transaction is open while a
platform thinks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Table, and_, or_, select, update
from sqlalchemy.orm import Session

from lti_app.db import table_of
from lti_app.errors import PlatformRefused, PlatformUnavailable
from lti_app.lti.connector import Lti, PlatformConnector
from lti_app.lti.retries import wait_before_retry
from lti_app.models.errands import Errand
from lti_app.models.platform import Registration

LEASE = timedelta(seconds=90)
# A refusal is for a person to put right; once a day is soon enough to notice that somebody did.
AFTER_REFUSAL = timedelta(days=1)
SWEEP_LIMIT = 500

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class ErrandKind:
    """One kind of errand: its task's name, its table, the platform of a row, and how it is run.

    `perform` talks to the platform with what the row holds, outside any transaction; `finish` keeps the result
    and returns when the errand is run again, or None.
    """

    task: str
    model: type[Errand]
    registration_of: Callable[[Session, int], tuple[Errand, Registration]]
    perform: Callable[[PlatformConnector, Any], Any]
    finish: Callable[[Session, Any, Any, datetime], datetime | None]


@dataclass(frozen=True, kw_only=True)
class ClaimedErrand:
    """An errand that this worker has, ready to run without the database."""

    row: Errand
    registration: Registration


def due_ids(session: Session, kind: ErrandKind, *, at: datetime) -> Sequence[int]:
    """Return the errands that should have been run, longest due first, at most 500."""
    table = table_of(kind.model)
    query = select(table.c.id).where(_is_due(table, at)).order_by(table.c.due_at).limit(SWEEP_LIMIT)
    return session.scalars(query).all()


def claim(session: Session, kind: ErrandKind, errand_id: int, *, at: datetime) -> ClaimedErrand | None:
    """Take a due errand for one worker; None where it is not due, not there, or another worker has it."""
    table = table_of(kind.model)
    taken = session.execute(
        update(table)
        .where(table.c.id == errand_id, _is_due(table, at))
        .values(leased_until=at + LEASE, attempts=table.c.attempts + 1)
        .returning(table.c.id)
    ).one_or_none()
    if taken is None:
        return None
    row, registration = kind.registration_of(session, errand_id)
    if not registration.is_active:
        # Nothing goes to a disabled platform; when it is enabled again, the errand is still here.
        row.due_at, row.leased_until = at + AFTER_REFUSAL, None
        return None
    session.flush()
    # Out of the session: after the commit they are read while no transaction is open.
    session.expunge(registration)
    session.expunge(row)
    return ClaimedErrand(row=row, registration=registration)


def perform(kind: ErrandKind, claimed: ClaimedErrand, *, lti: Lti) -> Any:
    """Run a claimed errand and return what the platform gave.

    Raises:
        PlatformUnavailable: Again later.
        PlatformRefused: The platform says no, with a reason.
    """
    return kind.perform(PlatformConnector(claimed.registration, lti=lti), claimed.row)


def record_done(session: Session, kind: ErrandKind, errand_id: int, *, result: Any, at: datetime) -> None:
    """Keep what the platform gave, and note that the errand is done."""
    row = session.get_one(kind.model, errand_id)
    row.due_at = kind.finish(session, row, result, at)
    row.done_at, row.attempts, row.leased_until, row.reason = at, 0, None, None
    log.info("errand_done", task=kind.task, errand_id=errand_id)


def record_unavailable(
    session: Session, kind: ErrandKind, errand_id: int, *, error: PlatformUnavailable, at: datetime
) -> None:
    """Note that the platform gave no usable answer; the errand is run again later."""
    row = session.get_one(kind.model, errand_id)
    row.due_at = at + wait_before_retry(row.attempts, retry_after=error.retry_after)
    row.leased_until = None
    log.warning("errand_delayed", task=kind.task, errand_id=errand_id, attempts=row.attempts, error=str(error))


def record_refused(session: Session, kind: ErrandKind, errand_id: int, *, error: PlatformRefused, at: datetime) -> None:
    """Note why the platform said no; it is asked once a day whether somebody has put that right."""
    row = session.get_one(kind.model, errand_id)
    row.reason, row.due_at, row.leased_until = error.reason, at + AFTER_REFUSAL, None
    log.warning("errand_refused", task=kind.task, errand_id=errand_id, reason=error.reason.value)


def _is_due(table: Table, at: datetime) -> ColumnElement[bool]:
    is_free = or_(table.c.leased_until.is_(None), table.c.leased_until <= at)
    due: ColumnElement[bool] = and_(table.c.due_at <= at, is_free)
    return due
