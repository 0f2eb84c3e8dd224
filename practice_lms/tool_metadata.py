"""Reading what a tool posts to register itself (dynamic registration 1.0 §3, RFC 7591 §2)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"


class RegistrationRefusedError(Exception):
    """A tool was not registered; carries the status of the answer, RFC 7591's error and a reason."""

    def __init__(self, reason: str, *, status: int = 400, error: str = "invalid_client_metadata") -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.error = error


@dataclass(frozen=True, kw_only=True)
class ToolMetadata:
    """A registration that is in order; `messages` are as sent, `document` is the whole of it."""

    name: str
    login_url: str
    redirect_uris: tuple[str, ...]
    key_set_url: str
    target: str
    domain: str
    scopes: tuple[str, ...]
    custom: Mapping[str, str]
    messages: tuple[Mapping[str, Any], ...]
    document: Mapping[str, Any]


def read_metadata(body: bytes) -> ToolMetadata:
    """Read a registration.

    Raises:
        RegistrationRefusedError: 400, when a part is missing or cannot be what the specification asks for.
    """
    document = _object(body)
    configuration = document.get(TOOL_CONFIGURATION)
    if not isinstance(configuration, dict):
        raise RegistrationRefusedError(f"{TOOL_CONFIGURATION} is missing")
    _check_fixed_values(document)
    return ToolMetadata(
        name=_text(document, "client_name"),
        login_url=_address(document, "initiate_login_uri"),
        redirect_uris=_redirect_uris(document),
        key_set_url=_address(document, "jwks_uri"),
        target=_address(configuration, "target_link_uri"),
        domain=_text(configuration, "domain"),
        scopes=tuple(_text(document, "scope", default="").split()),
        custom=_custom(configuration),
        messages=_messages(configuration),
        document=document,
    )


def host_of(url: str) -> str:
    """Return host and port of an address."""
    return urlsplit(url).netloc


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RegistrationRefusedError("the body is not JSON") from error
    if not isinstance(document, dict):
        raise RegistrationRefusedError("the body is not a JSON object")
    return document


def _check_fixed_values(document: Mapping[str, Any]) -> None:
    if document.get("application_type") != "web":
        raise RegistrationRefusedError("application_type must be web")
    if document.get("token_endpoint_auth_method") != "private_key_jwt":
        raise RegistrationRefusedError("token_endpoint_auth_method must be private_key_jwt")
    for name, needed in (("response_types", {"id_token"}), ("grant_types", {"implicit", "client_credentials"})):
        values = document.get(name)
        if not isinstance(values, list) or not needed <= {str(value) for value in values}:
            raise RegistrationRefusedError(f"{name} must hold {' and '.join(sorted(needed))}")


def _text(fields: Mapping[str, Any], name: str, *, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise RegistrationRefusedError(f"{name} is missing or not text")
    return value


def _address(fields: Mapping[str, Any], name: str) -> str:
    value = _text(fields, name)
    if urlsplit(value).scheme not in ("http", "https") or not host_of(value):
        raise RegistrationRefusedError(f"{name} is not a web address")
    return value


def _redirect_uris(document: Mapping[str, Any]) -> tuple[str, ...]:
    values = document.get("redirect_uris")
    if not isinstance(values, list) or not values:
        raise RegistrationRefusedError("redirect_uris is missing", error="invalid_redirect_uri")
    return tuple(_address({"redirect_uris": value}, "redirect_uris") for value in values)


def _custom(configuration: Mapping[str, Any]) -> dict[str, str]:
    custom = configuration.get("custom_parameters", {})
    if not isinstance(custom, dict) or not all(isinstance(value, str) for value in custom.values()):
        raise RegistrationRefusedError("custom_parameters is not an object of texts")
    return custom


def _messages(configuration: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    messages = configuration.get("messages", [])
    if not isinstance(messages, list) or not all(isinstance(row, dict) for row in messages):
        raise RegistrationRefusedError("messages is not a list of objects")
    for row in messages:
        _text(row, "type")
        if "target_link_uri" in row:
            _address(row, "target_link_uri")
    return tuple(messages)
