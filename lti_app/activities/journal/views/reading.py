"""Reading what others share: the list of it, one entry, one excerpt; each opening is noted for its author."""

from collections.abc import Sequence
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_app.access.opening import Opened
from lti_app.access.reading import scopes_open_to
from lti_app.access.refusals import not_there
from lti_app.activities.journal.models import ResponseKind
from lti_app.activities.journal.service import openings, responding, shared
from lti_app.activities.journal.service.attachments import attachments_of
from lti_app.activities.journal.service.paragraphs import reading_of
from lti_app.activities.journal.service.responding import CannotRespond
from lti_app.activities.journal.service.shared import Listed, Shared
from lti_app.activities.journal.views.pages import journal, open_journal
from lti_app.activity_type import Readable
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import sentence
from lti_app.models.activity import Activity
from lti_app.models.people import Membership

KINDS = {
    ResponseKind.NOTICED: sentence("I noticed"),
    ResponseKind.WONDERED: sentence("I wondered"),
    ResponseKind.RESOURCE: sentence("Here is a resource"),
    ResponseKind.CELEBRATE: sentence("I celebrate this"),
}


@journal.get("/<int:activity_id>/shared")
def shared_with_me(activity_id: int) -> ResponseReturnValue:
    """List what others let the asking person read, a page at a time, newest first."""
    opened = open_journal(activity_id)
    if not scopes_open_to(opened.member):
        raise not_there()
    before = request.args.get("before", "")
    listed = shared.shared_with(db.session(), opened.activity, member=opened.member, before=before)
    own = responding.own_responses(db.session(), opened.activity, member=opened.member)
    return render_template(
        "activities/journal/shared.html", opened=opened, listed=listed, is_first=not before, own=own, kinds=KINDS
    )


@journal.get("/<int:activity_id>/shared/<int:entry_id>")
def shared_entry(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Show a whole entry to its author, and to whom it is shared with."""
    return _read(open_journal(activity_id), entry_id=entry_id)


@journal.get("/<int:activity_id>/excerpts/<int:excerpt_id>")
def shared_excerpt(activity_id: int, excerpt_id: int) -> ResponseReturnValue:
    """Show an excerpt, and nothing else of its entry, to its author, and to whom it is shared with."""
    opened = open_journal(activity_id)
    return _read(opened, entry_id=shared.entry_of_excerpt(db.session(), excerpt_id), excerpt_id=excerpt_id)


def open_shared(activity_id: int, *, entry_id: int, excerpt_id: int | None = None) -> tuple[Opened, Shared]:
    """Return what the asking person may read.

    Raises:
        NotThere, and what `open_journal` raises: It is not there, or not for them.
    """
    opened = open_journal(activity_id)
    found = shared.find_shared(
        db.session(), opened.activity, member=opened.member, entry_id=entry_id, excerpt_id=excerpt_id
    )
    return opened, found


def reading_page(
    opened: Opened, found: Shared, *, refused: CannotRespond | None = None, kept: dict[str, Any] | None = None
) -> str:
    """Return the page of something shared; `kept` is what was typed into a form that was refused."""
    read = what_is_read(opened, found)
    return render_template("activities/journal/reading.html", opened=opened, refused=refused, kept=kept or {}, **read)


def what_is_read(opened: Opened, found: Shared) -> dict[str, Any]:
    """Return what `_entry_body.html` and `_responses.html` show of something that the asking person may read."""
    session = db.session()
    reading = reading_of(session, opened.activity, found)
    return {
        "shared": found,
        "content": reading.content,
        "attachments": () if found.excerpt else attachments_of(session, found.entry.id),
        "prompt_set": reading.prompt_set,
        "steps": reading.steps,
        "paragraphs": reading.paragraphs,
        "threads": responding.threads_of(session, found, member=opened.member, paragraphs=reading.paragraphs),
        "kinds": KINDS,
        "longest": responding.MAX_RESPONSE,
    }


def address_of(activity_id: int, found: Shared | Listed) -> str:
    """Return the address of the page where something shared is read."""
    if found.excerpt_id is not None:
        return url_for("journal.shared_excerpt", activity_id=activity_id, excerpt_id=found.excerpt_id)
    entry_id = found.entry.id if isinstance(found, Shared) else found.entry_id
    return url_for("journal.shared_entry", activity_id=activity_id, entry_id=entry_id)


def shared_by(activity: Activity, member: Membership, author_id: int) -> Sequence[Readable]:
    """Return what one author lets the member read, newest first; for a facilitator who comes from the gradebook."""
    lines = shared.shared_by(db.session(), activity, member=member, author_id=author_id)
    return [Readable(title=line.title, at=line.at, path=address_of(activity.id, line)) for line in lines]


def _read(opened: Opened, *, entry_id: int, excerpt_id: int | None = None) -> str:
    found = shared.find_shared(
        db.session(), opened.activity, member=opened.member, entry_id=entry_id, excerpt_id=excerpt_id
    )
    openings.record_opening(db.session(), found, reader=opened.member, at=now())
    page = reading_page(opened, found)
    # Nobody reads a word before it is on record that they did.
    db.session.commit()
    return page
