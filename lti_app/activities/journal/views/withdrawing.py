"""Taking a finished entry back, and putting it there again; for its author alone."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lti_app.activities.journal.service import withdrawing
from lti_app.activities.journal.views.pages import journal, open_own_entry
from lti_app.clock import now
from lti_app.db import db


@journal.post("/<int:activity_id>/entries/<int:entry_id>/withdraw")
def withdraw(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Take the entry back; its page asks before it posts here."""
    _, own = open_own_entry(activity_id, entry_id)
    withdrawing.withdraw(db.session(), own, at=now())
    db.session.commit()
    return redirect(url_for(".entry", activity_id=activity_id, entry_id=entry_id), 303)


@journal.post("/<int:activity_id>/entries/<int:entry_id>/restore")
def restore(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Put the entry among the finished ones again."""
    _, own = open_own_entry(activity_id, entry_id)
    withdrawing.restore(db.session(), own)
    db.session.commit()
    flash(gettext("The entry is back among your finished entries."))
    return redirect(url_for(".entry", activity_id=activity_id, entry_id=entry_id), 303)
