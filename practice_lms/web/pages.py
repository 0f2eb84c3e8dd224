"""The pages that belong to no course: choosing whom to be, and what cannot be shown."""

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.wrappers import Response as AnyResponse

from practice_lms.people import PEOPLE
from practice_lms.web.current import current_lms

blueprint = Blueprint("pages", __name__)


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
    session.clear()
    session["person_id"] = person.id
    return redirect(url_for("courses.show_course"))


@blueprint.post("/stop-acting")
def stop_acting() -> AnyResponse:
    """Be oneself again after acting as somebody else."""
    masquerader_id = session.pop("masquerader_id", None) or abort(404)
    session["person_id"] = masquerader_id
    return redirect(url_for("administration.show"))


@blueprint.app_errorhandler(403)
@blueprint.app_errorhandler(404)
def show_error(error: HTTPException) -> tuple[str, int]:
    """Say in words that a page is missing or not for this person."""
    if isinstance(error, Forbidden):
        title, sentence = "Not for you", "Only those who teach this course can open this page."
    else:
        title, sentence = "Not found", "There is no such page in the practice LMS."
    return render_template("pages/error.html", title=title, sentence=sentence), error.code or 500
