"""The one way to an activity: the person from the session, the activity and its course from the address."""

from dataclasses import dataclass

from flask import g
from sqlalchemy import bindparam, select

from lti_app.access.refusals import acting_as_somebody, not_there
from lti_app.access.sign_ins import masqueraded_users, require_signed_in
from lti_app.db import LARGEST_ID, db
from lti_app.models.activity import Activity
from lti_app.models.people import Membership, User
from lti_app.models.platform import Registration, RegistrationStatus

_OPENED = (
    select(Activity, Membership, User.locale)
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
)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """An activity, opened by somebody who takes part in its course."""

    activity: Activity
    member: Membership


def open_activity(activity_id: int, *, kind: str | None = None) -> Opened:
    """Load and authorise in one query: the activity, and the asking person's membership of its course.

    The pages of an activity type name their `kind`: they open no other, and none that is not set up yet.

    Raises:
        SignInEnded: Nobody is signed in.
        ActingAsSomebody: The browser is signed in under another person's name.
        NotThere: No such activity of that kind, or not one of this person's courses.
    """
    users = require_signed_in()
    row = None
    if activity_id <= LARGEST_ID:
        row = db.session.execute(_OPENED, {"of_activity": activity_id, "of_users": users}).one_or_none()
    if row is None or kind not in {None, row.Activity.kind}:
        raise acting_as_somebody() if masqueraded_users() else not_there()
    g.locale = row.locale
    return Opened(activity=row.Activity, member=row.Membership)


def require_participant(opened: Opened) -> Opened:
    """Return what was opened, if the member does the activity's work.

    Raises:
        NotThere: The member looks after the course, or has no part in it.
    """
    if not opened.member.takes_part:
        raise not_there()
    return opened


def require_facilitator(opened: Opened) -> Opened:
    """Return what was opened, if the member looks after the course: settings and facts, never any content.

    Raises:
        NotThere: The member does not.
    """
    if not opened.member.role.looks_after_course:
        raise not_there()
    return opened
