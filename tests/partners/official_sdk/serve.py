"""Serves the official SDK, unmodified: ``python serve.py FILE_DESCRIPTOR CONFIG``.

The SDK's own command turns on Flask's debugger and reloader; the latter forks, and what forks cannot be ended for sure.
So this makes the application as that command does, and serves it itself, on a listening socket that it inherits.
It ends at once when its standard input does, hence also when whoever started it dies.
"""

import os
import sys
import threading

from ringcentral_engage_digital_source_sdk import createApp
from ringcentral_engage_digital_source_sdk.core.common import path_import
from werkzeug.serving import make_server


def end_with_standard_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    config = path_import("ringcentral_engage_digital_source_sdk.localConfig", sys.argv[2])
    app = createApp(config)
    make_server("127.0.0.1", 0, app, threaded=True, fd=int(sys.argv[1])).serve_forever()


if __name__ == "__main__":
    main()
