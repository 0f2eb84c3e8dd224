"""Every command, and where it is."""

from flask import Flask

from lti_app.cli.admin import admin_group
from lti_app.cli.keys import keys_group
from lti_app.cli.platforms import platform_group
from lti_app.cli.serving import serve, work

_COMMANDS = (platform_group, admin_group, keys_group, work, serve)


def register(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in _COMMANDS:
        app.cli.add_command(command)
