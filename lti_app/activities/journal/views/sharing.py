"""The author's page on one entry: who may read it, its excerpts, what was answered, who opened it."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from lti_app.access.opening import Opened
from lti_app.access.reading import Scope
from lti_app.activities.journal.models import EntryState, Excerpt, JournalEntry
from lti_app.activities.journal.service import excerpts, openings
from lti_app.activities.journal.service import sharing as audiences
from lti_app.activities.journal.service.excerpts import CannotExcerpt
from lti_app.activities.journal.service.sharing import CannotShare
from lti_app.activities.journal.views.pages import journal, number, open_own_entry
from lti_app.clock import now
from lti_app.db import db
from lti_app.errors import ToolError, sentence

SCOPES = {
    Scope.WRITERS: sentence("Everyone in the course who writes here too"),
    Scope.FACILITATORS: sentence("The facilitators of the course"),
}


@journal.get("/<int:activity_id>/entries/<int:entry_id>/sharing")
def sharing(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Show the author who may read an entry or an excerpt of it, and look for people of the course by name."""
    opened, own, excerpt = _open(activity_id, entry_id, request.args.get("excerpt", default=0, type=number))
    return _sharing_page(opened, own, excerpt, name=request.args.get("name", ""))


@journal.post("/<int:activity_id>/entries/<int:entry_id>/sharing/scopes")
def share_with_scopes(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Share with just these groups, writers, facilitators; the people named stay."""
    opened, own, excerpt = _open_posted(activity_id, entry_id)
    audiences.choose_scopes(
        db.session(),
        author=opened.member,
        entry=own,
        excerpt_id=excerpt.id if excerpt else None,
        scopes=request.form.getlist("scope"),
        group_ids=set(request.form.getlist("group", type=number)),
        at=now(),
    )
    answer = _saved(opened, own, excerpt)
    db.session.commit()
    return answer


@journal.post("/<int:activity_id>/entries/<int:entry_id>/sharing/people")
def share_with_person(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Share with one person of the course."""
    opened, own, excerpt = _open_posted(activity_id, entry_id)
    user_id = request.form.get("user_id", default=0, type=number)
    try:
        audiences.share_with_person(
            db.session(),
            author=opened.member,
            entry=own,
            excerpt_id=excerpt.id if excerpt else None,
            user_id=user_id,
            at=now(),
        )
    except CannotShare as refused:
        return _sharing_page(opened, own, excerpt, refused=refused), refused.status
    answer = _saved(opened, own, excerpt)
    db.session.commit()
    return answer


@journal.post("/<int:activity_id>/entries/<int:entry_id>/sharing/stop")
def stop_sharing(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Stop sharing at once, with one person or with everybody whom the author chose."""
    opened, own, excerpt = _open_posted(activity_id, entry_id)
    user_id = request.form.get("user_id", default=None, type=number)
    excerpt_id = excerpt.id if excerpt else None
    audiences.stop_sharing(db.session(), own, excerpt_id=excerpt_id, at=now(), user_id=user_id)
    answer = _saved(opened, own, excerpt)
    db.session.commit()
    return answer


@journal.post("/<int:activity_id>/entries/<int:entry_id>/excerpts")
def make_excerpt(activity_id: int, entry_id: int) -> ResponseReturnValue:
    """Take a passage out of the entry; it is shared with nobody yet."""
    opened, own, _ = _open(activity_id, entry_id, 0)
    title, passage = request.form.get("title", ""), request.form.get("passage", "")
    try:
        excerpt = excerpts.make_excerpt(db.session(), own, title=title, passage=passage)
    except CannotExcerpt as refused:
        return _sharing_page(opened, own, None, refused=refused, title=title, passage=passage), refused.status
    excerpt_id = excerpt.id
    db.session.commit()
    flash(gettext("The excerpt is made. Choose who can read it."))
    return redirect(_address(activity_id, entry_id, excerpt_id), 303)


@journal.post("/<int:activity_id>/entries/<int:entry_id>/excerpts/<int:excerpt_id>/delete")
def delete_excerpt(activity_id: int, entry_id: int, excerpt_id: int) -> ResponseReturnValue:
    """Erase an excerpt; from then on nobody reads it."""
    _, own, _ = _open(activity_id, entry_id, 0)
    excerpts.delete_excerpt(db.session(), excerpts.find_excerpt(db.session(), own, excerpt_id), at=now())
    db.session.commit()
    flash(gettext("The excerpt is deleted. The entry stays as it is."))
    return redirect(_address(activity_id, entry_id, None), 303)


def sharing_of(opened: Opened, own: JournalEntry, excerpt: Excerpt | None = None) -> dict[str, Any]:
    """Return what the pages that show an author's sharing need: `_audience.html`, `_sharing.html`."""
    session = db.session()
    return {
        "entry": own,
        "excerpt": excerpt,
        "scopes": SCOPES,
        "audience": audiences.audience_of(
            session, opened.activity, author=opened.member, entry=own, excerpt_id=excerpt.id if excerpt else None
        ),
        "excerpts": excerpts.excerpts_of(session, own),
        "openings": openings.openings_of(session, own),
    }


def _open(activity_id: int, entry_id: int, excerpt_id: int) -> tuple[Opened, JournalEntry, Excerpt | None]:
    """Return the author's own entry, the finished one where it is the draft of a revision, and the excerpt."""
    opened, own = open_own_entry(activity_id, entry_id)
    if own.revises_id is not None:
        _, own = open_own_entry(activity_id, own.revises_id)
    return opened, own, excerpts.find_excerpt(db.session(), own, excerpt_id) if excerpt_id else None


def _open_posted(activity_id: int, entry_id: int) -> tuple[Opened, JournalEntry, Excerpt | None]:
    return _open(activity_id, entry_id, request.form.get("excerpt", default=0, type=number))


def _sharing_page(
    opened: Opened,
    own: JournalEntry,
    excerpt: Excerpt | None,
    *,
    name: str = "",
    refused: ToolError | None = None,
    title: str = "",
    passage: str = "",
) -> str:
    return render_template(
        "activities/journal/sharing.html",
        opened=opened,
        name=name,
        found=audiences.search_people(db.session(), opened.member, name),
        refused=refused,
        title=title,
        passage=passage,
        **sharing_of(opened, own, excerpt),
    )


def _saved(opened: Opened, own: JournalEntry, excerpt: Excerpt | None) -> ResponseReturnValue:
    """Say who will be able to read it now, and lead back to the page."""
    excerpt_id = excerpt.id if excerpt else None
    people = audiences.count_readers(
        db.session(), opened.activity, author=opened.member, entry_id=own.id, excerpt_id=excerpt_id
    )
    if people and own.state is EntryState.DRAFT:
        flash(
            ngettext(
                "Saved. Once you finish, %(num)s person will be able to read this.",
                "Saved. Once you finish, %(num)s people will be able to read this.",
                people,
            )
        )
    elif people:
        flash(
            ngettext("Saved. Who can read this: %(num)s person.", "Saved. Who can read this: %(num)s people.", people)
        )
    else:
        flash(gettext("Saved. Nobody but you can read this."))
    return redirect(_address(opened.activity.id, own.id, excerpt_id), 303)


def _address(activity_id: int, entry_id: int, excerpt_id: int | None) -> str:
    return url_for("journal.sharing", activity_id=activity_id, entry_id=entry_id, excerpt=excerpt_id)
