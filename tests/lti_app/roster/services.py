"""A platform's services as a bare platform plays them, and a course of that platform."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from huey import Huey
from sqlalchemy.orm import joinedload

from lti_app.db import db
from lti_app.models.people import Context
from lti_app.roster import pull_members
from tests.factories import ContextFactory, DeploymentFactory, RegistrationFactory
from tests.lti_app.lti.bare_platform import Asked, BarePlatform, Told

TOKEN = Told(body=b'{"access_token": "token", "token_type": "Bearer", "expires_in": 3600}')


def course_of(bare: BarePlatform) -> Context:
    """Register a bare platform, with a course in its only deployment, committed."""
    registration = RegistrationFactory(issuer=bare.url)
    context: Context = ContextFactory(deployment=DeploymentFactory(registration=registration))
    db.session.commit()
    return db.session.get_one(Context, context.id, options=[joinedload(Context.deployment)], populate_existing=True)


def answering(told: Mapping[str, Told] | Callable[[Asked], Told]) -> Callable[[Asked], Told]:
    """Return what a platform says: a token at its token address, and else what is told for the path."""

    def answer(asked: Asked) -> Told:
        if asked.path == "/token":
            return TOKEN
        return told(asked) if callable(told) else told[asked.path]

    return answer


def json_told(document: Any, **headers: str) -> Told:
    """Return an answer with a JSON body."""
    return Told(body=json.dumps(document).encode(), headers=headers)


def woken(queue: Huey) -> list[str]:
    """Return which tasks wait in the queue, the reading of the list of people aside: every launch may ask for that."""
    return [task.name for task in queue.pending() if task.name != pull_members.TASK]
