"""Addresses whose query is made of bytes that are no text."""

import pytest

from tests.lti_app.lti.launching import log_lines
from tests.visitor import TEACHER, Visitor

# As a WSGI server hands over the bytes 0xFF and 0xFE.
BYTES = "\xff\xfe"


def test_login_when_its_query_is_no_text_then_refused_and_logged(visitor: Visitor) -> None:
    answer = visitor.client.get(
        "/lti/login", base_url=visitor.base_url, environ_overrides={"QUERY_STRING": f"iss={BYTES}&login_hint=1"}
    )

    assert (answer.status_code, [line.check for line in log_lines()]) == (403, ["registration"])


@pytest.mark.parametrize("path", ["/journal/1", "/healthz", "/nowhere"])
def test_page_when_its_query_is_no_text_then_answers_as_without(visitor: Visitor, path: str) -> None:
    visitor.launch(TEACHER)
    without = visitor.get(path)

    answer = visitor.client.get(path, base_url=visitor.base_url, environ_overrides={"QUERY_STRING": BYTES})

    assert answer.status_code == without.status_code


def test_query_when_it_is_text_then_travels_unchanged(visitor: Visitor) -> None:
    answer = visitor.client.get(
        "/lti/login",
        base_url=visitor.base_url,
        query_string={
            "iss": visitor.lms.url,
            "login_hint": "Zoë ✓",
            "target_link_uri": f"{visitor.origin}/lti/launch",
        },
    )

    assert "login_hint=Zo%C3%AB+%E2%9C%93" in answer.headers["Location"]
