"""Commands of an operator: platforms, keys, and serving."""

import os
import shlex
import socket
import sys
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from honcho.manager import Manager
from huey.consumer import Consumer
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lti_app.addresses import origin_of
from lti_app.db import db
from lti_app.lti.keys import KeyRing, KeysUnusable
from lti_app.models.platform import Deployment, DeploymentStatus, Registration

# Each worker thread holds one score at a time; several keep a slow platform from holding up the others.
WORKER_THREADS = 4
# Requests that one server process handles at once; more would only wait for each other.
THREADS_PER_PROCESS = 8
# The longest pause between two looks at an idle queue, in seconds: a score leaves within it.
POLL_SECONDS = 0.5
LONGEST_URL = 1024

platform_group = AppGroup("platform", help="Learning platforms that may launch Staffroom.")
keys_group = AppGroup("keys", help="The keys that Staffroom signs with.")


@platform_group.command("add")
@click.option("--issuer", required=True, help="The platform's issuer, as it stands in its tokens.")
@click.option("--client-id", required=True, help="The client id that the platform gave Staffroom.")
@click.option("--auth-url", required=True, help="The platform's OpenID Connect login address.")
@click.option("--token-url", required=True, help="The platform's access token address.")
@click.option("--jwks-url", required=True, help="The address of the platform's public key set.")
@click.option("--deployment-id", multiple=True, help="A deployment to let in; may be given several times.")
@click.option("--auth-audience", help="Audience of token requests, where it differs from --token-url.")
@click.option("--name", default="", help="What to call the platform; the issuer's host by default.")
def add_platform(*, deployment_id: tuple[str, ...], **registration: str) -> None:
    """Register a platform, or add deployments to one that is registered."""
    _check_issuer(registration["issuer"])
    for option in ("auth_url", "token_url", "jwks_url"):
        _check_url(option, registration[option])
    name = registration.pop("name") or urlsplit(registration["issuer"]).netloc or registration["issuer"]
    row = _registration(registration["issuer"], registration["client_id"])
    if row is None:
        row = Registration(name=name, **registration)
        db.session.add(row)
        db.session.flush()
    elif any(getattr(row, field) != value for field, value in registration.items()):
        raise click.ClickException("This issuer and client id are registered already, with other addresses.")
    _add_deployments(row, deployment_id)
    try:
        db.session.commit()
    except IntegrityError as error:
        raise click.ClickException("This platform was added by somebody else just now.") from error
    click.echo(f"Platform {row.id}: {row.name} ({row.client_id} at {row.issuer})")


@platform_group.command("list")
def list_platforms() -> None:
    """List the registered platforms."""
    rows = db.session.scalars(select(Registration).order_by(Registration.id)).all()
    for row in rows:
        click.echo(f"{row.id}\t{row.status.value}\t{row.name}\t{row.client_id}\t{row.issuer}")
    if not rows:
        click.echo("No platform is registered yet. `flask platform add --help` tells how.")


@keys_group.command("rotate")
@click.option("--now", "at_once", is_flag=True, help="Sign with it at once: the present key has leaked or is lost.")
def rotate_keys(*, at_once: bool) -> None:
    """Make a new key: it is published now and signs in a day, when every platform has it."""
    try:
        key = _key_ring().rotate(at_once=at_once)
    except KeysUnusable as error:
        raise click.ClickException(str(error)) from error
    since = "now" if at_once else f"{key.signs_from:%Y-%m-%d %H:%M} UTC"
    click.echo(f"Published {key.kid}; it signs from {since} on. Nothing needs a restart.")


@keys_group.command("prune")
def prune_keys() -> None:
    """Remove the keys that no platform can still need; the worker does so every night."""
    _check_keys()
    removed = _key_ring().prune()
    for key in removed:
        click.echo(f"Removed {key.kid}")
    if not removed:
        click.echo("Every key is still needed.")


@keys_group.command("list")
def list_keys() -> None:
    """List the keys, newest first, and what each is for."""
    _check_keys()
    ring = _key_ring()
    signing = ring.signing_key
    for key in ring.keys:
        if key.kid == signing.kid:
            use = "signs"
        elif ring.is_given or key.signs_from < signing.signs_from:
            use = "published"
        else:
            use = f"published, signs from {key.signs_from:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{key.kid}\t{use}")


