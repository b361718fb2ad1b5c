"""An id that a partner gives again names another content (OB13); a cycle has a kind; no name holds a secret.

What is stored by now is the first content of its id, as far as anybody knows, and the one that pending entries mean.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

from crawler.protocol.uri import showable

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

REFERENCES = ("target", "thread", "in_reply_to")


def upgrade() -> None:
    op.add_column("content", sa.Column("incarnation", sa.Integer, nullable=False, server_default="0"))
    for name in REFERENCES:
        incarnation = sa.Column(f"{name}_incarnation", sa.Integer)
        op.add_column("outbox", incarnation)
        outbox = sa.table("outbox", sa.column(f"{name}_id"), sa.column(incarnation.name))
        op.execute(outbox.update().where(outbox.c[f"{name}_id"].is_not(None)).values({incarnation.name: 0}))
    op.add_column("cycle", sa.Column("kind", sa.Text, nullable=False, server_default="cycle"))
    source = sa.table("source", *(sa.column(name) for name in ("id", "name", "base_uri")))
    for its_id, name, uri in op.get_bind().execute(sa.select(source).where(source.c.base_uri.contains("="))).fetchall():
        named = showable(name) if name == uri else name  # by its URL
        op.execute(source.update().where(source.c.id == its_id).values(name=named, base_uri=showable(uri)))


def downgrade() -> None:
    op.drop_column("cycle", "kind")
    for name in REFERENCES:
        op.drop_column("outbox", f"{name}_incarnation")
    op.drop_column("content", "incarnation")
