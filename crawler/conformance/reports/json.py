"""The report for programs: one JSON object, described by ``report.schema.json`` beside this module. PURE.

It holds every exchange, so that `replay` can send any of them again. ``"schema": 2`` changes when a reader of an older
one would misunderstand; keys may be added at any time.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crawler.conformance.exhibit import Exhibit, exhibit
from crawler.conformance.judgement import Judgement
from crawler.conformance.reports.tables import matrix, setting, spellings
from crawler.conformance.rule import Result
from crawler.errors import ConfigurationError

SCHEMA = 2
KEPT = 65_536
"""How many bytes of each answer are in the report."""


def json_report(judgement: Judgement) -> str:
    """The report as text, readable by itself."""
    return json.dumps(as_json(judgement), indent=2) + "\n"


def as_json(judgement: Judgement) -> dict[str, object]:
    """The report as JSON values."""
    judgement = judgement.withheld()
    tried, table = spellings(judgement), matrix(judgement)
    numbers = {result.rule.name: number for number, result in enumerate(judgement.findings, 1)}
    return {
        "schema": SCHEMA,
        "source": {"name": judgement.source.name, "address": judgement.source.address},
        "started_at": judgement.started.isoformat(timespec="milliseconds"),
        "seconds": (judgement.ended - judgement.started).total_seconds(),
        "verdict": judgement.verdict.value,
        "headline": judgement.headline,
        "conforms": judgement.conforms,
        "judged": judgement.judged,
        "applicable": judgement.applicable,
        "requests": judgement.requests,
        "pace": {"seconds": judgement.pace.interval, "put_off": judgement.pace.put_off},
        "strict": judgement.strict,
        "broke_off": judgement.broke_off,
        "left_behind": [{"object": name, "id": content_id} for name, content_id in judgement.left_behind],
        "counts": {outcome.value: count for outcome, count in judgement.counts.items()},
        "not_judged": [
            {"remedy": remedy.code, "why": remedy.why, "do": remedy.do, "rules": [it.rule.name for it in results]}
            for remedy, results in judgement.left_out.items()
        ],
        "results": [_result(result, numbers.get(result.rule.name)) for result in judgement.results],
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report that was read back: `where` names its file in errors; `results` and `exchanges` are as in the schema."""

    where: str
    address: str
    results: Sequence[Mapping[str, Any]]
    exchanges: Mapping[str, Mapping[str, Any]]

    def finding(self, number: int) -> Mapping[str, Any]:
        """The result that is the finding of that number. Raises `ConfigurationError`."""
        found = {result["finding"]: result for result in self.results if result["finding"] is not None}
        if number not in found:
            hint = f"it has the findings 1 to {max(found)}" if found else "it has none"
            raise ConfigurationError(f"{self.where} has no finding {number}", hint=hint)
        return found[number]

    def exchange(self, wanted: str) -> tuple[str, Mapping[str, Any]]:
        """The exchange of that id, or the one that shows the finding of that number: its id and record.

        Raises `ConfigurationError`.
        """
        exchange_id = wanted
        if wanted.isdecimal():
            breaches = self.finding(int(wanted))["breaches"]
            exchange_id = next((it["exchange"] for it in breaches if it["exchange"]), "")
            if not exchange_id:
                raise ConfigurationError(f"finding {wanted} of {self.where} has no request to send again")
        if exchange_id not in self.exchanges:
            ids = list(self.exchanges)
            hint = f"it has {ids[0]} to {ids[-1]}" if ids else "nothing was sent in that run"
            raise ConfigurationError(f"{self.where} has no exchange '{exchange_id}'", hint=hint)
        return exchange_id, self.exchanges[exchange_id]


def read_report(text: str, where: str) -> Report:
    """A report from its `text`; `where` names the file in errors. Raises `ConfigurationError`."""
    try:
        report = json.loads(text.removeprefix("\ufeff"))
        version = report["schema"]
        read = Report(
            where=where,
            address=str(report["source"]["address"]),
            results=list(report["results"]),
            exchanges=dict(report["exchanges"]),
        )
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ConfigurationError(f"{where} is no report of `check`: {error!r}", hint="give the .json one") from None
    if version != SCHEMA:
        hint = "judge again with this version"
        raise ConfigurationError(f"{where} has the schema {version}, and this version reads {SCHEMA}", hint=hint)
    return read


def read_exhibit(exchange_id: str, record: Mapping[str, Any]) -> Exhibit:
    """An exchange as it was shown, from its record."""
    return Exhibit(
        id=exchange_id,
        **{name: record[name] for name in ("label", "action", "method", "url", "headers", "status", "answer_headers")},
        body=body_of(record, "request"),
        answer=body_of(record, "answer"),
        **{name: record[name] for name in ("answer_size", "error", "seconds")},
        verdict=record["signature"],
    )


def body_of(record: Mapping[str, object], name: str) -> bytes:
    """The body that `_body` has put into a record under `name`."""
    if f"{name}_base64" in record:
        return b64decode(str(record[f"{name}_base64"]))
    return str(record.get(name, "")).encode("utf-8", "surrogatepass")


def _result(result: Result, number: int | None) -> dict[str, object]:
    rule = result.rule
    return {
        "finding": number,
        "rule": rule.name,
        "chapter": rule.chapter,
        "level": rule.level.value,
        "harm": rule.harm.value,
        "because": rule.because,
        "ids": list(rule.ids),
        "page": rule.page,
        "requirement": rule.title,
        "outcome": result.outcome.value,
        "reason": result.reason,
        "remedy": result.remedy.code if result.remedy else None,
        "blocked_by": result.blocked_by,
        "breaches": [
            {"expected": it.expected, "actual": it.actual, "exchange": it.sent.id if it.sent else None}
            for it in result.breaches
        ],
        "looked_at": result.looked_at,
        "evidence": [{"exchange": it.sent.id if it.sent else None, "note": it.note} for it in result.evidence],
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
