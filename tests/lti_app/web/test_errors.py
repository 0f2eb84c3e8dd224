"""Error pages: a sentence, an advice, a reference number, and the text that was being sent."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from config import Config
from lti_app.db import db
from lti_app.errors import REFERENCE_ALPHABET, NotThere, SignInEnded, ToolError, new_reference
from tests.visitor import TEACHER, Visitor

WRITTEN = "A <b>moment</b> that stayed & “stays” with me."
ESCAPED = "A &lt;b&gt;moment&lt;/b&gt; that stayed &amp; “stays” with me."


def _shown(answer: TestResponse) -> tuple[int, str]:
    heading = re.search(r"<h1>(.*?)</h1>", answer.text)
    assert heading, answer.text
    assert re.search(r'class="reference">[2-9A-HJKMNP-TV-Z]{8}<', answer.text)
    return answer.status_code, heading.group(1)


@pytest.mark.parametrize("path", ["/nowhere", "/journal/", "/journal/x", "/journal/-1", "/static/../config.py", "/%00"])
def test_page_when_there_is_none_then_says_so(visitor: Visitor, path: str) -> None:
    assert _shown(visitor.get(path)) == (404, "There is nothing here for you.")


def test_page_when_asked_by_the_wrong_method_then_says_so(visitor: Visitor) -> None:
    assert _shown(visitor.get("/lti/launch")) == (405, "This page cannot be opened this way.")


def test_page_when_the_session_has_ended_then_says_so_and_gives_the_text_back(visitor: Visitor) -> None:
    answer = visitor.post("/journal/1/entries/1/finish", None, **{"answer-text": WRITTEN})

    assert _shown(answer) == (401, "Your session has ended.")
    assert ESCAPED in answer.text
    assert WRITTEN not in answer.text


def test_page_when_the_text_is_too_large_then_says_what_fits(visitor: Visitor) -> None:
    page = visitor.launch(TEACHER)

    answer = visitor.post("/journal/1/entries/1/finish", page, **{"answer-text": "x" * (2 * 1024 * 1024 + 1)})

    assert _shown(answer) == (413, "This is more than Staffroom can take at once (2 MB).")


@pytest.mark.parametrize("language", ["de", "en-GB;q=0.5", "*", "", "x" * 2000, "zz-$%&"])
def test_page_when_any_language_is_asked_for_then_names_the_one_it_speaks(visitor: Visitor, language: str) -> None:
    answer = visitor.client.get("/journal/1", base_url=visitor.base_url, headers={"Accept-Language": language})

    assert answer.status_code == 401
    assert answer.headers["Content-Language"] == "en"
    assert '<html lang="en">' in answer.text


@pytest.mark.parametrize(
    ("path", "status", "state"), [("/journal/1", 401, "session_ended"), ("/nowhere", 404, "refused")]
)
def test_error_when_a_script_asked_then_is_json(visitor: Visitor, path: str, status: int, state: str) -> None:
    answer = visitor.client.get(path, base_url=visitor.base_url, headers={"Accept": "application/json"})

    body = answer.get_json()
    assert (answer.status_code, body["state"], set(body)) == (status, state, {"state", "reference"})
    assert len(body["reference"]) == 8


def test_error_when_unexpected_then_shown_with_a_reference_that_is_logged_and_nothing_of_it(
    app: Flask, visitor: Visitor
) -> None:
    visitor.launch(TEACHER)

    def break_(_value: object) -> str:
        raise LookupError(WRITTEN)

    app.jinja_env.filters["count_words"] = break_
    app.jinja_env.globals["asset"] = break_
    with structlog.testing.capture_logs() as logged:
        answer = visitor.client.get("/journal/1", base_url=visitor.base_url, headers={"Accept": "application/json"})

    assert answer.status_code == 500
    assert [line["event"] for line in logged] == ["error_unexpected", "error_shown"]
    assert logged[0]["reference"] == answer.get_json()["reference"]
    assert (logged[0]["error"], WRITTEN in str(logged)) == ("LookupError", False)


def test_error_when_the_database_is_away_then_says_that_nothing_is_lost(
    config: Config, start: Callable[[Config], Flask], tmp_path: Path
) -> None:
    nowhere = Config(
        public_url=config.public_url,
        database_url=f"sqlite:///{tmp_path}/missing/db.sqlite3",
        instance_path=tmp_path,
        keys_path=config.keys_path,
        secret_key=config.secret_key,
    )
    app = start(nowhere)

    answer = app.test_client().post("/lti/login", data={"iss": "x", "login_hint": "y"}, base_url="https://localhost")

    assert _shown(answer) == (503, "Staffroom cannot save anything just now.")


def test_error_when_a_table_is_missing_then_never_shows_the_statement(visitor: Visitor) -> None:
    visitor.launch(TEACHER)
    db.session.execute(text("ALTER TABLE membership RENAME TO elsewhere"))
    db.session.commit()

    answer = visitor.get("/journal/1")

    assert answer.status_code in {500, 503}
    assert "SELECT" not in answer.text
    assert "Traceback" not in answer.text


def test_reference_when_made_then_can_be_read_out_over_the_phone() -> None:
    references = {new_reference() for _ in range(2000)}

    assert len(references) == 2000
    assert {len(reference) for reference in references} == {8}
    assert set("".join(references)) == set(REFERENCE_ALPHABET)
    assert not set(REFERENCE_ALPHABET) & set("01ILOU")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ToolError("a", "b"), 400),
        (ToolError("a", "b", status=418), 418),
        (SignInEnded("a", "b"), 401),
        (NotThere("a", "b"), 404),
    ],
)
def test_error_when_raised_then_has_its_status_and_a_reference_of_its_own(error: ToolError, status: int) -> None:
    assert (error.status, str(error), error.happened, error.advice) == (status, "a", "a", "b")
    assert error.reference != ToolError("a", "b").reference
