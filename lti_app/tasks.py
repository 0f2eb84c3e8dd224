"""Every background task, and the function that does it: each carries an id and reads the rest anew."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from flask import Flask, current_app
from huey import Huey, crontab
from sqlalchemy import delete

from lti_app.catalog import ACTIVITY_TYPES
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.gradebook import delivery, line_item
from lti_app.lti import nrps, one_time
from lti_app.lti.connector import Lti, PlatformConnector
from lti_app.lti.keys import KeyRing
from lti_app.lti.tokens import remove_old_tokens
from lti_app.models.deep_linking import DeepLinkingRequest
from lti_app.models.handover import FrameSession, LaunchTicket
from lti_app.models.launch import LaunchRecord
from lti_app.models.notices import TakenNotice
from lti_app.queue import send_after_commit
from lti_app.roster import errands
from lti_app.roster import pull_members as roster
from lti_app.roster.errands import ErrandKind
from lti_app.roster.groups import PULL_GROUPS
from lti_app.roster.notice_handlers import register_handler_kind
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
        if error.reason is Refusal.LINE_ITEM_GONE:
            delivery.record_gone(db.session(), shipment, error=error, at=now())
        else:
            delivery.record_refused(db.session(), delivery_id, error=error)
    except Exception as error:
        db.session.rollback()
        log.exception("score_failed", delivery_id=delivery_id, error=type(error).__name__)
        unknown = PlatformUnavailable("an error of our own")
        delivery.record_unavailable(db.session(), delivery_id, error=unknown, at=now())
    else:
        delivery.record_sent(db.session(), delivery_id, status=status, at=now())
    db.session.commit()


def find_line_item(activity_id: int, *, lti: Lti) -> None:
    """Find or make the column that an activity's scores wait for, if no other worker is at it."""
    search = line_item.claim(db.session(), activity_id, at=now())
    db.session.commit()
    if search is None:
        return
    try:
        url = line_item.find(search, lti=lti) or _make_line_item(search, lti=lti)
    except PlatformUnavailable as error:
        _delay_line_item(search, error)
    except PlatformRefused as error:
        _give_up_line_item(search, line_item.record_refused(db.session(), search, error=error, at=now()))
    except Exception as error:
        db.session.rollback()
        log.exception("line_item_failed", activity_id=activity_id, error=type(error).__name__)
        _delay_line_item(search, PlatformUnavailable("an error of our own"))
    else:
        if url is None:
            _give_up_line_item(search, line_item.record_none(db.session(), search, at=now()))
        elif line_item.record_found(db.session(), search, url=url):
            delivery.record_line_item(db.session(), activity_id, at=now())
    db.session.commit()


def _make_line_item(search: line_item.Search, *, lti: Lti) -> str | None:
    """Make the column where that falls to us, under a lease that outlasts the making."""
    if not search.may_make:
        return None
    is_held = line_item.renew(db.session(), search, at=now())
    db.session.commit()
    if not is_held:
        raise PlatformUnavailable("the search took too long")
    return line_item.make(search, lti=lti)


def _delay_line_item(search: line_item.Search, error: PlatformUnavailable) -> None:
    until = line_item.record_unavailable(db.session(), search, error=error, at=now())
    if until is not None:
        delivery.record_line_item_delayed(db.session(), search.activity_id, until=until, at=now())


def _give_up_line_item(search: line_item.Search, reason: Refusal | None) -> None:
    if reason is not None:
        delivery.record_no_line_item(db.session(), search.activity_id, reason=reason, at=now())


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


def look_for_line_items(enqueue: Callable[[int], object]) -> None:
    """Wake a worker for every activity whose column may be there by now."""
    for activity_id in delivery.activities_without_line_item(db.session(), at=now()):
        enqueue(activity_id)
    db.session.rollback()


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


def sweep_errands(kind: ErrandKind, enqueue: Callable[[int], object]) -> None:
    """Wake a worker for every errand of a kind that is due."""
    for errand_id in errands.due_ids(db.session(), kind, at=now()):
        enqueue(errand_id)
    db.session.rollback()


