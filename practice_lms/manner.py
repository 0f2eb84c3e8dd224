"""How the practice LMS behaves where real platforms differ from each other."""

from dataclasses import dataclass, field
from enum import StrEnum

from practice_lms.switchboard import SAID, YES_NO, labelled


class Dialect(StrEnum):
    """The platform whose habits are imitated."""

    MOODLE = "moodle"
    CANVAS = "canvas"
    SAKAI = "sakai"
    D2L = "d2l"

    @property
    def words(self) -> str:
        """Return the name of the platform."""
        return {"moodle": "Moodle", "canvas": "Canvas", "sakai": "Sakai", "d2l": "Brightspace (D2L)"}[self]

    @property
    def product_family_code(self) -> str:
        """Return what the platform calls itself in its launches."""
        return {Dialect.D2L: "desire2learn", Dialect.SAKAI: "sakailms.org"}.get(self, str(self))

    @property
    def registered_status(self) -> int:
        """Return the status of a good registration: RFC 7591 wants 201, Moodle 4.5.6 answered 200, as Sakai does."""
        return 201 if self in (Dialect.CANVAS, Dialect.D2L) else 200

    @property
    def guards_configuration(self) -> bool:
        """Tell whether the openid configuration is for holders of a registration token only."""
        return self is Dialect.CANVAS

    @property
    def registers_without_token(self) -> bool:
        """Tell whether a tool registers without any token."""
        return self is Dialect.D2L

    @property
    def answers_deployment(self) -> bool:
        """Tell whether the answer to a registration names the deployment."""
        return self in (Dialect.MOODLE, Dialect.SAKAI)

    @property
    def names_whom_fully(self) -> bool:
        """Tell whether `for_user` carries more than an id; Moodle 4.5.6 was recorded to send the id alone."""
        return self is not Dialect.MOODLE

    @property
    def reviews_undeclared(self) -> bool:
        """Tell whether a grade can be reviewed though the tool never said so; Moodle 4.5.6 offers it always."""
        return self is Dialect.MOODLE

    @property
    def honours_presentation(self) -> bool:
        """Tell whether window, column label and dates of a content item have an effect; Moodle 4.5 ignores them."""
        return self is not Dialect.MOODLE


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
            Storage.PARENT: "In the page around it, as in Sakai",
            Storage.FRAME: "In a frame beside it, as in Canvas",
            Storage.SILENT: "In a page that never answers, as in Canvas’s apps",
        }[self]

    @property
    def target(self) -> str:
        """Return the `lti_storage_target` of a login; empty where there is none."""
        return {Storage.OFF: "", Storage.FRAME: "lti_storage"}.get(self, "_parent")


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
