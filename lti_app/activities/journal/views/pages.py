"""What all of the journal's pages share: their blueprint, and how an activity and an own entry are opened."""

from typing import Any

from flask import Blueprint
from flask_babel import gettext

from lti_app.access.opening import Opened, open_activity, require_participant
from lti_app.access.reading import can_read
from lti_app.activities.journal.models import JournalEntry
from lti_app.activities.journal.prompts.sets import PromptSet
from lti_app.activities.journal.service import drafts
from lti_app.activities.journal.service.extensions import window_of
from lti_app.activities.journal.service.words import count_words
from lti_app.activities.journal.settings import DEFAULT_PROMPT, KEY, JournalSettings
from lti_app.clock import now
from lti_app.db import LARGEST_ID, db

journal = Blueprint("journal", __name__)
journal.add_app_template_filter(count_words)


def open_journal(activity_id: int) -> Opened:
    """Load and authorise a journal; see `lti_app.access.open_activity` for what it raises."""
    return open_activity(activity_id, kind=KEY)


def open_own_entry(activity_id: int, entry_id: int) -> tuple[Opened, JournalEntry]:
    """Return the asking person's own entry; `can_read` has the last word, as for every text."""
    opened = require_participant(open_journal(activity_id))
    own = drafts.find_entry(db.session(), opened.activity, member=opened.member, entry_id=entry_id)
    if not can_read(opened.member, own):
        raise drafts.no_such_entry()
    return opened, own


@journal.app_template_filter()
def said(text: str, prompt: PromptSet) -> str:
    """Return a text of a prompt set in the reader's language, where Staffroom wrote it; else as it was typed."""
    # The empty message id is the catalogue's own header.
    return gettext(text) if text and prompt.is_shipped else text


def page_of(opened: Opened) -> dict[str, Any]:
    """Return what each of the journal's pages shows in its header; the dates are those of the asking person."""
    present, at = JournalSettings.from_json(opened.activity.settings), now()
    window = window_of(db.session(), opened.activity, opened.member.user_id)
    return {
        "opened": opened,
        "settings_": present,
        "prompt": present.prompt or gettext(DEFAULT_PROMPT),
        "window": window,
        "is_before": window.is_before(at),
        "is_closed": window.is_closed(at),
    }


def number(text: str) -> int:
    """Return a number as our pages send them; a forged one counts as absent."""
    number = int(text) if len(text) <= 10 else -1
    if not 0 <= number <= LARGEST_ID:
        raise ValueError("no number of ours")
    return number
