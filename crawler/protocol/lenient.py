"""Mending a content in which something is not as the guide types it (OB9, OB11, OB12)."""

import json
from collections.abc import Callable, Collection
from typing import Any

import msgspec

from crawler.protocol.dates import read_date
from crawler.protocol.implementation import read_names, shape
from crawler.protocol.json_split import UNDECODABLE, member
from crawler.protocol.objects import (
    EXTRA,
    NOTHING,
    Unusable,
    WireContent,
    WireUser,
    WrittenFloat,
    check_storable,
    read_id,
)
from crawler.protocol.remarks import Remarks

_IDS = frozenset({"id", "thread_id", "in_reply_to_id"})
_DATES = frozenset({"created_at", "updated_at"})
_TRUTH: dict[bool, tuple[object, ...]] = {True: (True, 1, "1", "true"), False: (False, 0, "0", "false")}
_RAW = frozenset(EXTRA) - {"display_url", "ip"}

Remarking = Callable[[str, str], None]


def readable_id(element: bytes) -> str | None:
    """The id of a content of which other parts may be unreadable (`read_id`)."""
    return read_id(member(element, "id"))


def mend(element: bytes, content_id: str | None, remarks: Remarks, passed_over: Collection[str]) -> WireContent:
    """Read one content whatever its fields look like, remarking on each that had to be mended.

    The fields `passed_over` are not looked at: they are none of this object (OB), or are to be ignored (IM7, IM8).

    Raises `Unusable` where it cannot be: not JSON, not an object, or with values that no database takes.
    """
    try:
        value = msgspec.json.decode(element)
        if isinstance(value, dict):
            _write_ids_out(value, element)
    except RecursionError:
        raise Unusable("OB12", "is too deeply nested") from None
    except UNDECODABLE as error:
        raise Unusable("OB12", f"is not JSON that can be stored ({error})") from None
    if not isinstance(value, dict):
        raise Unusable("TR6", f"is {shape(value)} instead of an object")
    for name in passed_over:
        value.pop(name, None)

    def remark(rule: str, text: str) -> None:
        remarks.add(rule, text, content_id or "")

    fields = _mend_fields(value, WireContent.__struct_fields__, "", remark)
    if not fields.get("id"):
        raise Unusable("OB1", "has no 'id'")
    for role in ("author", "recipient"):
        fields[role] = _mend_user(value.get(role), role, remark)
    check_storable(value.get("actions"), "actions")
    actions = read_names(value.get("actions"))
    if actions is None or (isinstance(value.get("actions"), dict) and value["actions"]):
        remark("OB9", f"'actions' is {shape(value['actions'])} instead of a list")
    fields["actions"] = tuple(actions) if actions is not None else None
    return msgspec.convert(fields, WireContent, strict=True)


def _write_ids_out(value: dict[str, object], element: bytes) -> None:
    """Have the ids that are floats as the partner wrote them: a float has lost digits of a large one."""
    for role in (None, "author", "recipient"):
        holder: Any = value.get(role) if role else value
        for name in _IDS if isinstance(holder, dict) else ():
            if isinstance(holder.get(name), float):
                written = json.loads(element, parse_float=WrittenFloat)
                holder[name] = (written[role] if role else written)[name]


def _mend_user(value: object, role: str, remark: Remarking) -> WireUser | None:
    if value in NOTHING:
        return None
    if not isinstance(value, dict):
        raise Unusable("OB4", f"the {role} is {shape(value)} instead of an object")
    fields = _mend_fields(value, WireUser.__struct_fields__, f"{role}.", remark)
    puppetizable = value.get("puppetizable")
    if puppetizable not in NOTHING:
        fields["puppetizable"] = next((said for said, ways in _TRUTH.items() if puppetizable in ways), None)
        if not isinstance(puppetizable, bool):
            absent = ", and counts as absent" if fields["puppetizable"] is None else ""
            remark("OB4", f"'{role}.puppetizable' is {shape(puppetizable)} instead of true or false{absent}")
    fields["id"] = fields.get("id") or ""
    fields["screenname"] = fields.get("screenname") or ""
    return msgspec.convert(fields, WireUser, strict=True)


def _mend_fields(value: dict[str, object], names: tuple[str, ...], prefix: str, remark: Remarking) -> dict[str, object]:
    """The fields of `names` that are strings, dates or kept as JSON, each of the type that the guide gives it."""
    fields: dict[str, object] = {}
    for name in names:
        given = value.get(name)
        if name in ("author", "recipient", "actions", "puppetizable") or given in NOTHING:
            continue
        number = isinstance(given, int | float) and not isinstance(given, bool)
        if name in _IDS and number:
            fields[name] = found = read_id(given) or ""
            remark(
                "OB9", f"'{prefix}{name}' is a number{' with a fraction' * ('.' in found)}; the guide wants a string"
            )
            continue
        check_storable(given, prefix + name)
        if name in _RAW:
            fields[name] = msgspec.Raw(msgspec.json.encode(given))
        elif name in _DATES:
            date, odd = read_date(given)
            if odd:
                remark("OB5" if date is None else "OB11", f"'{prefix}{name}' {odd}")
            fields[name] = date
        elif isinstance(given, str):
            fields[name] = given
        elif number:
            remark("OB1", f"'{prefix}{name}' is a number; the guide wants a string")
            fields[name] = str(given)
        else:
            remark("OB1", f"'{prefix}{name}' is {shape(given)} instead of a string, and counts as absent")
    return fields
