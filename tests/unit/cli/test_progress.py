from datetime import UTC, datetime
from io import StringIO

from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TextColumn

from crawler.cli.progress import Progress
from crawler.journal import unwatched
from crawler.protocol.envelope import Exchange
from crawler.protocol.objects import Content
from crawler.protocol.remarks import Remarks
from crawler.sync.exports import Settled
from crawler.sync.pages import Accepted
from crawler.sync.state import Cursor, OutboxEntry, Status

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def page(*ids: str) -> Accepted:
    new = tuple(Content(object="messages", id=content_id) for content_id in ids)
    cursor = Cursor(object="messages")
    return Accepted(
        object="messages", new=new, updated=(), unchanged=0, users=(), ignored=(), remarks=Remarks(), cursor=cursor,
        listing=None,
    )  # fmt: skip


def test_progress_counts_what_was_imported_and_exported() -> None:
    bars = Bars(TextColumn("{task.description}", markup=False), console=Console(file=StringIO()))
    watch = Progress(bars).watch("sh[red]op\x1b")
    watch(Exchange(action="messages.list", request=b"", started=NOON, seconds=0, request_size=0))
    watch(page("1", "2"))
    watch(page("3"))
    assert bars.tasks[0].description == "sh[red]op   messages.list  3 imported"
    entry = OutboxEntry(id="q1", object="messages", operation="create", queued_at=NOON, status=Status.SUCCESS)
    watch(Settled(entry=entry))
    assert bars.tasks[0].description == "sh[red]op   messages.create  3 imported, 1 exported"


def test_without_a_terminal_there_is_no_progress() -> None:
    with Progress.on_terminal() as progress:
        assert progress.watch("shop") is unwatched
