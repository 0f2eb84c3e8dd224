"""The one way to what is kept about a person: their own record, or the counts of it for an LMS admin."""

from dataclasses import dataclass

from flask import g
from sqlalchemy import select

from lti_app.access.refusals import not_there
from lti_app.access.sign_ins import counted_users, require_signed_in
from lti_app.db import db
from lti_app.models.people import User
from lti_app.models.platform import Registration, RegistrationStatus


@dataclass(frozen=True, kw_only=True)
class OpenedRecord:
    """Whose record was opened, and whether it is the asking person's own."""

    user: User
    is_own: bool


def open_record(user_id: int) -> OpenedRecord:
    """Load and authorise what is kept about a person: their own, or one that this LMS admin was sent to.

    Raises:
        SignInEnded, ActingAsSomebody: As `open_activity`.
        NotThere: It is somebody else's, or there is none.
    """
    own = require_signed_in()
    user = None
    if user_id in {*own, *counted_users()}:
        is_active = (Registration.id == User.registration_id) & (Registration.status == RegistrationStatus.ACTIVE)
        user = db.session.scalar(select(User).join(Registration, is_active).where(User.id == user_id))
    if user is None:
        raise not_there()
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
        raise not_there()
    return record.user
