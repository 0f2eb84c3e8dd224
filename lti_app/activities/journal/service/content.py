"""What an entry holds, as one value: read from the editor's fields or from a row, compared, and put back."""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import EntryTag, JournalEntry, TagKind
from lti_app.activities.journal.prompts.sets import PromptSet
from lti_app.activities.journal.service.words import storable

ANSWER = "answer-"
MAX_TITLE = 200
MAX_TAG = 60
# Characters that one field of tags, or the field of links, takes; the page's own fields take no more.
MAX_TAGS_TYPED = 600
MAX_LINKS_TYPED = 8000
MOST_SUGGESTIONS = 50

_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True)
class Link:
    """An address that an entry points to, and what its author calls it; a draft's may be half typed."""

    url: str
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Content:
    """All that an author writes into an entry; `answers` are Markdown by the steps' keys, in the steps' order."""

    title: str = ""
    answers: Mapping[str, str]
    event_on: date | None = None
    topics: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def text(self) -> str:
        """The answers in order, as lists, searches and word counts read them."""
        return "\n\n".join(answer for answer in self.answers.values() if answer)

    @classmethod
    def from_fields(cls, fields: Mapping[str, str], prompt: PromptSet) -> Self:
        """Read the fields of an editor's page; whatever they hold, this gives something that can be kept."""
        clean = {name: storable(fields.get(name, "")) for name in _field_names(prompt)}
        return cls(
            title=_BLANKS.sub(" ", clean["title"])[:MAX_TITLE],
            answers={step.key: clean[ANSWER + step.key] for step in prompt.steps},
            event_on=_day(clean["event_on"]),
            topics=parted(clean["topics"]),
            goals=parted(clean["goals"]),
            links=_links(clean["links"]),
        )

    def to_fields(self) -> dict[str, str]:
        """Return the fields that an editor's page shows; reading them again gives the same content."""
        return {
            "title": self.title,
            **{ANSWER + key: answer for key, answer in self.answers.items()},
            "event_on": self.event_on.isoformat() if self.event_on else "",
            "topics": _joined(self.topics),
            "goals": _joined(self.goals),
            "links": "\n".join(f"{link.url} {link.label}".strip() for link in self.links),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what an earlier version keeps."""
        return cls(
            title=kept["title"],
            answers=kept["answers"],
            event_on=_day(kept["event_on"]),
            topics=tuple(kept["topics"]),
            goals=tuple(kept["goals"]),
            links=tuple(Link(**link) for link in kept["links"]),
        )

    def to_json(self) -> dict[str, Any]:
        """Return what an earlier version keeps."""
        return {
            "title": self.title,
            "answers": dict(self.answers),
            "event_on": self.event_on.isoformat() if self.event_on else "",
            "topics": list(self.topics),
            "goals": list(self.goals),
            "links": [asdict(link) for link in self.links],
        }

    def columns(self) -> dict[str, Any]:
        """Return the values of the entry's own row; the tags are rows of their own, see `put_tags`."""
        return {
            "title": self.title,
            "answers": dict(self.answers),
            "text": self.text,
            "event_on": self.event_on,
            "links": [asdict(link) for link in self.links],
        }


def content_of(session: Session, entry: JournalEntry) -> Content:
    """Return what an entry holds now."""
    return content_with(entry, _tags_of(session, entry.id))


def content_with(entry: JournalEntry, tags: Mapping[TagKind, tuple[str, ...]]) -> Content:
    """Return what an entry holds with tags that were read already."""
    return Content(
        title=entry.title,
        answers=dict(entry.answers),
        event_on=entry.event_on,
        topics=tags[TagKind.TOPIC],
        goals=tags[TagKind.GOAL],
        links=tuple(Link(**link) for link in entry.links),
    )


def put_tags(session: Session, entry_id: int, content: Content) -> None:
    """File the entry under the content's topics and goals, and under no others."""
    wanted = {TagKind.TOPIC: content.topics, TagKind.GOAL: content.goals}
    if _tags_of(session, entry_id) == wanted:
        return
    session.execute(delete(EntryTag).where(EntryTag.entry_id == entry_id))
    for kind, names in wanted.items():
        session.add_all(EntryTag(entry_id=entry_id, kind=kind, name=name) for name in names)
    session.flush()


def own_tags(session: Session, *, user_id: int) -> Mapping[TagKind, Sequence[str]]:
    """Return the topics and goals that a person has used, the last used first, at most 50 of each."""
    rows = session.execute(
        select(EntryTag.kind, EntryTag.name)
        .join(JournalEntry, JournalEntry.id == EntryTag.entry_id)
        .where(JournalEntry.user_id == user_id)
        .group_by(EntryTag.kind, EntryTag.name)
        .order_by(func.max(EntryTag.id).desc())
        .limit(4 * MOST_SUGGESTIONS)
    ).all()
    return {kind: [row.name for row in rows if row.kind is kind][:MOST_SUGGESTIONS] for kind in TagKind}


def parted(typed: str) -> tuple[str, ...]:
    """Return the names in a list parted by commas, each once; one of more than 60 characters becomes several."""
    names: dict[str, str] = {}
    for part in typed[:MAX_TAGS_TYPED].split(","):
        for name in textwrap.wrap(_BLANKS.sub(" ", part).strip(), MAX_TAG):
            names.setdefault(name.casefold(), name)
    return tuple(names.values())


def _joined(names: Iterable[str]) -> str:
    """Return names as they are typed; closer together where the field would take not all of them else."""
    text = ", ".join(names)
    return text if len(text) <= MAX_TAGS_TYPED else text.replace(", ", ",")


def _field_names(prompt: PromptSet) -> Iterable[str]:
    return ("title", "event_on", "topics", "goals", "links", *(ANSWER + step.key for step in prompt.steps))


def _tags_of(session: Session, entry_id: int) -> dict[TagKind, tuple[str, ...]]:
    rows = session.execute(
        select(EntryTag.kind, EntryTag.name).where(EntryTag.entry_id == entry_id).order_by(EntryTag.id)
    ).all()
    return {kind: tuple(row.name for row in rows if row.kind is kind) for kind in TagKind}


def _links(typed: str) -> tuple[Link, ...]:
    """Read one link a line: the address, a blank, what it is called."""
    lines = (_BLANKS.sub(" ", line).strip() for line in typed[:MAX_LINKS_TYPED].split("\n"))
    parts = (line.partition(" ") for line in lines if line)
    return tuple(Link(url=url, label=label) for url, _, label in parts)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
