"""From a launch to a course copy that is known before anybody opened it: handler, notice, origin."""

import requests
from huey import Huey

from lti_app.db import db
from lti_app.models.notices import NoticeHandler
from lti_app.models.people import Context
from lti_app.roster.copies import origins_of
from tests.lti_app.activities.journal.writing import stored
from tests.lti_app.lti.launching import call, log_lines
from tests.lti_app.lti.noticing import COPY, copies
from tests.lti_app.test_tasks import work
from tests.visitor import TEACHER, Visitor


def test_course_when_copied_on_the_platform_then_its_origin_is_known_before_the_first_launch(
    visitor: Visitor, served: str, queue: Huey
) -> None:
    del served
    call(visitor.lms, "manner", {"notices": True})
    visitor.launch(TEACHER)

    work(queue)
    copied = call(visitor.lms, "courses/1/copy", {"title": "Next year"})

    (handler,) = stored(NoticeHandler)
    (origin,) = stored(Context)
    assert (handler.done_at is not None, handler.reason) == (True, None)
    assert requests.get(f"{visitor.lms.url}/api/notices", timeout=10).json()[0]["status"] == 200
    assert copies() == [(str(copied["id"]), origin.context_id_on_platform)]
    assert [line.message_type for line in log_lines()] == ["LtiResourceLinkRequest", COPY]
    told = origins_of(db.session(), deployment_id=origin.deployment_id, context_id_on_platform=str(copied["id"]))
    assert told == [origin.context_id_on_platform]
