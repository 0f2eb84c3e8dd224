"""Where a launch may lead: to our own origin, and to the target that the login named."""

from typing import Any

import pytest

from lti_app.models.platform import Registration
from tests.lti_app.lti.launching import LTI, launch_with, outcome, query_of, refusal, refused_after_signature
from tests.visitor import TEACHER, Visitor

NOT_OURS = "The target of the login is not an address of Staffroom."


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/lti/launch",
        "//evil.example/lti/launch",
        "{origin}@evil.example/",
        "{origin}.evil.example/",
        "{origin}0/lti/launch",
        "http://user@localhost/",
        "{scheme}user@{host}/lti/launch",
        "{scheme}user:word@{host}/lti/launch",
        "{origin}\\@evil.example/",
        "{origin}/\\evil.example",
        "\\\\evil.example",
        "data:text/html,hello",
        "javascript:alert(1)",
        "ftp://localhost/",
        "/lti/launch",
        "lti/launch",
        "",
        " {origin}/lti/launch",
        "{origin}/lti/launch ",
        "{origin}/lti/\nlaunch",
        "{origin}/lti/\tlaunch",
        "{origin}/\u202elaunch",
        "{origin}/\x7f",
        "{origin}/" + "x" * 2048,
    ],
)
def test_login_when_its_target_is_not_ours_then_refused(
    visitor: Visitor, registration: Registration, target: str
) -> None:
    scheme, _, host = visitor.origin.partition("://")
    filled = target.format(origin=visitor.origin, scheme=f"{scheme}://", host=host)

    answer = visitor.begin(TEACHER, target_link_uri=filled)

    assert outcome(answer) == refusal("target", NOT_OURS, registration_id=registration.id)


def test_login_when_it_names_no_target_then_refused(visitor: Visitor, registration: Registration) -> None:
    answer = visitor.begin(TEACHER, target_link_uri=None)

    assert outcome(answer) == refusal("target", NOT_OURS, registration_id=registration.id)


@pytest.mark.parametrize("path", ["", "/", "/lti/launch", "/lti/launch?template=4&x=%20", "/journal/7#part"])
def test_login_when_its_target_is_ours_then_the_redirect_uri_stays_the_constant_one(
    visitor: Visitor, path: str
) -> None:
    login = visitor.begin(TEACHER, target_link_uri=visitor.origin + path)

    assert login.status_code == 302
    assert query_of(login)["redirect_uri"] == f"{visitor.origin}/lti/launch"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/lti/launch",
        "{origin}/lti/launch?x=1",
        "{origin}/lti/launch/",
        "{origin}",
        "",
        None,
        5,
        [],
        ["{origin}/lti/launch"],
        {},
        "\ud800",
    ],
    ids=repr,
)
def test_token_when_its_target_is_not_the_logins_then_refused(
    visitor: Visitor, registration: Registration, target: Any
) -> None:
    filled = target.format(origin=visitor.origin) if isinstance(target, str) else target

    answer = launch_with(visitor, claims={f"{LTI}target_link_uri": filled})

    assert outcome(answer) == refused_after_signature(
        "target", "The target is not the one of the login.", registration_id=registration.id
    )


def test_token_when_it_names_no_target_then_refused(visitor: Visitor, registration: Registration) -> None:
    answer = launch_with(visitor, remove=[f"{LTI}target_link_uri"])

    assert outcome(answer) == refused_after_signature(
        "target", "The target is not the one of the login.", registration_id=registration.id
    )


def test_launch_when_login_and_token_name_the_same_deep_target_then_let_in(visitor: Visitor) -> None:
    target = f"{visitor.origin}/lti/launch?template=4"

    answer = launch_with(visitor, login={"target_link_uri": target}, claims={f"{LTI}target_link_uri": target})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/journal/1")
