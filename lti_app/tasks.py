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
from lti_app.lti import nrps
from lti_app.lti.connector import Lti, PlatformConnector
from lti_app.models.launch import LaunchRecord
from lti_app.queue import send_after_commit
from lti_app.roster import pull_members as roster
from lti_app.roster.store_members import store_members

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


def pull_members(context_id: int, *, lti: Lti) -> None:
    """Read one course's list of people, if it is due and no other worker is at it; each page is committed."""
    pull = roster.claim(db.session(), context_id, at=now())
    db.session.commit()
    if pull is None:
        return
    try:
        people = 0
        connector = PlatformConnector(pull.registration, lti=lti)
        for page in nrps.read_members(connector, pull.memberships_url, resource_link_id=pull.resource_link_id):
            renewed = roster.renew(db.session(), pull, at=now())
            db.session.commit()
            if renewed is None:
                return
            pull = renewed
            people += store_members(
                db.session(),
                page,
                registration_id=pull.registration.id,
                context_id=context_id,
                since=pull.started_at,
            )
            db.session.commit()
    except PlatformUnavailable as error:
        roster.record_unavailable(db.session(), pull, error=error, at=now())
    except PlatformRefused as error:
        roster.record_refused(db.session(), pull, error=error, at=now())
    except Exception as error:
        db.session.rollback()
        log.exception("roster_failed", context_id=context_id, error=type(error).__name__)
        roster.record_unavailable(db.session(), pull, error=PlatformUnavailable("an error of our own"), at=now())
    else:
        roster.record_read(db.session(), pull, people=people, at=now())
        delivery.release_listed(db.session(), context_id=context_id, at=now())
    db.session.commit()


def sweep(enqueue: Callable[[int], object]) -> None:
    """Wake a worker for every score that is due: what a lost message or a killed worker left behind."""
    for delivery_id in delivery.due_ids(db.session(), at=now()):
        enqueue(delivery_id)
    db.session.rollback()


def sweep_rosters(enqueue: Callable[[int], object]) -> None:
    """Wake a worker for every list of people that is due: at night, or left behind likewise."""
    for context_id in roster.due_ids(db.session(), at=now()):
        enqueue(context_id)
    db.session.rollback()


def remove_old_launches() -> None:
    """Remove lines of the launch log older than 90 days; their logins have long expired by then."""
    db.session.execute(delete(LaunchRecord).where(LaunchRecord.at < now() - LAUNCH_LOG_KEPT))
    db.session.commit()


def register_tasks(app: Flask, queue: Huey, *, lti: Lti) -> None:
    """Give the queue its tasks; each runs inside the app's context and leaves no session behind."""

    @queue.task(name=delivery.TASK)
    def _deliver_score(delivery_id: int) -> None:
        with app.app_context():
            deliver_score(delivery_id, lti=lti)

    @queue.task(name=roster.TASK)
    def _pull_members(context_id: int) -> None:
        with app.app_context():
            pull_members(context_id, lti=lti)

    @queue.periodic_task(crontab(minute="*"), name="sweep")
    def _sweep() -> None:
        with app.app_context():
            sweep(_deliver_score)
            sweep_rosters(_pull_members)

    @queue.periodic_task(crontab(hour="3", minute="20"), name="remove_old_launches")
    def _remove_old_launches() -> None:
        with app.app_context():
            remove_old_launches()

    @queue.on_startup()
    def _sweep_at_start() -> None:
        """Look at once for what a killed worker left; the first periodic sweep may be a minute away."""
        with app.app_context():
            sweep(_deliver_score)
            sweep_rosters(_pull_members)

    app.extensions[_WAKERS] = {delivery.TASK: _deliver_score, roster.TASK: _pull_members}


def _wake(task: str, row_id: int) -> None:
    current_app.extensions[_WAKERS][task](row_id)


send_after_commit(db.session, _wake)