def remove_what_is_over() -> None:
    """Remove what is over: the launch log after 90 days; whatever else was for one use or one sign-in after its end."""
    db.session.execute(delete(LaunchRecord).where(LaunchRecord.at < now() - LAUNCH_LOG_KEPT))
    db.session.execute(delete(TakenNotice).where(TakenNotice.expires_at < now()))
    db.session.execute(delete(LaunchTicket).where(LaunchTicket.expires_at < now()))
    db.session.execute(delete(FrameSession).where(FrameSession.expires_at < now()))
    db.session.execute(delete(DeepLinkingRequest).where(DeepLinkingRequest.expires_at < now()))
    one_time.remove_old(db.session(), at=now())
    db.session.commit()


def look_after_activities() -> None:
    """Let each kind of activity do what it does by itself; what fails in one waits for the next night, alone."""
    for kind in ACTIVITY_TYPES.values():
        try:
            while kind.upkeep(db.session(), now()):
                db.session.commit()
            db.session.commit()
        except Exception as error:
            db.session.rollback()
            log.exception("upkeep_failed", kind=kind.key, error=type(error).__name__)


def remove_old_secrets(keys: KeyRing) -> None:
    """Remove access tokens that ended long ago, and signing keys that no platform can still need."""
    remove_old_tokens(db.session(), at=now())
    db.session.commit()
    keys.prune()


def register_tasks(app: Flask, queue: Huey, *, lti: Lti) -> None:
    """Give the queue its tasks; each runs inside the app's context and leaves no session behind."""

    @queue.task(name=delivery.TASK)
    def _deliver_score(delivery_id: int) -> None:
        with app.app_context():
            deliver_score(delivery_id, lti=lti)

    @queue.task(name=line_item.TASK)
    def _find_line_item(activity_id: int) -> None:
        with app.app_context():
            find_line_item(activity_id, lti=lti)

    @queue.task(name=roster.TASK)
    def _pull_members(context_id: int) -> None:
        with app.app_context():
            pull_members(context_id, lti=lti)

    errand_tasks = _register_errands(app, queue, lti=lti)

    def _sweep_all() -> None:
        with app.app_context():
            sweep(_deliver_score)
            sweep_rosters(_pull_members)
            for kind, task in errand_tasks:
                sweep_errands(kind, task)

    @queue.on_startup()
    def _sweep_at_start() -> None:
        """Look at once for what a killed worker left; the first periodic sweep may be a minute away."""
        _sweep_all()

    @queue.periodic_task(crontab(minute="*"), name="sweep")
    def _sweep() -> None:
        _sweep_all()

    app.extensions[_WAKERS] = {
        delivery.TASK: _deliver_score,
        line_item.TASK: _find_line_item,
        roster.TASK: _pull_members,
        **{kind.task: task for kind, task in errand_tasks},
    }
    _register_nightly_tasks(app, queue, find_line_item=_find_line_item, keys=lti.keys)


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


def _register_nightly_tasks(app: Flask, queue: Huey, *, find_line_item: Callable[[int], object], keys: KeyRing) -> None:
    @queue.periodic_task(crontab(hour="3", minute="20"), name="remove_what_is_over")
    def _remove_what_is_over() -> None:
        with app.app_context():
            remove_what_is_over()

    @queue.periodic_task(crontab(hour="3", minute="40"), name="look_after_activities")
    def _look_after_activities() -> None:
        with app.app_context():
            look_after_activities()

    @queue.periodic_task(crontab(minute="20", hour="2"), name="look_for_line_items")
    def _look_for_line_items() -> None:
        with app.app_context():
            look_for_line_items(find_line_item)

    @queue.periodic_task(crontab(minute="40", hour="2"), name="remove_old_secrets")
    def _remove_old_secrets() -> None:
        with app.app_context():
            remove_old_secrets(keys)


def _wake(task: str, row_id: int) -> None:
    current_app.extensions[_WAKERS][task](row_id)


send_after_commit(db.session, _wake)
