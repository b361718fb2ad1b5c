"""The reference partner: an endpoint that keeps every rule of PROTOCOL.md, and its one-fault variants.

It is a plain ASGI application over a small forum in memory. The demo serves it, tests run it in process through
``httpx.ASGITransport``, and the conformance judge must pass it and fail its variants::

    partner = reference_partner("the secret", clock)
    partner.forum.add_message("marc", "1", "<p>One more question</p>")
    partner.plan("messages.create", Rejects("not now"), Fails(500), times=2)
    partner.forum.ledger.of("messages.create")

It shares nothing with the platform's side but the signature, so that a mistake made there is not made here as well.
"""

from collections.abc import Callable
from datetime import datetime

from crawler.protocol.signature import Secret
from crawler.reference.app import ReferencePartner, ReplyLost
from crawler.reference.capabilities import DEFAULT, DESTROYING, MESSAGING, TITLES_ONLY, UNTHREADED, Capabilities
from crawler.reference.faults import FAULTS, HEALTHY, Fault
from crawler.reference.forum import AGENT, Forum
from crawler.reference.script import ANY, Fails, LosesReply, Obeys, Rejects, Says
from crawler.reference.seed import seeded
from crawler.reference.timeline import Listing


def reference_partner(
    secret: Secret | str,
    clock: Callable[[], datetime],
    *,
    fault: str = "",
    forum: Forum | None = None,
    capabilities: Capabilities = DEFAULT,
    listing: Listing = Listing(),  # noqa: B008 - frozen
) -> ReferencePartner:
    """A partner with the seeded forum, or another one, and with at most one fault, by its name in `FAULTS`.

    Raises `ValueError` for a name that is not there; its text names those that are.
    """
    if fault and fault not in FAULTS:
        raise ValueError(f"the reference partner has no fault '{fault}'; it has {', '.join(FAULTS)}")
    return ReferencePartner(
        secret,
        forum or seeded(clock),
        capabilities=capabilities,
        listing=listing,
        fault=FAULTS[fault] if fault else HEALTHY,
    )


__all__ = [
    "AGENT",
    "ANY",
    "DEFAULT",
    "DESTROYING",
    "FAULTS",
    "MESSAGING",
    "TITLES_ONLY",
    "UNTHREADED",
    "Capabilities",
    "Fails",
    "Fault",
    "Forum",
    "Listing",
    "LosesReply",
    "Obeys",
    "ReferencePartner",
    "Rejects",
    "ReplyLost",
    "Says",
    "reference_partner",
    "seeded",
]
