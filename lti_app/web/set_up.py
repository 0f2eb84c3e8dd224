"""The first set-up of a link that no template stands behind: a facilitator chooses, everybody else waits."""

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from lti_app.access.opening import open_activity, require_facilitator
from lti_app.catalog import ACTIVITY_TYPES
from lti_app.db import db
from lti_app.roster import placing
from lti_app.web.arrivals import activity_path
from lti_app.web.placement import settings_page, type_of, wants_preview

_DONE = lazy_gettext("It is set up. Teachers can begin.")
_DONE_ALREADY = lazy_gettext(
    "It was set up meanwhile, in another window or by somebody else. What was chosen there counts."
)
pages = Blueprint("set_up", __name__, url_prefix="/set-up")


@pages.get("/<int:activity_id>")
def show(activity_id: int) -> ResponseReturnValue:
    """Offer the types to a facilitator; tell everybody else that there is nothing here yet."""
    opened = open_activity(activity_id)
    if opened.activity.kind is not None:
        return redirect(activity_path(activity_id, kind=opened.activity.kind))
    if not opened.member.role.looks_after_course:
        return render_template("set_up/waiting.html", opened=opened)
    return render_template("set_up/show.html", opened=opened, types=ACTIVITY_TYPES.values())


@pages.route("/<int:activity_id>/<kind>", methods=["GET", "POST"])
def configure(activity_id: int, kind: str) -> ResponseReturnValue:
    """Show a type's settings, and make the link an activity of that type with the ones that were chosen."""
    opened = require_facilitator(open_activity(activity_id))
    activity_type = type_of(kind)
    before = activity_type.settings.from_json({})
    form = activity_type.form.showing(before)
    is_chosen = request.method == "POST" and not wants_preview() and form.validate()
    if opened.activity.kind is None and not is_chosen:
        title, page = opened.activity.title, "set_up/configure.html"
        return settings_page(page, activity_type, form=form, before=before, title=title, opened=opened)
    if is_chosen:
        settings = form.settings().to_json()
        is_done = placing.set_up(db.session(), opened.activity, kind=kind, settings=settings)
        db.session.commit()
        flash(str(_DONE if is_done else _DONE_ALREADY))
    return redirect(url_for(".show", activity_id=activity_id), 303)


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(pages)
