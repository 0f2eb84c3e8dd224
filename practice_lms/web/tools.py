"""The administrators' pages on tools: connecting one by its registration address, activating and removing it."""

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from practice_lms.people import Person
from practice_lms.registrations import activate_tool, begin_registration, remove_tool
from practice_lms.tool_metadata import host_of
from practice_lms.web.current import current_lms
from practice_lms.web.entering import for_administrators

blueprint = Blueprint("tools", __name__, url_prefix="/admin/tools")


@blueprint.post("/connect")
@for_administrators
def connect(person: Person) -> AnyResponse:  # noqa: ARG001 (every page is for somebody)
    """Begin a registration and go to the page that shows it."""
    try:
        ticket = begin_registration(current_lms(), request.form.get("url", "").strip())
    except ValueError:
        abort(404)
    return redirect(url_for("tools.show_connecting", token=ticket.token))


@blueprint.get("/connect/<token>")
@for_administrators
def show_connecting(person: Person, token: str) -> str:  # noqa: ARG001 (every page is for somebody)
    """Show the tool's registration page in a frame, and offer it in a window."""
    with current_lms().reading() as state:
        ticket = state.tickets.get(token) or abort(404)
    g.framed = ticket.address.partition("://")[0] + "://" + host_of(ticket.address)
    return render_template("administration/connect.html", ticket=ticket, host=host_of(ticket.address), origin=g.framed)


@blueprint.post("/<tool_id>/<any(activate, remove):deed>")
@for_administrators
def change(person: Person, tool_id: str, deed: str) -> AnyResponse:  # noqa: ARG001 (every page is for somebody)
    """Activate a registered tool, or remove it."""
    try:
        (activate_tool if deed == "activate" else remove_tool)(current_lms(), tool_id)
    except KeyError:
        abort(404)
    return redirect(url_for("administration.show"))
