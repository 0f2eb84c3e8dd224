"""Changing what a journal asks for, and what cannot be changed any more once somebody has begun to write."""

from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_app.activities.journal.models import JournalEntry
from lti_app.activities.journal.progress import measure
from lti_app.activities.journal.prompts.sets import PromptRef
from lti_app.activities.journal.settings import JournalSettings
from lti_app.errors import ToolError, sentence
from lti_app.gradebook.completion import incomplete_members, record_progress
from lti_app.models.activity import Activity

log = structlog.get_logger()


class SettingLocked(ToolError):
    """A setting that cannot be changed this way any more; nothing was changed."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class Locks:
    """What entries hold fast: whether there are any (a draft is one), and which prompt sets they answer."""

    has_entries: bool = False
    answered: frozenset[PromptRef] = frozenset()


def locks_of(session: Session, activity: Activity) -> Locks:
    """Return what the entries of all people and all years hold fast; no word of theirs is read."""
    answered = session.execute(
        select(JournalEntry.prompt_key, JournalEntry.prompt_version)
        .distinct()
        .where(JournalEntry.activity_id == activity.id)
    ).all()
    return Locks(
        has_entries=bool(answered),
        answered=frozenset(PromptRef(key=row.prompt_key, version=row.prompt_version) for row in answered),
    )


def change_settings(session: Session, activity: Activity, *, settings: JournalSettings, at: datetime) -> None:
    """Keep new settings; a changed rule counts as a new version and is applied to those not yet complete.

    Raises:
        SettingLocked: They would let more people read, or remove a prompt set that was answered.
    """
    _lock(session, activity)
    before = JournalSettings.from_json(activity.settings)
    _check_locks(before, settings, locks_of(session, activity))
    activity.settings = settings.to_json()
    if before.rule != settings.rule:
        activity.rule_version += 1
        session.flush()
        for member in incomplete_members(session, activity):
            record_progress(session, activity, member=member, progress=measure(activity, member), at=at)
    log.info("settings_changed", activity_id=activity.id, rule_version=activity.rule_version)


def offer_set(session: Session, activity: Activity, *, ref: PromptRef, at: datetime) -> None:
    """Offer a prompt set in this journal, in the place of other versions of it; those that were answered are retired.

    Raises:
        SettingLocked: Somebody began to answer an older version just now.
    """
    settings = JournalSettings.from_json(activity.settings)
    if ref in settings.prompts:
        return
    answered = locks_of(session, activity).answered
    older = [old for old in settings.prompts if old.key == ref.key]
    place = settings.prompts.index(older[0]) if older else len(settings.prompts)
    prompts = (*settings.prompts[:place], ref, *settings.prompts[place:])
    gone = {old for old in older if old not in answered}
    changed = replace(
        settings,
        prompts=tuple(each for each in prompts if each not in gone),
        retired=tuple(each for each in dict.fromkeys((*settings.retired, *older)) if each not in gone),
    )
    change_settings(session, activity, settings=changed, at=at)


def _lock(session: Session, activity: Activity) -> None:
    """Let nobody begin, finish or change settings until the commit: what is checked now stays true until then.

    Whoever is finishing commits first, so that a new rule sees it (see `finish`); so does whoever begins, whose
    row refers to this one. To SQLite, the write is what locks.
    """
    session.execute(update(Activity).where(Activity.id == activity.id).values(rule_version=Activity.rule_version))
    session.refresh(activity, with_for_update=True)


def _check_locks(before: JournalSettings, after: JournalSettings, locks: Locks) -> None:
    if locks.has_entries and not after.audience.is_within(before.audience):
        raise SettingLocked(
            sentence("Somebody has begun to write here, so nobody can be let in to read who could not before."),
            sentence("Choose the audience that was set, or only the author. For others, place a new journal."),
        )
    if not (locks.answered & set(before.prompts)) <= set(after.prompts):
        raise SettingLocked(
            sentence("A prompt set that somebody has answered cannot be removed."),
            sentence("Retire it instead: then no new entry begins with it, and the old ones keep their questions."),
        )
