"""What was shared, as it is read and answered: step by step, its paragraphs counted through."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.orm import Session

from lti_app.activities.journal.prompts.sets import PromptSet
from lti_app.activities.journal.service.content import Content, content_of
from lti_app.activities.journal.service.markdown import paragraphs_of, to_plain
from lti_app.activities.journal.service.prompting import find_prompt
from lti_app.activities.journal.service.shared import Shared
from lti_app.activities.journal.service.showing import ShownStep, steps_shown
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
    """An answered step cut into the paragraphs that a reader can answer; the heading is as in `ShownStep`."""

    heading: str
    paragraphs: Sequence[Paragraph]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What somebody reads of an entry, or of an excerpt; `prompt_set` says what the headings are, None without any."""

    content: Content
    prompt_set: PromptSet | None
    steps: Sequence[ReadStep]

    @property
    def paragraphs(self) -> Sequence[Paragraph]:
        """All paragraphs in the order in which they are shown, counted from 0."""
        return [paragraph for step in self.steps for paragraph in step.paragraphs]


def reading_of(session: Session, activity: Activity, shared: Shared) -> Reading:
    """Return what was shared: of an entry all that it holds, of an excerpt the passage alone."""
    if shared.excerpt is not None:
        content, prompt = Content(title=shared.excerpt.title, answers={"": shared.excerpt.text}), None
    else:
        content = content_of(session, shared.entry)
        prompt = find_prompt(session, activity, key=shared.entry.prompt_key, version=shared.entry.prompt_version)
    return Reading(content=content, prompt_set=prompt, steps=_cut(steps_shown(content, prompt)))


def _cut(shown: Iterable[ShownStep]) -> Sequence[ReadStep]:
    steps, number = [], 0
    for step in shown:
        paragraphs = [Paragraph(number=number + at, text=text) for at, text in enumerate(paragraphs_of(step.text))]
        number += len(paragraphs)
        steps.append(ReadStep(heading=step.heading, paragraphs=paragraphs))
    return steps
