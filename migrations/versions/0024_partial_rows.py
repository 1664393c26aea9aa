"""what a row, a balance or a removal said of itself, so that payloads in any order give the same rows

Rows of before count as full ones, which gave their own state and currency; balances of before as of no known time.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

FLAGS = (
    ("transactions", "is_partial"),
    ("transactions", "is_pending_assumed"),
    ("transactions", "is_currency_assumed"),
    ("removed_transactions", "is_superseded"),
)


def upgrade() -> None:
    for table, name in FLAGS:
        op.add_column(table, sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("balances", sa.Column("observed_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_transactions_partial",
        "transactions",
        ["user_id", "transaction_id"],
        postgresql_where=sa.text("is_partial"),
    )
    op.execute("GRANT UPDATE (is_superseded) ON removed_transactions TO spendsense_consumer, spendsense_job")


def downgrade() -> None:
    op.execute("REVOKE UPDATE (is_superseded) ON removed_transactions FROM spendsense_consumer, spendsense_job")
    op.drop_index("ix_transactions_partial", table_name="transactions")
    op.drop_column("balances", "observed_at")
    for table, name in reversed(FLAGS):
        op.drop_column(table, name)
