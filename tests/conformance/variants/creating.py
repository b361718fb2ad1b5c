"""Creates that go astray: fields that are dropped or changed, and contents that land elsewhere (PU1, PU12-PU14)."""

from collections.abc import Callable
from dataclasses import replace

from crawler.reference import AGENT, ReferencePartner
from crawler.reference.contents import show_user
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call, Refusal
from tests.conformance.variants.making import Act, Shown, acting, each, refusing, remembering, taking, with_params
from tests.conformance.variants.shop import OTHER_AGENT
from tests.conformance.variants.time import Time
from tests.conformance.variants.variant import TABLE, Harm, Kind, Made, Variant


def with_the_one_before(it: ReferencePartner, _time: Time) -> Act:
    """A buffer that is never emptied: what another customer was told stands above."""
    before = [""]

    def act(call: Call, proceed: Proceed) -> object:
        body = str(call.params.get("body") or "")
        whole, before[0] = f"{before[0]}{body}"[:20_000], f"{body}\n"[:500]
        return proceed(with_params(call, body=whole or None))

    return act


def shown_as(it: ReferencePartner, user_id: str) -> Act:
    """What agents write is shown as written by one user."""

    def change(shown: Shown) -> Shown:
        ours = it.forum.contents[shown["id"]].content_id
        return {**shown, "author": show_user(it.forum.users[user_id])} if ours else shown

    return lambda call, proceed: each(proceed(call), change)


def by_the_integration(it: ReferencePartner, _time: Time) -> Act:
    it.forum.add_user("api", "API integration")
    return shown_as(it, "api")


def newest_thread(it: ReferencePartner, _time: Time) -> Act:
    return lambda call, proceed: proceed(with_params(call, thread_id=it.forum.standing("threads")[-1].id))


def thread_of_the_last(it: ReferencePartner, _time: Time) -> Act:
    return lambda call, proceed: proceed(with_params(call, thread_id=it.forum.standing("messages")[-1].thread_id))


def any_thread(it: ReferencePartner, _time: Time) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        known = it.forum.find("threads", call.params.get("thread_id"))
        return proceed(call if known else with_params(call, thread_id="1"))

    return act


def last_writer(it: ReferencePartner, _time: Time) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        authors = [it.forum.users[content.author_id] for content in it.forum.standing("private_messages")]
        last = [author.id for author in authors if not author.puppetizable][-1]
        return proceed(with_params(call, recipient_id=last))

    return act


def in_public(call: Call, proceed: Proceed) -> object:
    """An agent's private message is an answer like any other: in a thread that all see."""
    public = with_params(call, thread_id="1", in_reply_to_id=None, recipient_id=None)
    return proceed(replace(public, action="messages.create"))


def privately_listed_in_public(it: ReferencePartner, _time: Time) -> Act:
    """One table, and the list of messages forgot `WHERE recipient_id IS NULL`."""

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        if call.params.get("since_id") or not isinstance(answer, list):
            return answer
        private = proceed(replace(call, action="private_messages.list"))
        assert isinstance(private, list)
        return [*({**shown, "thread_id": "1"} for shown in private), *answer]

    return act


def hides_agents(it: ReferencePartner, _time: Time) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        assert isinstance(answer, list)
        return [shown for shown in answer if not it.forum.contents[shown["id"]].content_id]

    return act


def nobody_may_write(it: ReferencePartner, _time: Time) -> Act:
    """No identity is puppetizable, and a create crashes, whoever writes."""
    for user_id in (AGENT, OTHER_AGENT):
        it.forum.edit_user(user_id, puppetizable=False)

    def act(_call: Call, _proceed: Proceed) -> object:
        raise Refusal(500, "Internal Server Error")

    return act


def first_attachment(params: Shown) -> dict[str, object]:
    return {"attachments": params["attachments"][:1]} if params.get("attachments") else {}


def nameless(params: Shown) -> dict[str, object]:
    files = params.get("attachments") or []
    return {"attachments": [{name: it for name, it in file.items() if name != "filename"} for file in files] or None}


