"""Accounts: whether answers tell who has one by their time, what a limit costs, how search is.

``python3 fly.py bench accounts``; with options: ``python3 fly.py exec python -m
benchmarks.accounts --help``. What is measured, and how to read it: ``benchmarks/README.md``.
"""

import argparse
import asyncio
import os
import platform as system
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import bcrypt
import psycopg
from pwdlib.hashers.argon2 import Argon2Hasher

from benchmarks.rig import accounts_report as report
from benchmarks.rig import alike, asking, gauges, limit_costs, names, platform
from benchmarks.rig.asking import Ask, Asked, get, post
from benchmarks.rig.load import percentile
from flylive.ids import new_secret, sha256_hex
from flylive.screens import search

RESULTS = Path(__file__).with_name("results")
KINDS = ("argon2id", "bcrypt", "social", "with a reset open", "other")
"""Accounts by what is kept as their password; the last two also have argon2id."""
WITHOUT_LIMITS = {
    f"FLYLIVE_{name}": "0"
    for name in (
        "AUTH_REQUESTS_PER_ADDRESS_MINUTE",
        "WRONG_LOGINS_PER_ADDRESS_HOUR",
        "REGISTRATIONS_PER_ADDRESS_HOUR",
        "CODES_PER_ADDRESS_HOUR",
        "SEARCHES_PER_MINUTE",
        "SEARCHES_PER_ADDRESS_MINUTE",
    )
}
"""One address asks for everybody here; the limits by account stay."""

LOG_IN_SECONDS = 180
"""A busy machine gets fewer samples, not a longer run."""

QUESTIONS = (
    ("log-in by e-mail: argon2id", "login argon2id", "login nobody's e-mail"),
    ("log-in by e-mail: Laravel's bcrypt", "login bcrypt", "login nobody's e-mail"),
    ("log-in by e-mail: social, no password", "login social", "login nobody's e-mail"),
    ("log-in by phone", "login phone", "login nobody's phone"),
    ("log-in by signature", "login signature", "login nobody's signature"),
    ("forgot, e-mail", "forgot e-mail", "forgot nobody's e-mail"),
    ("forgot, phone", "forgot phone", "forgot nobody's phone"),
    ("reset by e-mail, none asked for", "reset e-mail", "reset nobody's e-mail"),
    ("reset by e-mail, one is open", "reset e-mail, open", "reset nobody's e-mail"),
    ("reset by phone, none asked for", "reset phone", "reset nobody's phone"),
    ("reset by phone, one is open", "reset phone, open", "reset nobody's phone"),
)
"""Each: which known accounts, beside which unknown ones."""


def main(arguments: Sequence[str] = ()) -> None:
    """Run the benchmark; SystemExit where known and unknown accounts can be told apart."""
    options = parse(arguments)
    about: dict[str, Any] = {
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cores": gauges.CORES,
        "python": system.python_version(),
        "load_average_before": os.getloadavg()[0],
        **vars(options),
    }
    with platform.durable_server() as server:
        about["postgres"] = server.version
        owner = server.addresses.owner_url
        token = people(owner, options.samples)
        print(f"{options.users:,} people with names …", flush=True)
        names.add(owner, 10 * options.samples, options.users)
        with platform.api(server, settings=WITHOUT_LIMITS) as api:
            print(f"{time.strftime('%T')} known and unknown accounts …", flush=True)
            times = asyncio.run(ask_accounts(api.port, options.samples))
            print("searches …", flush=True)
            searches = asyncio.run(ask_searches(api.port, token, options.searches))
        print("hits on limits …", flush=True)
        costs = asyncio.run(limit_costs.measure(server, options.hits))
        plans = report.plans(owner, search)
    comparisons = alike.holm(
        [
            alike.compare(
                question, (one, times.milliseconds[one]), (other, times.milliseconds[other])
            )
            for question, one, other in QUESTIONS
        ]
    )
    found = [
        report.Found(kind, len(values), percentile(values, 50), percentile(values, 99), max(values))
        for kind, values in sorted(searches.milliseconds.items())
    ]
    told = {kind: dict(statuses) for kind, statuses in times.statuses.items()}
    registered = {
        kind: percentile(times.milliseconds[kind], 50)
        for kind in ("register, free", "register, taken")
    }
    print(report.tables(comparisons, found, costs, registered))
    about["statuses"], about["register_ms"] = told, registered
    about["comparisons"] = [asdict(one) for one in comparisons]
    about["searches"] = [asdict(one) for one in found]
    about["limits"] = [asdict(one) for one in costs]
    about["plans"] = plans
    about["results"] = about.pop("results").name
    report.save(options.results, about, times, comparisons, found, costs)
    faults = unexpected(times, searches)
    faults += [f"{one.question}: {one.difference_ms:+.2f} ms" for one in comparisons
               if not one.is_alike]  # fmt: skip
    if faults:
        sys.exit("\n".join(faults))


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="benchmarks.accounts", description=__doc__)
    one = parser.add_argument
    one("--users", type=int, default=200_000, help="people to search among (%(default)s)")
    one("--samples", type=int, default=200, help="requests of each kind (%(default)s)")
    one("--searches", type=int, default=60, help="searches of each kind (%(default)s)")
    one("--hits", type=int, default=1_500, help="hits on each kind of limit (%(default)s)")
    one("--results", type=Path, default=RESULTS, help="folder of accounts.json and accounts.png")
    return parser.parse_args(arguments)


