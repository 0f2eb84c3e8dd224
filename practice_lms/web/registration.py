"""Dynamic registration: the platform's own description, and where a tool registers (dynamic registration 1.0)."""

from flask import Blueprint, Response, jsonify, request

from practice_lms.openid_configuration import openid_configuration
from practice_lms.registrations import register, require_ticket
from practice_lms.tool_metadata import RegistrationRefusedError, read_metadata
from practice_lms.web.current import current_lms

blueprint = Blueprint("registration", __name__, url_prefix="/lti")


@blueprint.errorhandler(RegistrationRefusedError)
def explain_refusal(refused: RegistrationRefusedError) -> tuple[Response, int]:
    """Answer with an error of RFC 7591 §3.2.2."""
    return jsonify(error=refused.error, error_description=refused.reason), refused.status


@blueprint.get("/openid-configuration")
def show_configuration() -> Response:
    """Describe the platform; in the Canvas manner to the holder of a registration token only."""
    lms = current_lms()
    with lms.reading() as state:
        if state.manner.dialect.guards_configuration:
            require_ticket(lms, state, _bearer())
        return jsonify(openid_configuration(lms.settings, state.manner))


@blueprint.post("/register")
def register_tool() -> tuple[Response, int]:
    """Register the tool that posts its description."""
    lms = current_lms()
    with lms.reading() as state:
        require_ticket(lms, state, _bearer())
        status = state.manner.dialect.registered_status
    if request.mimetype != "application/json":
        raise RegistrationRefusedError("Content-Type must be application/json", status=415)
    return jsonify(register(lms, read_metadata(request.get_data()), token=_bearer())), status


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""
