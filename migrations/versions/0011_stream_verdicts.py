"""the person's verdict beside each stream, where the sums are made"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("streams", sa.Column("verdict", sa.String(), nullable=True))
    op.create_check_constraint(op.f("ck_streams_verdict"), "streams", "verdict IN ('recurring', 'not_recurring')")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_streams_verdict"), "streams")
    op.drop_column("streams", "verdict")
