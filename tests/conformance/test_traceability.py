"""Every rule of PROTOCOL.md is judged by conformance rules, or is left out for a reason."""

import re
import tomllib
from pathlib import Path

from crawler import conformance
from crawler.conformance.rules import RULES

ROOT = Path(conformance.__file__).parent
PROTOCOL = (ROOT.parent / "PROTOCOL.md").read_text(encoding="utf-8")
EXCLUDED: dict[str, str] = tomllib.loads((ROOT / "traceability.toml").read_text(encoding="utf-8"))["excluded"]

WHOLE_CHAPTERS = {"SP", "ST"}
"""Chapters without numbered rules."""


def protocol_ids() -> set[str]:
    numbered = set(re.findall(r"^- \*\*([A-Z]{2}\d+)\*\*", PROTOCOL, re.MULTILINE))
    return numbered | set(re.findall(r"\((OB0)\)", PROTOCOL)) | WHOLE_CHAPTERS


def test_every_rule_of_the_protocol_is_judged_or_is_excluded() -> None:
    judged = {id_ for rule in RULES for id_ in rule.ids}

    assert not judged & EXCLUDED.keys()
    assert judged | EXCLUDED.keys() == protocol_ids()


def test_every_exclusion_has_a_reason() -> None:
    for id_, reason in EXCLUDED.items():
        assert len(reason) > 15, id_


def test_the_whole_chapters_have_no_numbered_rules() -> None:
    for chapter in WHOLE_CHAPTERS:
        assert re.search(rf"^## {chapter} ", PROTOCOL, re.MULTILINE)
        assert not re.search(rf"^- \*\*{chapter}\d", PROTOCOL, re.MULTILINE)
