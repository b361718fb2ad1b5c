"""What a probe learns is found by its type, as far as it came to that."""

from dataclasses import dataclass

import pytest

from crawler.conformance.evidence import DoesNotApply, NotJudged, Remedy, Seen


@dataclass(frozen=True)
class Counted:
    number: int


@dataclass(frozen=True)
class Recounted(Counted):
    pass


def test_what_was_learnt_is_found_by_its_own_type() -> None:
    seen = Seen(probe="p")
    counted, recounted = seen.learn(Counted(1)), seen.learn(Recounted(2))

    assert (seen.learnt(Counted), seen.known(Recounted)) == (counted, recounted)


def test_what_is_learnt_once_more_takes_the_place_of_the_first() -> None:
    seen = Seen(probe="p")
    seen.learn(Counted(1))
    seen.learn(Counted(2))

    assert seen.learnt(Counted).number == 2


def test_what_the_probe_did_not_come_to_is_not_known() -> None:
    seen = Seen(probe="p")
    seen.learn(Recounted(2))

    assert seen.known(Counted) is None
    with pytest.raises(NotJudged, match="the conversation 'p' did not come to that") as caught:
        seen.learnt(Counted)
    assert caught.value.remedy is Remedy.AGAIN


@pytest.mark.parametrize("ended", [NotJudged("gone", Remedy.THERE), DoesNotApply("not declared")])
def test_where_the_probe_ended_early_that_is_why(ended: NotJudged | DoesNotApply) -> None:
    with pytest.raises(type(ended), match=str(ended)):
        Seen(probe="p", ended=ended).learnt(Counted)
