"""The practice LMS's course as rows: people who owe a score, and a worker who sends it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
from sqlalchemy import select

from lti_app import tasks
from lti_app.clock import now
from lti_app.db import db
from lti_app.gradebook import delivery
from lti_app.lti.connector import Lti
from lti_app.models.activity import Activity
from lti_app.models.gradebook import DeliveryState, ScoreDelivery
from lti_app.models.people import Context, Membership, Role, User
from lti_app.models.platform import Deployment, Registration
from practice_lms.server import RunningLms
from tests.visitor import TEACHER, WEEKLY

LINE_ITEM = 11


@dataclass(frozen=True, kw_only=True)
class Course:
    """The course's rows and the LMS that serves them."""

    lms: RunningLms
    lti: Lti
    registration_id: int
    activity_id: int
    context_id: int

    @property
    def activity(self) -> Activity:
        """The graded journal."""
        return db.session.get_one(Activity, self.activity_id)

    def enrol(self, sub: str = TEACHER, **values: Any) -> Membership:
        """Return a member, a teacher unless told otherwise, with the id that the LMS knows."""
        user = User(registration_id=self.registration_id, sub=sub, name=f"Person {sub}", locale="")
        db.session.add(user)
        db.session.flush()
        member = Membership(**{"context_id": self.context_id, "user_id": user.id, "role": Role.TEACHER, **values})
        db.session.add(member)
        db.session.commit()
        return member

    def owe(self, sub: str = TEACHER, *, at: datetime | None = None) -> int:
        """Enrol a person who is owed a score as of `at`, or now; return the delivery's id."""
        member = self.enrol(sub)
        row = delivery.owe_score(db.session(), self.activity, user_id=member.user_id, at=at or now())
        db.session.commit()
        return row.id

    def deliver(self, delivery_id: int) -> ScoreDelivery:
        """Let a worker do its task once, and return the row as it is then."""
        tasks.deliver_score(delivery_id, lti=self.lti)
        return delivered(delivery_id)

    def fault(self, fault: str, *, kind: str = "scores", **values: Any) -> None:
        """Make a service of the LMS fail."""
        call = {"kind": kind, "fault": fault, **values}
        requests.post(f"{self.lms.url}/api/faults", json=call, timeout=5).raise_for_status()

    def ask(self, path: str) -> list[dict[str, Any]]:
        """Return a list of the LMS's API for tests."""
        rows: list[dict[str, Any]] = requests.get(f"{self.lms.url}/api/{path}", timeout=5).json()
        return rows

    def tell(self, path: str, **call: Any) -> None:
        """Turn a switch of the LMS."""
        requests.post(f"{self.lms.url}/api/{path}", json=call, timeout=5).raise_for_status()

    def grades(self) -> list[tuple[str, float | None, str]]:
        """Return whose score stands in the gradebook, how much, and with which comment."""
        return [(row["person"], row["score"], row["comment"]) for row in self.ask("gradebook")]

    def posts(self) -> list[tuple[str, int | None]]:
        """Return for whom scores were posted and what each was answered."""
        return [(row["person"], row["status"]) for row in self.ask("scores")]


def a_course(registration: Registration, *, lms: RunningLms, lti: Lti) -> Course:
    """Return the course, committed, with the line item of its first activity."""
    deployment = db.session.scalars(select(Deployment).where(Deployment.registration_id == registration.id)).one()
    context = Context(deployment_id=deployment.id, context_id_on_platform="1", label="IND-1", title="Induction")
    db.session.add(context)
    db.session.flush()
    activities = requests.get(f"{lms.url}/api/activities", timeout=5).json()
    (line_item_url,) = next(row["line_items"] for row in activities if row["id"] == WEEKLY)
    activity = Activity(
        context_id=context.id,
        resource_link_id_on_platform=str(WEEKLY),
        kind="journal",
        title="Weekly reflection",
        settings={},
        ags_scopes="",
        line_item_url=line_item_url,
    )
    db.session.add(activity)
    db.session.commit()
    return Course(lms=lms, lti=lti, registration_id=registration.id, activity_id=activity.id, context_id=context.id)


def delivered(delivery_id: int) -> ScoreDelivery:
    """Return a delivery as it is in the database now."""
    db.session.expire_all()
    return db.session.get_one(ScoreDelivery, delivery_id)


def outcome(row: ScoreDelivery) -> tuple[DeliveryState, str | None, int | None, int]:
    """Return state, reason, the answer's status and the number of tries."""
    return row.state, row.reason.value if row.reason else None, row.answer_status, row.attempts
