"""The gradebook page and the piece of it that renews itself."""

from flask import Blueprint, render_template

from practice_lms.gradebook_table import table_for
from practice_lms.people import Person
from practice_lms.web.current import current_lms
from practice_lms.web.pages import for_signed_in

blueprint = Blueprint("gradebook", __name__, url_prefix="/course/gradebook")


@blueprint.get("")
@for_signed_in
def show(person: Person) -> str:
    """Show everybody's grades to staff, and to a teacher the own row."""
    return _rendered("gradebook/show.html", person)


@blueprint.get("/table")
@for_signed_in
def show_table(person: Person) -> str:
    """Return the table alone, which the page fetches each second."""
    return _rendered("gradebook/table.html", person)


def _rendered(template: str, person: Person) -> str:
    with current_lms().reading() as state:
        table = table_for(state, person)
    return render_template(template, table=table)
