"""How a command ends: the one place where errors become sentences, what to do about them, and exit codes."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from crawler.cli import unwritable
from crawler.cli.output import echo, known, print_error
from crawler.errors import (
    ActionRefused,
    AddressRefused,
    AnswerEncoded,
    AnswerTooLarge,
    ConfigurationError,
    ConnectionBroken,
    CrawlerError,
    DeadlineExceeded,
    EndpointUnreachable,
    ErrorStatus,
    LengthWrong,
    NotJson,
    PartnerError,
    ResourceError,
    SignatureInvalid,
    StoreError,
    UnexpectedShape,
    UnknownContent,
)

FAILED = 1
MISUSED = 2
UNREACHABLE = 3
INTERRUPTED = 130

PHP = (
    "The header 'Status: …' is how the PHP SDK reports an error; the web server turned it into an HTTP 200. "
    "Read the partner's text as the error message (TR9)."
)
SIGN = "Sign the exact bytes of the answer's body: lower-case hex HMAC-SHA512, header X-SMCCSDK-SIGNATURE (SG1, SG4)."
ONE_SECRET = "Check that both sides use the same secret, without a blank or line break at its end."  # noqa: S105 - advice
ASCII = "The request held non-ASCII characters: set ascii_json = true, or give --ascii-json (SP)."
REFUSED = (
    "Nothing was sent. Private addresses are refused where `private_addresses = false`; link-local ones and clouds' "
    "own, where they tell their machines' credentials, always are."
)
BROKEN = "Look into the partner's log: it, or a proxy before it, ended the connection."
COUNT = "Count the bytes of the body as it is sent, not its characters; better, let the web server count them (TR13)."
READ_ALONG = "Show the exchange with -v, or send it by hand with `ringcx-crawler send`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """An error in words: its `text` (perhaps several lines), what to do, and the exit code."""

    text: str
    advice: tuple[str, ...]
    exit_code: int


@contextmanager
def ended(ctx: click.Context) -> Iterator[None]:
    """End the process rightly if the body raises one of our errors, is interrupted, or nobody takes its output."""
    try:
        yield
        sys.stdout.flush()
    except CrawlerError as error:
        advice = advise(error)
        print_advice(advice)
        ctx.exit(advice.exit_code)
    except KeyboardInterrupt:
        click.echo("\ninterrupted: what was stored stays, and the next cycle goes on from there", err=True)
        ctx.exit(INTERRUPTED)
    except OSError as error:
        ctx.exit(unwritable(error))
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception:
        withheld_traceback(ctx)
        raise


def withheld_traceback(ctx: click.Context) -> None:
    """Print the traceback of a fault of ours, and end the process, where it holds a secret; else do nothing."""
    text = traceback.format_exc()
    shown = known().withhold_trace(text)
    if shown != text:
        echo(shown, err=True)
        ctx.exit(1)


def print_advice(advice: Advice) -> None:
    """An error and what to do about it, on stderr."""
    print_error(advice.text.splitlines(), advice.advice)


def advise(error: CrawlerError) -> Advice:
    """What to say and do about `error`."""
    match error:
        case PartnerError():
            code = UNREACHABLE if isinstance(error, EndpointUnreachable) else FAILED
            return Advice(text=str(error), advice=partner_advice(error), exit_code=code)
        case ActionRefused():
            return Advice(text=f"{error} ({error.rule})", advice=_hint(error.hint), exit_code=FAILED)
        case ConfigurationError():
            return Advice(text=str(error), advice=_hint(error.hint), exit_code=MISUSED)
        case UnknownContent():
            advice = ("List what there is: `ringcx-crawler messages`, `threads`, `outbox` or `log`.",)
            return Advice(text=str(error), advice=advice, exit_code=MISUSED)
        case StoreError():
            return Advice(text=str(error), advice=_hint(error.hint), exit_code=FAILED)
        case _:
            return Advice(text=str(error), advice=(), exit_code=FAILED)


def partner_advice(error: PartnerError) -> tuple[str, ...]:
    """What the partner's author, or whoever runs this program, can do."""
    match error:
        case AddressRefused():
            return (REFUSED,)
        case EndpointUnreachable():
            return (_unreachable(error.came),)
        case DeadlineExceeded():
            return ("The partner must answer faster; `deadline` (--deadline SECONDS) lets it take longer.",)
        case ConnectionBroken() | LengthWrong():
            return (COUNT if isinstance(error, LengthWrong) else BROKEN,)
        case AnswerTooLarge():
            return (
                "The partner should list less at a time (LS3), in larger pieces; `max_answer_bytes` lets it send more.",
            )
        case AnswerEncoded():
            return ("Switch compression off for this endpoint, in the partner and in proxies before it (SG4).",)
        case ErrorStatus():
            return _status_advice(error)
        case SignatureInvalid():
            return _signature_advice(error)
        case NotJson():
            return ("The answer must be JSON and nothing else: no HTML, no warnings, no blank page (TR6).", READ_ALONG)
        case UnexpectedShape():
            return (f"Compare the answer to {error.action} with the guide (TR6).", READ_ALONG)
        case ResourceError():
            again = "It is not tried again" if error.fatal else "It may be tried again"
            return (f"The partner refused it on purpose; its text says why. {again} (PU7).",)
        case _:
            return ()


def _unreachable(came: str) -> str:
    if "certificate" in came.lower():
        return (
            "The TLS certificate is not trusted: name its authority with `ca_bundle` (--ca-bundle PATH), or, for a "
            "test only, give --insecure (TR8)."
        )
    if "ssl" in came.lower():
        return "No TLS connection came about: is it http and not https at that port, or an old version of TLS (TR8)?"
    return "Check the URL (scheme, host, port), that the endpoint is running, and the network between."


def _status_advice(error: ErrorStatus) -> tuple[str, ...]:
    if error.ascii_hint:
        return (ASCII, ONE_SECRET)
    match error.status:
        case 401 | 403 | 422:
            return (f"The partner refused the request, most often for its signature. {ONE_SECRET}",)
        case 404 | 405 if error.action == "implementation.info":
            return ("Is this the endpoint's URL? It must answer POST (TR1).",)
        case 413:
            return ("The request's body is larger than the partner takes: raise its limit, or send less (SP).",)
        case 429 | 503:
            return ("The partner is busy: the next cycle tries again.",)
        case status if 300 <= status < 400:
            return ("Redirects are not followed: set base_uri to the final URL (TR5).",)
        case status if status >= 500:
            return ("The partner failed: look into its log.",)
        case _:
            return ("The partner refused the request; its text, if any, says why.",)


def _signature_advice(error: SignatureInvalid) -> tuple[str, ...]:
    if error.php_status:
        return (PHP, ONE_SECRET)
    return (ONE_SECRET, SIGN)


def _hint(hint: str) -> tuple[str, ...]:
    """A hint as a sentence; a name in front keeps its spelling."""
    if not hint:
        return ()
    first = hint.split(maxsplit=1)[0]
    start = hint[:1].upper() + hint[1:] if first.isalpha() else hint
    return (start if start.endswith(("?", ".")) else f"{start}.",)
