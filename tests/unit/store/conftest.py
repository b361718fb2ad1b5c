"""A store of each kind. What asks for `store` is the contract that every database has to keep."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.store import Begun, Store
from crawler.sync.source import Source
from tests.postgresql import PostgresServer
from tests.unit.store.writing import NOON, SECRET


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that was just made: to copy it is thirty times as fast as to make one."""
    made = tmp_path_factory.mktemp("migrated") / "crawler.db"
    Store.open(str(made)).close()
    return made


@pytest.fixture(scope="session")
def migrated_on_server(postgresql: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database that was just made: to copy it is quicker, too."""
    with postgresql.database() as name:
        Store.open(postgresql.url(name)).close()
        yield name


@pytest.fixture(params=["file", "memory", "postgresql"])
def where(request: pytest.FixtureRequest, path: Path, migrated: Path) -> Iterator[str]:
    """A database of each kind."""
    match request.param:
        case "file":
            shutil.copy(migrated, path)
            yield str(path)
        case "memory":
            yield "sqlite://"
        case "stand-in":
            yield "stand-in"
        case _:
            server: PostgresServer = request.getfixturevalue("postgresql")
            with server.database(request.getfixturevalue("migrated_on_server")) as name:
                yield server.url(name)


@pytest.fixture
def store(where: str) -> Iterator[Store]:
    with Store.open(where) as store:
        yield store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a database may be made, for what only files can do."""
    return tmp_path / "crawler.db"


@pytest.fixture
def source() -> Source:
    return Source(name="shop", base_uri="http://shop.example/sdk", secret=SECRET)


@pytest.fixture
def begun(store: Store, source: Source) -> Begun:
    """A cycle under way."""
    return store.begin_cycle(source, "process 1 on elsewhere", NOON)


@pytest.fixture
def neighbour() -> Source:
    return Source(name="neighbour", base_uri="http://neighbour.example/", secret=SECRET)
