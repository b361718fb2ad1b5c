"""What these tests need: a quiet log, partners that keep a ledger, a database on PostgreSQL."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from tests.integration.daemon.partners import Partners
from tests.postgresql import PostgresServer


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of cycles would be told of; only what is the daemon's own fault is."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.reset_defaults()


@pytest.fixture
def partners() -> Iterator[Partners]:
    with Partners() as partners:
        yield partners


@pytest.fixture
def url(postgresql: PostgresServer) -> Iterator[str]:
    with postgresql.database() as name:
        yield postgresql.url(name)
