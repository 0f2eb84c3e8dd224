"""The session: in a signed cookie, or, for a frame that keeps no cookies, in a row; see docs/decisions/0011.

The frame's token stands in front of every path, `/in-frame/<token>/journal/1`, so that links and forms carry it on.
Such an address opens nothing outside a frame: whoever copies it into a browser's address bar is nobody.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from lti_app.clock import now
from lti_app.db import db
from lti_app.models.handover import FrameSession

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FRAME_TOKEN = "staffroom.frame_token"  # noqa: S105 - the name under which the token travels within the process
_PREFIXED = re.compile(r"(/in-frame/([\w-]{43}))(/.*)", re.ASCII)


class FrameSessions:
    """Takes the frame's token out of the path; what is served below it builds its links with it."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve the request."""
        if found := _PREFIXED.fullmatch(environ.get("PATH_INFO", "")):
            prefix, token, path = found.groups()
            environ |= {"SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + prefix, "PATH_INFO": path, FRAME_TOKEN: token}
        return self._application(environ, start_response)


class PlainJson:
    """Writes sessions compactly; what they hold is plain JSON, in which Flask's own way looks for more."""

    dumps = json.JSONEncoder(separators=(",", ":")).encode
    loads = staticmethod(json.loads)


class LateSession(SessionMixin):
    """A session that is read when it is first looked at: a login looks at none."""

    modified = False

    def __init__(self, read: Callable[[], dict[str, Any]]) -> None:
        self._read = read
        self._content: dict[str, Any] | None = None

    @property
    def is_opened(self) -> bool:
        """Whether anybody has looked at it; one that nobody opened has nothing to keep."""
        return self._content is not None

    def __getitem__(self, key: str) -> Any:
        """Return what is kept under the key."""
        return self._opened()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        """Keep the value."""
        self.modified = True
        self._opened()[key] = value

    def __delitem__(self, key: str) -> None:
        """Forget what is kept under the key."""
        del self._opened()[key]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        """Go through the keys."""
        return iter(self._opened())

    def __len__(self) -> int:
        """Return how many keys there are."""
        return len(self._opened())

    def _opened(self) -> dict[str, Any]:
        if self._content is None:
            self._content = self._read()
        return self._content


class Sessions(SecureCookieSessionInterface):
    """Reads and writes sessions; Flask's own, but with its signer made once instead of at every request."""

    serializer = PlainJson  # type: ignore[assignment]
    _signer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return the app's signer."""
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer

    def open_session(self, app: Flask, request: Request) -> LateSession:  # type: ignore[override]
        """Return the request's session; an empty one for a frame's token that is over, or used outside a frame."""
        token = request.environ.get(FRAME_TOKEN)
        if token is None:
            return LateSession(lambda: dict(super(Sessions, self).open_session(app, request) or {}))
        return LateSession(lambda: _content(token) if _is_in_frame(request) else {})

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep what changed."""
        token = request.environ.get(FRAME_TOKEN)
        if isinstance(session, LateSession) and not session.is_opened:
            return
        if token is None:
            super().save_session(app, session, response)
        elif session.modified:
            with Session(db.engine) as writing, writing.begin():
                of_token = update(FrameSession).where(FrameSession.token_hash == token_hash(token))
                writing.execute(of_token.values(content=dict(session)))


def begin_frame_session(session: Session, content: dict[str, Any], *, hours: int) -> str:
    """Return the path prefix of a new frame's session that holds the content; its row is in the transaction."""
    token = secrets.token_urlsafe(32)
    expires_at = now() + timedelta(hours=hours)
    session.add(FrameSession(token_hash=token_hash(token), content=content, expires_at=expires_at))
    return f"/in-frame/{token}"


def token_hash(token: str) -> str:
    """Return what is kept of a token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def _content(token: str) -> dict[str, Any]:
    query = select(FrameSession.content).where(FrameSession.token_hash == token_hash(token))
    try:
        with Session(db.engine) as reading:
            return reading.scalar(query.where(FrameSession.expires_at > now())) or {}
    except SQLAlchemyError:
        # The page that is asked for says that the database is away; here nobody is signed in.
        return {}


def _is_in_frame(request: Request) -> bool:
    """Whether the browser says that a frame asks, or a script of a page of ours (Fetch metadata, W3C)."""
    destination, site = (request.headers.get(f"Sec-Fetch-{name}") for name in ("Dest", "Site"))
    return destination == "iframe" or (destination == "empty" and site == "same-origin")
