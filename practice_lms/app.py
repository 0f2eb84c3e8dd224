"""The composition root of the practice LMS."""

from flask import Flask, Response, g, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from practice_lms.lms import Lms
from practice_lms.sessions import LmsSessions
from practice_lms.settings import Settings
from practice_lms.web import (
    activities,
    adding,
    administration,
    api,
    api_courses,
    api_deep_linking,
    api_groups,
    api_launches,
    api_logs,
    api_manner,
    api_tools,
    auth,
    course_groups,
    courses,
    deep_linking,
    gradebook,
    groups,
    line_items,
    memberships,
    notices,
    pages,
    registration,
    reviews,
    scores,
    storage,
    switches,
    token,
    tools,
)
from practice_lms.web.current import current_lms, shown_course, signed_in_member, signed_in_person

_PARTS = (
    api, api_courses, api_deep_linking, api_groups, api_launches, api_logs, api_manner, api_tools,
    activities, adding, administration, auth, course_groups, courses, deep_linking, gradebook, groups, line_items,
    memberships, notices, pages, registration, reviews, scores, storage, switches, token, tools,
)  # fmt: skip


def create_app(settings: Settings) -> Flask:
    """Build the practice LMS.

    Raises:
        DamagedStateFileError: when the state file is there but cannot be used.
    """
    app = Flask(__name__)
    lms = Lms(settings)
    app.extensions["practice_lms"] = lms
    with lms.reading() as state:
        app.secret_key = state.session_secret
    app.config.update(
        SESSION_COOKIE_NAME="practice_lms_session",
        SESSION_COOKIE_HTTPONLY=True,
    )
    app.session_interface = LmsSessions()
    for part in _PARTS:
        app.register_blueprint(part.blueprint)
    app.before_request(lambda: _redirect_to_own_address(settings))
    app.after_request(_with_policy)
    app.context_processor(_common_values)
    return app


def _redirect_to_own_address(settings: Settings) -> AnyResponse | None:
    # Under "localhost" this LMS would share a site, and so its cookies, with the tool: the frame
    # would not be a third party, and what works here would fail in a real LMS.
    is_page = request.method == "GET" and not request.path.startswith(("/lti/", "/api/", "/static/"))
    if is_page and request.host.partition(":")[0] == "localhost" and request.environ.get("werkzeug.socket"):
        return redirect(f"{settings.issuer}{request.full_path.rstrip('?')}")
    return None


def _common_values() -> dict[str, object]:
    with current_lms().reading() as state:
        storage = state.manner.storage
        masquerader = state.people.get(session.get("masquerader_id", ""))
    return {
        "signed_in": signed_in_person(),
        "masquerader": masquerader,
        "here": signed_in_member(),
        "course": shown_course(),
        "storage": storage,
    }


def _with_policy(response: Response) -> Response:
    if response.mimetype == "text/html":
        with current_lms().reading() as state:
            tools = " ".join(sorted({tool.origin for tool in state.tools.values()}))
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; frame-src 'self' {tools} {g.get('framed', '')}; "
            f"form-action 'self' {tools}; base-uri 'none'; object-src 'none'"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
    return response
