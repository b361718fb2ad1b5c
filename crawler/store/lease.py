"""Who holds a lease (CY2): named so that a person can find the process, and this machine can see that it is gone."""

import os
import socket


def this_process() -> str:
    """The name under which this process holds leases: ``process 4711 on shop-1``."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def holder_is_gone(holder: str) -> bool:
    """Whether `holder` was a process of this machine that no longer runs. In doubt it is not gone."""
    process, _, machine = holder.removeprefix("process ").partition(" on ")
    if os.name != "posix" or machine != socket.gethostname() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
