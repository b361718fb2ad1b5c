"""Bringing a database to the newest schema, with alembic's migrations."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, StaticPool

from crawler.errors import DatabaseUnavailable
from crawler.store.database import too_new
from crawler.store.sqlite import SQLite

if TYPE_CHECKING:
    from crawler.store.postgresql import PostgreSQL


@contextmanager
def connected(backend: "SQLite | PostgreSQL", begin: str) -> Iterator[sa.Connection]:
    """A transaction of SQLAlchemy's at a database: committed at the end, rolled back by an exception.

    Raises the driver's errors.
    """
    engine = (
        sa.create_engine("sqlite://", creator=lambda: backend.connection, poolclass=StaticPool)
        if isinstance(backend, SQLite) and backend.in_memory
        else sa.create_engine(f"{backend.dialect}://", creator=backend.connect, poolclass=NullPool)
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise (error.orig or error) from error


def upgrade(backend: "SQLite | PostgreSQL", head: str) -> None:
    """Run the migrations that are missing, in one transaction.

    Raises `DatabaseTooNew` or `DatabaseUnavailable`, and the driver's errors.
    """
    with connected(backend, backend.begin) as connection:
        version = _version(connection)
        if version == head:  # another process was quicker
            return
        if version is not None and version > head:
            raise too_new(version, head)
        config = Config()
        config.set_main_option("script_location", str(files("crawler.store") / "migrations"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:  # the version is no longer the one that it began with
            raise DatabaseUnavailable(
                f"the database {backend.shown} cannot be migrated: {error}",
                hint="another process migrates it at the same time: run the command again",
            ) from error


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return version
