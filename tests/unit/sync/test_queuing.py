"""A queuing update is sent to whom it was promised by the option, and to nobody else (PU10)."""

import pytest

from crawler.errors import ActionRefused
from crawler.sync.queuing import QUEUING_UPDATE, queuing_params
from tests.unit.protocol.samples import info

DECLARED = info("messaging.queuing_update")


def test_a_queuing_update_says_how_long_and_whom_it_concerns() -> None:
    """PU10."""
    params = queuing_params(DECLARED, estimated_wait_time=90, position=3, thread_id="t1", in_reply_to_id="m1")
    assert list(params.items()) == [
        ("estimated_wait_time", 90),
        ("position", 3),
        ("thread_id", "t1"),
        ("in_reply_to_id", "m1"),
    ]
    assert QUEUING_UPDATE == "messaging.queuing_update"


def test_what_is_not_given_is_left_out() -> None:
    """PU10, TR7: and nought is given."""
    params = queuing_params(DECLARED, estimated_wait_time=0, position=0)
    assert params == {"estimated_wait_time": 0, "position": 0}


def test_without_the_option_it_is_refused() -> None:
    """PU10, IM9."""
    with pytest.raises(ActionRefused, match=r"does not declare the option messaging\.queuing_update") as refused:
        queuing_params(info("view.messaging"), estimated_wait_time=1, position=1)
    assert refused.value.rule == "PU10"
