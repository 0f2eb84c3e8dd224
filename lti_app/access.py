"""Who is asking, and may they: signing in, opening an activity, reading what somebody wrote.

The person comes from the session, the course and the activity from the address. There is no other way to get
an activity than `open_activity`, so authorisation cannot be forgotten; and no rule of reading stands elsewhere.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from flask import g, has_request_context, session
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import aliased, contains_eager

from lti_app.clock import now
from lti_app.db import LARGEST_ID, db
from lti_app.errors import NotThere, SignInEnded, ToolError, sentence
from lti_app.models.activity import Activity
from lti_app.models.groups import GroupMembership
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


class ActingAsSomebody(ToolError):
    """Somebody is here under another person's name: an LMS admin who "acts as" a user."""

    status = 403


@dataclass(frozen=True, kw_only=True)
class OpenedRecord:
    """Whose record was opened, and whether it is the asking person's own."""

    user: User
    is_own: bool


def sign_in(
    *,
    registration: Registration,
    user_id: int,
    hours: int,
    is_masquerade: bool = False,
    may_count: int | None = None,
) -> None:
    """Let the person of a verified launch in, for that many hours.

    `is_masquerade`: the platform says that somebody else acts as this person; such a sign-in opens nothing.
    `may_count`: the user whose record an LMS admin may see the counts of, see `open_record`.

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
        "masquerade": is_masquerade,
        "counts": may_count,
    }
    session[_SIGN_INS] = newest


def frame_origins() -> list[str]:
    """Return the origins that may frame our pages in this session: those of the platforms signed in from."""
    return sorted({origin for sign_in_ in _sign_ins() for origin in sign_in_["frames"]})


def signed_in_users() -> list[int]:
    """Return the ids of the users this browser is signed in as, one per registration; masquerades are left out."""
    return [sign_in_["user"] for sign_in_ in _sign_ins() if not sign_in_.get("masquerade")]


def require_signed_in() -> list[int]:
    """Return the ids of the users this browser is signed in as, at least one.

    Raises:
        ActingAsSomebody: There are only sign-ins under other people's names.
        SignInEnded: Nobody is signed in.
    """
    users = signed_in_users()
    if users:
        return users
    if _masqueraded_users():
        raise _acting_as_somebody()
    raise SignInEnded(sentence("Your session has ended."), sentence("Open the activity again from your course."))


def open_activity(activity_id: int) -> Opened:
    """Load and authorise in one query: the activity, and the asking person's membership of its course.

    Raises:
        SignInEnded: Nobody is signed in.
        ActingAsSomebody: The browser is signed in under another person's name.
        NotThere: No such activity, or not one of this person's courses.
    """
    users = require_signed_in()
    row = None
    if activity_id <= LARGEST_ID:
        row = db.session.execute(_OPENED, {"of_activity": activity_id, "of_users": users}).one_or_none()
    if row is None:
        raise _acting_as_somebody() if _masqueraded_users() else _not_there()
    g.locale = row.Membership.user.locale
    return Opened(activity=row.Activity, member=row.Membership)


def open_record(user_id: int) -> OpenedRecord:
    """Load and authorise what is kept about a person: their own, or one that this LMS admin was sent to.

    Raises:
        SignInEnded, ActingAsSomebody: As `open_activity`.
        NotThere: It is somebody else's, or there is none.
    """
    own = require_signed_in()
    counted = {sign_in_.get("counts") for sign_in_ in _sign_ins() if not sign_in_.get("masquerade")}
    user = None
    if user_id in {*own, *counted}:
        is_active = (Registration.id == User.registration_id) & (Registration.status == RegistrationStatus.ACTIVE)
        user = db.session.scalar(select(User).join(Registration, is_active).where(User.id == user_id))
    if user is None:
        raise _not_there()
    is_own = user_id in own
    if is_own:
        g.locale = user.locale
    return OpenedRecord(user=user, is_own=is_own)


def open_own_record(user_id: int) -> User:
    """Return the asking person, to give them all that is kept about them.

    Raises:
        SignInEnded, ActingAsSomebody, NotThere: As `open_record`; also where it is somebody else's.
    """
    record = open_record(user_id)
    if not record.is_own:
        raise _not_there()
    return record.user


def can_read(member: Membership, thing: Written) -> bool:
    """Whether this member may read what somebody wrote: its author, and nobody else, whatever their role.

    Nor is an author who is somebody else just now: an LMS admin who acts as them.
    """
    return member.user_id == thing.user_id and member.user_id not in _masqueraded_users()


def shares_group(member: Membership, other: Membership) -> bool:
    """Whether two people are in one group of one course now; who is in no group shares none."""
    query = members_of_own_groups(member).where(Membership.id == other.id)
    return member.is_active and db.session.scalar(query) is not None


def members_of_own_groups(member: Membership) -> Select[int]:
    """Return the query of the ids of those memberships that share a group with this one, its own among them.

    It is an audience, for whoever shares something with "my group"; it opens nothing by itself.
    """
    own = aliased(GroupMembership)
    return (
        select(Membership.id)
        .distinct()
        .join(GroupMembership, GroupMembership.membership_id == Membership.id)
        .join(own, own.group_id == GroupMembership.group_id)
        .where(own.membership_id == member.id, Membership.context_id == member.context_id, Membership.is_active)
    )


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


def _acting_as_somebody() -> ActingAsSomebody:
    return ActingAsSomebody(
        sentence("You are acting as somebody else in your LMS, so Staffroom shows nothing that is theirs."),
        sentence("Stop acting as this person in your LMS, then open the activity again as yourself."),
    )


def _masqueraded_users() -> set[int]:
    if not has_request_context():
        return set()
    return {sign_in_["user"] for sign_in_ in _sign_ins() if sign_in_.get("masquerade")}


def _sign_ins() -> list[dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = session.get(_SIGN_INS) or {}
    present = now().timestamp()
    return [sign_in_ for sign_in_ in kept.values() if sign_in_["until"] > present]
