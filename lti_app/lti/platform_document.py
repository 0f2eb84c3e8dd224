"""What a platform says of itself (LTI dynamic registration 1.0, "platform configuration"), parsed and not believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lti_app.addresses import host_of, is_issuer, origin_of, problem_of
from lti_app.lti import platform_quirks as quirks
from lti_app.lti.registration_refusals import RegistrationCheck, RegistrationRefused

PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
MOST_ENTRIES, LONGEST_ENTRY, LONGEST_NAME, LONGEST_FAMILY = 1000, 255, 255, 64


@dataclass(frozen=True, kw_only=True)
class PlatformDocument:
    """The platform's addresses and abilities; None where it does not say what it supports."""

    issuer: str
    auth_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    auth_audience: str | None
    product_family: str
    name: str
    school_origin: str | None
    scopes: frozenset[str] | None
    messages: frozenset[str] | None
    variables: frozenset[str] | None

    @property
    def is_canvas(self) -> bool:
        """Whether the extensions of Canvas are understood."""
        return self.product_family == quirks.CANVAS

    @property
    def other_origins(self) -> tuple[str, ...]:
        """The platform's further origins, for `Registration.other_origins`."""
        own = (self.school_origin,) if self.school_origin else ()
        return (*quirks.other_origins_of(self.issuer), *own)


def parse_document(document: Any, *, url: str, allow_private: bool) -> PlatformDocument:
    """Return the platform that a document read from `url` describes.

    Raises:
        RegistrationRefused: It is malformed, cannot do what LTI needs, or names addresses of somebody else.
    """
    if not isinstance(document, dict):
        raise _unusable("The document is no JSON object.")
    issuer = _text(document, "issuer")
    if not is_issuer(issuer) or origin_of(issuer) is None:
        raise _unusable("The issuer is no web address.")
    _check_abilities(document)
    platform = document.get(PLATFORM_CONFIGURATION, {})
    if not isinstance(platform, dict):
        raise _unusable("The platform configuration is no JSON object.")
    found = _platform(document, platform, issuer=issuer)
    _check_hosts(found, url=url, allow_private=allow_private)
    return found


def _platform(document: Mapping[str, Any], platform: Mapping[str, Any], *, issuer: str) -> PlatformDocument:
    family = _words(platform, "product_family_code", longest=LONGEST_FAMILY).lower()
    server = _words(document, "authorization_server", longest=LONGEST_ENTRY)
    return PlatformDocument(
        issuer=issuer,
        auth_url=_text(document, "authorization_endpoint"),
        token_url=_text(document, "token_endpoint"),
        jwks_url=_text(document, "jwks_uri"),
        registration_url=_text(document, "registration_endpoint"),
        # Canvas names its host there, and takes the token address all the same (its documents on OAuth).
        auth_audience=server if server and family != quirks.CANVAS else None,
        product_family=family,
        name=_words(platform, quirks.CANVAS_ACCOUNT_NAME, longest=LONGEST_NAME) or host_of(issuer),
        school_origin=_school_origin(platform, issuer=issuer),
        scopes=_entries(document, "scopes_supported"),
        messages=_message_types(platform),
        variables=_entries(platform, "variables"),
    )


def _check_abilities(document: Mapping[str, Any]) -> None:
    for key, needed in (
        ("token_endpoint_auth_methods_supported", "private_key_jwt"),
        ("id_token_signing_alg_values_supported", "RS256"),
    ):
        supported = _entries(document, key)
        if supported is not None and needed not in supported:
            raise _unusable(f"The platform does not support {needed}.")


def _check_hosts(found: PlatformDocument, *, url: str, allow_private: bool) -> None:
    """Refuse addresses of somebody else: whoever owns a document must not point us at another platform's keys."""
    document_host = host_of(url)
    if not _speaks_for(document_host, issuer=found.issuer):
        raise _foreign("The document is on another host than the issuer.")
    for name in ("issuer", "auth_url", "token_url", "jwks_url", "registration_url"):
        address = getattr(found, name)
        if problem_of(address, allow_private=allow_private) is not None:
            raise _foreign(f"The document's {name} is no public https address.")
        is_own = quirks.may_hold_endpoint(host_of(address), issuer=found.issuer)
        # The registration itself may stand at the school's own name for its Canvas, which the vendor's document gives.
        is_school = name == "registration_url" and origin_of(address) == found.school_origin
        if not is_own and not is_school:
            raise _foreign(f"The document's {name} is on another host than the issuer.")


def _speaks_for(document_host: str, *, issuer: str) -> bool:
    vendor = quirks.vendor_of(issuer)
    return document_host == host_of(issuer) or (vendor is not None and vendor.owns(document_host))


def _school_origin(platform: Mapping[str, Any], *, issuer: str) -> str | None:
    """Return the origin of a school's own Canvas, where the vendor's document names it."""
    domain = _words(platform, quirks.CANVAS_ACCOUNT_DOMAIN, longest=LONGEST_ENTRY)
    return origin_of(f"https://{domain}") if domain and quirks.vendor_of(issuer) else None


def _message_types(platform: Mapping[str, Any]) -> frozenset[str] | None:
    messages = platform.get("messages_supported")
    if messages is None:
        return None
    if not isinstance(messages, list) or len(messages) > MOST_ENTRIES:
        raise _unusable("“messages_supported” is no list.")
    listed = [message for message in messages if isinstance(message, dict)]
    return frozenset(_words(message, "type", longest=LONGEST_ENTRY) for message in listed)


def _entries(document: Mapping[str, Any], key: str) -> frozenset[str] | None:
    entries = document.get(key)
    if entries is None:
        return None
    if not isinstance(entries, list) or len(entries) > MOST_ENTRIES or not all(isinstance(e, str) for e in entries):
        raise _unusable(f"“{key}” is no list of texts.")
    return frozenset(entry for entry in entries if len(entry) <= LONGEST_ENTRY)


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise _unusable(f"“{key}” is missing.")
    return value


def _words(document: Mapping[str, Any], key: str, *, longest: int) -> str:
    """Return an optional text; what is no printable text, or too long, counts as absent."""
    value = document.get(key)
    is_words = isinstance(value, str) and value.isprintable() and len(value) <= longest
    return value.strip() if is_words and isinstance(value, str) else ""


def _unusable(explanation: str) -> RegistrationRefused:
    return RegistrationRefused(RegistrationCheck.DOCUMENT, explanation, status=502)


def _foreign(explanation: str) -> RegistrationRefused:
    return RegistrationRefused(RegistrationCheck.HOSTS, explanation)
