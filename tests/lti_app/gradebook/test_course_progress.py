"""Who is how far: pages of people by name, with their completion and their credit."""

import pytest

from lti_app.clock import now
from lti_app.db import db
from lti_app.gradebook.course_progress import PAGE, course_progress, credit_of_member
from lti_app.gradebook.credit import CreditState
from lti_app.models.gradebook import DeliveryState
from lti_app.models.people import Role
from tests.factories import CompletionFactory
from tests.lti_app.activities.journal.rows import a_delivery, a_journal, a_member

pytestmark = pytest.mark.usefixtures("app")


def test_course_progress_when_nobody_is_there_then_is_empty() -> None:
    activity = a_journal()

    progress = course_progress(db.session(), activity, after=0)

    assert (list(progress.people), progress.members, progress.complete, progress.next_after) == ([], 0, 0, None)


def test_course_progress_when_people_are_there_then_gives_each_with_completion_and_credit() -> None:
    activity = a_journal()
    ada, bao, chi = (a_member(activity, name=name) for name in ("Ada", "bao", "Chi"))
    done = CompletionFactory(activity_id=activity.id, user_id=ada.user_id)
    begun = CompletionFactory(activity_id=activity.id, user_id=chi.user_id, done=1, required=2, completed_at=None)
    a_delivery(activity, ada.user_id, state=DeliveryState.SENT, sent_at=now())

    progress = course_progress(db.session(), activity, after=0)

    people = [(p.membership_id, p.user_id, p.name, p.completion, p.credit.state) for p in progress.people]
    assert people == [
        (ada.id, ada.user_id, "Ada", done, CreditState.IN_GRADEBOOK),
        (bao.id, bao.user_id, "bao", None, CreditState.NOT_YET),
        (chi.id, chi.user_id, "Chi", begun, CreditState.NOT_YET),
    ]
    assert (progress.members, progress.complete, progress.next_after) == (3, 1, None)


def test_course_progress_when_other_activities_and_years_have_rows_then_leaves_them_out() -> None:
    activity, other_activity = a_journal(), a_journal()
    member = a_member(activity)
    a_member(other_activity, user=None, name="Elsewhere")
    CompletionFactory(activity_id=activity.id, user_id=member.user_id, epoch=1)
    CompletionFactory(activity_id=other_activity.id, user_id=member.user_id)
    a_delivery(activity, member.user_id, state=DeliveryState.SENT, sent_at=now())
    activity.epoch = 2

    progress = course_progress(db.session(), activity, after=0)

    assert [(p.user_id, p.completion, p.credit.state) for p in progress.people] == [
        (member.user_id, None, CreditState.NOT_YET)
    ]
    assert (progress.members, progress.complete) == (1, 0)


def test_course_progress_when_somebody_does_not_take_part_then_is_not_counted() -> None:
    activity = a_journal()
    mentor = a_member(activity, role=Role.MENTOR)
    others = [
        a_member(activity, role=Role.FACILITATOR),
        a_member(activity, role=Role.NONE),
        a_member(activity, is_test_user=True),
        a_member(activity, is_active=False),
    ]
    for member in (mentor, *others):
        CompletionFactory(activity_id=activity.id, user_id=member.user_id)

    progress = course_progress(db.session(), activity, after=0)

    assert [person.user_id for person in progress.people] == [mentor.user_id]
    assert (progress.members, progress.complete) == (1, 1)


@pytest.mark.parametrize("count", [PAGE - 1, PAGE, PAGE + 1, 2 * PAGE + 1])
def test_course_progress_when_paged_then_nobody_is_missed_or_met_twice(count: int) -> None:
    activity = a_journal()
    # Few names for many people: the order has to hold among namesakes too.
    members = [a_member(activity, name=f"Name {number % 3}") for number in range(count)]
    expected = [member.id for member in sorted(members, key=lambda member: (member.user.name, member.id))]
    met: list[int] = []
    after: int | None = 0

    while after is not None:
        progress = course_progress(db.session(), activity, after=after)
        met += [person.membership_id for person in progress.people]
        after = progress.next_after

    assert met == expected
    assert progress.members == count


def test_course_progress_when_the_last_one_of_a_page_left_meanwhile_then_goes_on_behind_them() -> None:
    activity = a_journal()
    members = [a_member(activity, name=f"Person {number:03}") for number in range(PAGE + 2)]
    first = course_progress(db.session(), activity, after=0)
    members[PAGE - 1].is_active = False
    db.session.commit()
    assert first.next_after is not None

    second = course_progress(db.session(), activity, after=first.next_after)

    assert [person.membership_id for person in second.people] == [member.id for member in members[PAGE:]]


def test_credit_of_member_when_nothing_is_done_then_is_not_yet() -> None:
    activity = a_journal()

    completion, credit = credit_of_member(db.session(), activity, a_member(activity))

    assert (completion, credit.state) == (None, CreditState.NOT_YET)


def test_credit_of_member_when_others_are_done_then_is_ones_own() -> None:
    activity = a_journal()
    member, other = a_member(activity), a_member(activity)
    mine = CompletionFactory(activity_id=activity.id, user_id=member.user_id, done=2, required=2)
    CompletionFactory(activity_id=activity.id, user_id=other.user_id)
    a_delivery(activity, other.user_id, state=DeliveryState.SENT, sent_at=now())
    a_delivery(activity, member.user_id)

    completion, credit = credit_of_member(db.session(), activity, member)

    assert completion is not None
    assert (completion.done, completion.required, completion.completed_at) == (2, 2, mine.completed_at)
    assert credit.state is CreditState.ON_ITS_WAY
