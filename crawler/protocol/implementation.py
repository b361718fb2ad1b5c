"""What a partner declares it can do, and what that allows (IM, AC4, PU13, PU14)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from crawler.errors import NotJson, UnexpectedShape
from crawler.protocol.envelope import MARKED, explain, printable, without_mark
from crawler.protocol.objects import NOTHING
from crawler.protocol.remarks import Remark

POLLED = ("threads", "messages", "private_messages")
"""The objects that are polled, in the order of a cycle (LS8)."""

SEND_API_OBJECTS = ("users", "status", "typing")
STANDARD = frozenset({"list", "show", "create", "reply", "delete", "destroy", "publish", "unpublish"})
"""The operations that are not custom (AC2)."""

COLLECTION_LEVEL = frozenset({"list", "show", "create", "reply"})
"""Operations about which only the implementation info decides (IM4)."""

OPTIONS = frozenset(
    {
        "messages.unthreaded",
        "messages.no_title",
        "private_messages.no_title",
        "threads.no_content",
        "messages.allow_survey",
        "view.messaging",
        "messaging.typing_indicator",
        "messaging.queuing_update",
        *(f"{name}.{kind}" for name in POLLED for kind in ("text", "html", "attachments")),
    }
)
"""The options that the guide names (IM9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImplementationInfo:
    """A partner's capabilities, read leniently; what is not understood is ignored and remarked on (IM10).

    `declared` is object → operations as they were declared, in order; `options` those in force; `locales` is language →
    custom operation → label. Ask `allows` and its neighbours rather than these: they apply IM7 and IM8.
    """

    declared: Mapping[str, tuple[str, ...]]
    options: frozenset[str] = frozenset()
    locales: Mapping[str, Mapping[str, str]]
    remarks: tuple[Remark, ...] = ()

    def operations(self, object_name: str) -> tuple[str, ...]:
        """The operations in force for an object, in the order of their declaration (IM7, IM8)."""
        declared = self.declared.get(object_name, ())
        if object_name == "threads":
            if self.unthreaded:
                return ()
            if self.threads_without_content:
                return tuple(op for op in declared if op in ("list", "show"))
        return declared

    def allows(self, object_name: str, operation: str) -> bool:
        """Whether `operation` is in force for `object_name`."""
        return operation in self.operations(object_name)

    @property
    def listed(self) -> tuple[str, ...]:
        """The objects whose `list` is in force, in the order of a cycle (LS8, CY1)."""
        return tuple(name for name in POLLED if self.allows(name, "list"))

    @property
    def unthreaded(self) -> bool:
        """Whether threads, and `thread_id` of messages, are to be ignored (IM7)."""
        return "messages.unthreaded" in self.options

    @property
    def threads_without_content(self) -> bool:
        """Whether of a thread only `id` and `title` are read (IM8)."""
        return "threads.no_content" in self.options

    def delete_name(self, object_name: str) -> str | None:
        """The name under which the partner declares deletion, `None` if it does not (IM6)."""
        return next((name for name in ("delete", "destroy") if self.allows(object_name, name)), None)

    def custom_operations(self, object_name: str) -> tuple[str, ...]:
        """The custom operations in force for an object (AC2)."""
        return tuple(op for op in self.operations(object_name) if op not in STANDARD)

    def label(self, operation: str, language: str = "default") -> str:
        """What an agent's button for a custom operation says (IM11)."""
        for locale in (language, "default"):
            label = self.locales.get(locale, {}).get(operation)
            if label:
                return label
        words = operation.lstrip("_").removesuffix("_id").replace("_", " ").lower()
        return words[:1].upper() + words[1:] or operation

    def formats(self, object_name: str) -> tuple[str, ...]:
        """The formats an object takes, the one to use by default first (IM9, PU13)."""
        declared = tuple(kind for kind in ("html", "text") if f"{object_name}.{kind}" in self.options)
        return declared or ("html",)

    def takes_attachments(self, object_name: str) -> bool:
        """Whether an object may be sent with attachments (PU13)."""
        return f"{object_name}.attachments" in self.options

    def takes_title(self, object_name: str) -> bool:
        """Whether an object is sent with a title (PU14)."""
        return f"{object_name}.no_title" not in self.options


def read_implementation(source: str, body: bytes) -> ImplementationInfo:
    """Read the body of an answer to `implementation.info` (IM2, IM10, OB9).

    Raises `NotJson`, or `UnexpectedShape` where there is no `objects` to go by (IM1).
    """
    action, expected = "implementation.info", "a JSON object with 'objects'"
    text = without_mark(body)
    try:
        answer = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        came = "an empty body" if not text.strip() else f"a body that is not JSON ({error})"
        raise NotJson(source, action, expected=expected, came=came, explanation=explain(body)) from error
    if not isinstance(answer, dict):
        raise UnexpectedShape(source, action, expected=expected, came=shape(answer), explanation=explain_value(answer))
    remarks = [MARKED] if text is not body else []
    objects = answer.get("objects")
    if objects is None and "actions" in answer:
        objects = answer["actions"]
        remarks.append(Remark("OB9", "the objects stand under the old key 'actions'; the guide says 'objects'"))
    declared = _read_objects(objects, remarks)
    if declared is None:
        came = f"'objects' as {shape(objects)}"
        if objects is None:
            came = f"an object without 'objects', with {_keys(answer)}"
        raise UnexpectedShape(source, action, expected=expected, came=came, explanation=explain_value(answer))
    info = ImplementationInfo(
        declared=declared,
        options=_read_options(answer.get("options"), remarks),
        locales=_read_locales(answer.get("locales"), remarks),
    )
    remarks.extend(_contradictions(info))
    return ImplementationInfo(
        declared=info.declared, options=info.options, locales=info.locales, remarks=tuple(remarks)
    )


def shape(value: object) -> str:
    """A JSON value's shape in words, for errors: ``an empty array``, ``null``, ``a string``."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "a string" if value else "an empty string"
        case list():
            return "an array" if value else "an empty array"
        case _:
            return "an object" if value else "an empty object"


def explain_value(value: object) -> str:
    """A JSON answer of the wrong shape as an explanation: a string often is one; what holds nothing is none."""
    if isinstance(value, str):
        return printable(value, 300)
    try:
        return explain(msgspec.json.encode(value)) if value else ""
    except RecursionError:  # just not too deeply nested to be read
        return ""


def _keys(mapping: Mapping[str, object]) -> str:
    named = ", ".join(f"'{printable(key, 40)}'" for key in list(mapping)[:5])
    return named or "nothing in it"


def _read_objects(objects: object, remarks: list[Remark]) -> dict[str, tuple[str, ...]] | None:
    if isinstance(objects, list) and all(isinstance(name, str) for name in objects):
        # OB9: a flat list of actions; an empty one is PHP's empty hash (OB0)
        if objects:
            remarks.append(Remark("OB9", "'objects' is a flat list of actions; the guide wants object → operations"))
        grouped: dict[str, list[str]] = {}
        for name in objects:
            object_name, dot, operation = name.partition(".")
            if dot:
                grouped.setdefault(object_name, []).append(operation)
        grouped.pop("implementation", None)
        objects = grouped
    if not isinstance(objects, dict):
        return None
    declared: dict[str, tuple[str, ...]] = {}
    for object_name, operations in objects.items():
        if object_name not in POLLED:
            if object_name not in SEND_API_OBJECTS:
                remarks.append(Remark("IM10", f"the unknown object '{printable(object_name, 60)}' is ignored"))
            continue
        names = read_names(operations)
        if names is None:
            remarks.append(Remark("IM2", f"'{object_name}' is {shape(operations)} instead of a list, and ignored"))
            continue
        if isinstance(operations, dict) and operations:
            remarks.append(Remark("OB9", f"the operations of '{object_name}' are an object; the guide wants a list"))
        declared[object_name] = tuple(dict.fromkeys(names))
    return declared


def read_names(value: object) -> list[str] | None:
    """A list of names: as a list, or as PHP's array with gaps ``{"0": …, "2": …}`` (OB9); `None` if it is neither.

    Members that are not non-empty strings are left out.
    """
    if value in (None, ""):
        return []
    members: Sequence[object]
    if isinstance(value, list):
        members = value
    elif isinstance(value, dict):
        members = list(value.values())
    else:
        return None
    return [member for member in members if isinstance(member, str) and member]


def _read_options(value: object, remarks: list[Remark]) -> frozenset[str]:
    names = read_names(value)
    if names is None:
        remarks.append(Remark("IM2", f"'options' is {shape(value)} instead of a list, and ignored"))
        return frozenset()
    unknown = (name for name in names if name not in OPTIONS)
    remarks.extend(Remark("IM10", f"the unknown option '{printable(name, 60)}' is ignored") for name in unknown)
    return frozenset(names) & OPTIONS


def _read_locales(value: object, remarks: list[Remark]) -> dict[str, dict[str, str]]:
    if value in NOTHING:
        return {}
    if not isinstance(value, dict):
        remarks.append(Remark("IM2", f"'locales' is {shape(value)} instead of an object, and ignored"))
        return {}
    locales: dict[str, dict[str, str]] = {}
    for language, labels in value.items():
        if isinstance(labels, dict):
            locales[language] = {name: label for name, label in labels.items() if isinstance(label, str) and label}
        elif labels not in (None, "", []):
            remarks.append(Remark("IM2", f"the labels of '{printable(language, 20)}' are {shape(labels)}, and ignored"))
    return locales


def _contradictions(info: ImplementationInfo) -> list[Remark]:
    remarks = []
    ignored = [op for op in info.declared.get("threads", ()) if not info.allows("threads", op)]
    if ignored:
        rule, option = ("IM7", "messages.unthreaded") if info.unthreaded else ("IM8", "threads.no_content")
        remarks.append(Remark(rule, f"threads: {', '.join(ignored)} ignored, because of the option {option}"))
    remarks.extend(
        Remark("IM6", f"{name} declares both 'delete' and 'destroy'; 'delete' is used")
        for name in POLLED
        if info.allows(name, "delete") and info.allows(name, "destroy")
    )
    if "view.messaging" in info.options:
        resources = [name for name in ("messages", "private_messages") if info.operations(name)]
        if len(resources) > 1:
            remarks.append(Remark("IM9", "view.messaging goes with one message resource only; two are declared"))
        remarks.extend(
            Remark("IM9", f"view.messaging goes with text only; {name}.html is declared")
            for name in resources
            if f"{name}.html" in info.options
        )
    elif "messaging.typing_indicator" in info.options:
        remarks.append(Remark("IM9", "messaging.typing_indicator needs view.messaging"))
    if "messages.allow_survey" in info.options and not info.operations("messages"):
        remarks.append(Remark("IM9", "messages.allow_survey is for messages only; none are declared"))
    return remarks
