"""Every page of every activity, asked for by somebody whose it is not, or by a form of somebody else's site.

The pages are read from the app, so that a new one is attacked without being named here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_app.activities.journal.models import JournalEntry
from lti_app.db import db
from lti_app.models.activity import Activity
from tests.lti_app.activities.journal.writing import SECRET, autosave, begin, write_entry
from tests.lti_app.lti.launching import LTI, launch_with, stored
from tests.visitor import FACILITATOR, MENTOR, OTHER_TEACHER, PRINCIPAL, TEACHER, Visitor

NOWHERE = 999


@dataclass(frozen=True)
class Page:
    """One way to ask for one address of the app."""

    method: str
    path: str


def _pages(app: Flask, ids: Mapping[str, int], *, of_entries: bool = False) -> list[Page]:
    """Return every page that belongs to an activity, with these ids in its address; 1 for any other number."""
    pages = []
    for rule in app.url_map.iter_rules():
        # Addresses of no activity are open to all; tests/lti_app/lti/test_properties_doors.py attacks those.
        if "activity_id" not in rule.arguments or (of_entries and "entry_id" not in rule.arguments):
            continue
        built = rule.build({name: ids.get(name, 1) for name in rule.arguments})
        assert built, rule
        pages += [Page(method, built[1]) for method in sorted((rule.methods or set()) & {"GET", "POST"})]
    return pages


@pytest.fixture
def victims(app: Flask, visitor: Visitor) -> dict[str, int]:
    """A teacher's journal with a finished entry and a draft; the ids of the journal and of the draft."""
    del app
    write_entry(visitor, TEACHER, text=f"{SECRET} " * 20)
    draft = begin(visitor, TEACHER)
    autosave(visitor, draft, f"{SECRET} again")
    entries = db.session.scalars(select(JournalEntry).order_by(JournalEntry.id)).all()
    db.session.rollback()
    return {"activity_id": 1, "entry_id": len(entries)}


def _kept() -> tuple[dict[str, int], list[Any], list[Any]]:
    """Return what must be the same after an attack: numbers of rows, every entry, every activity's settings."""
    rows = stored()
    entries = [(row.text, row.state, row.version) for row in db.session.scalars(select(JournalEntry))]
    return rows, entries, [row.settings for row in db.session.scalars(select(Activity))]


def _ask(somebody: Visitor, page: Page, own_page: TestResponse) -> TestResponse:
    """Ask as somebody's own page would: their own form token and the right origin."""
    if page.method == "GET":
        return somebody.get(page.path)
    return somebody.post(page.path, own_page, text="overwritten", prompt="overwritten")


def _assert_all_refused(somebody: Visitor, pages: list[Page], own_page: TestResponse, *, status: int) -> None:
    before = _kept()
    assert pages
    for page in pages:
        answer = _ask(somebody, page, own_page)
        assert (page, answer.status_code) == (page, status)
        assert SECRET not in answer.text
    assert _kept() == before


def test_pages_when_asked_from_another_platform_then_not_there(
    app: Flask, victims: dict[str, int], stranger: Visitor
) -> None:
    own_page = stranger.launch(TEACHER)

    _assert_all_refused(stranger, _pages(app, victims), own_page, status=404)


def test_pages_when_asked_from_another_course_then_not_there(
    app: Flask, victims: dict[str, int], another_visitor: Visitor
) -> None:
    landed = launch_with(another_visitor, person=OTHER_TEACHER, claims={f"{LTI}context": {"id": "another"}})
    own_page = another_visitor.get(landed.headers["Location"])

    _assert_all_refused(another_visitor, _pages(app, victims), own_page, status=404)


def test_pages_when_asked_by_the_facilitator_of_another_course_then_not_there(
    app: Flask, victims: dict[str, int], another_visitor: Visitor
) -> None:
    landed = launch_with(another_visitor, person=FACILITATOR, claims={f"{LTI}context": {"id": "another"}})
    own_page = another_visitor.get(f"{landed.headers['Location']}/settings")

    _assert_all_refused(another_visitor, _pages(app, victims), own_page, status=404)


@pytest.mark.parametrize("person", [OTHER_TEACHER, MENTOR])
def test_entries_when_asked_by_a_colleague_then_not_there(
    app: Flask, victims: dict[str, int], another_visitor: Visitor, person: str
) -> None:
    own_page = another_visitor.launch(person)

    _assert_all_refused(another_visitor, _pages(app, victims, of_entries=True), own_page, status=404)


@pytest.mark.parametrize("person", [FACILITATOR, PRINCIPAL])
def test_entries_when_asked_by_who_looks_after_the_course_then_not_there(
    app: Flask, victims: dict[str, int], another_visitor: Visitor, person: str
) -> None:
    another_visitor.launch(person)
    own_page = another_visitor.get("/journal/1/settings")

    _assert_all_refused(another_visitor, _pages(app, victims, of_entries=True), own_page, status=404)


def test_pages_when_asked_by_nobody_then_the_session_has_ended(
    app: Flask, victims: dict[str, int], another_visitor: Visitor
) -> None:
    own_page = another_visitor.get("/nowhere")

    _assert_all_refused(another_visitor, _pages(app, victims), own_page, status=401)


def test_pages_when_not_theirs_then_read_like_pages_that_do_not_exist(
    app: Flask, victims: dict[str, int], another_visitor: Visitor
) -> None:
    own_page = another_visitor.launch(OTHER_TEACHER)
    theirs = _pages(app, victims, of_entries=True)
    missing = _pages(app, {**victims, "entry_id": NOWHERE}, of_entries=True)

    of_theirs = [_without_reference(_ask(another_visitor, page, own_page)) for page in theirs]
    of_missing = [_without_reference(_ask(another_visitor, page, own_page)) for page in missing]

    assert of_theirs == of_missing


@pytest.mark.parametrize(
    ("send", "status"),
    [
        (lambda somebody, path, page: _from(somebody, "https://evil.example", path, page), 403),
        (lambda somebody, path, page: _from(somebody, "null", path, page), 403),
        (lambda somebody, path, _page: somebody.post(path, None, text="overwritten"), 401),
        (lambda somebody, path, page: somebody.post(path, page, csrf_token="made-up", text="overwritten"), 401),
    ],
    ids=["other-origin", "no-origin-at-all", "without-token", "made-up-token"],
)
def test_posts_when_forged_by_another_site_then_change_nothing(
    app: Flask,
    visitor: Visitor,
    victims: dict[str, int],
    send: Callable[[Visitor, str, TestResponse], TestResponse],
    status: int,
) -> None:
    own_page = visitor.get(f"/journal/1/entries/{victims['entry_id']}/edit")
    before = _kept()

    posts = [page for page in _pages(app, victims) if page.method == "POST"]
    statuses = {page.path: send(visitor, page.path, own_page).status_code for page in posts}

    assert set(statuses.values()) == {status}, statuses
    assert _kept() == before


def _from(somebody: Visitor, origin: str, path: str, page: TestResponse) -> TestResponse:
    own, somebody.origin = somebody.origin, origin
    answer = somebody.post(path, page, text="overwritten")
    somebody.origin = own
    return answer


def _without_reference(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.text.partition('<p class="quiet">')[0]
