"""The journal's page for its author: drafts, then finished entries, newest first, a page at a time."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import update

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.activities.journal.service.own_entries import PAGE_SIZE, own_entries
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.activity import Activity
from tests.lti_app.activities.journal.owning import NOON, many, signed_in, write
from tests.lti_app.activities.journal.rows import a_draft, a_finished_entry, a_journal, a_member
from tests.lti_app.activities.journal.test_timeline import explained
from tests.lti_app.activities.journal.writing import set_journal, stored
from tests.visitor import OTHER_TEACHER, Visitor

_ENTRY = re.compile(r'data-finished="(\d+)"')
_OLDER = re.compile(r'rel="next" href="([^"]+)"')


def shown(entries: Iterable[Any]) -> list[tuple[object, ...]]:
    """Return what a page shows of entries."""
    return [(entry.id, entry.state, entry.text, entry.saved_at, entry.finished_at) for entry in entries]


@pytest.mark.usefixtures("app")
def test_own_entries_when_some_are_finished_then_drafts_stand_apart_and_newest_is_first() -> None:
    activity, other_activity = a_journal(), a_journal()
    member = a_member(activity)
    present = now()
    older = a_finished_entry(activity, member, finished_at=present - timedelta(days=9), prompt_key="glow")
    newest = a_finished_entry(activity, member, finished_at=present)
    withdrawn = a_finished_entry(
        activity, member, state=EntryState.WITHDRAWN, finished_at=present - timedelta(days=1), prompt_key="back"
    )
    draft, later = a_draft(activity, member), a_draft(activity, member, prompt_key="begun")
    a_finished_entry(activity, a_member(activity), "somebody else's", prompt_key="theirs")
    a_finished_entry(other_activity, member, "another journal's", prompt_key="elsewhere")

    page = own_entries(db.session(), activity, user_id=member.user_id)

    assert shown(page.drafts) == shown([later, draft])
    assert shown(page.finished) == shown([newest, withdrawn, older])
    assert (page.answered, page.older) == ({"", "glow", "back"}, None)


@pytest.mark.usefixtures("app")
def test_own_entries_when_two_finished_in_the_same_moment_then_the_later_one_is_first() -> None:
    activity = a_journal()
    member = a_member(activity)
    at = datetime(2026, 9, 1, tzinfo=UTC)
    entries = [a_finished_entry(activity, member, finished_at=at) for _ in range(3)]

    page = own_entries(db.session(), activity, user_id=member.user_id)

    assert shown(page.finished) == shown(entries[::-1])


@pytest.mark.parametrize("sizes", [[PAGE_SIZE], [PAGE_SIZE, 1], [PAGE_SIZE, PAGE_SIZE, PAGE_SIZE]])
def test_show_when_read_page_after_page_then_every_entry_is_there_once(visitor: Visitor, sizes: list[int]) -> None:
    user_id = signed_in(visitor)
    write(user_id, *["At the same moment."] * 5)
    db.session.execute(update(JournalEntry).values(finished_at=NOON))
    many(sum(sizes) - 5, user_id)
    path, pages = "/journal/1", []

    while path:
        pages.append(visitor.get(path).text)
        older = _OLDER.search(pages[-1])
        path = unescape(older.group(1)) if older else ""

    listed = [int(entry_id) for page in pages for entry_id in _ENTRY.findall(page)]
    assert sorted(listed) == [entry.id for entry in stored(JournalEntry)]
    assert [len(_ENTRY.findall(page)) for page in pages] == sizes


def test_show_when_an_older_page_is_open_then_drafts_and_what_is_answered_are_known_there(visitor: Visitor) -> None:
    user_id = signed_in(visitor)
    set_journal(prompts=[{"key": key, "version": 1} for key in ("glow-and-grow", "four-lenses")])
    many(PAGE_SIZE + 1, user_id)
    write(user_id, "The oldest.", finished_at=datetime(2020, 1, 1, tzinfo=UTC), prompt_key="four-lenses")
    first = visitor.get("/journal/1").text

    second = visitor.get(unescape(_OLDER.findall(first)[0])).text

    assert [len(_ENTRY.findall(page)) for page in (first, second)] == [PAGE_SIZE, 2]
    assert [page.count(">answered</span>") for page in (first, second)] == [1, 1]
    assert [">Newest entries</a>" in page for page in (first, second)] == [False, True]


@pytest.mark.parametrize("before", ["", "x", "2026-01-01_7", "0001-01-01T00:00:00+14:00_1", "\x00", "9" * 500])
def test_show_when_the_place_is_forged_then_begins_with_the_newest(visitor: Visitor, before: str) -> None:
    user_id = signed_in(visitor)
    (entry_id,) = write(user_id, "One.")

    page = visitor.client.get("/journal/1", query_string={"before": before}, base_url=visitor.base_url)

    assert (page.status_code, _ENTRY.findall(page.text)) == (200, [str(entry_id)])


def test_show_when_a_page_is_behind_the_last_entry_then_says_so(visitor: Visitor) -> None:
    user_id = signed_in(visitor)
    write(user_id, "One.")

    page = visitor.get("/journal/1?before=2000-01-01T00:00:00%2B00:00_1")

    assert "There are no older entries." in page.text
    assert f'href="/journal/mine/{user_id}"' in page.text


def test_own_entries_when_others_wrote_much_then_sqlite_does_not_read_it(visitor: Visitor, database: str) -> None:
    user_id, other_id = signed_in(visitor), signed_in(visitor, OTHER_TEACHER)
    many(100, user_id, other_id)
    (activity,) = stored(Activity)
    with explained() as plans:
        own_entries(db.session(), activity, user_id=user_id)

    plan = " ".join(plan for statement, plan in plans if "journal_entry" in statement)
    assert len(plans) >= 2
    # The unique index of revises_id: all rows without a value there.
    assert "autoindex_journal_entry" not in plan
    assert database != "sqlite" or "ix_journal_entry_user_id_journal_entry_finished_at" in plan
