"""Contents and identities with all their fields in one spelling: what the rest of the program works with (OB)."""

from hashlib import blake2b

import msgspec


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An identity (OB4): `id` and `screenname` are always there; dates are in the spelling of TR2."""

    id: str
    screenname: str
    firstname: str | None = None
    lastname: str | None = None
    avatar_url: str | None = None
    email: str | None = None
    home_phone: str | None = None
    mobile_phone: str | None = None
    gender: str | None = None
    puppetizable: bool = False
    created_at: str | None = None
    updated_at: str | None = None
    context_data: str | None = None

    @property
    def digest(self) -> str:
        """Changes when anything but the dates changes: some partners send another `created_at` each time (OB11)."""
        return _digest(
            (
                self.id,
                self.screenname,
                self.firstname,
                self.lastname,
                self.avatar_url,
                self.email,
                self.home_phone,
                self.mobile_phone,
                self.gender,
                self.puppetizable,
                self.context_data,
            )
        )


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A thread, message or private message (OB1–OB3) with all its fields in one spelling.

    `extra` is a JSON object of the fields in `EXTRA` that are not empty, as the partner spelled them, or `None`.
    `in_reply_to_id` is as the partner gave it, whether or not that content is known (OB8): whoever reads it looks.
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
    def digest(self) -> str:
        """32 hexadecimal digits that change when any field does: how an unchanged content is recognised."""
        return _digest(self)


def _digest(value: object) -> str:
    return blake2b(msgspec.json.encode(value), digest_size=16).hexdigest()
