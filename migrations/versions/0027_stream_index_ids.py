"""the index in which streams are looked for holds the ids too: packing a group read each of its rows for them"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

NAME = "ix_transactions_stream"


def upgrade() -> None:
    op.drop_index(NAME, table_name="transactions")
    _create(["kind", "pending", "purpose", "transaction_id"])


def downgrade() -> None:
    op.drop_index(NAME, table_name="transactions")
    _create(["kind", "pending", "purpose"])


def _create(included: list[str]) -> None:
    op.create_index(
        NAME,
        "transactions",
        ["user_id", "counterparty_key", sa.text("(amount_cents < 0)"), "amount_cents", "date"],
        postgresql_include=included,
        postgresql_where=sa.text("counterparty_key IS NOT NULL"),
    )
