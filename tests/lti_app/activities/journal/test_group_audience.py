"""A group that the LMS tells of, as an audience: from the launches to the page that a group mate reads."""

import re

from lti_app.activities.journal.models import Share
from lti_app.models.groups import CourseGroup
from tests.lti_app.activities.journal.writing import SECRET, WORDS, Draft, hidden_fields, stored, write_entry
from tests.lti_app.lti.launching import LTI, launch_with
from tests.visitor import OTHER_TEACHER, TEACHER, Visitor

# No mentor is offered: nobody is paired with anybody yet.
CHOICES = [
    "My group 12: those of it who write here too",
    "Everyone in the course who writes here too",
    "The facilitators of the course",
]
RED, BLUE = {"moodle_group_ids": "12"}, {"moodle_group_ids": "13"}


def _launch(visitor: Visitor, person: str, groups: dict[str, str]) -> None:
    arrived = launch_with(visitor, person=person, claims={f"{LTI}custom": groups})
    assert arrived.status_code < 400, arrived.text


def _shared_with_my_group(visitor: Visitor) -> Draft:
    """Return the teacher's entry, shared with the group that their launch told of."""
    entry = write_entry(visitor, TEACHER, text=f"{SECRET} {WORDS}")
    _launch(visitor, TEACHER, RED)
    token = hidden_fields(visitor.get(f"{entry.path}/sharing"))["csrf_token"]
    (group,) = stored(CourseGroup)
    saved = visitor.post(f"{entry.path}/sharing/scopes", csrf_token=token, group=str(group.id))
    assert saved.status_code == 303, saved.text
    return entry


def test_choices_when_the_author_is_in_a_group_then_name_it_and_no_mentor(visitor: Visitor) -> None:
    page = visitor.get(f"{_shared_with_my_group(visitor).path}/sharing").text

    labels = re.findall(r'<label class="form-check-label"[^>]*>(.*?)</label>', page, re.DOTALL)
    assert [" ".join(label.split()) for label in labels] == CHOICES
    assert [(share.scope.value, share.group_id) for share in stored(Share)] == [("group", stored(CourseGroup)[0].id)]


def test_entry_when_shared_with_my_group_then_a_mate_reads_it_and_nobody_of_another_group(visitor: Visitor) -> None:
    entry = _shared_with_my_group(visitor)
    shared = entry.path.replace("/entries/", "/shared/")
    answers = {}

    for name, groups in (("another group", BLUE), ("same group", RED), ("another again", BLUE)):
        _launch(visitor, OTHER_TEACHER, groups)
        page = visitor.get(shared)
        answers[name] = (page.status_code, SECRET in page.text)

    assert answers == {"another group": (404, False), "same group": (200, True), "another again": (404, False)}
