"""The journal's forms, and what they do with bad input."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, HiddenField, IntegerField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from lti_app.activities.journal.settings import (
    DEFAULT_PROMPT,
    MAX_ENTRIES_REQUIRED,
    MAX_MINIMUM_WORDS,
    MAX_PROMPT,
    JournalSettings,
)


class SettingsForm(FlaskForm):
    """What a facilitator may set; times are typed in the zone of `time_zone`, an IANA name the browser fills in."""

    prompt = TextAreaField(
        lazy_gettext("Prompt"),
        description=lazy_gettext("What teachers write about. Leave it empty for Staffroom's own."),
        validators=[Length(max=MAX_PROMPT)],
        render_kw={"placeholder": lazy_gettext(DEFAULT_PROMPT)},
    )
    entries_required = IntegerField(
        lazy_gettext("Entries needed"),
        description=lazy_gettext("How many finished entries complete the activity."),
        validators=[InputRequired(), NumberRange(1, MAX_ENTRIES_REQUIRED)],
    )
    minimum_words = IntegerField(
        lazy_gettext("Minimum words per entry"),
        description=lazy_gettext("0 if any length will do."),
        validators=[InputRequired(), NumberRange(0, MAX_MINIMUM_WORDS)],
    )
    due_at = DateTimeLocalField(
        lazy_gettext("Due"),
        description=lazy_gettext("Later entries count too; they are marked late."),
        validators=[Optional()],
    )
    closes_at = DateTimeLocalField(
        lazy_gettext("Closes"),
        description=lazy_gettext("After this no entry can be finished. Drafts stay."),
        validators=[Optional()],
    )
    time_zone = HiddenField(default="UTC")

    @classmethod
    def showing(cls, settings: JournalSettings) -> "SettingsForm":
        """Return the form, filled with the settings where nothing was submitted; moments in UTC."""
        return cls(
            prompt=settings.prompt,
            entries_required=settings.entries_required,
            minimum_words=settings.minimum_words,
            due_at=settings.due_at,
            closes_at=settings.closes_at,
        )

    def validate(self, extra_validators: dict[str, list[object]] | None = None) -> bool:
        """Check each field, the time zone, and that the journal closes after it is due."""
        is_valid = bool(super().validate(extra_validators=extra_validators))
        has_dates = bool(self.due_at.data or self.closes_at.data)
        if has_dates and _zone(self.time_zone.data) is None:
            self.closes_at.errors = [gettext("Your browser's time zone is unknown to Staffroom.")]
            return False
        for field in (self.due_at, self.closes_at):
            if field.data and not 2000 <= field.data.year < 2200:
                field.errors = [gettext("This is not a date that Staffroom can use.")]
                is_valid = False
        if self.due_at.data and self.closes_at.data and self.closes_at.data < self.due_at.data:
            self.closes_at.errors = [gettext("The journal cannot close before it is due.")]
            return False
        return is_valid

    def settings(self) -> JournalSettings:
        """Return what a valid form holds."""
        zone = _zone(self.time_zone.data) or ZoneInfo("UTC")
        return JournalSettings(
            prompt=(self.prompt.data or "").replace("\x00", "").strip(),
            entries_required=self.entries_required.data,
            minimum_words=self.minimum_words.data,
            due_at=_moment(self.due_at.data, zone),
            closes_at=_moment(self.closes_at.data, zone),
        )


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _moment(typed: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if typed is None else typed.replace(tzinfo=zone).astimezone(UTC)
