#!/usr/bin/env python3
"""Stands in for the `flylive` command: the same processes, as little as `up` can tell."""

import http.server
import os
import signal
import socketserver
import sys

import psycopg


def migrate() -> None:
    """Make what `up` looks at."""
    with psycopg.connect(os.environ["FLYLIVE_OWNER_DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS users (email text)")
        connection.execute("CREATE TABLE IF NOT EXISTS alembic_version AS SELECT 'one' version_num")
        connection.execute("GRANT ALL ON users TO flylive")


def demo() -> None:
    """Make the demo world."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("INSERT INTO users VALUES ('admin@flylive.example')")
    print("Demo log-ins: admin@flylive.example, secret")


def serve(host: str, port: int) -> None:
    """Answer every GET with 200."""
    ready = {
        "do_GET": lambda self: (self.send_response(200), self.end_headers()),
        "log_message": lambda *_: None,
    }
    handler = type("Ready", (http.server.BaseHTTPRequestHandler,), ready)
    http.server.HTTPServer((host, port), handler).serve_forever()


def gateway(host: str, port: int) -> None:
    """Listen."""
    socketserver.TCPServer.allow_reuse_address = True
    socketserver.TCPServer((host, port), socketserver.BaseRequestHandler).serve_forever()


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    options = dict(zip(arguments[::2], arguments[1::2], strict=False))
    if name in ("serve", "gateway"):
        {"serve": serve, "gateway": gateway}[name](options["--host"], int(options["--port"]))
    elif name == "migrate":
        migrate()
    elif name == "demo" and not arguments:
        demo()
    else:
        print(
            name,
            *arguments,
            "with owner" * ("FLYLIVE_OWNER_DATABASE_URL" in os.environ),
            flush=True,
        )
        signal.pause()
