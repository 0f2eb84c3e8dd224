"""What the connections pages show: platforms with their health, deployments, the launch log. Lists are paged by key."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.orm import Session

from lti_app.models.launch import LaunchOutcome, LaunchRecord
from lti_app.models.platform import AccessToken, Deployment, DeploymentStatus, Registration

PLATFORMS_PER_PAGE, DEPLOYMENTS_PER_PAGE, LINES_PER_PAGE = 50, 100, 50
LATELY = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Health:
    """A platform, and when things last went well: moments in UTC, None where they never did.

    `token_until` is until when the newest access token is good, or was; `refused` the launches refused within 24 hours.
    """

    registration: Registration
    last_launch_at: datetime | None
    token_until: datetime | None
    refused: int
    pending_deployments: int

    @property
    def last_score_at(self) -> datetime | None:
        """When the platform last took a score, to the minute."""
        return self.registration.last_score_at


@dataclass(frozen=True, kw_only=True)
class LogFilter:
    """Which lines of the launch log are wanted; empty for all."""

    registration_id: int | None = None
    reference: str = ""
    only_refused: bool = False


@dataclass(frozen=True, kw_only=True)
class LogPage:
    """A page of the launch log, newest first; `next_before` is the key of the next page, or None."""

    lines: Sequence[Row[Any]]
    next_before: int | None


def platforms(
    session: Session, *, at: datetime, within: Collection[int] | None = None, after: int = 0
) -> tuple[list[Health], int | None]:
    """Return the platforms in the order of their numbers, and the key of the next page or None.

    `within` are the ids that may be seen; None is all of them.
    """
    query = _health_query(at).where(Registration.id > after).order_by(Registration.id).limit(PLATFORMS_PER_PAGE + 1)
    if within is not None:
        query = query.where(Registration.id.in_(within))
    found = [_health(row) for row in session.execute(query)]
    shown = found[:PLATFORMS_PER_PAGE]
    return shown, shown[-1].registration.id if len(found) > len(shown) else None


def platform(session: Session, registration_id: int, *, at: datetime) -> Health:
    """Return one platform, which exists."""
    return _health(session.execute(_health_query(at).where(Registration.id == registration_id)).one())


def deployments(session: Session, registration_id: int, *, after: int = 0) -> tuple[Sequence[Deployment], int | None]:
    """Return a registration's deployments, those that wait first, and the key of the next page or None.

    Those that wait stand on the first page all together; the others are paged by their number.
    """
    of_registration = Deployment.registration_id == registration_id
    waits = Deployment.status == DeploymentStatus.PENDING
    others = select(Deployment).where(of_registration, ~waits, Deployment.id > after).order_by(Deployment.id)
    found = session.scalars(others.limit(DEPLOYMENTS_PER_PAGE + 1)).all()
    shown = list(found[:DEPLOYMENTS_PER_PAGE])
    next_after = shown[-1].id if len(found) > len(shown) else None
    pending = session.scalars(select(Deployment).where(of_registration, waits).order_by(Deployment.id)).all()
    return [*(pending if not after else []), *shown], next_after


def launch_log(
    session: Session,
    *,
    within: Collection[int] | None,
    wanted: LogFilter,
    before: int | None = None,
) -> LogPage:
    """Return lines of the launch log with their platform's name; `within` are the platforms that may be seen."""
    conditions: list[ColumnElement[bool]] = []
    if within is not None:
        conditions.append(LaunchRecord.registration_id.in_(within))
    if wanted.registration_id is not None:
        conditions.append(LaunchRecord.registration_id == wanted.registration_id)
    if wanted.reference:
        conditions.append(LaunchRecord.reference == wanted.reference)
    if wanted.only_refused:
        conditions.append(LaunchRecord.outcome == LaunchOutcome.REFUSED)
    if before is not None:
        conditions.append(LaunchRecord.id < before)
    query = (
        select(LaunchRecord, Registration.name)
        .outerjoin(Registration, Registration.id == LaunchRecord.registration_id)
        .where(*conditions)
        .order_by(LaunchRecord.id.desc())
        .limit(LINES_PER_PAGE + 1)
    )
    found: list[Any] = list(session.execute(query))
    shown = found[:LINES_PER_PAGE]
    return LogPage(lines=shown, next_before=shown[-1].LaunchRecord.id if len(found) > len(shown) else None)


def _health_query(at: datetime) -> Select[Any]:
    """Return the query of platforms with their health; each inner one is answered by an index."""
    is_its = LaunchRecord.registration_id == Registration.id
    is_accepted = LaunchRecord.outcome == LaunchOutcome.ACCEPTED
    is_lately_refused = and_(LaunchRecord.outcome == LaunchOutcome.REFUSED, LaunchRecord.at > at - LATELY)
    waits = and_(Deployment.registration_id == Registration.id, Deployment.status == DeploymentStatus.PENDING)
    inner = {
        "last_launch_at": select(func.max(LaunchRecord.at)).where(is_its, is_accepted),
        "refused": select(func.count(LaunchRecord.id)).where(is_its, is_lately_refused),
        "token_until": select(func.max(AccessToken.expires_at)).where(AccessToken.registration_id == Registration.id),
        "pending_deployments": select(func.count(Deployment.id)).where(waits),
    }
    columns = [query.correlate(Registration).scalar_subquery().label(name) for name, query in inner.items()]
    return select(Registration, *columns)


def _health(row: Row[Any]) -> Health:
    return Health(
        registration=row.Registration,
        last_launch_at=row.last_launch_at,
        token_until=row.token_until,
        refused=row.refused,
        pending_deployments=row.pending_deployments,
    )
