"""The report for programs: one JSON object, described by ``report.schema.json`` beside this module. PURE.

It holds every exchange, so that `replay` can send any of them again. ``"schema": 1`` changes when a reader of an older
one would misunderstand; keys may be added at any time.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping

from crawler.conformance.exhibit import Exhibit, exhibit
from crawler.conformance.judgement import Judgement
from crawler.conformance.reports.tables import matrix, setting, spellings
from crawler.conformance.rule import Result
from crawler.errors import ConfigurationError

SCHEMA = 1
KEPT = 65_536
"""How many bytes of each answer are in the report."""


def json_report(judgement: Judgement) -> str:
    """The report as text, readable by itself."""
    return json.dumps(as_json(judgement), indent=2) + "\n"


def as_json(judgement: Judgement) -> dict[str, object]:
    """The report as JSON values."""
    judgement = judgement.redacted()
    tried, table = spellings(judgement), matrix(judgement)
    return {
        "schema": SCHEMA,
        "source": {"name": judgement.source.name, "address": judgement.source.address},
        "started_at": judgement.started.isoformat(timespec="milliseconds"),
        "seconds": (judgement.ended - judgement.started).total_seconds(),
        "conforms": judgement.conforms,
        "strict": judgement.strict,
        "broke_off": judgement.broke_off,
        "left_behind": [{"object": name, "id": content_id} for name, content_id in judgement.left_behind],
        "counts": {outcome.value: count for outcome, count in judgement.counts.items()},
        "results": [_result(result) for result in judgement.results],
        "encodings": {
            "spellings": [{"name": it.name, "taken": it.taken, "came": it.came} for it in tried],
            "setting": setting(tried),
        },
        "operations": {
            f"{name}.{operation}": {"declared": cell.declared, "asked": cell.asked, "failed": cell.failed}
            for name, cells in (table.rows if table else ())
            for operation, cell in zip(table.operations if table else (), cells, strict=True)
        },
        "exchanges": {
            sent.id: _exchange(exhibit(sent, judgement.source, keep_bytes=KEPT))
            for seen in judgement.seen.values()
            for sent in seen.sent
        },
    }


def read_exchange(text: str, where: str, exchange_id: str) -> tuple[str, Mapping[str, object]]:
    """The source's address, and one exchange, from a report's `text`; `where` names the file in errors.

    Raises `ConfigurationError`.
    """
    try:
        report = json.loads(text.removeprefix("\ufeff"))
        address, exchanges = report["source"]["address"], report["exchanges"]
        ids = list(exchanges)
        version = report["schema"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ConfigurationError(f"{where} is no report of `check`: {error!r}", hint="give the .json one") from None
    if version != SCHEMA:
        raise ConfigurationError(f"{where} has the schema {version}, and this version reads {SCHEMA}")
    if exchange_id not in exchanges:
        hint = f"it has {ids[0]} to {ids[-1]}" if ids else "nothing was sent in that run"
        raise ConfigurationError(f"{where} has no exchange '{exchange_id}'", hint=hint)
    return str(address), exchanges[exchange_id]


def body_of(record: Mapping[str, object], name: str) -> bytes:
    """The body that `_body` has put into a record under `name`."""
    if f"{name}_base64" in record:
        return b64decode(str(record[f"{name}_base64"]))
    return str(record.get(name, "")).encode("utf-8", "surrogatepass")


def _result(result: Result) -> dict[str, object]:
    rule = result.rule
    return {
        "rule": rule.name,
        "chapter": rule.chapter,
        "level": rule.level.value,
        "ids": list(rule.ids),
        "page": rule.page,
        "requirement": rule.title,
        "outcome": result.outcome.value,
        "reason": result.reason,
        "blocked_by": result.blocked_by,
        "breaches": [
            {"expected": it.expected, "actual": it.actual, "exchange": it.sent.id if it.sent else None}
            for it in result.breaches
        ],
    }


def _exchange(shown: Exhibit) -> dict[str, object]:
    return {
        "label": shown.label,
        "action": shown.action,
        "method": shown.method,
        "url": shown.url,
        "headers": dict(shown.headers),
        **_body("request", shown.body),
        "status": shown.status,
        "answer_headers": dict(shown.answer_headers),
        **_body("answer", shown.answer),
        "answer_size": shown.answer_size,
        "signature": shown.verdict,
        "error": shown.error,
        "seconds": shown.seconds,
        "curl": shown.curl,
    }


def _body(name: str, body: bytes) -> dict[str, object]:
    """A body as text, or in base64 under another key where it is not UTF-8."""
    try:
        return {name: body.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": b64encode(body).decode()}
