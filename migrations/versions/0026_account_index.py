"""an index of transactions by account: when a person with very many accounts is erased, each account looks for its rows

Without it each looks through all of the person's: 100,000 accounts with a row each took longer than anybody waits. The
rows of an account share their entry's key, so that the index has some ten bytes a row.
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_transactions_account", "transactions", ["user_id", "account_id"])


def downgrade() -> None:
    op.drop_index("ix_transactions_account", table_name="transactions")
