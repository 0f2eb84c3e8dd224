"""Where a message that was let in leads: what each kind of message gives back to the launch address."""

from dataclasses import dataclass

from flask import current_app, url_for

from lti_app.catalog import ACTIVITY_TYPES


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """Whom to sign in, and the path of the page where they land.

    `may_count` is the user whose record's counts they may see, see `lti_app.access.records.open_record`.
    """

    user_id: int
    path: str
    may_count: int | None = None


def activity_path(activity_id: int, *, kind: str | None) -> str:
    """Return the page of an activity of that kind; without a kind, the page where one is chosen."""
    if kind is None:
        return url_for("set_up.show", activity_id=activity_id)
    return url_for(f"{ACTIVITY_TYPES[kind].blueprint.name}.show", activity_id=activity_id)


def launch_url() -> str:
    """Return the one redirect URI: a constant, whatever host name the request came by."""
    return f"{current_app.config['STAFFROOM_PUBLIC_URL']}/lti/launch"
