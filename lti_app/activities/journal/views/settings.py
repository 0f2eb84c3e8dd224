"""The settings page: what the journal asks for, with what teachers will see of it."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lti_app.access.opening import Opened, require_facilitator
from lti_app.activities.journal.forms.settings import SettingsForm
from lti_app.activities.journal.service import prompting, rules
from lti_app.activities.journal.service.rules import SettingLocked
from lti_app.activities.journal.settings import JournalSettings
from lti_app.activities.journal.views.pages import journal, open_journal, page_of
from lti_app.clock import now
from lti_app.db import db


@journal.get("/<int:activity_id>/settings")
def settings(activity_id: int) -> ResponseReturnValue:
    """Show the settings, which of them are locked and why, and what teachers see."""
    opened = require_facilitator(open_journal(activity_id))
    return _page(opened, _form(opened), previewed=JournalSettings.from_json(opened.activity.settings))


@journal.post("/<int:activity_id>/settings")
def change_settings(activity_id: int) -> ResponseReturnValue:
    """Keep changed settings, or show what teachers would see of them."""
    opened = require_facilitator(open_journal(activity_id))
    form = _form(opened)
    if not form.validate():
        return _page(opened, form), 200 if _wants_preview() else 422
    if _wants_preview():
        return _page(opened, form, previewed=form.settings())
    try:
        rules.change_settings(db.session(), opened.activity, settings=form.settings(), at=now())
    except SettingLocked as refused:
        db.session.rollback()
        return _page(opened, form, refused=refused), refused.status
    db.session.commit()
    flash(gettext("The settings are saved."))
    return redirect(url_for(".show", activity_id=activity_id), 303)


def _form(opened: Opened) -> SettingsForm:
    session, activity = db.session(), opened.activity
    return SettingsForm.showing(
        JournalSettings.from_json(activity.settings),
        offered=prompting.prompts_to_choose(session, activity),
        locks=rules.locks_of(session, activity),
    )


def _page(
    opened: Opened,
    form: SettingsForm,
    *,
    previewed: JournalSettings | None = None,
    refused: SettingLocked | None = None,
) -> str:
    return render_template(
        "activities/journal/settings.html", form=form, previewed=previewed, refused=refused, **page_of(opened)
    )


def _wants_preview() -> bool:
    return request.form.get("then") == "preview"
