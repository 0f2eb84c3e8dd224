"""The API for tests on the platform's manner: which dialect it speaks, and every switch of it.

| call | what it does |
|---|---|
| `GET manner` | every switch and its value |
| `POST manner {name: value}` | sets the named switches, and leaves the others |
"""

from flask import Response, jsonify

from practice_lms.switchboard import as_json, changed
from practice_lms.web.api_calls import api_blueprint, call_fields
from practice_lms.web.current import current_lms

blueprint = api_blueprint("api_manner")


@blueprint.get("/manner")
def show_manner() -> Response:
    """Show every switch."""
    with current_lms().reading() as state:
        return jsonify(as_json(state.manner))


@blueprint.post("/manner")
def change_manner() -> Response:
    """Set some switches otherwise."""
    with current_lms().changing() as state:
        state.manner = changed(state.manner, call_fields())
        return jsonify(as_json(state.manner))
