"""codes that nothing announces are no part of a name: names are read anew"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("progress", "naming_version", server_default="3")


def downgrade() -> None:
    op.alter_column("progress", "naming_version", server_default="2")
