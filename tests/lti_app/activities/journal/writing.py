"""A teacher at work in a journal: begins, saves and finishes as the editor's page does."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any, TypeVar

from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_app.activities.journal.models import JournalEntry
from lti_app.db import Base, db
from lti_app.models.activity import Activity
from tests.visitor import TEACHER, WEEKLY, Visitor

WORDS = "word " * 60
SECRET = "the heron outside the window never said a thing"
Row = TypeVar("Row", bound=Base)
_TEXTAREA = re.compile(r'<textarea[^>]*\bid="([^"]+)"[^>]*>(.*?)</textarea>', re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An open editor: the journal's path, the entry's, and the page as it came."""

    journal: str
    path: str
    page: TestResponse


def begin(visitor: Visitor, person: str = TEACHER, activity: int = WEEKLY) -> Draft:
    """Launch, press "Write", and return the open editor."""
    journal = visitor.launch(person, activity)
    path = journal.request.path
    begun = visitor.post(f"{path}/entries", journal)
    assert begun.status_code == 303, begun.text
    editor = begun.headers["Location"]
    return Draft(journal=path, path=editor.removesuffix("/edit"), page=visitor.get(editor))


def reopen(visitor: Visitor, draft: Draft) -> Draft:
    """Open the same draft in one more window."""
    return Draft(journal=draft.journal, path=draft.path, page=visitor.get(f"{draft.path}/edit"))


def autosave(visitor: Visitor, draft: Draft, text: str, **fields: Any) -> TestResponse:
    """Save as the page's script does, which asks for JSON."""
    return visitor.client.post(
        f"{draft.path}/draft",
        data={**hidden_fields(draft.page), "answer-text": text, **fields},
        base_url=visitor.base_url,
        headers={"Origin": visitor.origin, "Accept": "application/json"},
    )


def finish(visitor: Visitor, draft: Draft, text: str = WORDS, **fields: Any) -> TestResponse:
    """Press "Finish"."""
    return visitor.post(f"{draft.path}/finish", draft.page, **{"answer-text": text}, **fields)


def write_entry(visitor: Visitor, person: str = TEACHER, *, text: str = WORDS, activity: int = WEEKLY) -> Draft:
    """Launch, begin and finish an entry."""
    draft = begin(visitor, person, activity)
    finished = finish(visitor, draft, text)
    assert finished.status_code == 303, finished.text
    return draft


def revise(visitor: Visitor, draft: Draft) -> Draft:
    """Press "Revise" at the finished entry, and return the open editor of its revision."""
    begun = visitor.post(f"{draft.path}/revise", visitor.get(draft.journal))
    assert begun.status_code == 303, begun.text
    editor = begun.headers["Location"]
    return Draft(journal=draft.journal, path=editor.removesuffix("/edit"), page=visitor.get(editor))


def hidden_fields(page: TestResponse) -> dict[str, str]:
    """Return the hidden fields of a page's form."""
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page.text):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if attributes.get("type") == "hidden":
            fields[attributes["name"]] = unescape(attributes["value"])
    return fields


def textareas(page: TestResponse) -> dict[str, str]:
    """Return what each text area of the page holds, by its id; a browser drops the first line break."""
    return {name: unescape(text).removeprefix("\n") for name, text in _TEXTAREA.findall(page.text)}


def stored(model: type[Row]) -> Sequence[Row]:
    """Return all rows of a table as they are in the database now, oldest first."""
    db.session.expire_all()
    return db.session.scalars(select(model).order_by(*model.__table__.primary_key)).all()


def stored_entry() -> JournalEntry:
    """Return the only entry there is."""
    entries = stored(JournalEntry)
    assert len(entries) == 1, entries
    return entries[0]


def set_journal(**settings: Any) -> None:
    """Give the only activity these settings, as kept in JSON."""
    activities = stored(Activity)
    assert len(activities) == 1, activities
    activities[0].settings = settings
    db.session.commit()
