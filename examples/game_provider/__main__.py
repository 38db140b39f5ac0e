"""``python -m examples.game_provider``: serve the house, or verify a round that it told."""

import argparse
import json
import os
import sys
from pathlib import Path

from examples.game_provider.house import verify


def main() -> int:
    """The command line; the secret comes from GAME_PROVIDER_SECRET alone."""
    parser = argparse.ArgumentParser(prog="game_provider", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve until SIGTERM")
    serve.add_argument(
        "--platform", required=True, help="the API, such as http://127.0.0.1:8000/v1"
    )
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8002)
    serve.add_argument("--journal", type=Path, default=Path("game_provider.sqlite3"))
    check = commands.add_parser("verify", help="recompute a round from GET /rounds/{id}")
    check.add_argument("round", type=Path, help="the JSON in a file; - reads stdin")
    options = parser.parse_args()
    if options.command == "verify":
        given = sys.stdin.read() if str(options.round) == "-" else options.round.read_text()
        wrong = verify(json.loads(given))
        print(f"not as claimed: {', '.join(wrong)}" if wrong else "fair: all is as claimed")
        return 1 if wrong else 0
    secret = os.environ.get("GAME_PROVIDER_SECRET")
    if not secret:
        parser.error("GAME_PROVIDER_SECRET is not set")
    import uvicorn

    from examples.game_provider.web import create_app

    app = create_app(options.platform, secret, options.journal)
    uvicorn.run(app, host=options.host, port=options.port, log_level="warning", access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
