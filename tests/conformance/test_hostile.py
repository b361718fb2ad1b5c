"""A partner may answer anything, and no rule stumbles over it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.conformance.rule import Outcome
from crawler.reference import Fault, ReferencePartner
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call
from tests.conformance.courtroom import judged, partner

KEYS = (
    "id", "author", "recipient", "body", "attachments", "actions", "thread_id", "in_reply_to_id", "context_data",
    "categories", "created_at", "updated_at", "format", "title", "screenname", "puppetizable", "gender", "url",
    "objects", "options", "locales", "default", "messages", "threads", "private_messages", "error", "list", "show",
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["", "0", "é\0", "x"])
)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=30,
)
CONTENT = st.dictionaries(st.sampled_from(KEYS), JSON, min_size=3, max_size=12)


def answering(answers: dict[str, Any]) -> ReferencePartner:
    """The reference partner, with these answers to some operations."""

    def act(call: Call, proceed: Proceed) -> object:
        return answers[call.operation] if call.operation in answers else proceed(call)

    it = partner()
    it.fault = Fault(name="hostile", rules=(), description="answers whatever it likes", act=act)
    return it


async def stumbled(answers: dict[str, Any]) -> list[str]:
    judgement = await judged(answering(answers))
    return [f"{it.rule.name}: {it.reason}" for it in judgement.results if it.outcome is Outcome.BROKEN]


@pytest.mark.thorough
@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(info=JSON)
async def test_whatever_it_declares(info: Any) -> None:
    assert await stumbled({"info": info}) == []


@pytest.mark.thorough
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(listed=st.lists(CONTENT | JSON, max_size=4) | JSON, shown=CONTENT | JSON)
async def test_whatever_it_lists_and_shows(listed: Any, shown: Any) -> None:
    assert await stumbled({"list": listed, "show": shown}) == []


@pytest.mark.parametrize("depth", [200, 900])
async def test_however_deeply_it_nests(depth: int) -> None:
    deep: Any = []
    for _ in range(depth):
        deep = [deep]
    assert await stumbled({"list": [{"id": "1", "body": deep, "author": deep, "context_data": deep}]}) == []
