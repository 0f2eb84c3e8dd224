"""The addresses that a platform knows: login, launch, key set."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from flask import Blueprint, Flask, current_app, make_response, redirect, request, session
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from lti_app.access.sign_ins import sign_in
from lti_app.clock import now
from lti_app.db import db
from lti_app.gradebook.delivery import release_parked, release_refused
from lti_app.lti.data_privacy import PrivacyMessage
from lti_app.lti.deep_linking import DeepLinkingMessage
from lti_app.lti.launch import PlatformLaunch
from lti_app.lti.login import PlatformLogin
from lti_app.lti.messages import LaunchMessage, Message
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.lti.submission_review import ReviewMessage
from lti_app.models.activity import Activity
from lti_app.roster.record_launch import Arrival, record_launch
from lti_app.roster.roles import is_lms_admin
from lti_app.web import handover, launch_log
from lti_app.web.arrivals import Arrived, activity_path, launch_url
from lti_app.web.deep_linking import arrive_at_picker
from lti_app.web.errors import show_error
from lti_app.web.privacy import arrive_at_privacy
from lti_app.web.review import arrive_at_review

BROWSER_COOKIE = "__Host-staffroom-browser"

log = structlog.get_logger()
pages = Blueprint("lti", __name__, url_prefix="/lti")


@pages.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Send the browser to the platform's login page, with a state that only this browser can use."""
    kept_secret = request.cookies.get(BROWSER_COOKIE)
    browser_secret = kept_secret or secrets.token_urlsafe(32)
    platform_login = PlatformLogin(
        request.values,
        session=db.session(),
        registrations=current_app.extensions["staffroom_registrations"],
        states=current_app.extensions["staffroom_states"],
        launch_url=launch_url(),
        browser_secret=browser_secret,
    )
    begun = platform_login.begin()
    # A browser that has kept our cookie needs nothing else.
    response = handover.show_login(begun) if begun.state.storage and not kept_secret else redirect(begun.url)
    _keep_in_browser(response, browser_secret)
    return response


@pages.post("/launch")
def launch() -> ResponseReturnValue:
    """Take the platform's token; a good one leads to where its message wants to go."""
    platform_launch = PlatformLaunch(
        request.form,
        session=db.session(),
        registrations=current_app.extensions["staffroom_registrations"],
        key_sets=current_app.extensions["staffroom_key_sets"],
        states=current_app.extensions["staffroom_states"],
        browser_secret=request.cookies.get(BROWSER_COOKIE),
        is_framed=request.headers.get("Sec-Fetch-Dest") == "iframe",
    )
    message = platform_launch.accept()
    try:
        arrived = _ARRIVALS[type(message)](message)
        _use_up(platform_launch, message)
    except LaunchRefused as error:
        db.session.rollback()
        platform_launch.describe(error)
        raise
    if not platform_launch.is_bound:
        ticket = handover.add_ticket(platform_launch, arrived, state=request.form["state"])
        db.session.commit()
        return handover.show_ticket(platform_launch, ticket)
    db.session.commit()
    hours = current_app.config["STAFFROOM_SESSION_HOURS"]
    sign_in(
        registration=platform_launch.registration,
        user_id=arrived.user_id,
        hours=hours,
        is_admin=is_lms_admin(message.roles),
        is_masquerade=message.is_masquerade,
        may_count=arrived.may_count,
    )
    # What forms will be checked against, as Flask-WTF keeps it; then no page has to write the cookie a second time.
    session.setdefault("csrf_token", secrets.token_hex(20))
    return redirect(arrived.path, 303)


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
    """Use the login up with a line in the launch log, and show the refused person what to do."""
    return show_error(launch_log.list_refused(error))


def register(app: Flask) -> None:
    """Add the addresses."""
    app.register_blueprint(pages)


def _arrive_at_activity(message: LaunchMessage) -> Arrived:
    """Record who came to which activity; its page is where they land."""
    arrival = record_launch(db.session(), message)
    if arrival.has_parked_scores and not message.is_masquerade:
        _release_scores(arrival)
    return Arrived(user_id=arrival.user_id, path=activity_path(arrival.activity_id, kind=arrival.kind))


# What each kind of message does when it was let in; nothing is committed there.
_ARRIVALS: Mapping[type[Message], Callable[[Any], Arrived]] = {
    LaunchMessage: _arrive_at_activity,
    ReviewMessage: arrive_at_review,
    PrivacyMessage: arrive_at_privacy,
    DeepLinkingMessage: arrive_at_picker,
}


def _release_scores(arrival: Arrival) -> None:
    """Try again what waited for a column, or for what somebody may have put right meanwhile."""
    if arrival.names_line_item:
        release_parked(db.session(), db.session.get_one(Activity, arrival.activity_id), at=now())
    release_refused(db.session(), user_id=arrival.user_id, at=now())


def _use_up(platform_launch: PlatformLaunch, message: Message) -> None:
    launch_log.list_accepted(
        registration_id=message.registration_id,
        deployment_id_on_platform=message.deployment_id_on_platform,
        message_type=platform_launch.message_type,
        login_id=platform_launch.login_id,
        explanation=None if platform_launch.is_bound else "Its frame keeps no cookies: it was handed a ticket.",
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
