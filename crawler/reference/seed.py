"""A small shop's forum: what the demo shows, and what the one-fault variants break one piece of."""

from collections.abc import Callable
from datetime import datetime, timedelta

from crawler.reference.contents import Attachment
from crawler.reference.forum import AGENT, Forum

DESIGNATED_THREAD = "2"
DESIGNATED_MESSAGE = "7"
"""In the middle of the list; has every field that a fault may spoil, and digits for ids, its author's too."""
DESIGNATED_PRIVATE_MESSAGE = "12"
NEWEST_MESSAGE = "11"
UNTOUCHED_MESSAGE = "5"
"""One that no fault concerns."""

ELODIE = "42"


def seeded(clock: Callable[[], datetime]) -> Forum:
    """A forum of three threads (1-3), eight messages (4-11) and two private ones (12, 13), all of the last two days."""
    forum = Forum(clock)
    start = clock() - timedelta(days=2)

    def at(hours: float) -> datetime:
        return start + timedelta(hours=hours)

    _people(forum, start)
    size, parcel, opening = (
        forum.add_thread(
            "marc", "Which size?", "<p>I am between S and M. What do you advise?</p>", created_at=at(0),
            categories=("sizes",), display_url="https://shop.example/forum/1",
        ).id,
        forum.add_thread(
            ELODIE, "Colis abîmé", "<p>Mon colis est arrivé tout <b>cabossé</b> 😟</p>", created_at=at(3),
            attachments=(Attachment("https://shop.example/files/colis.jpg", "colis.jpg"),),
            categories=("delivery",), language="fr", display_url="https://shop.example/forum/2",
        ).id,
        forum.add_thread("jun", "Open on Sundays?", "Are you open this Sunday?", created_at=at(20), format="text").id,
    )  # fmt: skip
    forum.add_message("jun", size, "<p>Take the M, it shrinks a little.</p>", created_at=at(1))
    forum.add_message(AGENT, size, "<p>We agree with Jun: M.</p>", created_at=at(2), in_reply_to_id="4")
    forum.add_message(AGENT, parcel, "<p>Oh no! Could you send us a picture?</p>", created_at=at(4))
    forum.add_message(
        ELODIE, parcel, "<p>Voilà 📦 — et le reçu.</p>", created_at=at(5), in_reply_to_id="6", language="fr",
        attachments=(
            Attachment("https://shop.example/files/carton.jpg", "carton.jpg"),
            Attachment("https://shop.example/files/recu.pdf", "reçu.pdf"),
        ),
        categories=("delivery",), context_data={"order": "A-1042"}, display_url="https://shop.example/forum/2#7",
    )  # fmt: skip
    forum.add_message(AGENT, parcel, "<p>Merci, un nouveau colis part demain.</p>", created_at=at(8), language="fr")
    forum.add_message(AGENT, opening, "Yes, from 10 to 4.", created_at=at(21), format="text")
    forum.add_message("jun", opening, "Great, see you there! 👋", created_at=at(22), format="text", in_reply_to_id="9")
    forum.add_message("marc", size, "<p>M it is. Thanks!</p>", created_at=at(30), in_reply_to_id="5")
    forum.add_private_message(
        ELODIE, AGENT, "Ma nouvelle adresse : 3, rue des Orfèvres.", created_at=at(9), format="text"
    )
    forum.add_private_message(
        AGENT, ELODIE, "C'est noté.", created_at=at(10), format="text", in_reply_to_id=DESIGNATED_PRIVATE_MESSAGE
    )
    return forum


def _people(forum: Forum, start: datetime) -> None:
    joined = {"created_at": start - timedelta(days=300), "updated_at": start - timedelta(days=10)}
    forum.add_user(
        ELODIE, "Élodie", firstname="Élodie", lastname="Müller", email="elodie@example.com",
        gender="woman", avatar_url="https://shop.example/avatars/42.png", **joined,
    )  # fmt: skip
    forum.add_user("marc", "marc_75", firstname="Marc", **joined)
    forum.add_user("jun", "Jun 準", **joined)
    forum.edit_user(AGENT, **joined)
