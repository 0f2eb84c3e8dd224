"""The OIDC authorisation endpoint: it takes up a launch and posts the id_token (LTI security §5.1.1)."""

import json
from collections.abc import Mapping

from flask import Blueprint, Response, render_template, request

from practice_lms.keys import sign
from practice_lms.launches import launching_person, take_launch
from practice_lms.lms import Lms
from practice_lms.messages import message_claims
from practice_lms.state import Launch
from practice_lms.tools import Tool
from practice_lms.web.current import current_lms, signed_in_person

blueprint = Blueprint("auth", __name__)


class LoginRefusedError(Exception):
    """The tool's login request is wrong; carries the OIDC error code and a description."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@blueprint.route("/lti/auth", methods=["GET", "POST"])
def authorise() -> Response:
    """Answer a login request: with an id_token, with an OIDC error, or with a page that ends it here."""
    lms = current_lms()
    asked = request.values
    launch_id = _launch_id(asked.get("lti_message_hint", ""))
    with lms.reading() as state:
        launch = take_launch(state, launch_id)
        tool = state.tools.get(launch.tool) if launch else None
        storage_target = state.manner.storage.target
        possible = [tool] if tool else list(state.tools.values())
    redirect_uri = asked.get("redirect_uri", "")
    if not any(redirect_uri in each.redirect_uris for each in possible):
        return _dead_end("The tool asked for the answer to be sent to an address that is not registered.")
    if launch_id is not None and launch is None:
        return _dead_end("This launch is unknown or was used before. Open the activity again in the course.")
    fields = {"state": asked.get("state", "")}
    try:
        token = _id_token(lms, asked, launch=launch, tool=tool)
    except LoginRefusedError as refused:
        fields |= {"error": refused.error, "error_description": refused.description}
    else:
        fields |= {"id_token": token} | ({"lti_storage_target": storage_target} if storage_target else {})
    page = render_template("lti/send.html", action=redirect_uri, fields=fields)
    return Response(page, headers={"Cache-Control": "no-store"})


def _launch_id(hint: str) -> object:
    try:
        parsed = json.loads(hint)
    except (ValueError, RecursionError):
        return None
    return parsed.get("launchid") if isinstance(parsed, dict) else None


def _dead_end(sentence: str) -> Response:
    return Response(render_template("lti/error.html", title="Not found", sentence=sentence), status=404)


def _id_token(lms: Lms, asked: Mapping[str, str], *, launch: Launch | None, tool: Tool | None) -> str:
    _check_login(asked)
    if launch is None or tool is None:
        raise LoginRefusedError("invalid_request", "lti_message_hint has no launch id")
    if asked["client_id"] != tool.client_id:
        raise LoginRefusedError("unauthorized_client", "client_id is not the one that this launch is for")
    person = signed_in_person()
    is_signed_in = person is not None and person.id == launch.person_id
    with lms.reading() as state:
        is_hinted = asked.get("login_hint") == launching_person(state, launch).id
    if not is_hinted or (launch.needs_cookie and not is_signed_in):
        raise LoginRefusedError("access_denied", "login_hint is not the person who is signed in")
    with lms.reading() as state:
        claims = message_claims(lms, state, launch, nonce=asked["nonce"]) | dict(launch.overrides.claims)
        kept = {name: value for name, value in claims.items() if name not in launch.overrides.remove}
        key = state.signing_key
    return sign(key, kept, header=launch.overrides.header)


def _check_login(asked: Mapping[str, str]) -> None:
    missing = [name for name in ("scope", "response_type", "client_id", "nonce", "state") if not asked.get(name)]
    if missing:
        raise LoginRefusedError("invalid_request", f"missing: {', '.join(missing)}")
    if asked["scope"] != "openid":
        raise LoginRefusedError("invalid_scope", "scope must be openid and nothing else")
    if asked["response_type"] != "id_token":
        raise LoginRefusedError("unsupported_response_type", "response_type must be id_token")
    if asked.get("response_mode") != "form_post":
        raise LoginRefusedError("invalid_request", "response_mode must be form_post")
    if asked.get("prompt") != "none":
        raise LoginRefusedError("invalid_request", "prompt must be none")
