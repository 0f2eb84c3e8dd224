"""The form in which a facilitator writes a prompt set; its steps are added, removed and moved without script."""

import re
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from lti_app.activities.journal.prompts.sets import PromptSet, Step

MAX_STEPS = 12
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_DEED = re.compile(r"(remove|up|down)-(\d{1,2})")


def _tidy(text: str | None) -> str:
    """Return the text on one line, without what no database takes."""
    plain = (text or "").encode("utf-8", "replace").decode("utf-8")
    return " ".join(plain.replace("\x00", "").split())


class StepForm(Form):
    """One step: what is asked, a line that helps to begin, and whether it has to be answered."""

    key = HiddenField()
    label = StringField(
        lazy_gettext("Question"),
        description=lazy_gettext("What the teacher answers in this step."),
        filters=[_tidy],
        validators=[DataRequired(lazy_gettext("Write what is asked in this step, or remove it.")), Length(max=300)],
    )
    hint = StringField(
        lazy_gettext("Hint"),
        description=lazy_gettext("A line that helps to begin. May stay empty."),
        filters=[_tidy],
        validators=[Length(max=500)],
    )
    is_required = BooleanField(
        lazy_gettext("Has to be answered"),
        description=lazy_gettext("An entry can be finished once all such steps are."),
        default=True,
    )


class PromptSetForm(FlaskForm):
    """A prompt set as it is written: title, summary, and steps in order."""

    title = StringField(
        lazy_gettext("Title"),
        description=lazy_gettext("What teachers choose by."),
        filters=[_tidy],
        validators=[DataRequired(lazy_gettext("Give it a title.")), Length(max=200)],
    )
    summary = TextAreaField(
        lazy_gettext("Summary"),
        description=lazy_gettext("One sentence: what it is good for. May stay empty."),
        filters=[_tidy],
        validators=[Length(max=500)],
    )
    steps = FieldList(FormField(StepForm), min_entries=1, max_entries=MAX_STEPS)
    offer_here = BooleanField(
        lazy_gettext("Offer it in this journal"),
        description=lazy_gettext("Teachers can begin with it at once. Entries that answer an earlier wording keep it."),
        default=True,
    )

    @classmethod
    def showing(cls, prompt: PromptSet | None) -> "PromptSetForm":
        """Return the form, filled with the set where nothing was submitted; without one, with an empty step."""
        if prompt is None:
            return cls()
        return cls(title=prompt.title, summary=prompt.summary, steps=[step.to_json() for step in prompt.steps])

    def validate(self, extra_validators: dict[str, list[object]] | None = None) -> bool:
        """Check each field, and that at least one step has to be answered."""
        is_valid = bool(super().validate(extra_validators=extra_validators))
        if not any(step.is_required.data for step in self.steps):
            self.steps[0].form.is_required.errors = [gettext("At least one step has to be answered.")]
            return False
        return is_valid

    def rearranged(self, deed: str) -> "tuple[PromptSetForm, int] | None":
        """Return the form after a deed on its steps, and the number of the step that it was about; else None.

        Deeds are "add", "remove-2", "up-2", "down-2"; steps count from 0. What is impossible changes nothing.
        """
        found = _DEED.fullmatch(deed)
        if deed != "add" and found is None:
            return None
        steps = [step.data for step in self.steps]
        number = len(steps) if found is None else min(int(found[2]), len(steps) - 1)
        number = _rearrange(steps, "add" if found is None else found[1], number)
        form = PromptSetForm(
            formdata=None,
            title=self.title.data,
            summary=self.summary.data,
            steps=steps,
            offer_here=self.offer_here.data,
        )
        return form, number

    def prompt(self) -> PromptSet:
        """Return what a valid form holds; key and version are the keeper's to give."""
        keys: list[str] = []
        for step in self.steps:
            keys.append(_free_key(step.form.key.data, taken=keys))
        steps = tuple(
            Step(
                key=key,
                label=step.form.label.data,
                hint=step.form.hint.data,
                is_required=bool(step.form.is_required.data),
            )
            for key, step in zip(keys, self.steps, strict=True)
        )
        return PromptSet(
            key="", version=1, title=self.title.data, summary=self.summary.data, steps=steps, is_shipped=False
        )


def _rearrange(steps: list[dict[str, Any]], deed: str, number: int) -> int:
    """Change the list of steps in place, and return the number of the step to look at."""
    if deed == "add":
        if len(steps) < MAX_STEPS:
            steps.append({"key": "", "label": "", "hint": "", "is_required": True})
        return len(steps) - 1
    if deed == "remove":
        if len(steps) > 1:
            del steps[number]
        return min(number, len(steps) - 1)
    other = max(0, number - 1) if deed == "up" else min(len(steps) - 1, number + 1)
    steps[number], steps[other] = steps[other], steps[number]
    return other


def _free_key(wanted: str | None, *, taken: list[str]) -> str:
    """Return the step's own key where it has one that can stay, else the next free one."""
    if wanted and _KEY.fullmatch(wanted) and wanted not in taken:
        return wanted
    return next(key for number in range(1, 2 * MAX_STEPS + 2) if (key := f"step-{number}") not in taken)
