"""answers kept for a request that comes again, and how fast somebody asks"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_answers",
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("caller_id", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["caller_id"], ["users.user_id"], name=op.f("fk_kept_answers_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_kept_answers")),
    )
    op.create_index(op.f("ix_kept_answers_caller_id"), "kept_answers", ["caller_id"])
    op.create_index(op.f("ix_kept_answers_at"), "kept_answers", ["at"])
    op.create_table(
        "request_rates",
        sa.Column("subject_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("is_refused", sa.Boolean(), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject_hash", name=op.f("pk_request_rates")),
        prefixes=["UNLOGGED"],
        postgresql_with={"fillfactor": "50"},
    )


def downgrade() -> None:
    op.drop_table("request_rates")
    op.drop_table("kept_answers")
