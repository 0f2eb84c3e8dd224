"""Adding an activity to a course: by the tool's content picker, or by a plain address."""

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from practice_lms.course import COURSE_ID, Activity, LineItem
from practice_lms.launches import begin_deep_linking
from practice_lms.people import Person
from practice_lms.placing import add_activity
from practice_lms.tools import DEFAULT_TOOL, Tool
from practice_lms.web.activities import login_page
from practice_lms.web.current import current_lms
from practice_lms.web.entering import enter_as_facilitator, for_signed_in

blueprint = Blueprint("adding", __name__)


@blueprint.get("/course/add", defaults={"course_id": COURSE_ID})
@blueprint.get("/courses/<int:course_id>/add")
@for_signed_in
def show(person: Person, course_id: int) -> str:
    """Show a tool's content picker in a frame, and a form for a plain address."""
    course = enter_as_facilitator(person, course_id)
    with current_lms().reading() as state:
        tools = [tool for tool in state.tools.values() if tool.active]
    return render_template("adding/show.html", course=course, tool=_chosen_tool(), tools=tools)


@blueprint.get("/course/add/launch", defaults={"course_id": COURSE_ID})
@blueprint.get("/courses/<int:course_id>/add/launch")
@for_signed_in
def launch(person: Person, course_id: int) -> Response:
    """Begin the deep linking launch from inside the frame, or in a window of its own with `?window=1`."""
    course = enter_as_facilitator(person, course_id)
    form = begin_deep_linking(
        current_lms(),
        person.id,
        needs_cookie=True,
        course_id=course.id,
        tool_id=_chosen_tool().id,
        in_window="window" in request.args,
    )
    return login_page(form)


@blueprint.post("/courses/<int:course_id>/add/address")
@for_signed_in
def add_address(person: Person, course_id: int) -> AnyResponse:
    """Place a link by its address alone: no content item, no custom parameters."""
    course = enter_as_facilitator(person, course_id)
    tool, title, url = _chosen_tool(), request.form.get("title", "").strip(), request.form.get("url", "").strip()
    if not title or not f"{url}/".startswith(f"{tool.origin}/"):
        abort(404)
    column = LineItem(id=0, activity_id=None, label=title, score_maximum=1) if "graded" in request.form else None
    activity = Activity(id=0, course_id=course.id, tool=tool.id, title=title, target=url)
    add_activity(current_lms(), activity, column=column)
    return redirect(url_for("courses.show_course", course_id=course.id))


def _chosen_tool() -> Tool:
    with current_lms().reading() as state:
        tool = state.tools.get(request.values.get("tool", DEFAULT_TOOL))
    if tool is None or not tool.active:
        abort(404)
    return tool
