"""One score on its way: owed, claimed, sent, and what the platform answered.

Three short transactions, with the request between the second and the third, so that no lock is held while a
platform thinks: `owe_score` in the deed's own, `claim` in the worker's first, `record_…` in its last.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session, joinedload

from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.gradebook.answers import NewerOnPlatform, classify
from lti_app.lti import ags
from lti_app.lti.ags import Score
from lti_app.lti.connector import Lti, PlatformConnector
from lti_app.models.activity import Activity
from lti_app.models.gradebook import DeliveryState, ScoreDelivery
from lti_app.models.people import Context, User
from lti_app.models.platform import Deployment, Registration
from lti_app.queue import wake

TASK = "deliver_score"
LEASE = timedelta(seconds=90)
SCORES_NOTED_EVERY = timedelta(minutes=1)
SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
SWEEP_LIMIT = 500
POINTS = 1.0
# The gradebook says that something was done, never how well; each accepted score replaces the comment.
COMMENT = "Completed in Staffroom."

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """A claimed score, ready to send without the database."""

    delivery_id: int
    registration: Registration
    line_item_url: str
    sub: str
    body: str


def owe_score(session: Session, activity: Activity, *, user_id: int, at: datetime) -> ScoreDelivery:
    """Write down that the platform is owed a score, in the transaction of its cause, and wake a worker after it."""
    delivery = ScoreDelivery(activity_id=activity.id, user_id=user_id, epoch=activity.epoch, due_at=at)
    if not activity.line_item_url:
        _park(delivery, Refusal.NO_LINE_ITEM)
    session.add(delivery)
    session.flush()
    if delivery.state is DeliveryState.WAITING:
        wake(session, TASK, delivery.id)
    return delivery


def release_parked(session: Session, activity: Activity, *, at: datetime) -> None:
    """Let scores go that waited for a line item, now that a launch has named one."""
    reasons = [Refusal.NO_LINE_ITEM, Refusal.LINE_ITEM_GONE]
    _release(session, ScoreDelivery.activity_id == activity.id, reasons=reasons, at=at)


def release_refused(session: Session, *, user_id: int, at: datetime) -> None:
    """Try again, once per launch of the person, what somebody may have put right: a role, an access, a permission."""
    reasons = [Refusal.NOT_GRADABLE, Refusal.ACCESS_WITHDRAWN, Refusal.SCOPE_MISSING, Refusal.OUR_FAULT]
    _release(session, ScoreDelivery.user_id == user_id, reasons=reasons, at=at)


def _release(session: Session, where: ColumnElement[bool], *, reasons: list[Refusal], at: datetime) -> None:
    parked = select(ScoreDelivery).where(
        where, ScoreDelivery.state == DeliveryState.PARKED, ScoreDelivery.reason.in_(reasons)
    )
    for delivery in session.scalars(parked):
        delivery.state, delivery.reason, delivery.due_at, delivery.attempts = DeliveryState.WAITING, None, at, 0
        wake(session, TASK, delivery.id)


def due_ids(session: Session, *, at: datetime) -> list[int]:
    """Return the scores that should be on their way and are not, longest due first, at most 500."""
    query = select(ScoreDelivery.id).where(*_is_due(at)).order_by(ScoreDelivery.due_at).limit(SWEEP_LIMIT)
    return list(session.scalars(query))


def claim(session: Session, delivery_id: int, *, at: datetime) -> Shipment | None:
    """Take a due score for one worker, or return None: it is done, not due, or another worker has it.

    One conditional UPDATE decides, on SQLite and PostgreSQL alike. Commit before sending: the bytes and
    their timestamp are kept first, so that after a crash the very same bytes go out again.
    """
    taken = session.execute(
        update(ScoreDelivery)
        .where(ScoreDelivery.id == delivery_id, *_is_due(at))
        .values(leased_until=at + LEASE, attempts=ScoreDelivery.attempts + 1)
        .returning(ScoreDelivery.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if taken is None:
        return None
    delivery = _load(session, delivery_id)
    if not delivery.activity.line_item_url:
        _park(delivery, Refusal.NO_LINE_ITEM)
        return None
    if not delivery.activity.context.deployment.registration.is_active:
        # Nothing goes to a disabled platform; when it is enabled again, the score is still here.
        delivery.due_at, delivery.leased_until = at + LONGEST_WAIT, None
        return None
    if delivery.body is None:
        _write_body(delivery, at=at)
    registration = delivery.activity.context.deployment.registration
    session.flush()
    # Out of the session: after the commit it is read while no transaction is open.
    session.expunge(registration)
    return Shipment(
        delivery_id=delivery.id,
        registration=registration,
        line_item_url=delivery.activity.line_item_url,
        sub=delivery.user.sub,
        body=delivery.body or "",
    )


def send(shipment: Shipment, *, lti: Lti) -> int:
    """Send a claimed score and return the status that says it is stored.

    Raises:
        PlatformUnavailable: Try the same bytes again later.
        PlatformRefused: Stop, with a reason.
    """
    connector = PlatformConnector(shipment.registration, lti=lti)
    answer = ags.post_score(connector, shipment.line_item_url, body=shipment.body)
    try:
        classify(answer)
    except NewerOnPlatform as error:
        # Also the answer to our own second try after a lost one: then the gradebook holds the very points.
        if not _holds_our_points(connector, shipment):
            raise PlatformRefused(
                "the platform has a newer grade", reason=Refusal.NEWER_GRADE, status=answer.status
            ) from error
    return answer.status


def _holds_our_points(connector: PlatformConnector, shipment: Shipment) -> bool:
    try:
        result = ags.read_result(connector, shipment.line_item_url, sub=shipment.sub)
    except PlatformRefused:
        return False  # without permission to read results, nothing is known but that there is a newer one
    return result is not None and result.given is not None and result.given == result.maximum


def record_sent(session: Session, delivery_id: int, *, status: int, at: datetime) -> None:
    """Note that the platform has the score."""
    delivery = session.get_one(ScoreDelivery, delivery_id)
    delivery.state, delivery.reason = DeliveryState.SENT, None
    delivery.answer_status, delivery.sent_at, delivery.leased_until = status, at, None
    _note_score(session, delivery, at=at)
    log.info("score_sent", delivery_id=delivery_id, attempts=delivery.attempts, status=status)


def record_unavailable(session: Session, delivery_id: int, *, error: PlatformUnavailable, at: datetime) -> None:
    """Note that the outcome is unknown, and when the same bytes go out again."""
    delivery = session.get_one(ScoreDelivery, delivery_id)
    if delivery.state is not DeliveryState.WAITING:
        return  # this worker was so late that another one has finished
    delivery.answer_status, delivery.leased_until = error.status, None
    delivery.due_at = at + wait_before_retry(delivery.attempts, retry_after=error.retry_after)
    log.warning("score_delayed", delivery_id=delivery_id, attempts=delivery.attempts, error=str(error))


def record_refused(session: Session, delivery_id: int, *, error: PlatformRefused) -> None:
    """Note that the platform will not take the score, and why."""
    delivery = session.get_one(ScoreDelivery, delivery_id)
    if delivery.state is not DeliveryState.WAITING:
        return
    delivery.answer_status = error.status
    _park(delivery, error.reason)


def wait_before_retry(attempts: int, *, retry_after: int | None) -> timedelta:
    """Return how long to wait after that many tries: a minute, doubling up to six hours, with up to a fifth more.

    A platform that says how long (in seconds) is believed. The extra keeps scores from coming back all at once.
    """
    wait = min(SHORTEST_WAIT * 2 ** min(max(attempts, 1) - 1, 20), LONGEST_WAIT)
    if retry_after is not None:
        wait = timedelta(seconds=retry_after)
    spread: float = random.uniform(1.0, 1.2)  # noqa: S311 - spreads load, hides nothing
    return timedelta(seconds=wait.total_seconds() * spread)


def _note_score(session: Session, delivery: ScoreDelivery, *, at: datetime) -> None:
    """Note on the registration that a score has arrived, once a minute at most: the connections page shows it."""
    of_user = select(User.registration_id).where(User.id == delivery.user_id).scalar_subquery()
    is_older = or_(Registration.last_score_at.is_(None), Registration.last_score_at < at - SCORES_NOTED_EVERY)
    noted = update(Registration).where(Registration.id == of_user, is_older).values(last_score_at=at)
    session.execute(noted.execution_options(synchronize_session=False))


def _is_due(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        ScoreDelivery.state == DeliveryState.WAITING,
        ScoreDelivery.due_at <= at,
        or_(ScoreDelivery.leased_until.is_(None), ScoreDelivery.leased_until <= at),
    )


def _load(session: Session, delivery_id: int) -> ScoreDelivery:
    registration = (
        joinedload(ScoreDelivery.activity)
        .joinedload(Activity.context)
        .joinedload(Context.deployment)
        .joinedload(Deployment.registration)
    )
    query = select(ScoreDelivery).where(ScoreDelivery.id == delivery_id)
    query = query.options(registration, joinedload(ScoreDelivery.user))
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _write_body(delivery: ScoreDelivery, *, at: datetime) -> None:
    """Fix what will be sent. Platforms compare whole seconds, so the moment has no fraction and is never ahead."""
    delivery.timestamp = at.replace(microsecond=0)
    score = Score(sub=delivery.user.sub, given=POINTS, maximum=POINTS, timestamp=delivery.timestamp, comment=COMMENT)
    delivery.body = score.to_json()


def _park(delivery: ScoreDelivery, reason: Refusal) -> None:
    delivery.state, delivery.reason, delivery.leased_until = DeliveryState.PARKED, reason, None
    log.warning("score_parked", delivery_id=delivery.id, reason=reason.value)
