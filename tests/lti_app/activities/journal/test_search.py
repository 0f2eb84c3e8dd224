"""Searching one's own entries: words, beginnings, phrases, marks on letters, and whatever else people type."""

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, text, update

from lti_app.activities.journal.models import EntryState, EntryTag, JournalEntry, TagKind
from lti_app.activities.journal.service.search import Query, found_by, passage_of
from lti_app.db import db
from tests.factories import UserFactory
from tests.lti_app.activities.journal.owning import many, write
from tests.lti_app.activities.journal.rows import a_journal
from tests.lti_app.activities.journal.writing import stored

WRITTEN = {
    "glow": "Glow-and-grow: the café debate, and/or what Zoë's students said at example.org.",
    "bridge": "They built a bridge of paper. The paper bridge held 3.5 kg.",
    "decomposed": "Cafe\u0301 again, in the quiet room.",
    "greek": "Η ομάδα ΜΊΛΗΣΕ για την Αντιγόνη; потом по-русски: Ёлка стоит.",
}


@pytest.fixture
def user_id(app: Flask) -> int:
    """Who wrote one entry per text, in their order; a neighbour wrote all the same words."""
    del app
    activity = a_journal()
    author, neighbour = UserFactory(), UserFactory()
    db.session.commit()
    found: int = author.id
    write(neighbour.id, *WRITTEN.values(), activity_id=activity.id)
    write(found, *WRITTEN.values(), activity_id=activity.id)
    return found


def find(typed: str, user_id: int) -> list[str]:
    """Return the names of the texts that were found, whosever they are said to be."""
    names = {words: name for name, words in WRITTEN.items()}
    db.session.rollback()
    condition = found_by(db.session(), Query.of(typed), user_id=user_id)
    rows = db.session.execute(
        select(JournalEntry.text).where(JournalEntry.user_id == user_id, condition).order_by(JournalEntry.id)
    )
    return [names.get(row.text, row.text) for row in rows]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("bridge", ["bridge"]),
        ("BRIDGE", ["bridge"]),
        ("brid", ["bridge"]),
        ("ridge", []),
        ("paper bridge", ["bridge"]),
        ('"paper bridge"', ["bridge"]),
        ('"bridge paper"', []),
        ('"paper bri"', []),
        ("bridge glow", []),
        ("cafe", ["glow", "decomposed"]),
        ("café", ["glow", "decomposed"]),
        ("CAFE\u0301", ["glow", "decomposed"]),
        ("zoe", ["glow"]),
        ("Zoë's", ["glow"]),
        ("grow", ["glow"]),
        ("glow-and-grow", ["glow"]),
        ("or", ["glow"]),
        ("example.org", ["glow"]),
        ("org", ["glow"]),
        ("3.5", ["bridge"]),
        ("μίλησε", ["greek"]),
        ("русски", ["greek"]),
        ("", []),
        ("   ", []),
        ("***", []),
    ],
)
def test_search_when_words_are_typed_then_finds_what_has_them_all(user_id: int, typed: str, found: list[str]) -> None:
    assert find(typed, user_id) == found


@pytest.mark.parametrize(
    "typed",
    [
        '"', '""', '"""', "'", "bridge'", "bridge AND", "NOT bridge", "bridge OR", "NEAR(bridge paper, 2)",
        "text:bridge",
        "{user_id} : 1", "bridge*", "*", "^bridge", "(bridge", "bridge)", "-bridge", "+", "a:*", "bridge & !paper",
        "<->",
        "bridge\\", "%", "\x00bridge\x00", "\ud800", "🙂", "' OR 1=1 --", "; DROP TABLE journal_entry", "़", "a" * 5000,
        "界" * 300, "word " * 500, '"unended phrase', "::", "$$ x $$",
    ],
)  # fmt: skip
def test_search_when_the_syntax_is_hostile_then_is_no_error_and_finds_no_neighbour(user_id: int, typed: str) -> None:
    found = find(typed, user_id)

    assert set(found) <= set(WRITTEN)
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("reggio", ["bridge"]),
        ("REG", ["bridge"]),
        ("eggio", []),
        ('"reggio emilia"', ["bridge"]),
        ('"reggio emil"', []),
        ('"emilia reggio"', []),
        ("emilia paper", ["bridge"]),
        ("emilia heron", []),
        ("emilia cafe", []),
        ("uberblick", ["glow"]),
        ("ÜBERBLICK café", ["glow"]),
        ("standard-3", ["glow"]),
        ("bridge NOT emilia", []),
    ],
)
def test_search_when_topics_and_goals_have_words_then_they_count_with_those_of_the_text(
    user_id: int, typed: str, found: list[str]
) -> None:
    ids = {entry.text: entry.id for entry in stored(JournalEntry) if entry.user_id == user_id}
    db.session.add(EntryTag(entry_id=ids[WRITTEN["bridge"]], name="Reggio Emilia"))
    db.session.add(EntryTag(entry_id=ids[WRITTEN["glow"]], name="U\u0308berblick"))
    db.session.add(EntryTag(entry_id=ids[WRITTEN["glow"]], kind=TagKind.GOAL, name="Standard 3"))
    db.session.commit()

    assert find(typed, user_id) == found


