"""indexes that find a transfer and its other side"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_transactions_transfer", "transactions", ["user_id"], postgresql_where=sa.text("is_transfer_like")
    )
    op.create_index("ix_transactions_amount", "transactions", ["user_id", "amount_cents", "date"])


def downgrade() -> None:
    op.drop_index("ix_transactions_amount", table_name="transactions")
    op.drop_index("ix_transactions_transfer", table_name="transactions")
