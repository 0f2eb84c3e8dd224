"""The keys that Staffroom signs with."""

import click
from flask import current_app
from flask.cli import AppGroup

keys_group = AppGroup("keys", help="The keys that Staffroom signs with.")


@keys_group.command("rotate")
def rotate_keys() -> None:
    """Make a new key to sign with; the older ones stay published."""
    key = current_app.extensions["staffroom_keys"].rotate()
    click.echo(f"Signing with {key.kid} from the next start on.")


@keys_group.command("list")
def list_keys() -> None:
    """List the keys, newest first."""
    for key in current_app.extensions["staffroom_keys"].keys:
        click.echo(f"{key.kid}\tmade {key.made_at:%Y-%m-%d %H:%M} UTC")
