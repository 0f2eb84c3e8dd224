"""The column of an activity in the platform's gradebook: found, or made where that falls to us; never two.

As with scores, short transactions around the requests: `claim` in the worker's first, `renew` before a column is
made, `record_…` in its last. docs/decisions/0012 says when a column is made, and why there are never two.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Row, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from lti_app.errors import PlatformRefused, PlatformUnavailable, Refusal
from lti_app.lti import line_items
from lti_app.lti.connector import Lti, PlatformConnector
from lti_app.lti.line_items import LINE_ITEM_SCOPE, LineItem, NewLineItem
from lti_app.lti.retries import wait_before_retry
from lti_app.models.activity import Activity
from lti_app.models.gradebook import LineItemSearch
from lti_app.models.people import Context
from lti_app.models.platform import Deployment, Registration
from lti_app.queue import wake

TASK = "find_line_item"
# Longer than all requests of one search or one making take together, with their time-outs.
LEASE = timedelta(minutes=3)
# An activity without a column is asked for at most so often, however many people complete it.
SOUGHT_AGAIN = timedelta(minutes=15)
LABEL_WITHOUT_TITLE = "Staffroom"
_WITH_REGISTRATION = [joinedload(Activity.context).joinedload(Context.deployment).joinedload(Deployment.registration)]

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Search:
    """A claimed search, ready to go on without the database; `number` is which claim of the activity it is."""

    activity_id: int
    number: int
    registration: Registration
    line_items_url: str
    scope: str
    wanted: NewLineItem
    lost_url: str | None
    may_make: bool


def is_worth_looking(session: Session, activity: Activity, *, at: datetime) -> bool:
    """Whether the platform can be asked for the activity's column, and was not asked a moment ago."""
    if not _may_look(activity):
        return False
    row = session.get(LineItemSearch, activity.id)
    return row is None or row.sought_at is None or row.sought_at <= at - SOUGHT_AGAIN


def reason_without(session: Session, activity: Activity) -> Refusal:
    """Return why an activity has no column: the last search's answer, or that none was ever named."""
    row = session.get(LineItemSearch, activity.id)
    return Refusal.NO_LINE_ITEM if row is None or row.reason is None else row.reason


def ask_for_line_item(session: Session, activity: Activity) -> None:
    """Note that whoever placed the activity wants a column for it, and have one looked for or made."""
    activity.wants_line_item = True
    _settle(session, LineItemSearch.activity_id == activity.id, sought_at=None)
    wake(session, TASK, activity.id)


def lose(session: Session, activity: Activity) -> bool:
    """Forget a column that is not there any more, or return False where no other can be looked for."""
    if not _may_look(activity):
        return False
    _ensure_row(session, activity.id)
    lost = {"lost_url": activity.line_item_url, "sought_at": None, "reason": Refusal.LINE_ITEM_GONE}
    _settle(session, LineItemSearch.activity_id == activity.id, **lost)
    activity.line_item_url = None
    return True


def claim(session: Session, activity_id: int, *, at: datetime) -> Search | None:
    """Take the search of an activity's column for one worker, or return None: there is nothing to look for now.

    One conditional UPDATE decides, as in `delivery.claim`. Commit before asking the platform.
    """
    activity = session.get(Activity, activity_id, options=_WITH_REGISTRATION, populate_existing=True)
    if activity is None or activity.line_item_url or not activity.context.deployment.registration.is_active:
        return None
    line_items_url, scope = activity.line_items_url, _reading_scope(activity)
    if not line_items_url or scope is None:
        return None
    taken = _take(session, activity_id, at=at)
    if taken is None:
        return None
    registration = activity.context.deployment.registration
    search = Search(
        activity_id=activity_id,
        number=taken.claims,
        registration=registration,
        line_items_url=line_items_url,
        scope=scope,
        wanted=_wanted(activity),
        lost_url=taken.lost_url,
        may_make=may_make(activity),
    )
    # Read again under the row's lock: a search that ended in between may have found the column.
    if session.scalar(select(Activity.line_item_url).where(Activity.id == activity_id)):
        _settle(session, *_is_held(search), leased_until=None)
        return None
    # Out of the session: after the commit it is read while no transaction is open.
    session.expunge(registration)
    return search


