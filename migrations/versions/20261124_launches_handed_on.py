"""tickets and sessions of frames that keep no cookies."""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('frame_session',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_frame_session'))
    )
    with op.batch_alter_table('frame_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_frame_session_expires_at'), ['expires_at'], unique=False)

    op.create_table('launch_ticket',
    sa.Column('ticket_hash', sa.String(length=64), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('path', sa.String(length=1024), nullable=False),
    sa.Column('stored_hash', sa.String(length=64), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_launch_ticket_registration_id_registration'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['lti_user.id'], name=op.f('fk_launch_ticket_user_id_lti_user')),
    sa.PrimaryKeyConstraint('ticket_hash', name=op.f('pk_launch_ticket'))
    )
    with op.batch_alter_table('launch_ticket', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_launch_ticket_expires_at'), ['expires_at'], unique=False)


def downgrade() -> None:
    op.drop_table('launch_ticket')
    op.drop_table('frame_session')
