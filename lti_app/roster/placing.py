"""What a facilitator does to place an activity: choose, set up, send it off. Nothing here commits."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import uuid4

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session, contains_eager

from lti_app.errors import NotThere, ToolError, sentence
from lti_app.lti.deep_linking import DeepLinkingMessage
from lti_app.models.activity import Activity, ActivityTemplate
from lti_app.models.deep_linking import DeepLinkingRequest
from lti_app.models.platform import Deployment, Registration, RegistrationStatus

LIFETIME = timedelta(hours=2)
MAX_CHOSEN = 20
MAX_WAITING = 20
_REQUEST_ID = re.compile(r"[0-9a-f]{32}")
_ADD_AGAIN = sentence("Begin again from the place in your course where you add activities.")

log = structlog.get_logger()


class RequestOver(ToolError):
    """A deep linking request that was answered, or that waited too long."""

    status = 410


class TooMany(ToolError):
    """More activities than one answer carries."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class Placement:
    """One activity as the facilitator set it up: type, title, the type's settings as JSON, and whether it counts."""

    kind: str
    title: str
    settings: dict[str, Any]
    is_graded: bool

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what a request keeps."""
        return cls(**kept)

    def to_json(self) -> dict[str, Any]:
        """Return what a request keeps."""
        return asdict(self)


def keep_request(session: Session, message: DeepLinkingMessage, *, user_id: int, at: datetime) -> DeepLinkingRequest:
    """Keep a request until it is answered, for two hours at most.

    What the same person had chosen in the same course and never sent, because a session or a browser ended, is
    taken along; never for somebody else who acts as them.
    """
    asked = message.settings
    request = DeepLinkingRequest(
        id=uuid4().hex,
        deployment_id=message.deployment_id,
        user_id=user_id,
        context_id_on_platform=message.course.id_on_platform if message.course else None,
        course_title=(message.course.title or message.course.label) if message.course else "",
        return_url=asked.return_url,
        data=asked.data,
        document_targets=list(asked.document_targets),
        accept_multiple=asked.accept_multiple,
        accept_lineitem=asked.accept_lineitem,
        auto_create=asked.auto_create,
        title=asked.title,
        text=asked.text,
        chosen=[],
        expires_at=at + LIFETIME,
    )
    if not message.is_masquerade and (unsent := _unsent(session, request, at=at)) is not None:
        request.chosen, unsent.chosen = (unsent.chosen if request.accept_multiple else []), []
        request.draft, unsent.draft = unsent.draft, None
    session.add(request)
    session.flush()
    return request


def find_request(session: Session, request_id: str, *, user_ids: Sequence[int], at: datetime) -> DeepLinkingRequest:
    """Return a request of one of these users that still waits, with its person and platform loaded.

    Raises:
        NotThere: There is none of that id, or it is somebody else's.
        RequestOver: It was answered, or is older than two hours.
    """
    found = (
        select(DeepLinkingRequest)
        .join(DeepLinkingRequest.user)
        .join(DeepLinkingRequest.deployment)
        .join(Deployment.registration)
        .where(
            DeepLinkingRequest.id == request_id,
            DeepLinkingRequest.user_id.in_(user_ids),
            Registration.status == RegistrationStatus.ACTIVE,
        )
        .options(
            contains_eager(DeepLinkingRequest.user),
            contains_eager(DeepLinkingRequest.deployment).contains_eager(Deployment.registration),
        )
    )
    # Nothing else is asked for: databases differ in what they take for a text.
    request = session.scalar(found) if _REQUEST_ID.fullmatch(request_id) else None
    if request is None:
        raise NotThere(sentence("There is nothing here for you."), _ADD_AGAIN)
    if request.answered_at is not None:
        raise _answered()
    if request.expires_at <= at:
        raise RequestOver(sentence("Your LMS has waited for this longer than two hours."), _ADD_AGAIN)
    return request


def chosen_of(request: DeepLinkingRequest) -> list[Placement]:
    """Return what was chosen so far, in the order of choosing."""
    return [Placement.from_json(kept) for kept in request.chosen]


def draft_of(request: DeepLinkingRequest) -> Placement | None:
    """Return what was last being set up and not chosen yet."""
    return Placement.from_json(request.draft) if request.draft else None


def keep_draft(request: DeepLinkingRequest, placement: Placement) -> None:
    """Keep what is being set up, so that it survives a session that ends."""
    request.draft = placement.to_json()


def choose(request: DeepLinkingRequest, placement: Placement) -> None:
    """Add to what goes into the course; where the platform takes one link only, it is that one.

    Raises:
        TooMany: Twenty are chosen already.
    """
    before = request.chosen if request.accept_multiple else []
    if len(before) >= MAX_CHOSEN:
        raise TooMany(
            sentence("%(limit)s activities are the most that can be added at once."),
            sentence("Add these to the course first, then begin again for the others."),
            values={"limit": MAX_CHOSEN},
        )
    request.chosen = [*before, placement.to_json()]
    request.draft = None


def leave_out(request: DeepLinkingRequest, number: int) -> None:
    """Take one out of what was chosen, by its place in the list; one that is gone already is no error."""
    request.chosen = [kept for place, kept in enumerate(request.chosen) if place != number]


def close_request(session: Session, request: DeepLinkingRequest, *, at: datetime) -> None:
    """Note that the request is answered; of two answers at once, one comes through.

    Raises:
        RequestOver: It was answered before.
    """
    closed = session.execute(
        update(DeepLinkingRequest)
        .where(DeepLinkingRequest.id == request.id, DeepLinkingRequest.answered_at.is_(None))
        .values(answered_at=at)
        .returning(DeepLinkingRequest.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if closed is None:
        raise _answered()


def make_template(session: Session, request: DeepLinkingRequest, placement: Placement) -> ActivityTemplate:
    """Keep what was chosen under an id that the link will carry."""
    template = ActivityTemplate(
        public_id=uuid4().hex,
        registration_id=request.deployment.registration_id,
        kind=placement.kind,
        title=placement.title,
        settings=placement.settings,
        wants_line_item=placement.is_graded,
        made_by_id=request.user_id,
    )
    session.add(template)
    session.flush()
    log.info("activity_placed", template_id=template.id, kind=template.kind, user_id=request.user_id)
    return template


def set_up(session: Session, activity: Activity, *, kind: str, settings: dict[str, Any]) -> bool:
    """Make an activity of a link that is none yet; False where another facilitator was faster."""
    done = session.execute(
        update(Activity)
        .where(Activity.id == activity.id, Activity.kind.is_(None))
        .values(kind=kind, settings=settings)
        .returning(Activity.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    session.refresh(activity)
    if done is not None:
        log.info("activity_set_up", activity_id=activity.id, kind=kind)
    return done is not None


def _unsent(session: Session, request: DeepLinkingRequest, *, at: datetime) -> DeepLinkingRequest | None:
    waiting = session.scalars(
        select(DeepLinkingRequest)
        .where(
            DeepLinkingRequest.user_id == request.user_id,
            DeepLinkingRequest.deployment_id == request.deployment_id,
            DeepLinkingRequest.context_id_on_platform == request.context_id_on_platform,
            DeepLinkingRequest.answered_at.is_(None),
            DeepLinkingRequest.expires_at > at,
        )
        .order_by(DeepLinkingRequest.expires_at.desc())
        .limit(MAX_WAITING)
    )
    return next((row for row in waiting if row.chosen or row.draft), None)


def _answered() -> RequestOver:
    return RequestOver(sentence("This was sent to your LMS already."), _ADD_AGAIN)
