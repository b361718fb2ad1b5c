"""The queuing update (PU10)."""

import pytest

from crawler.errors import ActionRefused
from crawler.protocol.implementation import ImplementationInfo
from crawler.sync.queuing import queuing_params

DECLARED = ImplementationInfo(declared={}, options=frozenset({"messaging.queuing_update"}), locales={})


def test_its_params_stand_in_the_guides_order_without_what_is_not_said() -> None:
    params = queuing_params(DECLARED, estimated_wait_time=0, position=1, thread_id="2", in_reply_to_id="7")
    assert list(params.items()) == [
        ("estimated_wait_time", 0),
        ("position", 1),
        ("thread_id", "2"),
        ("in_reply_to_id", "7"),
    ]
    assert list(queuing_params(DECLARED, estimated_wait_time=5, position=0)) == ["estimated_wait_time", "position"]


def test_it_is_refused_without_its_option() -> None:
    undeclared = ImplementationInfo(declared={}, locales={})
    with pytest.raises(ActionRefused, match=r"does not declare the option messaging\.queuing_update") as refused:
        queuing_params(undeclared, estimated_wait_time=1, position=1)
    assert refused.value.rule == "PU10"
