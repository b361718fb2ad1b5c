def test_ringcx(ringcx_rule):
    ringcx_rule.check()


def test_an_agents_reply_arrives_and_can_be_deleted(ringcx):
    ringcx.cycle()
    ringcx.agent().reply("m1", "Elle arrive demain.")
    ringcx.clock.advance(minutes=1)
    assert not ringcx.cycle().failed

    (reply,) = [message for message in ringcx.contents("messages") if message["in_reply_to_id"] == "m1"]
    assert reply["body"] == "Elle arrive demain."
    ringcx.agent().delete(reply["id"])
    ringcx.clock.advance(minutes=1)
    ringcx.cycle()
    assert [entry["status"] for entry in ringcx.outbox()] == ["success", "success"]
    assert ringcx.actions.count("messages.delete") == 1
