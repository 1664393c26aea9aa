"""an index in the order in which streams are looked for"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_transactions_stream",
        "transactions",
        ["user_id", "counterparty_key", sa.text("(amount_cents < 0)"), "amount_cents", "date"],
        postgresql_include=["kind", "pending", "purpose"],
        postgresql_where=sa.text("counterparty_key IS NOT NULL"),
    )
    op.drop_index("ix_transactions_counterparty", table_name="transactions")


def downgrade() -> None:
    op.create_index(
        "ix_transactions_counterparty",
        "transactions",
        ["user_id", "counterparty_key", "date"],
        postgresql_include=["amount_cents", "kind", "pending"],
        postgresql_where=sa.text("counterparty_key IS NOT NULL"),
    )
    op.drop_index("ix_transactions_stream", table_name="transactions")
