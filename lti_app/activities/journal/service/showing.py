"""An entry's content as it is read: its steps with what was answered to each."""

from dataclasses import dataclass

from markupsafe import Markup

from lti_app.activities.journal.prompts.sets import PromptSet
from lti_app.activities.journal.service.content import Content
from lti_app.activities.journal.service.markdown import to_html


@dataclass(frozen=True, kw_only=True)
class ShownStep:
    """One answered step: its heading as the prompt set writes it, or none, and the answer in Markdown."""

    heading: str
    text: str

    @property
    def html(self) -> Markup:
        """The answer as safe HTML."""
        return to_html(self.text)


def steps_shown(content: Content, prompt: PromptSet | None) -> tuple[ShownStep, ...]:
    """Return the answered steps in the order of the prompt, then answers to steps that it does not have.

    One question needs no heading over its answer; where the prompt is gone (None), there is none to show.
    """
    headings = {step.key: step.label for step in prompt.steps} if prompt else {}
    keys = dict.fromkeys((*headings, *content.answers))
    return tuple(
        ShownStep(heading=headings.get(key, "") if len(headings) > 1 else "", text=content.answers[key])
        for key in keys
        if content.answers.get(key, "").strip()
    )
