"""What several reports show as a table: what the partner declares, and which spellings of a body it takes. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.conformance.chapters.transport.spellings import taken
from crawler.conformance.evidence import UNJUDGED
from crawler.conformance.judgement import Judgement
from crawler.conformance.rule import Breach, Outcome
from crawler.protocol.implementation import POLLED

OPERATIONS = ("list", "show", "create", "reply", "delete", "destroy", "publish", "unpublish")
RAW, ESCAPED = "raw UTF-8", "escapes"
"""The labels of the two spellings between which a source can choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """An operation of an object: whether it is `declared`, how often it was `asked`, how many rules `failed` for it."""

    declared: bool
    asked: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Objects × operations: `rows` are an object's name and its cells, one for each of `operations`."""

    operations: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """A spelling of a request's body, and what came of it: `taken` is `None` where that could not be told."""

    name: str
    taken: bool | None
    came: str


def matrix(judgement: Judgement) -> Matrix | None:
    """What the partner declares and what was asked of it; `None` where it declared nothing that could be read."""
    declaration = judgement.seen.get("declaration")
    if declaration is None or declaration.info is None:
        return None
    declared = declaration.info.declared
    custom = {op: None for name in POLLED for op in declared.get(name, ()) if op not in OPERATIONS}
    operations = [op for op in OPERATIONS if any(op in declared.get(name, ()) for name in POLLED)] + [*custom]
    sent = [sent.action for seen in judgement.seen.values() for sent in seen.sent]
    broken = [
        {breach.sent.action for breach in result.breaches if breach.sent}
        for result in judgement.results
        if result.outcome in (Outcome.FAILED, Outcome.WARNED, Outcome.ACCEPTED)
    ]

    def cell(name: str, operation: str) -> Cell:
        action = f"{name}.{operation}"
        return Cell(
            declared=operation in declared.get(name, ()),
            asked=sent.count(action),
            failed=sum(action in actions for actions in broken),
        )

    rows = [(name, [cell(name, operation) for operation in operations]) for name in POLLED]
    return Matrix(operations=list(map(judgement.shown, operations)), rows=rows)


def spellings(judgement: Judgement) -> Sequence[Spelling]:
    """The spellings that were tried, in their order; none where the run did not come to them."""
    seen = judgement.seen.get("spellings")
    if seen is None:
        return []
    found = []
    for sent in seen.sent:
        try:
            answer = taken(seen, sent.label)
        except UNJUDGED as reason:
            found.append(Spelling(name=sent.label, taken=None, came=judgement.shown(str(reason))))
            continue
        known = sent.exchange.answer is not None and not seen.put_off(sent)
        came = answer.actual if isinstance(answer, Breach) else sent.came
        is_taken = not isinstance(answer, Breach) if known else None
        found.append(Spelling(name=sent.label, taken=is_taken, came=judgement.shown(came)))
    return found


def setting(tried: Sequence[Spelling]) -> str:
    """Which setting of the source suits the partner, in a sentence; empty where that cannot be told."""
    taken_by_name = {spelling.name: spelling.taken for spelling in tried}
    match taken_by_name.get(RAW), taken_by_name.get(ESCAPED):
        case True, _:
            return "No setting is needed: non-ASCII text is sent as it is."
        case False, True:
            return "Set ascii_json = true for this source: it takes non-ASCII text as escapes only."
        case False, False:
            return "No setting helps: the partner takes non-ASCII text in neither spelling."
        case _:
            return ""
