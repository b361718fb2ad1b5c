"""A cycle has a kind: a whole one, or a push (LS8)."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("cycle", sa.Column("kind", sa.Text(), nullable=False, server_default="cycle"))


def downgrade() -> None:
    op.drop_column("cycle", "kind")
