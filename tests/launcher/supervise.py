"""A supervisor over stand-in processes, to be signalled and killed.

    python supervise.py [FOLDER]

With a folder it keeps that folder's database running too. Each stand-in prints its pid
and that of a child of its own; one of them listens on the port printed first.
"""

import asyncio
import os
import sys
from pathlib import Path

from flylive.launcher.errors import LauncherError
from flylive.launcher.postgres import EmbeddedPostgres
from flylive.launcher.processes import free_port
from flylive.launcher.supervisor import Spec, Supervisor, http_ready

SLEEPER = """
import os, subprocess, time
child = subprocess.Popen(["sleep", "60"])
print("pids", os.getpid(), child.pid, flush=True)
time.sleep(60)
"""
SERVER = """
import http.server, os, sys
print("pids", os.getpid(), flush=True)
handler = type("Ready", (http.server.BaseHTTPRequestHandler,), {
    "do_GET": lambda self: (self.send_response(200), self.end_headers()),
    "log_message": lambda *_: None,
})
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), handler).serve_forever()
"""
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("pids", os.getpid(), flush=True)
time.sleep(60)
"""


def specs(kind: str, port: int) -> list[Spec]:
    """The stand-ins of that kind of test."""
    python = [sys.executable, "-c"]
    if kind == "hopeless":
        return [Spec("hopeless", [*python, "print('no luck'); raise SystemExit(3)"])]
    if kind == "stubborn":
        return [Spec("stubborn", [*python, STUBBORN])]
    return [
        Spec("api", [*python, SERVER, str(port)], http_ready("127.0.0.1", port, "/")),
        Spec("worker", [*python, SLEEPER]),
        Spec("guests", [*python, "raise SystemExit(1)"], essential=False),
    ]


def main() -> None:
    """Run until a signal comes."""
    port = free_port()
    print("port", port, flush=True)
    database = EmbeddedPostgres(Path(sys.argv[2])) if len(sys.argv) > 2 else None
    if database:
        database.start()
        print("database", database.pid, database.owner_url, flush=True)
    try:
        supervisor = Supervisor(
            specs(sys.argv[1], port),
            environment=dict(os.environ),
            database=database,
            on_ready=lambda: supervisor.say("all ready"),
        )
        asyncio.run(supervisor.run())
    except LauncherError as error:
        sys.exit(str(error))
    finally:
        if database:
            database.stop()
    print("everything ended", flush=True)


if __name__ == "__main__":
    main()
