"""Where a message that was let in leads: what each kind of message gives back to the launch address."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """Whom to sign in, and the path of the page where they land.

    `may_count` is the user whose record's counts they may see, see `lti_app.access.open_record`.
    """

    user_id: int
    path: str
    may_count: int | None = None
