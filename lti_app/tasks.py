"""Every background task, and the function that does it: each carries an id and reads the rest anew."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from flask import Flask, current_app
from huey import Huey, crontab
from sqlalchemy import delete

from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import PlatformRefused, PlatformUnavailable
from lti_app.gradebook import delivery
from lti_app.lti.connector import Lti
from lti_app.models.handover import FrameSession, LaunchTicket
from lti_app.models.launch import LaunchRecord
from lti_app.queue import send_after_commit

log = structlog.get_logger()
LAUNCH_LOG_KEPT = timedelta(days=90)
_WAKERS = "staffroom_wakers"


def deliver_score(delivery_id: int, *, lti: Lti) -> None:
    """Send one score, if it is due and no other worker has it."""
    shipment = delivery.claim(db.session(), delivery_id, at=now())
    db.session.commit()
    if shipment is None:
        return
    try:
        status = delivery.send(shipment, lti=lti)
    except PlatformUnavailable as error:
        delivery.record_unavailable(db.session(), delivery_id, error=error, at=now())
    except PlatformRefused as error:
        delivery.record_refused(db.session(), delivery_id, error=error)
    except Exception as error:
        db.session.rollback()
        log.exception("score_failed", delivery_id=delivery_id, error=type(error).__name__)
        unknown = PlatformUnavailable("an error of our own")
        delivery.record_unavailable(db.session(), delivery_id, error=unknown, at=now())
    else:
        delivery.record_sent(db.session(), delivery_id, status=status, at=now())
    db.session.commit()


def sweep(enqueue: Callable[[int], object]) -> None:
    """Wake a worker for every score that is due: what a lost message or a killed worker left behind."""
    for delivery_id in delivery.due_ids(db.session(), at=now()):
        enqueue(delivery_id)
    db.session.rollback()


def remove_old_launches() -> None:
    """Remove what is over: lines of the launch log after 90 days, tickets, and sessions of frames without cookies."""
    db.session.execute(delete(LaunchRecord).where(LaunchRecord.at < now() - LAUNCH_LOG_KEPT))
    db.session.execute(delete(LaunchTicket).where(LaunchTicket.expires_at < now()))
    db.session.execute(delete(FrameSession).where(FrameSession.expires_at < now()))
    db.session.commit()


def register_tasks(app: Flask, queue: Huey, *, lti: Lti) -> None:
    """Give the queue its tasks; each runs inside the app's context and leaves no session behind."""

    @queue.task(name=delivery.TASK)
    def _deliver_score(delivery_id: int) -> None:
        with app.app_context():
            deliver_score(delivery_id, lti=lti)

    @queue.periodic_task(crontab(minute="*"), name="sweep")
    def _sweep() -> None:
        with app.app_context():
            sweep(_deliver_score)

    @queue.periodic_task(crontab(hour="3", minute="20"), name="remove_old_launches")
    def _remove_old_launches() -> None:
        with app.app_context():
            remove_old_launches()

    @queue.on_startup()
    def _sweep_at_start() -> None:
        """Look at once for what a killed worker left; the first periodic sweep may be a minute away."""
        with app.app_context():
            sweep(_deliver_score)

    app.extensions[_WAKERS] = {delivery.TASK: _deliver_score}


def _wake(task: str, row_id: int) -> None:
    current_app.extensions[_WAKERS][task](row_id)


send_after_commit(db.session, _wake)
