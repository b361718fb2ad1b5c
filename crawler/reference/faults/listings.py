"""Lists that are cut, ordered or continued otherwise (LS)."""

from collections.abc import Callable
from dataclasses import replace

from crawler.reference.contents import OBJECTS
from crawler.reference.faults.fault import Fault, Proceed
from crawler.reference.timeline import Listing
from crawler.reference.wire import Call

LISTS = frozenset(f"{name}.list" for name in OBJECTS)
PAGE_SIZE = 3
"""Of the faults that need a page limit, where the partner has none of its own."""

Act = Callable[[Call, Proceed], object]


def _limited(listing: Listing) -> Listing:
    return replace(listing, page_size=listing.page_size or PAGE_SIZE)


def _limitless(listing: Listing) -> Listing:
    return replace(listing, page_size=None)


def _repeating(listing: Listing) -> Listing:
    return replace(listing, repeats_since_id=True)


def _forgetful_nothing(listing: Listing) -> Listing:
    return replace(listing, forgets_removed=True, unknown_since_id="nothing")


def _forgetful_everything(listing: Listing) -> Listing:
    return replace(listing, forgets_removed=True, unknown_since_id="everything")


def _forgetful_all_but_oldest(listing: Listing) -> Listing:
    return replace(listing, forgets_removed=True, unknown_since_id="all but the oldest")


def _without_since_id(call: Call, proceed: Proceed) -> list[object]:
    """The answer to the same call from the very beginning."""
    answer = proceed(replace(call, params={name: it for name, it in call.params.items() if name != "since_id"}))
    assert isinstance(answer, list)  # noqa: S101 - a list answers an array
    return answer


def _page(call: Call, proceed: Proceed) -> list[object]:
    answer = proceed(call)
    assert isinstance(answer, list)  # noqa: S101 - a list answers an array
    return answer


def _ascending(call: Call, proceed: Proceed) -> object:
    return _page(call, proceed)[::-1]


def _newest_only(call: Call, proceed: Proceed) -> object:
    return _page(call, proceed)[:PAGE_SIZE]


def _newest_always(call: Call, proceed: Proceed) -> object:
    return _without_since_id(call, proceed)[:PAGE_SIZE]


def _twice(call: Call, proceed: Proceed) -> object:
    return [content for content in _page(call, proceed) for _ in range(2)]


def _listing(act: Act) -> Act:
    return lambda call, proceed: act(call, proceed) if call.action in LISTS else proceed(call)


def _fault(name: str, rules: tuple[str, ...], description: str, **hooks: Callable[..., object]) -> Fault:
    act = hooks.pop("act", None)
    if act:
        hooks["act"] = _listing(act)
    return Fault(name=name, rules=rules, description=description, actions=LISTS, **hooks)  # type: ignore[arg-type]  # its callers'


FAULTS = (
    _fault("repeats-since-id", ("LS4",), "ends each page with the since_id content itself", listing=_repeating),
    _fault("ignores-since-id", ("LS5",), "lists everything every time", act=_without_since_id, listing=_limitless),
    _fault(
        "ignores-since-id-newest", ("LS5",), "lists the newest three every time", act=_newest_always, listing=_limitless
    ),
    _fault(
        "stuck-cursor", ("LS3", "LS5"), "limits its pages and serves the first again and again",
        act=_without_since_id, listing=_limited,
    ),
    _fault("ascending-order", ("LS2",), "lists the oldest first", act=_ascending),
    _fault(
        "newest-of-many", ("LS3",), "limits its pages to the newest after since_id: what is older is never listed",
        act=_newest_only, listing=_limitless,
    ),
    _fault("duplicates-in-page", ("LS3", "LS4"), "lists each content twice in the same page", act=_twice),
    _fault(
        "removed-cursor-nothing", ("LS10",), "lists nothing after a since_id that was removed",
        listing=_forgetful_nothing,
    ),
    _fault(
        "removed-cursor-everything", ("LS10",), "lists everything after a since_id that was removed",
        listing=_forgetful_everything,
    ),
    _fault(
        "removed-cursor-all-but-oldest", ("LS10",), "lists all but the oldest after a since_id that was removed",
        listing=_forgetful_all_but_oldest,
    ),
)  # fmt: skip
