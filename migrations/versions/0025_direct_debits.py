"""direct debits, fees and the money beside them, Japanese months: names, kinds and purposes are read anew"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("progress", "naming_version", server_default="5")


def downgrade() -> None:
    op.alter_column("progress", "naming_version", server_default="4")
