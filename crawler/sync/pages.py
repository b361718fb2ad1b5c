"""What a page of a listing means: contents to store, the next cursor, and whether to go on (LS)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Self

import msgspec

from crawler.protocol.envelope import format_time
from crawler.protocol.objects import Content, User, is_storable
from crawler.protocol.reading import Page
from crawler.protocol.remarks import Ignored, Remark, Remarks
from crawler.sync.source import Source
from crawler.sync.state import Cursor

TRAIL = 4
"""How many cursors before the newest are remembered (LS11)."""


SEEN_CHARS = 20_000
"""How much about a page is kept with a cursor."""

OTHERS = 3
"""So many contents whose ids named others before, and none that is the same: the partner's ids begin again (LS12)."""

BEGINS_AGAIN = "LS12"
"""The rule of the remark that says so."""

EXPORT_CHECK = 300.0
"""Seconds after which a cursor is checked where something waits to be exported (LS12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How far the listing of one object has come within one cycle.

    `cursor` is what is stored; `ask` the `since_id` of the next request. `asked` are all that were asked for in this
    cycle, `seen` the ids of the last page: bounded by the number of pages and the size of one. `checking` says that we
    ask from before the cursor, in case the partner no longer knows it, or knows it as another content's (LS11), and
    `exporting` that something waits to be exported, which is to mean what it says. `others` counts the contents so far
    whose ids named others before; `None` once one was the same (LS12).
    """

    cursor: Cursor
    ask: str | None
    asked: frozenset[str | None]
    seen: frozenset[str] = frozenset()
    pages: int = 0
    checking: bool = False
    exporting: bool = False
    others: int | None = 0

    @classmethod
    def begin(cls, cursor: Cursor, *, exporting: bool = False) -> "Listing":
        """The listing that starts at the stored cursor (LS1), or before it where its content was deleted (LS11)."""
        deleted = cursor.checked_at is None and cursor.since_id is not None
        ask = next(iter(cursor.trail), None) if deleted else cursor.since_id
        return cls(cursor=cursor, ask=ask, asked=frozenset({ask}), checking=deleted, exporting=exporting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the database holds of a page: its contents (`None`: deleted) and users by id.

    Of what its contents reply to, `replied_to` are the known contents of the same object, `threads` the known threads.
    """

    contents: Mapping[str, Content | None] = field(default_factory=dict)
    users: Mapping[str, User] = field(default_factory=dict)
    replied_to: frozenset[str] = frozenset()
    threads: frozenset[str] = frozenset()


NOTHING_STORED = Stored()
"""What the database holds of a page without contents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What to do about one page: store `new`, `updated`, `users` and `cursor` in one transaction (LS6).

    `listing` continues it, or is `None` when this object is done for this cycle; `more_later` says that the next cycle
    goes on where the page limit of this one cut it off (LS3). `begins_again`: all that was stored of this source before
    is gone, for the partner's ids name other contents by now; the next cycle lists all anew (LS12).
    """

    object: str
    new: tuple[Content, ...]
    updated: tuple[Content, ...]
    unchanged: int
    users: tuple[User, ...]
    ignored: tuple[Ignored, ...]
    remarks: Remarks
    cursor: Cursor
    listing: Listing | None
    more_later: bool = False
    begins_again: bool = False

    @property
    def changes(self) -> bool:
        """Whether there is anything to store but the cursor."""
        return bool(self.new or self.updated or self.users)


class _Seen(msgspec.Struct, frozen=True):
    """What was to be said of a page that changed nothing."""

    unchanged: int
    ignored: tuple[Ignored, ...]
    remarked: tuple[tuple[str, str, int, list[str]], ...]

    @classmethod
    def of(cls, unchanged: int, ignored: tuple[Ignored, ...], remarks: Remarks) -> Self | None:
        """It, unless it is too much to be kept with a cursor, or cannot be written down (OB12)."""
        remarked = [(it.rule, it.text, count, remarks.examples[it]) for it, count in remarks.counts.items()]
        seen = cls(unchanged, ignored, tuple(remarked))
        ids = [it.id or "" for it in ignored]
        storable = all(map(is_storable, [*ids, *(example for *_, examples in remarked for example in examples)]))
        return seen if storable and sum(map(len, ids)) + 100 * len(ids) <= SEEN_CHARS else None

    def remarks(self) -> Remarks:
        """The remarks on it."""
        remarks = Remarks()
        for rule, text, count, examples in self.remarked:
            remarks.counts[Remark(rule, text)] = count
            remarks.examples[Remark(rule, text)] = examples
        return remarks


def page_mark(source: Source, listing: Listing, info: bytes, signature: str) -> str:
    """What the answer to `listing.ask` is recognised by when it comes once more (LS5).

    It is the partner's own `signature` over the answer's bytes, which was verified (SG4), with all else that decides
    what they mean: what was asked, the source's settings, and the `info` that the partner gave.
    """
    asked = json.dumps([listing.cursor.object, listing.ask, source.fingerprint, signature])
    return blake2b(asked.encode() + info, digest_size=16).hexdigest()


def recognize(source: Source, listing: Listing, mark: str | None, now: datetime) -> Accepted | None:
    """What a page means that came before and changed nothing then; `None` where it has to be read.

    That costs no more than its signature, which a partner that ignores `since_id` lets us pay at each cycle (LS5). A
    page that may mean something else today is read: one of contents that grow too old (CY7), and now and then any, to
    see whether the partner still knows the cursor (LS11).
    """
    cursor = listing.cursor
    if mark is None or mark != cursor.page_mark or cursor.page_seen is None or _due(source, listing, now):
        return None
    seen = msgspec.json.decode(cursor.page_seen, type=_Seen)
    return Accepted(
        object=cursor.object,
        new=(),
        updated=(),
        unchanged=seen.unchanged,
        users=(),
        ignored=seen.ignored,
        remarks=seen.remarks(),
        cursor=cursor,
        listing=None,
    )


def accept_page(
    source: Source, listing: Listing, page: Page, stored: Stored, now: datetime, *, mark: str | None = None
) -> Accepted:
    """Decide what one page of ``<object>.list`` means; `mark` is what it is recognised by when it comes once more."""
    contents, too_old = _young_enough(source, page, stored, now)
    new = tuple(c for c in contents if c.id not in stored.contents)
    updated = tuple(c for c in contents if c.id in stored.contents and stored.contents[c.id] != c)
    listing = replace(listing, others=_others(listing, contents, stored))
    if listing.others is not None and listing.others >= OTHERS:
        return _begin_again(listing, page, contents, too_old)
    remarks = _remark_replies(page, contents, (*new, *updated), stored)
    cursor = _next_cursor(source, listing, page, now)
    following = _follow(source, listing, page, cursor, now)
    if following is None and listing.checking and not page.size:  # the partner has nothing
        cursor = replace(cursor, checked_at=now) if cursor.checked_at is not None else replace(cursor, trail=())
    users = tuple(user for user in page.users.values() if not _is_stored(user, stored))
    if new or updated or users:  # the page that changed nothing might change something now
        cursor = replace(cursor, page_mark=None, page_seen=None)
    elif mark is not None and page.size and following is None and source.ignore_older_than is None:
        seen = _Seen.of(len(contents), page.ignored, remarks)
        if seen is not None:
            cursor = replace(cursor, page_mark=mark, page_seen=msgspec.json.encode(seen).decode())
    # A check is a few requests more, and must come to its end: the next cycle would only begin it again (LS11).
    cut_off = following is not None and not following.checking and following.pages >= source.max_pages
    return Accepted(
        object=listing.cursor.object,
        new=new,
        updated=updated,
        unchanged=len(contents) - len(new) - len(updated),
        users=users,
        ignored=page.ignored + too_old,
        remarks=remarks,
        cursor=cursor,
        listing=None if cut_off else following,
        more_later=cut_off,
    )


def _others(listing: Listing, contents: tuple[Content, ...], stored: Stored) -> int | None:
    """How many contents of this listing have ids that named others before; `None` if one is the same (LS12)."""
    others = listing.others
    for content in contents:
        before = stored.contents.get(content.id)
        if before is not None and others is not None:
            others = others + 1 if is_another(before, content) else None
    return others


def is_another(before: Content, shown: Content) -> bool:
    """Whether a content that is shown is another one than that which had its id, by all that they tell (OB13)."""
    same_author = before.author_id is None or shown.author_id is None or before.author_id == shown.author_id
    dated = before.created_at is not None and shown.created_at is not None
    if dated and before.created_at == shown.created_at:
        return False
    other_body = before.body is not None and shown.body is not None and before.body != shown.body
    return (dated and (other_body or not same_author)) or (other_body and not same_author)


def _begin_again(listing: Listing, page: Page, contents: tuple[Content, ...], too_old: tuple[Ignored, ...]) -> Accepted:
    """What a page means by which it is seen that the partner's ids begin again (LS12)."""
    text = "ids that were given before name other contents: all is taken for deleted, and listed anew by the next cycle"
    for content in contents:
        page.remarks.add(BEGINS_AGAIN, text, content.id)
    return Accepted(
        object=listing.cursor.object,
        new=contents,
        updated=(),
        unchanged=0,
        users=tuple(page.users.values()),
        ignored=page.ignored + too_old,
        remarks=page.remarks,
        cursor=begin_anew(replace(listing.cursor, since_id=page.head_id or listing.cursor.since_id)),
        listing=None,
        more_later=True,
        begins_again=True,
    )


def begin_anew(cursor: Cursor) -> Cursor:
    """The cursor from which all is listed once more (LS12)."""
    return Cursor(object=cursor.object, since_id=cursor.since_id)


def _is_stored(user: User, stored: Stored) -> bool:
    known = stored.users.get(user.id)
    return known is not None and known.is_like(user)


def _young_enough(
    source: Source, page: Page, stored: Stored, now: datetime
) -> tuple[tuple[Content, ...], tuple[Ignored, ...]]:
    """The contents that are not older than the source wants (CY7); one that is stored already stays."""
    if source.ignore_older_than is None:
        return page.contents, ()
    oldest = format_time(now - timedelta(days=source.ignore_older_than))
    kept, too_old = [], []
    for content in page.contents:
        if content.id in stored.contents or content.created_at is None or content.created_at >= oldest:
            kept.append(content)
        else:
            reason = f"was created at {content.created_at}, more than {source.ignore_older_than:g} days ago"
            too_old.append(Ignored(position=page.positions[content.id], id=content.id, rule="CY7", reason=reason))
    return tuple(kept), tuple(too_old)


def _remark_replies(page: Page, kept: tuple[Content, ...], changed: tuple[Content, ...], stored: Stored) -> Remarks:
    """The page's remarks, and one on each reply to a content that is not known (OB8)."""
    known = {content.id for content in kept} | stored.replied_to
    for content in changed:
        target = content.in_reply_to_id
        if target is None or target in known or (content.may_reply_to_thread and target in stored.threads):
            continue
        text = "'in_reply_to_id' is no known content of the same object, and counts as absent"
        page.remarks.add("OB8", text, content.id)
    return page.remarks


def doubt(cursor: Cursor, foreign_id: str) -> Cursor:
    """The cursor after we deleted a content: whose id the partner may forget, or give to a newer one (LS11, OB13)."""
    trail = tuple(step for step in cursor.trail if step != foreign_id)
    return replace(cursor, trail=trail, checked_at=None if cursor.since_id == foreign_id else cursor.checked_at)


def _due(source: Source, listing: Listing, now: datetime, cursor: Cursor | None = None) -> bool:
    """Whether it is time to see whether the partner still knows the cursor (LS11)."""
    checked_at = (cursor or listing.cursor).checked_at
    after = min(source.cursor_check, EXPORT_CHECK) if listing.exporting else source.cursor_check
    return checked_at is None or now - checked_at >= timedelta(seconds=after)


def _next_cursor(source: Source, listing: Listing, page: Page, now: datetime) -> Cursor:
    """The cursor after a page: the newest element's id (LS2), which the partner must know, having just sent it."""
    cursor = listing.cursor
    if page.head_id is None:
        return cursor
    if page.head_id == cursor.since_id:
        return replace(cursor, checked_at=now) if _due(source, listing, now) else cursor
    trail = cursor.trail
    if page.head_id in trail:  # a step back: what the trail holds before it is still older
        trail = trail[trail.index(page.head_id) + 1 :]
    elif cursor.since_id is not None:
        trail = (cursor.since_id, *trail)[:TRAIL]
    return Cursor(object=cursor.object, since_id=page.head_id, trail=trail, checked_at=now)


def _follow(source: Source, listing: Listing, page: Page, cursor: Cursor, now: datetime) -> Listing | None:
    """The next request of this object in this cycle, or `None` when it is done.

    After contents: from the new cursor, unless that was asked for already or the page repeats the last one (LS3, LS5).
    After nothing: done; or, where the cursor is due to be checked, from the one before it, and at last, where its
    content was deleted, from itself (LS11).
    """
    pages = listing.pages + 1
    if page.size:
        ids = frozenset([c.id for c in page.contents] + [i.id for i in page.ignored if i.id is not None])
        if page.head_id is None or page.head_id in listing.asked or ids <= listing.seen:
            return None
        asked = listing.asked | {page.head_id}
        return replace(listing, cursor=cursor, ask=page.head_id, asked=asked, seen=ids, pages=pages, checking=False)
    if not listing.checking and not _due(source, listing, now, cursor):
        return None
    for step in (*cursor.trail, None, cursor.since_id):
        if step not in listing.asked:
            asked = listing.asked | {step}
            return replace(listing, cursor=cursor, ask=step, asked=asked, seen=frozenset(), pages=pages, checking=True)
    return None
