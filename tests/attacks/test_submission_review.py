"""Submission reviews by whoever is not meant to see, of whoever is not there, and malformed: nothing leaks, no 500."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lti_app.db import db
from lti_app.models.people import Membership, Role
from lti_app.models.platform import Registration
from tests.factories import MembershipFactory
from tests.lti_app.activities.journal.writing import SECRET, set_journal, write_entry
from tests.lti_app.activities.journal.writing import stored as rows
from tests.lti_app.lti.launching import LTI, ON_SQLITE, log_lines, outcome, refusal, stored
from tests.lti_app.lti.reviewing import REVIEW, page_of, review
from tests.visitor import (
    FACILITATOR,
    LMS_ADMIN,
    MENTOR,
    OTHER_TEACHER,
    TEACHER,
    Visitor,
)

NAME = "Jonas Lindqvist"
MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership"
MALFORMED: list[Any] = [
    *(None, 5, True, "102", [], ["102"], {}),
    *({"user_id": user_id} for user_id in (None, 102, "", "x" * 256, "nul\x00", "\ud800")),
    {"id": "102"},
]


@pytest.fixture
def written(visitor: Visitor) -> None:
    """A teacher has finished an entry."""
    visitor.launch(TEACHER)
    set_journal(minimum_words=0)
    write_entry(visitor, TEACHER, text=SECRET)


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("person", [OTHER_TEACHER, MENTOR, LMS_ADMIN], ids=["teacher", "mentor", "LMS admin"])
def test_review_when_asked_by_anybody_but_a_facilitator_then_not_there(another_visitor: Visitor, person: str) -> None:
    roles = (
        {f"{LTI}roles": ["http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"]}
        if person == LMS_ADMIN
        else {}
    )
    page = page_of(another_visitor, review(another_visitor, person=person, claims=roles))

    assert page.status_code == 404
    assert NAME not in page.text
    assert SECRET not in page.text


@pytest.mark.usefixtures("written")
def test_review_when_asked_by_a_facilitator_then_facts_and_never_a_word(another_visitor: Visitor) -> None:
    page = page_of(another_visitor, review(another_visitor))

    assert page.status_code == 200
    assert NAME in page.text
    assert SECRET not in page.text


@pytest.mark.usefixtures("written")
def test_review_when_its_address_is_guessed_then_only_facilitators_of_the_course_see_it(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    address = review(another_visitor).headers["Location"]
    facilitators = another_visitor.get(address).status_code
    own = visitor.get(address).status_code
    visitor.launch(OTHER_TEACHER)

    assert (facilitators, own, visitor.get(address).status_code) == (200, 404, 404)
    assert visitor.client.get(address, base_url="https://elsewhere").status_code == 401


def test_review_when_the_person_is_of_another_course_then_not_even_their_name(visitor: Visitor) -> None:
    visitor.launch(FACILITATOR)
    elsewhere = MembershipFactory()
    elsewhere.user.name = "Somebody Elsewhere"
    db.session.commit()
    user_id = elsewhere.user_id

    page = visitor.get(f"/review/1/{user_id}")

    assert page.status_code == 200
    assert "Somebody Elsewhere" not in page.text
    assert "This person has not opened the activity in Staffroom" in page.text


@pytest.mark.parametrize("address", ["/review/1/0", "/review/1/999", f"/review/1/{2**31}", f"/review/1/{10**30}"])
def test_review_when_the_person_is_nobody_then_a_sentence(visitor: Visitor, address: str) -> None:
    visitor.launch(FACILITATOR)

    page = visitor.get(address)

    assert page.status_code == 200
    assert "This person has not opened the activity in Staffroom" in page.text


@pytest.mark.parametrize("address", ["/review/999/1", f"/review/{2**31}/1", f"/review/{10**30}/1", "/review/-1/1"])
def test_review_when_the_activity_is_nobodys_then_not_there(visitor: Visitor, address: str) -> None:
    visitor.launch(FACILITATOR)

    assert visitor.get(address).status_code == 404


@pytest.mark.usefixtures("written")
def test_review_when_an_instructor_of_another_course_asks_for_this_activity_then_not_found(
    another_visitor: Visitor,
) -> None:
    answer = review(another_visitor, claims={f"{LTI}context": {"id": "another"}})

    page = page_of(another_visitor, answer)

    assert answer.headers["Location"] == "/review/unknown"
    assert "Nobody has opened this activity in Staffroom yet." in page.text
    assert another_visitor.get("/review/1/1").status_code == 404


@pytest.mark.usefixtures("written")
def test_review_when_of_another_platform_with_the_same_ids_then_finds_nothing(stranger: Visitor) -> None:
    answer = review(stranger)

    assert answer.headers["Location"] == "/review/unknown"
    assert stranger.get("/review/1/1").status_code == 404


@ON_SQLITE
@pytest.mark.parametrize("person", MALFORMED, ids=repr)
def test_review_when_it_names_no_person_then_refused(visitor: Visitor, registration: Registration, person: Any) -> None:
    answer = review(visitor, claims={f"{LTI}for_user": person})

    key = "user_id" if isinstance(person, dict) else "for_user"
    assert outcome(answer) == refusal(
        "message",
        f"“{key}” is missing or malformed.",
        registration_id=registration.id,
        deployment="1",
        message_type=REVIEW,
    )


@ON_SQLITE
@pytest.mark.parametrize(
    ("claims", "remove"),
    [({}, ["resource_link", "context"]), ({f"{LTI}resource_link": {"title": "no id"}}, []), ({}, ["roles"])],
    ids=str,
)
def test_review_when_a_claim_is_missing_then_refused(
    visitor: Visitor, claims: dict[str, Any], remove: list[str]
) -> None:
    answer = review(visitor, claims=claims, remove=[LTI + name for name in remove])

    assert (answer.status_code, stored(), log_lines()[-1].check) == (400, {"launch_record": 1}, "message")


@pytest.mark.usefixtures("written")
def test_review_when_it_claims_another_role_in_custom_then_gives_no_right(another_visitor: Visitor) -> None:
    custom = {f"{LTI}custom": {"roles": f"{MEMBER}#Instructor"}}

    page = page_of(another_visitor, review(another_visitor, person=OTHER_TEACHER, claims=custom))

    assert page.status_code == 404
    assert {member.role for member in rows(Membership)} == {Role.TEACHER}


@pytest.mark.usefixtures("written")
def test_review_when_somebody_acts_as_the_facilitator_then_shows_nothing(another_visitor: Visitor) -> None:
    custom = {f"{LTI}custom": {"canvas_masquerading_user_id": "42"}}

    page = page_of(another_visitor, review(another_visitor, claims=custom))

    assert page.status_code == 403
    assert NAME not in page.text


def test_review_when_replayed_then_refused(visitor: Visitor) -> None:
    visitor.launch(TEACHER)
    login = visitor.begin(FACILITATOR)
    fields = visitor.token(login).fields

    statuses = [visitor.post_token(fields).status_code for _ in range(2)]

    assert statuses == [303, 400]


@pytest.mark.parametrize("database", ["sqlite"])
@given(
    claim=st.sampled_from(["for_user", "resource_link", "context", "roles", "custom", "launch_presentation"]),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    ),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_review_when_any_claim_is_anything_then_let_in_or_refused_with_a_line(
    visitor: Visitor, claim: str, value: Any
) -> None:
    before = len(log_lines())

    answer = review(visitor, claims={LTI + claim: value})

    assert answer.status_code in {303, 400}
    assert len(log_lines()) == before + 1
