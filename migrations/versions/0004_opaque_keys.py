"""opaque keys: whether a name says nothing now stands in the lowest bit of its key"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("transactions", "is_opaque")


def downgrade() -> None:
    op.add_column("transactions", sa.Column("is_opaque", sa.Boolean(), server_default="false", nullable=False))
    op.alter_column("transactions", "is_opaque", server_default=None)
