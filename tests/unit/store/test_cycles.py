"""Records of cycles, what they leave at the source, and how long they are kept."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.errors import DatabaseUnavailable, UnexpectedShape
from crawler.protocol.remarks import Ignored
from crawler.store import Begun, Store
from crawler.sync.report import CycleReport, ObjectReport
from crawler.sync.source import Source
from crawler.sync.state import Cursor
from tests.unit.store.writing import (
    INFO,
    NOON,
    broken_exchange,
    end,
    everything,
    exchange,
    import_page,
    lapse,
    message,
    rows,
    user,
)

ERROR = UnexpectedShape("shop", "messages.list", expected="an array", came="null")


def outcomes(store: Store) -> list[str]:
    return [row["outcome"] for row in rows(store, "cycle")]


def test_a_cycle_goes_on_from_the_cursors_of_the_last_one(store: Store, source: Source, begun: Begun) -> None:
    assert begun.cursors == {}
    import_page(store, source, begun, message("2"), message("1"))
    import_page(store, source, begun, message("t"), object_name="threads")
    end(store, source, begun)

    cursors = store.begin_cycle(source, "me", NOON).cursors
    assert {name: cursor.since_id for name, cursor in cursors.items()} == {"messages": "2", "threads": "t"}
    assert cursors["messages"].checked_at == NOON


def test_a_cycle_is_recorded_from_its_beginning(store: Store, source: Source, begun: Begun) -> None:
    assert begun.started == NOON
    [row] = rows(store, "cycle")
    assert (row["id"], row["outcome"], row["ended_at"]) == (begun.lease.cycle_id, "running", None)
    assert rows(store, "source")[0]["last_started_at"] == "2024-03-01T12:00:00.000Z"

    end(store, source, begun)
    [row] = rows(store, "cycle")
    assert (row["outcome"], row["ended_at"]) == ("succeeded", "2024-03-01T12:00:00.000Z")


def test_a_failed_cycle_and_one_that_was_interrupted_are_called_so(store: Store, source: Source) -> None:
    for more in ({"errors": [ERROR]}, {"interrupted": True}, {"errors": [ERROR], "interrupted": True}, {}):
        end(store, source, store.begin_cycle(source, "me", NOON), **more)

    assert outcomes(store) == ["failed", "interrupted", "interrupted", "succeeded"]


def test_a_cycle_whose_process_died_is_called_interrupted_by_the_next(
    store: Store, source: Source, neighbour: Source, begun: Begun
) -> None:
    store.begin_cycle(neighbour, "me", NOON)
    lapse(store)
    store.begin_cycle(source, "process 2 on elsewhere", NOON)

    assert outcomes(store) == ["interrupted", "running", "running"]


def test_failures_in_a_row_are_counted(store: Store, source: Source) -> None:
    counts = []
    for errors in ([ERROR], [ERROR], [], [ERROR]):
        end(store, source, store.begin_cycle(source, "me", NOON), errors=errors)
        counts.append(rows(store, "source")[0]["failures"])

    assert counts == [1, 2, 0, 1]


def test_a_cycle_leaves_what_the_partner_declared_and_keeps_the_last_where_it_said_nothing(
    store: Store, source: Source
) -> None:
    end(store, source, store.begin_cycle(source, "me", NOON), info=INFO)
    end(store, source, store.begin_cycle(source, "me", NOON + timedelta(hours=1)), info=None, errors=[ERROR])

    assert store.stored_info(source) == INFO
    assert rows(store, "source")[0]["info_at"] == "2024-03-01T12:00:00.000Z"


def test_the_report_is_stored_even_with_ids_that_no_database_takes(store: Store, source: Source, begun: Begun) -> None:
    odd = "é\0\ud83d"
    report = CycleReport(source="shop", started=NOON)
    listed = ObjectReport(object="messages", cursor_after=odd)
    listed.ignored_contents.append(Ignored(position=0, id=odd, rule="OB12", reason="why"))
    report.objects["messages"] = listed
    store.end_cycle(source, begun.lease, report, None, NOON, exchanges=())

    [cycle] = store.cycles(source)
    assert cycle["report"] == report.as_json()


def test_an_end_that_cannot_be_stored_leaves_the_cycle_running(store: Store, source: Source, begun: Begun) -> None:
    before = everything(store)
    with pytest.raises(DatabaseUnavailable, match=r"(?i)not.null"):
        end(store, source, begun, info=INFO, exchanges=[broken_exchange()])

    assert everything(store) == before


def test_the_newest_cycles_are_kept_with_their_exchanges(store: Store, source: Source, neighbour: Source) -> None:
    keeping = replace(source, keep_cycles=3)
    other = store.begin_cycle(neighbour, "me", NOON)
    end(store, neighbour, other, exchanges=[exchange()])
    for number in range(5):
        begun = store.begin_cycle(keeping, "me", NOON)
        end(store, keeping, begun, exchanges=[exchange(f"{number}.list"), exchange(f"{number}.show")])

    assert [(row["id"], row["source_id"]) for row in rows(store, "cycle")] == [(1, 1), (4, 2), (5, 2), (6, 2)]
    actions = [row["action"] for row in rows(store, "exchange")]
    assert actions == ["messages.list", "2.list", "2.show", "3.list", "3.show", "4.list", "4.show"]


def test_fewer_cycles_than_are_to_be_kept_are_all_kept(store: Store, source: Source) -> None:
    for _ in range(3):
        end(store, source, store.begin_cycle(source, "me", NOON))

    assert len(rows(store, "cycle")) == 3


def test_what_one_method_stored_is_seen_by_others_when_it_returns(path: Path, source: Source) -> None:
    with Store.open(str(path)) as store, closing(sqlite3.connect(path)) as other:
        begun = store.begin_cycle(source, "me", NOON)
        import_page(store, source, begun, message("1"))

        assert other.execute("SELECT foreign_id FROM content").fetchall() == [("1",)]
        assert other.execute("SELECT since_id FROM cursor").fetchall() == [("1",)]


def test_where_a_partners_ids_begin_again_all_that_was_stored_is_gone_but_what_is_shown_now(
    store: Store, source: Source, neighbour: Source, begun: Begun
) -> None:
    """LS12."""
    old = {"created_at": "2024-01-01T00:00:00Z", "author": user("ann")}
    import_page(store, source, begun, *(message(str(n), **old) for n in (4, 3, 2, 1)))
    import_page(store, source, begun, message("t", title="T"), object_name="threads")
    other = store.begin_cycle(neighbour, "me", NOON)
    import_page(store, neighbour, other, message("9"))
    new = {"created_at": "2024-02-01T00:00:00Z", "author": user("bob")}
    accepted = import_page(store, source, begun, *(message(str(n), **new) for n in (3, 2, 1)))

    assert accepted.begins_again
    found = [row for row in rows(store, "content") if row["source_id"] == begun.lease.source_id]
    assert {row["foreign_id"]: row["deleted_at"] is None for row in found} == {
        "1": True, "2": True, "3": True, "4": False, "t": False,
    }  # fmt: skip
    assert {row["incarnation"] for row in found if row["deleted_at"] is None} == {1}
    cursors = store.begin_cycle(source, "process 1 on elsewhere", NOON, begun.lease).cursors
    assert cursors == {
        "messages": Cursor(object="messages", since_id="3"),
        "threads": Cursor(object="threads", since_id="t"),
    }
    assert [row["deleted_at"] for row in rows(store, "content") if row["foreign_id"] == "9"] == [None]
    assert [it.checked_at for it in store.load_cursors(neighbour).values()] == [NOON]
