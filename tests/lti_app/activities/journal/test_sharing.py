"""The author's page of one entry: choosing who reads it, stopping; who is counted, and whom it warns of."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from lti_app.access.reading import Scope
from lti_app.activities.journal.models import EntryState, JournalEntry, Share
from lti_app.activities.journal.service.shared import find_shared, named_beforehand, shared_with
from lti_app.activities.journal.service.sharing import (
    MOST_NAMED,
    CannotShare,
    audience_of,
    search_people,
    share_with_person,
)
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import NotThere
from lti_app.models.activity import Activity
from lti_app.models.people import Membership, Role
from tests.lti_app.activities.journal.rows import a_draft, a_finished_entry, a_journal, a_member
from tests.lti_app.activities.journal.sharing import a_group_of, a_share, an_excerpt, let_in
from tests.lti_app.activities.journal.test_course_page import counted_queries
from tests.lti_app.activities.journal.writing import stored
from tests.visitor import Visitor

# The activity with its member; the entry; the shares; groups; a count of each of two choices and one of all;
# the people named; the excerpts; the openings.
QUERIES = 10
LIST_QUERIES = 3  # the activity with its member; the lines; the reader's own responses
MOMENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PAGE = "/journal/1/entries/1/sharing"


@pytest.fixture
def author(app: Flask) -> Membership:
    """Somebody with a finished entry: entry 1 of journal 1."""
    del app
    activity = a_journal()
    member = a_member(activity, name="Amina Author")
    a_finished_entry(activity, member, "First paragraph.\n\nSecond paragraph.", title="Lamps")
    return member


def _colleague(name: str, **values: Any) -> Membership:
    member = a_member(stored(Activity)[0], name=name, **values)
    db.session.commit()
    return member


def _live() -> list[tuple[str, int | None, int | None]]:
    return [(row.scope.value, row.user_id, row.group_id) for row in stored(Share) if row.stopped_at is None]


def test_page_when_nothing_is_shared_then_says_only_you_and_how_many_each_choice_is(
    app: Flask, visitor: Visitor, author: Membership
) -> None:
    mate, _, _ = _colleague("Mia"), _colleague("Oskar"), _colleague("Frida", role=Role.FACILITATOR)
    a_group_of(author, mate, name="Red <b>")
    let_in(app, visitor, author)

    page = visitor.get(PAGE).text

    assert "Only you." in page
    labels = [
        " ".join(label.split()) for label in re.findall(r'<label class="form-check-label"[^>]*>(.*?)</label>', page)
    ]
    assert labels == [
        "My group Red &lt;b&gt;: those of it who write here too",
        "Everyone in the course who writes here too",
        "The facilitators of the course",
    ]
    assert re.findall(r'-about">(\d+ \w+)', page) == ["1 person", "2 people", "1 person"]
    assert "Nobody but you has opened it." in page
    assert "Stop sharing" not in page


def test_scopes_when_chosen_then_shared_and_told_how_many_will_read(
    app: Flask, visitor: Visitor, author: Membership
) -> None:
    for name in ("Mia", "Oskar"):
        _colleague(name)
    _colleague("Frida", role=Role.FACILITATOR)
    token = let_in(app, visitor, author)

    answer = visitor.post(
        f"{PAGE}/scopes", csrf_token=token, scope=["writers", "facilitators", "person", "x"], group="99"
    )

    page = visitor.get(answer.headers["Location"]).text
    assert (answer.status_code, _live()) == (303, [("facilitators", None, None), ("writers", None, None)])
    assert "Saved. Who can read this: 3 people." in page
    assert "3 people can read it." in page


def test_scopes_when_one_is_left_out_then_stopped_and_the_people_named_stay(
    app: Flask, visitor: Visitor, author: Membership
) -> None:
    mate = _colleague("Mia")
    group = a_group_of(author, mate)
    entry = stored(JournalEntry)[0]
    a_share(entry, "writers")
    a_share(entry, "group", group_id=group.id)
    a_share(entry, "person", user_id=mate.user_id)
    token = let_in(app, visitor, author)

    visitor.post(f"{PAGE}/scopes", csrf_token=token, group=str(group.id))
    after = _live()
    visitor.post(f"{PAGE}/stop", csrf_token=token)

    assert after == [("group", None, group.id), ("person", mate.user_id, None)]
    assert _live() == []
    assert len(stored(Share)) == 3


def test_group_when_not_the_authors_own_then_not_shared_with(app: Flask, visitor: Visitor, author: Membership) -> None:
    foreign = a_group_of(_colleague("Mia"))
    token = let_in(app, visitor, author)

    visitor.post(f"{PAGE}/scopes", csrf_token=token, group=str(foreign.id))

    assert _live() == []


def test_people_when_searched_for_by_name_then_found_in_the_course_alone_and_staff_warned_of(
    app: Flask, visitor: Visitor, author: Membership
) -> None:
    found = [
        _colleague("Ann Élan"),
        _colleague("ANNA Facil", role=Role.FACILITATOR),
        _colleague("Annika Mentor", role=Role.MENTOR),
        _colleague("Hannes Listed", launched_at=None, listed_at=now()),
    ]
    _colleague("Anna Left", is_active=False)
    _colleague("Anna Nothing", role=Role.NONE)
    _colleague("Anna Test", is_test_user=True)
    _colleague("Bo")
    a_member(a_journal(), name="Anna Elsewhere")
    db.session.commit()
    let_in(app, visitor, author)

    page = visitor.get(f"{PAGE}?name=ann").text

    rows = re.findall(r'<li data-found="(\d+)">\s*<p><bdi>(.*?)</bdi>(.*?)</p>', page, re.DOTALL)
    assert [int(user_id) for user_id, _, _ in rows] == [member.user_id for member in found]
    assert ["Staff: " in warning for _, _, warning in rows] == [False, True, True, False]
    assert "may be your principal or supervisor" in rows[1][2]
    assert [each.name for each in search_people(db.session(), author, "élan")] == ["Ann Élan"]
    assert [each.name for each in search_people(db.session(), author, "  ")] == []
    assert [each.name for each in search_people(db.session(), author, "%")] == []


def test_person_when_shared_with_twice_then_once_and_stopped_at_once(
    app: Flask, visitor: Visitor, another_visitor: Visitor, author: Membership
) -> None:
    reader = _colleague("Nora")
    token, _ = let_in(app, visitor, author), let_in(app, another_visitor, reader)

    for _ in range(2):
        visitor.post(f"{PAGE}/people", csrf_token=token, user_id=str(reader.user_id))
    shares = _live()
    before = another_visitor.get("/journal/1/shared/1").status_code
    visitor.post(f"{PAGE}/stop", csrf_token=token, user_id=str(reader.user_id))
    after = another_visitor.get("/journal/1/shared/1").status_code

    assert shares == [("person", reader.user_id, None)]
    assert (before, after) == (200, 404)
    page = visitor.get(PAGE).text
    assert re.findall(r'data-opened-by="(\d+)"', page) == [str(reader.user_id)]


@pytest.mark.parametrize("user_id", ["0", "-1", "999999", str(2**31), "x", ""])
def test_person_when_forged_then_a_sentence_and_nothing_shared(
    app: Flask, visitor: Visitor, author: Membership, user_id: str
) -> None:
    token = let_in(app, visitor, author)

    answer = visitor.post(f"{PAGE}/people", csrf_token=token, user_id=user_id)

    assert answer.status_code == 422
    assert "This person does not take part in your course, so nothing was shared." in answer.text
    assert _live() == []


def test_person_when_of_another_course_or_the_author_then_refused(author: Membership) -> None:
    stranger = a_member(a_journal(), name="Elsewhere")
    entry = stored(JournalEntry)[0]

    for user_id in (stranger.user_id, author.user_id):
        with pytest.raises(CannotShare):
            share_with_person(db.session(), author=author, entry=entry, excerpt_id=None, user_id=user_id, at=now())


def test_people_when_a_hundred_are_named_then_one_more_is_refused(author: Membership) -> None:
    entry = stored(JournalEntry)[0]
    activity = stored(Activity)[0]
    members = [a_member(activity, name=f"Person {number:03}") for number in range(MOST_NAMED + 1)]
    for member in members[:MOST_NAMED]:
        share_with_person(db.session(), author=author, entry=entry, excerpt_id=None, user_id=member.user_id, at=now())

    with pytest.raises(CannotShare) as caught:
        share_with_person(
            db.session(), author=author, entry=entry, excerpt_id=None, user_id=members[-1].user_id, at=now()
        )

    assert caught.value.values == {"number": 100}


def test_draft_when_shared_then_says_that_it_takes_effect_when_finished(
    app: Flask, visitor: Visitor, another_visitor: Visitor, author: Membership
) -> None:
    reader = _colleague("Nora")
    draft = a_draft(stored(Activity)[0], author, "A draft of mine.")
    token, _ = let_in(app, visitor, author), let_in(app, another_visitor, reader)
    page = f"/journal/1/entries/{draft.id}/sharing"

    visitor.post(f"{page}/people", csrf_token=token, user_id=str(reader.user_id))
    shown = visitor.get(page).text
    before = another_visitor.get(f"/journal/1/shared/{draft.id}").status_code
    draft.state, draft.finished_at = EntryState.FINISHED, now()
    db.session.commit()
    after = another_visitor.get(f"/journal/1/shared/{draft.id}")

    assert "This is a draft: nobody but you can read it" in shown
    assert "Once you finish, 1 person will be able to read it." in shown
    assert (before, after.status_code, "A draft of mine." in after.text) == (404, 200, True)


def test_revision_when_its_sharing_is_asked_for_then_that_of_the_entry(
    app: Flask, visitor: Visitor, author: Membership
) -> None:
    revision = a_draft(stored(Activity)[0], author, "New words.", revises_id=1)
    token = let_in(app, visitor, author)

    visitor.post(f"/journal/1/entries/{revision.id}/sharing/scopes", csrf_token=token, scope="writers")

    assert [row.entry_id for row in stored(Share)] == [1]
    # The revision is a draft: nobody reads it before it is finished.
    with pytest.raises(NotThere):
        find_shared(db.session(), stored(Activity)[0], member=_colleague("Nora"), entry_id=revision.id)


@pytest.mark.parametrize(
    ("audience", "scope", "readers"),
    [
        ("author", None, set()),
        ("", None, set()),
        ("anything", None, set()),
        ("facilitators", Scope.FACILITATORS, {"Frida"}),
        ("writers", Scope.WRITERS, {"Nora"}),
    ],
)
def test_audience_when_named_beforehand_then_fixed_and_for_whole_finished_entries_alone(
    author: Membership, audience: str, scope: Scope | None, readers: set[str]
) -> None:
    people = {"Nora": _colleague("Nora"), "Frida": _colleague("Frida", role=Role.FACILITATOR)}
    activity, entry = stored(Activity)[0], stored(JournalEntry)[0]
    activity.settings = {"audience": audience}
    excerpt = an_excerpt(entry, "First paragraph.")
    draft = a_draft(activity, author, "A draft.")
    session = db.session()

    def may_read(member: Membership, entry_id: int, excerpt_id: int | None = None) -> bool:
        try:
            find_shared(session, activity, member=member, entry_id=entry_id, excerpt_id=excerpt_id)
        except NotThere:
            return False
        return True

    shown = audience_of(session, activity, author=author, entry=entry)
    listed = {name for name, member in people.items() if shared_with(session, activity, member=member).lines}
    assert named_beforehand(activity) is scope
    assert {name for name, member in people.items() if may_read(member, entry.id)} == readers
    assert listed == readers
    assert [choice.scope for choice in shown.choices if choice.is_fixed] == ([scope] if scope else [])
    assert (shown.people, shown.is_stoppable) == (len(readers), False)
    assert [name for name, member in people.items() if may_read(member, draft.id)] == []
    assert [name for name, member in people.items() if may_read(member, entry.id, excerpt.id)] == []


@pytest.mark.parametrize("count", [1, 30])
def test_pages_when_one_or_thirty_then_ask_the_database_as_often(
    app: Flask, visitor: Visitor, another_visitor: Visitor, author: Membership, count: int
) -> None:
    reader, activity = _colleague("Nora"), stored(Activity)[0]
    for number in range(count):
        entry = a_finished_entry(activity, author, finished_at=MOMENT + timedelta(hours=number), title=f"T{number}")
        a_share(entry, "person", user_id=reader.user_id)
        a_share(stored(JournalEntry)[0], "person", user_id=_colleague(f"Person {number}").user_id)
    let_in(app, visitor, author)
    let_in(app, another_visitor, reader)

    with counted_queries() as of_page:
        page = visitor.get(PAGE).text
    with counted_queries() as of_list:
        listed = another_visitor.get("/journal/1/shared").text

    assert len(re.findall(r"data-named=", page)) == count
    assert len(re.findall(r"data-shared=", listed)) == min(count, 20)
    assert (len(of_page), len(of_list)) == (QUERIES, LIST_QUERIES), [*of_page, *of_list]


@pytest.mark.parametrize("count", [0, 1, 20, 21, 45])
def test_list_when_paged_then_everything_once_newest_first(
    app: Flask, visitor: Visitor, author: Membership, count: int
) -> None:
    reader, activity = _colleague("Nora"), stored(Activity)[0]
    wanted = []
    for number in range(count):
        # Three of the same moment: the key has to tell them apart.
        at = MOMENT + timedelta(hours=number // 3, microseconds=7)
        with time_machine.travel(at, tick=False):
            entry = a_finished_entry(activity, author, finished_at=at, title=f"T{number}")
            if number % 4:
                a_share(entry, "writers")
                wanted.append((at, entry.id, 0, f"e{entry.id}"))
            else:
                excerpt = an_excerpt(entry, "Done.")
                a_share(entry, "person", excerpt=excerpt, user_id=reader.user_id)
                wanted.append((excerpt.created_at, entry.id, excerpt.id, f"x{excerpt.id}"))
    let_in(app, visitor, reader)

    pages = [visitor.get("/journal/1/shared").text]
    while following := re.findall(r'href="(/journal/1/shared\?before=[^"]+)"', pages[-1]):
        pages.append(visitor.get(following[0]).text)

    assert [line for page in pages for line in re.findall(r'data-shared="(\w+)"', page)] == [
        name for *_, name in sorted(wanted, reverse=True)
    ]
    assert ("Nobody has shared anything with you here yet." in pages[0]) is (count == 0)


@pytest.mark.parametrize(
    "key", ["x", "1-2", "-1-2-3", "9" * 30 + "-1-1", f"1-{2**31}-0", "1-1-1%00", "99999999999999999-1-1"]
)
def test_list_when_the_key_is_forged_then_never_breaks(
    app: Flask, visitor: Visitor, author: Membership, key: str
) -> None:
    let_in(app, visitor, author)

    assert visitor.get(f"/journal/1/shared?before={key}").status_code == 200


@pytest.mark.parametrize("number", [0, 2**31, 10**30])
def test_addresses_when_their_numbers_are_forged_then_not_there(
    app: Flask, visitor: Visitor, author: Membership, number: int
) -> None:
    token = let_in(app, visitor, author)
    gets = (f"shared/{number}", f"excerpts/{number}", f"entries/{number}/sharing")
    posts = (
        f"shared/{number}/responses",
        f"excerpts/{number}/responses",
        f"responses/{number}/replies",
        f"responses/{number}/resolve",
        f"responses/{number}/withdraw",
        f"entries/1/excerpts/{number}/delete",
    )

    statuses = [visitor.get(f"/journal/1/{path}").status_code for path in gets]
    statuses += [visitor.post(f"/journal/1/{path}", csrf_token=token).status_code for path in posts]

    assert statuses == [404] * 9
    assert [visitor.get(f"{PAGE}?excerpt={each}").status_code for each in (number, 999_999)] == [200, 404]
