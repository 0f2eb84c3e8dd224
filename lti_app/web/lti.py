"""The addresses that a platform knows: login, launch, key set."""

import secrets

import structlog
from flask import Blueprint, Flask, current_app, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from sqlalchemy import insert
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from lti_app.access import sign_in
from lti_app.catalog import ACTIVITY_TYPES
from lti_app.clock import now
from lti_app.db import db, execute_plainly, table_of
from lti_app.gradebook.delivery import release_parked, release_refused
from lti_app.lti.launch import PlatformLaunch
from lti_app.lti.login import PlatformLogin
from lti_app.lti.messages import RESOURCE_LINK_MESSAGE, LaunchMessage
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.models.activity import Activity
from lti_app.models.launch import LaunchOutcome, LaunchRecord
from lti_app.roster.record_launch import Arrival, record_launch
from lti_app.roster.roles import is_lms_admin
from lti_app.web.errors import show_error

BROWSER_COOKIE = "__Host-staffroom-browser"
DEFAULT_KIND = "journal"
_NEW_RECORD = insert(table_of(LaunchRecord))

log = structlog.get_logger()
pages = Blueprint("lti", __name__, url_prefix="/lti")


@pages.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Send the browser to the platform's login page, with a state that only this browser can use."""
    browser_secret = request.cookies.get(BROWSER_COOKIE) or secrets.token_urlsafe(32)
    platform_login = PlatformLogin(
        request.values,
        session=db.session(),
        registrations=current_app.extensions["staffroom_registrations"],
        launch_url=launch_url(),
        browser_secret=browser_secret,
    )
    url = platform_login.redirect_url()
    db.session.commit()
    response = redirect(url)
    _keep_in_browser(response, browser_secret)
    return response


@pages.post("/launch")
def launch() -> ResponseReturnValue:
    """Take the platform's token; a good one leads to the activity."""
    platform_launch = PlatformLaunch(
        request.form,
        session=db.session(),
        registrations=current_app.extensions["staffroom_registrations"],
        key_sets=current_app.extensions["staffroom_key_sets"],
        browser_secret=request.cookies.get(BROWSER_COOKIE),
    )
    message = platform_launch.accept()
    arrival = record_launch(db.session(), message, kind=DEFAULT_KIND)
    if arrival.has_parked_scores:
        _release_scores(arrival)
    _log_accepted(message)
    db.session.commit()
    hours = current_app.config["STAFFROOM_SESSION_HOURS"]
    is_admin = is_lms_admin(message.roles)
    sign_in(registration=platform_launch.registration, user_id=arrival.user_id, hours=hours, is_admin=is_admin)
    # Made here, so that the first page need not write the session's cookie a second time.
    generate_csrf()
    return redirect(_landing(arrival), 303)


@pages.get("/jwks.json")
def jwks() -> ResponseReturnValue:
    """Publish our public keys."""
    response = make_response(current_app.extensions["staffroom_keys"].public_jwks())
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@pages.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Refuse, with its line in the launch log, what is larger than the tool reads."""
    return refused(LaunchRefused(Check.SIZE, "The request is larger than the tool reads.", status=413))


@pages.errorhandler(LaunchRefused)
def refused(error: LaunchRefused) -> ResponseReturnValue:
    """Keep the login used up, write the launch log's line, and show the refused person what to do."""
    db.session.add(
        LaunchRecord(
            registration_id=error.registration_id,
            deployment_id_on_platform=error.deployment_id_on_platform,
            message_type=error.message_type,
            outcome=LaunchOutcome.REFUSED,
            check=error.check.value,
            explanation=error.explanation,
            reference=error.reference,
        )
    )
    db.session.commit()
    log.warning("launch_refused", check=error.check.value, reference=error.reference)
    return show_error(error)


def launch_url() -> str:
    """Return the one redirect URI: a constant, whatever host name the request came by."""
    return f"{current_app.config['STAFFROOM_PUBLIC_URL']}/lti/launch"


def register(app: Flask) -> None:
    """Add the addresses."""
    app.register_blueprint(pages)


def _landing(arrival: Arrival) -> str:
    blueprint = ACTIVITY_TYPES[arrival.kind].blueprint
    return url_for(f"{blueprint.name}.show", activity_id=arrival.activity_id)


def _release_scores(arrival: Arrival) -> None:
    """Try again what waited for a column, or for what somebody may have put right meanwhile."""
    if arrival.names_line_item:
        release_parked(db.session(), db.session.get_one(Activity, arrival.activity_id), at=now())
    release_refused(db.session(), user_id=arrival.user_id, at=now())


def _log_accepted(message: LaunchMessage) -> None:
    accepted = {
        "registration_id": message.registration_id,
        "deployment_id_on_platform": message.deployment_id_on_platform,
        "message_type": RESOURCE_LINK_MESSAGE,
        "outcome": LaunchOutcome.ACCEPTED,
    }
    execute_plainly(db.session(), _NEW_RECORD, accepted)
    log.info("launch_accepted", registration_id=message.registration_id)


def _keep_in_browser(response: Response, browser_secret: str) -> None:
    response.set_cookie(
        BROWSER_COOKIE,
        browser_secret,
        secure=True,
        httponly=True,
        samesite="None",
        partitioned=True,
        path="/",
    )
