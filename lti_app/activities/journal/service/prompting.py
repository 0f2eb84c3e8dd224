"""Which prompt sets a journal offers, and which one an entry answers."""

from sqlalchemy.orm import Session

from lti_app.activities.journal.prompts.sets import OWN_KEY, PromptRef, PromptSet, shipped_sets, single_prompt
from lti_app.activities.journal.settings import DEFAULT_PROMPT, JournalSettings
from lti_app.errors import ToolError, sentence
from lti_app.models.activity import Activity


class NoSuchPrompt(ToolError):
    """A prompt that this journal does not offer, or does not offer any more."""

    status = 404


def prompts_of(session: Session, activity: Activity) -> tuple[PromptSet, ...]:
    """Return the prompt sets that teachers may answer in this journal, in the facilitator's order; at least one."""
    settings = JournalSettings.from_json(activity.settings)
    chosen = tuple(_find(session, activity, ref) for ref in settings.prompts)
    return chosen or (_own_prompt(settings),)


def prompt_of(session: Session, activity: Activity, *, key: str, version: int) -> PromptSet:
    """Return the set that an entry of this journal answers, in the version that it was begun with.

    Raises:
        NoSuchPrompt: There is none of that name here.
    """
    if key == OWN_KEY:
        return _own_prompt(JournalSettings.from_json(activity.settings))
    return _find(session, activity, PromptRef(key=key, version=version))


def _own_prompt(settings: JournalSettings) -> PromptSet:
    return single_prompt(settings.prompt or DEFAULT_PROMPT, is_shipped=not settings.prompt)


def _find(_session: Session, _activity: Activity, ref: PromptRef) -> PromptSet:
    found = shipped_sets().get(ref)
    if found is None:
        raise NoSuchPrompt(
            sentence("This journal does not offer that prompt any more."),
            sentence("Open the journal again from your course and choose another prompt."),
        )
    return found
