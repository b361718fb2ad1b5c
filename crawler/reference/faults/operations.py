"""Shows and writes that are answered otherwise (AC, OB9, OB11, PU)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from crawler.reference.faults.fault import Fault, Proceed
from crawler.reference.seed import DESIGNATED_MESSAGE
from crawler.reference.wire import Call, Raw, Refusal, Response

Act = Callable[[Call, Proceed], object]

SHOW, CREATE, DELETE, SOLVE = "messages.show", "messages.create", "messages.delete", "messages.mark_as_solved"
PAGE = "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Whoops, something went wrong</h1></body></html>"


def _unknown_shown_as(value: object) -> Act:
    """`show` of an id that names nothing, as a success."""

    def act(call: Call, proceed: Proceed) -> object:
        try:
            return proceed(call)
        except Refusal as refusal:
            if refusal.status == 404:
                return value
            raise

    return act


def _shown_under_another_id(call: Call, proceed: Proceed) -> object:
    shown = _object(proceed(call))
    return {**shown, "id": f"message-{shown['id']}"} if shown.get("id") == DESIGNATED_MESSAGE else shown


def _instead(value: object) -> Act:
    """This answer, and nothing done."""
    return lambda _call, _proceed: value


def _afterwards(value: object) -> Act:
    """This answer, after all was done."""

    def act(call: Call, proceed: Proceed) -> object:
        proceed(call)
        return value

    return act


def _without_id(call: Call, proceed: Proceed) -> object:
    return {name: value for name, value in _object(proceed(call)).items() if name != "id"}


def _replied_to_id(call: Call, proceed: Proceed) -> object:
    """The quick start's own mistake: the id of what was replied to, of the thread where there is no such message."""
    shown = _object(proceed(call))
    return {**shown, "id": shown.get("in_reply_to_id", shown.get("thread_id"))}


def _without_content_id(call: Call, proceed: Proceed) -> object:
    return proceed(replace(call, params={name: it for name, it in call.params.items() if name != "content_id"}))


def _other_text(call: Call, proceed: Proceed) -> object:
    shown = _object(proceed(call))
    return {**shown, "body": f"<p>{shown.get('body', '')}</p><p>-- sent by our shop</p>"}


def _id_number(call: Call, proceed: Proceed) -> object:
    shown = _object(proceed(call))
    return {**shown, "id": int(shown["id"])}


def _id_alone(call: Call, proceed: Proceed) -> object:
    return {"id": _object(proceed(call))["id"]}


def _object(answer: object) -> dict[str, Any]:
    assert isinstance(answer, dict)  # noqa: S101 - one content answers an object
    return answer


def _error(*, fatal: bool) -> object:
    return {"error": {"fatal": fatal, "message": "the thread is closed"}}


_ACTS: tuple[tuple[str, str, tuple[str, ...], str, Act], ...] = (
    ("show-unknown-string", SHOW, ("OB9", "AC1"), "an unknown id with ''", _unknown_shown_as("")),
    ("show-unknown-object", SHOW, ("OB9", "AC1"), "an unknown id with {}", _unknown_shown_as({})),
    ("show-unknown-null", SHOW, ("OB9", "AC1"), "an unknown id with null", _unknown_shown_as(None)),
    ("show-unknown-empty", SHOW, ("OB9", "AC1"), "an unknown id with an empty body", _unknown_shown_as(Raw(""))),
    ("show-id-differs", SHOW, ("OB11", "AC1"), "another id than its list has", _shown_under_another_id),
    ("create-without-id", CREATE, ("PU3",), "the content without its id", _without_id),
    ("create-replied-to-id", CREATE, ("PU4",), "the id of what was replied to", _replied_to_id),
    ("create-id-alone", CREATE, ("PU3",), "the id and nothing else", _id_alone),
    ("create-id-number", CREATE, ("PU3", "OB9"), "the content with its id as a number", _id_number),
    ("create-empty-object", CREATE, ("PU11", "PU3"), "{} and creates nothing", _instead({})),
    ("create-done-empty-object", CREATE, ("PU11", "PU3"), "{} after creating it", _afterwards({})),
    ("create-error", CREATE, ("PU7",), "a resource error that is not fatal", _instead(_error(fatal=False))),
    ("create-fatal-error", CREATE, ("PU7",), "a fatal resource error", _instead(_error(fatal=True))),
    ("create-ignores-content-id", CREATE, ("PU11", "PU2"), "a new content, repeat or not", _without_content_id),
    ("create-changes-text", CREATE, ("PU11",), "a text other than was sent", _other_text),
    ("delete-empty-object", DELETE, ("PU5",), "{} after deleting it", _afterwards({})),
    ("delete-null", DELETE, ("PU5",), "null after deleting it", _afterwards(None)),
    ("operation-without-content", SOLVE, ("PU5", "AC2"), "{'ok': true} after doing it", _afterwards({"ok": True})),
    ("operation-empty-body", SOLVE, ("PU5", "AC2"), "an empty body after doing it", _afterwards(Raw(""))),
)


def _only(action: str, act: Act) -> Act:
    return lambda call, proceed: act(call, proceed) if call.action == action else proceed(call)


def _error_page(call: Call, proceed: Proceed) -> object:
    if call.action == CREATE:
        raise Refusal(404, PAGE)
    return proceed(call)


def _as_html(call: Call, response: Response) -> Response:
    if call.action != CREATE:
        return response
    return replace(response, headers={**response.headers, "content-type": "text/html; charset=UTF-8"})


FAULTS = (
    *(
        Fault(
            name=name,
            rules=rules,
            description=f"answers {action} with {what}",
            actions=frozenset({action}),
            act=_only(action, act),
        )
        for name, action, rules, what, act in _ACTS
    ),
    Fault(
        name="create-error-page",
        rules=("PU11", "TR5"),
        description=f"answers {CREATE} with status 404 and an HTML page, and creates nothing",
        actions=frozenset({CREATE}),
        act=_error_page,
        response=_as_html,
    ),
)
