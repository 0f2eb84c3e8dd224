"""Deployments: known, unknown, pending, another's, another than the login's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import delete, select, update

from lti_app.db import db
from lti_app.lti.registrations import FRESH
from lti_app.models.platform import Deployment, DeploymentStatus, Registration, RegistrationStatus
from tests.lti_app.lti.launching import (
    LTI,
    RESOURCE_LINK,
    begin_with,
    launch_with,
    log_lines,
    outcome,
    refusal,
    stored,
)
from tests.visitor import TEACHER, Visitor

NOT_CONFIRMED = "The deployment is unknown or not confirmed."
CLAIM = f"{LTI}deployment_id"


def test_deployment_when_unknown_then_refused(visitor: Visitor, registration: Registration) -> None:
    answer = launch_with(visitor, claims={CLAIM: "2"}, login={"lti_deployment_id": "2"})

    assert outcome(answer) == refusal(
        "deployment",
        NOT_CONFIRMED,
        status=403,
        registration_id=registration.id,
        deployment="2",
        message_type=RESOURCE_LINK,
    )
    assert _deployments() == [(registration.id, "1", DeploymentStatus.CONFIRMED)]


def test_deployment_when_pending_then_refused_until_confirmed(visitor: Visitor, registration: Registration) -> None:
    _set_status(DeploymentStatus.PENDING)

    before = visitor.post_token(visitor.token(visitor.begin(TEACHER)).fields)
    found = outcome(before)
    _set_status(DeploymentStatus.CONFIRMED)
    after = visitor.post_token(visitor.token(visitor.begin(TEACHER)).fields)

    assert found == refusal(
        "deployment",
        NOT_CONFIRMED,
        status=403,
        registration_id=registration.id,
        deployment="1",
        message_type=RESOURCE_LINK,
    )
    assert after.status_code == 303


def test_deployment_when_the_registration_came_without_one_then_noted_as_pending(
    visitor: Visitor, registration: Registration
) -> None:
    db.session.execute(delete(Deployment))
    db.session.commit()

    answer = visitor.post_token(visitor.token(visitor.begin(TEACHER)).fields)

    found = outcome(answer)
    assert (found.status, found.logged[1], found.stored) == (403, "deployment", {"launch_record": 1})
    # An admin confirms it from the list; Canvas tells nobody its deployment ids before the first launch.
    assert _deployments() == [(registration.id, "1", DeploymentStatus.PENDING)]


def test_deployment_when_it_is_another_registrations_then_refused(
    visitor: Visitor, registration: Registration, other_registration: Registration
) -> None:
    db.session.add(Deployment(registration_id=other_registration.id, deployment_id_on_platform="theirs"))
    db.session.commit()

    answer = launch_with(visitor, claims={CLAIM: "theirs"}, login={"lti_deployment_id": None})

    assert outcome(answer) == refusal(
        "deployment",
        NOT_CONFIRMED,
        status=403,
        registration_id=registration.id,
        deployment="theirs",
        message_type=RESOURCE_LINK,
    )


@pytest.mark.parametrize(("in_login", "in_token"), [("2", "1"), ("1", "2"), ("1 ", "1"), ("01", "1")])
def test_deployment_when_another_than_the_logins_then_refused(
    visitor: Visitor, registration: Registration, in_login: str, in_token: str
) -> None:
    db.session.add(Deployment(registration_id=registration.id, deployment_id_on_platform="2"))
    db.session.commit()

    answer = launch_with(visitor, claims={CLAIM: in_token}, login={"lti_deployment_id": in_login})

    assert outcome(answer) == refusal(
        "other_deployment",
        "The deployment is not the one of the login.",
        status=403,
        registration_id=registration.id,
        deployment=in_token,
        message_type=RESOURCE_LINK,
    )


def test_deployment_when_the_login_names_none_then_the_tokens_counts(visitor: Visitor) -> None:
    answer = launch_with(visitor, login={"lti_deployment_id": None})

    assert answer.status_code == 303
    assert [(line.deployment_id_on_platform, line.outcome.value) for line in log_lines()] == [("1", "accepted")]


@pytest.mark.parametrize("value", [1, True, None, [], ["1"], {}, "", "d" * 256, "nul\x00", "\ud800"], ids=repr)
def test_deployment_when_it_is_no_identifier_then_refused(
    visitor: Visitor, registration: Registration, value: Any
) -> None:
    answer = launch_with(visitor, claims={CLAIM: value}, login={"lti_deployment_id": None})

    found = outcome(answer)
    assert found.logged == ("refused", "message", "“deployment_id” is missing or malformed.")
    assert (found.status, found.registration_id, found.stored) == (400, registration.id, {"launch_record": 1})


def test_registration_when_disabled_then_its_logins_are_refused(visitor: Visitor, registration: Registration) -> None:
    _disable(registration)

    answer = visitor.begin(TEACHER)

    assert outcome(answer) == refusal(
        "registration", "The registration is disabled.", status=403, registration_id=registration.id
    )


def test_registration_when_disabled_between_login_and_token_then_refused_after_five_seconds(
    visitor: Visitor, registration: Registration
) -> None:
    fields = visitor.token(visitor.begin(TEACHER)).fields
    _disable(registration)

    with time_machine.travel(datetime.now(UTC) + FRESH, tick=False):
        answer = visitor.post_token(fields)

    assert outcome(answer) == refusal(
        "registration", "The registration is disabled.", status=403, registration_id=registration.id
    )


@pytest.mark.parametrize("seconds", [0, 6])
def test_registration_when_removed_between_login_and_token_then_refused(
    visitor: Visitor, registration: Registration, seconds: int
) -> None:
    launch_with(
        visitor, claims={"https://purl.imsglobal.org/spec/lti/claim/roles": None}
    )  # now the process remembers platform and deployment
    fields = visitor.token(visitor.begin(TEACHER)).fields
    db.session.execute(delete(Deployment))
    db.session.execute(delete(Registration).where(Registration.id == registration.id))
    db.session.commit()

    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=False):
        answer = visitor.post_token(fields)

    found = outcome(answer)
    assert found.logged == ("refused", "registration", "The registration was removed.")
    assert (found.status, found.registration_id, found.stored) == (403, None, {"launch_record": 2})


@pytest.mark.parametrize(
    "login",
    [
        {"iss": "https://unknown.example"},
        {"client_id": "unknown"},
        {"iss": "http://127.0.0.1"},
        {"iss": "\u202ehttps://x"},
        {"client_id": "c" * 8000},
    ],
    ids=lambda login: str(login)[:40],
)
def test_login_when_the_platform_is_unknown_then_refused(visitor: Visitor, login: dict[str, str]) -> None:
    answer = begin_with(visitor, login=login)

    assert outcome(answer) == refusal("registration", "No registration has this issuer and client id.", status=403)
    assert stored() == {"launch_record": 1}


def _disable(registration: Registration) -> None:
    db.session.execute(
        update(Registration).where(Registration.id == registration.id).values(status=RegistrationStatus.DISABLED)
    )
    db.session.commit()


def _set_status(status: DeploymentStatus) -> None:
    db.session.execute(update(Deployment).values(status=status))
    db.session.commit()


def _deployments() -> list[tuple[int, str, DeploymentStatus]]:
    db.session.rollback()
    columns = (Deployment.registration_id, Deployment.deployment_id_on_platform, Deployment.status)
    return [(row[0], row[1], row[2]) for row in db.session.execute(select(*columns))]
