def test_ringcx(ringcx_rule):
    ringcx_rule.check()


def test_a_message_is_imported_with_its_thread(ringcx):
    assert not ringcx.cycle().failed
    (message,) = ringcx.contents("messages")
    assert message["thread_id"] == ringcx.contents("threads")[0]["id"]
