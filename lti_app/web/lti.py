"""The addresses that a platform knows: login, launch, key set."""

import secrets

import structlog
from flask import Blueprint, Flask, current_app, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from lti_app.access import sign_in
from lti_app.catalog import ACTIVITY_TYPES
from lti_app.clock import now
from lti_app.db import db
from lti_app.gradebook.delivery import release_parked
from lti_app.lti.launch import PlatformLaunch
from lti_app.lti.login import PlatformLogin
from lti_app.lti.messages import RESOURCE_LINK_MESSAGE, LaunchMessage
from lti_app.lti.refusals import LaunchRefused
from lti_app.models.launch import LaunchOutcome, LaunchRecord
from lti_app.models.platform import Registration
from lti_app.roster.record_launch import Arrival, record_launch
from lti_app.web.errors import show_error

BROWSER_COOKIE = "__Host-staffroom-browser"
DEFAULT_KIND = "journal"

log = structlog.get_logger()
pages = Blueprint("lti", __name__, url_prefix="/lti")


@pages.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Send the browser to the platform's login page, with a state that only this browser can use."""
    browser_secret = request.cookies.get(BROWSER_COOKIE) or secrets.token_urlsafe(32)
    platform_login = PlatformLogin(
        request.values,
        session=db.session(),
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
    message = PlatformLaunch(
        request.form,
        session=db.session(),
        key_sets=current_app.extensions["staffroom_key_sets"],
        browser_secret=request.cookies.get(BROWSER_COOKIE),
    ).accept()
    arrival = record_launch(db.session(), message, kind=DEFAULT_KIND)
    if arrival.has_new_line_item:
        release_parked(db.session(), arrival.activity, at=now())
    _log_accepted(message)
    endpoint, activity_id = _landing(arrival)
    registration = db.session.get_one(Registration, message.registration_id)
    sign_in(
        registration=registration,
        user_id=arrival.user.id,
        hours=current_app.config["STAFFROOM_SESSION_HOURS"],
    )
    db.session.commit()
    return redirect(url_for(endpoint, activity_id=activity_id), 303)


@pages.get("/jwks.json")
def jwks() -> ResponseReturnValue:
    """Publish our public keys."""
    response = make_response(current_app.extensions["staffroom_keys"].public_jwks())
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


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


def _landing(arrival: Arrival) -> tuple[str, int]:
    kind = ACTIVITY_TYPES[arrival.activity.kind]
    return f"{kind.blueprint.name}.show", arrival.activity.id


def _log_accepted(message: LaunchMessage) -> None:
    db.session.add(
        LaunchRecord(
            registration_id=message.registration_id,
            deployment_id_on_platform=message.deployment_id_on_platform,
            message_type=RESOURCE_LINK_MESSAGE,
            outcome=LaunchOutcome.ACCEPTED,
        )
    )
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
