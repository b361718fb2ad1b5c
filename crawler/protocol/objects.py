"""Contents and identities with all their fields in one spelling: what the rest of the program works with (OB).

They hold nothing but texts, so the garbage collector has nothing to look for in them (`gc=False`).
"""

import msgspec


class User(msgspec.Struct, frozen=True, gc=False):
    """An identity (OB4): `id` and `screenname` are always there; dates are in the spelling of TR2.

    `puppetizable` is `None` where nothing was said of it: then what is known stays.
    """

    id: str
    screenname: str
    firstname: str | None = None
    lastname: str | None = None
    avatar_url: str | None = None
    email: str | None = None
    home_phone: str | None = None
    mobile_phone: str | None = None
    gender: str | None = None
    puppetizable: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None
    context_data: str | None = None

    def is_like(self, other: "User") -> bool:
        """Whether the `other` says nothing new of this one (OB4).

        Dates do not count: some partners send another `created_at` each time (OB11).
        """
        told = self.puppetizable if other.puppetizable is None else other.puppetizable
        dates = {"created_at": self.created_at, "updated_at": self.updated_at}
        return self == msgspec.structs.replace(other, puppetizable=told, **dates)


class Content(msgspec.Struct, frozen=True, gc=False):
    """A thread, message or private message (OB1–OB3) with all its fields in one spelling.

    `extra` is a JSON object of the fields in `EXTRA` that are not empty, as the partner spelled them, or `None`.
    `in_reply_to_id` is as the partner gave it, whether or not that content is known (OB8): whoever reads it looks for
    it among the contents of the same object, and `may_reply_to_thread`.
    """

    object: str
    id: str
    author_id: str | None = None
    recipient_id: str | None = None
    thread_id: str | None = None
    in_reply_to_id: str | None = None
    title: str | None = None
    body: str | None = None
    format: str | None = None
    language: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    actions: tuple[str, ...] = ()
    extra: str | None = None

    @property
    def may_reply_to_thread(self) -> bool:
        """Whether it replies to its thread's opening, if no message has that id (OB8)."""
        return self.thread_id is not None and self.in_reply_to_id == self.thread_id
