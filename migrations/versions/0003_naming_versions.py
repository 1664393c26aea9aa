"""naming versions

Whose rows were named before this is in version 1: their names are read anew when the person is next measured.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("progress", sa.Column("naming_version", sa.Integer(), server_default="1", nullable=False))
    op.alter_column("progress", "naming_version", server_default="2")


def downgrade() -> None:
    op.drop_column("progress", "naming_version")
