"""The token endpoint and the platform's public keys (LTI security framework §4 and §6)."""

import json

from flask import Blueprint, Response, render_template, request

from practice_lms.faults import ServiceKind
from practice_lms.keys import public_jwk
from practice_lms.tokens import OAuthError, grant_token
from practice_lms.tool_keys import KeySetUnreachableError
from practice_lms.web.current import current_lms
from practice_lms.web.services import service

blueprint = Blueprint("token", __name__)


@blueprint.post("/lti/token")
@service(ServiceKind.TOKEN)
def give_token() -> Response:
    """Exchange the tool's signed assertion for an access token."""
    lms = current_lms()
    try:
        token = grant_token(lms, request.form)
    except OAuthError as error:
        return _oauth_json(
            {"error": error.error, "error_description": error.description},
            status=error.status,
            content_type="application/json",
        )
    except KeySetUnreachableError:
        # Moodle shows its own "page not found" here, though the page is there and the tool's is not.
        page = render_template("lti/error.html", title="Not found", sentence="The requested page is missing.")
        return Response(page, status=404)
    answer = {
        "access_token": token.value,
        "token_type": "bearer",
        "expires_in": max(0, round(token.expires_at - lms.now().timestamp())),
        "scope": " ".join(sorted(token.scopes)),
    }
    # JSON under the name of HTML is how Moodle 4.5.6 was seen to answer.
    return _oauth_json(answer, status=200, content_type="text/html; charset=utf-8")


@blueprint.get("/lti/jwks.json")
@service(ServiceKind.JWKS)
def show_keys() -> Response:
    """Publish the public keys."""
    with current_lms().reading() as state:
        keys = [public_jwk(key) for key in state.keys]
    return Response(json.dumps({"keys": keys}), mimetype="application/json")


def _oauth_json(content: dict[str, object], *, status: int, content_type: str) -> Response:
    response = Response(json.dumps(content), status=status, content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    return response
