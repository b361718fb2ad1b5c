"""What a partner was asked, and what it answered."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One request and what came of it.

    `action` is empty where the body was not a request; `params` as received; `status` the HTTP status; `answer` what
    was answered before it became JSON, or the text of an error; `body` the request's exact bytes; `lost` says that the
    answer was dropped on its way.
    """

    action: str
    params: Mapping[str, object]
    status: int
    answer: object
    body: bytes
    lost: bool = False

    @property
    def accepted(self) -> bool:
        """Whether it was answered with a 2xx status."""
        return 200 <= self.status < 300


class Ledger:
    """All requests in the order in which they came, repeats and refused ones included; of very many, the last."""

    def __init__(self, limit: int = 100_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)

    def add(self, entry: Entry) -> None:
        """Write down one more."""
        self._entries.append(entry)

    def of(self, action: str) -> list[Entry]:
        """The entries of one action."""
        return [entry for entry in self._entries if entry.action == action]

    @property
    def actions(self) -> list[str]:
        """The actions alone, in order."""
        return [entry.action for entry in self._entries]

    def clear(self) -> None:
        """Forget everything so far."""
        self._entries.clear()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Entry:
        return self._entries[index]
