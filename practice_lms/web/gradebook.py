"""The gradebook page and the piece of it that renews itself."""

from flask import Blueprint, render_template

from practice_lms.course import COURSE_ID
from practice_lms.gradebook_table import table_for
from practice_lms.people import Person
from practice_lms.web.current import current_lms
from practice_lms.web.entering import enter_course, for_signed_in

blueprint = Blueprint("gradebook", __name__)


@blueprint.get("/course/gradebook", defaults={"course_id": COURSE_ID})
@blueprint.get("/courses/<int:course_id>/gradebook")
@for_signed_in
def show(person: Person, course_id: int) -> str:
    """Show everybody's grades to staff, and to a teacher the own row."""
    return _rendered("gradebook/show.html", person, course_id)


@blueprint.get("/course/gradebook/table", defaults={"course_id": COURSE_ID})
@blueprint.get("/courses/<int:course_id>/gradebook/table")
@for_signed_in
def show_table(person: Person, course_id: int) -> str:
    """Return the table alone, which the page fetches each second."""
    return _rendered("gradebook/table.html", person, course_id)


def _rendered(template: str, person: Person, course_id: int) -> str:
    course, member = enter_course(person, course_id)
    with current_lms().reading() as state:
        table = table_for(state, member, course_id=course_id)
    return render_template(template, table=table, course=course, member=member)
