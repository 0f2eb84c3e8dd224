"""Reviewing what somebody did for a grade, from the gradebook."""

from flask import Blueprint, Response, abort, render_template

from practice_lms.course import Course, LineItem
from practice_lms.launches import begin_submission_review
from practice_lms.people import Person
from practice_lms.web.activities import login_page
from practice_lms.web.current import current_lms
from practice_lms.web.entering import enter_course, for_signed_in

blueprint = Blueprint(
    "reviews", __name__, url_prefix="/courses/<int:course_id>/gradebook/<int:line_item_id>/<person_id>/review"
)


@blueprint.get("")
@for_signed_in
def show(person: Person, course_id: int, line_item_id: int, person_id: str) -> str:
    """Show the tool's review in a frame."""
    course, column, about = _reviewed(person, course_id, line_item_id, person_id)
    with current_lms().reading() as state:
        tool = state.tools[column.tool]
    return render_template("gradebook/review.html", course=course, column=column, about=about, tool=tool)


@blueprint.get("/launch")
@for_signed_in
def launch(person: Person, course_id: int, line_item_id: int, person_id: str) -> Response:
    """Begin the submission review from inside the frame."""
    _, column, about = _reviewed(person, course_id, line_item_id, person_id)
    form = begin_submission_review(
        current_lms(), person.id, line_item_id=column.id, for_person_id=about.id, needs_cookie=True
    )
    return login_page(form)


def _reviewed(viewer: Person, course_id: int, line_item_id: int, person_id: str) -> tuple[Course, LineItem, Person]:
    course, member = enter_course(viewer, course_id)
    if not member.teaches:
        abort(403)
    with current_lms().reading() as state:
        column, about = state.line_items.get(line_item_id), state.people.get(person_id)
    if column is None or about is None or column.course_id != course.id:
        abort(404)
    return course, column, about
