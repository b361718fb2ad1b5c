"""Ids that name another content than before (OB13), in SQL: which content that is, and what refers to it."""

from typing import Any

import sqlalchemy as sa

from crawler.store.dialect import fixed
from crawler.store.schema import CONTENT

NEXT = CONTENT.c.incarnation + fixed(1)
"""The incarnation of the content that takes an id over."""


def shown(name: str) -> sa.ColumnElement[Any]:
    """A column as the row has it that an upsert brings."""
    return sa.literal_column(f"excluded.{name}")


def differs(name: str) -> sa.ColumnElement[bool]:
    """Whether a content's column is not as it is shown now."""
    return CONTENT.c[name].is_distinct_from(shown(name))


def is_another() -> sa.ColumnElement[bool]:
    """Whether what an upsert brings is another content than the one that had its id.

    After a deletion it is, unless author and creation date are the same. Without one, which we know only of our own, it
    is where neither author nor date nor body say that it is the same; and if no entry created it, whose author, date
    or body a partner may change (PU11), where the date is another and the author or the body as well.
    """
    author, date, body = CONTENT.c.author_id, CONTENT.c.created_at, CONTENT.c.body
    other_author, other_date = author != shown("author_id"), date != shown("created_at")
    nothing_same = sa.and_(other_author, sa.not_(_same(date)), sa.not_(_same(body)))
    return sa.case(
        (sa.and_(author == shown("author_id"), date == shown("created_at")), sa.false()),  # the usual, quickly
        (CONTENT.c.deleted_at.is_not(None), sa.or_(differs("author_id"), differs("created_at"))),
        else_=sa.or_(
            nothing_same,
            sa.and_(CONTENT.c.content_id.is_(None), other_date, sa.or_(other_author, differs("body"))),
        ),
    )


def _same(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """Whether a content's column is there, and shown as it is."""
    return sa.func.coalesce(column == shown(column.name), sa.false())


def means(referred: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether a content that names the id of `referred` means it: not if it was known before that took the id over."""
    return sa.or_(referred.c.incarnation == fixed(0), CONTENT.c.imported_at >= referred.c.imported_at)


def means_an_earlier_one(column: sa.Column[Any], of: str | sa.Column[Any]) -> sa.ColumnElement[bool]:
    """Whether the id in a content's column, of an object, is that of another content by now."""
    referred = CONTENT.alias()
    own = (referred.c.source_id == CONTENT.c.source_id, referred.c.object == of, referred.c.foreign_id == column)
    return sa.exists().where(*own, sa.not_(means(referred)))
