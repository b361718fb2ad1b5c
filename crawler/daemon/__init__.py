"""The daemon: crawls all configured sources at the platform's rhythm (CY), until it is told to stop.

It only claims sources that are due and calls `run_cycle`; what is due stands in the database.
"""

from crawler.daemon.daemon import Daemon, DaemonOptions

__all__ = ["Daemon", "DaemonOptions"]
