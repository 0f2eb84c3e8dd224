"""The page that makes the LMS misbehave, and shows what the tool has asked lately."""

from itertools import islice
from typing import TypeVar

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from practice_lms.dialects import Dialect
from practice_lms.faults import Fault, FaultRule, ServiceKind
from practice_lms.manner import DeepLinkingOffer, Manner
from practice_lms.request_log import ServiceRequest
from practice_lms.switchboard import from_form, switches_of
from practice_lms.switches import (
    add_second_line_item,
    behave_like,
    forget_tool_keys,
    lose_line_item,
    revoke_tokens,
    rotate_keys,
    set_numbers,
)
from practice_lms.web.current import current_lms

SHOWN_REQUESTS = 20
NUMBERS = ("page_size", "token_lifetime_seconds", "clock_offset_seconds")
Board = TypeVar("Board", Manner, DeepLinkingOffer)

blueprint = Blueprint("switches", __name__, url_prefix="/switches")


@blueprint.get("")
def show() -> str:
    """Show every switch and the log of the last service requests."""
    with current_lms().reading() as state:
        return render_template(
            "switches/show.html",
            kinds=ServiceKind,
            faults=Fault,
            rules=list(state.faults.values()),
            activities=[each for each in state.activities.values() if state.columns_of(each.id)],
            state=state,
            dialects=Dialect,
            manner=switches_of(state.manner),
            offer=switches_of(state.offer),
            entries=_last_requests(),
        )


@blueprint.get("/log")
def show_log() -> str:
    """Return the log alone, which the page fetches each second."""
    return render_template("switches/log.html", entries=_last_requests())


@blueprint.post("/faults")
def set_fault() -> AnyResponse:
    """Set a fault for one service."""
    form = request.form
    seconds = max(1, form.get("seconds", 5, type=int))
    try:
        rule = FaultRule(
            kind=ServiceKind(form.get("kind", "")),
            fault=Fault(form.get("fault", "")),
            times=form.get("times", type=int),
            retry_after_seconds=seconds,
            delay_seconds=seconds,
        )
    except ValueError:
        abort(404)
    with current_lms().changing() as state:
        state.faults[rule.kind] = rule
    return _back()


@blueprint.post("/faults/off")
def clear_fault() -> AnyResponse:
    """Switch off the fault of one service, or of all."""
    kind = request.form.get("kind", "")
    with current_lms().changing() as state:
        state.faults = {each: rule for each, rule in state.faults.items() if kind and each != kind}
    return _back()


@blueprint.post("/numbers")
def change_numbers() -> AnyResponse:
    """Set page size, token lifetime and clock."""
    numbers = {name: request.form.get(name, type=int) for name in NUMBERS}
    given = {name: number for name, number in numbers.items() if number is not None}
    given["page_size"] = max(1, given.get("page_size", 1))
    set_numbers(current_lms(), given)
    return _back()


@blueprint.post("/manner")
def change_manner() -> AnyResponse:
    """Set in which manner the platform is played."""
    with current_lms().changing() as state:
        state.manner = _set_by_form(state.manner)
    return _back()


@blueprint.post("/like")
def be_like() -> AnyResponse:
    """Set every switch as a platform is known to behave."""
    try:
        dialect = Dialect(request.form.get("dialect", ""))
    except ValueError:
        abort(404)
    behave_like(current_lms(), dialect)
    return _back()


@blueprint.post("/offer")
def change_offer() -> AnyResponse:
    """Set what deep linking requests offer to take."""
    with current_lms().changing() as state:
        state.offer = _set_by_form(state.offer)
    return _back()


@blueprint.post("/keys")
def change_keys() -> AnyResponse:
    """Sign with a new key from now on."""
    rotate_keys(current_lms(), keep_old="keep_old" in request.form)
    return _back()


@blueprint.post("/tool-keys")
def forget_keys() -> AnyResponse:
    """Fetch the tools' public keys anew at the next verification."""
    forget_tool_keys(current_lms())
    return _back()


@blueprint.post("/tokens")
def end_tokens() -> AnyResponse:
    """Make every access token invalid."""
    revoke_tokens(current_lms())
    return _back()


@blueprint.post("/line-items")
def change_line_items() -> AnyResponse:
    """Delete the line items of an activity, or add one more."""
    activity_id = request.form.get("activity", 0, type=int)
    deed = lose_line_item if request.form.get("deed") == "lose" else add_second_line_item
    try:
        deed(current_lms(), activity_id)
    except KeyError:
        abort(404)
    return _back()


def _set_by_form(board: Board) -> Board:
    try:
        return from_form(board, request.form.to_dict(flat=False))
    except ValueError:
        abort(404)


def _back() -> AnyResponse:
    return redirect(url_for("switches.show"))


def _last_requests() -> list[ServiceRequest]:
    with current_lms().reading() as state:
        return list(islice(reversed(state.requests), SHOWN_REQUESTS))
