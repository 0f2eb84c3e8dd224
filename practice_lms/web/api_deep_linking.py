"""The API for tests on deep linking: a round without a browser, what it offers, and what the tool answered.

| call | what it does |
|---|---|
| `GET launch/deep-linking?person=&course=&tool=` | begins a round; answers the login form like other launches |
| `GET deep-linking/offer`, `POST deep-linking/offer {name: value}` | what the next requests offer; null leaves out |
| `GET deep-linking` | every round: its offer, its `data`, and the claims of the accepted answer or null |
"""

from flask import Response, jsonify, request

from practice_lms.course import COURSE_ID
from practice_lms.launches import begin_deep_linking
from practice_lms.switchboard import as_json, changed
from practice_lms.tools import DEFAULT_TOOL
from practice_lms.web.api_calls import api_blueprint, call_fields, login_json
from practice_lms.web.current import current_lms

blueprint = api_blueprint("api_deep_linking")


@blueprint.get("/launch/deep-linking")
def launch_deep_linking() -> Response:
    """Begin a deep linking launch by `person`; the launch id suffices to take it up, no cookie."""
    form = begin_deep_linking(
        current_lms(),
        request.args.get("person", ""),
        needs_cookie=False,
        course_id=request.args.get("course", COURSE_ID, type=int),
        tool_id=request.args.get("tool", DEFAULT_TOOL),
    )
    return login_json(form)


@blueprint.get("/deep-linking/offer")
def show_offer() -> Response:
    """Show what the next deep linking request offers to take."""
    with current_lms().reading() as state:
        return jsonify(as_json(state.offer))


@blueprint.post("/deep-linking/offer")
def change_offer() -> Response:
    """Change what the next deep linking requests offer to take."""
    with current_lms().changing() as state:
        state.offer = changed(state.offer, call_fields())
        return jsonify(as_json(state.offer))


@blueprint.get("/deep-linking")
def list_rounds() -> Response:
    """List the rounds of deep linking, oldest first."""
    with current_lms().reading() as state:
        rounds = list(state.deep_linkings.values())
    return jsonify(
        [
            {
                "number": each.id,
                "course": each.course_id,
                "person": each.person_id,
                "data": each.echo,
                "offer": as_json(each.offer),
                "answer": each.claims,
            }
            for each in rounds
        ]
    )
