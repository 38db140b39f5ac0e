"""A process that starts a folder's server, says so on stdout and waits to be ended.

    python hold_server.py FOLDER

The line it prints is JSON: the pids and the three addresses.
"""

import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from flylive.launcher.postgres import EmbeddedPostgres

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with EmbeddedPostgres(Path(sys.argv[1])) as server:
        facts = {"pid": os.getpid(), "user": os.geteuid(), "server": server.pid}
        print(json.dumps(facts | asdict(server.addresses)), flush=True)
        signal.pause()
