"""Somebody who takes part in a course, and their sign-in, for the tests of access."""

from lti_app.access.sign_ins import sign_in
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.people import Membership, Role, User
from lti_app.models.platform import Registration
from tests.factories import ActivityFactory, MembershipFactory


def taking_part(role: Role = Role.TEACHER) -> tuple[Activity, Membership]:
    """Make a journal in a course, and somebody who takes part in it."""
    activity: Activity = ActivityFactory()
    member: Membership = MembershipFactory(context=activity.context, role=role)
    return activity, member


def sign_in_as(member: Membership, *, hours: int = 12, is_masquerade: bool = False) -> None:
    """Sign the member in, as their launch would."""
    registration = db.session.get_one(Registration, db.session.get_one(User, member.user_id).registration_id)
    sign_in(registration=registration, user_id=member.user_id, hours=hours, is_masquerade=is_masquerade)
