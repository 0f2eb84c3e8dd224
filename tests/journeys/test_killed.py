"""Whatever is killed between Finish and the score: the entry counts once, and the score arrives once."""

import pytest
import requests

from tests.journeys.browsing import Browser, hidden_fields
from tests.journeys.classroom import ENTRY
from tests.journeys.stack import Stack, wait_for
from tests.visitor import TEACHER, WEEKLY

LEASE_IS_OVER = 120
WEB_LINES = [
    "lti_app.activities.journal.service.drafts:save_draft:return",
    "lti_app.activities.journal.service.finishing:finish:call",
    "lti_app.gradebook.completion:record_fact:return",
    "lti_app.gradebook.delivery:owe_score:return",
    "lti_app.activities.journal.service.finishing:finish:return",
    "lti_app.tasks:_wake:call",
    "lti_app.tasks:_wake:return",
]
WORKER_LINES = [
    "lti_app.tasks:deliver_score:call",
    "lti_app.gradebook.delivery:claim:return",
    "lti_app.gradebook.delivery:send:call",
    "lti_app.lti.connector:_fetch_token:return",
    "lti_app.lti.ags:post_score:call",
    "lti_app.lti.ags:post_score:return",
    "lti_app.gradebook.delivery:send:return",
    "lti_app.gradebook.delivery:record_sent:return",
    "lti_app.tasks:deliver_score:return",
]


@pytest.mark.parametrize("line", WEB_LINES)
def test_server_when_killed_while_finishing_then_nothing_written_is_lost_and_the_score_arrives(
    stack: Stack, line: str
) -> None:
    # The launch wakes workers, too: only the server that finishes is to die.
    stack.start_web()
    browser, editor = _editor(stack)
    stack.kill_web()
    stack.start_web(kill_at=line)
    with pytest.raises(requests.ConnectionError):
        browser.open(_finish_url(editor), {**hidden_fields(editor), "answer-text": ENTRY})
    assert stack.was_killed()
    stack.kill_web()

    stack.start_web()
    stack.start_worker()
    _finish_again(stack, browser)

    _assert_one_score(stack, browser)
    assert ENTRY[:60] in browser.open(f"{stack.url}/journal/1").text


@pytest.mark.parametrize("line", WORKER_LINES)
def test_worker_when_killed_on_the_way_then_the_next_one_brings_the_score(stack: Stack, line: str) -> None:
    stack.start_web()
    stack.start_worker(kill_at=line)
    browser, editor = _editor(stack)
    browser.open(_finish_url(editor), {**hidden_fields(editor), "answer-text": ENTRY})
    wait_for(stack.was_killed, seconds=20, what=stack.log)
    stack.kill_worker()

    # The killed worker's lease has to run out first: both clocks go on by two minutes.
    requests.post(
        f"{stack.lms.url}/api/settings", json={"clock_offset_seconds": LEASE_IS_OVER}, timeout=10
    ).raise_for_status()
    stack.start_worker(clock_ahead=LEASE_IS_OVER)

    _assert_one_score(stack, browser)


def test_score_when_its_message_is_lost_then_a_starting_worker_finds_it(stack: Stack) -> None:
    stack.start_web()
    browser, editor = _editor(stack)
    browser.open(_finish_url(editor), {**hidden_fields(editor), "answer-text": ENTRY})
    for path in stack.folder.glob("queue.sqlite3*"):
        path.unlink()

    stack.start_worker()

    _assert_one_score(stack, browser)


def _editor(stack: Stack) -> tuple[Browser, requests.Response]:
    browser = Browser()
    journal = browser.launch(stack.lms.url, person=TEACHER, activity=WEEKLY)
    return browser, browser.open(f"{stack.url}/journal/1/entries", hidden_fields(journal))


def _finish_url(editor: requests.Response) -> str:
    return editor.url.removesuffix("/edit") + "/finish"


def _finish_again(stack: Stack, browser: Browser) -> None:
    """Do what the teacher does who saw no answer: open the journal, and finish the draft if it is still one."""
    journal = browser.open(f"{stack.url}/journal/1")
    if "Continue writing" in journal.text:
        editor = browser.open(f"{stack.url}/journal/1/entries/1/edit")
        browser.open(_finish_url(editor), {**hidden_fields(editor), "answer-text": ENTRY})


def _assert_one_score(stack: Stack, browser: Browser) -> None:
    journal = f"{stack.url}/journal/1"
    wait_for(lambda: bool(stack.gradebook()), seconds=30, what=stack.log)
    wait_for(lambda: "In your gradebook since" in browser.open(journal).text, seconds=30, what=stack.log)
    posted = requests.get(f"{stack.lms.url}/api/scores", timeout=10).json()
    assert [(row["person"], row["score"], row["maximum"]) for row in stack.gradebook()] == [(TEACHER, 1, 1)]
    assert len({str(score["body"]) for score in posted}) == 1, "a second try sends the very same bytes"
    assert [score["status"] for score in posted].count(200) == 1
