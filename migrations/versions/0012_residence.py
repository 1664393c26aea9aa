"""where a person lives, as they say it"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("state", sa.String(), nullable=True))
    op.create_check_constraint(op.f("ck_users_state"), "users", "state ~ '^[A-Z]{2}$'")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_users_state"), "users")
    op.drop_column("users", "state")
