"""A source: one endpoint of a partner, its secret and its settings."""

from dataclasses import dataclass, field, fields
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Literal

from crawler.protocol.credentials import Credentials
from crawler.protocol.signature import Secret
from crawler.protocol.uri import showable
from crawler.sync.setting import Setting, count, days, seconds, size


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One endpoint, its secret and its settings. A setting is described where it is declared, and nowhere else."""

    name: str
    base_uri: Annotated[
        str,
        Setting(
            "The endpoint, http or https.",
            "a URL such as https://shop.example/channel",
            kind="url",
            example="https://shop.example/channel",
        ),
    ] = field(repr=False)
    secret: Secret
    list_interval: Annotated[
        float,
        seconds(
            "Seconds from one cycle to the next, at least, where the partner declares a `list` operation. They are "
            "counted from the partner's answer to `implementation.info`."
        ),
    ] = 60
    no_list_interval: Annotated[float, seconds("The same, where the partner declares no `list` operation.")] = 180
    agent_id: Annotated[
        str | None,
        Setting(
            "The identity that acts (author_id of what is exported). For agents' actions that do not name one.",
            example="42",
            option="--agent-id ID",
        ),
    ] = None
    sender_name: Annotated[
        str | None,
        Setting(
            "The sender_name of what is exported; else the author's name. That is first and last name, or the screen "
            "name.",
            example="The shop's team",
            option="--sender-name NAME",
        ),
    ] = None
    push: Annotated[
        Literal["cycle", "at once"],
        Setting(
            'When an agent\'s changes are sent: by the next "cycle", or "at once" by the one who queues them. '
            "The next cycle is the retry."
        ),
    ] = "cycle"
    ascii_json: Annotated[
        bool,
        Setting(
            r"Send \uXXXX instead of raw UTF-8. The official Python SDK needs that, and the Node ones refuse it. Try "
            "it where the partner answers a non-ASCII body with 422.",
            option="--ascii-json",
        ),
    ] = False
    signature_in_query: Annotated[
        bool,
        Setting(
            "Send the signature in the query as well. For partners behind proxies that drop headers.",
            option="--signature-in-query",
        ),
    ] = False
    verify_signature: Annotated[
        bool,
        Setting(
            "Trust answers only if they are correctly signed. If this is off, for a partner that never signs, anyone "
            "in between can forge what is imported; each cycle's report says once what is wrong with the signatures.",
            option="--no-verify-signature",
            help="Trust answers that are not, or wrongly, signed.",
        ),
    ] = True
    verify_tls: Annotated[
        bool,
        Setting("Verify TLS certificates.", option="--insecure", help="Do not verify TLS certificates."),
    ] = True
    ca_bundle: Annotated[
        str | None,
        Setting(
            "PEM file of the authorities to trust for TLS. Not set: the usual ones.",
            "the path of a file",
            kind="file",
            example="company-ca.pem",
            option="--ca-bundle PATH",
        ),
    ] = None
    trust_env: Annotated[
        bool,
        Setting(
            "Follow the proxy settings in the environment. HTTP_PROXY, HTTPS_PROXY and ALL_PROXY name http, https or "
            "(with the package socksio) socks5 proxies; NO_PROXY lists names, addresses and ranges (10.0.0.0/8, "
            "[fd00::]/8), each with or without a port."
        ),
    ] = False
    private_addresses: Annotated[
        bool,
        Setting(
            "Connect to private addresses (10.0.0.0/8, this machine, …). Set it to false where others choose the "
            "base_uri: the address that is connected to decides. Link-local addresses (169.254.0.0/16, fe80::/10), and "
            "others at which clouds give out credentials, are never connected to. With trust_env the proxy connects, "
            "and nothing is checked."
        ),
    ] = True
    deadline: Annotated[
        float,
        seconds("How long one exchange may take. In seconds, from its start to its end.", option="--deadline SECONDS"),
    ] = 30
    connect_timeout: Annotated[float, seconds("How long connecting may take, in seconds.")] = 10
    max_answer_bytes: Annotated[int, size("An answer with more bytes is not read to its end, and fails.")] = (
        64 * 1024 * 1024
    )
    max_pages: Annotated[
        int, count("How many pages of one object a cycle reads at most. The next cycle continues from there.")
    ] = 1_000
    cursor_check: Annotated[
        float,
        seconds(
            "Seconds after which an empty answer is followed by a check whether the partner still knows our cursor "
            "(LS11).",
            least=0,
        ),
    ] = 3_600
    ignore_older_than: Annotated[
        float | None,
        days("Contents that were created more than so many days ago are not imported. Not set: all are.", example="60"),
    ] = None
    backoff_cap: Annotated[
        float,
        seconds("A source that keeps failing is asked less and less often, but at least once in so many seconds."),
    ] = 3_600
    disable_after: Annotated[
        int | None,
        count(
            "After so many failed cycles in a row the daemon switches the source off (CY6). `ringcx-crawler enable` "
            "switches it on again. Not set: never.",
            example="100",
        ),
    ] = None
    keep_cycles: Annotated[int, count("How many cycles the log keeps.")] = 100
    keep_bytes: Annotated[int, size("How many bytes of each request and answer the log keeps.", least=0)] = 65_536

    @property
    def address(self) -> str:
        """The base URI as it may be shown and stored: as it was written (TR8), but for the secrets in it."""
        return showable(self.base_uri)

    @property
    def credentials(self) -> Credentials:
        """What must not be shown of it: the secret, and those in the base URI."""
        return _credentials(self.secret, self.base_uri)

    @property
    def fingerprint(self) -> str:
        """Changes when any setting or the secret does (CY5); tells nothing about the secret."""
        return _fingerprint(self)


@lru_cache(maxsize=10_000)
def _credentials(secret: Secret, base_uri: str) -> Credentials:
    return Credentials.of(secret, base_uri)


@lru_cache(maxsize=10_000)
def _fingerprint(source: Source) -> str:
    settings = {f.name: getattr(source, f.name) for f in fields(source) if f.name not in ("name", "secret")}
    probe = source.secret.sign(b"ringcx-crawler: which secret?")
    return blake2b(f"{settings!r} {probe}".encode(), digest_size=16).hexdigest()
