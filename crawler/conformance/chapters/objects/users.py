"""Users as contents show them (OB4, OB10), and that what is shown can be stored (OB12)."""

from collections.abc import Iterator

from crawler.conformance.chapters.objects.contents import users, value
from crawler.conformance.chapters.objects.required import PAGE, PROBE, READ
from crawler.conformance.evidence import Seen, Shown, id_of
from crawler.conformance.rule import Breach, Case, Chapter, Harm, Kept, Level, Part, case, harm
from crawler.errors import PartnerError
from crawler.protocol.envelope import printable
from crawler.protocol.objects import NOTHING
from crawler.protocol.reading import read_page

PART = Part(Chapter.OBJECTS)
rule = PART.rule


@rule(Level.MUST, "OB4", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.UNANSWERED, "what is no boolean is a no, so that nobody can write as that user")
def puppetizable_is_a_boolean(seen: Seen) -> Iterator[Case]:
    """`puppetizable` is true or false, or absent.

    Why: it says whether agents may write as this user; a text is true in some languages, even "false".

    Mend: write `true` without quotes.
    """
    found = ((sent, whose, user["puppetizable"]) for sent, whose, user in users(seen) if "puppetizable" in user)
    for sent, whose, given in seen.some(found, "no user says whether it is 'puppetizable'"):
        kept, actual = given is None or isinstance(given, bool), f"that of {whose} is {value(given)}"
        yield case(kept, sent, expected="true or false", actual=actual, note=actual)


@rule(Level.SHOULD, "OB4", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "it counts as absent")
def gender_is_man_or_woman(seen: Seen) -> Iterator[Case]:
    """`gender` is `man` or `woman`, or absent.

    Why: the guide knows these two values; any other counts as absent.

    Mend: leave it out where it is not known or another.
    """
    found = ((sent, whose, user["gender"]) for sent, whose, user in users(seen) if user.get("gender") not in NOTHING)
    for sent, whose, given in seen.some(found, "no user has a 'gender'"):
        kept, actual = given in ("man", "woman") or not isinstance(given, str), f"that of {whose} is {value(given)}"
        yield case(kept, sent, expected="'man' or 'woman'", actual=actual, note=actual)


@rule(Level.MUST, "OB12", "LS7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.LOST, "what cannot be stored is not imported")
def contents_can_be_stored(seen: Seen) -> Iterator[Case]:
    """A content holds nothing that databases refuse.

    Why: NUL characters, half surrogate pairs, NaN, numbers beyond 64 bit, ids over 1,000 characters and values nested
    over 100 deep cannot be stored, so the content is ignored.

    Mend: clean texts before you send them; write large numbers as strings.
    """
    for sent in seen.lists():
        try:
            page = read_page("", sent.object, sent.body, seen.declared)
        except PartnerError:
            continue
        unstorable = [it for it in page.ignored if it.rule == "OB12"]
        for it in unstorable:
            whose = f"{sent.object} {printable(it.id, 40)}" if it.id else f"the element at position {it.position}"
            yield Breach(expected="a content that can be stored", actual=f"{whose}: {it.reason}", sent=sent)
        if sent.elements() and not unstorable:
            yield Kept(sent=sent, note=f"{len(sent.elements())} of {sent.object}")


@rule(Level.UNCLEAR, "OB10", "OB11", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.UNKNOWN, "a user may have changed between two messages")
def users_are_the_same_everywhere(seen: Seen) -> Iterator[Case]:
    """A user looks the same in all contents: the same `screenname` and `created_at` for the same `id`.

    Why: a user's id is one identity; where its data differ, the newest wins, and it changes with every message.

    Mend: show the user as it is now, not as it was when the message was written.
    """
    first: dict[str, tuple[str, Shown]] = {}
    for sent, whose, user in users(seen):
        found = id_of(user)
        if found is None:
            continue
        known_as, known_user = first.setdefault(found, (whose, user))
        for name in ("screenname", "created_at"):
            given, before = user.get(name), known_user.get(name)
            if known_user is not user and given not in NOTHING and before not in NOTHING:
                expected, actual = f"'{name}' {value(before)}, as for {known_as}", f"{value(given)} for {whose}"
                yield case(given == before, sent, expected=expected, actual=actual, note=f"'{name}' of {whose}")
