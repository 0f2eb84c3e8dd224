"""A group of commands that use the database; where it cannot be used, they say so in a sentence."""

from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError, ProgrammingError


class DatabaseGroup(AppGroup):
    """Commands like Flask's own, without a traceback where the database is away or has no tables yet."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        Raises:
            ClickException: The database cannot be used as it is.
        """
        try:
            return super().invoke(ctx)
        except (OperationalError, ProgrammingError) as error:
            reason = (str(error.orig).strip() or type(error).__name__).splitlines()[0]
            raise click.ClickException(
                f"The database cannot be used ({reason}). If it is new, or older than this Staffroom,"
                " bring it up to date: flask --app lti_app.app db upgrade"
            ) from error
