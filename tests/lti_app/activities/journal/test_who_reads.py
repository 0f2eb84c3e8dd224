"""The product's table of reading: every role, against every address, in every state of an entry.

Sentences are to be seen: of the whole entry, of the passage in its excerpt, of a response and the reply to it, of what
the entry said before, and of a revision that is being written. For each role and state the test says where each of them
stands; everywhere else it must not.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lti_app.activities.journal.models import (
    Attachment,
    EntryOpening,
    EntryResponse,
    EntryState,
    EntryVersion,
    Excerpt,
    JournalEntry,
    ResponseKind,
    Share,
)
from lti_app.activities.journal.service.content import Content
from lti_app.clock import now
from lti_app.db import db
from lti_app.models.activity import Activity
from lti_app.models.groups import CourseGroup
from lti_app.models.people import Membership, Role
from lti_app.models.platform import Registration
from tests.factories import UserFactory
from tests.lti_app.activities.journal.files import a_file, download
from tests.lti_app.activities.journal.rows import a_draft, a_finished_entry, a_journal, a_member
from tests.lti_app.activities.journal.sharing import a_group_of, a_share, an_excerpt, let_in
from tests.lti_app.activities.journal.writing import stored
from tests.visitor import Visitor

WHOLE = "The heron outside the window never said a thing."
PASSAGE = "We counted the lamps twice and were wrong both times."
RESPONSE = "I noticed how quiet the lamps made you."
REPLY = "They made everybody quiet, that week."
TITLE, EXCERPT_TITLE = "Of herons and lamps", "The lamps alone"
# What its author alone reads, in every state: the draft of a revision, and what the entry said before the last one.
REVISED, EARLIER = "The heron spoke at last, and nobody wrote it down.", "There was a heron, we believe."
FILED = "A file that came with the heron."
SENTENCES = (WHOLE, PASSAGE, RESPONSE, REPLY, TITLE, EXCERPT_TITLE, REVISED, EARLIER, FILED)

AUTHOR, NAMED, OTHER, MATE = "author", "named person", "other teacher", "group mate"
FACILITATOR, PRINCIPAL, MENTOR = "facilitator", "principal as Instructor", "mentor"
NO_PART, LEFT, LISTED, TEST_USER = "LMS admin", "person who left", "person who never launched", "test user"
ELSEWHERE, OTHER_COURSE_FACILITATOR = "somebody of another course", "facilitator of another course"
OTHER_PLATFORM = "same person on another platform"
MASKED_AUTHOR, MASKED_READER = "acting as the author", "acting as the named person"
NOBODY = "signed out"
ROLES = (
    NAMED,
    OTHER,
    MATE,
    FACILITATOR,
    PRINCIPAL,
    MENTOR,
    NO_PART,
    LEFT,
    LISTED,
    TEST_USER,
    ELSEWHERE,
    OTHER_COURSE_FACILITATOR,
    OTHER_PLATFORM,
    MASKED_AUTHOR,
    MASKED_READER,
    NOBODY,
)


@dataclass
class Scene:
    """A journal, its people, and an entry of the author's with an excerpt, a response to each, and a reply."""

    activity: Activity
    second_activity: Activity
    people: dict[str, Membership]
    foreign: dict[str, Activity]
    group: CourseGroup
    entry: JournalEntry
    revision: JournalEntry
    excerpt: Excerpt
    file: Attachment
    responses: list[EntryResponse] = field(default_factory=list)

    def share(self, scope: str, *, excerpt: bool = False, **values: Any) -> None:
        """Share the entry, or its excerpt."""
        a_share(self.entry, scope, excerpt=self.excerpt if excerpt else None, **values)

    def share_with_everybody(self, *, excerpt: bool = False) -> None:
        """Share in every scope at once, with everybody by name too."""
        for role, member in self.people.items():
            if role != AUTHOR:
                self.share("person", excerpt=excerpt, user_id=member.user_id)
        self.share("group", excerpt=excerpt, group_id=self.group.id)
        self.share("writers", excerpt=excerpt)
        self.share("facilitators", excerpt=excerpt)
        # No page does this; a row that a fault left behind opens nothing all the same.
        a_share(self.revision, "writers")
        a_share(self.revision, "facilitators")

    def share_with_named(self, *, excerpt: bool = False) -> None:
        """Share by name with all whom it is told of, those among them who must not read all the same."""
        for role in (NAMED, NO_PART, LEFT, LISTED, TEST_USER, ELSEWHERE, OTHER_PLATFORM, OTHER_COURSE_FACILITATOR):
            self.share("person", excerpt=excerpt, user_id=self.people[role].user_id)

    def gets(self) -> dict[str, str]:
        """Return every address that shows something of a journal, by a name."""
        journal, entry, user = f"/journal/{self.activity.id}", self.entry.id, self.entry.user_id
        own = f"{journal}/entries/{entry}"
        others = [self.second_activity, *self.foreign.values()]
        return {
            "list": f"{journal}/shared",
            "entry": f"{journal}/shared/{entry}",
            "excerpt": f"{journal}/excerpts/{self.excerpt.id}",
            "file": f"{own}/attachments/{self.file.id}",
            "review": f"/review/{self.activity.id}/{user}",
            "show": journal,
            "own": own,
            "edit": f"{own}/edit",
            "versions": f"{own}/versions",
            "versions of revision": f"{journal}/entries/{self.revision.id}/versions",
            "edit of revision": f"{journal}/entries/{self.revision.id}/edit",
            "own of revision": f"{journal}/entries/{self.revision.id}",
            "revision": f"{journal}/shared/{self.revision.id}",
            "sharing of revision": f"{journal}/entries/{self.revision.id}/sharing",
            "prompts": f"{journal}/prompts",
            "extension": f"{journal}/people/{user}/extension",
            "sharing": f"{own}/sharing",
            "sharing of excerpt": f"{own}/sharing?excerpt={self.excerpt.id}",
            "search": f"{own}/sharing?name=a",
            "credit": f"{journal}/credit",
            "settings": f"{journal}/settings",
            "record": f"/privacy/{user}",
            "export": f"/privacy/{user}/export.json",
            **{f"entry by {each.id}": f"/journal/{each.id}/shared/{entry}" for each in others},
            **{f"excerpt by {each.id}": f"/journal/{each.id}/excerpts/{self.excerpt.id}" for each in others},
            **{f"list of {each.id}": f"/journal/{each.id}/shared" for each in others},
            **{f"own by {each.id}": f"/journal/{each.id}/entries/{entry}" for each in others},
        }

    def posts(self) -> dict[str, str]:
        """Return every address that changes something of an entry, or around it, by a name."""
        journal, first = f"/journal/{self.activity.id}", self.responses[0].id
        own = f"{journal}/entries/{self.entry.id}"
        return {
            "draft": f"{own}/draft",
            "keep": f"{own}/keep",
            "finish": f"{own}/finish",
            "preview": f"{own}/preview",
            "revise": f"{own}/revise",
            "take back": f"{own}/withdraw",
            "restore": f"{own}/restore",
            "finish revision": f"{journal}/entries/{self.revision.id}/finish",
            "keep revision": f"{journal}/entries/{self.revision.id}/keep",
            "preview revision": f"{journal}/entries/{self.revision.id}/preview",
            "discard": f"{journal}/entries/{self.revision.id}/discard",
            "respond to revision": f"{journal}/shared/{self.revision.id}/responses",
            "scopes": f"{own}/sharing/scopes",
            "people": f"{own}/sharing/people",
            "stop": f"{own}/sharing/stop",
            "make excerpt": f"{own}/excerpts",
            "delete excerpt": f"{own}/excerpts/{self.excerpt.id}/delete",
            "respond": f"{journal}/shared/{self.entry.id}/responses",
            "respond to excerpt": f"{journal}/excerpts/{self.excerpt.id}/responses",
            "reply": f"{journal}/responses/{first}/replies",
            "resolve": f"{journal}/responses/{first}/resolve",
            "withdraw": f"{journal}/responses/{first}/withdraw",
        }


