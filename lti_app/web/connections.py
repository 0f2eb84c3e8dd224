"""The connections pages: which LMSs are connected, how they are, and what was refused why.

The operator sees all of them, an LMS admin the one that they came from; `lti_app.access` decides.
"""

from typing import Any

import structlog
from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lti_app.access.connections import Admin, open_connections, open_deployment, open_registration, require_operator
from lti_app.access.sign_ins import sees_connections, sign_in_operator, sign_out_operator
from lti_app.clock import now
from lti_app.db import LARGEST_ID, db
from lti_app.errors import ToolError, sentence
from lti_app.lti import connections, one_time
from lti_app.lti.advice import advice_for
from lti_app.lti.connecting import AlreadyConnected, connect_by_hand, set_deployment_status, set_status
from lti_app.lti.tool_description import MESSAGES, SCOPES, WORDS, Tool
from lti_app.models.platform import DeploymentStatus, RegistrationStatus
from lti_app.web.connection_forms import ByHandForm, InviteForm, PlatformForm

_NEW_INVITE = "new_invite"
log = structlog.get_logger()
pages = Blueprint("connections", __name__, url_prefix="/connections")


@pages.get("/")
def show_all() -> ResponseReturnValue:
    """List the platforms with their health."""
    admin = open_connections()
    after = request.args.get("after", default=0, type=_key)
    found, next_after = connections.platforms(db.session(), at=now(), within=admin.within, after=after)
    return render_template("connections/list.html", admin=admin, platforms=found, next_after=next_after, at=now())


@pages.route("/<int:registration_id>", methods=["GET", "POST"])
def show(registration_id: int) -> ResponseReturnValue:
    """Show one platform: its health, its deployments, what it granted; and keep a changed name."""
    admin, row = open_registration(registration_id)
    form = PlatformForm.showing(row, is_operator=admin.is_operator)
    if form.validate_on_submit():
        form.apply(row)
        db.session.commit()
        flash(gettext("The connection is saved."))
        return redirect(url_for(".show", registration_id=registration_id), 303)
    after = request.args.get("after", default=0, type=_key)
    deployments, next_after = connections.deployments(db.session(), row.id, after=after)
    page = {
        "health": connections.platform(db.session(), row.id, at=now()),
        "deployments": deployments,
        "next_after": next_after,
        "granted": [WORDS[name][0] for name in (*SCOPES, *MESSAGES) if name not in row.cut.split()],
        "cut": [WORDS[name] for name in row.cut.split() if name in WORDS],
    }
    status = 422 if form.is_submitted() else 200
    return render_template("connections/show.html", admin=admin, row=row, form=form, at=now(), **page), status


@pages.post("/<int:registration_id>/confirm")
def confirm(registration_id: int) -> ResponseReturnValue:
    """Let in the launches of a platform that waits to be confirmed."""
    _change_status(registration_id, RegistrationStatus.ACTIVE)
    db.session.commit()
    return redirect(url_for(".show", registration_id=registration_id), 303)


@pages.post("/<int:registration_id>/disable")
def disable(registration_id: int) -> ResponseReturnValue:
    """Keep a platform's launches out."""
    _change_status(registration_id, RegistrationStatus.DISABLED)
    db.session.commit()
    return redirect(url_for(".show", registration_id=registration_id), 303)


@pages.post("/<int:registration_id>/deployments/<int:deployment_id>/<any(confirm, reject):deed>")
def decide_deployment(registration_id: int, deployment_id: int, deed: str) -> ResponseReturnValue:
    """Confirm a deployment, or reject it."""
    _, deployment = open_deployment(registration_id, deployment_id)
    status = DeploymentStatus.CONFIRMED if deed == "confirm" else DeploymentStatus.REJECTED
    set_deployment_status(db.session(), deployment, status)
    db.session.commit()
    return redirect(url_for(".show", registration_id=registration_id), 303)


@pages.get("/connect")
def connect() -> ResponseReturnValue:
    """Show how to connect an LMS, and the invites that are open."""
    admin = require_operator(open_connections())
    return _connect_page(admin, InviteForm())


@pages.post("/connect")
def invite() -> ResponseReturnValue:
    """Make an invite; its address is shown once."""
    admin = require_operator(open_connections())
    form = InviteForm()
    if not form.validate_on_submit():
        return _connect_page(admin, form), 422
    token = one_time.make_invite(db.session(), name=form.name.data, is_confirmed=form.is_confirmed.data, at=now())
    db.session.commit()
    session[_NEW_INVITE] = token
    return redirect(url_for(".connect"), 303)


