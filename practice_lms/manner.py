"""How the practice LMS behaves where real platforms differ from each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from practice_lms.dialects import Dialect
from practice_lms.switchboard import SAID, YES_NO, labelled


class ContentType(StrEnum):
    """The kinds of content item that a deep linking request may accept (deep linking 2.0 §3.1)."""

    LTI_RESOURCE_LINK = "ltiResourceLink"
    LINK = "link"
    FILE = "file"
    HTML = "html"
    IMAGE = "image"


class DocumentTarget(StrEnum):
    """The places where an added link may be shown (deep linking 2.0 §3.3); Moodle says `frame`, too."""

    FRAME = "frame"
    IFRAME = "iframe"
    WINDOW = "window"
    EMBED = "embed"


_TARGETS = (DocumentTarget.IFRAME, DocumentTarget.WINDOW)


class Storage(StrEnum):
    """Where a tool may keep its login state, other than in a cookie (lti-cs-oidc, lti-pm-s)."""

    OFF = "off"
    PARENT = "parent"
    FRAME = "frame"
    SILENT = "silent"

    @property
    def words(self) -> str:
        """Return what that means for a tool."""
        return {
            Storage.OFF: "Nowhere, as in Moodle",
            Storage.PARENT: "In its page, as in Sakai",
            Storage.FRAME: "Beside it, as in Canvas",
            Storage.SILENT: "In a page that never answers",
        }[self]

    @property
    def target(self) -> str:
        """Return the `lti_storage_target` of a login; empty where there is none."""
        return {Storage.OFF: "", Storage.FRAME: "lti_storage"}.get(self, "_parent")


class KeyCaching(StrEnum):
    """How long the tool's key set is kept, once it was fetched."""

    NOT_AT_ALL = "not_at_all"
    UNTIL_IT_FAILS = "until_it_fails"
    UNTIL_UNKNOWN_KID = "until_unknown_kid"
    FOR_EVER = "for_ever"

    @property
    def words(self) -> str:
        """Return what that means for a tool that changes its keys."""
        return {
            KeyCaching.NOT_AT_ALL: "Not at all",
            KeyCaching.UNTIL_IT_FAILS: "Until one fails, as in Moodle",
            KeyCaching.UNTIL_UNKNOWN_KID: "Until an unknown kid comes",
            KeyCaching.FOR_EVER: "For ever",
        }[self]


@dataclass(frozen=True, kw_only=True)
class DeepLinkingOffer:
    """What a deep linking request says that it takes (deep linking 2.0 §4.4.1); None leaves a setting out."""

    accept_types: tuple[ContentType, ...] = field(
        default=(ContentType.LTI_RESOURCE_LINK,),
        metadata=labelled("Takes", {each: each for each in ContentType}, many=True),
    )
    accept_presentation_document_targets: tuple[DocumentTarget, ...] = field(
        default=(DocumentTarget.FRAME, DocumentTarget.IFRAME, DocumentTarget.WINDOW),
        metadata=labelled("Shows it in", {each: each for each in DocumentTarget}, many=True),
    )
    accept_multiple: bool | None = field(default=True, metadata=labelled("Takes several at once", SAID))
    accept_lineitem: bool | None = field(default=None, metadata=labelled("Makes a column for a link", SAID))
    auto_create: bool | None = field(default=False, metadata=labelled("Keeps what comes without asking", SAID))
    sends_data: bool = field(default=True, metadata=labelled("Sends data that must come back", YES_NO))


@dataclass(frozen=True, kw_only=True)
class Manner:
    """Every switch that says in which manner this LMS plays the platform."""

    dialect: Dialect = field(
        default=Dialect.MOODLE, metadata=labelled("Speaks like", {each: each.words for each in Dialect})
    )
    notices: bool = field(default=False, metadata=labelled("Tells the tool of course copies (PNS)", YES_NO))
    storage: Storage = field(
        default=Storage.OFF, metadata=labelled("Lets tools keep data", {each: each.words for each in Storage})
    )
    own_audience: bool = field(
        default=False, metadata=labelled("Wants assertions for its authorization server, not its token address", YES_NO)
    )
    cuts_scopes: bool = field(default=False, metadata=labelled("Grants new tools neither roster nor columns", YES_NO))
    makes_columns: bool = field(
        default=True, metadata=labelled("Makes the column of a new graded activity by itself", YES_NO)
    )
    odd_links: bool = field(
        default=False, metadata=labelled("Names the next page of columns in curly quotes, as Moodle does", YES_NO)
    )
    opaque_cursors: bool = field(
        default=False, metadata=labelled("Pages the roster by cursors that cannot be read, as Canvas does", YES_NO)
    )
    lists_inactive: bool = field(
        default=False, metadata=labelled("Lists people in the roster who are inactive", YES_NO)
    )
    offers_differences: bool = field(
        default=False, metadata=labelled("Offers what changed in the roster since last time", YES_NO)
    )
    groups_service: bool = field(default=False, metadata=labelled("Has a service for groups", YES_NO))
    key_caching: KeyCaching = field(
        default=KeyCaching.UNTIL_IT_FAILS,
        metadata=labelled("Keeps the tool’s public keys", {each: each.words for each in KeyCaching}),
    )


LIKE: Mapping[Dialect, tuple[Manner, DeepLinkingOffer]] = {
    Dialect.MOODLE: (Manner(odd_links=True), DeepLinkingOffer(sends_data=False)),
    Dialect.CANVAS: (
        Manner(dialect=Dialect.CANVAS, storage=Storage.FRAME, notices=True, opaque_cursors=True),
        DeepLinkingOffer(
            accept_types=tuple(ContentType),
            accept_presentation_document_targets=_TARGETS,
            accept_lineitem=True,
        ),
    ),
    Dialect.SAKAI: (
        Manner(dialect=Dialect.SAKAI, storage=Storage.PARENT, groups_service=True, lists_inactive=True),
        DeepLinkingOffer(accept_presentation_document_targets=_TARGETS, accept_lineitem=True),
    ),
    Dialect.D2L: (
        Manner(dialect=Dialect.D2L, own_audience=True, makes_columns=False),
        DeepLinkingOffer(accept_presentation_document_targets=_TARGETS, accept_lineitem=True),
    ),
}
