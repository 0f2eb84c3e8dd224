"""Data privacy launches: an admin sees counts and never a word, others see themselves only, nonsense is refused."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lti_app.db import db
from lti_app.models.people import User
from lti_app.models.platform import Registration, RegistrationStatus
from tests.lti_app.activities.journal.writing import SECRET, begin, set_journal, write_entry
from tests.lti_app.activities.journal.writing import stored as rows
from tests.lti_app.lti.launching import LTI, ON_SQLITE, log_lines, outcome, refusal
from tests.lti_app.lti.reviewing import PRIVACY, ask_what_is_kept, page_of
from tests.visitor import FACILITATOR, LMS_ADMIN, OTHER_TEACHER, TEACHER, Visitor

NAME = "Jonas Lindqvist"
MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership"
IN_COURSE = [f"{MEMBER}#Administrator", "Administrator"]
ADMINISTRATOR = ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"]
ABSENT = "There is nothing here for you."


@pytest.fixture
def written(visitor: Visitor) -> int:
    """The user id of a teacher who has finished an entry and begun another."""
    visitor.launch(TEACHER)
    set_journal(minimum_words=0)
    write_entry(visitor, TEACHER, text=SECRET)
    begin(visitor, TEACHER)
    (user,) = rows(User)
    return user.id


def test_admin_when_asking_of_somebody_then_counts_and_never_a_word(written: int, another_visitor: Visitor) -> None:
    page = page_of(another_visitor, ask_what_is_kept(another_visitor, person=LMS_ADMIN))

    assert page.request.path == f"/privacy/{written}"
    assert NAME in page.text
    assert "You see how much there is, never what it says." in page.text
    assert SECRET not in page.text
    assert "export.json" not in page.text


def test_admin_when_guessing_the_export_then_not_there(written: int, another_visitor: Visitor) -> None:
    ask_what_is_kept(another_visitor, person=LMS_ADMIN)

    answer = another_visitor.get(f"/privacy/{written}/export.json")

    assert (answer.status_code, SECRET in answer.text) == (404, False)


def test_admin_when_sent_to_one_person_then_sees_no_other(written: int, another_visitor: Visitor) -> None:
    another_visitor.launch(OTHER_TEACHER)
    (other,) = [user.id for user in rows(User) if user.sub == OTHER_TEACHER]
    ask_what_is_kept(another_visitor, person=LMS_ADMIN, of=OTHER_TEACHER)

    statuses = [another_visitor.get(f"/privacy/{user_id}").status_code for user_id in (other, written)]

    assert statuses == [200, 404]


def test_admin_when_launching_anything_else_then_the_counts_are_closed_again(
    written: int, another_visitor: Visitor
) -> None:
    ask_what_is_kept(another_visitor, person=LMS_ADMIN)
    before = another_visitor.get(f"/privacy/{written}").status_code
    another_visitor.launch(LMS_ADMIN)

    assert (before, another_visitor.get(f"/privacy/{written}").status_code) == (200, 404)


@pytest.mark.parametrize(
    ("person", "claims"),
    [
        (FACILITATOR, {}),
        (OTHER_TEACHER, {}),
        (FACILITATOR, {f"{LTI}roles": IN_COURSE}),
        (OTHER_TEACHER, {f"{LTI}roles": []}),
        (OTHER_TEACHER, {f"{LTI}custom": {"roles": ADMINISTRATOR[0]}}),
    ],
    ids=str,
)
def test_others_when_asking_of_somebody_then_not_there(
    written: int, another_visitor: Visitor, person: str, claims: dict[str, Any]
) -> None:
    page = page_of(another_visitor, ask_what_is_kept(another_visitor, person=person, claims=claims))

    statuses = [another_visitor.get(f"/privacy/{written}{rest}").status_code for rest in ("", "/export.json")]
    assert (page.status_code, statuses) == (404, [404, 404])
    assert ABSENT in page.text
    assert NAME not in page.text


def test_others_when_the_person_is_unknown_then_reads_the_same(another_visitor: Visitor) -> None:
    page = page_of(another_visitor, ask_what_is_kept(another_visitor, person=FACILITATOR, of="nobody"))

    assert (page.status_code, ABSENT in page.text) == (404, True)


@pytest.mark.parametrize("rest", ["", "/export.json"])
@pytest.mark.parametrize("user_id", ["0", "999", str(2**31), str(10**30), "-1", "x"])
def test_record_when_its_number_is_nobodys_then_not_there(visitor: Visitor, user_id: str, rest: str) -> None:
    visitor.launch(TEACHER)

    assert visitor.get(f"/privacy/{user_id}{rest}").status_code == 404


def test_record_when_nobody_is_signed_in_then_the_session_has_ended(written: int, another_visitor: Visitor) -> None:
    statuses = [
        another_visitor.get(path).status_code
        for path in (f"/privacy/{written}", f"/privacy/{written}/export.json", "/privacy/nobody")
    ]

    assert statuses == [401, 401, 401]


def test_record_when_somebody_acts_as_the_person_then_nothing_of_it(written: int, another_visitor: Visitor) -> None:
    custom = {f"{LTI}custom": {"canvas_masquerading_user_id": "42"}}
    ask_what_is_kept(another_visitor, person=TEACHER, of=TEACHER, claims=custom)

    pages = [another_visitor.get(f"/privacy/{written}{rest}") for rest in ("", "/export.json")]

    assert [page.status_code for page in pages] == [403, 403]
    assert not [page for page in pages if NAME in page.text or SECRET in page.text]


def test_counts_when_the_admin_is_somebody_elses_mask_then_closed(written: int, another_visitor: Visitor) -> None:
    custom = {f"{LTI}custom": {"canvas_masquerading_user_id": "42"}}
    ask_what_is_kept(another_visitor, person=LMS_ADMIN, claims={f"{LTI}roles": ADMINISTRATOR, **custom})

    assert another_visitor.get(f"/privacy/{written}").status_code == 403


def test_record_when_the_platform_was_disabled_then_not_there(
    written: int, visitor: Visitor, registration: Registration
) -> None:
    before = visitor.get(f"/privacy/{written}").status_code
    registration.status = RegistrationStatus.DISABLED
    db.session.commit()

    assert (before, visitor.get(f"/privacy/{written}").status_code) == (200, 404)


def test_person_when_of_the_same_sub_on_another_platform_then_is_another(written: int, stranger: Visitor) -> None:
    page = page_of(stranger, ask_what_is_kept(stranger, person=LMS_ADMIN, of=TEACHER))

    assert page.request.path == "/privacy/nobody"
    assert stranger.get(f"/privacy/{written}").status_code == 404


@ON_SQLITE
@pytest.mark.parametrize("person", [5, True, "102", [], ["102"], {"user_id": 5}, {"user_id": "nul\x00"}], ids=repr)
def test_launch_when_it_names_nobody_then_refused(visitor: Visitor, registration: Registration, person: Any) -> None:
    answer = ask_what_is_kept(visitor, claims={f"{LTI}for_user": person})

    key = "user_id" if isinstance(person, dict) else "for_user"
    assert outcome(answer) == refusal(
        "message",
        f"“{key}” is missing or malformed.",
        registration_id=registration.id,
        deployment="1",
        message_type=PRIVACY,
    )


@pytest.mark.parametrize("database", ["sqlite"])
@given(
    claim=st.sampled_from(["for_user", "roles", "custom", "launch_presentation", "context", "resource_link"]),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    ),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_launch_when_any_claim_is_anything_then_let_in_or_refused_with_a_line(
    visitor: Visitor, claim: str, value: Any
) -> None:
    before = len(log_lines())

    answer = ask_what_is_kept(visitor, claims={LTI + claim: value})

    assert answer.status_code in {303, 400}
    assert len(log_lines()) == before + 1
