"""no product family: nothing asked for it after the registration."""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('registration', schema=None) as batch_op:
        batch_op.drop_column('product_family')


def downgrade() -> None:
    # What it was is not known any more, as for a platform that was connected by hand.
    with op.batch_alter_table('registration', schema=None) as batch_op:
        batch_op.add_column(sa.Column('product_family', sa.String(length=64), nullable=False, server_default=''))