def _unshared(_scene: Scene) -> None:
    """Leave it as it was finished."""


def _draft(scene: Scene) -> None:
    scene.share_with_everybody()
    scene.share_with_everybody(excerpt=True)
    scene.entry.state, scene.entry.finished_at = EntryState.DRAFT, None


def _stopped(scene: Scene) -> None:
    scene.share_with_everybody()
    scene.share_with_everybody(excerpt=True)
    for share in stored(Share):
        share.stopped_at = now()


def _withdrawn(scene: Scene) -> None:
    scene.share_with_everybody()
    scene.share_with_everybody(excerpt=True)
    scene.entry.state, scene.entry.withdrawn_at = EntryState.WITHDRAWN, now()


def _purged(scene: Scene) -> None:
    """Leave the words, as no purge does, so that there is something to be seen."""
    _withdrawn(scene)
    scene.entry.purged_at = now()


def _author_left(scene: Scene) -> None:
    scene.share_with_everybody()
    scene.share_with_everybody(excerpt=True)
    scene.people[AUTHOR].is_active = False


def _author_is_facilitator(scene: Scene) -> None:
    scene.share_with_everybody()
    scene.share_with_everybody(excerpt=True)
    scene.people[AUTHOR].role = Role.FACILITATOR


def _excerpt_deleted(scene: Scene) -> None:
    scene.share_with_everybody(excerpt=True)
    scene.excerpt.title = scene.excerpt.text = ""


