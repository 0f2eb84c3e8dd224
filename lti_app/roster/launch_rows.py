"""The four rows of a launch: person, course, that one takes part in the other, and the activity; found or made."""

from sqlalchemy import and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_app.lti.messages import LaunchMessage
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.models.activity import Activity
from lti_app.models.people import Context, Membership, Role, User
from lti_app.models.platform import Deployment
from lti_app.roster.beginnings import beginning_of

_ATTEMPTS = 3


def find_or_make(session: Session, message: LaunchMessage) -> tuple[User, Context, Membership, Activity]:
    """Return the four rows, found or made. Of two first launches at once, the second finds the other's rows.

    Raises:
        LaunchRefused: The deployment was removed within the seconds for which a process remembers it.
    """
    for attempt in range(_ATTEMPTS):
        user, context, membership, activity = _find(session, message)
        if user and context and membership and activity:
            return user, context, membership, activity
        try:
            with session.begin_nested():
                user = user or _new_user(session, message)
                context = context or _new_context(session, message)
                membership = membership or _new_membership(session, context=context, user=user)
                activity = activity or _new_activity(session, message, context=context)
        except IntegrityError:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        return user, context, membership, activity
    raise AssertionError("unreachable")


def _find(
    session: Session, message: LaunchMessage
) -> tuple[User | None, Context | None, Membership | None, Activity | None]:
    """Return the rows that exist, in one query that starts at the deployment.

    Raises:
        LaunchRefused: The deployment was removed within the seconds for which a process remembers it.
    """
    same_user = and_(User.registration_id == Deployment.registration_id, User.sub == message.sub)
    same_context = and_(
        Context.deployment_id == Deployment.id,
        Context.context_id_on_platform == message.course.id_on_platform,
    )
    same_membership = and_(Membership.context_id == Context.id, Membership.user_id == User.id)
    same_link = and_(
        Activity.context_id == Context.id,
        Activity.resource_link_id_on_platform == message.resource_link_id,
    )
    row = session.execute(
        select(User, Context, Membership, Activity)
        .select_from(Deployment)
        .outerjoin(User, same_user)
        .outerjoin(Context, same_context)
        .outerjoin(Membership, same_membership)
        .outerjoin(Activity, same_link)
        .where(Deployment.id == message.deployment_id)
    ).one_or_none()
    if row is None:
        raise LaunchRefused(Check.REGISTRATION, "The registration was removed.", status=403)
    return row[0], row[1], row[2], row[3]


def _new_user(session: Session, message: LaunchMessage) -> User:
    user = User(registration_id=message.registration_id, sub=message.sub, name="", locale="")
    session.add(user)
    session.flush()
    return user


def _new_context(session: Session, message: LaunchMessage) -> Context:
    context = Context(
        deployment_id=message.deployment_id,
        context_id_on_platform=message.course.id_on_platform,
        label="",
        title="",
    )
    session.add(context)
    session.flush()
    return context


def _new_membership(session: Session, *, context: Context, user: User) -> Membership:
    membership = Membership(context_id=context.id, user_id=user.id, role=Role.NONE)
    session.add(membership)
    session.flush()
    return membership


def _new_activity(session: Session, message: LaunchMessage, *, context: Context) -> Activity:
    beginning = beginning_of(session, message)
    activity = Activity(
        context_id=context.id,
        resource_link_id_on_platform=message.resource_link_id,
        kind=beginning.kind,
        title=beginning.title,
        settings=beginning.settings,
        wants_line_item=beginning.wants_line_item,
        template_id=beginning.template_id,
        source_id=beginning.source_id,
        ags_scopes="",
    )
    session.add(activity)
    session.flush()
    return activity
