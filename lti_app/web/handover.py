"""Launches into a frame that keeps no cookies: by the platform's storage, else in a window of its own.

The launch is verified and its login used up, but nobody is signed in: the browser has not shown that the login is its
own. It gets a ticket, on a page that only the platform may frame, and that page's own scripts and forms alone can use
it: the browser names them by `Origin`. See docs/decisions/0011.
"""

import hashlib
import secrets
from datetime import timedelta

import structlog
from flask import Blueprint, Flask, Response, current_app, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from sqlalchemy import delete

from lti_app.access.sign_ins import sign_in
from lti_app.addresses import origin_of
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import ToolError, sentence
from lti_app.lti.launch import PlatformLaunch
from lti_app.lti.login import Begun
from lti_app.models.handover import LaunchTicket
from lti_app.models.platform import Registration
from lti_app.roster.roles import is_lms_admin
from lti_app.web.arrivals import Arrived
from lti_app.web.headers import only_framed_by
from lti_app.web.sessions import begin_frame_session, token_hash

TICKET_LIFE = timedelta(seconds=60)

log = structlog.get_logger()
pages = Blueprint("handover", __name__, url_prefix="/lti/handover")


def show_login(begun: Begun) -> Response:
    """Return the page that keeps state and nonce with the platform, then goes on to its login page."""
    only_framed_by(begun.registration)
    states = current_app.extensions["staffroom_states"]
    page = render_template(
        "handover/login.html",
        url=begun.url,
        login=begun.state,
        platform=origin_of(begun.registration.auth_url),
        state=states.write(begun.state),
        nonce=states.nonce(begun.state),
    )
    return make_response(page)


def add_ticket(launch: PlatformLaunch, arrived: Arrived, *, state: str) -> str:
    """Return a ticket for a verified launch; its row is in the transaction."""
    ticket = secrets.token_urlsafe(32)
    nonce = current_app.extensions["staffroom_states"].nonce(launch.login)
    db.session.add(
        LaunchTicket(
            ticket_hash=token_hash(ticket),
            registration_id=launch.registration.id,
            user_id=arrived.user_id,
            path=arrived.path,
            is_admin=is_lms_admin(launch.message.roles),
            is_masquerade=launch.message.is_masquerade,
            may_count=arrived.may_count,
            stored_hash=_stored_hash(state, nonce) if launch.login.storage else None,
            expires_at=now() + TICKET_LIFE,
        )
    )
    return ticket


def show_ticket(launch: PlatformLaunch, ticket: str) -> Response:
    """Return the page that asks the platform's storage, and offers a window of its own."""
    only_framed_by(launch.registration)
    platform = origin_of(launch.registration.auth_url)
    page = render_template("handover/ticket.html", ticket=ticket, login=launch.login, platform=platform)
    return make_response(page)


@pages.post("/frame")
def frame() -> ResponseReturnValue:
    """Sign in within the frame: what the platform's storage gave back shows that the login is this browser's."""
    ticket = _take_ticket()
    stored = _stored_hash(request.form.get("state", ""), request.form.get("nonce", ""))
    if ticket.stored_hash is None or not secrets.compare_digest(ticket.stored_hash, stored):
        db.session.commit()
        raise _over()
    hours = current_app.config["STAFFROOM_SESSION_HOURS"]
    _sign_in(ticket, hours=hours)
    prefix = begin_frame_session(db.session(), dict(session), hours=hours)
    db.session.commit()
    # The frame keeps no cookies; what cannot be used is not sent.
    session.clear()
    log.info("launch_handed_over", registration_id=ticket.registration_id, to="frame")
    return redirect(prefix + ticket.path, 303)


@pages.post("/window")
def window() -> ResponseReturnValue:
    """Sign in within a window of its own, where cookies are kept."""
    ticket = _take_ticket()
    _sign_in(ticket, hours=current_app.config["STAFFROOM_SESSION_HOURS"])
    db.session.commit()
    log.info("launch_handed_over", registration_id=ticket.registration_id, to="window")
    return redirect(ticket.path, 303)


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(pages)


def _take_ticket() -> LaunchTicket:
    """Return the ticket of the form, and remove it.

    Raises:
        ToolError: The form is not of a page of ours, or the ticket is unknown, used, or older than a minute.
    """
    if request.headers.get("Origin") != current_app.config["STAFFROOM_PUBLIC_URL"]:
        raise _over()
    of_ticket = LaunchTicket.ticket_hash == token_hash(request.form.get("ticket", ""))
    taken = delete(LaunchTicket).where(of_ticket).returning(LaunchTicket)
    ticket = db.session.scalars(taken.execution_options(synchronize_session=False)).one_or_none()
    if ticket is None or ticket.expires_at <= now():
        raise _over()
    # Its row is gone; out of the session, it can still be read after the commit.
    db.session.expunge(ticket)
    return ticket


def _sign_in(ticket: LaunchTicket, *, hours: int) -> None:
    registration = db.session.get(Registration, ticket.registration_id)
    if registration is None or not registration.is_active:
        raise _over()
    sign_in(
        registration=registration,
        user_id=ticket.user_id,
        hours=hours,
        is_admin=ticket.is_admin,
        is_masquerade=ticket.is_masquerade,
        may_count=ticket.may_count,
    )
    generate_csrf()


def _stored_hash(state: str, nonce: str) -> str:
    return hashlib.sha256(f"{state} {nonce}".encode("utf-8", "surrogatepass")).hexdigest()


def _over() -> ToolError:
    return ToolError(
        sentence("This way into Staffroom is over; it works once, within a minute."),
        sentence("Open the activity again from your course."),
    )