WRITERS = {NAMED, OTHER, MATE, MENTOR}
STAFF = {FACILITATOR, PRINCIPAL}


def _named_beforehand(audience: str) -> Callable[[Scene], None]:
    """Return what makes a journal that lets these read from the beginning."""

    def prepare(scene: Scene) -> None:
        scene.activity.settings = {"audience": audience}

    return prepare


# The state, what makes it, who reads the whole, who reads the excerpt.
STATES: dict[str, tuple[Callable[[Scene], None], set[str], set[str]]] = {
    "draft, everything chosen": (_draft, set(), set()),
    "finished, unshared": (_unshared, set(), set()),
    "shared by name": (Scene.share_with_named, {NAMED}, set()),
    "shared with a facilitator by name": (
        lambda scene: scene.share("person", user_id=scene.people[PRINCIPAL].user_id),
        {PRINCIPAL},
        set(),
    ),
    "shared with the group": (lambda scene: scene.share("group", group_id=scene.group.id), {MATE}, set()),
    "shared with writers": (lambda scene: scene.share("writers"), WRITERS, set()),
    "shared with facilitators": (lambda scene: scene.share("facilitators"), STAFF, set()),
    "shared with everybody": (Scene.share_with_everybody, WRITERS | STAFF, set()),
    "journal of facilitators": (_named_beforehand("facilitators"), STAFF, set()),
    "journal of writers": (_named_beforehand("writers"), WRITERS, set()),
    "excerpt by name": (lambda scene: scene.share_with_named(excerpt=True), set(), {NAMED}),
    "excerpt with the group": (
        lambda scene: scene.share("group", excerpt=True, group_id=scene.group.id),
        set(),
        {MATE},
    ),
    "excerpt with writers": (lambda scene: scene.share("writers", excerpt=True), set(), WRITERS),
    "excerpt with facilitators": (lambda scene: scene.share("facilitators", excerpt=True), set(), STAFF),
    "excerpt deleted": (_excerpt_deleted, set(), set()),
    "stopped": (_stopped, set(), set()),
    "withdrawn": (_withdrawn, set(), set()),
    "purged": (_purged, set(), set()),
    "author left": (_author_left, set(), set()),
    "author looks after the course now": (_author_is_facilitator, set(), set()),
}


# Where the author sees what others see of it, and all of it.
OWN_PAGES = ("entry", "excerpt", "export")


