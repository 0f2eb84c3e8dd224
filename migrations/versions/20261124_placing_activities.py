"""placing activities."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('activity_template',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('settings', sa.JSON(), nullable=False),
    sa.Column('wants_line_item', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['made_by_id'], ['lti_user.id'], name=op.f('fk_activity_template_made_by_id_lti_user')),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_activity_template_registration_id_registration'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activity_template')),
    sa.UniqueConstraint('public_id', name=op.f('uq_activity_template_public_id'))
    )
    op.create_table('deep_linking_request',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('deployment_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('context_id_on_platform', sa.String(length=300), nullable=True),
    sa.Column('course_title', sa.String(length=255), nullable=False),
    sa.Column('return_url', sa.Text(), nullable=False),
    sa.Column('data', sa.Text(), nullable=True),
    sa.Column('document_targets', sa.JSON(), nullable=False),
    sa.Column('accept_multiple', sa.Boolean(), nullable=False),
    sa.Column('accept_lineitem', sa.Boolean(), nullable=False),
    sa.Column('auto_create', sa.Boolean(), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('chosen', sa.JSON(), nullable=False),
    sa.Column('draft', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['deployment_id'], ['deployment.id'], name=op.f('fk_deep_linking_request_deployment_id_deployment'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['lti_user.id'], name=op.f('fk_deep_linking_request_user_id_lti_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deep_linking_request'))
    )
    with op.batch_alter_table('deep_linking_request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deep_linking_request_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_deep_linking_request_user_id'), ['user_id'], unique=False)

    with op.batch_alter_table('activity', schema=None) as batch_op:
        batch_op.add_column(sa.Column('template_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('source_id', sa.Integer(), nullable=True))
        batch_op.alter_column('kind',
               existing_type=sa.VARCHAR(length=32),
               nullable=True)
        batch_op.create_index(batch_op.f('ix_activity_template_id'), ['template_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_activity_template_id_activity_template'), 'activity_template', ['template_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_activity_source_id_activity'), 'activity', ['source_id'], ['id'])



def downgrade() -> None:
    # Before, a link that nobody had set up was a journal.
    op.execute("UPDATE activity SET kind = 'journal' WHERE kind IS NULL")
    with op.batch_alter_table('activity', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_activity_source_id_activity'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_activity_template_id_activity_template'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_activity_template_id'))
        batch_op.alter_column('kind',
               existing_type=sa.VARCHAR(length=32),
               nullable=False)
        batch_op.drop_column('source_id')
        batch_op.drop_column('template_id')

    with op.batch_alter_table('deep_linking_request', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deep_linking_request_user_id'))
        batch_op.drop_index(batch_op.f('ix_deep_linking_request_expires_at'))

    op.drop_table('deep_linking_request')
    op.drop_table('activity_template')
