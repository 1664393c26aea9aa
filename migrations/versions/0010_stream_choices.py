"""what people say of their streams"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stream_choices",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("counterparty_key", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("plan", sa.SmallInteger(), nullable=False),
        sa.Column("cadence", sa.String(), nullable=False),
        sa.Column("transaction_ids", postgresql.ARRAY(sa.String(collation="C")), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("same_as", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('recurring', 'not_recurring')", name=op.f("ck_stream_choices_verdict")),
        sa.CheckConstraint("same_as <> stream_id", name=op.f("ck_stream_choices_same_as")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_stream_choices_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "stream_id", name=op.f("pk_stream_choices")),
    )
    op.create_index(
        "uq_stream_choices_plan", "stream_choices", ["user_id", "counterparty_key", "direction", "plan"], unique=True
    )


def downgrade() -> None:
    op.drop_table("stream_choices")