def may_make(activity: Activity) -> bool:
    """Whether a column may be made: the scope is granted, and the platform leaves it to us or it was asked for.

    Elsewhere a link without a column is one that a facilitator made ungraded, and stays so.
    """
    if LINE_ITEM_SCOPE not in activity.ags_scopes.split():
        return False
    return activity.wants_line_item or line_items.leaves_columns_to_tools(activity.line_items_url or "")


def find(search: Search, *, lti: Lti) -> str | None:
    """Return the address of the activity's column on the platform, or None where there is none.

    Raises:
        PlatformUnavailable: Whether there is one is unknown.
        PlatformRefused: The platform does not show its columns, or shows only the one that takes no scores.
    """
    connector = PlatformConnector(search.registration, lti=lti)
    wanted = search.wanted
    for name in ("resource_link_id", "resource_id", "tag"):
        listed = line_items.list_line_items(
            connector, search.line_items_url, scope=search.scope, **{name: getattr(wanted, name)}
        )
        found = [column for column in listed if _is_ours(column, wanted)]
        if found:
            return _checked(_best(found, search), connector)
    return None


def make(search: Search, *, lti: Lti) -> str:
    """Make the activity's column, right after `find` found none and `renew` said that the search is still ours.

    Raises:
        PlatformUnavailable: It may have been made: look again before anything else.
        PlatformRefused: The platform made none.
    """
    connector = PlatformConnector(search.registration, lti=lti)
    made = line_items.make_line_item(connector, search.line_items_url, new=search.wanted)
    log.info("line_item_made", activity_id=search.activity_id)
    return _checked(made.url, connector)


def renew(session: Session, search: Search, *, at: datetime) -> bool:
    """Begin the lease anew before a column is made; False where it has run out: another worker may be searching."""
    return _settle(session, *_is_held(search), LineItemSearch.leased_until > at, leased_until=at + LEASE)


def record_found(session: Session, search: Search, *, url: str) -> bool:
    """Keep the column, unless a launch named one meanwhile; return whether the search was still ours."""
    answered: dict[str, Any] = {"leased_until": None, "failures": 0, "sought_at": None, "lost_url": None}
    if not _settle(session, *_is_held(search), reason=None, **answered):
        return False
    keep = update(Activity).where(Activity.id == search.activity_id, Activity.line_item_url.is_(None))
    session.execute(keep.values(line_item_url=url).execution_options(synchronize_session="fetch"))
    log.info("line_item_found", activity_id=search.activity_id)
    return True


def record_none(session: Session, search: Search, *, at: datetime) -> Refusal | None:
    """Note that there is no column and none is to be made; return the reason, or None if the search was not ours."""
    reason = Refusal.LINE_ITEM_GONE if search.lost_url else Refusal.NO_LINE_ITEM
    is_ours = _settle(session, *_is_held(search), leased_until=None, failures=0, sought_at=at, reason=reason)
    return reason if is_ours else None


def record_refused(session: Session, search: Search, *, error: PlatformRefused, at: datetime) -> Refusal | None:
    """Note that the platform shows or makes no column; a lost one counts as known again, should it come back.

    On a link that never had a column and where we may make none, the refusal changes nothing: it is ungraded.
    """
    reason = error.reason if search.may_make or search.lost_url else Refusal.NO_LINE_ITEM
    answered: dict[str, Any] = {"leased_until": None, "failures": 0, "sought_at": at, "lost_url": None}
    if not _settle(session, *_is_held(search), reason=reason, **answered):
        return None
    if search.lost_url:
        keep = update(Activity).where(Activity.id == search.activity_id, Activity.line_item_url.is_(None))
        session.execute(keep.values(line_item_url=search.lost_url).execution_options(synchronize_session="fetch"))
    log.warning("line_item_refused", activity_id=search.activity_id, reason=error.reason.value, error=str(error))
    return reason


