"""The addresses that a platform knows, as HTTP: cookies, methods, what a refused person reads."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import structlog
import time_machine
from werkzeug.test import TestResponse

from tests.lti_app.lti.launching import launch_with, log_lines, query_of, stored
from tests.visitor import OTHER_TEACHER, TEACHER, Visitor

HARDENED = {"Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"}


def _cookie(answer: TestResponse, name: str) -> tuple[str, set[str]]:
    """Return the value and the attributes of a cookie that the answer sets."""
    (line,) = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith(f"{name}=")]
    first, *attributes = line.split("; ")
    return first.partition("=")[2], set(attributes)


def test_login_when_answered_then_its_cookie_is_hardened_and_of_this_host_only(visitor: Visitor) -> None:
    value, attributes = _cookie(visitor.begin(TEACHER), "__Host-staffroom-browser")

    assert len(value) >= 43
    assert attributes == HARDENED


def test_launch_when_answered_then_its_session_cookie_is_hardened_and_of_this_host_only(visitor: Visitor) -> None:
    landed = visitor.post_token(visitor.token(visitor.begin(TEACHER)).fields)

    value, attributes = _cookie(landed, "__Host-staffroom")
    assert attributes == HARDENED
    assert len(value) < 1000


def test_session_cookie_when_read_then_holds_neither_token_nor_name(visitor: Visitor) -> None:
    token = visitor.token(visitor.begin(TEACHER))
    landed = visitor.post_token(token.fields)

    with visitor.client.session_transaction(base_url=visitor.base_url) as kept:
        text = json.dumps(dict(kept))
    assert landed.status_code == 303
    assert "sign_ins" in text
    assert not [secret for secret in ("Jonas", "practice.invalid", token.fields["id_token"]) if secret in text]


def test_session_when_launched_again_then_lasts_from_then_on_and_open_pages_go_on(visitor: Visitor) -> None:
    first = visitor.post_token(visitor.token(visitor.begin(TEACHER)).fields)
    page = visitor.get(first.headers["Location"])
    later = datetime.now(UTC) + timedelta(hours=11)

    with time_machine.travel(later):
        second = visitor.post_token(visitor.token(visitor.begin(TEACHER)).fields)
        old_form = visitor.post("/journal/1/entries", page)
    with time_machine.travel(later + timedelta(hours=11)):
        still_in = visitor.get("/journal/1")

    assert _cookie(first, "__Host-staffroom")[0] != _cookie(second, "__Host-staffroom")[0]
    assert (old_form.status_code, still_in.status_code) == (303, 200)


def test_session_when_somebody_else_launches_then_the_firsts_open_pages_are_over(visitor: Visitor) -> None:
    page = visitor.launch(TEACHER)
    visitor.launch(OTHER_TEACHER)

    old_form = visitor.post("/journal/1/entries", page)

    assert old_form.status_code == 401
    assert "journal_entry" not in stored()


def test_launch_when_good_then_redirects_within_our_origin(visitor: Visitor) -> None:
    landed = visitor.post_token(visitor.token(visitor.begin(TEACHER)).fields)

    location = urlsplit(landed.headers["Location"])
    assert (landed.status_code, location.scheme, location.netloc, location.path) == (303, "", "", "/journal/1")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/lti/launch", 405),
        ("PUT", "/lti/launch", 405),
        ("DELETE", "/lti/login", 405),
        ("POST", "/lti/jwks.json", 405),
        ("HEAD", "/lti/jwks.json", 200),
        ("GET", "/lti/", 404),
        ("GET", "/lti/launch/", 404),
        ("POST", "/lti/launch/extra", 404),
    ],
)
def test_address_when_asked_in_another_way_then_says_so(visitor: Visitor, method: str, path: str, status: int) -> None:
    answer = visitor.client.open(path, method=method, base_url=visitor.base_url)

    assert answer.status_code == status
    assert stored() == {}


def test_method_when_not_allowed_then_the_answer_names_those_that_are(visitor: Visitor) -> None:
    answer = visitor.get("/lti/launch")

    assert set(answer.headers.get("Allow", "").split(", ")) >= {"POST"}


def test_host_header_when_forged_then_the_redirect_uri_stays_ours(visitor: Visitor) -> None:
    fields = query_of(visitor.begin(TEACHER))

    forged = visitor.client.get(
        "/lti/login",
        query_string={
            "iss": visitor.lms.url,
            "login_hint": fields["login_hint"],
            "target_link_uri": visitor.lms.settings.redirect_uri,
        },
        base_url="https://evil.example",
        headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"},
    )

    assert query_of(forged)["redirect_uri"] == f"{visitor.origin}/lti/launch"
    assert "evil.example" not in forged.headers["Location"]


def test_refused_launch_when_a_script_asked_then_answers_json_with_the_reference(visitor: Visitor) -> None:
    answer = visitor.client.post(
        "/lti/launch", data={"state": "x"}, base_url=visitor.base_url, headers={"Accept": "application/json"}
    )

    assert answer.status_code == 400
    assert answer.json == {"state": "refused", "reference": log_lines()[-1].reference}


def test_refused_launch_when_shown_then_never_gives_the_token_back(visitor: Visitor) -> None:
    answer = visitor.post_token({"state": "secret-state", "id_token": "secret-token", "text": "secret-text"})

    assert answer.status_code == 400
    assert "secret" not in answer.text


def test_launches_when_refused_twice_then_have_two_reference_numbers(visitor: Visitor) -> None:
    for _ in range(2):
        visitor.post_token({"state": "x"})

    references = {line.reference for line in log_lines()}
    assert len(references) == 2
    assert None not in references


def test_refused_launch_when_already_signed_in_then_the_session_stays_as_it_was(visitor: Visitor) -> None:
    visitor.launch(TEACHER)

    refused = launch_with(visitor, claims={"aud": "another"})

    assert refused.status_code == 400
    assert visitor.get("/journal/1").status_code == 200


def test_launches_when_logged_then_without_names_tokens_or_addresses(visitor: Visitor) -> None:
    token = visitor.token(visitor.begin(TEACHER))
    with structlog.testing.capture_logs() as logged:
        visitor.post_token(token.fields)
        visitor.post_token(token.fields)

    text = json.dumps(logged)
    assert [line["event"] for line in logged] == ["launch_accepted", "launch_refused", "error_shown"]
    assert not [secret for secret in ("Jonas", "practice.invalid", "return", token.fields["state"]) if secret in text]
    assert token.fields["id_token"] not in text


def test_post_when_multipart_then_understood_all_the_same(visitor: Visitor) -> None:
    fields = visitor.token(visitor.begin(TEACHER)).fields

    landed = visitor.client.post(
        "/lti/launch", data=fields, content_type="multipart/form-data", base_url=visitor.base_url
    )

    assert landed.status_code == 303


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{}", "application/json"),
        (b"\x00\xff", "application/octet-stream"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"--x\r\nbroken", "multipart/form-data"),
        (b"state=%zz&id_token=%", "application/x-www-form-urlencoded"),
        (b"", ""),
    ],
)
def test_post_when_it_is_no_form_then_refused_and_never_breaks(
    visitor: Visitor, body: bytes, content_type: str
) -> None:
    answer = visitor.client.post("/lti/launch", data=body, content_type=content_type, base_url=visitor.base_url)

    assert answer.status_code == 400
    assert "lti_user" not in stored()
    assert [line.check for line in log_lines()] in (["state"], ["cookie"])
