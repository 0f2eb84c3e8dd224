"""The API for tests on faults, keys, columns and times. Loopback only, no sign-in.

Its parts each begin with a table of their calls: `api_launches`, `api_deep_linking`, `api_courses`, `api_groups`,
`api_manner` (every switch), `api_tools` (registration) and `api_logs` (what was done and asked).

| call | what it does |
|---|---|
| `GET faults`, `POST faults {kind, fault, times?, delay_seconds?, retry_after_seconds?}`, `DELETE faults` | failures |
| `POST rotate-keys {keep_old?}` | signs with a new key; answers its kid |
| `POST line-items/lose {activity}`, `POST line-items/second {activity}` | takes or adds a column |
| `POST settings {page_size?, token_lifetime_seconds?, clock_offset_seconds?}` | null puts back the default |
| `POST revoke-tokens`, `POST reset` | ends every token; starts afresh |

A roster of thousands at a set pace: `POST enrol {count}`, `POST settings {page_size}`, `POST faults` with the kind
`memberships`, the fault `slow` and `delay_seconds`.
"""

from flask import Response, jsonify

from practice_lms.faults import Fault, FaultRule, ServiceKind
from practice_lms.line_items import line_item_url
from practice_lms.state import DEFAULT_PAGE_SIZE, DEFAULT_TOKEN_LIFETIME_SECONDS
from practice_lms.switches import (
    add_second_line_item,
    lose_line_item,
    revoke_tokens,
    rotate_keys,
    set_numbers,
)
from practice_lms.web.api_calls import BadCallError, api_blueprint, call_fields
from practice_lms.web.current import current_lms

blueprint = api_blueprint("api")


@blueprint.get("/faults")
def list_faults() -> Response:
    """List the faults that are set."""
    with current_lms().reading() as state:
        return jsonify([vars(rule) for rule in state.faults.values()])


@blueprint.post("/faults")
def set_fault() -> Response:
    """Set the fault of one service: kind, fault, times (absent or null: until switched off)."""
    wanted = call_fields()
    rule = FaultRule(
        kind=ServiceKind(wanted["kind"]),
        fault=Fault(str(wanted["fault"])),
        times=wanted.get("times"),
        retry_after_seconds=wanted.get("retry_after_seconds", 1),
        delay_seconds=wanted.get("delay_seconds", 5.0),
    )
    with current_lms().changing() as state:
        state.faults[rule.kind] = rule
    return jsonify(ok=True)


@blueprint.delete("/faults")
def clear_faults() -> Response:
    """Switch every fault off."""
    with current_lms().changing() as state:
        state.faults.clear()
    return jsonify(ok=True)


@blueprint.post("/rotate-keys")
def rotate() -> Response:
    """Sign with a new key from now on; the old ones stay published with `keep_old`."""
    kid = rotate_keys(current_lms(), keep_old=bool(call_fields().get("keep_old", False)))
    return jsonify(kid=kid)


@blueprint.post("/line-items/lose")
def lose() -> Response:
    """Delete the line items of `activity`."""
    lose_line_item(current_lms(), int(call_fields()["activity"]))
    return jsonify(ok=True)


@blueprint.post("/line-items/second")
def second() -> Response:
    """Give `activity` one more line item, so that launches name none any more."""
    line_item = add_second_line_item(current_lms(), int(call_fields()["activity"]))
    with current_lms().reading() as state:
        return jsonify(line_item=line_item_url(current_lms().settings, state, line_item))


@blueprint.post("/settings")
def change_settings() -> Response:
    """Set page_size, token_lifetime_seconds, clock_offset_seconds; null puts back the default."""
    wanted = call_fields()
    defaults = {
        "page_size": DEFAULT_PAGE_SIZE,
        "token_lifetime_seconds": DEFAULT_TOKEN_LIFETIME_SECONDS,
        "clock_offset_seconds": 0,
    }
    unknown = wanted.keys() - defaults.keys()
    if unknown:
        raise BadCallError(f"no such setting: {', '.join(sorted(unknown))}")
    numbers = {name: defaults[name] if value is None else value for name, value in wanted.items()}
    if not all(isinstance(number, int) for number in numbers.values()) or numbers.get("page_size", 1) < 1:
        raise BadCallError("settings are whole numbers, and page_size is at least 1")
    set_numbers(current_lms(), numbers)
    return jsonify(ok=True)


@blueprint.post("/revoke-tokens")
def revoke() -> Response:
    """Make every access token invalid."""
    revoke_tokens(current_lms())
    return jsonify(ok=True)


@blueprint.post("/reset")
def reset() -> Response:
    """Start the course afresh."""
    current_lms().reset()
    return jsonify(ok=True)
