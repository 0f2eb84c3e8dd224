"""The form that gives one person longer."""

from datetime import datetime

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField
from wtforms.validators import Optional

from lti_app.activities.journal.forms.times import as_kept, as_typed, check_years
from lti_app.activities.journal.service.extensions import Window
from lti_app.activities.journal.settings import JournalSettings


class ExtensionForm(FlaskForm):
    """A person's own dates, typed in the journal's time zone; only those that the journal has for everybody."""

    settings: JournalSettings

    due_at = DateTimeLocalField(
        lazy_gettext("Due for this person"),
        description=lazy_gettext("Until then nothing of theirs is late."),
        validators=[Optional()],
    )
    closes_at = DateTimeLocalField(
        lazy_gettext("Closes for this person"),
        description=lazy_gettext("Until then they can finish entries."),
        validators=[Optional()],
    )

    @classmethod
    def showing(cls, settings: JournalSettings, window: Window) -> "ExtensionForm":
        """Return the form, filled with the dates that hold for the person now."""
        form = cls(due_at=as_typed(window.due_at, settings.zone), closes_at=as_typed(window.closes_at, settings.zone))
        for name in ("due_at", "closes_at"):
            if getattr(settings, name) is None:
                delattr(form, name)
        form.settings = settings
        return form

    def validate(self, extra_validators: dict[str, list[object]] | None = None) -> bool:
        """Check that each date is one, none is earlier than everybody's, and that it closes after it is due."""
        is_valid = bool(super().validate(extra_validators=extra_validators)) and check_years(list(self._dates()))
        if not is_valid:
            return False
        for field in self._dates():
            own, for_all = self._kept(field.short_name), getattr(self.settings, field.short_name)
            if own is not None and own < for_all:
                field.errors = [gettext("Give a date that is not earlier than everybody's.")]
                is_valid = False
        due, closes = self._kept("due_at"), self._kept("closes_at")
        if is_valid and due and (closes or self.settings.closes_at or due) < due:
            self._dates()[-1].errors = [gettext("It cannot close before it is due.")]
            return False
        return is_valid

    def window(self) -> Window:
        """Return the person's own dates, in UTC; None where everybody's holds."""
        return Window(due_at=self._own("due_at"), closes_at=self._own("closes_at"))

    def _dates(self) -> list[DateTimeLocalField]:
        return [self[name] for name in ("due_at", "closes_at") if name in self]

    def _own(self, name: str) -> datetime | None:
        kept = self._kept(name)
        return None if kept == getattr(self.settings, name) else kept

    def _kept(self, name: str) -> datetime | None:
        return as_kept(self[name].data, self.settings.zone) if name in self else None
