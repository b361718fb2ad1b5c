"""Contents as partners send them, built from what the guide's examples show; and what a partner declares."""

import json
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from crawler.protocol.implementation import ImplementationInfo, read_implementation
from crawler.protocol.reading import Page, read_page

OBJECTS = {name: ["list", "show", "create", "delete"] for name in ("threads", "messages", "private_messages")}

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For properties: a busy machine is no failure."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["messages", "fr", "url"]), inner),
    max_leaves=6,
)


def info(*options: str, **objects: list[str]) -> ImplementationInfo:
    """What a partner declares: all polled objects, unless told otherwise."""
    return read_implementation("shop", encoded({"objects": objects or OBJECTS, "options": list(options)}))


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def user(user_id: object = "u1", **changes: Any) -> dict[str, Any]:
    dates = {"created_at": "2012-10-01T17:18:40Z", "updated_at": "2012-10-02T17:18:40Z"}
    return {"id": user_id, "screenname": "Ada", **dates, **changes}


def message(content_id: object = "m1", **changes: Any) -> dict[str, Any]:
    """A message in which everything is as the guide types it. A field that is changed to `...` is left out."""
    content = {"id": content_id, "thread_id": "t1", "body": "<p>Hello</p>", "author": user(), **changes}
    return {name: value for name, value in content.items() if value is not ...}


def private(content_id: object = "p1", **changes: Any) -> dict[str, Any]:
    return message(content_id, **{"thread_id": ..., "recipient": user("u2"), **changes})


def thread(content_id: object = "t1", **changes: Any) -> dict[str, Any]:
    return message(content_id, **{"thread_id": ..., "title": "Hello", **changes})


def read(*contents: object, object_name: str = "messages", under: ImplementationInfo | None = None) -> Page:
    """The page of these contents, newest first."""
    return read_page("shop", object_name, encoded(list(contents)), under or info())


def told(page: Page) -> list[tuple[str, str]]:
    """The page's remarks."""
    return [(remark.rule, remark.text) for remark in page.remarks.counts]


def ignored(page: Page) -> list[tuple[int, str | None, str, str]]:
    return [(it.position, it.id, it.rule, it.reason) for it in page.ignored]
