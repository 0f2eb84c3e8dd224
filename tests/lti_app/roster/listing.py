"""Lists of people as a platform gives them, and what became of them in our tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import joinedload

from lti_app.db import db
from lti_app.lti.nrps import Member, MemberStatus
from lti_app.models.people import Context, Membership, Role, User
from lti_app.models.platform import Deployment
from tests.factories import MembershipFactory, UserFactory

MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership"
LEARNER, INSTRUCTOR = "Learner", "Instructor"


def listed(
    sub: str,
    *roles: str,
    name: str | None = None,
    status: MemberStatus = MemberStatus.ACTIVE,
    group_ids: tuple[str, ...] | None = None,
) -> Member:
    """Return somebody as a platform lists them, a learner unless told otherwise."""
    name = f"Person {sub}" if name is None else name
    return Member(sub=sub, name=name, roles=roles or (LEARNER,), status=status, group_ids=group_ids)


def loaded(context_id: int) -> Context:
    """Return the course with its deployment and registration at hand, as factories need it."""
    registration = joinedload(Context.deployment).joinedload(Deployment.registration)
    query = select(Context).where(Context.id == context_id).options(registration)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def enrol(context_id: int, sub: str, **values: Any) -> Membership:
    """Return somebody who launched the course weeks ago, unless told otherwise; committed."""
    context = loaded(context_id)
    user = UserFactory(registration_id=context.deployment.registration_id, sub=sub, name=f"Person {sub}")
    long_ago = {"launched_at": datetime(2026, 1, 7, tzinfo=UTC)}
    member: Membership = MembershipFactory(context=context, user=user, **{**long_ago, **values})
    db.session.commit()
    return member


def everybody() -> dict[str, tuple[str, Role, bool]]:
    """Return all members by `sub`: name, role, and whether they are active."""
    db.session.expire_all()
    rows = db.session.execute(select(User, Membership).join(Membership, Membership.user_id == User.id)).all()
    return {row.User.sub: (row.User.name, row.Membership.role, row.Membership.is_active) for row in rows}


def member_of(sub: str) -> Membership:
    """Return a person's only membership as it is in the database now."""
    db.session.expire_all()
    return db.session.scalars(select(Membership).join(User).where(User.sub == sub)).one()


def the_course() -> Context:
    """Return the only course as it is in the database now."""
    db.session.expire_all()
    return db.session.scalars(select(Context)).one()


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Collect the statements that reach the database; one that a driver repeats for many rows counts each time."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, is_many: bool) -> None:
        # One INSERT of many rows has all their values in one tuple or mapping; a list is a repetition.
        statements.extend([statement] * (len(parameters) if is_many and isinstance(parameters, list) else 1))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
