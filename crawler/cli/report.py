"""A cycle's report for people, from its JSON form: as ``sync`` has it, and as the database keeps it."""

from collections.abc import Mapping
from typing import Any

from crawler.cli.output import Output, clean

Report = Mapping[str, Any]
"""What `CycleReport.as_json` returns."""

COUNTS = ("listed", "new", "updated", "unchanged", "ignored")
OUTCOMES = ("sent", "succeeded", "retried", "given up", "waiting")


def print_report(out: Output, report: Report) -> None:
    """Imports, exports, what was ignored or remarked on, and the time; errors are the caller's."""
    verdict = "failed" if report["failed"] else "done"
    seconds = f" in {report['seconds']:.2f} s" if report["seconds"] is not None else ""
    out.text(clean(f"{report['source']}: {report.get('kind', 'cycle')} {report['cycle']} {verdict}{seconds}"))
    if report["objects"]:
        _print_objects(out, report)
    exports = report["exports"]
    counted = ", ".join(f"{exports[name]} {name}" for name in OUTCOMES if exports[name] or name == "sent")
    looked_up = ("threads looked up", report["threads_looked_up"] or None)
    out.facts([("exports", counted), looked_up, _by_hand(report), _next(report)])
    _print_more_later(out, report)
    _print_ignored(out, report)
    _print_exports(out, report)
    _print_remarks(out, report)
    out.text()


def _print_objects(out: Output, report: Report) -> None:
    out.table(
        ["object", *COUNTS, "cursor before", "cursor after"],
        [
            [name, *(found[count] for count in COUNTS), found["cursor_before"], found["cursor_after"]]
            for name, found in report["objects"].items()
        ],
    )


def _by_hand(report: Report) -> tuple[str, str]:
    early = round(report.get("early") or 0)  # cycles that are kept from before have none
    return "by hand", f"{early} s before it was due (CY1)" if early else ""


def _next(report: Report) -> tuple[str, str]:
    interval = report["interval"]
    return "next cycle", f"due {interval:g} s after this one was answered" if interval is not None else ""


def _print_more_later(out: Output, report: Report) -> None:
    for name, found in report["objects"].items():
        if found["more_later"]:
            out.text(f"{name}: the page limit was reached; the next cycle goes on from there (max_pages)")


def _print_ignored(out: Output, report: Report) -> None:
    ignored = [(name, found, item) for name, found in report["objects"].items() for item in found["ignored_contents"]]
    if ignored:
        out.text()
        out.table(
            ["ignored", "id", "position", "why", "rule"],
            [[name, item["id"], item["position"], item["reason"], item["rule"]] for name, _, item in ignored],
        )
    for name, found in report["objects"].items():
        unnamed = found["ignored"] - len(found["ignored_contents"])
        if unnamed:
            out.text(f"{name}: {unnamed:,} more were ignored")


def _print_exports(out: Output, report: Report) -> None:
    settled = [
        [item["action"], item["id"], item["foreign_id"], item["outcome"], item["error"] or item["remark"]]
        for item in report["exports"]["settled"]
    ]
    waiting = [
        [item["action"], item["id"], None, "waits", f"{item['reason']} ({item['rule']})"]
        for item in report["exports"]["waits"]
    ]
    if settled or waiting:
        out.text()
        out.table(["export", "content_id", "foreign id", "outcome", "why"], [*settled, *waiting])


def _print_remarks(out: Output, report: Report) -> None:
    rows = [
        ["all answers" if remark["rule"] == "SG4" else "implementation.info", 1, remark["text"], "", remark["rule"]]
        for remark in report["remarks"]
    ]
    rows += [
        [name, remark["count"], remark["text"], ", ".join(remark["examples"]), remark["rule"]]
        for name, found in report["objects"].items()
        for remark in found["remarks"]
    ]
    rows += [
        ["a connection", remark["count"], remark["text"], ", ".join(remark["examples"]), remark["rule"]]
        for remark in report.get("connections", [])  # which reports of earlier versions lack
    ]
    if rows:
        out.text()
        out.table(["remark on", "count", "what", "for example", "rule"], rows)
