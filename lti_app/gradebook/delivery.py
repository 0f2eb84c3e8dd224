"""One score on its way: owed, claimed, sent, and what the platform answered.

Three short transactions, with the request between the second and the third, so that no lock is held while a
platform thinks: `owe_score` in the deed's own, `claim` in the worker's first, `record_…` in its last.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Select, and_, or_, select, update
from sqlalchemy.orm import Session, joinedload

from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.gradebook import line_item
from lti_app.gradebook.answers import NewerOnPlatform, classify
from lti_app.lti import ags
from lti_app.lti.ags import Score
from lti_app.lti.connector import Lti, PlatformConnector
from lti_app.lti.retries import LONGEST_WAIT, wait_before_retry
from lti_app.models.activity import Activity
from lti_app.models.gradebook import DeliveryState, LineItemSearch, ScoreDelivery
from lti_app.models.people import Context, Membership, User
from lti_app.models.platform import Deployment, Registration
from lti_app.queue import wake

TASK = "deliver_score"
LEASE = timedelta(seconds=90)
SCORES_NOTED_EVERY = timedelta(minutes=1)
SWEEP_LIMIT = 500
LOOKED_FOR, LOOKED_AGAIN = timedelta(days=90), timedelta(hours=20)
POINTS = 1.0
# The gradebook says that something was done, never how well; each accepted score replaces the comment.
COMMENT = "Completed in Staffroom."
_FOR_WANT_OF_A_COLUMN = [Refusal.NO_LINE_ITEM, Refusal.LINE_ITEM_GONE]
_IS_WAITING = ScoreDelivery.state == DeliveryState.WAITING

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
    session.add(delivery)
    session.flush()
    if activity.line_item_url:
        wake(session, TASK, delivery.id)
    else:
        _wait_for_line_item(session, delivery, activity, at=at)
    return delivery


def release_parked(session: Session, activity: Activity, *, at: datetime) -> None:
    """Let scores go that waited for a line item, now that a launch has named one."""
    _release(session, ScoreDelivery.activity_id == activity.id, reasons=_FOR_WANT_OF_A_COLUMN, at=at)


def release_refused(session: Session, *, user_id: int, at: datetime) -> None:
    """Try again, once per launch of the person, what somebody may have put right: a role, an access, a permission."""
    reasons = [
        Refusal.NOT_GRADABLE,
        Refusal.ACCESS_WITHDRAWN,
        Refusal.SCOPE_MISSING,
        Refusal.OUR_FAULT,
        Refusal.LINE_ITEM_GONE,
    ]
    _release(session, ScoreDelivery.user_id == user_id, reasons=reasons, at=at)


def release_listed(session: Session, *, context_id: int, at: datetime) -> None:
    """Try again what the platform did not take for a person's role, now that its list shows them in a gradable one."""
    listed = select(Membership.user_id).where(
        Membership.context_id == context_id,
        Membership.is_active,
        Membership.is_gradable,
        Membership.listed_at.is_not(None),
    )
    activities = select(Activity.id).where(Activity.context_id == context_id)
    owed = and_(ScoreDelivery.activity_id.in_(activities), ScoreDelivery.user_id.in_(listed))
    _release(session, owed, reasons=[Refusal.NOT_GRADABLE], at=at)


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
    if not delivery.activity.context.deployment.registration.is_active:
        # Nothing goes to a disabled platform; when it is enabled again, the score is still here.
        delivery.due_at, delivery.leased_until = at + LONGEST_WAIT, None
        return None
    if not delivery.activity.line_item_url:
        wait = wait_before_retry(delivery.attempts, retry_after=None)
        _wait_for_line_item(session, delivery, delivery.activity, at=at, wait=wait)
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


def record_gone(session: Session, shipment: Shipment, *, error: PlatformRefused, at: datetime) -> None:
    """Note that the column is not there any more; the score waits while another is looked for."""
    delivery = session.get_one(ScoreDelivery, shipment.delivery_id)
    if delivery.state is not DeliveryState.WAITING:
        return
    delivery.answer_status, delivery.leased_until, delivery.due_at = error.status, None, at
    activity = session.get_one(Activity, delivery.activity_id, populate_existing=True, with_for_update=True)
    if activity.line_item_url == shipment.line_item_url and not line_item.lose(session, activity):
        _park(delivery, error.reason)
    elif activity.line_item_url:
        wake(session, TASK, delivery.id)  # another column was found or named meanwhile
    else:
        _wait_for_line_item(session, delivery, activity, at=at)


