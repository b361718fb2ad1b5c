"""How a daemon ends."""

import logging
import time
from pathlib import Path

import anyio
import pytest

from crawler.daemon.daemon import Daemon, DaemonOptions
from crawler.store import Store
from tests.integration.daemon.watching import Seen

TICK = 0.001


async def test_of_a_tick_that_it_cuts_short_when_it_ends_nothing_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Store.open(str(tmp_path / "crawler.db")) as store:
        for _ in range(20):
            daemon = Daemon(store, Seen(), options=DaemonOptions(tick=TICK))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(daemon.run)
                await anyio.sleep(5 * TICK)
                daemon.stop()
                for _ in range(20):  # whenever it comes to its end, a tick has just begun
                    time.sleep(2 * TICK)  # noqa: ASYNC251 - the loop's own time passes
                    await anyio.lowlevel.checkpoint()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
