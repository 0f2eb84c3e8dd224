"""Who is asking, and may they: signing in, opening an activity, reading what somebody wrote.

The person comes from the session, the course and the activity from the address. There is no other way to get
an activity than `open_activity`, so authorisation cannot be forgotten; and no rule of reading stands elsewhere.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from flask import g, session
from sqlalchemy import bindparam, select
from sqlalchemy.orm import contains_eager

from lti_app.clock import now
from lti_app.db import LARGEST_ID, db
from lti_app.errors import NotThere, SignInEnded, sentence
from lti_app.models.activity import Activity
from lti_app.models.people import Membership, User
from lti_app.models.platform import Registration, RegistrationStatus

_SIGN_INS = "sign_ins"
MAX_SIGN_INS = 8
_OPENED = (
    select(Activity, Membership)
    .join(Membership, Membership.context_id == Activity.context_id)
    .join(Membership.user)
    .join(Registration, Registration.id == User.registration_id)
    .where(
        Activity.id == bindparam("of_activity"),
        Membership.user_id.in_(bindparam("of_users", expanding=True)),
        Membership.is_active,
        # The platform's list of people opens nothing; a launch does.
        Membership.launched_at.is_not(None),
        Registration.status == RegistrationStatus.ACTIVE,
    )
    .options(contains_eager(Membership.user))
)


class Written(Protocol):
    """Anything that a person wrote."""

    user_id: int


@dataclass(frozen=True, kw_only=True)
class Opened:
    """An activity, opened by somebody who takes part in its course."""

    activity: Activity
    member: Membership


def sign_in(*, registration: Registration, user_id: int, hours: int) -> None:
    """Let the person of a verified launch in, for that many hours.

    The session holds one sign-in per registration, so that a second LMS in the same browser does not throw
    the first one out. Where somebody else takes a sign-in over, everything else that the session held is
    dropped with it; the same person's open pages go on working.
    """
    kept: dict[str, Any] = session.get(_SIGN_INS) or {}
    previous = kept.pop(str(registration.id), None)
    if previous is not None and previous["user"] != user_id:
        session.clear()
        kept = {}
    newest = dict(list(kept.items())[-(MAX_SIGN_INS - 1) :])
    newest[str(registration.id)] = {
        "user": user_id,
        "until": int(now().timestamp()) + hours * 3600,
        "frames": registration.frame_origins,
    }
    session[_SIGN_INS] = newest


def frame_origins() -> list[str]:
    """Return the origins that may frame our pages in this session: those of the platforms signed in from."""
    return sorted({origin for sign_in_ in _sign_ins() for origin in sign_in_["frames"]})


def signed_in_users() -> list[int]:
    """Return the ids of the users this browser is signed in as, one per registration."""
    return [sign_in_["user"] for sign_in_ in _sign_ins()]


def open_activity(activity_id: int, *, kind: str | None = None) -> Opened:
    """Load and authorise in one query: the activity, and the asking person's membership of its course.

    The pages of an activity type name their `kind`: they open no other, and none that is not set up yet.

    Raises:
        SignInEnded: Nobody is signed in.
        NotThere: No such activity of that kind, or not one of this person's courses.
    """
    users = signed_in_users()
    if not users:
        raise SignInEnded(sentence("Your session has ended."), sentence("Open the activity again from your course."))
    if activity_id > LARGEST_ID:
        raise _not_there()
    row = db.session.execute(_OPENED, {"of_activity": activity_id, "of_users": users}).one_or_none()
    if row is None or kind not in {None, row.Activity.kind}:
        raise _not_there()
    g.locale = row.Membership.user.locale
    return Opened(activity=row.Activity, member=row.Membership)


def can_read(member: Membership, thing: Written) -> bool:
    """Whether this member may read what somebody wrote: its author, and nobody else, whatever their role."""
    return member.user_id == thing.user_id


def require_participant(opened: Opened) -> Opened:
    """Return what was opened, if the member does the activity's work.

    Raises:
        NotThere: The member looks after the course, or has no part in it.
    """
    if not opened.member.takes_part:
        raise _not_there()
    return opened


def require_facilitator(opened: Opened) -> Opened:
    """Return what was opened, if the member looks after the course: settings and facts, never any content.

    Raises:
        NotThere: The member does not.
    """
    if not opened.member.role.looks_after_course:
        raise _not_there()
    return opened


def _not_there() -> NotThere:
    return NotThere(sentence("There is nothing here for you."), sentence("Open the activity again from your course."))


def _sign_ins() -> list[dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = session.get(_SIGN_INS) or {}
    present = now().timestamp()
    return [sign_in_ for sign_in_ in kept.values() if sign_in_["until"] > present]
