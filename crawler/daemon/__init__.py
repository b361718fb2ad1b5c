"""The daemon: crawls all configured sources at the platform's rhythm (CY), until it is told to stop.

It only claims sources that are due and calls `run_cycle`; what is due stands in the database. `operate` runs the
whole process: signals, the configuration's changes, health and metrics, housekeeping.
"""

from crawler.daemon.daemon import Daemon, DaemonOptions
from crawler.daemon.operation import Setup, operate

__all__ = ["Daemon", "DaemonOptions", "Setup", "operate"]
