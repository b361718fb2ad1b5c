"""What the daemon writes down: JSON lines for machines, readable ones for a person at a terminal; on stderr.

Each line is an event with its values, bound to source, cycle and action where there are any. No line holds a secret,
and none above debug the body of a content.
"""

import logging
import sys
from collections.abc import Callable
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

OURS = "crawler"
"""The name of our logger; all others are libraries', and heard from `WARNING` up only."""

Redact = Callable[[str], str]
"""Takes secrets out of a text."""


def unredacted(text: str) -> str:
    """`text` as it is: there is no secret to take out."""
    return text


def configure(
    stream: TextIO | None = None, *, readable: bool | None = None, verbose: bool = False, redact: Redact = unredacted
) -> None:
    """Write the log to `stream` (stderr); `readable` or, without a terminal, as JSON lines; `verbose` with debug lines.

    Whatever text a line holds goes through `redact` first, tracebacks included.
    """
    stream = stream if stream is not None else sys.stderr
    if readable is None:
        readable = stream.isatty()
    steps: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # without local variables, which may be anything
        _Redacted(redact),
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


class _Redacted:
    """The step that takes secrets out of every text of a line."""

    def __init__(self, redact: Redact) -> None:
        self._redact = redact

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        for name, value in event.items():
            if isinstance(value, str):
                event[name] = self._redact(value)
        return event
