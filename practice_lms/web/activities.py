"""The pages of one activity: showing it, launching it, coming back from it, duplicating it."""

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from practice_lms.course import Activity
from practice_lms.launches import LoginForm, begin_activity_launch
from practice_lms.people import Person
from practice_lms.placing import duplicate_activity
from practice_lms.state import Disguise
from practice_lms.web.current import current_lms
from practice_lms.web.entering import enter_activity, enter_as_facilitator, for_signed_in

blueprint = Blueprint("activities", __name__, url_prefix="/course/activities/<int:activity_id>")


@blueprint.get("")
@for_signed_in
def show(person: Person, activity_id: int) -> str:
    """Show the activity in its frame, or the way to its new window; with `?student=1` in the student view."""
    activity = enter_activity(person, activity_id)
    as_student = _is_student_view(person, activity)
    with current_lms().reading() as state:
        tool = state.tools[activity.tool]
    return render_template("activities/show.html", activity=activity, tool=tool, as_student=as_student)


@blueprint.get("/launch")
@for_signed_in
def launch(person: Person, activity_id: int) -> Response:
    """Begin the launch from inside the frame or the new window."""
    activity = enter_activity(person, activity_id)
    disguise = Disguise(as_student=_is_student_view(person, activity), masquerader_id=session.get("masquerader_id", ""))
    form = begin_activity_launch(
        current_lms(), person.id, activity_id=activity.id, needs_cookie=True, disguise=disguise
    )
    return login_page(form)


@blueprint.get("/return")
@for_signed_in
def come_back(person: Person, activity_id: int) -> str:
    """Receive whom the tool sends back (launch_presentation.return_url), and show its message."""
    return render_template(
        "activities/returned.html",
        activity=enter_activity(person, activity_id),
        message=request.args.get("lti_msg", ""),
        error_message=request.args.get("lti_errormsg", ""),
    )


@blueprint.post("/duplicate")
@for_signed_in
def duplicate(person: Person, activity_id: int) -> AnyResponse:
    """Duplicate the activity in its course."""
    activity = enter_activity(person, activity_id)
    enter_as_facilitator(person, activity.course_id)
    duplicate_activity(current_lms(), activity.id)
    return redirect(url_for("courses.show_course", course_id=activity.course_id))


def _is_student_view(person: Person, activity: Activity) -> bool:
    if "student" not in request.args:
        return False
    enter_as_facilitator(person, activity.course_id)
    return True


def login_page(form: LoginForm) -> Response:
    """Return the page that sends a browser to the tool's login."""
    page = render_template("lti/send.html", action=form.action, fields=form.fields)
    return Response(page, headers={"Cache-Control": "no-store"})
