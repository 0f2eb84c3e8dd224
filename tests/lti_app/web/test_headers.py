"""Headers of every answer: frames, sources, caches; and the origin of every post."""

import re

import pytest

from lti_app.models.platform import Registration
from tests.lti_app.lti.launching import stored
from tests.visitor import FACILITATOR, TEACHER, Visitor

ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?")
PATHS = ["/journal/1", "/nowhere", "/lti/launch", "/healthz", "/readyz", "/lti/jwks.json"]


def _policy(header: str) -> dict[str, list[str]]:
    parts = [part.split() for part in header.split(";")]
    return {name: values for name, *values in parts}


def test_page_when_signed_in_then_only_the_sessions_platform_may_frame_it(visitor: Visitor) -> None:
    page = visitor.launch(TEACHER)

    policy = _policy(page.headers["Content-Security-Policy"])
    assert policy == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'self'", visitor.lms.url],
        "form-action": ["'self'"],
    }


def test_page_when_of_another_session_then_names_that_ones_platform_only(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    visitor.launch(TEACHER)
    another_visitor.launch(FACILITATOR)
    with another_visitor.client.session_transaction(base_url=another_visitor.base_url) as kept:
        kept["sign_ins"]["1"]["frames"] = ["https://other.example"]
        kept.modified = True

    policies = [_policy(who.get("/journal/1").headers["Content-Security-Policy"]) for who in (visitor, another_visitor)]

    assert [policy["frame-ancestors"] for policy in policies] == [
        ["'self'", visitor.lms.url],
        ["'self'", "https://other.example"],
    ]


def test_page_when_nobody_is_signed_in_then_any_lms_may_show_the_error(visitor: Visitor) -> None:
    page = visitor.get("/journal/1")

    assert page.status_code == 401
    assert _policy(page.headers["Content-Security-Policy"])["frame-ancestors"] == ["*"]
    assert "X-Frame-Options" not in page.headers


@pytest.mark.parametrize("path", PATHS)
def test_answer_when_of_any_kind_then_not_sniffed_and_sends_no_referrer_away(visitor: Visitor, path: str) -> None:
    visitor.launch(TEACHER)

    headers = visitor.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == ("public, max-age=3600" if path.endswith("jwks.json") else "no-store")


def test_page_when_signed_in_then_has_no_inline_script_or_style(visitor: Visitor) -> None:
    page = visitor.launch(TEACHER).text

    assert "<script>" not in page
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "{lms}",
        "{ours}.evil.example",
        "{ours}/",
        "http://localhost",
    ],
)
def test_post_when_of_another_origin_then_refused_and_nothing_changes(visitor: Visitor, origin: str) -> None:
    page = visitor.launch(TEACHER)
    sender = visitor.origin
    visitor.origin = origin.format(lms=visitor.lms.url, ours=sender)

    answer = visitor.post("/journal/1/entries", page)

    assert answer.status_code == 403
    assert "This page was asked for from somewhere else." in answer.text
    assert "journal_entry" not in stored()


def test_post_when_without_the_forms_token_then_refused_and_nothing_changes(visitor: Visitor) -> None:
    visitor.launch(TEACHER)

    answer = visitor.post("/journal/1/entries")

    assert answer.status_code == 401
    assert "Your session has ended." in answer.text
    assert "journal_entry" not in stored()


def test_post_when_with_another_sessions_token_then_refused(visitor: Visitor, another_visitor: Visitor) -> None:
    page = visitor.launch(TEACHER)
    another_visitor.launch(TEACHER)

    answer = another_visitor.post("/journal/1/entries", page)

    assert answer.status_code == 401
    assert "journal_entry" not in stored()


def test_post_when_from_our_own_page_then_taken(visitor: Visitor) -> None:
    page = visitor.launch(TEACHER)

    answer = visitor.post("/journal/1/entries", page)

    assert answer.status_code == 303
    assert stored()["journal_entry"] == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://lms.example; script-src *",
        "https://lms.example 'unsafe-inline'",
        "https://lms.example,https://evil.example",
        "https://*",
        "https://user:word@lms.example",
    ],
)
def test_frame_origins_when_an_address_is_hostile_then_none_breaks_the_policy(address: str) -> None:
    row = Registration(issuer=address, auth_url="https://lms.example/auth")

    assert [origin for origin in row.frame_origins if not ORIGIN.fullmatch(origin)] == []
    assert "https://lms.example" in row.frame_origins