def people(owner_url: str, samples: int) -> str:
    """Put `samples` accounts of each kind in; a token of the first one's.

    Ids count on through the kinds; e-mail, phone and signature follow from the id.
    """
    argon2 = Argon2Hasher().hash("a password of nobody's")
    laravel = bcrypt.hashpw(b"a password of nobody's", bcrypt.gensalt(10)).decode()
    kept = {"bcrypt": laravel.replace("$2b$", "$2y$"), "social": "!"}
    secret, soon = new_secret(), datetime.now(UTC) + timedelta(hours=1)
    with psycopg.connect(owner_url) as connection:
        for number, kind in enumerate(KINDS):
            connection.execute(
                """
                INSERT INTO users (id, name, email, phone, signature, password, dob, gender,
                                   country, email_verified_at, phone_verified_at)
                SELECT n, 'Timed ' || n, 'timed' || n || '@flylive.example',
                       '+1415' || 1000000 + n, (900000000 + n)::text, %(password)s,
                       DATE '1990-01-01', 1, 'US', now(), now()
                FROM generate_series(%(first)s + 1, %(first)s + %(samples)s) AS n
                """,
                {
                    "password": kept.get(kind, argon2),
                    "first": number * samples,
                    "samples": samples,
                },
            )
        opened = range(3 * samples + 1, 4 * samples + 1)
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO password_reset_tokens (email, token, expires_at) VALUES (%s, %s, %s)",
                [(f"timed{n}@flylive.example", sha256_hex(new_secret()), soon) for n in opened],
            )
            cursor.executemany(
                "INSERT INTO phone_reset_tokens (user_id, token, expires_at) VALUES (%s, %s, %s)",
                [(n, argon2, soon) for n in opened],
            )
        row = connection.execute(
            "INSERT INTO personal_access_tokens"
            " (tokenable_type, tokenable_id, name, token, abilities)"
            r""" VALUES ('App\Models\User', 1, 'benchmark', %s, '["*"]') RETURNING id""",
            (sha256_hex(secret),),
        ).fetchone()
    assert row is not None
    return f"{row[0]}|{secret}"


def log_ins(samples: int) -> Iterator[list[Ask]]:
    """One wrong password for each account: five would lock it."""

    def wrong(kind: str, login: str) -> Ask:
        return post(f"login {kind}", "/auth/login", {"login": login, "password": "wrong one"})

    for n in range(1, samples + 1):
        yield [
            *(
                wrong(kind, f"timed{number * samples + n}@flylive.example")
                for number, kind in enumerate(KINDS[:3])
            ),
            # Kinds that nobody has used yet, so that each account is asked once.
            wrong("phone", f"+1415{1_000_000 + 3 * samples + n}"),
            wrong("signature", str(900_000_000 + 4 * samples + n)),
            wrong("nobody's e-mail", f"nobody{n:06}@flylive.example"),
            wrong("nobody's phone", f"+1415{2_000_000 + n}"),
            wrong("nobody's signature", str(800_000_000 + n)),
        ]


