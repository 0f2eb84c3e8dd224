"""Launches that are let in, and those that the platform itself answered with an error."""

from typing import Any

import pytest
from sqlalchemy import select

from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.launch import LaunchOutcome
from lti_app.models.people import Context, Membership, Role, User
from lti_app.models.platform import Registration
from tests.lti_app.lti.launching import (
    LTI,
    ON_SQLITE,
    RESOURCE_LINK,
    call,
    launch_with,
    log_lines,
    outcome,
    query_of,
    refusal,
    refused_after_signature,
    services_called,
    stored,
)
from tests.visitor import FACILITATOR, TEACHER, UNGRADED, Visitor


def test_launch_when_good_then_leads_to_its_activity_and_leaves_its_rows(
    visitor: Visitor, registration: Registration
) -> None:
    landed = visitor.post_token(visitor.token(visitor.begin(TEACHER)).fields)

    user = db.session.scalars(select(User)).one()
    context = db.session.scalars(select(Context)).one()
    member = db.session.scalars(select(Membership)).one()
    activity = db.session.scalars(select(Activity)).one()
    assert (landed.status_code, landed.headers["Location"]) == (303, f"/journal/{activity.id}")
    assert (user.registration_id, user.sub, user.name, user.locale) == (
        registration.id,
        TEACHER,
        "Jonas Lindqvist",
        "en",
    )
    assert (context.context_id_on_platform, context.label, context.title) == ("1", "IND-1", "First-year induction")
    assert (member.role, member.is_active, member.is_test_user) == (Role.TEACHER, True, False)
    assert (activity.resource_link_id_on_platform, activity.kind) == ("1", "journal")
    assert activity.title == "Weekly reflection"
    assert activity.line_item_url == f"{visitor.lms.url}/lti/courses/1/lineitems/11/lineitem?type_id=1"
    assert "https://purl.imsglobal.org/spec/lti-ags/scope/score" in activity.ags_scopes.split()
    assert stored() == {"lti_user": 1, "context": 1, "membership": 1, "activity": 1, "launch_record": 1}


def test_launch_when_good_then_the_log_names_no_person(visitor: Visitor, registration: Registration) -> None:
    visitor.launch(TEACHER)

    (line,) = log_lines()
    assert (line.outcome, line.registration_id) == (LaunchOutcome.ACCEPTED, registration.id)
    assert (line.deployment_id_on_platform, line.message_type) == ("1", RESOURCE_LINK)
    assert (line.check, line.explanation, line.reference) == (None, None, None)


def test_launch_when_repeated_then_adds_nothing_but_a_log_line(visitor: Visitor) -> None:
    visitor.launch(TEACHER)
    visitor.launch(TEACHER)

    assert stored() == {"lti_user": 1, "context": 1, "membership": 1, "activity": 1, "launch_record": 2}


def test_launch_when_of_the_ungraded_link_then_has_no_line_item(visitor: Visitor) -> None:
    visitor.launch(TEACHER, UNGRADED)

    activity = db.session.scalars(select(Activity)).one()
    assert activity.line_item_url is None
    assert activity.line_items_url == f"{visitor.lms.url}/lti/courses/1/lineitems?type_id=1"


def test_launch_when_the_link_has_two_columns_then_the_first_seen_stays(visitor: Visitor) -> None:
    visitor.launch(TEACHER)
    before = db.session.scalars(select(Activity.line_item_url)).one()
    call(visitor.lms, "line-items/second", {"activity": 1})

    visitor.launch(TEACHER)

    db.session.rollback()
    assert db.session.scalars(select(Activity.line_item_url)).one() == before
    assert before is not None


@pytest.mark.parametrize("claims", [{"sub": "s" * 255}, {"sub": "é 李 \u202e <b>"}, {"sub": "' OR 1=1 --"}], ids=str)
def test_launch_when_the_sub_is_odd_but_allowed_then_kept_letter_by_letter(
    visitor: Visitor, claims: dict[str, Any]
) -> None:
    answer = launch_with(visitor, claims=claims)

    assert answer.status_code == 303
    assert db.session.scalars(select(User.sub)).one() == claims["sub"]


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("sub", "nul\x00"),
        ("sub", "\ud800"),
        (f"{LTI}resource_link", {"id": "nul\x00"}),
        (f"{LTI}resource_link", {"id": "\udfff"}),
        (f"{LTI}context", {"id": "nul\x00"}),
        (f"{LTI}context", {"id": "\ud800"}),
    ],
    ids=repr,
)
def test_launch_when_an_id_cannot_be_stored_then_refused(
    visitor: Visitor, registration: Registration, claim: str, value: Any
) -> None:
    answer = launch_with(visitor, claims={claim: value})

    name = "sub" if claim == "sub" else "id"
    assert outcome(answer) == refused_after_signature(
        "message", f"“{name}” is missing or malformed.", registration_id=registration.id
    )


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Zo\x00ë"}, "Zoë"),
        ({"name": "Zo\ud800ë"}, "Zoë"),
        ({"name": "\x1b[31mZoë"}, "[31mZoë"),
        ({"name": "\u202eeoZ"}, "eoZ"),
        ({"name": "<script>alert(1)</script>"}, "<script>alert(1)</script>"),
        ({"name": "n" * 400}, "n" * 255),
        ({"name": "", "given_name": "Zoë", "family_name": ""}, "Zoë"),
    ],
    ids=repr,
)
def test_launch_when_the_name_is_odd_then_kept_without_what_harms(
    visitor: Visitor, claims: dict[str, Any], name: str
) -> None:
    answer = launch_with(visitor, claims=claims)

    page = visitor.get(answer.headers["Location"])
    assert db.session.scalars(select(User.name)).one() == name
    assert (page.status_code, "<script>alert" in page.text) == (200, False)


def test_launch_when_titles_are_html_then_the_pages_show_them_as_text(visitor: Visitor) -> None:
    script = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    claims = {
        f"{LTI}context": {"id": "1", "label": script, "title": script},
        f"{LTI}resource_link": {"id": "1", "title": script, "description": script},
    }

    answer = launch_with(visitor, person=FACILITATOR, claims=claims)

    page = visitor.get(answer.headers["Location"]).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert db.session.scalars(select(Activity.title)).one() == script


def test_launch_when_the_locale_is_absurd_then_the_page_still_opens(visitor: Visitor) -> None:
    answer = launch_with(visitor, claims={f"{LTI}launch_presentation": {"locale": "zz_$%&/ 李" * 20}})

    assert visitor.get(answer.headers["Location"]).status_code == 200
    assert len(db.session.scalars(select(User.locale)).one()) == 35


@ON_SQLITE
@pytest.mark.parametrize("message", ["LtiStartProctoring", "LtiStartAssessment", "ltiresourcelinkrequest"])
def test_launch_when_of_another_message_type_then_refused(
    visitor: Visitor, registration: Registration, message: str
) -> None:
    answer = launch_with(visitor, claims={f"{LTI}message_type": message})

    expected = refusal(
        "message",
        "The message type is none that Staffroom takes here.",
        registration_id=registration.id,
        deployment="1",
        message_type=message,
    )
    assert outcome(answer) == expected


@pytest.mark.parametrize(
    ("kept", "lost"),
    [
        ({"login_hint": "103"}, "access_denied"),
        ({"lti_message_hint": "{}"}, "invalid_request"),
        ({"lti_message_hint": None}, "invalid_request"),
    ],
)
def test_login_when_the_platform_answers_an_error_then_the_teacher_is_told(
    visitor: Visitor, registration: Registration, kept: dict[str, Any], lost: str
) -> None:
    fields = visitor.token(visitor.begin(TEACHER, **kept)).fields

    answer = visitor.post_token(fields)

    assert fields["error"] == lost
    assert outcome(answer) == refusal(
        "platform_error", "The platform answered the login with an error.", registration_id=registration.id
    )


def test_platforms_error_when_it_is_a_page_then_none_of_it_is_shown_or_logged(
    visitor: Visitor, registration: Registration
) -> None:
    state = query_of(visitor.begin(TEACHER))["state"]
    said = "<script>alert(1)</script> jonas@practice.invalid"

    answer = visitor.post_token({"state": state, "error": said, "error_description": said})

    assert outcome(answer).registration_id == registration.id
    assert "alert(1)" not in answer.text
    assert "jonas@" not in str([line.explanation for line in log_lines()])


def test_platforms_error_when_without_our_state_then_is_a_refused_state(visitor: Visitor) -> None:
    answer = visitor.post_token({"error": "access_denied", "state": "unknown"})

    assert outcome(answer) == refusal("state", "The state is none that Staffroom gave out.")


def test_launch_when_keys_are_known_then_asks_the_platform_nothing(visitor: Visitor) -> None:
    visitor.launch(TEACHER)
    asked_before = services_called(visitor.lms)

    visitor.launch(TEACHER)

    assert (asked_before, services_called(visitor.lms)) == (["jwks"], ["jwks"])


def test_launch_address_when_opened_by_get_then_says_so(visitor: Visitor) -> None:
    answer = visitor.get("/lti/launch")

    assert answer.status_code == 405
    assert "This page cannot be opened this way." in answer.text
    assert stored() == {}
