"""The session's cookie: a platform that keeps data for tools lets it be sent when a tool's page leads to its login."""

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from practice_lms.lms import Lms


class LmsSessions(SecureCookieSessionInterface):
    """Flask's own, but SameSite=None while the storage switch is on: it counts from the next sign-in.

    A tool that stores its state first leads on by script, and what a frame of another site leads to is sent no Lax
    cookie (Chromium 156, ran). Canvas's cookies are SameSite=None for the same reason (vendor documents).
    """

    def get_cookie_samesite(self, app: Flask) -> str:
        """Return the attribute."""
        return "None" if _keeps_data(app) else "Lax"

    def get_cookie_secure(self, app: Flask) -> bool:
        """Tell whether it is Secure, as SameSite=None asks for; browsers take a loopback address for secure."""
        return _keeps_data(app)


def _keeps_data(app: Flask) -> bool:
    lms: Lms = app.extensions["practice_lms"]
    with lms.reading() as state:
        return bool(state.manner.storage.target)
