"""Plays RingCX Digital's platform against partners' endpoints.

What a program that is built on this one imports stands here: ``from crawler import Source, Store, run_cycle``.
docs/api.md shows it at work. A name is imported from its room when it is asked for, so `import crawler` costs nothing.
"""

TYPE_CHECKING = False  # to import it from `typing` would cost more than all else here
if TYPE_CHECKING:
    from crawler.agent import Agent, known_info
    from crawler.cycle import cycles_until_idle, run_cycle
    from crawler.errors import (
        ActionRefused,
        AddressRefused,
        AnswerEncoded,
        AnswerTooLarge,
        ConfigurationError,
        ConnectionBroken,
        CrawlerError,
        DatabaseTooNew,
        DatabaseUnavailable,
        DeadlineExceeded,
        EndpointUnreachable,
        ErrorStatus,
        KeptConnectionBroken,
        LeaseLost,
        LengthWrong,
        NotJson,
        PartnerError,
        ResourceError,
        SignatureInvalid,
        SourceBusy,
        StoreError,
        UnexpectedShape,
        UnknownContent,
    )
    from crawler.journal import Event, Watch
    from crawler.partner import Partner
    from crawler.protocol.envelope import Exchange
    from crawler.protocol.signature import Secret
    from crawler.store import Begun, Store
    from crawler.sync.exports import Settled
    from crawler.sync.pages import Accepted
    from crawler.sync.queueing import Draft
    from crawler.sync.report import CycleReport, ObjectReport
    from crawler.sync.source import Source

__version__ = "0.1.0"
"""This program's version, as the package has it: pyproject.toml reads it from here."""

_ROOM_OF = {
    "Accepted": "crawler.sync.pages",
    "Agent": "crawler.agent",
    "Begun": "crawler.store",
    "CycleReport": "crawler.sync.report",
    "Draft": "crawler.sync.queueing",
    "Event": "crawler.journal",
    "Exchange": "crawler.protocol.envelope",
    "ObjectReport": "crawler.sync.report",
    "Partner": "crawler.partner",
    "Secret": "crawler.protocol.signature",
    "Settled": "crawler.sync.exports",
    "Source": "crawler.sync.source",
    "Store": "crawler.store",
    "Watch": "crawler.journal",
    "cycles_until_idle": "crawler.cycle",
    "known_info": "crawler.agent",
    "run_cycle": "crawler.cycle",
}
"""Where each of `__all__` is; all others are errors."""

__all__ = [
    "Accepted",
    "ActionRefused",
    "AddressRefused",
    "Agent",
    "AnswerEncoded",
    "AnswerTooLarge",
    "Begun",
    "ConfigurationError",
    "ConnectionBroken",
    "CrawlerError",
    "CycleReport",
    "DatabaseTooNew",
    "DatabaseUnavailable",
    "DeadlineExceeded",
    "Draft",
    "EndpointUnreachable",
    "ErrorStatus",
    "Event",
    "Exchange",
    "KeptConnectionBroken",
    "LeaseLost",
    "LengthWrong",
    "NotJson",
    "ObjectReport",
    "Partner",
    "PartnerError",
    "ResourceError",
    "Secret",
    "Settled",
    "SignatureInvalid",
    "Source",
    "SourceBusy",
    "Store",
    "StoreError",
    "UnexpectedShape",
    "UnknownContent",
    "Watch",
    "__version__",
    "cycles_until_idle",
    "known_info",
    "run_cycle",
]


if not TYPE_CHECKING:  # which would take any misspelt name for one that is there

    def __getattr__(name: str) -> object:
        """What its room calls so, imported now."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        room = _ROOM_OF.get(name, "crawler.errors")
        found: object = getattr(__import__(room, fromlist=[name]), name)  # importlib is not imported yet
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
