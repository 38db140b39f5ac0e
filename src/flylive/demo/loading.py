"""What the demo world needs and no service makes yet, put in by statements of its own.

Catalogue rows (gifts, levels, frames, themes, badges, packages) are upserts by name, so that a
catalogue that stands already is completed and brought to ours. Agencies are founded, addresses
counted as verified and VIP levels lifted here under their users' locks, with the counts, dates
and history that a service would write. As soon as a slice has the verb, call that instead.
Money is never touched here.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, insert, null, select, text, update
from sqlalchemy.orm import DeclarativeBase

from flylive.accounts import queries as accounts
from flylive.agencies.models import Agency
from flylive.clock import now
from flylive.config import Settings
from flylive.database import Transaction
from flylive.database.arrays import array_literal
from flylive.gifts.rules import lucky
from flylive.progression.levels import Reached, load_ladders, record_levels

VIP_DAYS = 30


async def upsert(
    tx: Transaction,
    model: type[DeclarativeBase],
    rows: Sequence[Mapping[str, Any]],
    by: Sequence[str] = ("name",),
) -> dict[Any, int]:
    """Bring `rows` into the model's table, each recognised by its columns `by`; their ids.

    The ids are keyed by the value of `by`, a tuple where it is several.
    """
    table = model.__table__
    assert isinstance(table, Table)
    keys: list[ColumnElement[Any]] = [table.c[name] for name in by]

    def key(row: Mapping[str, Any]) -> Any:
        values = tuple(row[name] for name in by)
        return values if len(by) > 1 else values[0]

    async def known() -> dict[Any, int]:
        found = (await tx.execute(select(table.c.id, *keys))).all()
        return {tuple(row[1:]) if len(by) > 1 else row[1]: row[0] for row in found}

    ids, moment = await known(), now()
    missing: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if key(row) in ids:
            # A bare None would become JSON's null in a column of JSON.
            values = {name: null() if value is None else value for name, value in row.items()}
            changed = update(table).where(table.c.id == ids[key(row)])
            await tx.execute(changed.values(**values, updated_at=moment))
        else:
            values = {name: value for name, value in row.items() if value is not None}
            missing[tuple(sorted(values))].append(
                values | {"created_at": moment, "updated_at": moment}
            )
    for alike in missing.values():
        await tx.execute(insert(table), alike)
    ids = await known()
    return {key(row): ids[key(row)] for row in rows}


def check_odds(odds: Mapping[str, Any], settings: Settings) -> None:
    """Raises ValueError for a lucky gift's table by which coins could be pumped."""
    table = msgspec.convert(odds, lucky.OddsTable)
    exchanged = settings.recipient_share_percent / 100 * settings.exchange_rate
    if Decimal(1) * table.expected_return().numerator / table.expected_return().denominator > (
        settings.maximum_return - exchanged
    ):
        raise ValueError("lucky return + share × rate exceeds FLYLIVE_MAXIMUM_RETURN")


_JOIN_AGENCY = text(
    """
    UPDATE users SET agency_id = :agency_id, agency_role = :role, agency_joined_at = :at
    WHERE id = :user_id
    """
)


async def found_agency(
    tx: Transaction,
    owner_id: int,
    member_ids: Sequence[int],
    *,
    name: str,
    description: str,
    commission_percent: str,
) -> int:
    """An agency with its members, the first of whom is a moderator; its id."""
    everybody = [owner_id, *member_ids]
    for user_id in sorted(everybody):
        user = await accounts.lock_user(tx, user_id)
        assert user is not None
        assert user.agency_id is None
    moment = now()
    statement = (
        insert(Agency)
        .values(
            name=name,
            description=description,
            owner_id=owner_id,
            commission_rate=Decimal(commission_percent),
            member_count=len(everybody),
            created_at=moment,
            updated_at=moment,
        )
        .returning(Agency.id)
    )
    agency_id: int = await tx.scalar(statement)
    for place, user_id in enumerate(everybody):
        role = ("admin", "moderator")[place] if place < 2 else "member"
        await tx.execute(
            _JOIN_AGENCY, {"agency_id": agency_id, "role": role, "at": moment, "user_id": user_id}
        )
    return agency_id


_VERIFY = text(
    "UPDATE users SET email_verified_at = :at WHERE id = ANY(CAST(:ids AS bigint[]))"
    " AND email_verified_at IS NULL"
)


async def verify_addresses(tx: Transaction, user_ids: Collection[int]) -> None:
    """Count the e-mail addresses of these users as verified."""
    await tx.execute(_VERIFY, {"ids": array_literal(user_ids), "at": now()})


_LIFT = text("UPDATE users SET vip_level = :level, vip_expires_at = :until WHERE id = :user_id")


async def lift_vip(tx: Transaction, bought_coins: Mapping[int, int]) -> dict[int, int]:
    """Give each user the VIP level that the coins he bought reach, for 30 days; the levels.

    `bought_coins` is by user: what he bought in the last 30 days. Levels crossed on the way give
    their frames and stand in the history.
    """
    levels = (await load_ladders(tx))["vip"].levels
    moment = now()
    lifted: dict[int, int] = {}
    reached: list[Reached] = []
    for user_id in sorted(bought_coins):
        coins = bought_coins[user_id]
        crossed = [level for level in levels if level.required_xp <= coins]
        if not crossed:
            continue
        assert not any(level.coin_reward or level.diamond_reward for level in crossed)
        await accounts.lock_user(tx, user_id)
        lifted[user_id] = crossed[-1].level_number
        until = moment + timedelta(days=VIP_DAYS)
        await tx.execute(_LIFT, {"level": lifted[user_id], "until": until, "user_id": user_id})
        reached += [Reached(user_id, level, coins) for level in crossed]
    await record_levels(tx, reached, moment)
    return lifted
