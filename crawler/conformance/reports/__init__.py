"""What a run is shown as: pure functions from a judgement to text, one module for each form."""

from collections.abc import Callable, Mapping

from crawler.conformance.judgement import Judgement
from crawler.conformance.reports.html import html_report
from crawler.conformance.reports.json import json_report
from crawler.conformance.reports.junit import junit_report

FILES: Mapping[str, Callable[[Judgement], str]] = {".json": json_report, ".xml": junit_report, ".html": html_report}
"""The reports that are written to files, by the ending of the file's name."""
