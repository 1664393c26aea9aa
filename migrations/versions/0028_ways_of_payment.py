"""how it was paid is read beside a merchant's name: purposes are read anew"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("progress", "naming_version", server_default="6")


def downgrade() -> None:
    op.alter_column("progress", "naming_version", server_default="5")