def record_unavailable(
    session: Session, search: Search, *, error: PlatformUnavailable, at: datetime
) -> datetime | None:
    """Note that the outcome is unknown; return when to look again, or None if the search was not ours.

    Never sooner than the lease: a column that was asked for may still be on its way into the gradebook.
    """
    row = session.get_one(LineItemSearch, search.activity_id, populate_existing=True)
    wait = max(wait_before_retry(row.failures + 1, retry_after=error.retry_after), LEASE)
    until = at + wait
    if not _settle(session, *_is_held(search), leased_until=until, failures=LineItemSearch.failures + 1):
        return None
    log.warning("line_item_delayed", activity_id=search.activity_id, error=str(error))
    return until


def _take(session: Session, activity_id: int, *, at: datetime) -> Row[int, str | None] | None:
    _ensure_row(session, activity_id)
    is_free = or_(LineItemSearch.leased_until.is_(None), LineItemSearch.leased_until <= at)
    is_unasked = or_(LineItemSearch.sought_at.is_(None), LineItemSearch.sought_at <= at - SOUGHT_AGAIN)
    return session.execute(
        update(LineItemSearch)
        .where(LineItemSearch.activity_id == activity_id, is_free, is_unasked)
        .values(leased_until=at + LEASE, claims=LineItemSearch.claims + 1)
        .returning(LineItemSearch.claims, LineItemSearch.lost_url)
        .execution_options(synchronize_session=False)
    ).one_or_none()


def _may_look(activity: Activity) -> bool:
    return bool(activity.line_items_url) and _reading_scope(activity) is not None


def _reading_scope(activity: Activity) -> str | None:
    return line_items.reading_scope(activity.ags_scopes.split())


def _wanted(activity: Activity) -> NewLineItem:
    """Return the activity's column as we would make it; `resource_id` and `tag` are the same after a reinstallation."""
    context = activity.context
    names = (
        context.deployment.deployment_id_on_platform,
        context.context_id_on_platform,
        activity.resource_link_id_on_platform,
    )
    key = hashlib.sha256("\n".join(names).encode()).hexdigest()[:32]
    return NewLineItem(
        label=activity.title or LABEL_WITHOUT_TITLE,
        resource_link_id=activity.resource_link_id_on_platform,
        resource_id=key,
        tag=f"staffroom-{key}",
    )


def _is_ours(column: LineItem, wanted: NewLineItem) -> bool:
    """Whether a column is this activity's.

    One that is bound to another link never is: Moodle copies resourceId and tag along with a course (recorded).
    """
    if column.resource_link_id:
        return column.resource_link_id == wanted.resource_link_id
    if column.resource_id:
        return column.resource_id == wanted.resource_id
    return column.tag == wanted.tag


def _best(found: Sequence[LineItem], search: Search) -> str:
    """Return the column to use of several: the one that we made, else the first: platforms list their own first."""
    there = [column for column in found if column.url != search.lost_url]
    if not there:
        raise PlatformRefused("the only column listed takes no scores", reason=Refusal.LINE_ITEM_GONE)
    made = [column for column in there if column.resource_id == search.wanted.resource_id]
    return (made or there)[0].url


def _checked(url: str, connector: PlatformConnector) -> str:
    if not connector.knows(url):
        raise PlatformRefused("the line item lies on another host", reason=Refusal.OUR_FAULT)
    return url


def _is_held(search: Search) -> tuple[ColumnElement[bool], ...]:
    return LineItemSearch.activity_id == search.activity_id, LineItemSearch.claims == search.number


def _settle(session: Session, *where: ColumnElement[bool], **values: Any) -> bool:
    statement = update(LineItemSearch).where(*where).values(**values).returning(LineItemSearch.activity_id)
    return session.execute(statement).one_or_none() is not None


def _ensure_row(session: Session, activity_id: int) -> None:
    """Make the activity's row where there is none; of two workers at once, one makes it."""
    if session.scalar(select(LineItemSearch.activity_id).where(LineItemSearch.activity_id == activity_id)) is None:
        with suppress(IntegrityError), session.begin_nested():
            session.add(LineItemSearch(activity_id=activity_id))
