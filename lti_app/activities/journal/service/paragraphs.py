"""What was shared, as it is read and answered: step by step, its paragraphs counted through."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.orm import Session

from lti_app.activities.journal.models import JournalEntry
from lti_app.activities.journal.prompts.sets import Step
from lti_app.activities.journal.service.markdown import paragraphs_of, to_plain
from lti_app.activities.journal.service.prompting import NoSuchPrompt, prompt_of
from lti_app.activities.journal.service.shared import Shared
from lti_app.models.activity import Activity


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """One paragraph of what was shared, counted from 0; `mark` is told with a response, so that it is not misplaced."""

    number: int
    text: str

    @property
    def words(self) -> str:
        """The paragraph's words on one line, without marks."""
        return " ".join(to_plain(self.text).split())

    @property
    def mark(self) -> str:
        """What this paragraph is known by: the same words have the same mark."""
        return sha256(self.text.encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class ReadStep:
    """A step of a shared entry with its paragraphs; `step` is None for an excerpt and for a prompt that is gone."""

    step: Step | None
    is_shipped: bool
    paragraphs: Sequence[Paragraph]


def read_steps(session: Session, activity: Activity, shared: Shared) -> Sequence[ReadStep]:
    """Return what was shared step by step, its paragraphs counted through."""
    if shared.excerpt is not None:
        texts: list[tuple[Step | None, str]] = [(None, shared.excerpt.text)]
        is_shipped = False
    else:
        texts, is_shipped = _answers(session, activity, shared.entry)
    steps, number = [], 0
    for step, text in texts:
        paragraphs = [Paragraph(number=number + place, text=each) for place, each in enumerate(paragraphs_of(text))]
        number += len(paragraphs)
        if paragraphs:
            steps.append(ReadStep(step=step, is_shipped=is_shipped, paragraphs=paragraphs))
    return steps


def _answers(session: Session, activity: Activity, entry: JournalEntry) -> tuple[list[tuple[Step | None, str]], bool]:
    """Return the entry's texts in the order of its prompt's steps; what has no step comes last."""
    if not entry.answers:
        return [(None, entry.text)], False
    try:
        prompt = prompt_of(session, activity, key=entry.prompt_key, version=entry.prompt_version)
    except NoSuchPrompt:
        return [(None, text) for text in entry.answers.values()], False
    known = {step.key for step in prompt.steps}
    steps: list[tuple[Step | None, str]] = [(step, entry.answers.get(step.key, "")) for step in prompt.steps]
    others = [(None, text) for key, text in entry.answers.items() if key not in known]
    return [*steps, *others], prompt.is_shipped
