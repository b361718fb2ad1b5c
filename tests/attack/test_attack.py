"""A short attack: see scripts/attack."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.clock import utc_now
from crawler.protocol.signature import Secret
from crawler.reference import Forum, seeded
from crawler.store import Store
from crawler.sync.source import Source
from tests.attack.load import loads
from tests.attack.partner import Town
from tests.attack.storm import storms
from tests.attack.table import Row, shown


def test_the_table_says_what_was_lost_doubled_and_out_of_bound() -> None:
    row = Row("a storm", tried=3)
    row.expect(holds=True, otherwise="nothing")
    assert row.good
    row.compare(
        ["shop: lost: message 3", "shop: doubled: message 4", "shop: a repeat that does not say so: r1 [False]"]
    )
    row.expect(holds=False, otherwise="ended 9.0 s after SIGTERM")
    row.expect_in_time(holds=False, otherwise="shop began 7.0 s late")
    assert (row.lost, row.doubled, row.late, row.out_of_bound, row.holds) == (1, 2, 1, 1, False)
    assert shown([row]).splitlines()[2].split() == ["a", "storm", "3", "1", "2", "1", "1"]
    assert "a storm: ended 9.0 s after SIGTERM" in shown([row])


def test_who_is_only_late_holds_to_the_rest_and_is_not_good() -> None:
    row = Row("a storm")
    row.expect_in_time(holds=False, otherwise="shop began 7.0 s late")
    assert (row.holds, row.good) == (True, False)


@pytest.mark.parametrize(
    ("forum", "accepted", "wrong"),
    [
        (seeded(utc_now), "", "shop: lost or doubled: "),
        (Forum(utc_now), "shop reply-1\n", "shop: lost: accepted, and not in the outbox: ['reply-1']"),
    ],
)
def test_what_the_partner_or_an_agent_has_and_the_database_has_not_is_lost(
    tmp_path: Path, forum: Forum, accepted: str, wrong: str
) -> None:
    database, ledger = tmp_path / "crawler.db", tmp_path / "accepted"
    ledger.write_text(accepted)
    with Store.open(str(database)) as store:
        store.manage([Source(name="shop", base_uri="http://shop.example/", secret=Secret("open sesame"))])
    town = Town("7", ["shop"])
    town.partners["shop"].forum = forum
    row = Row("a storm")
    row.compare(town.compare(str(database), str(ledger))["wrong"])
    assert (row.lost, row.doubled) == (1, 0)
    assert row.wrong[0].startswith(wrong)


@pytest.mark.thorough
def test_very_many_sources_contents_entries_and_processes_stay_in_bounds(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rows = loads(tmp_path, ["sqlite", "postgresql"], contents=100_000)
    assert all(row.good for row in rows), shown(rows)
    record_property("figure", "; ".join(f"{row.what}: {row.figure}" for row in rows))


@pytest.mark.thorough
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_with_everything_at_once_nothing_is_lost_nothing_doubled_and_bounds_hold(
    tmp_path: Path, database: str, record_property: Callable[[str, object], None]
) -> None:
    """How late cycles are is told, and held by the script alone: other tests run at the same time."""
    seed = os.environ.get("SEED", str(random.randrange(10**6)))
    rows = storms(tmp_path, seed, 25, [database], sources=8)
    assert all(row.holds for row in rows), f"SEED={seed} plays it once more, as far as time allows\n{shown(rows)}"
    late = "".join(f"; {text}" for row in rows for text in row.wrong)
    figure = f"{rows[0].tried} events (seed {seed}): {rows[0].figure}: 0 lost, 0 doubled, 0 out of bound{late}"
    record_property("figure", figure)
