"""From a launch to the facilitator's filter: own groups told by a variable, names and sets read from the service."""

import re

from huey import Huey

from lti_app.models.groups import CourseGroup, GroupPull
from tests.lti_app.activities.journal.writing import stored
from tests.lti_app.lti.launching import LTI, call, launch_with
from tests.lti_app.test_tasks import work
from tests.placing import template_of
from tests.visitor import FACILITATOR, OTHER_TEACHER, TEACHER, Visitor


def test_groups_when_the_platform_has_the_service_then_facilitators_can_look_at_one(
    visitor: Visitor, another_visitor: Visitor, served: str, queue: Huey
) -> None:
    del served
    call(visitor.lms, "manner", {"groups_service": True})
    red = call(visitor.lms, "groups", {"name": "Red", "set": "Colours", "members": [TEACHER]})["id"]
    call(visitor.lms, "groups", {"name": "Blue", "set": "Colours", "members": []})
    launch_with(visitor, claims={f"{LTI}custom": {**template_of(visitor.lms), "moodle_group_ids": str(red)}})
    visitor.launch(OTHER_TEACHER)
    work(queue)

    (pull,) = stored(GroupPull)
    of_red = next(group for group in stored(CourseGroup) if group.name == "Red")
    another_visitor.launch(FACILITATOR)
    page = another_visitor.get(f"/journal/1?group={of_red.id}").text

    assert (pull.done_at is not None, pull.reason) == (True, None)
    assert {(group.name, group.set_name) for group in stored(CourseGroup)} == {("Red", "Colours"), ("Blue", "Colours")}
    assert re.findall(r"<option[^>]*>([^<]+)<", page) == ["All groups", "Colours · Red"]
    assert re.findall(r'<tr data-user="\d+">\s*<th scope="row"><bdi>([^<]+)</bdi>', page) == ["Jonas Lindqvist"]


def test_groups_when_the_list_of_people_tells_them_then_who_never_launched_is_found_by_group_too(
    visitor: Visitor, served: str, queue: Huey
) -> None:
    del served
    call(visitor.lms, "manner", {"groups_service": True})
    call(visitor.lms, "groups", {"name": "Red", "set": "Colours", "members": [TEACHER]})
    call(visitor.lms, "groups", {"name": "Blue", "set": "Colours", "members": [OTHER_TEACHER]})

    visitor.launch(FACILITATOR)
    work(queue)

    of_red = next(group for group in stored(CourseGroup) if group.name == "Red")
    page = visitor.get(f"/journal/1?group={of_red.id}").text
    assert re.findall(r"<option[^>]*>([^<]+)<", page) == ["All groups", "Colours · Blue", "Colours · Red"]
    assert re.findall(r'<tr data-user="\d+">\s*<th scope="row"><bdi>([^<]+)</bdi>', page) == ["Jonas Lindqvist"]
