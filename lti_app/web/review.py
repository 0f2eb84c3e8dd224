"""From the gradebook to one person: what they did in an activity, for those who look after its course."""

from flask import Blueprint, Flask, render_template, url_for
from flask.typing import ResponseReturnValue

from lti_app.access.opening import open_activity, require_facilitator
from lti_app.catalog import ACTIVITY_TYPES
from lti_app.db import LARGEST_ID, db
from lti_app.gradebook.persons_facts import facts_of_member, find_member
from lti_app.lti.submission_review import ReviewMessage
from lti_app.roster.record_person import record_person
from lti_app.roster.record_visit import find_person, find_reviewed_activity, record_member
from lti_app.web.arrivals import Arrived

# No person has this id: the page says that there is nothing of them.
NOBODY = 0

pages = Blueprint("review", __name__, url_prefix="/review")


@pages.get("/<int:activity_id>/<int:user_id>")
def show(activity_id: int, user_id: int) -> ResponseReturnValue:
    """Show a facilitator what somebody did and when, where their credit is, and what is shared with them."""
    opened = require_facilitator(open_activity(activity_id))
    kind = ACTIVITY_TYPES.get(opened.activity.kind or "")
    if kind is None:
        return render_template("review/unknown.html")
    back = url_for(f"{kind.blueprint.name}.show", activity_id=activity_id)
    member = find_member(db.session(), opened.activity, user_id=min(user_id, LARGEST_ID))
    if member is None:
        return render_template("review/nothing.html", opened=opened, kind=kind, back=back)
    person = facts_of_member(
        db.session(),
        opened.activity,
        member,
        progress=kind.measure(opened.activity, member),
        due_at=kind.due_at(opened.activity, member),
    )
    shared = kind.shared(opened.activity, opened.member, member.user_id)
    return render_template("review/show.html", opened=opened, kind=kind, back=back, person=person, shared=shared)


@pages.get("/unknown")
def unknown() -> ResponseReturnValue:
    """Say that nobody has opened the activity yet; there is nothing private on this page."""
    return render_template("review/unknown.html")


def arrive_at_review(message: ReviewMessage) -> Arrived:
    """Record who asks, and lead to the person they ask about; somebody who asks about themselves to their own page."""
    session = db.session()
    user = record_person(session, message)
    activity = find_reviewed_activity(session, message)
    kind = ACTIVITY_TYPES.get(activity.kind or "") if activity is not None else None
    if activity is None or kind is None:
        return Arrived(user_id=user.id, path=url_for("review.unknown"))
    record_member(session, message, user=user, context_id=activity.context_id)
    if message.for_sub == message.sub:
        return Arrived(user_id=user.id, path=url_for(f"{kind.blueprint.name}.show", activity_id=activity.id))
    person = find_person(session, registration_id=message.registration_id, sub=message.for_sub)
    person_id = NOBODY if person is None else person.id
    return Arrived(user_id=user.id, path=url_for("review.show", activity_id=activity.id, user_id=person_id))


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(pages)
