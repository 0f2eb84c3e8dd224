"""logins without rows: the launch log says which were used."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('login', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_login_expires_at'))

    op.drop_table('login')
    with op.batch_alter_table('launch_record', schema=None) as batch_op:
        batch_op.add_column(sa.Column('login_id', sa.String(length=32), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_launch_record_login_id'), ['login_id'])


def downgrade() -> None:
    with op.batch_alter_table('launch_record', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_launch_record_login_id'), type_='unique')
        batch_op.drop_column('login_id')

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
