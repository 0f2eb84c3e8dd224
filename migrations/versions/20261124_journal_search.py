"""journal search.

SQLite: an FTS5 table over the entries themselves, kept by triggers. SQLite drops a table's triggers when a migration
makes `journal_entry` anew (batch mode with recreate): such a migration has to run `KEEP` of this one again, and the
tests of the search fail where it does not.
PostgreSQL: a generated column, which nothing can forget to keep, with a GIN index.
Both: an index for what a person answered, since the lists of a long journal read it at every launch.
"""

import unicodedata

from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

FOLDED = (range(0x00c0, 0x0250), range(0x0370, 0x0400), range(0x1e00, 0x2000))
# PostgreSQL's parser takes and/or for a path, example.org for a host, 3-4 for a number and a negative one.
PARTING = "./\\-_@:+~&?=#'’"
# A tsvector holds 1 MiB at most, and a longer text must be saved all the same: beyond this it is not searched.
SEARCHED = 150000

INDEX = """CREATE VIRTUAL TABLE journal_search USING fts5(
    user_id, title, text, content='journal_entry', content_rowid='id',
    tokenize='unicode61 remove_diacritics 2', prefix='2 3')"""
DROP_WORDS = """INSERT INTO journal_search(journal_search, rowid, user_id, title, text)
    VALUES ('delete', old.id, old.user_id, old.title, old.text);"""
ADD_WORDS = """INSERT INTO journal_search(rowid, user_id, title, text)
    VALUES (new.id, new.user_id, new.title, new.text);"""
KEEP = (
    f"CREATE TRIGGER journal_search_insert AFTER INSERT ON journal_entry BEGIN {ADD_WORDS} END",
    f"CREATE TRIGGER journal_search_delete AFTER DELETE ON journal_entry BEGIN {DROP_WORDS} END",
    "CREATE TRIGGER journal_search_update AFTER UPDATE OF user_id, title, text ON journal_entry"
    f" BEGIN {DROP_WORDS} {ADD_WORDS} END",
)


def _folding() -> tuple[str, str]:
    """Return letters with marks and the same letters without; the marks by themselves stand last, and go."""
    pairs = []
    for code in (code for codes in FOLDED for code in codes):
        bare = ''.join(c for c in unicodedata.normalize('NFD', chr(code)) if not unicodedata.combining(c))
        if len(bare) == 1 and bare != chr(code):
            pairs.append((chr(code), bare))
    marks = ''.join(chr(code) for code in range(0x0300, 0x0370))
    return (
        ''.join(letter for letter, _ in pairs) + PARTING + marks,
        ''.join(bare for _, bare in pairs) + ' ' * len(PARTING),
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def upgrade() -> None:
    op.create_index(
        'ix_journal_entry_answered', 'journal_entry', ['user_id', 'activity_id', 'prompt_key', 'finished_at']
    )
    if op.get_bind().dialect.name == 'sqlite':
        for statement in (INDEX, *KEEP):
            op.execute(statement)
        op.execute("INSERT INTO journal_search(journal_search) VALUES ('rebuild')")
        return
    letters, bare = (_literal(text) for text in _folding())
    connection = op.get_bind()
    connection.exec_driver_sql(
        "CREATE FUNCTION journal_folded(written text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT"
        f" AS $$ SELECT translate(written, {letters}, {bare}) $$"
    )
    connection.exec_driver_sql(
        "ALTER TABLE journal_entry ADD COLUMN words tsvector GENERATED ALWAYS AS"
        f" (to_tsvector('simple'::regconfig, journal_folded(title || ' ' || left(text, {SEARCHED})))) STORED"
    )
    connection.exec_driver_sql("CREATE INDEX ix_journal_entry_words ON journal_entry USING gin (words)")


def downgrade() -> None:
    op.drop_index('ix_journal_entry_answered', 'journal_entry')
    connection = op.get_bind()
    if connection.dialect.name == 'sqlite':
        for event in ('insert', 'delete', 'update'):
            op.execute(f'DROP TRIGGER journal_search_{event}')
        op.execute('DROP TABLE journal_search')
        return
    connection.exec_driver_sql('DROP INDEX ix_journal_entry_words')
    connection.exec_driver_sql('ALTER TABLE journal_entry DROP COLUMN words')
    connection.exec_driver_sql('DROP FUNCTION journal_folded(text)')
