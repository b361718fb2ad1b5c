"""``demo``: the main job, told as a story: a partner is crawled, and an agent answers."""

import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from crawler.cli.invocation import Invocation
from crawler.cli.options import base_command
from crawler.cli.output import clean
from crawler.cli.outside import Outside
from crawler.cli.serving import served
from crawler.protocol.signature import Secret
from crawler.reference import Fails, Obeys, ReferencePartner, Rejects, reference_partner
from crawler.settings import CONFIG_VARIABLE, DATABASE_VARIABLE

SECRET = "3YJZzqMJ5Ec7i2JGvnt8TgvleD7dtpwpmag4S6MuRA2G"  # noqa: S105 - it opens nothing but the demo's own partner
CONFIG = """\
database = "demo.db"
[sources.shop]
base_uri = "{url}"
secret = "{secret}"
"""


@click.command()
@base_command
def demo(run: Invocation) -> None:
    """Crawl the reference partner, as a story; it takes seconds and leaves nothing behind.

    A partner is served on a free port of this machine. What follows a `$` is a command that you can type yourself.
    """
    partner = reference_partner(Secret(SECRET), run.outside.clock)
    with tempfile.TemporaryDirectory() as directory, served(partner) as url:
        path = Path(directory) / "crawler.toml"
        path.write_text(CONFIG.format(url=url, secret=SECRET))
        path.chmod(0o600)
        story = _Story(run, partner, path, click.get_current_context().find_root().command)
        story.tell()


class _Story:
    """The story, and how its commands are run: as the command line runs them, in this process."""

    def __init__(self, run: Invocation, partner: ReferencePartner, config: Path, cli: click.Command) -> None:
        environ: Mapping[str, str] = {**run.outside.environ, CONFIG_VARIABLE: str(config), DATABASE_VARIABLE: ""}
        self.outside: Outside = replace(run.outside, environ=environ)
        self.run = replace(run, outside=self.outside, config=None, database=None)
        self.partner = partner
        self.cli = cli

    def tell(self) -> None:
        plan = self.partner.plan
        self.say("A partner has put up its endpoint. What does it declare?")
        self.do("info shop")
        self.say("The first cycle imports what there is.")
        self.do("sync shop")
        self.do("messages shop")
        self.say("An agent answers, opens a thread, writes a message into it, solves a thread, and deletes a message.")
        self.do("reply shop 11", "Glad it fits! 🎉")
        sale = "<p>Everything in blue is <b>half price</b>.</p>"
        self.do("create shop --format html --title", "Summer sale", "--body", sale)
        thread = self.newest_entry()
        self.do(f"create shop --thread {thread} --body", "Until the end of the month.")
        self.do("act shop mark_as_solved 1")
        self.do("delete shop 5")
        self.do("reply shop 10", "Bring a friend.")
        self.say("Nothing was sent yet. This is what the next cycle would send, and what has to wait:")
        self.do("plan shop")
        self.say("The partner refuses the first reply for now, and the second one for good.")
        refused, chatty = Rejects("the forum is read-only for a minute"), Rejects("too chatty", fatal=True)
        plan("messages.create", refused, Obeys(), chatty)
        plan("messages.delete", Fails(503, "come back later"))
        self.do("sync shop")
        self.say("The next cycle tries again, and says so: retry is true, the content_id is the same.")
        self.do("sync shop -v")
        self.say("One more: nothing is left to do, and not a row changes.")
        self.do("sync shop")
        self.do("outbox shop")
        self.do("status")

    def say(self, text: str) -> None:
        self.run.out.text(click.style(text, bold=True) if self.run.out.is_terminal else f"# {text}")
        self.run.out.text()

    def do(self, words: str, *texts: str) -> None:
        """Show a command and run it; `texts` alternate with further words where they begin with ``--``."""
        arguments = [*words.split(), *texts]
        click.echo(f"$ ringcx-crawler {clean(shlex.join(arguments))}")
        self.cli.main(arguments, prog_name="ringcx-crawler", standalone_mode=False, obj=self.outside)
        click.echo()

    def newest_entry(self) -> str:
        """The id of what was queued last."""
        with self.run.open_store() as store:
            return str(store.entries(self.run.stored_source("shop"), limit=1)[0]["id"])
