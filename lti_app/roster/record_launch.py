"""What a launch leaves behind: a person, a course, that one takes part in the other, and the activity."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from lti_app.clock import now
from lti_app.db import execute_plainly, table_of
from lti_app.errors import Refusal
from lti_app.lti.messages import LaunchMessage
from lti_app.lti.service_claims import CONTEXT_COPY_NOTICE, AgsClaim
from lti_app.models.activity import Activity
from lti_app.models.gradebook import DeliveryState, ScoreDelivery
from lti_app.models.groups import GroupPull
from lti_app.models.notices import NoticeHandler
from lti_app.models.people import Context, Membership, RosterCause, User
from lti_app.models.platform import Deployment
from lti_app.roster.groups import record_own_groups, want_groups
from lti_app.roster.launch_rows import find_or_make
from lti_app.roster.notice_handlers import want_handler
from lti_app.roster.pull_members import owe_pull
from lti_app.roster.roles import is_gradable, is_test_user, role_of

MAX_SCOPES = 1024
# That a course is in use is written down once a day, not at each launch.
NOTED_EVERY = timedelta(days=1)

_USER, _CONTEXT, _MEMBERSHIP = table_of(User).c, table_of(Context).c, table_of(Membership).c
_ACTIVITY, _DEPLOYMENT = table_of(Activity).c, table_of(Deployment).c
_SAME_USER = and_(_USER.registration_id == _DEPLOYMENT.registration_id, _USER.sub == bindparam("of_sub"))
_SAME_CONTEXT = and_(
    _CONTEXT.deployment_id == _DEPLOYMENT.id, _CONTEXT.context_id_on_platform == bindparam("of_context")
)
_SAME_MEMBERSHIP = and_(_MEMBERSHIP.context_id == _CONTEXT.id, _MEMBERSHIP.user_id == _USER.id)
_SAME_LINK = and_(_ACTIVITY.context_id == _CONTEXT.id, _ACTIVITY.resource_link_id_on_platform == bindparam("of_link"))
_DELIVERY = table_of(ScoreDelivery).c
_PARKED = exists().where(
    or_(_DELIVERY.activity_id == _ACTIVITY.id, _DELIVERY.user_id == _USER.id),
    _DELIVERY.state == DeliveryState.PARKED,
    # Somebody else's newer grade is left alone; everything else may have been put right.
    _DELIVERY.reason != Refusal.NEWER_GRADE,
)
_HANDLER, _PULL = table_of(NoticeHandler).c, table_of(GroupPull).c
_SAME_HANDLER = and_(_HANDLER.deployment_id == _DEPLOYMENT.id, _HANDLER.notice_type == CONTEXT_COPY_NOTICE)
# After the first four, the columns stand in the order of what `_known` compares them with.
_KNOWN = (
    select(
        _USER.id.label("user_id"),
        _ACTIVITY.id.label("activity_id"),
        _ACTIVITY.kind,
        _PARKED.label("has_parked_scores"),
        _USER.name,
        _USER.locale,
        _CONTEXT.label.label("label"),
        _CONTEXT.title.label("context_title"),
        _CONTEXT.memberships_url,
        (_CONTEXT.launched_at > bindparam("noted_since")).label("is_noted"),
        _MEMBERSHIP.role,
        _MEMBERSHIP.is_test_user,
        _MEMBERSHIP.is_gradable,
        _MEMBERSHIP.is_active,
        _MEMBERSHIP.launched_at.is_not(None).label("has_launched"),
        _ACTIVITY.title,
        _ACTIVITY.line_item_url,
        _ACTIVITY.line_items_url,
        _ACTIVITY.ags_scopes,
        _MEMBERSHIP.told_groups,
        _PULL.groups_url,
        _PULL.sets_url,
        _HANDLER.service_url,
    )
    .select_from(
        table_of(Deployment)
        .join(table_of(User), _SAME_USER)
        .join(table_of(Context), _SAME_CONTEXT)
        .join(table_of(Membership), _SAME_MEMBERSHIP)
        .join(table_of(Activity), _SAME_LINK)
        .outerjoin(table_of(GroupPull), _PULL.context_id == _CONTEXT.id)
        .outerjoin(table_of(NoticeHandler), _SAME_HANDLER)
    )
    .where(_DEPLOYMENT.id == bindparam("of_deployment"))
)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Who arrived where (our ids), in which kind of activity; whether the launch names a line item, and scores wait.

    `kind` is None where nobody has set the activity up yet.
    """

    user_id: int
    activity_id: int
    kind: str | None
    names_line_item: bool
    has_parked_scores: bool


def record_launch(session: Session, message: LaunchMessage) -> Arrival:
    """Make or update the rows of a launch, without committing; a new link begins as `beginning_of` says.

    Most launches say nothing that is not known: one query finds that out, and nothing is written.
    """
    if (arrival := _known(session, message)) is not None:
        return arrival
    user, context, membership, activity = find_or_make(session, message)
    _update(message, user=user, context=context, membership=membership)
    _note_launch(session, message, context=context, membership=membership, at=now())
    _update_activity(message, activity)
    _update_services(session, message, context=context, membership=membership, at=now())
    session.flush()
    return Arrival(
        user_id=user.id,
        activity_id=activity.id,
        kind=activity.kind,
        names_line_item=_names_line_item(message),
        has_parked_scores=True,
    )


