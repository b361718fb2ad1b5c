"""What the judge does not do yet: these lists can only shrink, for the tests fail where one of them is done.

A variant that is found is taken off, and gets its `found_by`.
"""

NOT_YET_FOUND = frozenset(
    {
        # a text that was created comes back
        "strips backslashes", "decodes entities", "newlines into blanks", "doubles newlines", "newlines into br",
        "wraps lines", "trims", "collapses blanks", "tabs into blanks", "adds slashes",
        "cuts at 65,535 bytes", "normalises", "normalises compatibly", "drops invisible characters",
        "drops control characters", "strips tags", "drops links", "lower case",
        "typographic quotes", "emoticons into emoji", "eats markup characters", "eats dollar amounts",
        "eats placeholders", "decodes percents", "cuts at a signature", "drops quoted lines", "casts numbers",
        "shortens links",
        # the other fields of what was created come back
        "forgets private replies", "the newest thread", "the last to write",
        "private in public", "quotes the one before", "the first agent as author",
        "first attachment alone", "attachments without names", "text as html",
        # dates are right
        "two hours ahead", "two hours behind", "day and month swapped", "month for minutes", "month counted from 0",
        "twelve hours", "days alone", "its own now", "now whenever it is listed", "the date of the thread",
        # what is created is there once
        "two of each", "another id in lists", "a job's id", "reuses ids", "rounds ids", "same text once",
        "refuses the same text", "first answer alone",
        # an agent can answer
        "refuses short texts", "refuses a zero", "refuses html", "refuses files without a text",
        "refuses texts", "refuses other agents",
        # an operation does what it says, and nothing else
        "deletes the thread", "deletes replies", "deletes the newest", "unpublishes nothing",
        "publish is a switch", "unpublishes for good", "unpublishing loses the text", "an answer without the text",
        "a custom operation is a switch",
    }
)  # fmt: skip

NOT_YET_FAIR: dict[bool, frozenset[str]] = {False: frozenset(), True: frozenset()}
"""Conforming partners that are accused of something, without --write and with it."""
