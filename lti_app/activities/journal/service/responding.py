"""Answering what somebody shared: to the whole or to one paragraph, with replies, and no score anywhere.

The author sees every response. A reader sees their own, and the replies to them: see decision 17.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session, aliased

from lti_app.access.refusals import not_there
from lti_app.activities.journal.models import EntryResponse, JournalEntry, ResponseKind
from lti_app.activities.journal.service.paragraphs import Paragraph
from lti_app.activities.journal.service.shared import Shared, find_shared, of_target
from lti_app.activities.journal.service.words import storable
from lti_app.db import LARGEST_ID
from lti_app.errors import ToolError, sentence
from lti_app.models.activity import Activity
from lti_app.models.people import Membership, User

MAX_RESPONSE = 4000
MOST_RESPONSES = 200

log = structlog.get_logger()


class CannotRespond(ToolError):
    """A response that cannot be kept as it is; its text is given back."""

    status = 422


@dataclass(kw_only=True)
class Thread:
    """A response with its replies, oldest first; `paragraph` is None for the whole and for an earlier version."""

    response: EntryResponse
    name: str
    paragraph: int | None
    replies: list[tuple[EntryResponse, str]] = field(default_factory=list)

    @property
    def is_to_earlier_version(self) -> bool:
        """Whether the paragraph that was answered is not in the text any more."""
        return bool(self.response.quoted) and self.paragraph is None


def threads_of(
    session: Session, shared: Shared, *, member: Membership, paragraphs: Sequence[Paragraph]
) -> Sequence[Thread]:
    """Return the responses that this member sees, oldest first: an author all, a reader their own; at most 200."""
    first = aliased(EntryResponse)
    query = (
        select(EntryResponse, User.name)
        .join(User, User.id == EntryResponse.user_id)
        .outerjoin(first, first.id == EntryResponse.answers_id)
        .where(
            EntryResponse.entry_id == shared.entry.id,
            of_target(EntryResponse.excerpt_id, shared.excerpt_id),
        )
        .order_by(EntryResponse.id)
        .limit(MOST_RESPONSES)
    )
    if not shared.is_own:
        of_own_thread = first.user_id == member.user_id
        is_own = EntryResponse.answers_id.is_(None) & (EntryResponse.user_id == member.user_id)
        query = query.where(or_(is_own, of_own_thread))
    threads: dict[int, Thread] = {}
    for row, name in session.execute(query):
        if row.answers_id is None:
            threads[row.id] = Thread(response=row, name=name, paragraph=_place(row, paragraphs))
        elif row.answers_id in threads:
            threads[row.answers_id].replies.append((row, name))
    return list(threads.values())


def respond(
    session: Session,
    shared: Shared,
    *,
    member: Membership,
    kind: str,
    text: str,
    paragraph: Paragraph | None,
    at: datetime,
) -> EntryResponse:
    """Keep what a reader answers to the whole or to a paragraph.

    Raises:
        NotThere: The author answers themselves.
        CannotRespond: There is no text, too much of it, or no such kind; or 200 responses are there already.
    """
    if shared.is_own:
        raise not_there()
    kinds = {each.value: each for each in ResponseKind if each is not ResponseKind.REPLY}
    if kind not in kinds:
        raise CannotRespond(
            sentence("Your response does not say what it is."),
            sentence("Choose one of the four: noticed, wondered, resource or celebrate."),
        )
    _check_room(session, shared)
    response = EntryResponse(
        entry_id=shared.entry.id,
        excerpt_id=shared.excerpt_id,
        user_id=member.user_id,
        kind=kinds[kind],
        paragraph=paragraph.number if paragraph else None,
        quoted=paragraph.text if paragraph else "",
        text=_checked(text),
        created_at=at,
    )
    session.add(response)
    session.flush()
    log.info("response_given", entry_id=shared.entry.id, response_id=response.id, user_id=member.user_id)
    return response


def marked(paragraphs: Sequence[Paragraph], mark: str) -> Paragraph | None:
    """Return the paragraph of that mark; None for an empty mark, which is the whole.

    Raises:
        CannotRespond: The author has changed that paragraph in the meantime.
    """
    if not mark:
        return None
    for paragraph in paragraphs:
        if paragraph.mark == mark:
            return paragraph
    raise CannotRespond(
        sentence("The author has changed this paragraph in the meantime."),
        sentence("Your words are below. Read the new version, choose a paragraph or the whole, then send them."),
        status=409,
    )


def find_thread(
    session: Session, activity: Activity, *, member: Membership, response_id: int
) -> tuple[Shared, EntryResponse]:
    """Return a response that this member sees, the first of its thread, and what it is about.

    Raises:
        NotThere: There is none, or it is between others, or the member may not read what it is about any more.
    """
    response = session.get(EntryResponse, response_id) if response_id <= LARGEST_ID else None
    if response is None or response.answers_id is not None or not response.text:
        raise not_there()
    shared = find_shared(session, activity, member=member, entry_id=response.entry_id, excerpt_id=response.excerpt_id)
    if not shared.is_own and response.user_id != member.user_id:
        raise not_there()
    return shared, response


def reply(
    session: Session, shared: Shared, response: EntryResponse, *, member: Membership, text: str, at: datetime
) -> None:
    """Keep what the author, or whoever gave the response, says in reply.

    Raises:
        CannotRespond: There is no text, too much of it, or no room.
    """
    _check_room(session, shared)
    row = EntryResponse(
        entry_id=shared.entry.id,
        excerpt_id=shared.excerpt_id,
        answers_id=response.id,
        user_id=member.user_id,
        kind=ResponseKind.REPLY,
        text=_checked(text),
        created_at=at,
    )
    session.add(row)
    session.flush()
    log.info("reply_given", entry_id=shared.entry.id, response_id=row.id, user_id=member.user_id)


def resolve(shared: Shared, response: EntryResponse, *, is_resolved: bool, at: datetime) -> None:
    """Put a response aside as dealt with, or take it up again.

    Raises:
        NotThere: It is not the author of the entry who asks.
    """
    if not shared.is_own:
        raise not_there()
    response.resolved_at = at if is_resolved else None
    log.info("response_resolved", response_id=response.id, is_resolved=is_resolved)


def own_response(session: Session, activity: Activity, *, member: Membership, response_id: int) -> EntryResponse:
    """Return a response or reply of the member's own, also where they may not read any more what it is about.

    Raises:
        NotThere: There is none of theirs in this journal.
    """
    query = (
        select(EntryResponse)
        .join(JournalEntry, JournalEntry.id == EntryResponse.entry_id)
        .where(
            EntryResponse.id == min(response_id, LARGEST_ID),
            EntryResponse.user_id == member.user_id,
            EntryResponse.text != "",
            JournalEntry.activity_id == activity.id,
        )
    )
    response = session.scalar(query)
    if response is None:
        raise not_there()
    return response


def own_responses(session: Session, activity: Activity, *, member: Membership) -> Sequence[EntryResponse]:
    """Return what the member has answered to others in this journal, newest first; at most 200."""
    query = (
        select(EntryResponse)
        .join(JournalEntry, JournalEntry.id == EntryResponse.entry_id)
        .where(
            JournalEntry.activity_id == activity.id,
            JournalEntry.user_id != member.user_id,
            EntryResponse.user_id == member.user_id,
            EntryResponse.text != "",
        )
        .order_by(EntryResponse.id.desc())
        .limit(MOST_RESPONSES)
    )
    return session.scalars(query).all()


def withdraw(session: Session, response: EntryResponse) -> None:
    """Take back a response or a reply; where somebody else replied, their words keep their place, and these go."""
    others = select(EntryResponse.id).where(
        EntryResponse.answers_id == response.id, EntryResponse.user_id != response.user_id
    )
    if session.scalar(others.limit(1)) is None:
        session.execute(delete(EntryResponse).where(EntryResponse.id == response.id))
    else:
        response.text = response.quoted = ""
        response.paragraph = None
        session.flush()
    log.info("response_withdrawn", response_id=response.id, user_id=response.user_id)


def _place(response: EntryResponse, paragraphs: Sequence[Paragraph]) -> int | None:
    """Return which paragraph was answered, wherever a revision moved it; None where its words are gone."""
    if response.paragraph is None:
        return None
    same = [each.number for each in paragraphs if each.text == response.quoted]
    return response.paragraph if response.paragraph in same else next(iter(same), None)


def _check_room(session: Session, shared: Shared) -> None:
    query = select(EntryResponse.id).where(EntryResponse.entry_id == shared.entry.id).limit(MOST_RESPONSES)
    if len(session.scalars(query).all()) >= MOST_RESPONSES:
        raise CannotRespond(
            sentence("There are %(number)s responses here, which is the most."),
            sentence("Talk to each other instead; your words are below, to copy."),
            values={"number": MOST_RESPONSES},
        )


def _checked(text: str) -> str:
    text = storable(text).strip()
    if not text:
        raise CannotRespond(sentence("There is nothing written yet."), sentence("Write a line or two, then send it."))
    if len(text) > MAX_RESPONSE:
        raise CannotRespond(
            sentence("Your response has %(characters)s characters; %(limit)s is the most."),
            sentence("Your words are below. Shorten them, then send them."),
            values={"characters": f"{len(text):,}", "limit": f"{MAX_RESPONSE:,}"},
        )
    return text
