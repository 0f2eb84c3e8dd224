"""Which prompt sets a journal offers, and which one an entry answers."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.orm import Session

from lti_app.activities.journal.prompts.sets import (
    OWN_KEY,
    PromptRef,
    PromptSet,
    newest_shipped,
    shipped_sets,
    single_prompt,
)
from lti_app.activities.journal.service import prompt_sets
from lti_app.activities.journal.settings import DEFAULT_PROMPT, JournalSettings
from lti_app.errors import ToolError, sentence
from lti_app.models.activity import Activity


class NoSuchPrompt(ToolError):
    """A prompt that this journal does not offer, or does not offer any more."""

    status = 404


def prompts_of(session: Session, activity: Activity) -> tuple[PromptSet, ...]:
    """Return the prompt sets that a new entry may begin with, in the facilitator's order; at least one.

    A set that is gone is passed over, so that the journal still opens.
    """
    settings = JournalSettings.from_json(activity.settings)
    wanted = [ref for ref in settings.prompts if ref not in settings.retired]
    found = find_prompts(session, activity, wanted)
    return tuple(found[ref] for ref in wanted if ref in found) or (_own_prompt(settings),)


def prompt_of(session: Session, activity: Activity, *, key: str, version: int) -> PromptSet:
    """Return the set that an entry of this journal answers, in the version that it was begun with.

    Raises:
        NoSuchPrompt: There is none of that name here.
    """
    found = find_prompt(session, activity, key=key, version=version)
    if found is None:
        raise no_such_prompt()
    return found


def find_prompt(session: Session, activity: Activity, *, key: str, version: int) -> PromptSet | None:
    """Return the set that an entry of this journal answers, or None where it is gone."""
    ref = PromptRef(key=key, version=version)
    return find_prompts(session, activity, [ref]).get(ref)


def find_prompts(session: Session, activity: Activity, refs: Collection[PromptRef]) -> Mapping[PromptRef, PromptSet]:
    """Return those of these sets that there are for this journal; one query where some are not Staffroom's."""
    settings = JournalSettings.from_json(activity.settings)
    found = {ref: shipped_sets()[ref] for ref in refs if ref in shipped_sets()}
    found |= {ref: _own_prompt(settings) for ref in refs if ref.key == OWN_KEY}
    missing = [ref for ref in refs if ref not in found]
    return {**found, **(prompt_sets.find_versions(session, activity, missing) if missing else {})}


def prompts_to_choose(session: Session, activity: Activity) -> Sequence[PromptSet]:
    """Return what a facilitator may choose from: what is chosen already, then the newest of every set, by title."""
    chosen = JournalSettings.from_json(activity.settings).prompts
    found = find_prompts(session, activity, chosen)
    newest = [*newest_shipped(), *prompt_sets.newest_in_use(session, activity)]
    others = sorted((prompt for prompt in newest if prompt.ref not in found), key=lambda each: each.title.casefold())
    return [*(found[ref] for ref in chosen if ref in found), *others]


def no_such_prompt() -> NoSuchPrompt:
    """Return the error for a prompt that is not offered, or not any more."""
    return NoSuchPrompt(
        sentence("This journal does not offer that prompt any more."),
        sentence("Open the journal again from your course and choose another prompt."),
    )


def _own_prompt(settings: JournalSettings) -> PromptSet:
    return single_prompt(settings.prompt or DEFAULT_PROMPT, is_shipped=not settings.prompt)