@pytest.fixture
def scene(app: Flask) -> Scene:
    """All the people, and an entry that nobody else may read yet."""
    del app
    activity = a_journal()
    second = a_journal()
    second.context_id = activity.context_id
    elsewhere, on_other_platform = a_journal(), a_journal()
    people = {
        AUTHOR: a_member(activity, name="Amina Author"),
        NAMED: a_member(activity, name="Nora Named"),
        OTHER: a_member(activity, name="Oskar Other"),
        MATE: a_member(activity, name="Mia Mate"),
        FACILITATOR: a_member(activity, name="Frida", role=Role.FACILITATOR),
        PRINCIPAL: a_member(activity, name="Petra", role=Role.FACILITATOR, is_gradable=False),
        MENTOR: a_member(activity, name="Mentor", role=Role.MENTOR),
        NO_PART: a_member(activity, name="Admin", role=Role.NONE),
        LEFT: a_member(activity, name="Leo Left", is_active=False),
        LISTED: a_member(activity, name="Lisa Listed", launched_at=None, listed_at=now()),
        TEST_USER: a_member(activity, name="Test Student", is_test_user=True),
        ELSEWHERE: _in_same_platform(activity, elsewhere, name="Else Where"),
        OTHER_COURSE_FACILITATOR: _in_same_platform(activity, elsewhere, name="Fay", role=Role.FACILITATOR),
        OTHER_PLATFORM: a_member(on_other_platform, name="Nora Named"),
    }
    # Facilitators, people who left and test users stand in the group as well, as platforms list them.
    group = a_group_of(
        *(people[role] for role in (AUTHOR, MATE, FACILITATOR, PRINCIPAL, NO_PART, LEFT, LISTED, TEST_USER))
    )
    entry = a_finished_entry(activity, people[AUTHOR], f"{WHOLE}\n\n{PASSAGE}", title=TITLE)
    revision = a_draft(activity, people[AUTHOR], REVISED, revises_id=entry.id)
    before = Content(title="", answers={"text": EARLIER}).to_json()
    db.session.add(EntryVersion(entry_id=entry.id, number=1, content=before, finished_at=now()))
    excerpt = an_excerpt(entry, PASSAGE, title=EXCERPT_TITLE)
    made = Scene(
        activity=activity,
        second_activity=second,
        people=people,
        foreign={ELSEWHERE: elsewhere, OTHER_PLATFORM: on_other_platform},
        group=group,
        entry=entry,
        revision=revision,
        excerpt=excerpt,
        file=a_file(entry, "heron.txt", content=FILED.encode()),
    )
    for target in (None, excerpt.id):
        response = EntryResponse(
            entry_id=entry.id,
            excerpt_id=target,
            user_id=people[NAMED].user_id,
            kind=ResponseKind.NOTICED,
            text=RESPONSE,
        )
        db.session.add(response)
        db.session.flush()
        reply = EntryResponse(
            entry_id=entry.id,
            excerpt_id=target,
            answers_id=response.id,
            user_id=people[AUTHOR].user_id,
            kind=ResponseKind.REPLY,
            text=REPLY,
        )
        db.session.add(reply)
        made.responses.append(response)
    db.session.commit()
    return made


def _in_same_platform(home: Activity, elsewhere: Activity, *, name: str, **values: Any) -> Membership:
    registration_id = db.session.scalar(
        select(Registration.id).where(Registration.id == home.context.deployment.registration_id)
    )
    return a_member(elsewhere, user=UserFactory(registration_id=registration_id, name=name, sub=name), **values)


def _expected(role: str, *, reads_whole: bool, reads_excerpt: bool) -> dict[str, set[str]]:
    """Return where each sentence stands for somebody who is not the author."""
    places: dict[str, set[str]] = {each: set() for each in SENTENCES}
    lists = {"list", "show", "review"} if role in STAFF else {"list", "show"}
    if reads_whole:
        places[WHOLE] |= {"entry"}
        places[PASSAGE] |= {"entry"}
        places[TITLE] |= {"entry", *lists}
        places[FILED] |= {"file"}
    if reads_excerpt:
        places[PASSAGE] |= {"excerpt"}
        places[EXCERPT_TITLE] |= {"excerpt", *lists}
    if role == NAMED:
        # One's own words one sees, wherever sharing stands; the reply only beside the text that it is about.
        places[RESPONSE] |= {"list"}
        for is_read, page in ((reads_whole, "entry"), (reads_excerpt, "excerpt")):
            if is_read:
                places[RESPONSE] |= {page}
                places[REPLY] |= {page}
    return places


@pytest.mark.parametrize("state", STATES)
def test_pages_when_asked_for_by_anybody_in_any_state_then_show_what_the_table_allows(
    app: Flask, scene: Scene, state: str, database: str
) -> None:
    del database
    prepare, whole, of_excerpt = STATES[state]
    prepare(scene)
    db.session.commit()
    gets, seen, expected, trouble = scene.gets(), {}, {}, {}

    for role in ROLES:
        reader = _browser(app, scene, role)
        pages = {name: download(reader, path) for name, path in gets.items()}
        seen[role] = {each: {name for name, page in pages.items() if each in page.text} for each in SENTENCES}
        expected[role] = _expected(role, reads_whole=role in whole, reads_excerpt=role in of_excerpt)
        trouble[role] = {name for name, page in pages.items() if page.status_code >= 500}

    assert seen == expected
    assert trouble == {role: set() for role in ROLES}
    assert {(row.user_id, row.excerpt_id) for row in stored(EntryOpening)} == {
        *((scene.people[role].user_id, None) for role in whole),
        *((scene.people[role].user_id, scene.excerpt.id) for role in of_excerpt),
    }


