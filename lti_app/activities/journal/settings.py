"""What a facilitator may set for a journal, kept as JSON with the activity."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self

from lti_app.activities.journal.prompts.sets import PromptRef
from lti_app.clock import Period
from lti_app.errors import sentence

KEY = "journal"
MAX_PROMPT = 4000
MAX_ENTRIES_REQUIRED = 100
MAX_MINIMUM_WORDS = 2000
DEFAULT_PROMPT = sentence(
    "Think of one moment from your teaching this week that stayed with you. What happened, what did it tell"
    " you about your students or yourself, and what will you try next?"
)


class Audience(StrEnum):
    """Who may read an entry, named before the first word is written."""

    AUTHOR = "author"


@dataclass(frozen=True, kw_only=True)
class JournalSettings:
    """A journal's settings; each has a default that works.

    `entries_required` is the completion rule (1 to 100). `minimum_words` may be 0. After `due_at` an entry
    is late but counts; after `closes_at` none can be finished. `prompts` are the prompt sets that may be answered;
    where there is none, the journal asks `prompt`, and an empty one means the default question.
    """

    DEFAULT_PROMPT: ClassVar[str] = DEFAULT_PROMPT

    prompt: str = ""
    prompts: tuple[PromptRef, ...] = ()
    entries_required: int = 1
    minimum_words: int = 50
    due_at: datetime | None = None
    closes_at: datetime | None = None
    audience: Audience = Audience.AUTHOR

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what an activity keeps; a setting it does not have takes its default."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in kept.items() if name in known}
        for name in ("due_at", "closes_at"):
            if values.get(name):
                values[name] = datetime.fromisoformat(values[name])
        values["prompts"] = tuple(PromptRef(**ref) for ref in values.get("prompts", ()))
        if "audience" in values:
            values["audience"] = Audience(values["audience"])
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """Return what the activity keeps: moments as ISO 8601 in UTC."""
        values = asdict(self)
        for name in ("due_at", "closes_at"):
            values[name] = values[name].isoformat() if values[name] else None
        return {**values, "prompts": [asdict(ref) for ref in self.prompts], "audience": self.audience.value}

    @property
    def available(self) -> Period:
        """When the LMS should show the journal: always, since what was written stays readable."""
        return Period()

    @property
    def submission(self) -> Period:
        """When entries can be finished; the due date is soft, and stays out of this."""
        return Period(end=self.closes_at)

    def is_closed(self, at: datetime) -> bool:
        """Whether nothing can be finished any more."""
        return self.closes_at is not None and at >= self.closes_at
