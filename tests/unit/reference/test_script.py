import pytest

from crawler.reference import ANY, Fails, LosesReply, Obeys, Rejects, ReplyLost, Says
from tests.unit.reference.small_platform import ask, call, partner

DRAFT = {"author_id": "agent", "body": "<p>Yes</p>", "content_id": "c1", "thread_id": "1"}


def test_resource_errors_for_the_next_calls_only() -> None:
    it = partner()
    it.plan("messages.create", Rejects("the thread is closed"), times=2)
    it.plan("messages.create", Rejects("never", fatal=True))
    answers = [call(it, "messages.create", **DRAFT) for _ in range(4)]
    assert answers[0] == answers[1] == {"error": {"fatal": False, "message": "the thread is closed"}}
    assert answers[2] == {"error": {"fatal": True, "message": "never"}}
    assert answers[3]["id"] == "14"
    assert len(it.forum.ledger.of("messages.create")) == 4


def test_http_errors_do_nothing() -> None:
    it = partner()
    it.plan("messages.delete", Fails(503, "back soon"))
    response = ask(it, "messages.delete", id="11")
    assert (response.status_code, response.text) == (503, "back soon")
    assert not it.forum.contents["11"].removed


def test_a_lost_reply_comes_after_the_deed() -> None:
    it = partner()
    it.plan("messages.create", LosesReply())
    with pytest.raises(ReplyLost):
        call(it, "messages.create", **DRAFT)
    assert it.forum.contents["14"].content_id == "c1"
    assert call(it, "messages.create", **DRAFT, retry=True)["id"] == "14"
    assert [entry.lost for entry in it.forum.ledger] == [True, False]


def test_a_lost_reply_may_come_before_the_deed() -> None:
    it = partner()
    it.plan("messages.create", LosesReply(done=False))
    with pytest.raises(ReplyLost):
        call(it, "messages.create", **DRAFT)
    assert "14" not in it.forum.contents


def test_any_answer_can_be_put_in_its_mouth() -> None:
    it = partner()
    it.plan("messages.create", Says({}))
    assert call(it, "messages.create", **DRAFT) == {}
    assert "14" not in it.forum.contents


def test_a_plan_for_any_action_stands_behind_that_of_one() -> None:
    it = partner()
    it.plan(ANY, Fails(500, "any"))
    it.plan("messages.list", Obeys(), Fails(501, "list"))
    assert [ask(it, "messages.list").status_code for _ in range(4)] == [200, 501, 500, 200]
