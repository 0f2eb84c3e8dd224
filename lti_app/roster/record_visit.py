"""What a message about somebody finds and leaves behind: its sender's membership, the activity, the person."""

from contextlib import suppress

from sqlalchemy import and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_app.clock import now
from lti_app.lti.messages import Message
from lti_app.lti.submission_review import ReviewMessage
from lti_app.models.activity import Activity
from lti_app.models.people import Context, Membership, Role, User
from lti_app.roster.roles import is_test_user, role_of


def record_member(session: Session, message: Message, *, user: User, context_id: int) -> Membership:
    """Make or update the sender's membership of a course, without committing."""
    query = select(Membership).where(Membership.context_id == context_id, Membership.user_id == user.id)
    # Of two first messages at once, the second finds the other's row.
    with suppress(IntegrityError), session.begin_nested():
        if session.scalar(query) is None:
            session.add(Membership(context_id=context_id, user_id=user.id, role=Role.NONE))
    member = session.scalars(query).one()
    if member.launched_at is None or not member.is_active:
        member.launched_at = now()
    member.role = role_of(message.roles)
    member.is_test_user = is_test_user(message.roles)
    member.is_active = True
    session.flush()
    return member


def find_reviewed_activity(session: Session, message: ReviewMessage) -> Activity | None:
    """Return the activity that a submission review is about, or None where nobody has opened it here."""
    of_course = and_(
        Context.deployment_id == message.deployment_id,
        Context.context_id_on_platform == message.course.id_on_platform,
    )
    named = (
        Activity.resource_link_id_on_platform == message.resource_link_id
        if message.resource_link_id
        else Activity.line_item_url == message.line_item_url
    )
    query = select(Activity).join(Context, Context.id == Activity.context_id).where(of_course, named)
    return session.scalars(query.order_by(Activity.id).limit(1)).one_or_none()


def find_person(session: Session, *, registration_id: int, sub: str) -> User | None:
    """Return the person of that `sub` on a platform, if they are known here."""
    return session.scalar(select(User).where(User.registration_id == registration_id, User.sub == sub))
