"""The pytest plugin in real pytest runs of its own: the examples, and what a failing partner looks like."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from crawler.cli.serving import served
from crawler.clock import utc_now
from crawler.conformance.rules import RULES
from crawler.pytest_plugin.crawling import Crawling
from crawler.reference import DEFAULT, MESSAGING, reference_partner

EXAMPLES = Path(__file__).with_name("examples")
PATIENCE = 120
HEAVY = {"httpx", "sqlalchemy", "sqlmodel", "anyio", "msgspec", "click", "crawler.conformance", "crawler.partner"}


def pytest_in(directory: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    env = {"PATH": "/usr/bin:/bin", "PYTHONUTF8": "1", **environ}
    return subprocess.run(
        command, cwd=directory, capture_output=True, text=True, env=env, timeout=PATIENCE, check=False
    )


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["flask", "fastapi", "django"])
def test_the_example_keeps_every_must(name: str, tmp_path: Path) -> None:
    project = shutil.copytree(EXAMPLES / name, tmp_path / name)
    done = pytest_in(project, "--ringcx-write", "-rf")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.mark.thorough
def test_a_url_is_all_that_it_takes_and_a_breach_is_shown_without_a_traceback(tmp_path: Path) -> None:
    with served(reference_partner("open sesame", utc_now, fault="accepts-unsigned")) as url:
        words = ("--ringcx-url", url, "--ringcx-secret-env", "KEY", "-W", "error")
        done = pytest_in(tmp_path, *words, "-m", "ringcx(chapter='transport and signature')", "-v", KEY="open sesame")
        one = pytest_in(tmp_path, *words, "ringcx::test_rule[no-redirect]", "-v", KEY="open sesame")
    assert done.returncode == 1
    assert "ringcx::test_rule[unsigned-request-refused] FAILED" in done.stdout
    assert "expected: an error status, such as 403" in done.stdout
    assert "Traceback" not in done.stdout
    assert "rules_test.py:" not in done.stdout
    total = sum(rule.chapter == "transport and signature" for rule in RULES)
    assert done.stdout.count("ringcx::test_rule[") >= total
    assert "1 passed" in one.stdout


def test_agents_write_text_or_html_with_attachments_and_structured_content() -> None:
    endpoint = reference_partner("open sesame", utc_now, capabilities=MESSAGING)
    picture, select = {"url": "https://shop.example/a.png"}, {"type": "select", "items": [{"title": "S"}]}
    with start_blocking_portal() as portal, Crawling(endpoint, "open sesame", {}, portal) as ringcx:
        ringcx.cycle()
        ringcx.agent().reply("7", "1 < 2", attachments=[picture])
        ringcx.agent().reply("7", structured_content=select)
        endpoint.capabilities = DEFAULT
        ringcx.cycle()
        ringcx.agent().reply("7", "1 < 2")
        ringcx.agent().reply("7", "<b>1</b>", format="html")
        ringcx.cycle()
        endpoint.capabilities = MESSAGING
        ringcx.cycle()
    bodies = [(it.params.get("body"), it.params["format"]) for it in endpoint.forum.ledger.of("messages.create")]
    assert bodies == [("1 < 2", "text"), ("<p>1 &lt; 2</p>", "html"), ("<b>1</b>", "html"), (None, "text")]
    first, *_, last = endpoint.forum.ledger.of("messages.create")
    assert first.params["attachments"] == [{**picture, "type": "image", "filename": "a.png"}]
    assert last.params["structured_content"] == select


@pytest.mark.slow
def test_an_endpoint_that_is_not_there_is_no_success(tmp_path: Path) -> None:
    words = ("--ringcx-url", "http://127.0.0.1:1/", "-W", "error")
    done = pytest_in(tmp_path, *words, "-k", "no-redirect or recipient-is-kept", RINGCX_CRAWLER_SECRET="x")
    assert done.returncode == 1
    assert "no-redirect was not judged: the endpoint did not answer: no connection to" in done.stdout
    assert "recipient-is-kept was not judged: the endpoint did not answer: no connection to" in done.stdout
    assert "2 failed" in done.stdout


def test_nothing_heavy_is_imported_at_the_start_of_other_peoples_pytest(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(
        "import sys\n"
        "def test_theirs(pytestconfig):\n"
        "    assert pytestconfig.pluginmanager.has_plugin('ringcx_crawler')\n"
        f"    assert not {HEAVY!r} & set(sys.modules)\n"
    )
    quiet = [
        word for name in ("anyio", "respx", "hypothesispytest", "xdist", "pytest_cov") for word in ("-p", f"no:{name}")
    ]
    done = pytest_in(tmp_path, *quiet)
    assert done.returncode == 0, done.stdout


def test_a_project_without_an_endpoint_is_told_what_to_give(tmp_path: Path) -> None:
    (tmp_path / "test_rules.py").write_text("def test_ringcx(ringcx_rule):\n    ringcx_rule.check()\n")
    done = pytest_in(tmp_path, "-k", "no-redirect", RINGCX_CRAWLER_SECRET="x")
    assert "there is nothing to judge: give --ringcx-url, or define a session fixture `endpoint`" in done.stdout
