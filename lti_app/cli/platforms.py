"""Platforms: connecting, confirming, disabling, and what is connected."""

from typing import Any
from urllib.parse import urlsplit

import click
from flask import current_app
from sqlalchemy import select

from lti_app.addresses import AddressProblem, is_issuer, other_origin_of, problem_of
from lti_app.cli.group import DatabaseGroup
from lti_app.clock import now
from lti_app.db import db
from lti_app.lti import connections
from lti_app.lti.connecting import AlreadyConnected, ByHand, connect_by_hand, set_deployment_status, set_status
from lti_app.lti.one_time import INVITE_DAYS, make_invite
from lti_app.models.platform import Deployment, DeploymentStatus, Registration, RegistrationStatus

platform_group = DatabaseGroup("platform", help="Learning platforms that may launch Staffroom.")
_id = click.argument("registration_id", metavar="ID", type=click.IntRange(1, 2**31 - 1))


@platform_group.command("add")
@click.option("--issuer", required=True, help="The platform's issuer, as it stands in its tokens.")
@click.option("--client-id", required=True, help="The client id that the platform gave Staffroom.")
@click.option("--auth-url", required=True, help="The platform's OpenID Connect login address.")
@click.option("--token-url", required=True, help="The platform's access token address.")
@click.option("--jwks-url", required=True, help="The address of the platform's public key set.")
@click.option("--deployment-id", multiple=True, help="A deployment to let in; may be given several times.")
@click.option("--auth-audience", help="Audience of token requests, where it differs from --token-url.")
@click.option(
    "--other-origin", multiple=True, help="Another host of the platform's pages and services, as https://host."
)
@click.option("--name", default="", help="What to call the platform; the issuer's host by default.")
def add_platform(*, deployment_id: tuple[str, ...], other_origin: tuple[str, ...], **typed: Any) -> None:
    """Register a platform, or add deployments to one that is registered."""
    _check_issuer(typed["issuer"])
    for option in ("auth_url", "token_url", "jwks_url"):
        _check_url(option, typed[option])
    origins = tuple(_origin(other) for other in other_origin)
    name = typed.pop("name") or urlsplit(typed["issuer"]).netloc
    by_hand = ByHand(**typed, name=name, deployment_ids=deployment_id, other_origins=origins)
    try:
        row = connect_by_hand(db.session(), by_hand)
    except AlreadyConnected as error:
        raise click.ClickException("This issuer and client id are registered already, with other addresses.") from error
    db.session.commit()
    click.echo(f"Platform {row.id}: {row.name} ({row.client_id} at {row.issuer})")


@platform_group.command("invite")
@click.option("--name", default="", help="What to call the platform; what it calls itself by default.")
@click.option("--confirmed", is_flag=True, help="Let its launches in at once, without `platform confirm`.")
def invite_platform(*, name: str, confirmed: bool) -> None:
    """Print an address to paste into an LMS, which then connects itself (dynamic registration)."""
    token = make_invite(db.session(), name=name[:255], is_confirmed=confirmed, at=now())
    db.session.commit()
    click.echo(f"{current_app.config['STAFFROOM_PUBLIC_URL']}/lti/register/{token}")
    click.echo(f"It connects one LMS, once, within {INVITE_DAYS} days. Give it to nobody else.", err=True)


@platform_group.command("list")
def list_platforms() -> None:
    """List the registered platforms: number, status, name, client id, issuer, last launch in UTC."""
    after: int | None = 0
    while after is not None:
        page, after = connections.platforms(db.session(), at=now(), after=after)
        for health in page:
            row, at = health.registration, health.last_launch_at
            launched = f"{at:%Y-%m-%d %H:%M}" if at else "never"
            click.echo(f"{row.id}\t{row.status.value}\t{row.name}\t{row.client_id}\t{row.issuer}\t{launched}")
        if not page:
            click.echo("No platform is registered yet. `flask platform invite` prints an address for your LMS.")


@platform_group.command("confirm")
@_id
def confirm_platform(registration_id: int) -> None:
    """Let the launches of a platform in that waits to be confirmed."""
    row = _found(registration_id)
    if row.status is RegistrationStatus.DISABLED:
        raise click.ClickException(f"Platform {row.id} is disabled. `flask platform enable {row.id}` lets it in again.")
    _set_status(row, RegistrationStatus.ACTIVE)


@platform_group.command("disable")
@_id
def disable_platform(registration_id: int) -> None:
    """Keep a platform's launches out; who is signed in from it is out at once, scores wait."""
    _set_status(_found(registration_id), RegistrationStatus.DISABLED)


@platform_group.command("enable")
@_id
def enable_platform(registration_id: int) -> None:
    """Let a disabled platform's launches in again."""
    _set_status(_found(registration_id), RegistrationStatus.ACTIVE)


@platform_group.command("deployments")
@_id
@click.option("--confirm", "confirmed", help="Let the launches of this deployment id in.")
@click.option("--reject", "rejected", help="Keep the launches of this deployment id out.")
def list_deployments(registration_id: int, *, confirmed: str | None, rejected: str | None) -> None:
    """List a platform's deployments, or confirm or reject one that waits."""
    row = _found(registration_id)
    for wanted, status in ((confirmed, DeploymentStatus.CONFIRMED), (rejected, DeploymentStatus.REJECTED)):
        if wanted is not None:
            set_deployment_status(db.session(), _deployment(row, wanted), status)
    db.session.commit()
    of_platform = select(Deployment).where(Deployment.registration_id == row.id).order_by(Deployment.id)
    for deployment in db.session.scalars(of_platform):
        click.echo(f"{deployment.status.value}\t{deployment.deployment_id_on_platform}")


def _found(registration_id: int) -> Registration:
    row = db.session.get(Registration, registration_id)
    if row is None:
        raise click.ClickException(f"There is no platform {registration_id}. `flask platform list` shows them.")
    return row


def _deployment(row: Registration, deployment_id: str) -> Deployment:
    query = select(Deployment).where(
        Deployment.registration_id == row.id, Deployment.deployment_id_on_platform == deployment_id
    )
    found = db.session.scalar(query)
    if found is None:
        raise click.ClickException(
            f"Platform {row.id} has no deployment “{deployment_id}”. `flask platform add` with --deployment-id adds it."
        )
    return found


def _set_status(row: Registration, status: RegistrationStatus) -> None:
    set_status(db.session(), row, status)
    db.session.commit()
    click.echo(f"Platform {row.id}: {row.name} is {status.value}.")


def _check_issuer(issuer: str) -> None:
    if not is_issuer(issuer):
        raise click.ClickException(f"--issuer takes the platform's issuer as it stands in its tokens, not “{issuer}”.")


def _check_url(option: str, url: str) -> None:
    name = "--" + option.replace("_", "-")
    problem = problem_of(url, allow_private=current_app.config["STAFFROOM_ALLOW_PRIVATE_PLATFORMS"])
    if problem is AddressProblem.NO_WEB_ADDRESS:
        raise click.ClickException(f"{name} takes a web address, not “{url}”.")
    if problem is AddressProblem.PRIVATE:
        raise click.ClickException(
            f"{name} is “{url}”. A platform on this machine, or without https, is taken only where"
            " STAFFROOM_ALLOW_PRIVATE_PLATFORMS=1 says so: for a demo or a lab."
        )


def _origin(text: str) -> str:
    origin = other_origin_of(text)
    if origin is None:
        raise click.ClickException(f"--other-origin takes https://host, not “{text}”.")
    return origin
