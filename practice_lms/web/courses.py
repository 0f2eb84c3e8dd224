"""The pages of the courses: all of them, one with its activities, and copying one."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from practice_lms.course import COURSE_ID
from practice_lms.gradebook_table import cell_text, grade_in
from practice_lms.notices import tell_of_copy
from practice_lms.people import Person
from practice_lms.placing import copy_course
from practice_lms.web.current import current_lms
from practice_lms.web.entering import enter_as_facilitator, enter_course, for_signed_in

blueprint = Blueprint("courses", __name__)


@blueprint.get("/courses")
@for_signed_in
def show_courses(person: Person) -> str:
    """List the person's courses; an administrator sees all of them."""
    with current_lms().reading() as state:
        rows = [
            (course, state.member(course.id, person), len(state.activities_of(course.id)))
            for course in state.courses.values()
        ]
    shown = [row for row in rows if row[1].is_enrolled or person.is_administrator]
    return render_template("courses/index.html", rows=shown)


@blueprint.get("/course", defaults={"course_id": COURSE_ID})
@blueprint.get("/courses/<int:course_id>")
@for_signed_in
def show_course(person: Person, course_id: int) -> str:
    """List the activities, each with the person's own grade."""
    course, member = enter_course(person, course_id)
    with current_lms().reading() as state:
        rows = []
        for activity in state.activities_of(course_id):
            columns = state.columns_of(activity.id)
            grade = grade_in(state, columns, person.id)
            text = cell_text(grade, columns[0]) if columns and member.is_gradable else ""
            rows.append((activity, text, grade))
    return render_template("courses/show.html", course=course, member=member, rows=rows)


@blueprint.post("/courses/<int:course_id>/copy")
@for_signed_in
def copy(person: Person, course_id: int) -> AnyResponse:
    """Copy the course with its activities, and those who teach it."""
    course = enter_as_facilitator(person, course_id)
    with_learners = "with_learners" in request.form
    copied = copy_course(current_lms(), course.id, title=request.form.get("title", ""), with_learners=with_learners)
    tell_of_copy(current_lms(), copied)
    return redirect(url_for("courses.show_course", course_id=copied.id))
