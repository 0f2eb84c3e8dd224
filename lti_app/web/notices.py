"""The address that platforms send their notices to; it speaks JSON, since no person ever sees it."""

from flask import Blueprint, Flask, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from lti_app.db import db
from lti_app.lti.notices import NoticeReader, tokens_of
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.lti.service_claims import CONTEXT_COPY_NOTICE
from lti_app.roster.copies import record_copy
from lti_app.web import launch_log

MAX_BODY_BYTES = 512 * 1024

pages = Blueprint("notices", __name__, url_prefix="/lti")


@pages.post("/notices")
def receive() -> ResponseReturnValue:
    """Take a batch of notices: all of it, or, where one is refused, none."""
    request.max_content_length = MAX_BODY_BYTES
    reader = NoticeReader(
        db.session(),
        registrations=current_app.extensions["staffroom_registrations"],
        key_sets=current_app.extensions["staffroom_key_sets"],
    )
    for notice in [reader.read(token) for token in tokens_of(request.get_data(cache=False))]:
        record_copy(db.session(), notice)
        launch_log.list_accepted(
            registration_id=notice.registration_id,
            deployment_id_on_platform=notice.deployment_id_on_platform,
            message_type=CONTEXT_COPY_NOTICE,
        )
    db.session.commit()
    return {}


@pages.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Refuse what is larger than a hundred notices are."""
    return refused(LaunchRefused(Check.SIZE, "The request is larger than the tool reads.", status=413))


@pages.errorhandler(LaunchRefused)
def refused(error: LaunchRefused) -> ResponseReturnValue:
    """Forget the whole batch, write the launch log's line, and say why."""
    db.session.rollback()
    answered = launch_log.list_refused(error)
    headers = {"Retry-After": str(answered.retry_after)} if answered.retry_after else {}
    return {"error": answered.explanation, "reference": answered.reference}, answered.status, headers


def register(app: Flask) -> None:
    """Add the address."""
    app.register_blueprint(pages)
