"""The platforms that are imitated, and the habits that each of them is known for."""

from enum import StrEnum


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
    def has_test_student(self) -> bool:
        """Tell whether the student view is that of a made-up student; Moodle switches the role and keeps the person."""
        return self is not Dialect.MOODLE

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
