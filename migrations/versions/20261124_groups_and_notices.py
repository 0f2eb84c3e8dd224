"""groups of a course, and notices of its copies."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('taken_notice',
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_taken_notice_registration_id_registration'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('registration_id', 'nonce', name=op.f('pk_taken_notice'))
    )
    with op.batch_alter_table('taken_notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_taken_notice_expires_at'), ['expires_at'], unique=False)

    op.create_table('context_copy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('deployment_id', sa.Integer(), nullable=False),
    sa.Column('context_id_on_platform', sa.String(length=300), nullable=False),
    sa.Column('origin_id_on_platform', sa.String(length=300), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['deployment_id'], ['deployment.id'], name=op.f('fk_context_copy_deployment_id_deployment'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_context_copy')),
    sa.UniqueConstraint('deployment_id', 'context_id_on_platform', 'origin_id_on_platform', name=op.f('uq_context_copy_deployment_id_context_id_on_platform_origin_id_on_platform'))
    )
    op.create_table('notice_handler',
    sa.Column('deployment_id', sa.Integer(), nullable=False),
    sa.Column('notice_type', sa.String(length=64), nullable=False),
    sa.Column('service_url', sa.String(length=2048), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(length=32), nullable=True),
    sa.ForeignKeyConstraint(['deployment_id'], ['deployment.id'], name=op.f('fk_notice_handler_deployment_id_deployment'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice_handler')),
    sa.UniqueConstraint('deployment_id', 'notice_type', name=op.f('uq_notice_handler_deployment_id_notice_type'))
    )
    with op.batch_alter_table('notice_handler', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notice_handler_due_at'), ['due_at'], unique=False)

    op.create_table('course_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('context_id', sa.Integer(), nullable=False),
    sa.Column('group_id_on_platform', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('set_name', sa.String(length=255), nullable=False),
    sa.ForeignKeyConstraint(['context_id'], ['context.id'], name=op.f('fk_course_group_context_id_context')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course_group')),
    sa.UniqueConstraint('context_id', 'group_id_on_platform', name=op.f('uq_course_group_context_id_group_id_on_platform'))
    )
    op.create_table('group_pull',
    sa.Column('context_id', sa.Integer(), nullable=False),
    sa.Column('groups_url', sa.String(length=2048), nullable=False),
    sa.Column('sets_url', sa.String(length=2048), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(length=32), nullable=True),
    sa.ForeignKeyConstraint(['context_id'], ['context.id'], name=op.f('fk_group_pull_context_id_context')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_group_pull')),
    sa.UniqueConstraint('context_id', name=op.f('uq_group_pull_context_id'))
    )
    with op.batch_alter_table('group_pull', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_group_pull_due_at'), ['due_at'], unique=False)

    op.create_table('group_membership',
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('membership_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['course_group.id'], name=op.f('fk_group_membership_group_id_course_group'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['membership_id'], ['membership.id'], name=op.f('fk_group_membership_membership_id_membership'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('group_id', 'membership_id', name=op.f('pk_group_membership'))
    )
    with op.batch_alter_table('group_membership', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_group_membership_membership_id'), ['membership_id'], unique=False)

    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.add_column(sa.Column('told_groups', sa.Text(), server_default='', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('group_membership', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_group_membership_membership_id'))

    op.drop_table('group_membership')
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.drop_column('told_groups')

    with op.batch_alter_table('group_pull', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_group_pull_due_at'))

    op.drop_table('group_pull')
    op.drop_table('course_group')
    with op.batch_alter_table('notice_handler', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_notice_handler_due_at'))

    op.drop_table('notice_handler')
    op.drop_table('context_copy')
    with op.batch_alter_table('taken_notice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_taken_notice_expires_at'))

    op.drop_table('taken_notice')
