"""What Staffroom keeps about a person: all of it for themselves, counts for an LMS admin who asks about them."""

import json

from flask import Blueprint, Flask, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from lti_app.access.records import open_own_record, open_record
from lti_app.access.sign_ins import require_signed_in
from lti_app.catalog import ACTIVITY_TYPES
from lti_app.db import db
from lti_app.lti.data_privacy import PrivacyMessage
from lti_app.roster.record_person import record_person
from lti_app.roster.record_visit import find_person
from lti_app.web.arrivals import Arrived
from lti_app.web.kept import count_kept, export_kept, own_activities

pages = Blueprint("privacy", __name__, url_prefix="/privacy")


@pages.get("/<int:user_id>")
def show(user_id: int) -> ResponseReturnValue:
    """Show what is kept about somebody: to themselves with the way to it, to an LMS admin as counts."""
    record = open_record(user_id)
    return render_template(
        "privacy/show.html",
        record=record,
        kept=count_kept(db.session(), record.user),
        kinds=ACTIVITY_TYPES,
        activities=own_activities(db.session(), record.user) if record.is_own else [],
    )


@pages.get("/<int:user_id>/export.json")
def export(user_id: int) -> ResponseReturnValue:
    """Give somebody all that is kept about them, as a file."""
    user = open_own_record(user_id)
    answer = make_response(json.dumps(export_kept(db.session(), user), ensure_ascii=False, indent=2))
    answer.headers["Content-Type"] = "application/json; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="staffroom.json"'
    return answer


@pages.get("/nobody")
def nobody() -> ResponseReturnValue:
    """Say that nothing is kept about the person who was asked about."""
    require_signed_in()
    return render_template("privacy/nobody.html")


def arrive_at_privacy(message: PrivacyMessage) -> Arrived:
    """Record who asks, and lead to what is kept of the person they ask about.

    Somebody who is no LMS admin and asks about another person lands where there is nothing for them.
    """
    user = record_person(db.session(), message)
    if message.for_sub == message.sub:
        return Arrived(user_id=user.id, path=url_for("privacy.show", user_id=user.id))
    person = find_person(db.session(), registration_id=message.registration_id, sub=message.for_sub)
    if person is None and message.is_of_admin:
        return Arrived(user_id=user.id, path=url_for("privacy.nobody"))
    person_id = 0 if person is None else person.id
    path = url_for("privacy.show", user_id=person_id)
    return Arrived(user_id=user.id, path=path, may_count=person_id if message.is_of_admin else None)


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(pages)
