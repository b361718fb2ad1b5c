"""Telling a partner how long its visitor will wait for an agent (PU10)."""

from crawler.errors import ActionRefused
from crawler.protocol.implementation import ImplementationInfo
from crawler.sync.state import Json

QUEUING_UPDATE = "messaging.queuing_update"
"""The action, and the option that declares it."""


def queuing_params(
    info: ImplementationInfo,
    *,
    estimated_wait_time: int,
    position: int,
    thread_id: str | None = None,
    in_reply_to_id: str | None = None,
) -> dict[str, Json]:
    """The params of a queuing update; `estimated_wait_time` is seconds, `position` the place in the queue.

    Raises `ActionRefused` where the partner does not declare the option.
    """
    if QUEUING_UPDATE not in info.options:
        raise ActionRefused(
            f"the partner does not declare the option {QUEUING_UPDATE}",
            rule="PU10",
            hint="'info' shows what it declares",
        )
    params: dict[str, Json | None] = {
        "estimated_wait_time": estimated_wait_time,
        "position": position,
        "thread_id": thread_id,
        "in_reply_to_id": in_reply_to_id,
    }
    return {name: value for name, value in params.items() if value is not None}
