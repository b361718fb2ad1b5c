"""The text of PROTOCOL.md, by the ids that rules name. PURE."""

import re
from collections.abc import Mapping

GUIDE = "https://developers.ringcentral.com/engage/digital/guide/sdks/source-sdk/"
"""Where the pages of the vendor's guide are."""

_RULE = re.compile(r"- \*\*([A-Z]{2}\d+)\*\* (.*)")
_CHAPTER = re.compile(r"## ([A-Z]{2}) (.*)")
_SENTENCE = re.compile(r"([^.]+) \(([A-Z]{2}0)\)\.")


def requirements(protocol: str) -> Mapping[str, str]:
    """Id → text, of all rules in PROTOCOL.md; a chapter's id (``SP``) has its title, and OB0 is a sentence."""
    found = {}
    for line in protocol.splitlines():
        if match := _RULE.match(line) or _CHAPTER.match(line):
            found[match[1]] = match[2].replace("**", "")
        elif match := _SENTENCE.search(line):
            found[match[2]] = match[1]
    return found
