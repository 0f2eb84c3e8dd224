"""Who this browser is: the sign-ins that its session holds, one per registration, and the operator's."""

from typing import Any

from flask import has_request_context, session

from lti_app.access.refusals import acting_as_somebody
from lti_app.clock import now
from lti_app.errors import SignInEnded, sentence
from lti_app.lti.platform_quirks import shares_client
from lti_app.models.invites import AdminLink
from lti_app.models.platform import Registration

_SIGN_INS = "sign_ins"
_OPERATOR = "operator_link"
MAX_SIGN_INS = 8


def sign_in(
    *,
    registration: Registration,
    user_id: int,
    hours: int,
    is_admin: bool = False,
    is_masquerade: bool = False,
    may_count: int | None = None,
) -> None:
    """Let the person of a verified launch in, for that many hours.

    `is_admin` is what this launch says of them; it opens the connection pages of this registration, no course.
    `is_masquerade`: the platform says that somebody else acts as this person; such a sign-in opens nothing.
    `may_count`: the user whose record an LMS admin may see the counts of, see `lti_app.access.records.open_record`.

    The session holds one sign-in per registration, so that a second LMS in the same browser does not throw
    the first one out. Where somebody else takes a sign-in over, everything else that the session held is
    dropped with it; the same person's open pages go on working.
    """
    kept: dict[str, Any] = session.get(_SIGN_INS) or {}
    previous = kept.pop(str(registration.id), None)
    if previous is not None and previous["user"] != user_id:
        session.clear()
        kept = {}
    newest = dict(list(kept.items())[-(MAX_SIGN_INS - 1) :])
    newest[str(registration.id)] = {
        "user": user_id,
        "until": int(now().timestamp()) + hours * 3600,
        "frames": registration.frame_origins,
        "masquerade": is_masquerade,
        "counts": may_count,
        # One client id for every school in the world: there, no school's admin looks after the registration.
        "admin": is_admin and not is_masquerade and not shares_client(registration.issuer),
    }
    session[_SIGN_INS] = newest


def sign_in_operator(link: AdminLink) -> None:
    """Let the operator in who opened this link; whatever else the session held is dropped."""
    session.clear()
    # Not its id: SQLite gives the id of a removed row to the next one, and an ended session would be in again.
    session[_OPERATOR] = link.token_hash


def sign_out_operator() -> str | None:
    """Forget the operator; return the hash of the link that they came by, if there was one."""
    link_hash: str | None = session.pop(_OPERATOR, None)
    return link_hash


def operator_link() -> str | None:
    """Return the hash of the link that the operator came by; the database says whether it still holds."""
    link_hash: str | None = session.get(_OPERATOR)
    return link_hash


def is_operator_session() -> bool:
    """Whether this browser is, or was, the operator's: its pages stand in no frame of anybody's."""
    return _OPERATOR in session


def sees_connections() -> bool:
    """Whether somebody signed in from a launch may look after their LMS's connection; for showing the way there."""
    return bool(looked_after())


def looked_after() -> set[int]:
    """Return the ids of the registrations whose connections somebody signed in from a launch may look after."""
    return {int(key) for key, sign_in_ in _by_registration().items() if sign_in_.get("admin")}


def frame_origins() -> list[str]:
    """Return the origins that may frame our pages in this session: those of the platforms signed in from."""
    return sorted({origin for sign_in_ in _sign_ins() for origin in sign_in_["frames"]})


def signed_in_users() -> list[int]:
    """Return the ids of the users this browser is signed in as, one per registration; masquerades are left out."""
    return [sign_in_["user"] for sign_in_ in _sign_ins() if not sign_in_.get("masquerade")]


def require_signed_in() -> list[int]:
    """Return the ids of the users this browser is signed in as, at least one.

    Raises:
        ActingAsSomebody: There are only sign-ins under other people's names.
        SignInEnded: Nobody is signed in.
    """
    users = signed_in_users()
    if users:
        return users
    if masqueraded_users():
        raise acting_as_somebody()
    raise SignInEnded(sentence("Your session has ended."), sentence("Open the activity again from your course."))


def counted_users() -> set[int]:
    """Return the ids of the users whose counts an LMS admin was sent to, see `lti_app.access.records`."""
    own = [sign_in_ for sign_in_ in _sign_ins() if not sign_in_.get("masquerade")]
    return {sign_in_["counts"] for sign_in_ in own if sign_in_.get("counts") is not None}


def masqueraded_users() -> set[int]:
    """Return the ids of the users under whose names somebody else is here; none outside of a request."""
    if not has_request_context():
        return set()
    return {sign_in_["user"] for sign_in_ in _sign_ins() if sign_in_.get("masquerade")}


def _sign_ins() -> list[dict[str, Any]]:
    return list(_by_registration().values())


def _by_registration() -> dict[str, dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = session.get(_SIGN_INS) or {}
    present = now().timestamp()
    return {key: sign_in_ for key, sign_in_ in kept.items() if sign_in_["until"] > present}
