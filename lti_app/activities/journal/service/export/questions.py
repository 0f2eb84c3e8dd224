"""What entries were asked: their journals and prompt sets, read once for many entries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import JournalEntry
from lti_app.activities.journal.prompts.sets import PromptRef, PromptSet
from lti_app.activities.journal.service.prompting import find_prompts
from lti_app.models.activity import Activity
from lti_app.models.people import Context

Translate = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was asked in one step, in the reader's language, and the Markdown that answers it."""

    key: str
    question: str
    text: str


class Questions:
    """The journals and prompt sets of a person's entries; `translate` is for the texts that Staffroom ships."""

    def __init__(self, session: Session, translate: Translate) -> None:
        self._session = session
        self._translate = translate
        self._journals: dict[int, Any] = {}
        self._prompts: dict[tuple[int, PromptRef], PromptSet | None] = {}

    def read_for(self, rows: Sequence[JournalEntry]) -> None:
        """Read what these entries need and is not known yet: the journals at once, then each one's prompt sets."""
        unknown = {row.activity_id for row in rows} - set(self._journals)
        if unknown:
            found = self._session.execute(
                select(Activity, Context)
                .join(Context, Context.id == Activity.context_id)
                .where(Activity.id.in_(unknown))
            )
            self._journals |= {each.Activity.id: each for each in found}
        wanted: dict[int, set[PromptRef]] = {}
        for row in rows:
            if _place(row) not in self._prompts:
                wanted.setdefault(row.activity_id, set()).add(_ref(row))
        for activity_id, refs in wanted.items():
            sets = find_prompts(self._session, self._journals[activity_id].Activity, refs)
            # What was answered stays, whatever became of the question.
            self._prompts |= {(activity_id, ref): sets.get(ref) for ref in refs}

    def journal_of(self, row: JournalEntry) -> Any:
        """Return the row of the entry's `Activity` and `Context`."""
        return self._journals[row.activity_id]

    def prompt_of(self, row: JournalEntry) -> PromptSet | None:
        """Return the set that an entry answers, None where it is gone."""
        return self._prompts[_place(row)]

    def title_of(self, row: JournalEntry) -> str:
        """Return the title of the set that an entry answers; empty where it has none, or is gone."""
        prompt = self.prompt_of(row)
        return self._said(prompt.title, prompt) if prompt else ""

    def answered(self, row: JournalEntry, answers: Mapping[str, str]) -> list[Answer]:
        """Return answers in the steps' order; what no step asks for stands behind, without a question."""
        prompt = self.prompt_of(row)
        asked = {step.key: self._said(step.label, prompt) for step in prompt.steps} if prompt else {}
        return [
            Answer(key=key, question=asked.get(key, ""), text=answers[key])
            for key in dict.fromkeys((*asked, *answers))
            if answers.get(key)
        ]

    def _said(self, text: str, prompt: PromptSet) -> str:
        # The empty message id is the catalogue's own header.
        return self._translate(text) if text and prompt.is_shipped else text


def _ref(row: JournalEntry) -> PromptRef:
    return PromptRef(key=row.prompt_key, version=row.prompt_version)


def _place(row: JournalEntry) -> tuple[int, PromptRef]:
    return row.activity_id, _ref(row)
