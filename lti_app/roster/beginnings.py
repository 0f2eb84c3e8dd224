"""What a link that nobody has seen begins as: its template's activity, a copy of another one, or nothing yet.

The rule, and why: docs/decisions/0016-what-a-copy-begins-with.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from lti_app.lti.messages import LaunchMessage
from lti_app.lti.tool_description import VARIABLES
from lti_app.models.activity import Activity, ActivityTemplate
from lti_app.models.people import Context
from lti_app.roster.copies import origins_of

# The custom parameters that a placed link carries; the platform fills in the variables at each launch.
TEMPLATE = "staffroom_template"
CONTEXT_HISTORY, LINK_HISTORY = "context_id_history", "resource_link_id_history"
# The same that a registration asks for: a link may be placed on a platform that was registered by hand.
HISTORIES = {name: f"${VARIABLES[name]}" for name in (CONTEXT_HISTORY, LINK_HISTORY)}
MAX_HISTORY = 50


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """What a new activity starts with; without `kind` it waits for a facilitator."""

    kind: str | None = None
    title: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    wants_line_item: bool = False
    template_id: int | None = None
    source_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """The activity that another one was copied from."""

    title: str
    course_title: str


def beginning_of(session: Session, message: LaunchMessage) -> Beginning:
    """Return what the launch of an unknown link makes; custom parameters choose settings, and give nothing else."""
    template = _template_of(session, message)
    if template is None:
        return Beginning()
    source = _source_of(session, message, template=template)
    return Beginning(
        kind=template.kind,
        title=source.title if source else template.title,
        settings=dict(source.settings if source else template.settings),
        wants_line_item=template.wants_line_item,
        template_id=template.id,
        source_id=source.id if source else None,
    )


def named_source(session: Session, activity: Activity) -> Source | None:
    """Return what the activity was copied from, where that is known."""
    if activity.source_id is None:
        return None
    source = session.get_one(Activity, activity.source_id, options=[joinedload(Activity.context)])
    return Source(title=source.title, course_title=source.context.title)


def _template_of(session: Session, message: LaunchMessage) -> ActivityTemplate | None:
    public_id = message.custom.get(TEMPLATE)
    if not public_id:
        return None
    return session.scalar(
        select(ActivityTemplate).where(
            ActivityTemplate.public_id == public_id,
            ActivityTemplate.registration_id == message.registration_id,
        )
    )


def _source_of(session: Session, message: LaunchMessage, *, template: ActivityTemplate) -> Activity | None:
    """Return the activity that this link was copied from, where the platform's history names it.

    A history counts only for activities of the same template in the same deployment: anybody who may edit a link
    can write one, but only a copy carries the template.
    """
    links = _history(message, LINK_HISTORY)
    contexts = _origins(session, message)
    if not links and not contexts:
        return None
    found = session.execute(
        select(Activity, Context.context_id_on_platform)
        .join(Context, Context.id == Activity.context_id)
        .where(
            Activity.template_id == template.id,
            Context.deployment_id == message.deployment_id,
            or_(Activity.resource_link_id_on_platform.in_(links), Context.context_id_on_platform.in_(contexts)),
        )
        .order_by(Activity.id)
    ).all()
    of_link = {activity.resource_link_id_on_platform: activity for activity, _ in found}
    in_context = [[activity for activity, context in found if context == id_] for id_ in contexts]
    return _first(of_link.get(id_) for id_ in links) or _first(
        _likeliest(activities, title=message.resource_link_title) for activities in in_context
    )


def _origins(session: Session, message: LaunchMessage) -> list[str]:
    """Return the courses that this one was copied from: as the launch tells, then as notices told, nearest first."""
    course_id = message.course.id_on_platform
    told = origins_of(session, deployment_id=message.deployment_id, context_id_on_platform=course_id)
    return [id_ for id_ in dict.fromkeys([*_history(message, CONTEXT_HISTORY), *told]) if id_ != course_id]


def _history(message: LaunchMessage, name: str) -> list[str]:
    """Return the ids of a history, newest first: a list with commas, each id encoded as in an address."""
    ids = message.custom.get(name, "").split(",")[:MAX_HISTORY]
    return [id_ for id_ in (unquote(encoded.strip()) for encoded in ids) if id_ and "\x00" not in id_]


def _likeliest(activities: Sequence[Activity], *, title: str) -> Activity | None:
    """Return the one of that title, else the oldest: a link may have been copied within its course as well."""
    return _first(activity for activity in activities if activity.title == title) or _first(activities)


def _first(activities: Iterable[Activity | None]) -> Activity | None:
    return next((activity for activity in activities if activity is not None), None)
