"""Signing and verifying the exact bytes of a body (SG1, SG4)."""

import hmac
from typing import NoReturn

HEADER = "X-SMCCSDK-SIGNATURE"
"""The header that carries a signature, on requests and on answers (SG1)."""

QUERY_PARAMETER = "signature"
"""The query parameter that may carry it as well, behind proxies that drop headers (SG3)."""


class Secret:
    """A source's secret ("API access token"), which can sign and verify but not be shown.

    Its ``repr`` and ``str`` hide it, and it refuses to be pickled or copied into another process, so that it cannot
    reach a log, an error or a report by accident. Two secrets are equal if their texts are.

    Raises `ValueError` for an empty text, for an HMAC with no key protects nothing, and for one that is not Unicode.
    """

    __slots__ = ("_keyed", "_text")

    def __init__(self, text: str) -> None:
        if not text:
            raise ValueError("a secret must not be empty")
        try:
            key = text.encode()
        except UnicodeEncodeError:  # its text would quote the secret
            raise ValueError("a secret must be text that UTF-8 can hold") from None
        self._text = text
        self._keyed = hmac.new(key, digestmod="sha512")

    def sign(self, body: bytes) -> str:
        """The signature of `body`: HMAC-SHA512 as 128 lower-case hexadecimal digits (SG1, TR10)."""
        keyed = self._keyed.copy()
        keyed.update(body)
        return keyed.hexdigest()

    def verifies(self, body: bytes, signature: str) -> bool:
        """Whether `signature` is that of `body`, compared in constant time and to the letter (SG4, TR10)."""
        return hmac.compare_digest(self.sign(body).encode(), signature.encode("utf-8", "replace"))

    def reveal(self) -> str:
        """Its text: for `crawler.protocol.credentials`, which must know it to keep it from being shown."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not copied or pickled: pass it on, or build it again from its source")
