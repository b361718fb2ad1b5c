"""Remarks are counted, and each names a few ids: bounded for any page."""

from crawler.protocol.remarks import Remark, Remarks

ODD = Remark("OB5", "is odd")


def remarks(*ids: str, text: str = "is odd") -> Remarks:
    it = Remarks()
    for content_id in ids:
        it.add("OB5", text, content_id)
    return it


def test_a_remark_counts_all_and_names_the_first_few() -> None:
    it = remarks("1", "2", "3", "4")
    assert it.counts == {ODD: 4}
    assert it.examples == {ODD: ["1", "2", "3"]}


def test_a_remark_on_a_whole_answer_names_nothing() -> None:
    it = remarks("", "")
    it.merge(remarks("", "1"))
    assert (it.counts, it.examples) == ({ODD: 4}, {ODD: ["1"]})


def test_remarks_of_another_page_are_added_up() -> None:
    it = remarks("1", "2")
    other = remarks("3", "4", "5", "6")
    it.merge(other)
    it.merge(remarks("7", text="is odder"))
    assert it.counts == {ODD: 6, Remark("OB5", "is odder"): 1}
    assert it.examples == {ODD: ["1", "2", "3"], Remark("OB5", "is odder"): ["7"]}
    assert other.examples == {ODD: ["3", "4", "5"]}


def test_a_full_remark_takes_no_more_names() -> None:
    it = remarks("1", "2", "3", "4")
    it.merge(remarks("5"))
    assert (it.counts[ODD], it.examples[ODD]) == (5, ["1", "2", "3"])
