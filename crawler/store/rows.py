"""Moments and ids as they are stored."""

import json
from datetime import UTC, datetime

from crawler.protocol.objects import is_storable


def stamp(moment: datetime) -> str:
    """A moment as it is stored: ISO 8601, UTC, milliseconds, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(stamp: str | None) -> datetime | None:
    """The moment that `stamp` stored."""
    return datetime.fromisoformat(stamp) if stamp else None


def storable(foreign_id: str | None) -> str | None:
    """An id as text that every database takes: itself, or as a JSON string where it could not be stored (OB12)."""
    if foreign_id is None:
        return None
    plain = is_storable(foreign_id) and not foreign_id.startswith('"')
    return foreign_id if plain else json.dumps(foreign_id)


def restored(text: str | None) -> str | None:
    """The id that `storable` stored."""
    return json.loads(text) if text is not None and text.startswith('"') else text
