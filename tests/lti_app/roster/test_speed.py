"""A large course: 5,000 people at 50 ms a page, in time, and in memory that does not grow with them."""

import json
import time
import tracemalloc
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from lti_app import tasks
from lti_app.clock import now
from lti_app.db import db
from lti_app.lti.connector import Lti
from lti_app.models.people import Membership
from lti_app.models.platform import Registration
from tests.factories import ContextFactory, DeploymentFactory
from tests.lti_app.lti.bare_platform import Asked, BarePlatform, Told
from tests.lti_app.lti.platforms import bare_registration
from tests.lti_app.roster.listing import the_course

MEGABYTE = 1024 * 1024


def a_list_of(count: int, bare: BarePlatform, registration: Registration, *, delay: float = 0.0) -> int:
    """Let the platform have one more course of so many people, whose list is due; return our id of the course."""

    def answer(asked: Asked) -> Told:
        if asked.path == "/token":
            return Told(body=b'{"access_token": "t", "expires_in": 3600}')
        query = parse_qs(urlsplit(asked.path).query)
        start, size = int(query.get("from", ["0"])[0]), int(query["limit"][0])
        end = min(start + size, count)
        members = [
            {"user_id": str(number), "name": f"Person {number}", "roles": ["Learner"], "email": "x" * 200}
            for number in range(start, end)
        ]
        link = {"Link": f'</members?limit={size}&from={end}>; rel="next"'} if end < count else {}
        return Told(body=json.dumps({"members": members}).encode(), headers=link, delay=delay)

    bare.answer = answer
    context = ContextFactory(
        deployment=DeploymentFactory(registration=registration, deployment_id_on_platform=str(count)),
        memberships_url=f"{bare.url}/members",
        launched_at=now(),
        roster_due_at=now(),
    )
    db.session.commit()
    return int(context.id)


def test_list_when_it_holds_five_thousand_then_is_read_and_stored_within_ten_seconds(
    database: str, lti: Lti, bare: BarePlatform
) -> None:
    del database
    context_id = a_list_of(5000, bare, bare_registration(bare), delay=0.05)

    began = time.monotonic()
    tasks.pull_members(context_id, lti=lti)
    took = time.monotonic() - began

    assert took < 10
    assert the_course().roster_read_at is not None
    assert db.session.scalar(select(func.count()).select_from(Membership)) == 5000
    assert len(bare.asked) == 51


@pytest.mark.parametrize("database", ["sqlite"])
def test_list_when_four_times_as_long_then_needs_no_more_memory_at_once(
    database: str, lti: Lti, bare: BarePlatform
) -> None:
    del database
    registration, peaks = bare_registration(bare), []
    tasks.pull_members(a_list_of(300, bare, registration), lti=lti)  # what is made once and kept

    for count in (600, 2400):
        context_id = a_list_of(count, bare, registration)
        bare.asked.clear()
        tracemalloc.start()
        tasks.pull_members(context_id, lti=lti)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] - peaks[0] < MEGABYTE, peaks
