"""transfers are found from their inflows: no index of the rows that call themselves so is needed"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_transactions_transfer", table_name="transactions")


def downgrade() -> None:
    op.create_index(
        "ix_transactions_transfer", "transactions", ["user_id"], postgresql_where=sa.text("is_transfer_like")
    )
