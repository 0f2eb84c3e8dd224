"""Rows for tests, with values that make sense; what a test is about it says itself."""

from uuid import uuid4

import factory
from factory.alchemy import SQLAlchemyModelFactory

from lti_app.activities.journal.models import EntryState, JournalEntry
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.activity import Activity, ActivityTemplate
from lti_app.models.gradebook import Completion, ScoreDelivery
from lti_app.models.people import Context, Membership, Role, User
from lti_app.models.platform import Deployment, Registration


class RowFactory(SQLAlchemyModelFactory):
    """Adds rows to the app's session and flushes them."""

    class Meta:
        abstract = True
        sqlalchemy_session_factory = db.session
        sqlalchemy_session_persistence = "flush"


class RegistrationFactory(RowFactory):
    """A platform on loopback that nobody serves."""

    class Meta:
        model = Registration

    name = factory.Sequence(lambda number: f"LMS {number}")
    issuer = factory.Sequence(lambda number: f"https://lms{number}.example")
    client_id = "client"
    auth_url = factory.LazyAttribute(lambda row: f"{row.issuer}/auth")
    token_url = factory.LazyAttribute(lambda row: f"{row.issuer}/token")
    jwks_url = factory.LazyAttribute(lambda row: f"{row.issuer}/jwks")


class DeploymentFactory(RowFactory):
    """A confirmed deployment."""

    class Meta:
        model = Deployment

    registration = factory.SubFactory(RegistrationFactory)
    registration_id = factory.SelfAttribute("registration.id")
    deployment_id_on_platform = "1"


class UserFactory(RowFactory):
    """A person."""

    class Meta:
        model = User

    registration_id = factory.LazyFunction(lambda: RegistrationFactory().id)
    sub = factory.Sequence(str)
    name = factory.Sequence(lambda number: f"Teacher {number:03}")


class ContextFactory(RowFactory):
    """A course."""

    class Meta:
        model = Context

    deployment = factory.SubFactory(DeploymentFactory)
    deployment_id = factory.SelfAttribute("deployment.id")
    context_id_on_platform = factory.Sequence(lambda number: f"course-{number}")
    title = "Induction"


class TemplateFactory(RowFactory):
    """A journal with default settings, as placed."""

    class Meta:
        model = ActivityTemplate

    public_id = factory.LazyFunction(lambda: uuid4().hex)
    registration_id = factory.LazyFunction(lambda: RegistrationFactory().id)
    kind = "journal"
    title = "Weekly reflection"
    settings = factory.LazyFunction(dict)


class ActivityFactory(RowFactory):
    """A graded journal."""

    class Meta:
        model = Activity

    context = factory.SubFactory(ContextFactory)
    context_id = factory.SelfAttribute("context.id")
    resource_link_id_on_platform = factory.Sequence(lambda number: f"link-{number}")
    kind = "journal"
    title = "Weekly reflection"
    settings = factory.LazyFunction(dict)
    line_item_url = factory.LazyAttribute(
        lambda row: f"{row.context.deployment.registration.issuer}/lineitems/1?type_id=1"
    )


class MembershipFactory(RowFactory):
    """A teacher in a course who has launched it."""

    class Meta:
        model = Membership

    context = factory.SubFactory(ContextFactory)
    context_id = factory.SelfAttribute("context.id")
    user = factory.SubFactory(
        UserFactory, registration_id=factory.SelfAttribute("..context.deployment.registration_id")
    )
    user_id = factory.SelfAttribute("user.id")
    role = Role.TEACHER
    launched_at = factory.LazyFunction(now)


class EntryFactory(RowFactory):
    """A draft with a few words."""

    class Meta:
        model = JournalEntry

    activity_id = factory.LazyFunction(lambda: ActivityFactory().id)
    user_id = factory.LazyFunction(lambda: UserFactory().id)
    epoch = 1
    state = EntryState.DRAFT
    text = "A moment that stayed with me."
    answers = factory.LazyAttribute(lambda row: {"text": row.text})
    saved_at = factory.LazyFunction(now)


class CompletionFactory(RowFactory):
    """One of one, complete."""

    class Meta:
        model = Completion

    epoch = 1
    done = 1
    required = 1
    rule_version = 1
    completed_at = factory.LazyFunction(now)


class DeliveryFactory(RowFactory):
    """A score that waits to be sent."""

    class Meta:
        model = ScoreDelivery

    activity = factory.SubFactory(ActivityFactory)
    activity_id = factory.SelfAttribute("activity.id")
    user = factory.SubFactory(
        UserFactory, registration_id=factory.SelfAttribute("..activity.context.deployment.registration_id")
    )
    user_id = factory.SelfAttribute("user.id")
    epoch = 1