def test_search_when_a_neighbour_has_the_tag_then_it_finds_nothing(user_id: int) -> None:
    theirs = [entry.id for entry in stored(JournalEntry) if entry.user_id != user_id]
    db.session.add_all(EntryTag(entry_id=entry_id, name="heron") for entry_id in theirs)
    db.session.commit()

    assert find("heron", user_id) == []
    assert len(theirs) == len(WRITTEN)


def test_search_when_somebody_has_thousands_of_tags_then_is_no_error(user_id: int) -> None:
    (entry_id,) = write(user_id, "Many tags.", activity_id=1)
    db.session.execute(insert(EntryTag), [{"entry_id": entry_id, "name": f"a{number}"} for number in range(5000)])
    db.session.commit()

    assert find("a4999", user_id) == ["Many tags."]
    assert find("a49 " * 20, user_id) == ["Many tags."]


def test_search_when_an_entry_changes_then_the_index_follows(user_id: int) -> None:
    first = JournalEntry.user_id == user_id, JournalEntry.text == WRITTEN["bridge"]

    db.session.execute(update(JournalEntry).where(*first).values(text="A heron.", title="Tuesday"))
    db.session.commit()

    assert (find("heron", user_id), find("tuesday heron", user_id), find("bridge", user_id)) == (
        ["A heron."], ["A heron."], [],
    )  # fmt: skip


def test_search_when_words_are_erased_then_the_index_holds_none_of_them(user_id: int, database: str) -> None:
    db.session.execute(update(JournalEntry).values(text="", title="", state=EntryState.WITHDRAWN))
    db.session.commit()
    assert find("bridge", user_id) == []

    db.session.execute(delete(JournalEntry))
    db.session.commit()

    if database == "sqlite":
        db.session.execute(text("CREATE VIRTUAL TABLE temp.left_over USING fts5vocab(main, journal_search, row)"))
        left = db.session.execute(text("SELECT term FROM temp.left_over")).scalars().all()
    else:
        left = db.session.execute(text("SELECT words FROM journal_entry WHERE words <> ''")).scalars().all()
    assert left == []


@pytest.mark.parametrize("length", [150_000, 1_000_000])
def test_search_when_a_text_is_huge_then_it_is_saved_all_the_same(user_id: int, length: int) -> None:
    huge = " ".join(f"{number:x}界" for number in range(length // 7))

    (entry_id,) = write(user_id, f"needle {huge}", activity_id=1)

    assert db.session.get_one(JournalEntry, entry_id).text == f"needle {huge}"
    assert len(find("needle", user_id)) == 1


def test_search_when_asked_of_many_then_an_index_serves_it(user_id: int, database: str) -> None:
    many(1000, user_id)
    condition = found_by(db.session(), Query.of('brid "paper bridge"'), user_id=user_id)
    asked = select(JournalEntry.id).where(JournalEntry.user_id == user_id, condition)
    compiled = asked.compile(db.engine, compile_kwargs={"literal_binds": True})
    db.session.execute(text("ANALYZE"))
    plan = db.session.connection().exec_driver_sql(
        f"{'EXPLAIN QUERY PLAN' if database == 'sqlite' else 'EXPLAIN'} {str(compiled).replace('%', '%%')}"
    )

    lines = " ".join(str(row) for row in plan)

    assert ("journal_search VIRTUAL TABLE INDEX" if database == "sqlite" else "ix_journal_entry_words") in lines
    assert "SCAN journal_entry" not in lines
    assert "Seq Scan" not in lines


@pytest.mark.parametrize(
    ("written", "typed", "passage"),
    [
        ("They built a bridge.", "brid", "They built a <mark>bridge</mark>."),
        ("A *bridge* & <b>paper</b>", "bridge", "A <mark>bridge</mark> &amp; &lt;bpaper&lt;/b"),
        ("<script>alert(1)</script>", "script", "&lt;<mark>script</mark>alert(1)&lt;/<mark>script</mark>"),
        ("Le café de Zoë", "cafe zoe", "Le <mark>café</mark> de <mark>Zoë</mark>"),
        ("No such word.", "heron", "No such word."),
        ("", "heron", ""),
    ],
)
def test_passage_when_words_are_found_then_marks_them_and_nothing_else(written: str, typed: str, passage: str) -> None:
    assert passage_of(written, Query.of(typed)) == passage


def test_passage_when_the_word_stands_far_down_then_begins_shortly_before_it() -> None:
    passage = passage_of("one two three " * 100 + "heron " + "four five six " * 100, Query.of("heron"))

    assert passage.startswith("… ")
    assert "<mark>heron</mark>" in passage
    assert passage.endswith(" …")
    assert len(passage) < 300