@pytest.mark.parametrize("state", STATES)
def test_posts_when_sent_by_anybody_in_any_state_then_change_and_show_what_the_table_allows(
    app: Flask, scene: Scene, state: str, database: str
) -> None:
    del database
    prepare, whole, of_excerpt = STATES[state]
    prepare(scene)
    db.session.commit()
    done: dict[str, set[str]] = {}
    expected: dict[str, set[str]] = {}
    shown: dict[str, set[str]] = {}
    posts = scene.posts()

    for role in ROLES:
        reader, csrf_token = _browser_with_token(app, scene, role)
        done[role], shown[role] = set(), set()
        for name, path in posts.items():
            if name == "withdraw" and role == NAMED:
                continue  # their own words, which they may always take back: tried by itself
            before = _content()
            answer = reader.post(
                path, csrf_token=csrf_token, text="Mine.", kind="wondered", title="T", passage=PASSAGE, is_resolved="1"
            )
            assert answer.status_code < 500
            if _content() != before:
                done[role].add(name)
            # What a reader is answered with after a refusal is the page they read anyway.
            shown[role] |= {each for each in SENTENCES if each in answer.text}
        expected[role] = {
            *({"respond"} if role in whole else set()),
            *({"respond to excerpt"} if role in of_excerpt else set()),
            *({"reply"} if role == NAMED and role in whole else set()),
        }

    assert done == expected
    assert shown == {role: set() for role in ROLES}


@pytest.mark.parametrize("state", STATES)
def test_pages_when_asked_for_by_the_author_then_it_was_there_to_be_seen(
    app: Flask, visitor: Visitor, scene: Scene, state: str
) -> None:
    STATES[state][0](scene)
    db.session.commit()
    let_in(app, visitor, scene.people[AUTHOR])
    gets = scene.gets()

    pages = {name: download(visitor, path).text for name, path in gets.items()}

    shown = {each: {name for name in OWN_PAGES if each in pages[name]} for each in SENTENCES}
    is_open = state not in {"draft, everything chosen", "withdrawn", "purged"} and not state.startswith("author")
    has_excerpt = is_open and state != "excerpt deleted"
    assert "export" in shown[WHOLE]
    assert shown[WHOLE] - {"export"} == ({"entry"} if is_open else set())
    answered = {*({"entry"} if is_open else set()), *({"excerpt"} if has_excerpt else set())}
    assert shown[RESPONSE] - {"export"} == answered
    assert (FILED in pages["file"]) is not state.startswith("author")
    assert shown[EXCERPT_TITLE] - {"export"} == ({"excerpt"} if has_excerpt else set())
    assert (REVISED in pages["edit of revision"], EARLIER in pages["versions"]) == (not state.startswith("author"),) * 2
    assert stored(EntryOpening) == []


def _browser(app: Flask, scene: Scene, role: str) -> Visitor:
    return _browser_with_token(app, scene, role)[0]


def _browser_with_token(app: Flask, scene: Scene, role: str) -> tuple[Visitor, str]:
    visitor = _NoLms(app)
    if role == NOBODY:
        return visitor, ""
    masks = {MASKED_AUTHOR: AUTHOR, MASKED_READER: NAMED}
    member = scene.people[masks.get(role, role)]
    return visitor, let_in(app, visitor, member, is_masquerade=role in masks)


class _NoLms(Visitor):
    """A browser that was let in without a launch."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.base_url = "https://localhost"
        self.origin = app.config["STAFFROOM_PUBLIC_URL"]


def _content() -> list[tuple[Any, ...]]:
    """Return all that a post could change, as values."""
    rows: list[tuple[Any, ...]] = []
    for model in (JournalEntry, Share, Excerpt, EntryResponse):
        columns = model.__table__.columns
        rows += [tuple(row) for row in db.session.execute(select(*columns).order_by(model.id))]
    db.session.rollback()
    return rows
