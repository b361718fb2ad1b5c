"""What the daemon writes down: JSON lines for machines, readable ones for a person at a terminal; on stderr.

Each line is an event with its values, bound to source, cycle and action where there are any. A value that holds a
secret is withheld, and no line above debug has the body of a content.
"""

import logging
import sys
from collections.abc import Callable
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from crawler.protocol.credentials import ELLIPSIS, NOTHING, Credentials

OURS = "crawler"
"""The name of our logger; all others are libraries', and heard from `WARNING` up only."""

Known = Callable[[], Credentials]
"""Returns the secrets that no line may show, as far as they are known by now."""


def nothing() -> Credentials:
    """No secret is known."""
    return NOTHING


def configure(
    stream: TextIO | None = None, *, readable: bool | None = None, verbose: bool = False, known: Known = nothing
) -> None:
    """Write the log to `stream` (stderr); `readable` or, without a terminal, as JSON lines; `verbose` with debug lines.

    Whatever holds one of the `known` secrets is withheld first: a value, and of a traceback a line.
    """
    stream = stream if stream is not None else sys.stderr
    if readable is None:
        readable = stream.isatty()
    steps: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # without local variables, which may be anything
        _Withheld(known),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder(), *steps],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.dev.ConsoleRenderer(colors=stream.isatty())
            if readable
            else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root, ours = logging.getLogger(), logging.getLogger(OURS)
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    ours.setLevel(logging.DEBUG if verbose else logging.INFO)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *steps,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


class _Withheld:
    """The step that withholds every value of a line in which a secret stands."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        credentials = self._known()
        line = repr(event)
        if credentials.hold(line.encode("utf-8", "surrogatepass")) or ELLIPSIS in line:
            for name in [name for name in event if not name.startswith("_")]:
                event[credentials.withhold(name)] = _shown(credentials, event.pop(name))
        return event


def _shown(credentials: Credentials, value: object) -> object:
    """A value as it may be shown."""
    text = value if isinstance(value, str) else repr(value)
    shown = credentials.withhold_trace(text)
    return value if shown == text else shown
