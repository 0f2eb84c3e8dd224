"""What a platform asks for when somebody adds an activity to a course (LTI deep linking 2.0, 4.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lti_app.addresses import origin_of
from lti_app.lti.claims import CLAIM, identifier, is_storable, mapping, words
from lti_app.lti.messages import CourseClaim, Message, sender
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.models.platform import Registration

DEEP_LINKING_MESSAGE = "LtiDeepLinkingRequest"
DEEP_LINKING_CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"
RESOURCE_LINK = "ltiResourceLink"
# Canvas's return address carries a signed token of its own in its query.
MAX_RETURN_URL = 8192
MAX_TEXT = 4000
MAX_ACCEPTED = 50


@dataclass(frozen=True, kw_only=True)
class DeepLinkingSettings:
    """What the platform takes back, and where; what it leaves open is read so that nothing gets lost.

    `data` goes back letter by letter, and is None where the platform sent none. Without `accept_multiple` one
    link is sent; without `accept_lineitem` a line item is sent, since Moodle 4.5.6 makes one and never says so
    (recorded). `title` and `text` are what the platform would call and describe the link.
    """

    return_url: str
    accept_types: tuple[str, ...]
    document_targets: tuple[str, ...]
    accept_multiple: bool
    accept_lineitem: bool
    auto_create: bool
    title: str
    text: str
    data: str | None


@dataclass(frozen=True, kw_only=True)
class DeepLinkingMessage(Message):
    """Somebody asks to choose what goes into a course; `course` is None where the platform names none."""

    course: CourseClaim | None
    settings: DeepLinkingSettings


def parse_deep_linking(
    claims: Mapping[str, Any], *, registration_id: int, deployment_id: int, deployment_id_on_platform: str
) -> DeepLinkingMessage:
    """Turn verified claims into a `DeepLinkingMessage`.

    Raises:
        LaunchRefused: A claim is missing, has the wrong type or is too long.
    """
    context = mapping(claims, CLAIM + "context")
    return DeepLinkingMessage(
        registration_id=registration_id,
        deployment_id=deployment_id,
        deployment_id_on_platform=deployment_id_on_platform,
        **sender(claims),
        course=_course(context) if context else None,
        settings=_settings(mapping(claims, DEEP_LINKING_CLAIM + "deep_linking_settings", required=True)),
    )


def check_answerable(settings: DeepLinkingSettings, registration: Registration) -> None:
    """Refuse a request that cannot be answered: no link is wanted, or the answer would go to somebody else.

    Raises:
        LaunchRefused: It takes no resource links, or its return address is on none of the platform's hosts.
    """
    if RESOURCE_LINK not in settings.accept_types:
        raise LaunchRefused(Check.CONTENT_TYPES, "The platform takes no resource links in this place.")
    if origin_of(settings.return_url) not in registration.service_origins:
        raise LaunchRefused(
            Check.RETURN_URL, "The return address is on a host that is not the registered platform's.", status=403
        )


def _course(context: Mapping[str, Any]) -> CourseClaim:
    return CourseClaim(
        id_on_platform=identifier(context, "id"), label=words(context, "label"), title=words(context, "title")
    )


def _settings(asked: Mapping[str, Any]) -> DeepLinkingSettings:
    return DeepLinkingSettings(
        return_url=_return_url(asked),
        accept_types=_names(asked, "accept_types"),
        document_targets=_names(asked, "accept_presentation_document_targets"),
        accept_multiple=_switch(asked, "accept_multiple", default=False),
        accept_lineitem=_switch(asked, "accept_lineitem", default=True),
        auto_create=_switch(asked, "auto_create", default=False),
        title=words(asked, "title"),
        text=(_text(asked, "text") or "")[:MAX_TEXT],
        data=_text(asked, "data"),
    )


def _return_url(asked: Mapping[str, Any]) -> str:
    url = asked.get("deep_link_return_url")
    if not isinstance(url, str) or not _is_plain(url) or origin_of(url) is None:
        raise LaunchRefused(Check.RETURN_URL, "The return address is missing or malformed.")
    return url


def _is_plain(url: str) -> bool:
    """Whether nothing in the address could be read by a browser in another way than by us."""
    return len(url) <= MAX_RETURN_URL and url.isascii() and url.isprintable() and not {" ", "\\"} & set(url)


def _names(asked: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = asked.get(key)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise LaunchRefused(Check.MESSAGE, f"“{key}” is missing or is no list of texts.")
    return tuple(name for name in names[:MAX_ACCEPTED] if len(name) <= 64 and is_storable(name))


def _switch(asked: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = asked.get(key)
    if value is not None and not isinstance(value, bool):
        raise LaunchRefused(Check.MESSAGE, f"“{key}” is neither true nor false.")
    return default if value is None else value


def _text(asked: Mapping[str, Any], key: str) -> str | None:
    value = asked.get(key)
    if value is not None and not (isinstance(value, str) and is_storable(value)):
        raise LaunchRefused(Check.MESSAGE, f"“{key}” is no text.")
    return value
