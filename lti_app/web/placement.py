"""What the pages that set an activity up share: finding the type, the link's own fields, the page with its preview."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired, Length

from lti_app.activity_type import ActivityType, Settings, SettingsForm
from lti_app.catalog import ACTIVITY_TYPES
from lti_app.errors import NotThere, sentence
from lti_app.lti.content_items import MAX_TITLE
from lti_app.roster.placing import Placement


class LinkForm(FlaskForm):
    """What belongs to the link and not to the activity type: its title, and whether it counts.

    Its names have a prefix, so that a type's own form may use any; the token comes with that form.
    """

    class Meta:
        """The type's form, posted with this one, carries the token."""

        csrf = False

    title = StringField(
        lazy_gettext("Title"),
        description=lazy_gettext("What teachers click on in the course."),
        filters=[lambda text: " ".join((text or "").replace("\x00", "").split())],
        validators=[DataRequired(lazy_gettext("Give it a title.")), Length(max=MAX_TITLE)],
    )
    is_graded = BooleanField(
        lazy_gettext("Show in the gradebook"),
        description=lazy_gettext("Who completes the activity gets 1 of 1 there. Nobody is rated."),
    )

    @classmethod
    def showing(cls, *, title: str, is_graded: bool, may_be_graded: bool) -> "LinkForm":
        """Return the form, filled where nothing was submitted; without the switch where nothing can be graded."""
        form = cls(prefix="link-", title=title, is_graded=is_graded)
        if not may_be_graded:
            del form.is_graded
        return form

    def placement(self, kind: str, settings: Settings) -> Placement:
        """Return what a valid form holds, with the settings of the type's own."""
        is_graded = bool(self.is_graded.data) if "is_graded" in self else False
        return Placement(kind=kind, title=self.title.data, settings=settings.to_json(), is_graded=is_graded)


def type_of(kind: str) -> ActivityType:
    """Return the activity type of that key.

    Raises:
        NotThere: There is none.
    """
    if kind not in ACTIVITY_TYPES:
        raise NotThere(sentence("There is no such kind of activity."), sentence("Go back and choose another one."))
    return ACTIVITY_TYPES[kind]


def wants_preview() -> bool:
    """Whether what was submitted is to be looked at only: by the button, or by the page's script."""
    return request.form.get("then") == "preview"


def settings_page(
    template: str, activity_type: ActivityType, *, form: SettingsForm, before: Settings, title: str, **page: Any
) -> ResponseReturnValue:
    """Show the settings with the preview of what teachers will see; of wrong ones there is none.

    `before` is what is previewed until something was submitted.
    """
    is_right = not request.form or (form.validate() and page.get("is_right", True))
    shown = before if not request.form else form.settings() if is_right else None
    page |= {"form": form, "activity_type": activity_type, "settings_": shown}
    page["title"] = title or gettext(activity_type.label)
    return render_template(template, **page), 200 if is_right or wants_preview() else 422
