"""What most of these tests need: a database in memory, with nothing in it."""

from collections.abc import Iterator

import pytest

from crawler.store import Store


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open("sqlite://") as store:
        yield store
