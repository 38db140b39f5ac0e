"""The guests' beginning and end: passes, rooms, the evening, and everybody home.

Nobody knows the demo accounts' password after the first run, so the passes (access tokens named
``demo-guest``) and the hosts' rooms come from the database, through the accounts' service, by
this process itself; everything else goes over the public API. Passes that a killed run left
behind are revoked at the start, and these at the end.
"""

import asyncio
import contextlib
import signal
from collections.abc import Sequence
from random import Random

import structlog

from flylive.accounts import queries as accounts
from flylive.accounts import service as account_service
from flylive.config import Settings
from flylive.database import Database, Reading, Transaction
from flylive.demo.guests.api import Api
from flylive.demo.guests.company import Company, keep_present
from flylive.demo.guests.ears import Ears
from flylive.demo.guests.guest import Guest, Pass
from flylive.demo.roster import GUEST_NUMBERS, LIVELY_HOSTS, user_email
from flylive.errors import Problem
from flylive.http import pages
from flylive.rooms import queries as rooms

log = structlog.get_logger(__name__)

PASS_NAME = "demo-guest"  # noqa: S105 - the name of a token, not a token
GRACE_SECONDS = 1.0
"""How long whoever waits for an answer may still get it when all are to go home."""
LEAVE_SECONDS = 1.2


class NoDemoWorld(Exception):
    """The database has no demo users with rooms for the guests to live in."""


async def keep_alive(settings: Settings, pace_seconds: float) -> None:
    """Let guests live in the demo rooms until SIGTERM or SIGINT; then all leave.

    Between two events of a room lie `pace_seconds` on average. Raises NoDemoWorld.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    database = Database(settings.serving_dsn, size=2, application_name="flylive-guests")
    api = Api(address(settings), stop, Random())
    try:
        passes = await database.run(issue_passes)
        rooms_of = await database.read(lambda tx: _find_rooms(tx, passes))
        if not rooms_of:
            raise NoDemoWorld("no demo users with rooms in this database; run `flylive demo` first")
        guests = [Guest(api, identity, Random()) for identity in passes]
        log.info("guests.coming", guests=len(guests), rooms=len(rooms_of))
        try:
            await _evening(settings, api, guests, rooms_of, pace_seconds)
        finally:
            stop.set()
            await _go_home(api, guests)
            with contextlib.suppress(Problem):
                await database.run(_revoke_passes)
    finally:
        await api.close()
        await database.close()


def address(settings: Settings) -> str:
    """Where the API is reached from this machine, also when it listens everywhere."""
    return f"http://{settings.near_host}:{settings.port}"


async def _find_guests(tx: Reading) -> list[tuple[int, int]]:
    """The guests among the demo users: (number, user id)."""
    found = []
    for number in GUEST_NUMBERS:
        row = await accounts.find_login(tx, email=user_email(number), phone=None, signature=None)
        if row is not None:
            found.append((number, row.id))
    return found


async def issue_passes(tx: Transaction) -> list[Pass]:
    """A pass for every guest, in place of any that were left behind."""
    await _revoke_passes(tx)
    passes = []
    for _, user_id in await _find_guests(tx):
        user = await accounts.find_user(tx, user_id)
        assert user is not None
        if not user.is_blocked:
            token = await account_service.issue_token(tx, user_id, PASS_NAME)
            passes.append(Pass(user_id, user.name, user.country, token))
    return passes


async def _revoke_passes(tx: Transaction) -> None:
    for _, user_id in await _find_guests(tx):
        for token in await accounts.list_tokens(tx, user_id, limit=pages.MAX_LIMIT):
            if token.name == PASS_NAME:
                await account_service.revoke_token(tx, user_id, token.id)


async def _find_rooms(tx: Reading, passes: Sequence[Pass]) -> dict[int, int]:
    """The rooms to be kept alive, by their hosts' ids."""
    welcome = {identity.user_id for identity in passes}
    found = {}
    for number, user_id in await _find_guests(tx):
        if number in LIVELY_HOSTS and user_id in welcome:
            owned = await rooms.list_owned(tx, user_id)
            if owned:
                found[user_id] = owned[0]
    return found


async def _evening(
    settings: Settings,
    api: Api,
    guests: Sequence[Guest],
    rooms_of: dict[int, int],
    pace_seconds: float,
) -> None:
    """Until they are told to stop, or something in here fails."""
    companies = [
        Company(api, room_id, host, guests, rooms_of.keys(), Random(), pace_seconds)
        for host in guests
        if (room_id := rooms_of.get(host.id)) is not None
    ]
    known = {guest.id for guest in guests}
    ears = Ears(api, companies[0].room_id, companies[0].host, known, Random())
    beat_seconds = settings.presence_timeout_seconds / 2.5
    listening = asyncio.create_task(ears.listen(), name="ears")
    tasks = [asyncio.create_task(company.live(), name="company") for company in companies]
    tasks.append(asyncio.create_task(keep_present(api, guests, beat_seconds), name="presence"))
    stopping = asyncio.create_task(api.stop.wait())
    await asyncio.wait([*tasks, listening, stopping], return_when=asyncio.FIRST_COMPLETED)
    api.stop.set()
    listening.cancel()
    stopping.cancel()
    # Who is in the middle of something may hear its answer, so that nobody comes in after
    # he has left.
    await asyncio.wait(tasks, timeout=GRACE_SECONDS)
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, listening, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


async def _go_home(api: Api, guests: Sequence[Guest]) -> None:
    """Everybody leaves, once and quickly: whoever cannot is soon taken out as absent."""
    leaving = [
        api.attempt("POST", f"/rooms/{guest.room_id}/leave", guest.token)
        for guest in guests
        if guest.room_id is not None
    ]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LEAVE_SECONDS):
            await asyncio.gather(*leaving)
