"""The pages of the course: signing in, the list of activities, one activity, and adding one."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from flask import Blueprint, Response, abort, redirect, render_template, request, session, url_for
from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.wrappers import Response as AnyResponse

from practice_lms.course import COURSE_LABEL, COURSE_TITLE, Activity
from practice_lms.gradebook_table import cell_text, grade_in
from practice_lms.launches import LoginForm, begin_activity_launch, begin_deep_linking
from practice_lms.people import PEOPLE, Person
from practice_lms.web.current import current_lms, signed_in_person

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

blueprint = Blueprint("pages", __name__)


def for_signed_in(
    view: Callable[Concatenate[Person, Arguments], Answer],
) -> Callable[Arguments, Answer | AnyResponse]:
    """Hand the signed-in person to a page as its first argument; send everybody else to the front page."""

    @wraps(view)
    def page(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer | AnyResponse:
        person = signed_in_person()
        if person is None:
            return redirect(url_for("pages.show_people"))
        return view(person, *args, **kwargs)

    return page


@blueprint.get("/")
def show_people() -> str:
    """Offer the ten people to sign in as."""
    return render_template("pages/people.html", people=PEOPLE)


@blueprint.post("/sign-in")
def sign_in() -> AnyResponse:
    """Become one of the people."""
    with current_lms().reading() as state:
        person = state.people.get(request.form.get("person", ""))
    if person is None:
        abort(404)
    session["person_id"] = person.id
    return redirect(url_for("pages.show_course"))


@blueprint.get("/course")
@for_signed_in
def show_course(person: Person) -> str:
    """List the activities, each with the person's own grade."""
    with current_lms().reading() as state:
        rows = []
        for activity in state.activities.values():
            columns = state.columns_of(activity.id)
            grade = grade_in(state, columns, person.id)
            text = cell_text(grade, columns[0]) if columns and person.is_gradable else ""
            rows.append((activity, text, grade))
    return render_template("pages/course.html", title=COURSE_TITLE, label=COURSE_LABEL, rows=rows)


@blueprint.get("/course/activities/<int:activity_id>")
@for_signed_in
def show_activity(person: Person, activity_id: int) -> str:  # noqa: ARG001 (every page is for somebody)
    """Show the activity in its frame, or the way to its new window."""
    return render_template("pages/activity.html", activity=_activity(activity_id))


@blueprint.get("/course/activities/<int:activity_id>/launch")
@for_signed_in
def launch_activity(person: Person, activity_id: int) -> Response:
    """Begin the launch from inside the frame or the new window."""
    activity = _activity(activity_id)
    form = begin_activity_launch(current_lms(), person.id, activity_id=activity.id, needs_cookie=True)
    return _login_page(form)


@blueprint.get("/course/activities/<int:activity_id>/return")
@for_signed_in
def return_from_activity(person: Person, activity_id: int) -> str:  # noqa: ARG001 (every page is for somebody)
    """Receive whom the tool sends back (launch_presentation.return_url), and show its message."""
    return render_template(
        "pages/returned.html",
        activity=_activity(activity_id),
        message=request.args.get("lti_msg", ""),
        error_message=request.args.get("lti_errormsg", ""),
    )


@blueprint.get("/course/add")
@for_signed_in
def show_adding(person: Person) -> str:
    """Show the tool's content picker in a frame."""
    _only_facilitators(person)
    return render_template("pages/add.html")


@blueprint.get("/course/add/launch")
@for_signed_in
def launch_adding(person: Person) -> Response:
    """Begin the deep linking launch from inside the frame, or in a window of its own with `?window=1`."""
    _only_facilitators(person)
    in_window = "window" in request.args
    return _login_page(begin_deep_linking(current_lms(), person.id, needs_cookie=True, in_window=in_window))


@blueprint.app_errorhandler(403)
@blueprint.app_errorhandler(404)
def show_error(error: HTTPException) -> tuple[str, int]:
    """Say in words that a page is missing or not for this person."""
    if isinstance(error, Forbidden):
        title, sentence = "Not for you", "Only those who teach this course can open this page."
    else:
        title, sentence = "Not found", "There is no such page in the practice LMS."
    return render_template("pages/error.html", title=title, sentence=sentence), error.code or 500


def _only_facilitators(person: Person) -> None:
    if not person.teaches_the_course:
        abort(403)


def _activity(activity_id: int) -> Activity:
    with current_lms().reading() as state:
        activity = state.activities.get(activity_id)
    if activity is None:
        abort(404)
    return activity


def _login_page(form: LoginForm) -> Response:
    page = render_template("lti/send.html", action=form.action, fields=form.fields)
    return Response(page, headers={"Cache-Control": "no-store"})
