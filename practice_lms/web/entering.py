"""Who may open a page: somebody signed in, a member of its course, its facilitators, the LMS's administrators."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from flask import abort, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from practice_lms.course import Activity, Course
from practice_lms.enrolments import Member
from practice_lms.people import Person
from practice_lms.web.current import current_lms, signed_in_person

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


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


def for_administrators(
    view: Callable[Concatenate[Person, Arguments], Answer],
) -> Callable[Arguments, Answer | AnyResponse]:
    """Hand the signed-in administrator to a page as its first argument; 403 for everybody else."""

    @wraps(view)
    def page(person: Person, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        if not person.is_administrator:
            abort(403)
        return view(person, *args, **kwargs)

    return for_signed_in(page)


def enter_course(person: Person, course_id: int) -> tuple[Course, Member]:
    """Return a course and the person in it; 404 where there is none, 403 for whoever has no business there."""
    with current_lms().reading() as state:
        course = state.courses.get(course_id)
        if course is None:
            abort(404)
        member = state.member(course_id, person)
    if not member.is_enrolled and not person.is_administrator:
        abort(403)
    return course, member


def enter_as_facilitator(person: Person, course_id: int) -> Course:
    """Return a course to those who teach it; 403 for everybody else."""
    course, member = enter_course(person, course_id)
    if not member.teaches:
        abort(403)
    return course


def enter_activity(person: Person, activity_id: int) -> Activity:
    """Return an activity to a member of its course; 404 where there is none."""
    with current_lms().reading() as state:
        activity = state.activities.get(activity_id)
    if activity is None:
        abort(404)
    enter_course(person, activity.course_id)
    return activity