def no_reply_named(call: Call, proceed: Proceed) -> object:
    """`reply` is declared, and no content's own actions name it."""
    return each(
        proceed(call), lambda it: {**it, "actions": [name for name in it.get("actions", []) if name != "reply"]}
    )


def no_actions(call: Call, proceed: Proceed) -> object:
    return each(proceed(call), lambda it: {name: value for name, value in it.items() if name != "actions"})


def drops(*names: str) -> Callable[[Shown], dict[str, object]]:
    return lambda _params: dict.fromkeys(names)


def is_text(params: Shown) -> bool:
    return params.get("format") == "text"


def has_nothing_but_files(params: Shown) -> bool:
    return not params.get("body") and bool(params.get("attachments"))


FIELDS, ANSWERABLE = Kind.FIELDS, Kind.ANSWERABLE
_ROWS: tuple[tuple[str, str, Harm, Kind, Made, str, str | None], ...] = (
    ("forgets replies", "reads every param but in_reply_to_id",
     Harm.LOOSE, FIELDS, taking(drops("in_reply_to_id"), "messages.create"), "issue 15; haystack/murmur#83",
     "reply-names-what-it-replies-to"),
    ("forgets private replies", "the same, in the other handler, where it is all that holds a conversation together",
     Harm.LOOSE, FIELDS, taking(drops("in_reply_to_id"), "private_messages.create"), "PROTOCOL.md OB2",
     "reply-names-what-it-replies-to"),
    ("replies to the thread alone", "takes in_reply_to_id for the thread's first message, always",
     Harm.LOOSE, FIELDS,
     taking(lambda it: {"in_reply_to_id": "4"} if it.get("in_reply_to_id") else {}, "messages.create"),
     "mautrix/signal#512", "reply-names-what-it-replies-to"),
    ("the thread of the last message", "writes where somebody wrote last",
     Harm.EXPOSED, FIELDS, remembering("messages.create", thread_of_the_last),
     "issue 15; freescout-help-desk/freescout#3231", "message-stays-in-its-thread"),
    ("the newest thread", "SELECT … FROM threads ORDER BY id DESC LIMIT 1",
     Harm.EXPOSED, FIELDS, remembering("messages.create", newest_thread), "NodeBB/NodeBB#2155",
     "message-stays-in-its-thread"),
    ("a thread all the same", "a default for a thread that is not found: the first one",
     Harm.EXPOSED, FIELDS, remembering("messages.create", any_thread), "freescout-help-desk/freescout#1095",
     "create-in-unknown-thread-refused"),
    ("the last to write", "answers whoever wrote last, not recipient_id",
     Harm.EXPOSED, FIELDS, remembering("private_messages.create", last_writer),
     "freescout-help-desk/freescout#2455; ivaldi/brimir#13", "recipient-is-kept"),
    ("private in public", "one create for both, which forgets what was private",
     Harm.EXPOSED, FIELDS, acting("private_messages.create", in_public),
     "chatwoot/chatwoot#306; Tiledesk/tiledesk-dashboard#157", "private-create-stays-private"),
    ("quotes the one before", "a buffer that is not emptied between two requests",
     Harm.EXPOSED, FIELDS, remembering("create", with_the_one_before), "chatwoot/chatwoot#11208",
     "body-holds-nothing-else"),
    ("the integration as author", "all that comes by the API is written by the API's account",
     Harm.NAME, FIELDS, remembering("*", by_the_integration), "issue 15; PROTOCOL.md PU12", "author-is-kept"),
    ("the first agent as author", "SELECT … WHERE is_agent LIMIT 1",
     Harm.NAME, FIELDS, remembering("*", lambda it, _time: shown_as(it, AGENT)), "PROTOCOL.md PU12", "author-is-kept"),
    ("drops attachments", "reads body, and no attachments though they are declared",
     Harm.LOST, FIELDS, taking(drops("attachments")), "nextcloud/mail#2643", "attachments-are-kept"),
    ("first attachment alone", "one column for one file",
     Harm.LOST, FIELDS, taking(first_attachment), "moezbhatti/qksms#1294", "attachments-are-kept"),
    ("attachments without names", "stores the URL, and shows what comes behind its last slash",
     Harm.NAME, FIELDS, taking(nameless), "PROTOCOL.md OB7", "attachments-keep-their-names"),
    ("drops titles", "a thread's title is its first message here",
     Harm.LOST, FIELDS, taking(drops("title"), "threads.create"), "issue 15", "title-is-kept"),
    ("text as html", "stores no format: a text is shown as html, and what stands between < and > is gone",
     Harm.LOST, FIELDS, taking(lambda it: {"format": "html"} if is_text(it) else {}, "messages.create"),
     "PROTOCOL.md IM9, PU13", "body-can-be-read"),
    ("drops what was in a list", "lists leave out what came by the API, since the platform has that",
     Harm.UNSEEN, FIELDS, remembering("list", hides_agents), "PROTOCOL.md LS4", "created-content-is-listed"),
    ("private messages for all", "one table, and a WHERE that is missing in the list of messages",
     Harm.EXPOSED, Kind.SHAPE, remembering("messages.list", privately_listed_in_public),
     "chatwoot/chatwoot#838; erxes/erxes#33", "private-messages-stay-private"),
    ("crashes on every create", "the one path that was never tried, and nobody is puppetizable either",
     Harm.MUTE, ANSWERABLE, remembering("create", nobody_may_write), TABLE, "create-answered-with-success"),
    ("refuses files without a text", "body is required in the form's validation",
     Harm.MUTE, ANSWERABLE, refusing(has_nothing_but_files, "the body is missing"),
     "issue 15; the-djmaze/snappymail#1052", "attachments-are-kept"),
    ("refuses texts", "declares messages.text and checks for html alone",
     Harm.MUTE, ANSWERABLE, refusing(is_text, "format must be html", action="messages.create"), "PROTOCOL.md PU13",
     "any-text-accepted"),
    ("refuses threads", "agents may answer and not begin, but threads.create is declared",
     Harm.MUTE, ANSWERABLE, refusing(lambda _: True, "not allowed", 403, "threads.create"), "PROTOCOL.md PU3",
     "create-answered-with-success"),
    ("refuses replies", "a foreign key that points to the wrong table",
     Harm.MUTE, ANSWERABLE, refusing(lambda it: bool(it.get("in_reply_to_id")), "violates foreign key constraint", 500),
     "PROTOCOL.md PU1", "create-answered-with-success"),
    ("refuses other agents", "the key belongs to one agent, and the others get a 403",
     Harm.MUTE, ANSWERABLE,
     refusing(lambda it: it.get("author_id") == OTHER_AGENT, "you may not write as that user", 403), "PROTOCOL.md PU12",
     "any-agent-accepted"),
    ("names no reply", "declares reply, and no content's own actions name it: there is no button",
     Harm.MUTE, ANSWERABLE, acting("*", no_reply_named), "PROTOCOL.md AC4", "reply-is-offered"),
    ("names no actions", "declares delete, publish and five more, and shows contents without actions",
     Harm.MUTE, ANSWERABLE, acting("*", no_actions), "PROTOCOL.md IM5, AC4", "reply-is-offered"),
)  # fmt: skip
NOT_BY = {
    "private messages for all": frozenset({"nothing-skipped-after-a-position", "show-answers-the-content"}),
    "quotes the one before": frozenset({"repeated-create-makes-no-copy"}),
}
"""What is said of these today, and is something else."""
READ = {"private messages for all", "names no reply", "names no actions"}
"""Those that are there to be seen without writing."""

CREATING = tuple(
    Variant(
        name=name,
        slip=slip,
        harm=harm,
        kind=kind,
        origin=origin,
        made=made,
        found_by=rule,
        write=name not in READ,
        not_by=NOT_BY.get(name, frozenset()),
    )
    for name, slip, harm, kind, made, origin, rule in _ROWS
)
