"""What differs between the answer that was recorded and a new one. PURE."""

import json
from collections.abc import Mapping
from difflib import unified_diff

from crawler.protocol.envelope import escaped

RECORDED, NEW = "recorded", "new"
VOLATILE = frozenset({"date", "age", "expires", "last-modified", "etag"})
"""Headers that may differ from answer to answer, and mean nothing by that."""


def differences(
    recorded: tuple[int | None, Mapping[str, str], bytes], new: tuple[int | None, Mapping[str, str], bytes]
) -> list[str]:
    """A unified diff of two answers, each its status, headers and body; JSON bodies spread over lines, key by key.

    Empty where they are the same, but for headers that always differ.
    """
    return list(unified_diff(_lines(*recorded), _lines(*new), RECORDED, NEW, n=3, lineterm=""))


def _lines(status: int | None, headers: Mapping[str, str], body: bytes) -> list[str]:
    kept = {name.lower(): value for name, value in headers.items() if name.lower() not in VOLATILE}
    shown = [f"{name}: {value}" for name, value in sorted(kept.items())]
    lines = [f"HTTP {status}" if status is not None else "no answer", *shown, "", *_pretty(body).split("\n")]
    return [escaped(line.encode("utf-8", "backslashreplace")) for line in lines]


def _pretty(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return escaped(body)
