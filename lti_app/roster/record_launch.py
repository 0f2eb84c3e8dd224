"""What a launch leaves behind: a person, a course, that one takes part in the other, and the activity."""

from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_app.lti.messages import AgsClaim, LaunchMessage
from lti_app.models.activity import Activity
from lti_app.models.people import Context, Membership, Role, User
from lti_app.models.platform import Deployment
from lti_app.roster.roles import is_test_user, role_of

_ATTEMPTS = 3


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Who arrived where, and whether this launch brought the activity's line item."""

    user: User
    membership: Membership
    activity: Activity
    has_new_line_item: bool


def record_launch(session: Session, message: LaunchMessage, *, kind: str) -> Arrival:
    """Make or update the rows of a launch, without committing; `kind` is the activity type of a new link."""
    user, context, membership, activity = _find_or_make(session, message, kind=kind)
    _update(message, user=user, context=context, membership=membership)
    has_new_line_item = _update_activity(message, activity)
    session.flush()
    return Arrival(user=user, membership=membership, activity=activity, has_new_line_item=has_new_line_item)


def _find_or_make(session: Session, message: LaunchMessage, *, kind: str) -> tuple[User, Context, Membership, Activity]:
    """Return the four rows. Of two first launches at once, the one that comes second finds the other's rows."""
    for attempt in range(_ATTEMPTS):
        user, context, membership, activity = _find(session, message)
        if user and context and membership and activity:
            return user, context, membership, activity
        try:
            with session.begin_nested():
                user = user or _new_user(session, message)
                context = context or _new_context(session, message)
                membership = membership or _new_membership(session, context=context, user=user)
                activity = activity or _new_activity(session, message, context=context, kind=kind)
        except IntegrityError:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        return user, context, membership, activity
    raise AssertionError("unreachable")


def _find(
    session: Session, message: LaunchMessage
) -> tuple[User | None, Context | None, Membership | None, Activity | None]:
    """Return the rows that exist, in one query: it starts at what surely exists, the deployment."""
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
    ).one()
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


def _new_activity(session: Session, message: LaunchMessage, *, context: Context, kind: str) -> Activity:
    activity = Activity(
        context_id=context.id,
        resource_link_id_on_platform=message.resource_link_id,
        kind=kind,
        title="",
        settings={},
        ags_scopes="",
    )
    session.add(activity)
    session.flush()
    return activity


def _update(message: LaunchMessage, *, user: User, context: Context, membership: Membership) -> None:
    """Take over what the platform says now; what it leaves out stays as it was."""
    user.name = message.name or user.name
    user.locale = message.locale or user.locale
    context.label = message.course.label or context.label
    context.title = message.course.title or context.title
    membership.role = role_of(message.roles)
    membership.is_test_user = is_test_user(message.roles)
    membership.is_active = True


def _update_activity(message: LaunchMessage, activity: Activity) -> bool:
    activity.title = message.resource_link_title or activity.title
    return message.ags is not None and _update_line_item(message.ags, activity)


def _update_line_item(ags: AgsClaim, activity: Activity) -> bool:
    """Keep where scores go; an empty claim forgets nothing, see `Activity.line_item_url`."""
    is_new = bool(ags.line_item_url) and activity.line_item_url != ags.line_item_url
    activity.line_item_url = ags.line_item_url or activity.line_item_url
    activity.line_items_url = ags.line_items_url or activity.line_items_url
    activity.ags_scopes = " ".join(ags.scopes)[:1024] or activity.ags_scopes
    return is_new
