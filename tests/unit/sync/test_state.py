"""The values of a cycle: what they are called, and what of them counts (CY5, LS8, IM6)."""

from dataclasses import fields, replace
from typing import Any

import pytest

from crawler.protocol.signature import Secret
from crawler.sync.source import Source
from crawler.sync.state import ATTEMPTS, Ref, Status
from tests.unit.sync.samples import SOURCE, creation, known, on, operation, outbox, queued

CHANGED = {"secret": Secret("another"), "name": "store"}


@pytest.mark.parametrize("name", [field.name for field in fields(Source)])
def test_a_sources_fingerprint_changes_with_any_setting_and_the_secret(name: str) -> None:
    """CY5: but not with its name."""
    before = getattr(SOURCE, name)
    after: Any = CHANGED.get(name, not before if isinstance(before, bool) else "x" if before is None else f"{before}1")
    changed = replace(SOURCE, **{name: after})
    assert (changed.fingerprint == SOURCE.fingerprint) is (name == "name")


def test_a_fingerprint_tells_nothing_about_the_secret() -> None:
    """CY5."""
    assert len(SOURCE.fingerprint) == 32
    assert "open sesame" not in repr(SOURCE)


def test_statuses_are_the_platforms_own_words() -> None:
    assert {str(status) for status in Status} == {
        "export_pending",
        "success",
        "export_failure",
        "export_aborted",
        "delete_aborted",
        "unpublish_aborted",
    }


def test_an_entry_may_be_attempted_three_times() -> None:
    """PU6."""
    assert (creation().granted, creation().attempts, ATTEMPTS) == (3, 0, 3)


def test_an_entry_is_named_by_its_action() -> None:
    """IM6."""
    assert creation().action == "messages.create"
    assert operation("delete").action == "messages.delete"


def test_an_entry_refers_to_what_it_acts_on_goes_into_and_replies_to() -> None:
    """PU9."""
    reply = creation(thread=queued("threads", "q0"), in_reply_to=on("messages", "m1"))
    assert reply.refs == (queued("threads", "q0"), on("messages", "m1"))
    assert operation("spam").refs == (on("messages", "m1"),)
    assert creation(object_name="threads").refs == ()


def test_a_ref_says_what_it_names() -> None:
    assert str(on("messages", "m1")) == "m1"
    assert str(queued("messages", "q1")) == "(queued) q1"
    assert Ref("messages", "m1") == on("messages", "m1")


def test_pending_entries_keep_the_order_in_which_they_were_queued() -> None:
    """LS8."""
    it = outbox(creation("b"), creation("c", status=Status.SUCCESS), operation("spam", "a"), operation(entry_id="d"))
    assert [entry.id for entry in it.pending] == ["b", "a", "d"]


def test_an_outbox_knows_what_was_settled_in_it() -> None:
    """PU9."""
    first = creation("q1")
    before = outbox(first, operation(entry_id="q2"), known("m1"))
    settled = replace(first, status=Status.SUCCESS, foreign_id="m7")
    after = before.after(settled, known("m7"))
    assert [entry.id for entry in after.pending] == ["q2"]
    assert after.entries["q1"] == settled
    assert after.known("messages", "m7") == known("m7")
    assert after.known("messages", "m1") == known("m1")
    assert before.after(settled).contents == before.contents
    assert [entry.id for entry in before.pending] == ["q1", "q2"]


def test_a_content_is_referred_to_as_the_one_of_its_incarnation() -> None:
    """OB13."""
    assert known("m1", incarnation=2).ref == on("messages", "m1", 2)


@pytest.mark.parametrize(
    ("incarnation", "imported_at", "after"), [(0, "b", False), (1, "a", False), (1, "b", True), (2, "c", True)]
)
def test_what_was_known_before_an_id_was_given_again_refers_to_what_had_it_then(
    incarnation: int, imported_at: str, after: bool
) -> None:
    """OB13."""
    thread = known("t1", "threads", incarnation=incarnation, imported_at=imported_at)
    assert thread.came_after(known("m1", imported_at="a")) is after


def test_nothing_is_known_of_a_content_that_is_not_stored() -> None:
    """IM5: so it allows nothing."""
    it = outbox(known("m1", "threads")).known("messages", "m1")
    assert (it.object, it.id, it.actions, it.deleted) == ("messages", "m1", (), False)


def test_a_source_is_shown_and_stored_without_user_name_and_password() -> None:
    source = replace(SOURCE, base_uri="https://ann:hunter2@shop.example:8443/sdk?a=b")
    assert source.address == "https://shop.example:8443/sdk?a=b"
    assert replace(SOURCE, base_uri="http://ann:hunter2@x/%2f?").address == "http://x/%2f?"
    assert "hunter2" not in repr(source)
