"""Which LMS and which person a request belongs to."""

from flask import current_app, session

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
