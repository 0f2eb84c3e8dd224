"""What an entry holds: read from the page's fields, given back, filed under its tags."""

from datetime import date

import pytest

from lti_app.activities.journal.models import EntryTag, TagKind
from lti_app.activities.journal.prompts.sets import PromptSet, Step
from lti_app.activities.journal.service.content import Content, Link, content_of, own_tags, parted, put_tags
from lti_app.db import db
from tests.lti_app.activities.journal.rows import a_content, a_draft, a_journal, a_member
from tests.lti_app.activities.journal.writing import stored

STEPS = PromptSet(
    key="two", version=1, title="Two", steps=(Step(key="what", label="What?"), Step(key="next", label="What next?"))
)
FIELDS = {
    "title": "A  drill\nin the lab",
    "answer-next": "Then.",
    "answer-what": "First\r\nthis.",
    "answer-forged": "not asked",
    "event_on": "2026-11-20",
    "topics": " labs,  group   work,Labs,, ",
    "goals": "2.1",
    "links": "https://example.org/a  The   plan\n\n  https://example.org/b ",
}
WHOLE = Content(
    title="A drill in the lab",
    answers={"what": "First\nthis.", "next": "Then."},
    event_on=date(2026, 11, 20),
    topics=("labs", "group work"),
    goals=("2.1",),
    links=(Link(url="https://example.org/a", label="The plan"), Link(url="https://example.org/b")),
)


def test_content_when_read_from_fields_then_holds_each_in_its_form() -> None:
    content = Content.from_fields(FIELDS, STEPS)

    assert content == WHOLE
    assert list(content.answers) == ["what", "next"]
    assert content.text == "First\nthis.\n\nThen."


def test_content_when_given_back_as_fields_or_json_then_is_the_same_again() -> None:
    again = Content.from_fields(WHOLE.to_fields(), STEPS), Content.from_json(WHOLE.to_json())

    assert again == (WHOLE, WHOLE)


@pytest.mark.parametrize("typed", ["", "tomorrow", "2026-13-01", "99999-01-01", "\x00"], ids=ascii)
def test_content_when_the_date_is_none_then_has_no_date(typed: str) -> None:
    content = Content.from_fields({"event_on": typed}, STEPS)

    assert content == Content(answers={"what": "", "next": ""})


def test_parted_when_a_name_is_too_long_then_becomes_several_and_loses_no_word() -> None:
    names = parted("word " * 20)

    assert [len(name) <= 60 for name in names] == [True] * len(names)
    assert set(" ".join(names).split()) == {"word"}


@pytest.mark.usefixtures("app")
def test_put_tags_when_the_content_changes_then_the_entry_is_filed_under_the_new_ones_only() -> None:
    activity = a_journal()
    member, other = a_member(activity), a_member(activity)
    entry, theirs = a_draft(activity, member), a_draft(activity, other)
    put_tags(db.session(), theirs.id, a_content("x", topics="secret"))
    put_tags(db.session(), entry.id, a_content("x", topics="old, kept"))

    put_tags(db.session(), entry.id, a_content("x", topics="kept, new", goals="2.1"))

    db.session.commit()
    tags = [(tag.kind, tag.name) for tag in stored(EntryTag) if tag.entry_id == entry.id]
    assert tags == [(TagKind.TOPIC, "kept"), (TagKind.TOPIC, "new"), (TagKind.GOAL, "2.1")]
    assert content_of(db.session(), entry).topics == ("kept", "new")
    assert own_tags(db.session(), user_id=member.user_id) == {TagKind.TOPIC: ["new", "kept"], TagKind.GOAL: ["2.1"]}
