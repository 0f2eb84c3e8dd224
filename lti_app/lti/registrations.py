"""Registrations and deployments as launches look them up: kept in the process for a few seconds.

Each launch asks for the same two rows several times, and they change by an admin's hand only. A platform that is
disabled is refused a few seconds later.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_app.clock import now
from lti_app.lti.platform_quirks import has_many_deployments
from lti_app.models.platform import Deployment, DeploymentStatus, Registration

FRESH = timedelta(seconds=5)
MOST_KEPT = 1000
MOST_PENDING = 100
Key = TypeVar("Key")
Kept = TypeVar("Kept")

_OF_ISSUER = select(Registration).where(Registration.issuer == bindparam("issuer")).limit(2)
_OF_CLIENT = _OF_ISSUER.where(Registration.client_id == bindparam("client_id"))
_CONFIRMED = select(Deployment.id).where(
    Deployment.registration_id == bindparam("registration_id"),
    Deployment.deployment_id_on_platform == bindparam("deployment_id_on_platform"),
    Deployment.status == DeploymentStatus.CONFIRMED,
)
_DEPLOYMENTS = select(Deployment.deployment_id_on_platform, Deployment.status).where(
    Deployment.registration_id == bindparam("registration_id")
)


@dataclass
class Registrations:
    """The registrations that launches of this process needed of late; what is not there is never kept."""

    _by_client: dict[tuple[str, str], tuple[datetime, Registration]] = field(default_factory=dict)
    _by_id: dict[int, tuple[datetime, Registration]] = field(default_factory=dict)
    _deployments: dict[tuple[int, str], tuple[datetime, int]] = field(default_factory=dict)

    def find(self, session: Session, *, issuer: str, client_id: str | None) -> Registration | None:
        """Return the registration of issuer and client, or of the issuer's only one where no client is named."""
        if client_id is None:
            rows = session.scalars(_OF_ISSUER, {"issuer": issuer}).all()
            return self._keep(session, rows[0]) if len(rows) == 1 else None
        known = _fresh(self._by_client, (issuer, client_id))
        if known is not None:
            return known
        row = session.scalar(_OF_CLIENT, {"issuer": issuer, "client_id": client_id})
        return None if row is None else self._keep(session, row)

    def get(self, session: Session, registration_id: int) -> Registration | None:
        """Return the registration of that id, or None where it was removed."""
        known = _fresh(self._by_id, registration_id)
        if known is not None:
            return known
        row = session.get(Registration, registration_id)
        return None if row is None else self._keep(session, row)

    def confirmed_deployment(self, session: Session, row: Registration, deployment_id: str) -> int | None:
        """Return our id of a confirmed deployment, or None where it is unknown or pending."""
        key = (row.id, deployment_id)
        known = _fresh(self._deployments, key)
        if known is not None:
            return known
        wanted = {"registration_id": row.id, "deployment_id_on_platform": deployment_id}
        found = session.scalar(_CONFIRMED, wanted)
        if found is not None:
            _remember(self._deployments, key, found)
        return found

    def note_pending(self, session: Session, row: Registration, deployment_id: str) -> None:
        """Keep the deployment as pending, unless it is known or the registration has a confirmed one.

        Where deployments turn up one after the other (Canvas), a confirmed one says nothing about the next.
        """
        known = session.execute(_DEPLOYMENTS, {"registration_id": row.id}).all()
        is_known = any(deployment_id == found.deployment_id_on_platform for found in known)
        has_confirmed = any(found.status is DeploymentStatus.CONFIRMED for found in known)
        is_complete = has_confirmed and not has_many_deployments(row.issuer)
        waiting = sum(found.status is DeploymentStatus.PENDING for found in known)
        if is_known or is_complete or waiting >= MOST_PENDING:
            return
        pending = Deployment(
            registration_id=row.id,
            deployment_id_on_platform=deployment_id,
            status=DeploymentStatus.PENDING,
        )
        with suppress(IntegrityError), session.begin_nested():
            session.add(pending)

    def _keep(self, session: Session, row: Registration) -> Registration:
        # Out of the session, so that a commit does not empty it; it is only ever read.
        session.expunge(row)
        _remember(self._by_client, (row.issuer, row.client_id), row)
        _remember(self._by_id, row.id, row)
        return row


def _fresh(kept: dict[Key, tuple[datetime, Kept]], key: Key) -> Kept | None:
    found = kept.get(key)
    return found[1] if found is not None and timedelta(0) <= now() - found[0] < FRESH else None


def _remember(kept: dict[Key, tuple[datetime, Kept]], key: Key, value: Kept) -> None:
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[key] = (now(), value)
