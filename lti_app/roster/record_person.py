"""The person of a message that is about no activity."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_app.lti.messages import Message
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.models.people import User


def record_person(session: Session, message: Message) -> User:
    """Return the sender, made or brought up to date, without committing.

    Raises:
        LaunchRefused: The registration was removed within the seconds for which a process remembers it.
    """
    user = _find(session, message) or _make(session, message)
    user.name = message.name or user.name
    user.locale = message.locale or user.locale
    session.flush()
    return user


def _find(session: Session, message: Message) -> User | None:
    return session.scalar(select(User).where(User.registration_id == message.registration_id, User.sub == message.sub))


def _make(session: Session, message: Message) -> User:
    user = User(registration_id=message.registration_id, sub=message.sub)
    try:
        with session.begin_nested():
            session.add(user)
            session.flush()
    except IntegrityError as error:
        # Another window of the same person was faster.
        known = _find(session, message)
        if known is None:
            raise LaunchRefused(Check.REGISTRATION, "The registration was removed.", status=403) from error
        return known
    return user
