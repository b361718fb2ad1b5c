"""Defects of structured content."""

from collections.abc import Mapping, Sequence
from typing import Any

from crawler.conformance.chapters.structured.shape import PART
from crawler.conformance.rule import Rule
from crawler.conformance.rules import RULES
from crawler.reference.contents import show_user
from tests.conformance.courtroom import CARD, CAROUSEL, LINK, SELECT, STRUCTURED_IDS, TEMPLATE, messenger
from tests.conformance.twins.pushing.creating import dropping
from tests.conformance.twins.twin import Twin, acting, spoiling


def showing(kind: str, value: object, *breached: str, rules: Sequence[Rule] = RULES) -> Twin:
    """A messenger that lists this in the place of the structured content of that type."""

    def spoil(shown: dict[str, Any]) -> object:
        return {**shown, "structured_content": value}

    return spoiling("messages", STRUCTURED_IDS[kind], spoil, *breached, made=messenger, rules=rules)


def likewise(kind: str, value: object, *breached: str) -> Twin:
    """One more way to break what another one stood before all rules with."""
    return showing(kind, value, *breached, rules=PART.rules)


def by_marc(shown: dict[str, Any]) -> object:
    return {**shown, "author": show_user(messenger().forum.users["marc"])}


BUTTON = {"type": "reply", "title": "Yes", "payload": "yes"}
URL_BUTTON = {"type": "url", "title": "Order", "url": "shirts://42/order"}
ITEM = {"title": "S", "payload": "size:s"}

STRUCTURED: Mapping[str, Twin] = {
    "without view.messaging": spoiling(
        "messages", "8", lambda it: {**it, "structured_content": SELECT}, "structured-content-needs-view-messaging"
    ),
    "unknown type": showing("select", {**SELECT, "type": "buttons"}, "structured-type-known"),
    "not an object": likewise("select", ["S", "M"], "structured-type-known"),
    "by a customer": spoiling(
        "messages", STRUCTURED_IDS["select"], by_marc, "structured-author-is-puppetizable", made=messenger
    ),
    "fourteen items": showing("select", {**SELECT, "items": [ITEM] * 14}, "select-within-limits"),
    "long item": likewise("select", {**SELECT, "items": [{**ITEM, "title": "S" * 81}]}, "select-within-limits"),
    "long payload": likewise("select", {**SELECT, "items": [{**ITEM, "payload": "S" * 1001}]}, "select-within-limits"),
    "item without title": likewise("select", {**SELECT, "items": [{"payload": "S"}]}, "select-within-limits"),
    "script": showing("rich_link", {**LINK, "url": "javascript:alert(1)"}, "link-is-a-web-address"),
    "into an app": likewise("template", {**TEMPLATE, "url": "shirts://42"}, "link-is-a-web-address"),
    "button into an app": likewise(
        "carousel", {**CAROUSEL, "items": [{**CARD, "items": [URL_BUTTON]}]}, "link-is-a-web-address"
    ),
    "long url": likewise("rich_link", {**LINK, "url": "https://x/" + "x" * 2048}, "card-texts-within-limits"),
    "link to nowhere": likewise("rich_link", {**LINK, "url": ""}, "card-texts-within-limits"),
    "card without title": likewise("carousel", {**CAROUSEL, "items": [CARD, {}]}, "card-texts-within-limits"),
    "long title": showing("rich_link", {**LINK, "title": "x" * 351}, "card-texts-within-limits"),
    "title of a number": likewise("template", {**TEMPLATE, "title": 1}, "card-texts-within-limits"),
    "unknown button": showing(
        "template", {**TEMPLATE, "items": [{**BUTTON, "type": "call"}]}, "template-buttons-known"
    ),
    "five buttons": likewise(
        "carousel", {**CAROUSEL, "items": [{**CARD, "items": [BUTTON] * 5}]}, "template-buttons-known"
    ),
    "eleven cards": showing("carousel", {**CAROUSEL, "items": [CARD] * 11}, "carousel-within-limits"),
    "no cards": likewise("carousel", {**CAROUSEL, "items": []}, "carousel-within-limits"),
    "one picture": showing(
        "carousel", {**CAROUSEL, "items": [CARD, {**CARD, "attachment_url": "https://shop.example/43.png"}]},
        "carousel-cards-alike",
    ),
    "drops structured content": acting(
        "messages.create", dropping("structured_content"), "structured-content-is-kept", made=messenger
    ),
}  # fmt: skip
