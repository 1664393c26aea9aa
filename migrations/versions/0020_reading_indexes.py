"""indexes for what operators and auditors read: a page is read from the index of its order, a count from a narrow one

None is on `users` or `progress`, and none holds a column that the nightly run changes on every person.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

WAITS = sa.text("status IN ('held', 'pending_approval')")


def upgrade() -> None:
    # Records are only ever appended; beside the hash and the link of each, three entries more weigh little. With what
    # else a search asks for: records that are passed over are not read themselves.
    op.create_index("ix_audit_events_actor", "audit_events", ["actor", "event_id"], postgresql_include=["at", "event"])
    op.create_index("ix_audit_events_event", "audit_events", ["event", "event_id"], postgresql_include=["at", "actor"])
    op.create_index("ix_audit_events_day", "audit_events", [sa.text("CAST(timezone('UTC', at) AS date)"), "event_id"])
    # A night writes the criteria of most people anew, and its pages are mostly full: one more entry a row then, some
    # 4 µs beside 8. Without it each list and each count by persona reads all rows, of 1 kB each.
    op.create_index("ix_personas_persona", "personas", ["window_days", "persona", "user_id"])
    # A row for each change of persona, never updated.
    op.create_index(
        "ix_persona_history_changed", "persona_history", ["window_days", "changed_at", "user_id", "change_id"]
    )
    # In the place of one by age alone. It holds what waits and no more, and changes when that begins or ends.
    op.drop_index("ix_recommendations_review", "recommendations")
    op.create_index(
        "ix_recommendations_review",
        "recommendations",
        ["kind", "status", "created_at", "recommendation_id"],
        postgresql_include=["user_id", "expires_on"],
        postgresql_where=WAITS,
    )
    # For the numbers: the rows themselves are some 1,500 bytes wide. A change of status writes all indexes anyway, as
    # two of them hold rows by their status; a change of position none, where its page has room.
    op.create_index(
        "ix_recommendations_counts",
        "recommendations",
        ["kind", "user_id", "status", "expires_on"],
        postgresql_include=["recommendation_id"],
    )
    # One row an upload, never updated.
    op.create_index("ix_uploads_received", "uploads", ["user_id", "received_at"])


def downgrade() -> None:
    op.drop_index("ix_uploads_received", "uploads")
    op.drop_index("ix_recommendations_counts", "recommendations")
    op.drop_index("ix_recommendations_review", "recommendations")
    op.create_index(
        "ix_recommendations_review", "recommendations", ["created_at", "recommendation_id"], postgresql_where=WAITS
    )
    op.drop_index("ix_persona_history_changed", "persona_history")
    op.drop_index("ix_personas_persona", "personas")
    op.drop_index("ix_audit_events_day", "audit_events")
    op.drop_index("ix_audit_events_event", "audit_events")
    op.drop_index("ix_audit_events_actor", "audit_events")
