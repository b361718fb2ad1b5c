"""Looking into a store's database, and changing it, behind the store's back: by SQLAlchemy, from the tables."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlmodel import Session

from crawler.store import Store
from crawler.store.upgrading import connected


@contextmanager
def writing(store: Store, begin: str | None = None) -> Iterator[Session]:
    """A transaction of SQLAlchemy's in the database of a store. Raises the driver's errors."""
    with connected(store.backend, begin or store.backend.begin) as connection, Session(bind=connection) as session:
        yield session
        session.flush()


def reading(store: Store) -> AbstractContextManager[Session]:
    """The same, to look only: in a file it waits for nobody."""
    return writing(store, "BEGIN")
