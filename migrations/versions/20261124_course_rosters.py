"""course rosters: where a course's list of people is, how reading it went, and who was listed and let in."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Added in place: SQLite would otherwise make the tables anew, and other tables point at them.
    with op.batch_alter_table('context', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('launched_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('memberships_url', sa.String(length=2048), server_default='', nullable=False))
        batch_op.add_column(sa.Column('roster_due_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('roster_cause', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('roster_leased_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('roster_attempts', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('roster_problem', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('roster_asked_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('roster_read_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('roster_read_cause', sa.String(length=32), nullable=True))
        batch_op.create_index(batch_op.f('ix_context_roster_due_at'), ['roster_due_at'], unique=False)

    with op.batch_alter_table('membership', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('is_gradable', sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column('launched_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('listed_at', sa.DateTime(timezone=True), nullable=True))

    # Everybody known so far came by a launch.
    op.execute("UPDATE membership SET launched_at = (SELECT created_at FROM context WHERE id = membership.context_id)")
    op.execute("UPDATE membership SET is_gradable = (role IN ('teacher', 'mentor'))")


def downgrade() -> None:
    with op.batch_alter_table('membership', recreate='never') as batch_op:
        batch_op.drop_column('listed_at')
        batch_op.drop_column('launched_at')
        batch_op.drop_column('is_gradable')

    with op.batch_alter_table('context', recreate='never') as batch_op:
        batch_op.drop_index(batch_op.f('ix_context_roster_due_at'))
        batch_op.drop_column('roster_read_cause')
        batch_op.drop_column('roster_read_at')
        batch_op.drop_column('roster_asked_at')
        batch_op.drop_column('roster_problem')
        batch_op.drop_column('roster_attempts')
        batch_op.drop_column('roster_leased_until')
        batch_op.drop_column('roster_cause')
        batch_op.drop_column('roster_due_at')
        batch_op.drop_column('memberships_url')
        batch_op.drop_column('launched_at')
