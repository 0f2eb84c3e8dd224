"""Registering tools: the tickets that begin it, what is granted, and the administrator's last word."""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from practice_lms.dialects import Dialect
from practice_lms.lms import Lms
from practice_lms.manner import Manner
from practice_lms.openid_configuration import supported_scopes
from practice_lms.state import MessageType, State, Ticket
from practice_lms.tool_metadata import TOOL_CONFIGURATION, RegistrationRefusedError, ToolMetadata, host_of
from practice_lms.tools import AGS_SCOPE, DEFAULT_TOOL, NRPS_SCOPE, Tool

TICKET_SECONDS = 3600
_CUT = (f"{AGS_SCOPE}lineitem", NRPS_SCOPE)


def begin_registration(lms: Lms, url: str) -> Ticket:
    """Make a ticket for a tool's registration address; its `address` is what the browser opens.

    Raises:
        ValueError: when it is no web address.
    """
    if urlsplit(url).scheme not in ("http", "https") or not host_of(url):
        raise ValueError("the registration address is no web address")
    token = secrets.token_urlsafe(24)
    with lms.reading() as state:
        ticket = Ticket(
            token=token,
            address=_address(lms, state, url, token),
            expires_at=lms.now().timestamp() + TICKET_SECONDS,
        )
        state.tickets[token] = ticket
        return ticket


def require_ticket(lms: Lms, state: State, token: str) -> None:
    """Let only a ticket pass that is known, unused and not too old; the D2L manner wants none.

    Raises:
        RegistrationRefusedError: 401.
    """
    if state.manner.dialect.registers_without_token:
        return
    ticket = state.tickets.get(token)
    if ticket is None or ticket.expires_at <= lms.now().timestamp():
        raise RegistrationRefusedError(
            "the registration token is missing, unknown, used or too old", status=401, error="invalid_token"
        )


def register(lms: Lms, wanted: ToolMetadata, *, token: str) -> dict[str, Any]:
    """Register a tool, pending until an administrator activates it, and return the answer to it.

    Raises:
        RegistrationRefusedError: when the ticket is not valid, or the imitated platform would not take it; the
            ticket stays good.
    """
    with lms.changing() as state:
        require_ticket(lms, state, token)
        if state.manner.dialect is Dialect.MOODLE and wanted.domain != host_of(wanted.target):
            raise RegistrationRefusedError("domain is not host and port of target_link_uri")
        tool = _tool(state, wanted)
        state.tools[tool.id] = tool
        state.tickets.pop(token, None)
        return _answer(tool, wanted, state.manner)


def activate_tool(lms: Lms, tool_id: str) -> None:
    """Let a registered tool be used.

    Raises:
        KeyError: when there is no such tool.
    """
    with lms.changing() as state:
        state.tools[tool_id] = replace(state.tools[tool_id], active=True)


def remove_tool(lms: Lms, tool_id: str) -> None:
    """Forget a tool that registered itself, with its activities and columns.

    Raises:
        KeyError: when there is no such tool, or it is the one of the settings.
    """
    with lms.changing() as state:
        if tool_id == DEFAULT_TOOL:
            raise KeyError(tool_id)
        del state.tools[tool_id]
        for column in [each for each in state.line_items.values() if each.tool == tool_id]:
            state.remove_line_item(column.id)
        state.activities = {each.id: each for each in state.activities.values() if each.tool != tool_id}


def _address(lms: Lms, state: State, url: str, token: str) -> str:
    parts = urlsplit(url)
    added = {"openid_configuration": f"{lms.settings.issuer}/lti/openid-configuration"}
    if not state.manner.dialect.registers_without_token:
        added["registration_token"] = token
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *added.items()])
    return urlunsplit(parts._replace(query=query))


def _tool(state: State, wanted: ToolMetadata) -> Tool:
    dialect = state.manner.dialect
    fresh = Tool(
        id=secrets.token_hex(6),
        name=wanted.name,
        client_id=_client_id(state, dialect),
        deployment_id=_deployment_id(state, dialect),
        login_url=wanted.login_url,
        redirect_uris=wanted.redirect_uris,
        target=wanted.target,
        key_set_url=wanted.key_set_url,
        scopes=tuple(_granted(wanted, state.manner)),
        custom=wanted.custom,
        targets={row["type"]: row.get("target_link_uri", wanted.target) for row in _kept_messages(wanted, dialect)},
        active=False,
    )
    if dialect is not Dialect.MOODLE:
        return fresh
    for known in state.tools.values():
        # Moodle 4.5.6 was seen to keep both ids where a domain registers again.
        if known.id != DEFAULT_TOOL and host_of(known.target) == wanted.domain:
            return replace(
                fresh,
                id=known.id,
                client_id=known.client_id,
                deployment_id=known.deployment_id,
                active=known.active,
            )
    return fresh


def _client_id(state: State, dialect: Dialect) -> str:
    if dialect is Dialect.CANVAS:
        return f"1{state.take_number():013}"
    return secrets.token_hex(8)[:15] if dialect is Dialect.MOODLE else str(uuid.uuid4())


def _deployment_id(state: State, dialect: Dialect) -> str:
    if dialect is Dialect.SAKAI:
        return "1"
    number = str(state.take_number())
    return number if dialect is Dialect.MOODLE else f"{number}:{secrets.token_hex(20)}"


def _granted(wanted: ToolMetadata, manner: Manner) -> list[str]:
    possible = [scope for scope in supported_scopes(manner) if scope in wanted.scopes]
    return [scope for scope in possible if scope not in _CUT] if manner.cuts_scopes else possible


def _kept_messages(wanted: ToolMetadata, dialect: Dialect) -> list[Mapping[str, Any]]:
    if dialect is not Dialect.MOODLE:
        return list(wanted.messages)
    return [
        {"type": row["type"], "target_link_uri": row.get("target_link_uri", wanted.target)}
        for row in wanted.messages
        if row["type"] == MessageType.DEEP_LINKING
    ]


def _answer(tool: Tool, wanted: ToolMetadata, manner: Manner) -> dict[str, Any]:
    configuration = {
        **wanted.document[TOOL_CONFIGURATION],
        "messages": _kept_messages(wanted, manner.dialect),
        "version": "1.3.0",
    }
    if manner.dialect.answers_deployment:
        configuration["deployment_id"] = tool.deployment_id
    return {
        **wanted.document,
        "client_id": tool.client_id,
        "scope": " ".join(tool.scopes),
        TOOL_CONFIGURATION: configuration,
    }