@click.command("worker")
def work() -> None:
    """Send scores in the background until stopped."""
    _check_keys()
    consumer = Consumer(current_app.extensions["staffroom_queue"], workers=WORKER_THREADS, max_delay=POLL_SECONDS)
    consumer.run()


@click.command("serve")
def serve() -> None:
    """Serve the tool with Granian, and run its worker beside it."""
    bind, port = current_app.config["STAFFROOM_BIND"], current_app.config["STAFFROOM_PORT"]
    _check_port(bind, port)
    # Also makes the first key here once, so that several processes do not each make one.
    _check_keys()
    granian = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--host", bind, "--port", str(port),
        "--workers", str(current_app.config["STAFFROOM_WEB_WORKERS"]), "--no-ws",
        "--blocking-threads", str(THREADS_PER_PROCESS), "lti_app.app:create_app",
    ]  # fmt: skip
    worker = [sys.executable, "-m", "flask", "--app", "lti_app.app", "worker"]
    manager = Manager()
    manager.add_process("web", shlex.join(granian), env=dict(os.environ))
    manager.add_process("worker", shlex.join(worker), env=dict(os.environ))
    click.echo(f"Staffroom serves {current_app.config['STAFFROOM_PUBLIC_URL']} (port {port}). Ctrl-C stops it.")
    manager.loop()
    sys.exit(manager.returncode)


def register(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli.add_command(platform_group)
    app.cli.add_command(keys_group)
    app.cli.add_command(work)
    app.cli.add_command(serve)


def _key_ring() -> KeyRing:
    ring: KeyRing = current_app.extensions["staffroom_keys"]
    return ring


def _check_keys() -> None:
    """Stop with a sentence where a key cannot be used."""
    try:
        _ = _key_ring().keys
    except KeysUnusable as error:
        raise click.ClickException(str(error)) from error


def _registration(issuer: str, client_id: str) -> Registration | None:
    query = select(Registration).where(Registration.issuer == issuer, Registration.client_id == client_id)
    return db.session.scalar(query)


def _add_deployments(row: Registration, deployment_ids: tuple[str, ...]) -> None:
    of_registration = select(Deployment).where(Deployment.registration_id == row.id)
    known = {deployment.deployment_id_on_platform: deployment for deployment in db.session.scalars(of_registration)}
    for deployment_id in dict.fromkeys(deployment_ids):
        if deployment_id in known:
            # One that a launch left pending is confirmed by naming it here.
            known[deployment_id].status = DeploymentStatus.CONFIRMED
        else:
            db.session.add(Deployment(registration_id=row.id, deployment_id_on_platform=deployment_id))


def _check_issuer(issuer: str) -> None:
    is_plain = issuer.isascii() and issuer.isprintable() and " " not in issuer and 0 < len(issuer) <= LONGEST_URL
    if not is_plain or ("://" in issuer and origin_of(issuer) is None):
        raise click.ClickException(f"--issuer takes the platform's issuer as it stands in its tokens, not “{issuer}”.")


def _check_url(option: str, url: str) -> None:
    name = "--" + option.replace("_", "-")
    origin = origin_of(url)
    if origin is None or not url.isprintable() or " " in url or len(url) > LONGEST_URL:
        raise click.ClickException(f"{name} takes a web address, not “{url}”.")
    is_private = origin.startswith("http:") or _is_private(urlsplit(url).hostname or "")
    if is_private and not current_app.config["STAFFROOM_ALLOW_PRIVATE_PLATFORMS"]:
        raise click.ClickException(
            f"{name} is “{url}”. A platform on this machine, or without https, is taken only where"
            " STAFFROOM_ALLOW_PRIVATE_PLATFORMS=1 says so: for a demo or a lab."
        )


def _is_private(host: str) -> bool:
    host = host.rstrip(".")
    try:
        # inet_aton reads what browsers and clients read too: 127.1, 2130706433, 0x7f000001.
        address = IPv6Address(host) if ":" in host else IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return not address.is_global


def _check_port(bind: str, port: int) -> None:
    """Stop with a sentence where the port is taken; Granian would answer with a traceback."""
    with socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            raise click.ClickException(
                f"Port {port} on {bind} cannot be used ({error.strerror}). Choose another: PORT=8001 make run"
            ) from error
