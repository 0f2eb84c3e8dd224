"""The state of a credit, in plain words."""

from datetime import UTC, datetime

import pytest

from lti_app.errors import Refusal
from lti_app.gradebook.credit import Credit, CreditState, credit_of
from lti_app.models.gradebook import Completion, DeliveryState, ScoreDelivery

AT = datetime(2026, 9, 1, 9, 42, tzinfo=UTC)
STUCK: dict[Refusal, tuple[str, str]] = {
    Refusal.ACCESS_WITHDRAWN: (
        (
            "You are done, but your LMS has withdrawn Staffroom's access to the gradebook."
            " Your LMS admin can give it back."
        ),
        "stuck: the LMS withdrew access",
    ),
    Refusal.SCOPE_MISSING: (
        "You are done, but your LMS does not let Staffroom write grades. Your LMS admin can allow it.",
        "stuck: the LMS does not allow grades",
    ),
    Refusal.LINE_ITEM_GONE: (
        (
            "You are done, but the column in the gradebook is gone. Your facilitator can put it back;"
            " Staffroom looks for it every night, and whenever the activity is opened from the course."
        ),
        "stuck: the gradebook column is gone",
    ),
    Refusal.NEWER_GRADE: (
        "You are done, and your gradebook holds a newer grade from somebody else. Your facilitator can tell you why.",
        "stuck: the LMS has a newer grade",
    ),
    Refusal.NOT_GRADABLE: (
        (
            "You are done, but your LMS keeps no grade for your role in this course (often: enrolled as Teacher)."
            " Your facilitator can enrol you as a participant."
        ),
        "stuck: the LMS grades no one in this role",
    ),
    Refusal.OUR_FAULT: (
        (
            "You are done, but your LMS did not understand Staffroom."
            " Your LMS admin can report it to Staffroom's operator."
        ),
        "stuck: the LMS did not understand Staffroom",
    ),
}
ON_ITS_WAY = Credit(
    state=CreditState.ON_ITS_WAY,
    text="You are done. Your credit is on its way to the gradebook.",
    label="on its way",
)
DELAYED = Credit(
    state=CreditState.DELAYED,
    text="You are done. Your LMS is not accepting the credit right now;"
    " Staffroom keeps trying, and you need not do anything.",
    label="waiting for your LMS",
)
UNGRADED = Credit(
    state=CreditState.UNGRADED,
    text="You are done. Your course keeps no grade for this activity, so nothing is sent.",
    label="no grade kept",
)
NOT_YET = Credit(state=CreditState.NOT_YET, text="", label="not yet")


def a_completion(*, completed_at: datetime | None = AT) -> Completion:
    return Completion(done=1, required=1, rule_version=1, epoch=1, completed_at=completed_at)


def a_delivery(**values: object) -> ScoreDelivery:
    return ScoreDelivery(**{"epoch": 1, "state": DeliveryState.WAITING, "attempts": 0, **values})


@pytest.mark.parametrize("completion", [None, a_completion(completed_at=None)])
@pytest.mark.parametrize("delivery", [None, a_delivery(state=DeliveryState.SENT, sent_at=AT)])
def test_credit_of_when_not_complete_then_there_is_none_yet(
    completion: Completion | None, delivery: ScoreDelivery | None
) -> None:
    assert credit_of(completion, delivery) == NOT_YET


@pytest.mark.parametrize(
    "delivery", [None, a_delivery(state=DeliveryState.PARKED, reason=Refusal.NO_LINE_ITEM)], ids=["none", "parked"]
)
def test_credit_of_when_the_course_keeps_no_grade_then_says_that_nothing_is_sent(
    delivery: ScoreDelivery | None,
) -> None:
    assert credit_of(a_completion(), delivery) == UNGRADED


@pytest.mark.parametrize(
    ("attempts", "credit"), [(0, ON_ITS_WAY), (1, ON_ITS_WAY), (2, ON_ITS_WAY), (3, DELAYED), (40, DELAYED)]
)
def test_credit_of_when_waiting_then_delay_is_visible_after_three_tries(attempts: int, credit: Credit) -> None:
    assert credit_of(a_completion(), a_delivery(attempts=attempts)) == credit


def test_credit_of_when_sent_then_says_since_when() -> None:
    credit = credit_of(a_completion(), a_delivery(state=DeliveryState.SENT, sent_at=AT, attempts=9))

    assert credit == Credit(
        state=CreditState.IN_GRADEBOOK, text="In your gradebook since", label="in the gradebook", since=AT
    )


@pytest.mark.parametrize("reason", [reason for reason in Refusal if reason is not Refusal.NO_LINE_ITEM])
def test_credit_of_when_parked_then_says_what_stands_in_the_way_and_who_can_fix_it(reason: Refusal) -> None:
    text, label = STUCK[reason]

    credit = credit_of(a_completion(), a_delivery(state=DeliveryState.PARKED, reason=reason, attempts=1))

    assert credit == Credit(state=CreditState.STUCK, text=text, label=label)


def test_credit_of_when_parked_without_a_reason_then_takes_the_blame() -> None:
    credit = credit_of(a_completion(), a_delivery(state=DeliveryState.PARKED))

    assert (credit.state, credit.label) == (CreditState.STUCK, STUCK[Refusal.OUR_FAULT][1])


@pytest.mark.parametrize(
    ("credit", "is_moving"), [(NOT_YET, False), (UNGRADED, False), (ON_ITS_WAY, True), (DELAYED, False)]
)
def test_is_moving_when_asked_then_only_what_is_on_its_way_is_worth_another_look(
    credit: Credit,
    is_moving: bool,
) -> None:
    assert credit.is_moving is is_moving
