"""The keys that Staffroom signs with."""

import click
from flask import current_app
from flask.cli import AppGroup

from lti_app.lti.keys import KeyRing, KeysUnusable

keys_group = AppGroup("keys", help="The keys that Staffroom signs with.")


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
    check_keys()
    removed = _key_ring().prune()
    for key in removed:
        click.echo(f"Removed {key.kid}")
    if not removed:
        click.echo("Every key is still needed.")


@keys_group.command("list")
def list_keys() -> None:
    """List the keys, newest first, and what each is for."""
    check_keys()
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


def check_keys() -> None:
    """Stop with a sentence where a key cannot be used; the first use makes the first key."""
    try:
        _ = _key_ring().keys
    except KeysUnusable as error:
        raise click.ClickException(str(error)) from error


def _key_ring() -> KeyRing:
    ring: KeyRing = current_app.extensions["staffroom_keys"]
    return ring
