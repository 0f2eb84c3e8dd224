"""A response that is refused shows the entry all the same: that is a reading, and goes on record."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from lti_app.activities.journal.models import EntryOpening
from lti_app.db import db
from lti_app.models.people import Role
from tests.lti_app.activities.journal.rows import a_finished_entry, a_journal, a_member
from tests.lti_app.activities.journal.sharing import a_share, an_excerpt, let_in
from tests.lti_app.activities.journal.writing import SECRET, stored
from tests.visitor import Visitor


@pytest.mark.parametrize("role", [Role.TEACHER, Role.FACILITATOR])
@pytest.mark.parametrize(
    "fields", [{"kind": "x"}, {"kind": "noticed", "text": ""}, {"kind": "noticed", "paragraph": "x"}], ids=str
)
def test_refused_response_when_it_shows_the_entry_then_the_reading_is_on_record(
    app: Flask, visitor: Visitor, role: Role, fields: dict[str, Any]
) -> None:
    activity = a_journal()
    author, reader = a_member(activity), a_member(activity, role=role)
    a_share(a_finished_entry(activity, author, SECRET), "person", user_id=reader.user_id)
    token = let_in(app, visitor, reader)

    page = visitor.post("/journal/1/shared/1/responses", csrf_token=token, **fields)

    assert SECRET in page.text
    assert [row.user_id for row in stored(EntryOpening)] == [reader.user_id]


def test_refused_response_when_it_shows_an_excerpt_then_the_reading_is_on_record(app: Flask, visitor: Visitor) -> None:
    activity = a_journal()
    author, reader = a_member(activity), a_member(activity)
    entry = a_finished_entry(activity, author, SECRET)
    a_share(entry, "writers", excerpt=an_excerpt(entry, SECRET))
    token = let_in(app, visitor, reader)

    page = visitor.post("/journal/1/excerpts/1/responses", csrf_token=token, kind="x")

    assert SECRET in page.text
    assert [row.user_id for row in stored(EntryOpening)] == [reader.user_id]


def test_refused_reply_when_it_shows_the_new_version_then_the_reading_is_on_record(
    app: Flask, visitor: Visitor
) -> None:
    activity = a_journal()
    author, reader = a_member(activity), a_member(activity)
    a_share(a_finished_entry(activity, author, SECRET), "writers")
    token = let_in(app, visitor, reader)
    visitor.get("/journal/1/shared/1")
    visitor.post("/journal/1/shared/1/responses", csrf_token=token, kind="noticed", text="x", paragraph="")
    before = stored(EntryOpening)[0].last_at - timedelta(days=2)
    stored(EntryOpening)[0].last_at = before
    db.session.commit()

    page = visitor.post("/journal/1/responses/1/replies", csrf_token=token, text=" ")

    assert SECRET in page.text
    assert stored(EntryOpening)[0].last_at > before
