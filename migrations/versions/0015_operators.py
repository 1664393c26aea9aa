"""what operators do: more of each action, flags, undo; indexes for their lists"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

REASONS = (
    *("chosen", "awaits_approval", "text_failed", "text_failed_later", "time_over", "trigger_gone", "figure_unknown"),
    *("not_eligible", "rulebook_changed", "other_came_first", "consent_ended", "dismissed", "text_checked"),
    *("wrong_figure", "unclear_text", "unsuitable", "person_asked", "compliance", "other", "before_records"),
)
ACTIONS = ("approve", "reject", "override", "flag", "unflag", "note", "undo")
PERSON_REASONS = ("vulnerable", "complaint", "wrong_data", "resolved", "person_asked", "compliance", "other")
ACTION_REASONS = (
    *("text_checked", "wrong_figure", "unclear_text", "unsuitable", "person_asked", "compliance", "other"),
    *("vulnerable", "complaint", "wrong_data", "resolved", "mistake"),
)
MOVES = """
    CASE COALESCE(from_status, 'new')
    WHEN 'new' THEN to_status IN ('held', 'pending_approval', 'active')
    WHEN 'active' THEN to_status IN ('held', 'dismissed', 'superseded', 'expired', 'overridden')
    WHEN 'held' THEN to_status IN ('active', 'rejected', 'superseded', 'expired', 'overridden')
    WHEN 'pending_approval' THEN to_status IN ('active', 'rejected', 'superseded', 'expired', 'overridden')
    ELSE false END
"""
MOVES_WITH_UNDO = f"""
    CASE
    WHEN reason_code = 'undone' THEN CASE from_status
    WHEN 'active' THEN to_status IN ('held', 'pending_approval', 'overridden')
    WHEN 'rejected' THEN to_status IN ('held', 'pending_approval')
    WHEN 'overridden' THEN to_status IN ('held', 'pending_approval', 'active')
    ELSE false END
    ELSE {MOVES} END
"""


def upgrade() -> None:
    _put_checks((*REASONS, "undone"), MOVES_WITH_UNDO)
    op.add_column(
        "operator_actions",
        sa.Column("note_salt", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
    )
    for name in ("replacement_id", "undoes"):
        op.add_column("operator_actions", sa.Column(name, sa.Uuid(), nullable=True))
    for name in ("from_status", "to_status"):
        op.add_column("operator_actions", sa.Column(name, sa.String(), nullable=True))
    op.create_check_constraint(op.f("ck_operator_actions_action"), "operator_actions", _one_of("action", ACTIONS))
    op.create_check_constraint(
        op.f("ck_operator_actions_reason_code"), "operator_actions", _one_of("reason_code", ACTION_REASONS)
    )
    op.create_index("ix_operator_actions_action_id", "operator_actions", ["action_id"])
    op.create_index(
        "uq_operator_actions_undoes",
        "operator_actions",
        ["user_id", "undoes"],
        unique=True,
        postgresql_where=sa.text("undoes IS NOT NULL"),
    )
    op.create_table(
        "flags",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(_one_of("reason_code", PERSON_REASONS), name=op.f("ck_flags_reason_code")),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_flags_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_flags")),
    )
    op.create_index("ix_users_email_prefix", "users", ["email"], postgresql_ops={"email": "text_pattern_ops"})
    op.create_index(
        "ix_recommendations_review",
        "recommendations",
        ["created_at", "recommendation_id"],
        postgresql_where=sa.text("status IN ('held', 'pending_approval')"),
    )


def downgrade() -> None:
    """What was taken back stays as it stands; the steps that took it back go, for the check before knew none."""
    op.drop_index("ix_recommendations_review", "recommendations")
    op.drop_index("ix_users_email_prefix", "users")
    op.drop_table("flags")
    op.drop_index("uq_operator_actions_undoes", "operator_actions")
    op.drop_index("ix_operator_actions_action_id", "operator_actions")
    op.drop_constraint(op.f("ck_operator_actions_reason_code"), "operator_actions")
    op.drop_constraint(op.f("ck_operator_actions_action"), "operator_actions")
    for name in ("to_status", "from_status", "undoes", "replacement_id", "note_salt"):
        op.drop_column("operator_actions", name)
    op.execute("DELETE FROM recommendation_events WHERE reason_code = 'undone'")
    _put_checks(REASONS, MOVES)


def _put_checks(reasons: tuple[str, ...], moves: str) -> None:
    for name in ("ck_recommendation_events_reason_code", "ck_recommendation_events_move"):
        op.drop_constraint(op.f(name), "recommendation_events")
    op.create_check_constraint(
        op.f("ck_recommendation_events_reason_code"), "recommendation_events", _one_of("reason_code", reasons)
    )
    op.create_check_constraint(op.f("ck_recommendation_events_move"), "recommendation_events", moves)


def _one_of(column: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"
