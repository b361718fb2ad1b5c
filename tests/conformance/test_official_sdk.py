"""The judge over the vendor's own Python SDK with its own demo configuration: its known faults are found and named."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from crawler.cli import cli
from crawler.cli.outside import Outside
from tests.partners.official_sdk.process import OfficialSdk, demo_config, official_sdk

FAULTS = {
    "an unsigned request gets a 500 page": "forgery-refused-with-a-client-error",
    "raw non-ASCII bodies are refused": "raw-utf8-body-accepted",
    'show answers "" with an invalid signature': "show-of-an-unknown-id-refused",
    "create is declared but answers no id": "create-answers-an-id",
}
"""What is wrong with it, and the rules that say so."""


@pytest.fixture(scope="module")
def demo() -> Iterator[OfficialSdk]:
    with official_sdk(config=demo_config()) as sdk:
        yield sdk


@pytest.mark.slow
def test_the_known_faults_of_the_official_sdk_are_found_and_named(demo: OfficialSdk, tmp_path: Path) -> None:
    outside = Outside(environ={"RINGCX_CRAWLER_SECRET": demo.secret, "XDG_CACHE_HOME": str(tmp_path)})
    done = CliRunner().invoke(cli, ["check", demo.url, "--write", "--json"], obj=outside)

    report = json.loads(done.stdout)
    breached = {result["rule"] for result in report["results"] if result["breaches"]}
    assert set(FAULTS.values()) <= breached
    assert "broken" not in {result["outcome"] for result in report["results"]}
    assert report["broke_off"] == ""
    assert "ascii_json = true" in report["encodings"]["setting"]
    assert done.exit_code == (0 if report["conforms"] else 1)
