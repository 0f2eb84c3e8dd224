"""Shares of entries and excerpts, made in one line, and a browser that is signed in as a member."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, g, session
from flask_wtf.csrf import generate_csrf

from lti_app.activities.journal.models import Excerpt, JournalEntry, Share, ShareScope
from lti_app.db import db
from lti_app.models.groups import CourseGroup, GroupMembership
from lti_app.models.people import Membership
from tests.lti_app.access.participants import sign_in_as
from tests.visitor import Visitor


def a_share(entry: JournalEntry, scope: str, *, excerpt: Excerpt | None = None, **values: Any) -> Share:
    """Share an entry, or an excerpt of it, and commit."""
    share = Share(entry_id=entry.id, excerpt_id=excerpt.id if excerpt else None, scope=ShareScope(scope), **values)
    db.session.add(share)
    db.session.commit()
    return share


def an_excerpt(entry: JournalEntry, text: str, *, title: str = "A passage") -> Excerpt:
    """Take an excerpt, shared with nobody, and commit."""
    excerpt = Excerpt(entry_id=entry.id, title=title, text=text)
    db.session.add(excerpt)
    db.session.commit()
    return excerpt


def a_group_of(*members: Membership, name: str = "Red") -> CourseGroup:
    """Put members of one course into a group of their own, and commit."""
    context_id = members[0].context_id
    group = CourseGroup(context_id=context_id, group_id_on_platform=f"of-{members[0].id}-{name}", name=name)
    db.session.add(group)
    db.session.flush()
    db.session.add_all(GroupMembership(group_id=group.id, membership_id=member.id) for member in members)
    db.session.commit()
    return group


def let_in(app: Flask, visitor: Visitor, member: Membership, *, is_masquerade: bool = False) -> str:
    """Sign a browser in as the member, as their launch would; return the token that its forms carry."""
    with visitor.client.session_transaction(base_url=visitor.base_url) as kept, app.test_request_context("/"):
        sign_in_as(member, is_masquerade=is_masquerade)
        g.pop("csrf_token", None)  # the one that the test's own context keeps of the browser before
        token: str = generate_csrf()
        kept.update(session)
    return token


@contextmanager
def acting_as(app: Flask, member: Membership) -> Iterator[None]:
    """Be in a request of somebody who is there under the member's name."""
    with app.test_request_context("/"):
        sign_in_as(member, is_masquerade=True)
        yield
