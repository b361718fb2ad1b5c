"""Every error of this program, as one tree.

::

    CrawlerError
    ├── ConfigurationError      settings, secret, URL: nothing was sent
    ├── ActionRefused           an agent's action that we do not queue (AC3, PU12, PU13, ST)
    ├── UnknownContent          an id that names nothing here
    ├── PartnerError            one exchange with a partner failed
    │   ├── EndpointUnreachable     no connection: name, network, TLS, proxy
    │   │   └── AddressRefused          an address that this program does not connect to
    │   ├── DeadlineExceeded        connected, but no whole answer in time
    │   ├── ConnectionBroken        connected, but the answer broke off or was not HTTP
    │   │   └── KeptConnectionBroken    one that had served before, and nothing of an answer came (TR11)
    │   ├── LengthWrong             a Content-Length that does not fit the answer (TR13)
    │   ├── AnswerTooLarge          more bytes, or pieces, than allowed
    │   ├── AnswerEncoded           a Content-Encoding, though identity was asked for
    │   ├── ErrorStatus             not 2xx (TR5)
    │   ├── SignatureInvalid        2xx, but unsigned or wrongly signed (SG4, TR9)
    │   ├── NotJson                 signed, but not JSON (TR9)
    │   ├── UnexpectedShape         JSON, but not what the action asks for (TR6)
    │   └── ResourceError           {"error": {...}}: refused by the partner (PU7)
    └── StoreError              the database
        ├── DatabaseUnavailable     cannot be opened, read or written
        ├── DatabaseTooNew          written by a newer version of this program
        ├── SourceBusy              another process crawls this source (CY2)
        └── LeaseLost               the lease has run out, or another process has it (CY2)

Errors carry data; `crawler.cli.errors` turns that data into a sentence on what to do, and into an exit code.
"""

from collections.abc import Callable
from typing import Self


class CrawlerError(Exception):
    """Base of all errors that this program raises on purpose."""


class ConfigurationError(CrawlerError):
    """Settings, a secret or a URL that cannot be used; `hint` says how to mend it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ActionRefused(CrawlerError):
    """An agent's action that is refused before it is queued: `rule` is the rule that forbids it."""

    def __init__(self, reason: str, *, rule: str, hint: str = "") -> None:
        super().__init__(reason)
        self.rule = rule
        self.hint = hint


class UnknownContent(CrawlerError):
    """No content, outbox entry or cycle with that id is known for the source."""


class PartnerError(CrawlerError):
    """One exchange with a partner failed.

    `source` and `action` say where, `expected` and `came` what was wrong, `explanation` is the partner's own text
    (printable, shortened; empty when there is none).
    """

    def __init__(self, source: str, action: str, *, expected: str, came: str, explanation: str = "") -> None:
        super().__init__(source, action, expected, came, explanation)
        self.source = source
        self.action = action
        self.expected = expected
        self.came = came
        self.explanation = explanation

    def without(self, withhold: Callable[[str], str]) -> Self:
        """This very error, once `withhold` has said of each of its texts what may be seen of it."""
        self.action, self.came, self.explanation = map(withhold, (self.action, self.came, self.explanation))
        self.args = (self.source, self.action, self.expected, self.came, self.explanation)
        return self

    @property
    def what(self) -> str:
        """What went wrong, for where the source and the action are plain."""
        said = f"; the partner says: {self.explanation}" if self.explanation else ""
        return f"expected {self.expected}, got {self.came}{said}"

    def __str__(self) -> str:
        return f"{self.source}: {self.action}: {self.what}"


class EndpointUnreachable(PartnerError):
    """No connection could be made: name, network, TLS or proxy.

    Nothing was sent for certain, unless `sent`: then the request may have been seen before, over a connection that
    broke (TR11).
    """

    sent = False


class AddressRefused(EndpointUnreachable):
    """The endpoint's address is one that this program must not connect to; nothing was sent, no connection made."""


class DeadlineExceeded(PartnerError):
    """The exchange was not complete within the source's deadline."""


GONE = (EndpointUnreachable, DeadlineExceeded)
"""Errors after which nothing else in the same cycle can be expected to succeed."""


class ConnectionBroken(PartnerError):
    """The connection broke before the answer was complete, or what came was not HTTP."""


class KeptConnectionBroken(ConnectionBroken):
    """A connection that had served before broke, and nothing of an answer came: the request may have been seen."""


class LengthWrong(PartnerError):
    """The answer's Content-Length does not fit it: counted in characters, too large, too small, or several (TR13)."""


class AnswerTooLarge(PartnerError):
    """More bytes than the source's `max_answer_bytes`, or too many pieces (TR14); the rest was not read."""


class AnswerEncoded(PartnerError):
    """The answer has a Content-Encoding although `identity` was asked for; it was not decoded."""


class ErrorStatus(PartnerError):
    """The answer's `status` is not 2xx (TR5); `ascii_hint` says whether the setting `ascii_json` may help (SP)."""

    def __init__(
        self,
        source: str,
        action: str,
        *,
        expected: str,
        came: str,
        explanation: str = "",
        status: int,
        ascii_hint: bool = False,
    ) -> None:
        super().__init__(source, action, expected=expected, came=came, explanation=explanation)
        self.status = status
        self.ascii_hint = ascii_hint


class SignatureInvalid(PartnerError):
    """A 2xx answer that is unsigned or wrongly signed (SG4); `php_status` is PHP's `Status:` header, if any (TR9)."""

    def __init__(
        self, source: str, action: str, *, expected: str, came: str, explanation: str = "", php_status: str = ""
    ) -> None:
        super().__init__(source, action, expected=expected, came=came, explanation=explanation)
        self.php_status = php_status


class NotJson(PartnerError):
    """A 2xx answer whose body is not JSON (TR6)."""


class UnexpectedShape(PartnerError):
    """JSON, but not of the shape that the action asks for (TR6)."""


class ResourceError(PartnerError):
    """The partner answered `{"error": {…}}`; `fatal` says whether a repeat is pointless (PU7)."""

    def __init__(
        self, source: str, action: str, *, expected: str, came: str, explanation: str = "", fatal: bool = False
    ) -> None:
        super().__init__(source, action, expected=expected, came=came, explanation=explanation)
        self.fatal = fatal


class StoreError(CrawlerError):
    """Something about the database; `hint` says what to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class DatabaseUnavailable(StoreError):
    """The database cannot be opened, read or written."""


class DatabaseTooNew(StoreError):
    """The database was written by a newer version of this program."""


class SourceBusy(StoreError):
    """Another process holds the lease of this source (CY2); `holder` says which.

    `seconds` is for how long at most, if it does not renew it; 0 where it is known to run, but has not renewed it.
    """

    def __init__(self, source: str, holder: str, seconds: int) -> None:
        stuck = "it runs, but has not renewed its lease: continue it or end it, then run the command again"
        hint = f"wait for it to end; if it is gone, its lease runs out within {seconds} s"
        super().__init__(f"{source}: is being crawled by {holder}", hint=hint if seconds else stuck)
        self.source = source
        self.holder = holder
        self.seconds = seconds


class LeaseLost(StoreError):
    """This process does not hold the lease any more: its cycle ends, and neither asks nor writes anything (CY2)."""
