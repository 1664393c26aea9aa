"""the life of recommendations, change by change; a trace's digest"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

REASONS = (
    *("chosen", "awaits_approval", "text_failed", "text_failed_later", "time_over", "trigger_gone", "figure_unknown"),
    *("not_eligible", "rulebook_changed", "other_came_first", "consent_ended", "dismissed", "text_checked"),
    *("wrong_figure", "unclear_text", "unsuitable", "person_asked", "compliance", "other", "before_records"),
)
MOVES = """
    CASE COALESCE(from_status, 'new')
    WHEN 'new' THEN to_status IN ('held', 'pending_approval', 'active')
    WHEN 'active' THEN to_status IN ('held', 'dismissed', 'superseded', 'expired', 'overridden')
    WHEN 'held' THEN to_status IN ('active', 'rejected', 'superseded', 'expired', 'overridden')
    WHEN 'pending_approval' THEN to_status IN ('active', 'rejected', 'superseded', 'expired', 'overridden')
    ELSE false END
"""


def upgrade() -> None:
    reasons = ", ".join(f"'{reason}'" for reason in REASONS)
    op.create_table(
        "recommendation_events",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("recommendation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("from_status", sa.String(), nullable=True),
        sa.Column("to_status", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=True),
        sa.CheckConstraint(f"reason_code IN ({reasons})", name=op.f("ck_recommendation_events_reason_code")),
        sa.CheckConstraint(MOVES, name=op.f("ck_recommendation_events_move")),
        sa.ForeignKeyConstraint(
            ["user_id", "recommendation_id"],
            ["recommendations.user_id", "recommendations.recommendation_id"],
            name=op.f("fk_recommendation_events_recommendations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "event_id", name=op.f("pk_recommendation_events")),
    )
    # What there is begins its record too: live as it is, or active and ended.
    op.execute(
        "INSERT INTO recommendation_events"
        " (user_id, recommendation_id, at, actor, from_status, to_status, reason_code, detail)"
        " SELECT user_id, recommendation_id, created_at, 'migration', NULL,"
        " CASE WHEN status IN ('held', 'pending_approval') THEN status ELSE 'active' END, 'before_records', NULL"
        " FROM recommendations"
    )
    op.execute(
        "INSERT INTO recommendation_events"
        " (user_id, recommendation_id, at, actor, from_status, to_status, reason_code, detail)"
        " SELECT user_id, recommendation_id, COALESCE(ended_at, created_at), 'migration', 'active', status,"
        " 'before_records', status_reason"
        " FROM recommendations WHERE status IN ('superseded', 'expired', 'overridden', 'dismissed')"
    )
    op.create_index("ix_recommendations_recommendation_id", "recommendations", ["recommendation_id"])
    op.add_column("traces", sa.Column("digest", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("traces", "digest")
    op.drop_index("ix_recommendations_recommendation_id", "recommendations")
    op.drop_table("recommendation_events")
