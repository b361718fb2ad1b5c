def test_ringcx(ringcx_rule):
    ringcx_rule.check()


def test_the_platform_imports_each_message_once(ringcx):
    reports = ringcx.poll(hours=3)

    assert not any(report.failed for report in reports)
    assert len(reports) == 180
    assert [message["id"] for message in ringcx.contents("messages")] == ["m1", "m2", "m3"]
