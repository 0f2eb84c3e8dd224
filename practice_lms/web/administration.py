"""The pages of the LMS's administrators: the tools, the data that they hold of people, and acting as somebody."""

from flask import Blueprint, Response, abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from practice_lms.launches import begin_data_privacy_launch
from practice_lms.people import PEOPLE, Person
from practice_lms.tools import DEFAULT_TOOL
from practice_lms.web.activities import login_page
from practice_lms.web.current import current_lms
from practice_lms.web.entering import for_administrators

blueprint = Blueprint("administration", __name__, url_prefix="/admin")


@blueprint.get("")
@for_administrators
def show(person: Person) -> str:
    """Offer what an administrator looks after."""
    with current_lms().reading() as state:
        tools = list(state.tools.values())
    others = [each for each in PEOPLE if each.id != person.id]
    return render_template("administration/show.html", tools=tools, people=others)


@blueprint.get("/privacy")
@for_administrators
def show_privacy(person: Person) -> str:  # noqa: ARG001 (every page is for somebody)
    """Show what a tool holds of somebody, in a frame."""
    about, tool_id = _about(), request.args.get("tool", DEFAULT_TOOL)
    with current_lms().reading() as state:
        tool = state.tools.get(tool_id) or abort(404)
    if not tool.active:
        abort(404)
    return render_template("administration/privacy.html", about=about, tool=tool)


@blueprint.get("/privacy/launch")
@for_administrators
def launch_privacy(person: Person) -> Response:
    """Begin the data privacy launch from inside the frame."""
    form = begin_data_privacy_launch(
        current_lms(),
        person.id,
        for_person_id=_about().id,
        tool_id=request.args.get("tool", DEFAULT_TOOL),
        needs_cookie=True,
    )
    return login_page(form)


@blueprint.post("/act")
@for_administrators
def act(person: Person) -> AnyResponse:
    """Act as somebody else, until told to stop."""
    with current_lms().reading() as state:
        other = state.people.get(request.form.get("person", "")) or abort(404)
    session["masquerader_id"] = person.id
    session["person_id"] = other.id
    return redirect(url_for("courses.show_courses"))


def _about() -> Person:
    with current_lms().reading() as state:
        return state.people.get(request.args.get("person", "")) or abort(404)
