"""Where a message that was let in leads: what each kind of message gives back to the launch address."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """Whom to sign in, and the path of the page where they land."""

    user_id: int
    path: str
