"""Bringing a database to the newest schema, with alembic's migrations."""

from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from crawler.errors import DatabaseTooNew, DatabaseUnavailable


def upgrade(connection: sa.Connection, head: str, shown: str) -> None:
    """Run the migrations that are missing, within the transaction of `connection`; `shown` names the database.

    Raises `DatabaseTooNew` or `DatabaseUnavailable`.
    """
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
            f"the database {shown} cannot be migrated: {error}",
            hint="another process migrates it at the same time: run the command again",
        ) from error


def too_new(version: str, head: str) -> DatabaseTooNew:
    """What to say of a database of a newer version."""
    return DatabaseTooNew(
        f"the database has schema {version}, and this program knows schemas up to {head}",
        hint="a newer ringcx-crawler wrote it: update this one, or name another file with --database",
    )


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return version