def _known(session: Session, message: LaunchMessage) -> Arrival | None:
    """Return the arrival where all its rows exist and the message changes none of them."""
    wanted = {
        "of_deployment": message.deployment_id,
        "of_sub": message.sub,
        "of_context": message.course.id_on_platform,
        "of_link": message.resource_link_id,
        "noted_since": now() - NOTED_EVERY,
    }
    row = execute_plainly(session, _KNOWN, wanted).one_or_none()
    if row is None:
        return None
    told = (
        message.name or row.name,
        message.locale or row.locale,
        message.course.label or row.label,
        message.course.title or row.context_title,
        _memberships_url(message) or row.memberships_url,
        True,
        role_of(message.roles),
        is_test_user(message.roles),
        is_gradable(message.roles),
        True,
        True,
        message.resource_link_title or row.title,
        *_line_item(message.ags, row),
        *_services(message, row),
    )
    if told != tuple(row)[4:]:
        return None
    return Arrival(
        user_id=row.user_id,
        activity_id=row.activity_id,
        kind=row.kind,
        names_line_item=_names_line_item(message),
        has_parked_scores=row.has_parked_scores,
    )


def _names_line_item(message: LaunchMessage) -> bool:
    return message.ags is not None and bool(message.ags.line_item_url)


def _update(message: LaunchMessage, *, user: User, context: Context, membership: Membership) -> None:
    """Take over what the platform says now; what it leaves out stays as it was."""
    user.name = message.name or user.name
    user.locale = message.locale or user.locale
    context.label = message.course.label or context.label
    context.title = message.course.title or context.title
    membership.role = role_of(message.roles)
    membership.is_test_user = is_test_user(message.roles)
    membership.is_gradable = is_gradable(message.roles)


def _note_launch(
    session: Session, message: LaunchMessage, *, context: Context, membership: Membership, at: datetime
) -> None:
    """Note that the course is in use and who was let in; have its list of people read where that is new."""
    if membership.launched_at is None or not membership.is_active:
        membership.launched_at = at
    membership.is_active = True
    if context.launched_at is None or context.launched_at <= at - NOTED_EVERY:
        context.launched_at = at
    url = _memberships_url(message)
    is_new = url not in {"", context.memberships_url}
    context.memberships_url = url or context.memberships_url
    # Also where a course that nobody used for a long time, whose nights were given up, wakes up again.
    if is_new or (context.memberships_url and context.roster_due_at is None):
        owe_pull(session, context, cause=RosterCause.LAUNCH, at=at)


def _memberships_url(message: LaunchMessage) -> str:
    return message.nrps.memberships_url if message.nrps is not None else ""


def _update_activity(message: LaunchMessage, activity: Activity) -> None:
    """Keep the title and where scores go; an empty claim forgets nothing, see `Activity.line_item_url`."""
    activity.title = message.resource_link_title or activity.title
    activity.line_item_url, activity.line_items_url, activity.ags_scopes = _line_item(message.ags, activity)


def _update_services(
    session: Session, message: LaunchMessage, *, context: Context, membership: Membership, at: datetime
) -> None:
    """Keep the sender's groups, and begin what the platform's other services can be asked for."""
    told = _joined_groups(message)
    if told is not None and told != membership.told_groups:
        membership.told_groups = told
        record_own_groups(session, membership, message.told_groups or ())
    if message.groups is not None:
        want_groups(session, context.id, message.groups, at=at)
    if message.notice_service_url:
        want_handler(session, message.deployment_id, service_url=message.notice_service_url, at=at)


def _services(message: LaunchMessage, row: Any) -> tuple[str | None, str | None, str | None, str | None]:
    """Return the last four columns of `_KNOWN` after this launch; what it leaves out stays as it was."""
    told = _joined_groups(message)
    return (
        row.told_groups if told is None else told,
        message.groups.groups_url if message.groups else row.groups_url,
        message.groups.sets_url if message.groups else row.sets_url,
        message.notice_service_url or row.service_url,
    )


def _joined_groups(message: LaunchMessage) -> str | None:
    return None if message.told_groups is None else ",".join(message.told_groups)


def _line_item(ags: AgsClaim | None, known: Any) -> tuple[str | None, str | None, str]:
    """Return line item, line items and scopes after this launch, from what is known of them before."""
    if ags is None:
        return known.line_item_url, known.line_items_url, known.ags_scopes
    return (
        ags.line_item_url or known.line_item_url,
        ags.line_items_url or known.line_items_url,
        _joined(ags.scopes) or known.ags_scopes,
    )


def _joined(scopes: tuple[str, ...]) -> str:
    """Return the scopes as one text that fits its column; what does not fit is left out whole."""
    text = ""
    for scope in scopes:
        longer = f"{text} {scope}".strip()
        text = longer if len(longer) <= MAX_SCOPES else text
    return text
