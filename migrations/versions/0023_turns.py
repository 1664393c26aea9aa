"""what is paid in turn names its turn, and a loan's interest is a part of it: names and kinds are read anew"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("progress", "naming_version", server_default="4")


def downgrade() -> None:
    op.alter_column("progress", "naming_version", server_default="3")
