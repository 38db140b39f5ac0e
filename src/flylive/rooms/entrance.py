"""Proving the password of a private room: counted before it is looked at.

Steps between transactions, since a hash takes far longer than a transaction should: take one
of the user's tries and commit that, verify, and give the try back if the password was right.
The fifth wrong one locks him out of this room.
"""

from flylive.accounts import passwords
from flylive.database import Database, Reading, Transaction
from flylive.errors import Unavailable
from flylive.http import limits, marks
from flylive.http.limits import Hit
from flylive.rooms import queries, rules, service, stays
from flylive.rooms.errors import LockedOut, WrongRoomPassword

TRIES_TO_MEET = 3
"""How often a password may change under somebody's entering before he is told to come back."""


async def enter(database: Database, user_id: int, room_id: int, password: str | None) -> None:
    """Let the user into the room (see :func:`flylive.rooms.stays.enter`).

    Raises UnknownRoom, RoomNotAvailable, Banned, RoomFull, WrongRoomPassword, LockedOut.
    """
    for _ in range(TRIES_TO_MEET):
        stored = await database.read(lambda tx: _password_to_prove(tx, user_id, room_id))
        if stored is not None:
            await _prove(database, user_id, room_id, password, stored)
        try:
            await database.run(lambda tx: stays.enter(tx, user_id, room_id, stored))  # noqa: B023
        except stays.PasswordNotProved:
            continue
        return
    raise Unavailable("The room's password is being changed")


async def _password_to_prove(tx: Reading, user_id: int, room_id: int) -> str | None:
    """The hash of the password that the user must know; None where he need not."""
    room = await service.find(tx, room_id)
    if user_id in await queries.find_stays(tx, room_id, [user_id]):
        return None
    standing = await stays.standing(tx, user_id, room)
    return room.password if stays.needs_password(room, standing.role) else None


async def _prove(
    database: Database, user_id: int, room_id: int, password: str | None, stored: str
) -> None:
    bucket = f"room-password:{room_id}:{user_id}"
    lock_out = f"room-locked-out:{room_id}:{user_id}"

    async def take_try(tx: Transaction) -> Hit:
        wait = await marks.seconds_left(tx, lock_out)
        if wait is not None:
            limits.refuse(bucket, rules.PASSWORD_TRIES, rules.LOCK_OUT_SECONDS, wait)
            raise LockedOut(retry_after=wait)
        return await limits.hit(tx, bucket, rules.PASSWORD_TRIES, rules.LOCK_OUT_SECONDS)

    async def give_back(tx: Transaction) -> None:
        await limits.give_back(tx, bucket, taken.at)

    taken = await database.run(take_try)
    if not taken.is_allowed:
        raise LockedOut(retry_after=taken.retry_after_seconds)
    if password is None:
        # Whoever only finds out that the room is private has not guessed.
        await database.run(give_back)
        raise WrongRoomPassword("This room is private", tries_left=taken.remaining + 1)
    try:
        verdict = await passwords.verify(password, stored)
    except Unavailable:
        await database.run(give_back)
        raise
    if verdict.is_right:
        await database.run(give_back)
        return
    if taken.remaining == 0:
        await database.run(lambda tx: marks.put(tx, lock_out, rules.LOCK_OUT_SECONDS))
    raise WrongRoomPassword(tries_left=taken.remaining)
