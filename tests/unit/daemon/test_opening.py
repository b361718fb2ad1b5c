import pytest

from crawler.daemon.opening import LONGEST, open_store
from crawler.errors import ConfigurationError, DatabaseTooNew, DatabaseUnavailable
from crawler.store import Store

SERVER = "postgresql://user@db.example/name"


class Opening:
    """Opens a database in memory after some failures; `slept` is how long was waited between."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.slept: list[float] = []

    def open(self, where: str) -> Store:
        if self.failures:
            raise self.failures.pop(0)
        return Store.open("sqlite://")

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def test_a_server_that_is_away_is_waited_for_ever_longer() -> None:
    opening = Opening(*[DatabaseUnavailable("connection refused")] * 7)
    (await open_store(SERVER, opened=opening.open, sleep=opening.sleep)).close()
    assert opening.slept == [1, 2, 4, 8, 16, LONGEST, LONGEST]


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("crawler.db", DatabaseUnavailable("the disk is full")),
        (SERVER, DatabaseTooNew("too new")),
        (SERVER, ConfigurationError("no driver")),
    ],
)
async def test_what_does_not_mend_itself_is_raised_at_once(where: str, error: Exception) -> None:
    opening = Opening(error)
    with pytest.raises(type(error)):
        await open_store(where, opened=opening.open, sleep=opening.sleep)
    assert opening.slept == []
