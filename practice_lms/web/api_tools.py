"""The API for tests on tools and their registration.

| call | what it does |
|---|---|
| `POST registrations {url}` | begins a registration; answers the address that a browser would open, and the token |
| `GET tools` | every tool: ids, addresses, granted scopes, message targets, whether it is active |
| `POST tools/<id>/activate`, `DELETE tools/<id>` | what an administrator does |
| `GET manner`, `POST manner` | the dialect decides the shape: see `Dialect` |

`tool=<id>` in `launch/deep-linking` and `launch/data-privacy`, and `tool` in `POST activities`, choose a tool.
"""

from dataclasses import asdict

from flask import Response, jsonify

from practice_lms.registrations import activate_tool, begin_registration, remove_tool
from practice_lms.web.api_calls import api_blueprint, call_fields
from practice_lms.web.current import current_lms

blueprint = api_blueprint("api_tools")


@blueprint.post("/registrations")
def begin() -> Response:
    """Begin a registration as an administrator would."""
    ticket = begin_registration(current_lms(), str(call_fields()["url"]))
    return jsonify(address=ticket.address, token=ticket.token)


@blueprint.get("/tools")
def list_tools() -> Response:
    """List the tools, the one of the settings first."""
    with current_lms().reading() as state:
        tools = list(state.tools.values())
    return jsonify([asdict(tool) for tool in tools])


@blueprint.post("/tools/<tool_id>/activate")
def activate(tool_id: str) -> Response:
    """Let a registered tool be used."""
    activate_tool(current_lms(), tool_id)
    return jsonify(ok=True)


@blueprint.delete("/tools/<tool_id>")
def remove(tool_id: str) -> Response:
    """Forget a registered tool."""
    remove_tool(current_lms(), tool_id)
    return jsonify(ok=True)
