"""names that came with a merchant's id"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counterparty_names",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name_key", sa.BigInteger(), nullable=False),
        sa.Column("counterparty_key", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_counterparty_names_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "name_key", "counterparty_key", name=op.f("pk_counterparty_names")),
    )


def downgrade() -> None:
    op.drop_table("counterparty_names")
