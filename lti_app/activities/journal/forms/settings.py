"""The form of a journal's settings, when it is placed and later."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Field,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from lti_app.activities.journal.forms.times import as_kept, as_typed, check_years, zone_of
from lti_app.activities.journal.prompts.sets import PromptRef, PromptSet, newest_shipped, shipped_sets, single_prompt
from lti_app.activities.journal.service.rules import Locks
from lti_app.activities.journal.settings import (
    DEFAULT_PROMPT,
    MAX_ENTRIES_REQUIRED,
    MAX_MINIMUM_WORDS,
    MAX_PROMPT,
    Audience,
    JournalSettings,
    Mode,
)

MODES = {
    Mode.ONE_PROMPT: lazy_gettext("One entry, to a prompt of the teacher’s choice"),
    Mode.X_OF_Y: lazy_gettext("Entries to different prompts: so many of those offered"),
    Mode.N_ENTRIES: lazy_gettext("A number of entries, to whichever prompt"),
    Mode.N_WEEKS: lazy_gettext("Entries in different weeks, Monday to Sunday"),
}
AUDIENCES = {
    Audience.AUTHOR: lazy_gettext("Only the author. Teachers may share an entry themselves."),
    Audience.FACILITATORS: lazy_gettext("The author and the facilitators of this course."),
    Audience.WRITERS: lazy_gettext("The author and everyone who writes here; not the facilitators."),
}


class SettingsForm(FlaskForm):
    """What a facilitator may set; times are typed in the zone of `time_zone`, which the browser fills in.

    `before` are the settings as they stand, `offered` the prompt sets to choose from, `locks` what the entries hold
    fast.
    """

    before: JournalSettings = JournalSettings()
    offered: Sequence[PromptSet] = ()
    locks: Locks = Locks()

    prompts = SelectMultipleField(
        lazy_gettext("Ready-made prompts"),
        description=lazy_gettext("Teachers choose among those you tick. Tick none to ask a question of your own."),
        choices=[],
        validate_choice=False,
    )
    retired = SelectMultipleField(lazy_gettext("No new entries"), choices=[], validate_choice=False)
    prompt = TextAreaField(
        lazy_gettext("Your own question"),
        description=lazy_gettext("Asked where no prompt is ticked. Leave it empty for Staffroom's own."),
        validators=[Length(max=MAX_PROMPT)],
        render_kw={"placeholder": lazy_gettext(DEFAULT_PROMPT)},
    )
    mode = RadioField(
        lazy_gettext("What completes it"),
        description=lazy_gettext("Private entries count as much as shared ones."),
        choices=[SelectChoice(mode.value, label) for mode, label in MODES.items()],
    )
    entries_required = IntegerField(
        lazy_gettext("How many"),
        description=lazy_gettext("Finished entries needed, prompts or weeks by what you chose above."),
        validators=[InputRequired(), NumberRange(1, MAX_ENTRIES_REQUIRED)],
    )
    minimum_words = IntegerField(
        lazy_gettext("Minimum words per entry"),
        description=lazy_gettext("0 if any length will do."),
        validators=[InputRequired(), NumberRange(0, MAX_MINIMUM_WORDS)],
    )
    opens_at = DateTimeLocalField(
        lazy_gettext("Opens"),
        description=lazy_gettext("Nobody can begin before. Leave it empty to open at once."),
        validators=[Optional()],
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
    audience = RadioField(
        lazy_gettext("Who can read the entries"),
        description=lazy_gettext("Teachers read this before they write. Once somebody has begun, nobody can be added."),
        choices=[SelectChoice(audience.value, label) for audience, label in AUDIENCES.items()],
    )
    may_revise = BooleanField(
        lazy_gettext("Entries may be revised after they counted"),
        description=lazy_gettext("The credit stays either way; earlier wordings stay with the author."),
    )
    time_zone = StringField(
        lazy_gettext("Time zone"),
        description=lazy_gettext("For the dates here, and for when a week begins. Your browser fills it in."),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )

    @classmethod
    def showing(
        cls, settings: JournalSettings, *, offered: Sequence[PromptSet] | None = None, locks: Locks | None = None
    ) -> "SettingsForm":
        """Return the form, filled with the settings where nothing was submitted; moments in the settings' zone.

        Without `offered`, the prompt sets to choose from are those that Staffroom ships.
        """
        form = cls(
            prompts=[str(ref) for ref in settings.prompts],
            retired=[str(ref) for ref in settings.retired],
            prompt=settings.prompt,
            mode=settings.mode.value,
            entries_required=settings.entries_required,
            minimum_words=settings.minimum_words,
            opens_at=as_typed(settings.opens_at, settings.zone),
            due_at=as_typed(settings.due_at, settings.zone),
            closes_at=as_typed(settings.closes_at, settings.zone),
            audience=settings.audience.value,
            may_revise=settings.may_revise,
            time_zone=settings.time_zone,
        )
        form.before, form.locks = settings, locks or Locks()
        form.offered = _shipped(settings) if offered is None else offered
        return form

    def validate(self, extra_validators: dict[str, list[object]] | None = None) -> bool:
        """Check each field, and that they go together."""
        is_valid = bool(super().validate(extra_validators=extra_validators))
        checks = (self._check_zone, self._check_prompts, self._check_count, self._check_order)
        # Each has something to say beside its own field; all of them are asked.
        return all([check_years((self.opens_at, self.due_at, self.closes_at)), *(check() for check in checks)]) and (
            is_valid
        )

    def settings(self) -> JournalSettings:
        """Return what a valid form holds."""
        zone = zone_of(self.time_zone.data) or ZoneInfo("UTC")
        mode = Mode(self.mode.data)
        prompts = tuple(prompt.ref for prompt in self.chosen())
        return JournalSettings(
            prompt=(self.prompt.data or "").replace("\x00", "").strip(),
            prompts=prompts,
            retired=tuple(ref for ref in prompts if str(ref) in self.retired.data),
            mode=mode,
            entries_required=1 if mode is Mode.ONE_PROMPT else self.entries_required.data,
            minimum_words=self.minimum_words.data,
            opens_at=as_kept(self.opens_at.data, zone),
            due_at=as_kept(self.due_at.data, zone),
            closes_at=as_kept(self.closes_at.data, zone),
            audience=Audience(self.audience.data),
            may_revise=bool(self.may_revise.data),
            time_zone=zone.key,
        )

    def chosen(self) -> Sequence[PromptSet]:
        """Return the sets that are ticked, in the order in which they are offered."""
        return [prompt for prompt in self.offered if str(prompt.ref) in (self.prompts.data or ())]

    def asked(self) -> Sequence[PromptSet]:
        """Return what teachers would be asked: the ticked sets that are not retired, or the one question."""
        asked = [prompt for prompt in self.chosen() if str(prompt.ref) not in (self.retired.data or ())]
        own = (self.prompt.data or "").strip()
        return asked or [single_prompt(own or DEFAULT_PROMPT, is_shipped=not own)]

    def is_locked(self, ref: PromptRef) -> bool:
        """Whether a set can be retired only, since somebody answered it."""
        return ref in self.locks.answered and ref in self.before.prompts

    def is_earlier(self, prompt: PromptSet) -> bool:
        """Whether a newer wording of the same set is offered too."""
        return any(other.key == prompt.key and other.version > prompt.version for other in self.offered)

    def may_be_audience(self, name: str) -> bool:
        """Whether this audience can still be chosen."""
        return not self.locks.has_entries or Audience(name).is_within(self.before.audience)

    def _check_zone(self) -> bool:
        if zone_of(self.time_zone.data) is not None:
            return True
        return _refuse(self.time_zone, gettext("Staffroom knows no time zone of this name. Try one like Europe/Paris."))

    def _check_prompts(self) -> bool:
        known = {str(prompt.ref) for prompt in self.offered}
        if not set(self.prompts.data or ()) <= known:
            return _refuse(self.prompts, gettext("One of these prompts is not offered in this course. Choose again."))
        asked = [prompt.key for prompt in self.asked()]
        if self.chosen() and len(self.retired.data or ()) >= len(self.chosen()):
            return _refuse(self.prompts, gettext("Leave at least one prompt that a new entry can begin with."))
        if len(set(asked)) < len(asked):
            return _refuse(self.prompts, gettext("Choose one wording of each prompt; the other one can be retired."))
        return True

    def _check_count(self) -> bool:
        required, offered = self.entries_required.data, len(self.asked())
        if self.mode.data != Mode.X_OF_Y or required is None or required <= offered:
            return True
        sentence = gettext(
            "You ask for %(required)s different prompts and offer %(offered)s. Tick more, or ask for fewer.",
            required=required,
            offered=offered,
        )
        return _refuse(self.entries_required, sentence)

    def _check_order(self) -> bool:
        opens, due, closes = self.opens_at.data, self.due_at.data, self.closes_at.data
        if due and closes and closes < due:
            return _refuse(self.closes_at, gettext("The journal cannot close before it is due."))
        if opens and due and due <= opens:
            return _refuse(self.due_at, gettext("The journal cannot be due before it opens."))
        if opens and closes and closes <= opens:
            return _refuse(self.closes_at, gettext("The journal cannot close before it opens."))
        return True


def _refuse(field: Field, sentence: str) -> bool:
    """Say what is wrong beside a field, unless something is said there already; return False."""
    field.errors = list(field.errors) or [sentence]
    return False


def _shipped(settings: JournalSettings) -> Sequence[PromptSet]:
    """Return the newest of each shipped set, and those that are chosen already, which come first."""
    chosen = [shipped_sets()[ref] for ref in settings.prompts if ref in shipped_sets()]
    return [*chosen, *(prompt for prompt in newest_shipped() if prompt not in chosen)]
