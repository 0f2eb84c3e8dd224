"""first tables."""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('registration',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('issuer', sa.String(length=1024), nullable=False),
    sa.Column('client_id', sa.String(length=255), nullable=False),
    sa.Column('auth_url', sa.String(length=1024), nullable=False),
    sa.Column('token_url', sa.String(length=1024), nullable=False),
    sa.Column('jwks_url', sa.String(length=1024), nullable=False),
    sa.Column('auth_audience', sa.String(length=1024), nullable=True),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration')),
    sa.UniqueConstraint('issuer', 'client_id', name=op.f('uq_registration_issuer_client_id'))
    )
    op.create_table('access_token',
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('scopes', sa.String(length=1024), nullable=False),
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_access_token_registration_id_registration'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('registration_id', 'scopes', name=op.f('pk_access_token'))
    )
    op.create_table('deployment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('deployment_id_on_platform', sa.String(length=255), nullable=False),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_deployment_registration_id_registration'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deployment')),
    sa.UniqueConstraint('registration_id', 'deployment_id_on_platform', name=op.f('uq_deployment_registration_id_deployment_id_on_platform'))
    )
    op.create_table('launch_record',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=True),
    sa.Column('deployment_id_on_platform', sa.String(length=255), nullable=True),
    sa.Column('message_type', sa.String(length=64), nullable=True),
    sa.Column('outcome', sa.String(length=32), nullable=False),
    sa.Column('check', sa.String(length=64), nullable=True),
    sa.Column('explanation', sa.String(length=1024), nullable=True),
    sa.Column('reference', sa.String(length=16), nullable=True),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_launch_record_registration_id_registration'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_launch_record'))
    )
    with op.batch_alter_table('launch_record', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_launch_record_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_launch_record_reference'), ['reference'], unique=False)
        batch_op.create_index(batch_op.f('ix_launch_record_registration_id_launch_record_at'), ['registration_id', 'at'], unique=False)

    op.create_table('login',
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('browser_hash', sa.String(length=64), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('deployment_id_on_platform', sa.String(length=255), nullable=True),
    sa.Column('target_link_uri', sa.String(length=2048), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_login_registration_id_registration'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('state', name=op.f('pk_login'))
    )
    with op.batch_alter_table('login', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_login_expires_at'), ['expires_at'], unique=False)

    op.create_table('lti_user',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('sub', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('locale', sa.String(length=35), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_lti_user_registration_id_registration')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lti_user')),
    sa.UniqueConstraint('registration_id', 'sub', name=op.f('uq_lti_user_registration_id_sub'))
    )
    op.create_table('context',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('deployment_id', sa.Integer(), nullable=False),
    sa.Column('context_id_on_platform', sa.String(length=300), nullable=False),
    sa.Column('label', sa.String(length=255), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['deployment_id'], ['deployment.id'], name=op.f('fk_context_deployment_id_deployment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_context')),
    sa.UniqueConstraint('deployment_id', 'context_id_on_platform', name=op.f('uq_context_deployment_id_context_id_on_platform'))
    )
    op.create_table('activity',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('context_id', sa.Integer(), nullable=False),
    sa.Column('resource_link_id_on_platform', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('settings', sa.JSON(), nullable=False),
    sa.Column('rule_version', sa.Integer(), nullable=False),
    sa.Column('epoch', sa.Integer(), nullable=False),
    sa.Column('line_item_url', sa.String(length=2048), nullable=True),
    sa.Column('line_items_url', sa.String(length=2048), nullable=True),
    sa.Column('ags_scopes', sa.String(length=1024), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['context_id'], ['context.id'], name=op.f('fk_activity_context_id_context')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activity')),
    sa.UniqueConstraint('context_id', 'resource_link_id_on_platform', name=op.f('uq_activity_context_id_resource_link_id_on_platform'))
    )
    op.create_table('membership',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('context_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=32), nullable=False),
    sa.Column('is_test_user', sa.Boolean(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['context_id'], ['context.id'], name=op.f('fk_membership_context_id_context')),
    sa.ForeignKeyConstraint(['user_id'], ['lti_user.id'], name=op.f('fk_membership_user_id_lti_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_membership')),
    sa.UniqueConstraint('context_id', 'user_id', name=op.f('uq_membership_context_id_user_id'))
    )
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_membership_user_id'), ['user_id'], unique=False)

    op.create_table('completion',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('activity_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('epoch', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('required', sa.Integer(), nullable=False),
    sa.Column('rule_version', sa.Integer(), nullable=False),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('done >= 0 AND required >= 1', name=op.f('ck_completion_counts')),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_completion_activity_id_activity')),
    sa.ForeignKeyConstraint(['user_id'], ['lti_user.id'], name=op.f('fk_completion_user_id_lti_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_completion')),
    sa.UniqueConstraint('activity_id', 'user_id', 'epoch', name=op.f('uq_completion_activity_id_user_id_epoch'))
    )
    with op.batch_alter_table('completion', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_completion_user_id'), ['user_id'], unique=False)

    op.create_table('fact',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('activity_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('epoch', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_fact_activity_id_activity')),
    sa.ForeignKeyConstraint(['user_id'], ['lti_user.id'], name=op.f('fk_fact_user_id_lti_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fact')),
    sa.UniqueConstraint('activity_id', 'user_id', 'epoch', 'kind', 'subject_id', name=op.f('uq_fact_activity_id_user_id_epoch_kind_subject_id'))
    )
    with op.batch_alter_table('fact', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_fact_user_id'), ['user_id'], unique=False)

    op.create_table('journal_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('activity_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('epoch', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('editor_id', sa.String(length=36), nullable=False),
    sa.Column('editor_sequence', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_journal_entry_activity_id_activity')),
    sa.ForeignKeyConstraint(['user_id'], ['lti_user.id'], name=op.f('fk_journal_entry_user_id_lti_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal_entry'))
    )
    with op.batch_alter_table('journal_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_journal_entry_activity_id_journal_entry_user_id_journal_entry_epoch'), ['activity_id', 'user_id', 'epoch'], unique=False)
        batch_op.create_index('uq_journal_entry_one_draft', ['activity_id', 'user_id'], unique=True, sqlite_where=sa.text("state = 'draft'"), postgresql_where=sa.text("state = 'draft'"))

    op.create_table('score_delivery',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('activity_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('epoch', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('reason', sa.String(length=32), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('timestamp', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answer_status', sa.Integer(), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_score_delivery_activity_id_activity')),
    sa.ForeignKeyConstraint(['user_id'], ['lti_user.id'], name=op.f('fk_score_delivery_user_id_lti_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_score_delivery')),
    sa.UniqueConstraint('activity_id', 'user_id', 'epoch', name=op.f('uq_score_delivery_activity_id_user_id_epoch'))
    )
    with op.batch_alter_table('score_delivery', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_score_delivery_state_score_delivery_due_at'), ['state', 'due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_score_delivery_user_id'), ['user_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('score_delivery', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_score_delivery_user_id'))
        batch_op.drop_index(batch_op.f('ix_score_delivery_state_score_delivery_due_at'))

    op.drop_table('score_delivery')
    with op.batch_alter_table('journal_entry', schema=None) as batch_op:
        batch_op.drop_index('uq_journal_entry_one_draft', sqlite_where=sa.text("state = 'draft'"), postgresql_where=sa.text("state = 'draft'"))
        batch_op.drop_index(batch_op.f('ix_journal_entry_activity_id_journal_entry_user_id_journal_entry_epoch'))

    op.drop_table('journal_entry')
    with op.batch_alter_table('fact', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_fact_user_id'))

    op.drop_table('fact')
    with op.batch_alter_table('completion', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_completion_user_id'))

    op.drop_table('completion')
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_membership_user_id'))

    op.drop_table('membership')
    op.drop_table('activity')
    op.drop_table('context')
    op.drop_table('lti_user')
    with op.batch_alter_table('login', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_login_expires_at'))

    op.drop_table('login')
    with op.batch_alter_table('launch_record', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_launch_record_registration_id_launch_record_at'))
        batch_op.drop_index(batch_op.f('ix_launch_record_reference'))
        batch_op.drop_index(batch_op.f('ix_launch_record_at'))

    op.drop_table('launch_record')
    op.drop_table('deployment')
    op.drop_table('access_token')
    op.drop_table('registration')
