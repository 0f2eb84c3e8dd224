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
from lti_app.models.launch import LaunchRecord
from lti_app.models.notices import TakenNotice
from lti_app.queue import send_after_commit
from lti_app.roster import errands
from lti_app.roster.errands import ErrandKind
from lti_app.roster.groups import PULL_GROUPS
from lti_app.roster.notice_handlers import register_handler_kind

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


def run_errand(kind: ErrandKind, errand_id: int, *, lti: Lti) -> None:
    """Run one errand, if it is due and no other worker has it."""
    claimed = errands.claim(db.session(), kind, errand_id, at=now())
    db.session.commit()
    if claimed is None:
        return
    try:
        result = errands.perform(kind, claimed, lti=lti)
        errands.record_done(db.session(), kind, errand_id, result=result, at=now())
    except PlatformUnavailable as error:
        errands.record_unavailable(db.session(), kind, errand_id, error=error, at=now())
    except PlatformRefused as error:
        errands.record_refused(db.session(), kind, errand_id, error=error, at=now())
    except Exception as error:
        db.session.rollback()
        log.exception("errand_failed", task=kind.task, errand_id=errand_id, error=type(error).__name__)
        unknown = PlatformUnavailable("an error of our own")
        errands.record_unavailable(db.session(), kind, errand_id, error=unknown, at=now())
    db.session.commit()


def sweep_errands(kind: ErrandKind, enqueue: Callable[[int], object]) -> None:
    """Wake a worker for every errand of a kind that is due."""
    for errand_id in errands.due_ids(db.session(), kind, at=now()):
        enqueue(errand_id)
    db.session.rollback()


def sweep(enqueue: Callable[[int], object]) -> None:
    """Wake a worker for every score that is due: what a lost message or a killed worker left behind."""
    for delivery_id in delivery.due_ids(db.session(), at=now()):
        enqueue(delivery_id)
    db.session.rollback()


def remove_old_launches() -> None:
    """Remove lines of the launch log older than 90 days, and notices whose tokens have ended.

    The logins of such lines have long expired by then.
    """
    db.session.execute(delete(LaunchRecord).where(LaunchRecord.at < now() - LAUNCH_LOG_KEPT))
    db.session.execute(delete(TakenNotice).where(TakenNotice.expires_at < now()))
    db.session.commit()


def register_tasks(app: Flask, queue: Huey, *, lti: Lti) -> None:
    """Give the queue its tasks; each runs inside the app's context and leaves no session behind."""

    @queue.task(name=delivery.TASK)
    def _deliver_score(delivery_id: int) -> None:
        with app.app_context():
            deliver_score(delivery_id, lti=lti)

    errand_tasks = _register_errands(app, queue, lti=lti)

    def _sweep_all() -> None:
        with app.app_context():
            sweep(_deliver_score)
            for kind, task in errand_tasks:
                sweep_errands(kind, task)

    @queue.periodic_task(crontab(minute="*"), name="sweep")
    def _sweep() -> None:
        _sweep_all()

    @queue.periodic_task(crontab(hour="3", minute="20"), name="remove_old_launches")
    def _remove_old_launches() -> None:
        with app.app_context():
            remove_old_launches()

    @queue.on_startup()
    def _sweep_at_start() -> None:
        """Look at once for what a killed worker left; the first periodic sweep may be a minute away."""
        _sweep_all()

    wakers = {kind.task: task for kind, task in errand_tasks}
    app.extensions[_WAKERS] = {delivery.TASK: _deliver_score, **wakers}


def _register_errands(app: Flask, queue: Huey, *, lti: Lti) -> list[tuple[ErrandKind, Callable[[int], object]]]:
    """Give the queue a task for every kind of errand."""
    notices_url = f"{app.config['STAFFROOM_PUBLIC_URL']}/lti/notices"

    def _task_of(kind: ErrandKind) -> Callable[[int], object]:
        def _run(errand_id: int) -> None:
            with app.app_context():
                run_errand(kind, errand_id, lti=lti)

        task: Callable[[int], object] = queue.task(name=kind.task)(_run)
        return task

    return [(kind, _task_of(kind)) for kind in (PULL_GROUPS, register_handler_kind(notices_url))]


def _wake(task: str, row_id: int) -> None:
    current_app.extensions[_WAKERS][task](row_id)


send_after_commit(db.session, _wake)
