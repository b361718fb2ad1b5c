"""Contents and identities are compared as they are, without digests; a page that is shown again is recognised (LS5).

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("content", "digest")
    op.drop_column("identity", "digest")
    op.add_column("cursor", sa.Column("page_mark", sa.Text))
    op.add_column("cursor", sa.Column("page_seen", sa.Text))


def downgrade() -> None:
    for table in ("content", "identity"):  # empty: all that is shown again is then stored again, once
        op.add_column(table, sa.Column("digest", sa.Text, nullable=False, server_default=""))
    op.drop_column("cursor", "page_mark")
    op.drop_column("cursor", "page_seen")
