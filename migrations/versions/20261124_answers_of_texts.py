"""what was written as one text, before the editor knew of steps, answers the only step there was."""

from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pack = "json_object('text', text)" if op.get_bind().dialect.name == 'sqlite' else "json_build_object('text', text)"
    op.execute(f"UPDATE journal_entry SET answers = {pack} WHERE text <> '' AND CAST(answers AS TEXT) = '{{}}'")


def downgrade() -> None:
    # Both ways of keeping it are read by what ran before.
    pass
