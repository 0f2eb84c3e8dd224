"""Signing the operator in to the connections pages."""

import click
from flask import current_app

from lti_app.cli.group import DatabaseGroup
from lti_app.clock import now
from lti_app.db import db
from lti_app.lti.one_time import ADMIN_LINK_MINUTES, OPERATOR_HOURS, end_all_sign_ins, make_admin_link

admin_group = DatabaseGroup("admin", help="Signing the operator in to the connections pages.")


@admin_group.command("link")
def print_link() -> None:
    """Print a one-time address that signs you in."""
    token = make_admin_link(db.session(), at=now())
    db.session.commit()
    click.echo(f"{current_app.config['STAFFROOM_PUBLIC_URL']}/connections/sign-in/{token}")
    click.echo(
        f"Open it within {ADMIN_LINK_MINUTES} minutes, once. It shows every connected LMS for {OPERATOR_HOURS} hours.",
        err=True,
    )


@admin_group.command("sign-out")
def sign_out_everywhere() -> None:
    """End every sign-in of the operator, and links that were not opened."""
    ended = end_all_sign_ins(db.session())
    db.session.commit()
    click.echo(f"Ended: {ended}")
