"""Which LMS, which person and which course a request belongs to."""

from flask import current_app, request, session

from practice_lms.course import COURSE_ID, Course
from practice_lms.enrolments import Member
from practice_lms.lms import Lms
from practice_lms.people import Person


def current_lms() -> Lms:
    """Return the LMS that answers this request."""
    lms: Lms = current_app.extensions["practice_lms"]
    return lms


def signed_in_person() -> Person | None:
    """Return whoever is signed in to the LMS in this browser, if anybody is."""
    with current_lms().reading() as state:
        return state.people.get(session.get("person_id", ""))


def shown_course() -> Course | None:
    """Return the course that the page is about: its own, its activity's, or else the first one."""
    place = request.view_args or {}
    with current_lms().reading() as state:
        activity = state.activities.get(place.get("activity_id", 0))
        course_id = activity.course_id if activity else place.get("course_id", COURSE_ID)
        return state.courses.get(course_id)


def signed_in_member() -> Member | None:
    """Return whoever is signed in, as the shown course sees them."""
    person, course = signed_in_person(), shown_course()
    if person is None or course is None:
        return None
    with current_lms().reading() as state:
        return state.member(course.id, person)
