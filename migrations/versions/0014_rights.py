"""people's corrections, notices before a consent ends, and an audit that knows people by a pseudonym"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("transaction_id", sa.String(collation="C"), nullable=False),
        sa.Column("correction_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("category_primary", sa.String(), nullable=False),
        sa.Column("category_detailed", sa.String(), nullable=True),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_corrections_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "transaction_id", name=op.f("pk_corrections")),
    )
    op.create_table(
        "consent_notices",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("days_before", sa.SmallInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose IN ('analysis', 'offers')", name=op.f("ck_consent_notices_purpose")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_consent_notices_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "purpose", "expires_at", "days_before", name=op.f("pk_consent_notices")),
    )
    op.add_column(
        "users", sa.Column("audit_subject", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)
    )
    op.create_unique_constraint(op.f("uq_users_audit_subject"), "users", ["audit_subject"])
    op.add_column("audit_events", sa.Column("subject", sa.Uuid(), nullable=True))
    op.execute(PSEUDONYMS)
    op.drop_column("audit_events", "user_id")
    op.create_index(op.f("ix_audit_events_subject"), "audit_events", ["subject"])


def downgrade() -> None:
    """The ids of people who are gone stay unknown: that is what the pseudonym is for."""
    op.drop_index(op.f("ix_audit_events_subject"), table_name="audit_events")
    op.add_column("audit_events", sa.Column("user_id", sa.Uuid(), nullable=True))
    op.execute(
        "UPDATE audit_events SET user_id = users.user_id FROM users WHERE users.audit_subject = audit_events.subject"
    )
    op.drop_column("audit_events", "subject")
    op.drop_constraint(op.f("uq_users_audit_subject"), "users")
    op.drop_column("users", "audit_subject")
    op.drop_table("consent_notices")
    op.drop_table("corrections")


# People who are erased already get a pseudonym too, one each.
PSEUDONYMS = """
UPDATE audit_events SET subject = known.subject
FROM (
    SELECT mentioned.user_id, COALESCE(users.audit_subject, gen_random_uuid()) AS subject
    FROM (SELECT DISTINCT user_id FROM audit_events WHERE user_id IS NOT NULL) AS mentioned
    LEFT JOIN users USING (user_id)
) AS known
WHERE audit_events.user_id = known.user_id
"""
