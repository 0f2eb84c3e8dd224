"""Where an LMS connects itself: the page that an invite opens, and what Canvas and others fetch about the tool.

The pages stand in the LMS's frame, where the browser may keep no cookie: the invite's token is all that they know
somebody by. Nothing happens before the button is pressed, so that a preview or prefetch uses nothing up.
"""

from flask import Blueprint, Flask, abort, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from lti_app.clock import now
from lti_app.db import db
from lti_app.lti.connecting import connect_registered
from lti_app.lti.dynamic_registration import Invitation, parse_invitation, register_with
from lti_app.lti.one_time import check_open, claim_invite, find_invite, release_invite, use_up_invite
from lti_app.lti.registration_refusals import RegistrationCheck, RegistrationRefused
from lti_app.lti.tool_description import CLAIMS, MESSAGES, SCOPES, WORDS, Tool, canvas_configuration
from lti_app.models.invites import Invite
from lti_app.models.platform import Registration
from lti_app.web import launch_log, rate_limits
from lti_app.web.errors import show_error

pages = Blueprint("registration", __name__, url_prefix="/lti")


@pages.get("/register/<invite_token>")
def ask(invite_token: str) -> ResponseReturnValue:
    """Show who asks to be connected, and what Staffroom will ask of them; nothing is sent to anybody yet."""
    rate_limits.begin_registration()
    invite = find_invite(db.session(), invite_token)
    check_open(invite, at=now())
    return render_template(
        "registration/ask.html",
        invitation=_invitation(request.args),
        invite_token=invite_token,
        wanted=[WORDS[name][0] for name in (*SCOPES, *MESSAGES)],
        asks_for_mail="email" in CLAIMS,
    )


@pages.post("/register/<invite_token>")
def connect(invite_token: str) -> ResponseReturnValue:
    """Register with the LMS; the invite is used up by success only."""
    rate_limits.begin_registration()
    _require_own_origin()
    invitation = _invitation(request.form)
    invite_id = claim_invite(db.session(), invite_token, at=now()).id
    # Before anything is sent: of two people with one invite, one goes on; and no transaction waits for an LMS.
    db.session.commit()
    try:
        _connect(invite_id, invitation)
    except RegistrationRefused:
        db.session.rollback()
        release_invite(db.session(), invite_id)
        db.session.commit()
        raise
    db.session.commit()
    return redirect(url_for(".done", invite_token=invite_token), 303)


@pages.get("/register/<invite_token>/done")
def done(invite_token: str) -> ResponseReturnValue:
    """Show what the LMS granted, what it did not, and whether somebody has to confirm."""
    rate_limits.begin_registration()
    invite = find_invite(db.session(), invite_token)
    row = db.session.get(Registration, invite.registration_id) if invite.registration_id else None
    if row is None:
        raise RegistrationRefused(RegistrationCheck.INVITE, "The invitation has not connected anything.", status=404)
    granted = [WORDS[name][0] for name in (*SCOPES, *MESSAGES) if name not in row.cut.split()]
    cut = [WORDS[name] for name in row.cut.split() if name in WORDS]
    return render_template("registration/done.html", registration=row, granted=granted, cut=cut)


@pages.get("/canvas.json")
def canvas() -> ResponseReturnValue:
    """Describe the tool to Canvas: "enter URL" of a developer key."""
    return canvas_configuration(_tool())


@pages.get("/icon.svg")
def icon() -> ResponseReturnValue:
    """Give the icon, at an address that stays: platforms keep it."""
    drawn = (current_app.extensions["staffroom_static"] / "img" / "icon.svg").read_text()
    response = make_response(drawn)
    response.mimetype = "image/svg+xml"
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@pages.errorhandler(RegistrationRefused)
def refused(error: RegistrationRefused) -> ResponseReturnValue:
    """Write the launch log's line, and show the refused admin what to do."""
    launch_log.list_registration_refused(error)
    return show_error(error)


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(pages)


def _connect(invite_id: int, invitation: Invitation) -> None:
    registered = register_with(invitation, tool=_tool())
    invite = db.session.get_one(Invite, invite_id)
    row = connect_registered(db.session(), invite, registered)
    use_up_invite(db.session(), invite_id, registration_id=row.id, at=now())


def _invitation(parameters: MultiDict[str, str]) -> Invitation:
    return parse_invitation(
        parameters.get("openid_configuration", ""),
        parameters.get("registration_token", ""),
        allow_private=current_app.config["STAFFROOM_ALLOW_PRIVATE_PLATFORMS"],
    )


def _require_own_origin() -> None:
    """Refuse a post that another page sent; there may be no session to keep a form's token in."""
    if request.headers.get("Origin") != current_app.config["STAFFROOM_PUBLIC_URL"]:
        abort(403)


def _tool() -> Tool:
    return Tool(current_app.config["STAFFROOM_PUBLIC_URL"])
