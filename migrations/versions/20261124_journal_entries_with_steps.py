"""journal entries with steps."""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


ENTRY = sa.table(
    'journal_entry', *(sa.column(name) for name in ('id', 'activity_id', 'user_id', 'state', 'text', 'revises_id')))


def _join_drafts(connection: sa.Connection) -> None:
    """Put all drafts of one person in one journal, those of revisions too, into the oldest: there may be one only."""
    drafts = connection.execute(sa.select(ENTRY).where(ENTRY.c.state == 'draft').order_by(ENTRY.c.id)).all()
    by_owner: dict[tuple[int, int], list[sa.Row]] = {}
    for draft in drafts:
        by_owner.setdefault((draft.activity_id, draft.user_id), []).append(draft)
    for first, *others in by_owner.values():
        text = '\n\n———\n\n'.join(draft.text for draft in (first, *others) if draft.text)
        connection.execute(sa.update(ENTRY).where(ENTRY.c.id == first.id).values(text=text))
        connection.execute(sa.delete(ENTRY).where(ENTRY.c.id.in_([draft.id for draft in others])))


def upgrade() -> None:
    op.create_table('journal_prompt_set',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('context_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('summary', sa.String(length=500), nullable=False),
    sa.Column('steps', sa.JSON(), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['context_id'], ['context.id'], name=op.f('fk_journal_prompt_set_context_id_context')),
    sa.ForeignKeyConstraint(['made_by_id'], ['lti_user.id'], name=op.f('fk_journal_prompt_set_made_by_id_lti_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal_prompt_set')),
    sa.UniqueConstraint('context_id', 'key', 'version', name=op.f('uq_journal_prompt_set_context_id_key_version'))
    )
    op.create_table('extension',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('activity_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('epoch', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('granted_by_id', sa.Integer(), nullable=False),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_extension_activity_id_activity')),
    sa.ForeignKeyConstraint(['granted_by_id'], ['lti_user.id'], name=op.f('fk_extension_granted_by_id_lti_user')),
    sa.ForeignKeyConstraint(['user_id'], ['lti_user.id'], name=op.f('fk_extension_user_id_lti_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_extension')),
    sa.UniqueConstraint('activity_id', 'user_id', 'epoch', name=op.f('uq_extension_activity_id_user_id_epoch'))
    )
    with op.batch_alter_table('extension', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_extension_user_id'), ['user_id'], unique=False)

    op.create_table('journal_attachment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('content_type', sa.String(length=100), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('stored_as', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['journal_entry.id'], name=op.f('fk_journal_attachment_entry_id_journal_entry'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['lti_user.id'], name=op.f('fk_journal_attachment_user_id_lti_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal_attachment')),
    sa.UniqueConstraint('stored_as', name=op.f('uq_journal_attachment_stored_as'))
    )
    with op.batch_alter_table('journal_attachment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_journal_attachment_entry_id'), ['entry_id'], unique=False)

    op.create_table('journal_entry_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['journal_entry.id'], name=op.f('fk_journal_entry_version_entry_id_journal_entry'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal_entry_version')),
    sa.UniqueConstraint('entry_id', 'number', name=op.f('uq_journal_entry_version_entry_id_number'))
    )
    op.create_table('journal_excerpt',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['journal_entry.id'], name=op.f('fk_journal_excerpt_entry_id_journal_entry'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal_excerpt'))
    )
    with op.batch_alter_table('journal_excerpt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_journal_excerpt_entry_id'), ['entry_id'], unique=False)

    op.create_table('journal_tag',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['journal_entry.id'], name=op.f('fk_journal_tag_entry_id_journal_entry'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal_tag')),
    sa.UniqueConstraint('entry_id', 'kind', 'name', name=op.f('uq_journal_tag_entry_id_kind_name'))
    )
    with op.batch_alter_table('journal_tag', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_journal_tag_name'), ['name'], unique=False)

    op.create_table('journal_opening',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('excerpt_id', sa.Integer(), nullable=True),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['journal_entry.id'], name=op.f('fk_journal_opening_entry_id_journal_entry'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['excerpt_id'], ['journal_excerpt.id'], name=op.f('fk_journal_opening_excerpt_id_journal_excerpt'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['lti_user.id'], name=op.f('fk_journal_opening_user_id_lti_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal_opening')),
    sa.UniqueConstraint('excerpt_id', 'user_id', name=op.f('uq_journal_opening_excerpt_id_user_id'))
    )
    with op.batch_alter_table('journal_opening', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_journal_opening_user_id'), ['user_id'], unique=False)
        batch_op.create_index('uq_journal_opening_entry', ['entry_id', 'user_id'], unique=True, sqlite_where=sa.text('excerpt_id IS NULL'), postgresql_where=sa.text('excerpt_id IS NULL'))

    op.create_table('journal_response',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('excerpt_id', sa.Integer(), nullable=True),
    sa.Column('answers_id', sa.Integer(), nullable=True),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('paragraph', sa.Integer(), nullable=True),
    sa.Column('quoted', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['answers_id'], ['journal_response.id'], name=op.f('fk_journal_response_answers_id_journal_response'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['entry_id'], ['journal_entry.id'], name=op.f('fk_journal_response_entry_id_journal_entry'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['excerpt_id'], ['journal_excerpt.id'], name=op.f('fk_journal_response_excerpt_id_journal_excerpt'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['lti_user.id'], name=op.f('fk_journal_response_user_id_lti_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal_response'))
    )
    with op.batch_alter_table('journal_response', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_journal_response_entry_id'), ['entry_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_journal_response_user_id'), ['user_id'], unique=False)

    op.create_table('journal_share',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('excerpt_id', sa.Integer(), nullable=True),
    sa.Column('scope', sa.String(length=32), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.Column('shared_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(scope = 'group') = (group_id IS NOT NULL)", name=op.f('ck_journal_share_group')),
    sa.CheckConstraint("(scope = 'person') = (user_id IS NOT NULL)", name=op.f('ck_journal_share_person')),
    sa.ForeignKeyConstraint(['entry_id'], ['journal_entry.id'], name=op.f('fk_journal_share_entry_id_journal_entry'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['excerpt_id'], ['journal_excerpt.id'], name=op.f('fk_journal_share_excerpt_id_journal_excerpt'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['group_id'], ['course_group.id'], name=op.f('fk_journal_share_group_id_course_group'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['lti_user.id'], name=op.f('fk_journal_share_user_id_lti_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal_share'))
    )
    with op.batch_alter_table('journal_share', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_journal_share_entry_id'), ['entry_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_journal_share_user_id'), ['user_id'], unique=False)

    with op.batch_alter_table('journal_entry', schema=None) as batch_op:
        batch_op.add_column(sa.Column('revises_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('prompt_key', sa.String(length=64), server_default='', nullable=False))
        batch_op.add_column(sa.Column('prompt_version', sa.Integer(), server_default='1', nullable=False))
        batch_op.add_column(sa.Column('title', sa.String(length=200), server_default='', nullable=False))
        batch_op.add_column(sa.Column('answers', sa.JSON(), server_default='{}', nullable=False))
        batch_op.add_column(sa.Column('links', sa.JSON(), server_default='[]', nullable=False))
        batch_op.add_column(sa.Column('event_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('revised_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('purged_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_index(batch_op.f('uq_journal_entry_one_draft'), sqlite_where=sa.text("state = 'draft'"), postgresql_where=sa.text("state = 'draft'"))
        batch_op.create_index('uq_journal_entry_one_draft', ['activity_id', 'user_id', 'prompt_key'], unique=True, sqlite_where=sa.text("state = 'draft' AND revises_id IS NULL"), postgresql_where=sa.text("state = 'draft' AND revises_id IS NULL"))
        batch_op.create_index(batch_op.f('ix_journal_entry_state_journal_entry_withdrawn_at'), ['state', 'withdrawn_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_journal_entry_user_id_journal_entry_finished_at'), ['user_id', 'finished_at'], unique=False)
        batch_op.create_unique_constraint(batch_op.f('uq_journal_entry_revises_id'), ['revises_id'])
        batch_op.create_foreign_key(batch_op.f('fk_journal_entry_revises_id_journal_entry'), 'journal_entry', ['revises_id'], ['id'], ondelete='CASCADE')



    # What was written so far answers the only step of the journal's own prompt.
    pack = "json_object('text', text)" if op.get_bind().dialect.name == 'sqlite' else "json_build_object('text', text)"
    op.execute(f'UPDATE journal_entry SET answers = {pack}')


def downgrade() -> None:
    _join_drafts(op.get_bind())
    # Before, nothing could be taken back.
    op.execute("UPDATE journal_entry SET state = 'finished' WHERE state = 'withdrawn'")
    with op.batch_alter_table('journal_entry', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_journal_entry_revises_id_journal_entry'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_journal_entry_revises_id'), type_='unique')
        batch_op.drop_index(batch_op.f('ix_journal_entry_user_id_journal_entry_finished_at'))
        batch_op.drop_index(batch_op.f('ix_journal_entry_state_journal_entry_withdrawn_at'))
        batch_op.drop_index('uq_journal_entry_one_draft', sqlite_where=sa.text("state = 'draft' AND revises_id IS NULL"), postgresql_where=sa.text("state = 'draft' AND revises_id IS NULL"))
        batch_op.create_index(batch_op.f('uq_journal_entry_one_draft'), ['activity_id', 'user_id'], unique=True, sqlite_where=sa.text("state = 'draft'"), postgresql_where=sa.text("state = 'draft'"))
        batch_op.drop_column('purged_at')
        batch_op.drop_column('withdrawn_at')
        batch_op.drop_column('revised_at')
        batch_op.drop_column('event_on')
        batch_op.drop_column('links')
        batch_op.drop_column('answers')
        batch_op.drop_column('title')
        batch_op.drop_column('prompt_version')
        batch_op.drop_column('prompt_key')
        batch_op.drop_column('revises_id')

    with op.batch_alter_table('journal_share', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_journal_share_user_id'))
        batch_op.drop_index(batch_op.f('ix_journal_share_entry_id'))

    op.drop_table('journal_share')
    with op.batch_alter_table('journal_response', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_journal_response_user_id'))
        batch_op.drop_index(batch_op.f('ix_journal_response_entry_id'))

    op.drop_table('journal_response')
    with op.batch_alter_table('journal_opening', schema=None) as batch_op:
        batch_op.drop_index('uq_journal_opening_entry', sqlite_where=sa.text('excerpt_id IS NULL'), postgresql_where=sa.text('excerpt_id IS NULL'))
        batch_op.drop_index(batch_op.f('ix_journal_opening_user_id'))

    op.drop_table('journal_opening')
    with op.batch_alter_table('journal_tag', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_journal_tag_name'))

    op.drop_table('journal_tag')
    with op.batch_alter_table('journal_excerpt', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_journal_excerpt_entry_id'))

    op.drop_table('journal_excerpt')
    op.drop_table('journal_entry_version')
    with op.batch_alter_table('journal_attachment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_journal_attachment_entry_id'))

    op.drop_table('journal_attachment')
    with op.batch_alter_table('extension', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_extension_user_id'))

    op.drop_table('extension')
    op.drop_table('journal_prompt_set')