def forgotten(samples: int) -> Iterator[list[Ask]]:
    """One request for each address: one a minute is let through."""

    def forgot(kind: str, **body: str) -> Ask:
        return post(f"forgot {kind}", "/auth/password/forgot", body)

    for n in range(1, samples + 1):
        yield [
            forgot("e-mail", email=f"timed{n}@flylive.example"),
            forgot("nobody's e-mail", email=f"nobody{n:06}@flylive.example"),
            forgot("phone", phone=f"+1415{1_000_000 + n}"),
            forgot("nobody's phone", phone=f"+1415{2_000_000 + n}"),
        ]


def resets(samples: int) -> Iterator[list[Ask]]:
    """One wrong token or code for each address."""

    def reset(kind: str, **body: str) -> Ask:
        return post(f"reset {kind}", "/auth/password/reset", body | {"password": "another one"})

    for n in range(1, samples + 1):
        opened = 3 * samples + n
        yield [
            reset("e-mail", email=f"timed{n}@flylive.example", token="wrong"),
            reset("e-mail, open", email=f"timed{opened}@flylive.example", token="wrong"),
            reset("nobody's e-mail", email=f"nobody{n:06}@flylive.example", token="wrong"),
            reset("phone", phone=f"+1415{1_000_000 + n}", code="000000"),
            reset("phone, open", phone=f"+1415{1_000_000 + opened}", code="000000"),
            reset("nobody's phone", phone=f"+1415{2_000_000 + n}", code="000000"),
        ]


def sign_ups(samples: int) -> Iterator[list[Ask]]:
    """Free and taken e-mails; a few, since the answer itself tells."""

    def sign_up(kind: str, email: str) -> Ask:
        body = {"name": "New", "email": email, "password": "a long password"}
        body |= {"dob": "1990-01-01", "country": "US"}
        return post(f"register, {kind}", "/auth/register", body | {"gender": 1})

    for n in range(1, min(samples, 40) + 1):
        yield [
            sign_up("free", f"new{n}@flylive.example"),
            sign_up("taken", f"timed{n}@flylive.example"),
        ]


async def ask_accounts(port: int, samples: int) -> Asked:
    """Everything that a stranger may ask about accounts, one kind of address after the other.

    Log-ins go over a few connections, since each wrong one waits on purpose.
    """
    whole = Asked()
    for rounds, connections, seconds in (
        (list(log_ins(samples)), 4, LOG_IN_SECONDS),
        (list(forgotten(samples)), 1, 30),
        (list(resets(samples)), 1, 60),
        (list(sign_ups(samples)), 1, 20),
    ):
        # While plans are still made, times say little.
        asked = await asking.ask_all(
            port, rounds, connections=connections, warm_up=len(rounds) // 20, seconds=seconds
        )
        whole.milliseconds |= asked.milliseconds
        whole.statuses |= asked.statuses
    return whole


async def ask_searches(port: int, token: str, count: int) -> Asked:
    """First pages, `count` for each kind of words, beside one profile by its id."""

    def asks(n: int) -> list[Ask]:
        queries = {
            kind: urlencode({"q": words[n % len(words)]}) for kind, words in names.SEARCHES.items()
        }
        return [
            get("(one profile by id)", f"/users/{1 + n}", token),
            *(get(kind, f"/users?{query}", token) for kind, query in queries.items()),
        ]

    return await asking.ask_all(port, [asks(n) for n in range(count)], warm_up=count // 10)


EXPECTED = {"login": 401, "forgot": 202, "reset": 422}


def unexpected(times: Asked, searches: Asked) -> list[str]:
    """Answers that were not what the comparison is about."""
    faults = [
        f"{kind}: answered {dict(statuses)}"
        for kind, statuses in times.statuses.items()
        if (wanted := EXPECTED.get(kind.split()[0])) and set(statuses) != {wanted}
    ]
    return faults + [
        f"search for {kind}: answered {dict(statuses)}"
        for kind, statuses in searches.statuses.items()
        if set(statuses) != {200}
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
