"""Who sees what: every address of the journal, for every role, and a secret that only its author may read."""

from collections.abc import Mapping

import pytest
import requests
import structlog
from structlog.testing import CapturingLoggerFactory

from tests.lti_app.activities.journal.writing import (
    SECRET,
    WORDS,
    autosave,
    begin,
    finish,
    hidden_fields,
    reopen,
    write_entry,
)
from tests.visitor import (
    FACILITATOR,
    LMS_ADMIN,
    MENTOR,
    OTHER_TEACHER,
    PRINCIPAL,
    TEACHER,
    Visitor,
)

# The author's: entry 1 is finished, entry 2 is a draft. Nobody else has written anything.
GETS = (
    "/journal/1",
    "/journal/1?after=1",
    "/journal/1/entries/1",
    "/journal/1/entries/1/edit",
    "/journal/1/entries/2",
    "/journal/1/entries/2/edit",
    "/journal/1/credit",
    "/journal/1/settings",
)
POSTS = (
    "/journal/1/entries/1/draft",
    "/journal/1/entries/1/finish",
    "/journal/1/entries/2/draft",
    "/journal/1/entries/2/keep",
    "/journal/1/entries/2/finish",
    "/journal/1/settings",
    "/journal/1/entries",
)
NOT_SIGNED_IN = "not signed in"
TAKES_PART = ([200, 200, 404, 404, 404, 404, 200, 404], [404, 404, 404, 404, 404, 404, 303])
LOOKS_AFTER = ([200, 200, 404, 404, 404, 404, 404, 200], [404, 404, 404, 404, 404, 422, 404])
# No page of theirs has a form, so every post of theirs lacks its token.
HAS_NO_PART = ([200, 200, 404, 404, 404, 404, 404, 404], [401] * 7)
NOBODY = ([401] * 8, [401] * 7)
EXPECTED = {
    FACILITATOR: LOOKS_AFTER,
    PRINCIPAL: LOOKS_AFTER,
    MENTOR: TAKES_PART,
    OTHER_TEACHER: TAKES_PART,
    LMS_ADMIN: HAS_NO_PART,
    NOT_SIGNED_IN: NOBODY,
}


@pytest.fixture
def written(visitor: Visitor) -> Visitor:
    """The author, with a finished entry and a draft that hold the secret."""
    write_entry(visitor, TEACHER, text=f"{SECRET} {WORDS}")
    autosave(visitor, begin(visitor, TEACHER), f"{SECRET}, once more")
    return visitor


@pytest.mark.parametrize("person", EXPECTED)
def test_pages_when_asked_for_by_anybody_but_the_author_then_hold_no_word_of_the_entry(
    written: Visitor, another_visitor: Visitor, person: str
) -> None:
    reader = another_visitor
    csrf_token = ""
    if person != NOT_SIGNED_IN:
        landed = reader.launch(person)
        csrf_token = hidden_fields(landed).get("csrf_token") or _csrf_from_settings(reader)

    gets = [reader.get(path) for path in GETS]
    posts = [reader.post(path, csrf_token=csrf_token, text="mine", based_on="99", sequence="99") for path in POSTS]

    texts = [page.text for page in (*gets, *posts)]
    assert ([page.status_code for page in gets], [page.status_code for page in posts]) == EXPECTED[person]
    assert [text for text in texts if SECRET in text or SECRET[:20] in text] == []
    # The same pages do show it to its author: it was there to be seen.
    shown = [path for path in GETS if SECRET in written.get(path).text]
    assert shown == ["/journal/1", "/journal/1?after=1", "/journal/1/entries/1", "/journal/1/entries/2/edit"]


def test_pages_when_somebody_of_another_course_asks_then_are_not_there(
    written: Visitor, another_visitor: Visitor
) -> None:
    override = {"claims": {"https://purl.imsglobal.org/spec/lti/claim/context": {"id": "another course"}}}
    _next_launch(another_visitor, override)
    landed = another_visitor.launch(FACILITATOR)

    pages = [another_visitor.get(path) for path in GETS]

    assert landed.request.path == "/journal/2"
    assert [page.status_code for page in pages] == [404] * len(GETS)
    assert [page for page in pages if SECRET in page.text] == []
    assert SECRET in written.get("/journal/1/entries/1").text


def test_pages_when_the_author_now_looks_after_the_course_then_opens_nothing_but_facts(written: Visitor) -> None:
    instructor = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
    _next_launch(written, {"claims": {"https://purl.imsglobal.org/spec/lti/claim/roles": [instructor]}})

    written.launch(TEACHER)

    pages = [written.get(path) for path in GETS]
    assert [page.status_code for page in pages] == LOOKS_AFTER[0]
    assert [page for page in pages if SECRET in page.text] == []


def test_log_when_somebody_writes_then_holds_no_word_and_no_name(visitor: Visitor) -> None:
    lines = CapturingLoggerFactory()
    structlog.configure(logger_factory=lines)  # the next app configures anew
    draft = begin(visitor, TEACHER)
    autosave(visitor, draft, SECRET)

    visitor.post(f"{draft.path}/finish", draft.page, **{"answer-text": SECRET, "csrf_token": ""})
    visitor.post(f"{draft.path}/finish", draft.page, **{"answer-text": SECRET})
    finish(visitor, reopen(visitor, draft), f"{SECRET} {WORDS}")

    log = "\n".join(str(call) for call in lines.logger.calls)
    assert [event for event in ("launch_accepted", "error_shown", "entry_finished") if event not in log] == []
    assert [word for word in (SECRET, "Jonas", "Lindqvist", "practice.invalid") if word in log] == []


def _csrf_from_settings(reader: Visitor) -> str:
    return hidden_fields(reader.get("/journal/1/settings")).get("csrf_token", "")


def _next_launch(visitor: Visitor, overrides: Mapping[str, object]) -> None:
    requests.post(f"{visitor.lms.url}/api/next-launch", json=overrides, timeout=5).raise_for_status()
