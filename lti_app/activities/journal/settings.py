"""What a facilitator may set for a journal, kept as JSON with the activity."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from lti_app.activities.journal.prompts.sets import PromptRef
from lti_app.clock import Period
from lti_app.errors import sentence

KEY = "journal"
MAX_PROMPT = 4000
MAX_ENTRIES_REQUIRED = 100
MAX_MINIMUM_WORDS = 2000
_MOMENTS = ("opens_at", "due_at", "closes_at")
DEFAULT_PROMPT = sentence(
    "Think of one moment from your teaching this week that stayed with you. What happened, what did it tell"
    " you about your students or yourself, and what will you try next?"
)


class Mode(StrEnum):
    """What completes a journal; all but the first with a count."""

    ONE_PROMPT = "one_prompt"
    X_OF_Y = "x_of_y"
    N_ENTRIES = "n_entries"
    N_WEEKS = "n_weeks"


class Audience(StrEnum):
    """Who may read every entry, named before the first word is written, from the narrowest to the widest.

    An author may always share more; nobody else ever can.
    """

    AUTHOR = "author"
    FACILITATORS = "facilitators"
    WRITERS = "writers"

    def is_within(self, other: "Audience") -> bool:
        """Whether everybody of this audience is in the other one too.

        Facilitators do not write, so what writers may read is hidden from them: the two are not comparable.
        """
        return self in {other, Audience.AUTHOR}


@dataclass(frozen=True, kw_only=True)
class JournalSettings:
    """A journal's settings; each has a default that works.

    `mode` and `entries_required` (1 to 100) are the completion rule: that many entries, or as many that answer
    different prompts, or that were finished in different weeks. `minimum_words` may be 0. Nobody begins before
    `opens_at`; after `due_at` an entry is late but counts; after `closes_at` none can be finished.
    `prompts` are the prompt sets that may be answered, `retired` those of them that no new entry begins with; where
    there is none, the journal asks `prompt`, and an empty one means the default question. `may_revise` is whether
    an entry may be changed after it counted. `time_zone` is an IANA name; weeks are counted in it.
    """

    DEFAULT_PROMPT: ClassVar[str] = DEFAULT_PROMPT

    prompt: str = ""
    prompts: tuple[PromptRef, ...] = ()
    retired: tuple[PromptRef, ...] = ()
    mode: Mode = Mode.N_ENTRIES
    entries_required: int = 1
    minimum_words: int = 50
    opens_at: datetime | None = None
    due_at: datetime | None = None
    closes_at: datetime | None = None
    audience: Audience = Audience.AUTHOR
    may_revise: bool = True
    time_zone: str = "UTC"

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what an activity keeps; a setting it does not have takes its default."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in kept.items() if name in known}
        for name in _MOMENTS:
            if values.get(name):
                values[name] = datetime.fromisoformat(values[name])
        for name in ("prompts", "retired"):
            values[name] = tuple(PromptRef(**ref) for ref in values.get(name, ()))
        if "audience" in values:
            values["audience"] = Audience(values["audience"])
        if "mode" in values:
            values["mode"] = Mode(values["mode"])
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """Return what the activity keeps: moments as ISO 8601 in UTC."""
        values = asdict(self)
        for name in _MOMENTS:
            values[name] = values[name].isoformat() if values[name] else None
        for name in ("prompts", "retired"):
            values[name] = list(values[name])
        return {**values, "audience": self.audience.value, "mode": self.mode.value}

    @property
    def rule(self) -> tuple[Mode, int, str]:
        """What completion depends on: a change of it is a new version of the rule. The zone decides on weeks alone."""
        return self.mode, self.entries_required, self.time_zone if self.mode is Mode.N_WEEKS else ""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that weeks are counted in."""
        return ZoneInfo(self.time_zone)

    @property
    def available(self) -> Period:
        """When the LMS should show the journal: always, since what was written stays readable."""
        return Period()

    @property
    def submission(self) -> Period:
        """When entries can be begun and finished; the due date is soft, and stays out of this."""
        return Period(start=self.opens_at, end=self.closes_at)

    def is_closed(self, at: datetime) -> bool:
        """Whether nothing can be finished any more by those without an extension, see `service.extensions`."""
        return self.closes_at is not None and at >= self.closes_at
