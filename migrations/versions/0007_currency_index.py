"""an index of currencies: rows in another one than the person's are found without reading the others"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_transactions_currency", "transactions", ["user_id", "currency"])


def downgrade() -> None:
    op.drop_index("ix_transactions_currency", table_name="transactions")
