"""Finishing an entry: the deed that counts."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.activities.journal.progress import ENTRY_FINISHED, measure
from lti_app.activities.journal.prompts.sets import PromptSet
from lti_app.activities.journal.service.content import Content, Link, content_of
from lti_app.activities.journal.service.extensions import Window, window_of
from lti_app.activities.journal.service.prompting import prompt_of
from lti_app.activities.journal.service.words import count_words
from lti_app.activities.journal.settings import JournalSettings
from lti_app.errors import ToolError, sentence
from lti_app.gradebook.completion import record_fact, record_progress
from lti_app.models.activity import Activity
from lti_app.models.people import Membership

MAX_FINISHED_CHARACTERS = 50_000
# An entry may be about something planned, but not about a mistyped year.
FARTHEST_EVENT = timedelta(days=366)
LINK_SCHEMES = {"http", "https"}

log = structlog.get_logger()


class CannotFinish(ToolError):
    """An entry that cannot be finished yet; its text is saved as a draft. `field` is where on the page to look."""

    status = 422
    field = ""


class StepMissing(CannotFinish):
    """A step that has to be answered and is not: `step` in the sentence, which may be a message id itself."""


def finish(session: Session, activity: Activity, *, member: Membership, entry: JournalEntry, at: datetime) -> None:
    """Finish a saved draft: the entry, the fact, the progress, and, when it is enough, the score that is owed.

    Finishing twice is finishing once.

    Raises:
        CannotFinish: The journal is closed, a step is not answered, or the text is too short or too long.
    """
    if entry.state is EntryState.FINISHED:
        return
    _check_open(window_of(session, activity, member.user_id), at=at)
    check_content(session, activity, entry=entry, at=at)
    finished = session.execute(
        update(JournalEntry)
        .where(JournalEntry.id == entry.id, JournalEntry.state == EntryState.DRAFT)
        .values(state=EntryState.FINISHED, finished_at=at, version=JournalEntry.version + 1)
        .returning(JournalEntry.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    session.refresh(entry)
    if finished is None:
        return
    # The rule may not change between being read here and the commit; see `change_settings`.
    session.refresh(activity, with_for_update={"read": True})
    record_fact(session, activity, user_id=member.user_id, kind=ENTRY_FINISHED, subject_id=entry.id, occurred_at=at)
    record_progress(session, activity, member=member, progress=measure(activity, member), at=at)
    log.info("entry_finished", entry_id=entry.id, activity_id=activity.id, user_id=member.user_id)


def check_content(session: Session, activity: Activity, *, entry: JournalEntry, at: datetime) -> None:
    """Check that a draft holds what a finished entry needs.

    Raises:
        CannotFinish: A step is not answered, the text is too short or too long, or a link or the date is wrong.
    """
    content = content_of(session, entry)
    prompt = prompt_of(session, activity, key=entry.prompt_key, version=entry.prompt_version)
    settings = JournalSettings.from_json(activity.settings)
    _check_length(content.text)
    _check_steps(content, prompt)
    _check_words(content.text, minimum=settings.minimum_words)
    _check_links(content.links)
    if content.event_on and content.event_on > (at + FARTHEST_EVENT).date():
        raise _at_field(
            "event_on",
            sentence("The date of the event is more than a year ahead."),
            sentence("Everything is saved as a draft. Correct the date, or leave it empty, then finish."),
        )


def _check_open(window: Window, *, at: datetime) -> None:
    if window.is_before(at):
        raise CannotFinish(
            sentence("This journal is not open yet, so the entry cannot be finished."),
            sentence("Your text is saved as a draft. Finish it once the journal is open."),
        )
    if window.is_closed(at):
        raise CannotFinish(
            sentence("This journal has closed, so the entry cannot be finished."),
            sentence("Your text is saved as a draft. Ask your facilitator to open the journal again."),
        )


def _check_length(text: str) -> None:
    if len(text) > MAX_FINISHED_CHARACTERS:
        raise CannotFinish(
            sentence("This entry has %(characters)s characters; %(limit)s is the most that one entry can hold."),
            sentence("Your text is saved as a draft. Move a part of it into a second entry."),
            values={"characters": f"{len(text):,}", "limit": f"{MAX_FINISHED_CHARACTERS:,}"},
        )
    if not text.strip():
        raise CannotFinish(sentence("There is nothing written yet."), sentence("Write your entry, then finish it."))


def _check_steps(content: Content, prompt: PromptSet) -> None:
    for step in prompt.required_steps:
        if not content.answers.get(step.key, "").strip():
            error = StepMissing(
                sentence("“%(step)s” is not answered yet."),
                sentence("Everything is saved as a draft. Answer this step, then finish."),
                values={"step": step.label},
            )
            error.field = f"answer-{step.key}"
            raise error


def _check_words(text: str, *, minimum: int) -> None:
    words = count_words(text)
    if words < minimum:
        raise CannotFinish(
            sentence("This entry has %(words)s of the %(minimum)s words it needs."),
            sentence("Your text is saved as a draft. Write a little more, then finish it."),
            values={"words": words, "minimum": minimum},
        )


def _check_links(links: tuple[Link, ...]) -> None:
    for link in links:
        if not _is_web_address(link.url):
            error = _at_field(
                "links",
                sentence("“%(url)s” is no address of a web page."),
                sentence("Everything is saved as a draft. Begin each link with https:// or take it out, then finish."),
            )
            error.values["url"] = link.url[:200]
            raise error


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in LINK_SCHEMES and bool(parts.hostname)


def _at_field(field: str, happened: str, advice: str) -> CannotFinish:
    error = CannotFinish(happened, advice)
    error.field = field
    return error
