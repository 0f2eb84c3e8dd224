"""One-time addresses: making, finding, using up and removing invites and admin links.

Tokens are kept as their SHA-256 only.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from lti_app.db import UtcDateTime
from lti_app.lti.registration_refusals import RegistrationCheck, RegistrationRefused
from lti_app.models.invites import AdminLink, Invite

INVITE_DAYS = 7
ADMIN_LINK_MINUTES = 15
OPERATOR_HOURS = 8
MOST_TRIES = 20
LEASE = timedelta(seconds=60)
# A clock that was set back must not give an address a second life; machines' clocks differ by this much at most.
CLOCK_SKEW = timedelta(minutes=5)
# Whoever comes back to an old address reads for a while yet that it has expired, not that there never was one.
INVITE_KEPT = timedelta(days=30)
ADMIN_LINK_KEPT = timedelta(days=1)
_TOKEN = re.compile(r"[\w-]{20,64}", re.ASCII)


def token_hash(token: str) -> str:
    """Return what is kept of a token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_invite(session: Session, *, name: str, is_confirmed: bool, at: datetime) -> str:
    """Add an invite that is good for seven days and return its token, which is kept nowhere.

    `is_confirmed` lets the platform's launches in as soon as it has registered.
    """
    token = secrets.token_urlsafe(32)
    session.add(
        Invite(
            token_hash=token_hash(token),
            name=name,
            is_confirmed=is_confirmed,
            created_at=at,
            expires_at=at + timedelta(days=INVITE_DAYS),
        )
    )
    session.flush()
    return token


def find_invite(session: Session, token: str) -> Invite:
    """Return the invite of a token, whatever became of it.

    Raises:
        RegistrationRefused: There is none.
    """
    found = None
    if _TOKEN.fullmatch(token):
        found = session.scalar(select(Invite).where(Invite.token_hash == token_hash(token)))
    if found is None:
        raise RegistrationRefused(RegistrationCheck.INVITE, "No invitation has this address.", status=404)
    return found


def check_open(invite: Invite, *, at: datetime) -> None:
    """Refuse an invite that cannot be used any more.

    Raises:
        RegistrationRefused: It was used, has expired, or was tried too often.
    """
    reason = None
    if invite.used_at is not None:
        reason = "The invitation was used already."
    elif not _is_in_time(invite, at=at):
        reason = "The invitation has expired."
    elif invite.tries >= MOST_TRIES:
        reason = "The invitation was tried too often."
    if reason is not None:
        raise RegistrationRefused(RegistrationCheck.INVITE, reason, status=410)


def claim_invite(session: Session, token: str, *, at: datetime) -> Invite:
    """Take the invite for one try; commit before anything is sent. One UPDATE decides between two at once.

    Raises:
        RegistrationRefused: It cannot be used, or somebody else has taken it just now.
    """
    invite = find_invite(session, token)
    check_open(invite, at=at)
    taken = session.execute(
        update(Invite)
        .where(
            Invite.id == invite.id,
            Invite.used_at.is_(None),
            Invite.tries < MOST_TRIES,
            or_(Invite.leased_until.is_(None), Invite.leased_until <= at),
        )
        .values(leased_until=at + LEASE, tries=Invite.tries + 1)
        .returning(Invite.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if taken is None:
        raise RegistrationRefused(RegistrationCheck.INVITE_BUSY, "The invitation is in use at this moment.", status=409)
    session.refresh(invite)
    return invite


def release_invite(session: Session, invite_id: int) -> None:
    """Give an invite back after a try that failed; it stays good, within its number of tries."""
    session.execute(update(Invite).where(Invite.id == invite_id).values(leased_until=None))


def use_up_invite(session: Session, invite_id: int, *, registration_id: int, at: datetime) -> None:
    """Use the invite up for this registration.

    Raises:
        RegistrationRefused: It was used up meanwhile; nothing of this try may stay.
    """
    used = session.execute(
        update(Invite)
        .where(Invite.id == invite_id, Invite.used_at.is_(None))
        .values(used_at=at, registration_id=registration_id, leased_until=None)
        .returning(Invite.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if used is None:
        raise RegistrationRefused(RegistrationCheck.INVITE, "The invitation was used already.", status=410)


def open_invites(session: Session, *, at: datetime) -> Sequence[Invite]:
    """Return the invites that can still be used, newest first, at most fifty."""
    query = select(Invite).where(Invite.used_at.is_(None), Invite.expires_at > at, Invite.tries < MOST_TRIES)
    return session.scalars(query.order_by(Invite.id.desc()).limit(50)).all()


def withdraw_invite(session: Session, invite_id: int, *, at: datetime) -> None:
    """End an invite before its time; one that was used stays as it is."""
    ended = update(Invite).where(Invite.id == invite_id, Invite.used_at.is_(None)).values(expires_at=at)
    session.execute(ended.execution_options(synchronize_session=False))


def make_admin_link(session: Session, *, at: datetime) -> str:
    """Add a sign-in for the operator, good for one opening within fifteen minutes, and return its token."""
    token = secrets.token_urlsafe(32)
    expires_at = at + timedelta(minutes=ADMIN_LINK_MINUTES)
    session.add(AdminLink(token_hash=token_hash(token), created_at=at, expires_at=expires_at))
    session.flush()
    return token


def use_up_admin_link(session: Session, token: str, *, at: datetime) -> AdminLink | None:
    """Open the operator's sign-in, or return None where the token is unknown, used, or past its time."""
    if not _TOKEN.fullmatch(token):
        return None
    opened = session.scalar(
        update(AdminLink)
        .where(
            AdminLink.token_hash == token_hash(token),
            AdminLink.signed_in_until.is_(None),
            AdminLink.expires_at > at,
            AdminLink.created_at <= at + CLOCK_SKEW,
        )
        .values(signed_in_until=at + timedelta(hours=OPERATOR_HOURS))
        .returning(AdminLink.id)
        .execution_options(synchronize_session=False)
    )
    return None if opened is None else session.get_one(AdminLink, opened, populate_existing=True)


def end_sign_in(session: Session, link_hash: str) -> None:
    """End the operator's sign-in by the link of that hash."""
    session.execute(delete(AdminLink).where(AdminLink.token_hash == link_hash))


def end_all_sign_ins(session: Session) -> int:
    """End every sign-in of the operator, and every link not opened yet; return how many there were."""
    return len(session.scalars(delete(AdminLink).returning(AdminLink.id)).all())


def remove_old(session: Session, *, at: datetime) -> None:
    """Remove invites a month after their end, used or not, and the operator's sign-ins a day after theirs."""
    session.execute(delete(Invite).where(Invite.expires_at < at - INVITE_KEPT))
    ended_at = func.coalesce(AdminLink.signed_in_until, AdminLink.expires_at, type_=UtcDateTime)
    session.execute(delete(AdminLink).where(ended_at < at - ADMIN_LINK_KEPT))


def _is_in_time(invite: Invite, *, at: datetime) -> bool:
    return invite.created_at - CLOCK_SKEW <= at < invite.expires_at
