"""The guard of addresses with sockets: in a network of our own, where the loopback has clouds' addresses."""

import json
import shutil
import subprocess
import sys

import pytest

HERE = [
    *("10.1.2.3", "192.88.99.1", "100.100.100.200", "168.63.129.16", "169.254.169.254", "8.8.8.8"),
    *("fec0::1", "fd12:3456::1", "3fff::1", "64:ff9b:1::a9fe:a9fe", "64:ff9b::a9fe:a9fe", "64:ff9b::808:808"),
    *("::169.254.169.254", "::ffff:0:169.254.169.254", "2002:a9fe:a9fe::1", "2001:0:a9fe:a9fe::1", "fd00:ec2::254"),
    *("fd20:ce::254", "2606:2800::5efe:a9fe:a9fe", "2606:2800::1"),
]
"""What the loopback is given, besides its own."""

PUBLIC = {"8.8.8.8", "64:ff9b::808:808", "2606:2800::1"}
PRIVATE = {"10.1.2.3", "192.88.99.1", "fec0::1", "fd12:3456::1", "3fff::1", "127.0.0.1", "::1", "::ffff:127.0.0.1"}

TRY = """
import asyncio, json, socket, sys
from crawler.network import ConnectionRefused, connect

async def main():
    with socket.create_server(("::", 8080), family=socket.AF_INET6, dualstack_ipv6=True):
        reached = {}
        for private in (False, True):
            for host in sys.argv[1:]:
                try:
                    (await connect(host, 8080, private=private)).close()
                    reached.setdefault(str(private), []).append(host)
                except ConnectionRefused:
                    pass
    print(json.dumps(reached))

asyncio.run(main())
"""


def isolated(*words: str) -> list[str]:
    """A command in a network of its own."""
    return ["unshare", "--net", "--map-root-user", *words]


def forbidden() -> str:
    """Why there can be no network of our own here; empty if there can."""
    for tool in ("unshare", "ip"):
        if shutil.which(tool) is None:
            return f"there is no {tool} here"
    made = subprocess.run(isolated("ip", "link", "set", "lo", "up"), capture_output=True, text=True, check=False)
    return f"no network namespace can be made: {made.stderr.strip()}" if made.returncode else ""


def test_only_what_may_be_is_connected_to() -> None:
    if reason := forbidden():
        pytest.skip(reason)
    addresses = " ".join(HERE)
    script = (
        "ip link set lo up; "
        f"for it in {addresses}; do ip addr add $it dev lo $(case $it in *:*) echo nodad;; esac) || exit 9; done; "
        'exec "$@"'
    )
    hosts = [*HERE, "127.0.0.1", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254"]
    command = isolated("sh", "-c", script, "sh", sys.executable, "-c", TRY, *hosts)
    tried = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    reached = {private: set(hosts) for private, hosts in json.loads(tried.stdout).items()}
    assert reached == {"False": PUBLIC, "True": PUBLIC | PRIVATE}