@pages.post("/invites/<int:invite_id>/withdraw")
def withdraw(invite_id: int) -> ResponseReturnValue:
    """End an invite before its time."""
    require_operator(open_connections())
    one_time.withdraw_invite(db.session(), min(invite_id, LARGEST_ID), at=now())
    db.session.commit()
    return redirect(url_for(".connect"), 303)


@pages.route("/by-hand", methods=["GET", "POST"])
def by_hand() -> ResponseReturnValue:
    """Connect an LMS from what it shows; the checks are those of `flask platform add`."""
    admin = require_operator(open_connections())
    form = ByHandForm()
    if form.validate_on_submit():
        try:
            row = connect_by_hand(db.session(), form.by_hand())
        except AlreadyConnected:
            form.client_id.errors = [gettext("This issuer and client id are connected already, with other addresses.")]
        else:
            db.session.commit()
            return redirect(url_for(".show", registration_id=row.id), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("connections/by_hand.html", admin=admin, form=form, tool=_tool()), status


@pages.get("/log")
def launch_log() -> ResponseReturnValue:
    """Show what was let in and what was refused, with the reason and what to do."""
    admin = open_connections()
    wanted = connections.LogFilter(
        registration_id=request.args.get("platform", type=_key),
        reference=request.args.get("reference", "").strip().upper()[:16].replace("\x00", ""),
        only_refused=request.args.get("outcome") == "refused",
    )
    before = request.args.get("before", type=_key)
    found = connections.launch_log(db.session(), within=admin.within, wanted=wanted, before=before)
    return render_template("connections/log.html", admin=admin, page=found, wanted=wanted, advice_for=advice_for)


@pages.get("/keys")
def keys() -> ResponseReturnValue:
    """List the keys that Staffroom signs with."""
    admin = require_operator(open_connections())
    ring = current_app.extensions["staffroom_keys"]
    return render_template("connections/keys.html", admin=admin, ring=ring, tool=_tool())


@pages.get("/sign-in/<token>")
def sign_in(token: str) -> ResponseReturnValue:
    """Show the button that signs the operator in; opening the page alone uses nothing up."""
    return render_template("connections/sign_in.html", token=token)


@pages.post("/sign-in/<token>")
def use_link(token: str) -> ResponseReturnValue:
    """Sign the operator in."""
    link = one_time.use_up_admin_link(db.session(), token, at=now())
    if link is None:
        raise ToolError(
            sentence("This sign-in link is not valid, or not any more."),
            sentence("Make a new one on the server: flask admin link. It is good for one opening within 15 minutes."),
            status=410,
        )
    db.session.commit()
    sign_in_operator(link)
    log.info("operator_signed_in", link_id=link.id)
    return redirect(url_for(".show_all"), 303)


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Sign the operator out; the sign-in is over in every browser that has it."""
    link_hash = sign_out_operator()
    if link_hash is not None:
        one_time.end_sign_in(db.session(), link_hash)
    db.session.commit()
    return render_template("connections/signed_out.html")


def register(app: Flask) -> None:
    """Add the pages, and the question whether somebody sees them to the templates."""
    app.register_blueprint(pages)
    app.jinja_env.globals["sees_connections"] = sees_connections


def _change_status(registration_id: int, status: RegistrationStatus) -> None:
    admin, row = open_registration(registration_id)
    require_operator(admin)
    set_status(db.session(), row, status)


def _connect_page(admin: Admin, form: InviteForm) -> str:
    invites: Any = one_time.open_invites(db.session(), at=now())
    token = session.pop(_NEW_INVITE, None)
    url = url_for("registration.ask", invite_token=token) if token else None
    return render_template(
        "connections/connect.html",
        admin=admin,
        form=form,
        invites=invites,
        new_url=f"{_tool().public_url}{url}" if url else None,
        tool=_tool(),
    )


def _tool() -> Tool:
    return Tool(current_app.config["STAFFROOM_PUBLIC_URL"])


def _key(text: str) -> int:
    """Return a number as our pages send them; a forged one counts as absent."""
    number = int(text) if len(text) <= 10 else -1
    if not 0 <= number <= LARGEST_ID:
        raise ValueError("no number of ours")
    return number
