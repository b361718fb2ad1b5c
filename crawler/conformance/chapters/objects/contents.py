"""Contents and the users in them as they were listed: how rules read and name them. PURE."""

from collections.abc import Iterator, Sequence

from crawler.conformance.evidence import DoesNotApply, NotJudged, Remedy, Seen, Sent, Shown, id_of
from crawler.protocol.envelope import printable
from crawler.protocol.implementation import shape
from crawler.protocol.objects import NOTHING

Found = tuple[Sent, Shown]
Holder = tuple[Sent, str, Shown]


def which(sent: Sent, content: Shown) -> str:
    """A content in a few words."""
    found = id_of(content)
    return f"{sent.object} {printable(found, 40)}" if found else f"one of {sent.object} without id"


def value(of: object) -> str:
    """A value of the partner's in a few words."""
    if isinstance(of, str) and of:
        return f"'{printable(of, 60)}'"
    if isinstance(of, int | float) and not isinstance(of, bool):
        return f"the number {printable(str(of), 40)}"
    return shape(of)


def contents(seen: Seen, *objects: str) -> Sequence[Found]:
    """The listed contents of some objects, or of all, at least one. Raises `Unjudged`."""
    if objects and not {*objects} & {*seen.declared.listed}:
        raise DoesNotApply(f"the partner declares no list of {' or '.join(objects)}")
    found = (it for it in seen.contents() if not objects or it[0].object in objects)
    return seen.some(found, f"the partner lists no {' or '.join(objects)} now")


def with_content(seen: Seen, *objects: str) -> Sequence[Found]:
    """The same without threads that are but titles (IM8)."""
    if titled(seen) and objects == ("threads",):
        raise DoesNotApply("with threads.no_content, of threads only id and title are read")
    found = (it for it in contents(seen, *objects) if not (it[0].object == "threads" and titled(seen)))
    return seen.some(found, "the partner lists nothing but titles of threads now")


def given_in(seen: Seen, name: str) -> Sequence[tuple[Sent, str, object]]:
    """A field of each content that has it, and whose it is, at least one. Raises `Unjudged`."""
    found = ((sent, which(sent, it), it[name]) for sent, it in with_content(seen) if it.get(name) not in NOTHING)
    return seen.some(found, f"no content has '{name}'")


def titled(seen: Seen) -> bool:
    """Whether threads are but titles (IM8)."""
    return seen.declared.threads_without_content


def users_in(found: Sequence[Found]) -> Iterator[Holder]:
    """Each user that contents show, and whose user it is."""
    for sent, content in found:
        for role in ("author", "recipient") if sent.object == "private_messages" else ("author",):
            user = content.get(role)
            if isinstance(user, dict) and user:
                yield sent, f"the {role} of {which(sent, content)}", user


def users(seen: Seen) -> Sequence[Holder]:
    """Each user that a listed content shows, and whose user it is, at least one. Raises `Unjudged`."""
    return seen.some(users_in(with_content(seen)), "no content has an author", Remedy.FIX)


def holders(seen: Seen) -> Sequence[Holder]:
    """Each content and each user, and which or whose it is. Raises `Unjudged`."""
    found = with_content(seen)
    return [*((sent, which(sent, content), content) for sent, content in found), *users_in(found)]


def text_id(given: object) -> str:
    """An id that is named, as text; empty where there is none."""
    return id_of({"id": given}) or ""


def shows(sent: Sent) -> bool:
    """Whether an answer to ``show`` holds a content."""
    try:
        answer = sent.json()
    except NotJudged:
        return False
    return isinstance(answer, dict) and bool(answer) and "error" not in answer
