"""Connecting platforms: by hand, by an invite; confirming, disabling and changing what is connected."""

from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_app.addresses import host_of
from lti_app.lti import platform_quirks as quirks
from lti_app.lti.dynamic_registration import Registered
from lti_app.lti.registration_refusals import RegistrationCheck, RegistrationRefused
from lti_app.models.invites import Invite
from lti_app.models.platform import (
    Deployment,
    DeploymentStatus,
    Registration,
    RegistrationMaking,
    RegistrationStatus,
)

MAX_NAME, MAX_OTHER_ORIGINS = 255, 1024
log = structlog.get_logger()


class AlreadyConnected(Exception):
    """Issuer and client id are registered with other addresses, and are not overwritten."""


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """A platform as somebody typed it, every address checked (`lti_app.addresses.problem_of`)."""

    issuer: str
    client_id: str
    auth_url: str
    token_url: str
    jwks_url: str
    auth_audience: str | None = None
    name: str = ""
    deployment_ids: tuple[str, ...] = ()
    other_origins: tuple[str, ...] = ()


def connect_by_hand(session: Session, typed: ByHand) -> Registration:
    """Register the platform, or add deployments to the one that is registered with the very same addresses.

    Raises:
        AlreadyConnected: It is registered with other addresses.
    """
    row = _registration(session, typed.issuer, typed.client_id)
    if row is None:
        row = Registration(
            name=typed.name or host_of(typed.issuer) or typed.issuer,
            issuer=typed.issuer,
            client_id=typed.client_id,
            auth_url=typed.auth_url,
            token_url=typed.token_url,
            jwks_url=typed.jwks_url,
            auth_audience=typed.auth_audience,
            other_origins=joined_origins((*quirks.other_origins_of(typed.issuer), *typed.other_origins)),
        )
        if not _insert(session, row):
            raise AlreadyConnected
        log.info("platform_connected", registration_id=row.id, made="by_hand")
    elif not _is_as_typed(row, typed):
        raise AlreadyConnected
    _confirm_deployments(session, row, typed.deployment_ids)
    session.flush()
    return row


def connect_registered(session: Session, invite: Invite, registered: Registered) -> Registration:
    """Keep what a dynamic registration brought; it waits to be confirmed unless the invite said otherwise.

    Raises:
        RegistrationRefused: The platform gave a client id that is registered already; that one stays as it is.
    """
    platform = registered.platform
    row = Registration(
        name=(invite.name or platform.name)[:MAX_NAME],
        issuer=platform.issuer,
        client_id=registered.client_id,
        auth_url=platform.auth_url,
        token_url=platform.token_url,
        jwks_url=platform.jwks_url,
        auth_audience=platform.auth_audience,
        status=RegistrationStatus.ACTIVE if invite.is_confirmed else RegistrationStatus.PENDING,
        made=RegistrationMaking.INVITE,
        scopes=" ".join(registered.scopes),
        cut=" ".join(registered.cut),
        other_origins=joined_origins(platform.other_origins),
    )
    if not _insert(session, row):
        # Moodle 4.5.6 gives the same client id when it registers a tool of the same domain again (recorded).
        raise RegistrationRefused(
            RegistrationCheck.KNOWN, "This issuer and client id are connected already.", status=409
        )
    if registered.deployment_id is not None:
        _confirm_deployments(session, row, [registered.deployment_id])
    session.flush()
    log.info("platform_connected", registration_id=row.id, made="invite", status=row.status.value)
    return row


def set_status(session: Session, row: Registration, status: RegistrationStatus) -> None:
    """Let a registration's launches in, or keep them out; processes notice within seconds (`lti.registrations`)."""
    row.status = status
    session.flush()
    log.info("platform_status_changed", registration_id=row.id, status=status.value)


def set_deployment_status(session: Session, deployment: Deployment, status: DeploymentStatus) -> None:
    """Confirm a deployment, or reject it; one that was rejected is not offered again."""
    deployment.status = status
    session.flush()
    log.info("deployment_status_changed", deployment_id=deployment.id, status=status.value)


def joined_origins(origins: Iterable[str]) -> str:
    """Return the origins as one text that fits its column; what does not fit is left out whole."""
    text = ""
    for origin in dict.fromkeys(origins):
        longer = f"{text} {origin}".strip()
        text = longer if len(longer) <= MAX_OTHER_ORIGINS else text
    return text


def _registration(session: Session, issuer: str, client_id: str) -> Registration | None:
    query = select(Registration).where(Registration.issuer == issuer, Registration.client_id == client_id)
    return session.scalar(query)


def _insert(session: Session, row: Registration) -> bool:
    """Add the registration; the database refuses a second one of the same issuer and client, whoever comes first."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def _is_as_typed(row: Registration, typed: ByHand) -> bool:
    kept = (row.auth_url, row.token_url, row.jwks_url, row.auth_audience)
    return kept == (typed.auth_url, typed.token_url, typed.jwks_url, typed.auth_audience)


def _confirm_deployments(session: Session, row: Registration, deployment_ids: Iterable[str]) -> None:
    of_registration = select(Deployment).where(Deployment.registration_id == row.id)
    known = {deployment.deployment_id_on_platform: deployment for deployment in session.scalars(of_registration)}
    for deployment_id in dict.fromkeys(deployment_ids):
        if deployment_id in known:
            # One that a launch left pending is confirmed by naming it here.
            known[deployment_id].status = DeploymentStatus.CONFIRMED
        else:
            session.add(Deployment(registration_id=row.id, deployment_id_on_platform=deployment_id))
