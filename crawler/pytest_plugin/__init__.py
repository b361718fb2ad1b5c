"""The judge as a pytest plugin: each rule is a test, and partners' own tests may drive the crawler.

::

    pytest --ringcx-url http://localhost:3000/

or, in a project whose conftest.py has a session fixture `endpoint`, a test that asks for `ringcx_rule`::

    def test_ringcx(ringcx_rule):
        ringcx_rule.check()

This module is imported at the start of every pytest run in whose environment the crawler is installed, so it imports
nothing but pytest; the rest is imported when a fixture is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

    from crawler.conformance.suite import Suite
    from crawler.pytest_plugin.crawling import Crawling
    from crawler.pytest_plugin.judging import JudgedRule

RULES_MODULE = "crawler.pytest_plugin.rules_test"
NAME = "ringcx"
"""What stands for the module in the names of its tests: ``ringcx::test_rule[unsigned-request-refused]``."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options; see docs/check.md."""
    group = parser.getgroup("ringcx", "ringcx-crawler: does an endpoint keep the Channel SDK's rules?")
    group.addoption("--ringcx-url", metavar="URL", help="Judge this endpoint; without further arguments nothing else.")
    group.addoption(
        "--ringcx-secret-env",
        metavar="NAME",
        default="RINGCX_CRAWLER_SECRET",
        help="The environment variable that holds the secret (RINGCX_CRAWLER_SECRET).",
    )
    group.addoption("--ringcx-write", action="store_true", help="Let the rules create, change and delete contents.")


def pytest_configure(config: pytest.Config) -> None:
    """The marker; and the rules as what is run, where a URL but no test was named."""
    config.addinivalue_line("markers", "ringcx(level, chapter): a rule of ringcx-crawler's judge.")
    if config.getoption("ringcx_url") and config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [NAME]
    named = [arg.partition("::")[0] == NAME for arg in config.args]
    if any(named):
        config.option.pyargs = True
        config.args = [
            RULES_MODULE + arg.removeprefix(NAME) if ours else arg for arg, ours in zip(config.args, named, strict=True)
        ]


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """The module of the rules, under a name that can be typed."""
    if module_path.parent != Path(__file__).parent:
        return None
    return pytest.Module.from_parent(parent, path=module_path, nodeid=NAME)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each rule, marked with its level and chapter: ``-m "ringcx(level='must')"``."""
    if "ringcx_rule" not in metafunc.fixturenames:
        return
    params = [
        pytest.param(rule, id=rule.name, marks=pytest.mark.ringcx(level=rule.level.value, chapter=rule.chapter))
        for rule in _judged_rule().every
    ]
    metafunc.parametrize("ringcx_rule", params, indirect=True, scope="session")


@pytest.fixture(scope="session")
def ringcx_secret(pytestconfig: pytest.Config) -> str:
    """The source's secret: that of --ringcx-secret-env. A conftest.py may have its own."""
    name = pytestconfig.getoption("ringcx_secret_env")
    secret = os.environ.get(name, "")
    if not secret:
        pytest.fail(f"there is no secret: set {name}, or define a session fixture `ringcx_secret`", pytrace=False)
    return secret


@pytest.fixture(scope="session")
def ringcx_settings() -> dict[str, Any]:
    """Settings of the source, by their names in the configuration file. A conftest.py may have its own."""
    return {}


@pytest.fixture(scope="session")
def ringcx_endpoint(request: pytest.FixtureRequest) -> object:
    """What is judged: --ringcx-url, else what the fixture `endpoint` returns."""
    url = request.config.getoption("ringcx_url")
    if url:
        return url
    try:
        return request.getfixturevalue("endpoint")
    except pytest.FixtureLookupError as error:
        if error.argname != "endpoint":
            raise
    pytest.fail("there is nothing to judge: give --ringcx-url, or define a session fixture `endpoint`", pytrace=False)


@pytest.fixture(scope="session")
def ringcx_portal() -> Iterator[BlockingPortal]:
    """The event loop that the crawler runs on, in a thread of its own."""
    from anyio.from_thread import start_blocking_portal

    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture(scope="session")
def ringcx_suite(
    pytestconfig: pytest.Config,
    ringcx_portal: BlockingPortal,
    ringcx_endpoint: object,
    ringcx_secret: str,
    ringcx_settings: dict[str, Any],
) -> Iterator[Suite]:
    """The judge over the endpoint; it asks what a rule needs when that rule is judged."""
    write = bool(pytestconfig.getoption("ringcx_write"))
    judge = _judged_rule().suite_over(ringcx_endpoint, ringcx_secret, ringcx_settings, write=write)
    with ringcx_portal.wrap_async_context_manager(judge) as opened:
        yield opened


@pytest.fixture(scope="session")
def ringcx_rule(request: pytest.FixtureRequest, ringcx_portal: BlockingPortal, ringcx_suite: Suite) -> JudgedRule:
    """One rule; a test that asks for it is run for each rule, and calls its `check`."""
    return _judged_rule()(request.param, ringcx_suite, ringcx_portal)


@pytest.fixture
def ringcx(
    ringcx_portal: BlockingPortal, ringcx_endpoint: object, ringcx_secret: str, ringcx_settings: dict[str, Any]
) -> Iterator[Crawling]:
    """The crawler over the endpoint, with an empty memory: runs cycles and agents' actions, and tells what came."""
    from crawler.pytest_plugin.crawling import Crawling

    with Crawling(ringcx_endpoint, ringcx_secret, ringcx_settings, ringcx_portal) as crawling:
        yield crawling


def _judged_rule() -> type[JudgedRule]:
    from crawler.pytest_plugin.judging import JudgedRule

    return JudgedRule
