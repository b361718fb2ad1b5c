"""Who wrote to whom (OB2, OB4): what one customer wrote must not end with another one."""

import json
from collections.abc import Iterator
from typing import Any

from crawler.conformance.chapters.objects.contents import contents, users, value, which
from crawler.conformance.chapters.objects.required import PAGE, PROBE, READ
from crawler.conformance.evidence import Seen, Shown, id_of
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm

PART = Part(Chapter.OBJECTS)
rule = PART.rule
NOBODY = frozenset({"", "0", "-1", "null", "none", "nil", "undefined", "nan", "guest", "anonymous", "false"})
"""What programs make of the id of somebody who has none, in lower case."""


@rule(Level.MUST, "OB4", "OB10", page=PAGE, probe=PROBE, needs=[*READ, "users-have-an-id", "users-have-a-screenname"])
@harm(Harm.EXPOSED, "what one of them asks, the other is answered")
def user_id_is_one_person(seen: Seen) -> Iterator[Case]:
    """An id of a user is one person's.

    Why: it is the identity that a customer's messages are put together by. With one id for all guests, all of them are
    one customer: an agent answers the one, and the other reads it.

    Mend: give everybody an id of their own, for guests that of their session or address; never 0 for nobody.
    """
    names: dict[tuple[str, str | None], list[tuple[Any, str, str]]] = {}
    for sent, whose, user in users(seen):
        names.setdefault((sent.object, id_of(user)), []).append((sent, whose, str(user.get("screenname"))))
    for (_, found), uses in names.items():
        user_id = str(found)
        turns = [name for place, (_, _, name) in enumerate(uses) if place == 0 or uses[place - 1][2] != name]
        sent, whose, name = max(uses, key=lambda use: use[2] != turns[0])
        nobody = user_id.lower() in NOBODY and len(set(turns)) > 1
        back_and_forth = len(turns) > len(set(turns)) + 1  # whoever takes another name does so once
        expected = f"one person with the id {value(user_id)}, {value(turns[0])}"
        actual = f"{value(name)} as well, {whose}"
        yield case(not nobody and not back_and_forth, sent, expected=expected, actual=actual, note=user_id)


@rule(Level.MUST, "OB2", page=PAGE, probe=PROBE, needs=[*READ, "private-messages-have-a-recipient", "users-have-an-id"])
@harm(Harm.LOST, "the answer goes to where the question came from, and not to the customer")
def private_messages_go_to_somebody_else(seen: Seen) -> Iterator[Case]:
    """Somebody who writes private messages does not write all of them to himself.

    Why: author and recipient say whose conversation it is. Where the recipient is always the shop, also of what the
    shop writes, an agent's next message has nobody to go to.

    Mend: name the other side as `recipient`, whichever side wrote.
    """
    written: dict[str | None, list[tuple[Any, Shown]]] = {}
    for sent, content in contents(seen, "private_messages"):
        written.setdefault(id_of(content.get("author")), []).append((sent, content))
    for author, theirs in written.items():
        others = [it for _, it in theirs if id_of(it.get("recipient")) != author]
        sent, content = theirs[0]
        expected = f"somebody else as the recipient of what {value(author)} writes"
        actual = f"{value(author)} itself, in all of {len(theirs)}, such as {which(sent, content)}"
        yield case(others, sent, expected=expected, actual=actual, note=f"{len(theirs)} by {author}")


@rule(Level.MUST, "OB1", "OB2", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.EXPOSED, "what was written to one is shown among what everybody may read")
def private_messages_stay_private(seen: Seen) -> Iterator[Case]:
    """What is listed as a private message is not listed as a message as well.

    Why: agents answer a message where everybody reads it.

    Mend: leave private messages out of the query for `messages.list`.
    """
    public = {same(content): content for _, content in contents(seen, "messages")}
    for sent, content in contents(seen, "private_messages"):
        twin = public.get(same(content))
        actual = f"messages {value(id_of(twin))}, with the same author, date and text"
        expected = f"{which(sent, content)} nowhere else"
        yield case(twin is None, sent, expected=expected, actual=actual, note=which(sent, content))


def same(content: Shown) -> str:
    """By what a content is known in both lists."""
    return json.dumps([id_of(content), id_of(content.get("author")), content.get("created_at"), content.get("body")])
