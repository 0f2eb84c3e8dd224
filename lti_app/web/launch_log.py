"""The launch log's lines: what came from platforms, let in or refused; never a name, a token or a text."""

from typing import Any

import structlog
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from lti_app.db import db, execute_plainly, table_of
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.lti.registration_refusals import REGISTRATION_MESSAGE, RegistrationRefused
from lti_app.models.launch import LaunchOutcome, LaunchRecord
from lti_app.models.platform import Registration
from lti_app.web import rate_limits

_NEW_RECORD = insert(table_of(LaunchRecord))

log = structlog.get_logger()


def list_accepted(
    *,
    registration_id: int,
    deployment_id_on_platform: str,
    message_type: str,
    login_id: str | None = None,
    explanation: str | None = None,
) -> None:
    """Write the line of what was let in, without committing; of two launches with one login, one can do so.

    Raises:
        LaunchRefused: The login was used before.
    """
    accepted = {
        "registration_id": registration_id,
        "deployment_id_on_platform": deployment_id_on_platform,
        "message_type": message_type,
        "outcome": LaunchOutcome.ACCEPTED,
        "explanation": explanation,
        "login_id": login_id,
    }
    try:
        execute_plainly(db.session(), _NEW_RECORD, accepted)
    except IntegrityError as error:
        raise LaunchRefused(Check.STATE, "The login was used already.") from error


def list_refused(error: LaunchRefused) -> LaunchRefused:
    """Write and commit the line of what was refused, and return what to answer: too many get another answer, no line.

    Whatever else stands in the session is committed with it: a deployment that waits to be confirmed.
    """
    error, is_listed = rate_limits.weigh(error)
    if is_listed:
        _commit_refused(error)
    else:
        db.session.rollback()
    log.warning("launch_refused", check=error.check.value, reference=error.reference)
    return error


def list_registration_refused(error: RegistrationRefused) -> None:
    """Write and commit the line of a registration that did not come about; nothing else of it stays.

    They have no limit of lines here: registering is limited before (`rate_limits.begin_registration`).
    """
    db.session.rollback()
    execute_plainly(db.session(), _NEW_RECORD, _refused(error, message_type=REGISTRATION_MESSAGE))
    db.session.commit()
    log.warning("registration_refused", check=error.check.value, reference=error.reference)


def _commit_refused(error: LaunchRefused) -> None:
    try:
        _insert_refused(error)
    except IntegrityError:
        # The login was used up before, or the platform has been removed meanwhile.
        db.session.rollback()
        error.login_id = None
        if error.registration_id and db.session.get(Registration, error.registration_id) is None:
            error.registration_id = None
        _insert_refused(error)
    db.session.commit()


def _insert_refused(error: LaunchRefused) -> None:
    refused = _refused(error, message_type=error.message_type) | {
        "registration_id": error.registration_id,
        "deployment_id_on_platform": error.deployment_id_on_platform,
        "login_id": error.login_id,
    }
    execute_plainly(db.session(), _NEW_RECORD, refused)


def _refused(error: LaunchRefused | RegistrationRefused, *, message_type: str | None) -> dict[str, Any]:
    return {
        "message_type": message_type,
        "outcome": LaunchOutcome.REFUSED,
        "check": error.check.value,
        "explanation": error.explanation,
        "reference": error.reference,
    }
