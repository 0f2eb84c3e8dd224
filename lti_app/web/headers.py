"""Headers of every answer: who may frame it, what it may load, who may keep it."""

from flask import Flask, Response, abort, current_app, g, request

from lti_app.access.sign_ins import frame_origins, is_operator_session, sees_connections
from lti_app.models.platform import Registration

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; base-uri 'none'; frame-ancestors "
)
SELF = "'self'"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def only_framed_by(registration: Registration) -> None:
    """Let nobody but this platform frame the page of this request, whoever is signed in."""
    g.frame_origins = registration.frame_origins


def register(app: Flask) -> None:
    """Check the origin of every post, and set the headers of every answer."""

    @app.before_request
    def _check_origin() -> None:
        # Platforms post to /lti/ from their own origin; those requests prove themselves by state and token.
        if request.method in SAFE_METHODS or request.blueprint in {"lti", "notices"}:
            return
        origin = request.headers.get("Origin")
        if origin is not None and origin != current_app.config["STAFFROOM_PUBLIC_URL"]:
            abort(403)

    @app.after_request
    def _set_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("X-Content-Type-Options", "nosniff")
        # Not "no-referrer": with it, browsers send `Origin: null` on our own forms too.
        headers.setdefault("Referrer-Policy", "same-origin")
        caching = headers.setdefault("Cache-Control", "no-store")
        if response.mimetype == "text/html" and not response.location:
            headers["Content-Security-Policy"] = f"{_CSP}{_ancestors()}; form-action {g.get('form_target', SELF)}"
        if current_app.config["STAFFROOM_PUBLIC_URL"].startswith("https:"):
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response if caching == "no-store" else _unless_known(response)


def _unless_known(response: Response) -> Response:
    """Answer 304 to whoever holds the very same: the key set, which every platform asks for again and again."""
    if request.method == "GET" and response.status_code == 200 and response.cache_control.public:
        response.add_etag()
        response.make_conditional(request)
    return response


def let_forms_post_to(origin: str) -> None:
    """Let this page's forms post to that origin and nowhere else; all other pages' forms post to us alone."""
    g.form_target = origin


def _ancestors() -> str:
    """Return who may frame the page: the session's platforms; a page for nobody signed in shows nothing private.

    Any LMS may frame the page that connects it, whatever else this browser is signed in to; and nobody the pages
    of the operator.
    """
    if request.blueprint == "registration":
        return "*"
    if request.blueprint == "connections" and (is_operator_session() or not sees_connections()):
        return "'self'"
    origins = g.get("frame_origins") or frame_origins()
    return " ".join([SELF, *origins]) if origins else "*"
