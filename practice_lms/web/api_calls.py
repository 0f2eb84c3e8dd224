"""What every part of the API for tests shares: reading a call, and telling its author what is wrong with it."""

import json
from typing import Any

from flask import Blueprint, Response, jsonify, request

from practice_lms.launches import LoginForm


class BadCallError(ValueError):
    """A call of this API is wrong; the message tells the test's author why."""


def api_blueprint(name: str) -> Blueprint:
    """Return a part of the API whose errors are explained in JSON."""
    blueprint = Blueprint(name, f"practice_lms.web.{name}", url_prefix="/api")
    for error in (ValueError, TypeError):
        blueprint.register_error_handler(error, _explain_bad_call)
    blueprint.register_error_handler(KeyError, _explain_unknown)
    return blueprint


def call_fields() -> dict[str, Any]:
    """Return the JSON object of the call's body; no body is an empty one.

    Raises:
        BadCallError: when the body is something else.
    """
    try:
        fields = json.loads(request.get_data() or b"{}")
    except ValueError as error:
        raise BadCallError("the body is not JSON") from error
    if not isinstance(fields, dict):
        raise BadCallError("the body is not a JSON object")
    return fields


def login_json(form: LoginForm) -> Response:
    """Return a login form as JSON: where a browser would post it, and its fields."""
    return jsonify(action=form.action, fields=form.fields)


def _explain_bad_call(error: Exception) -> tuple[Response, int]:
    return jsonify(error=str(error)), 400


def _explain_unknown(error: Exception) -> tuple[Response, int]:
    return jsonify(error=f"unknown or missing: {error}"), 404