def record_line_item(session: Session, activity_id: int, *, at: datetime) -> None:
    """Let all scores go that waited for the activity's column, now that it is known."""
    wanting = or_(
        ScoreDelivery.state == DeliveryState.WAITING,
        and_(ScoreDelivery.state == DeliveryState.PARKED, ScoreDelivery.reason.in_(_FOR_WANT_OF_A_COLUMN)),
    )
    for delivery in session.scalars(_without_worker(activity_id, at=at).where(wanting)):
        delivery.state, delivery.reason, delivery.due_at, delivery.attempts = DeliveryState.WAITING, None, at, 0
        wake(session, TASK, delivery.id)


def record_no_line_item(session: Session, activity_id: int, *, reason: Refusal, at: datetime) -> None:
    """Park all scores that waited for the activity's column: there is none."""
    for delivery in session.scalars(_without_worker(activity_id, at=at).where(_IS_WAITING)):
        _park(delivery, reason)


def record_line_item_delayed(session: Session, activity_id: int, *, until: datetime, at: datetime) -> None:
    """Let all scores wait that wait for the activity's column, until it is looked for again."""
    for delivery in session.scalars(_without_worker(activity_id, at=at).where(_IS_WAITING)):
        delivery.due_at, delivery.attempts = until, delivery.attempts + 1


def activities_without_line_item(session: Session, *, at: datetime) -> list[int]:
    """Return the activities whose column is worth another look, longest unseen first, at most 500.

    Those that scores of the last 90 days wait for, and whose platform was not asked for most of a day.
    """
    seen = LineItemSearch.sought_at
    query = (
        select(ScoreDelivery.activity_id)
        .join(Activity, Activity.id == ScoreDelivery.activity_id)
        .outerjoin(LineItemSearch, LineItemSearch.activity_id == ScoreDelivery.activity_id)
        .where(
            ScoreDelivery.state == DeliveryState.PARKED,
            ScoreDelivery.reason.in_(_FOR_WANT_OF_A_COLUMN),
            ScoreDelivery.due_at > at - LOOKED_FOR,
            Activity.line_item_url.is_(None),
            Activity.line_items_url.is_not(None),
            or_(seen.is_(None), seen <= at - LOOKED_AGAIN),
        )
        .group_by(ScoreDelivery.activity_id, seen)
        .order_by(seen.is_not(None), seen)
        .limit(SWEEP_LIMIT)
    )
    return list(session.scalars(query))


def record_refused(session: Session, delivery_id: int, *, error: PlatformRefused) -> None:
    """Note that the platform will not take the score, and why."""
    delivery = session.get_one(ScoreDelivery, delivery_id)
    if delivery.state is not DeliveryState.WAITING:
        return
    delivery.answer_status = error.status
    _park(delivery, error.reason)


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


def _without_worker(activity_id: int, *, at: datetime) -> Select[ScoreDelivery]:
    """Return the query of an activity's scores that no worker has in hand."""
    is_free = or_(ScoreDelivery.leased_until.is_(None), ScoreDelivery.leased_until <= at)
    query = select(ScoreDelivery).where(ScoreDelivery.activity_id == activity_id, is_free)
    return query.order_by(ScoreDelivery.id).with_for_update()


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


def _wait_for_line_item(
    session: Session, delivery: ScoreDelivery, activity: Activity, *, at: datetime, wait: timedelta = timedelta(0)
) -> None:
    """Let a score wait for its column, if the platform can be asked for one now; else park it."""
    if line_item.is_worth_looking(session, activity, at=at):
        delivery.leased_until, delivery.due_at = None, at + wait
        wake(session, line_item.TASK, activity.id)
    else:
        _park(delivery, line_item.reason_without(session, activity))


def _park(delivery: ScoreDelivery, reason: Refusal) -> None:
    delivery.state, delivery.reason, delivery.leased_until = DeliveryState.PARKED, reason, None
    log.warning("score_parked", delivery_id=delivery.id, reason=reason.value)
