"""Who holds a lease (CY2): named so that a person can find the process, and others can tell whether it still runs.

A process id alone names nobody: each PID namespace, as of a container, counts its own, and gives them again; nor does
a machine's name. So a holder has a random id, and says of itself what others can compare. In doubt nobody is gone: what
is not proven is `None` here, and whoever wants the source waits until the lease has run out.
"""

import os
import re
import socket
from pathlib import Path

from crawler.store.presence import Presence

HOLDER = re.compile(r"(process (\d+) on .+ \(id ([0-9a-f]{12})\))((?: [a-z_]+=\S+)*)", re.DOTALL)
PROC = Path("/proc")
EXITED = "ZX"


def this_process() -> str:
    """This process as people call it: ``process 4711 on shop-1``."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def new_holder(new_id: str, presence: Presence | None) -> str:
    """The name of this process as a holder of leases, under an id of hexadecimal digits that nobody else has.

    What follows the id is evidence for `still_runs`, as far as this system has it: ``boot`` is this run of the kernel,
    ``spaces`` are the namespaces of process ids and of the time since boot, ``started`` is when the process began, and
    ``seen_in`` the file in which it shows from now on.
    """
    short = new_id[:12]
    evidence = _evidence()
    if presence is not None and presence.show(int(short, 16)):
        evidence["seen_in"] = presence.name
    return " ".join([f"{this_process()} (id {short})", *(f"{name}={value}" for name, value in evidence.items())])


def shown(holder: str) -> str:
    """A holder's name as people see it: without the evidence."""
    found = HOLDER.fullmatch(holder)
    return found[1] if found else holder


def still_runs(holder: str, presence: Presence | None) -> bool | None:
    """Whether a holder still runs; `None` where that is not proven, or the holder is a store of this very process.

    `presence` is the file in which the holders of this database's leases show, if there is one. A process id says
    something only within its own PID namespace, and only beside the moment at which that process began.
    """
    found = HOLDER.fullmatch(holder)
    if found is None:
        return None
    pid, short = int(found[2]), found[3]
    theirs, ours = dict(word.split("=", 1) for word in found[4].split()), _evidence()
    if "boot" not in theirs or theirs["boot"] != ours.get("boot"):
        return None
    neighbours = {"spaces", "started"} <= theirs.keys() and theirs["spaces"] == ours.get("spaces")
    if presence is not None and presence.name == theirs.get("seen_in"):
        runs = presence.shows(int(short, 16))
    elif neighbours:
        runs = _runs(pid, theirs["started"])
    else:
        return None
    itself = neighbours and (pid, theirs["started"]) == (os.getpid(), ours.get("started"))
    return None if runs and itself else runs


def _evidence() -> dict[str, str]:
    """What tells this process from all others, where this system says so."""
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        if _status("self")["NSpid"] != str(os.getpid()):  # what is shown are the processes of another namespace
            return {"boot": boot}
        kinds = [PROC / "self/ns" / kind for kind in ("pid", "time")]
        spaces = "/".join(str(kind.stat().st_ino) for kind in kinds if kind.exists())
        return {"boot": boot, "spaces": spaces, "started": _started(os.getpid())}
    except (OSError, LookupError):
        return {}


def _status(pid: int | str) -> dict[str, str]:
    lines = (PROC / str(pid) / "status").read_text(errors="replace").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _started(pid: int) -> str:
    """When a process began, in ticks since the machine did."""
    return (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(") ")[2].split()[19]


def _runs(pid: int, started: str) -> bool | None:
    """Whether the process of that id which began at that moment runs, in this PID namespace."""
    try:
        status, since = _status(pid), _started(pid)
        exited = status["State"][0] in EXITED and status["Threads"] == "1"  # nobody has waited for it yet
        return since == started and status["Tgid"] == str(pid) and not exited  # else the id is a thread's by now
    except (FileNotFoundError, ProcessLookupError):
        return _unseen(pid)
    except (OSError, LookupError):
        return None


def _unseen(pid: int) -> bool | None:
    """Whether a process runs that is not shown: those of other users may be hidden."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return None
    return None
