"""The session's cookie, signed; Flask's own, but with its signer made once instead of at every request."""

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer


class Sessions(SecureCookieSessionInterface):
    """Reads and writes the session's cookie."""

    _signer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return the app's signer."""
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer
