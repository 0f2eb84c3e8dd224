"""What a launch costs the database: a fixed small number of statements, whatever the size of the course."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import joinedload

from lti_app.activities.journal.models import EntryState
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.people import Role
from tests.factories import CompletionFactory, DeliveryFactory, EntryFactory, MembershipFactory, UserFactory
from tests.visitor import FACILITATOR, TEACHER, Visitor

# The most that a repeated launch takes: finding the platform; platform, deployment, the four rows of the launch in one,
# its log line, which uses the login up; then the first page. What a process remembers makes it fewer.
LOGIN = Counter(SELECT=1)
LAUNCH = Counter(SELECT=3, INSERT=1)
# The activity with its member; the entries; the prompts that were answered; the credit; what is shared.
OWN_PAGE = Counter(SELECT=5)
# The activity with its member; the groups; the people; how many there are; when they last wrote; what is shared.
PROGRESS_PAGE = Counter(SELECT=6)
Counts = tuple[Counter[str], Counter[str], Counter[str]]


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Count the statements of the block by their first word."""
    counts: Counter[str] = Counter()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counts[statement.split(None, 1)[0]] += 1

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield counts
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def _counts_of_launch(visitor: Visitor, person: str) -> Counts:
    with _counted() as login_counts:
        login = visitor.begin(person)
    fields = visitor.token(login).fields
    with _counted() as launch_counts:
        landed = visitor.post_token(fields)
    with _counted() as page_counts:
        page = visitor.get(landed.headers["Location"])
    assert page.status_code == 200
    return login_counts, launch_counts, page_counts


@pytest.mark.parametrize(
    ("person", "first_page"), [(TEACHER, OWN_PAGE), (FACILITATOR, PROGRESS_PAGE)], ids=["teacher", "facilitator"]
)
def test_launch_when_repeated_then_takes_no_more_than_the_pinned_statements(
    visitor: Visitor, person: str, first_page: Counter[str]
) -> None:
    visitor.launch(person)

    login, launch, page = _counts_of_launch(visitor, person)

    assert (login <= LOGIN, launch <= LAUNCH, page <= first_page) == (True, True, True), (login, launch, page)
    assert launch["INSERT"] == 1


@pytest.mark.parametrize(
    ("person", "first_page"), [(TEACHER, OWN_PAGE), (FACILITATOR, PROGRESS_PAGE)], ids=["teacher", "facilitator"]
)
def test_launch_when_the_course_is_large_then_takes_no_more_statements(
    visitor: Visitor, person: str, first_page: Counter[str]
) -> None:
    visitor.launch(person)
    _fill_course(members=30, entries=30)

    login, launch, page = _counts_of_launch(visitor, person)

    assert (login <= LOGIN, launch <= LAUNCH, page <= first_page) == (True, True, True), (login, launch, page)
    assert launch["INSERT"] == 1


def test_launch_when_refused_then_takes_few_statements(visitor: Visitor) -> None:
    with _counted() as counts:
        answer = visitor.post_token({"state": "unknown", "id_token": "rubbish"})

    assert answer.status_code == 400
    assert dict(counts) == {"INSERT": 1}


def _fill_course(*, members: int, entries: int) -> None:
    """Give the course so many members with a completion each, and the first person so many entries."""
    activity = db.session.get_one(Activity, 1, options=[joinedload(Activity.context)])
    finished = {"activity_id": 1, "state": EntryState.FINISHED, "finished_at": now()}
    for number in range(members):
        person = UserFactory(registration_id=1, sub=f"colleague-{number}")
        MembershipFactory(context=activity.context, user=person, role=Role.TEACHER)
        EntryFactory(user_id=person.id, **finished)
        CompletionFactory(activity_id=1, user_id=person.id)
        DeliveryFactory(activity=activity, user=person)
    for _ in range(entries):
        EntryFactory(user_id=1, **finished)
    db.session.commit()
