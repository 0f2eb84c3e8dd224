"""Migrations on both databases: up, down and up again, one by one, and they make just what the models say."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError

from lti_app.activities.journal.models import JournalEntry
from lti_app.db import db, is_modelled
from tests.factories import ActivityFactory, EntryFactory, MembershipFactory


@pytest.fixture
def revisions(app: Flask) -> Iterator[list[str]]:
    """The revisions, oldest first."""
    del app
    config = current_app.extensions["migrate"].migrate.get_config()
    script = ScriptDirectory.from_config(config)
    yield [revision.revision for revision in reversed(list(script.walk_revisions()))]
    db.session.remove()


def test_migrations_when_all_are_run_then_database_equals_the_models(app: Flask) -> None:
    del app
    with db.engine.connect() as connection:
        options = {"compare_type": True, "include_object": is_modelled}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), db.metadata)

    assert differences == []


def test_migrations_when_taken_back_one_by_one_then_nothing_is_left_and_they_run_again(revisions: list[str]) -> None:
    for _revision in revisions:
        downgrade(revision="-1")
    left = set(inspect(db.engine).get_table_names()) - {"alembic_version"}
    for revision in revisions:
        upgrade(revision=revision)

    assert left == set()
    made = {name for name in inspect(db.engine).get_table_names() if is_modelled(None, name, "table", True, None)}
    assert made - {"alembic_version"} == set(db.metadata.tables)


def test_migrations_when_run_on_the_newest_then_change_nothing_and_keep_the_rows(app: Flask) -> None:
    del app
    activity = ActivityFactory()
    member = MembershipFactory(context=activity.context)
    EntryFactory(activity_id=activity.id, user_id=member.user_id, text="Kept.")
    db.session.commit()

    upgrade()

    assert db.session.execute(text("SELECT text FROM journal_entry")).scalars().all() == ["Kept."]


def test_migrations_when_listed_then_stand_in_one_line(revisions: list[str]) -> None:
    config = current_app.extensions["migrate"].migrate.get_config()

    heads = ScriptDirectory.from_config(config).get_heads()

    assert heads == [revisions[-1]]


def test_migrations_when_a_table_is_made_anew_then_what_points_at_its_rows_stays(revisions: list[str]) -> None:
    activity = ActivityFactory(kind=None)
    member = MembershipFactory(context=activity.context)
    EntryFactory(activity_id=activity.id, user_id=member.user_id, text="Kept.")
    db.session.commit()
    db.session.remove()

    downgrade(revision=revisions[0])
    before = db.session.execute(text("SELECT kind FROM activity")).scalars().all()
    db.session.remove()
    upgrade()

    assert before == ["journal"]
    assert db.session.execute(text("SELECT text FROM journal_entry")).scalars().all() == ["Kept."]
    with pytest.raises(IntegrityError):
        db.session.execute(text("DELETE FROM activity"))
    db.session.rollback()


def test_answers_of_texts_when_an_entry_was_one_text_then_answers_its_only_step(revisions: list[str]) -> None:
    del revisions
    activity = ActivityFactory()
    writers = [MembershipFactory(context=activity.context) for _ in range(3)]
    contents: tuple[tuple[str, dict[str, str]], ...] = (("Kept.", {}), ("By steps.", {"what": "By steps."}), ("", {}))
    for writer, (text_, answers) in zip(writers, contents, strict=True):
        EntryFactory(activity_id=activity.id, user_id=writer.user_id, text=text_, answers=answers)
    db.session.commit()
    db.session.remove()

    downgrade(revision="0010")
    upgrade()

    kept = db.session.scalars(select(JournalEntry).order_by(JournalEntry.id)).all()
    assert [(entry.text, entry.answers) for entry in kept] == [
        ("Kept.", {"text": "Kept."}),
        ("By steps.", {"what": "By steps."}),
        ("", {}),
    ]
