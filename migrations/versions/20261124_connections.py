"""invites, sign-in links of the operator, and what the connections pages show."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('admin_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('signed_in_until', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_admin_link')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_admin_link_token_hash'))
    )
    op.create_table('invite',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('is_confirmed', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('registration_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_invite_registration_id_registration'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invite')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invite_token_hash'))
    )
    with op.batch_alter_table('launch_record', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_launch_record_registration_id_launch_record_at'))
        batch_op.create_index(batch_op.f('ix_launch_record_registration_id_launch_record_id'), ['registration_id', 'id'], unique=False)
        batch_op.create_index('ix_launch_record_registration_outcome_at', ['registration_id', 'outcome', 'at'], unique=False)

    with op.batch_alter_table('launch_ticket', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_admin', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('is_masquerade', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('may_count', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_launch_ticket_may_count_lti_user'), 'lti_user', ['may_count'], ['id'])

    # Never made anew: SQLite would empty the tables that refer to it.
    with op.batch_alter_table('registration', schema=None, recreate='never') as batch_op:
        batch_op.add_column(sa.Column('made', sa.String(length=32), nullable=False, server_default='by_hand'))
        batch_op.add_column(sa.Column('product_family', sa.String(length=64), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('scopes', sa.String(length=2048), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('cut', sa.String(length=2048), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('other_origins', sa.String(length=1024), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('last_score_at', sa.DateTime(timezone=True), nullable=True))

    # Canvas keeps its services on a host of each school, which issuer and addresses do not name.
    op.execute(
        "UPDATE registration SET other_origins = 'https://*.instructure.com' WHERE issuer IN"
        " ('https://canvas.instructure.com', 'https://canvas.beta.instructure.com', 'https://canvas.test.instructure.com')"
    )


def downgrade() -> None:
    # What was not let in stays out, in words that the older code knows.
    op.execute("UPDATE registration SET status = 'disabled' WHERE status = 'pending'")
    op.execute("UPDATE deployment SET status = 'pending' WHERE status = 'rejected'")
    with op.batch_alter_table('registration', schema=None, recreate='never') as batch_op:
        batch_op.drop_column('last_score_at')
        batch_op.drop_column('other_origins')
        batch_op.drop_column('cut')
        batch_op.drop_column('scopes')
        batch_op.drop_column('product_family')
        batch_op.drop_column('made')

    with op.batch_alter_table('launch_ticket', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_launch_ticket_may_count_lti_user'), type_='foreignkey')
        batch_op.drop_column('may_count')
        batch_op.drop_column('is_masquerade')
        batch_op.drop_column('is_admin')

    with op.batch_alter_table('launch_record', schema=None) as batch_op:
        batch_op.drop_index('ix_launch_record_registration_outcome_at')
        batch_op.drop_index(batch_op.f('ix_launch_record_registration_id_launch_record_id'))
        batch_op.create_index(batch_op.f('ix_launch_record_registration_id_launch_record_at'), ['registration_id', 'at'], unique=False)

    op.drop_table('invite')
    op.drop_table('admin_link')
