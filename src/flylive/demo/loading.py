"""What the demo world needs and no service makes yet, put in by statements of its own.

Catalogue rows (gifts, levels, frames, themes, badges) are upserts by name, so that a
catalogue that stands already is completed and brought to ours. Agencies are founded,
addresses counted as verified, avatars set and VIP levels lifted here under their users' locks,
with the counts, dates and history that a service would write. As soon as a slice has the verb,
call that instead. Money is never touched here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Table, insert, null, select, text, update
from sqlalchemy.orm import DeclarativeBase

from flylive import economy
from flylive.accounts import queries as accounts
from flylive.agencies.models import Agency
from flylive.clock import now
from flylive.config import Settings
from flylive.database import Transaction
from flylive.demo.catalogue.badges import BADGES
from flylive.demo.catalogue.frames import FRAMES
from flylive.demo.catalogue.games import GAMES, PROVIDER
from flylive.demo.catalogue.gifts import GIFTS
from flylive.demo.catalogue.levels import LEVELS
from flylive.demo.catalogue.packages import PACKAGES
from flylive.demo.catalogue.themes import THEMES
from flylive.games.models import Game, GameProvider
from flylive.gifts import draws
from flylive.gifts.models import Gift as GiftRow
from flylive.gifts.rules import lucky
from flylive.money import parse
from flylive.progression.levels import Reached, load_ladders, record_levels
from flylive.progression.models import Badge, Level
from flylive.shop.models import Frame, Theme
from flylive.wallet.recharge import service as wallet

VIP_DAYS = 30


class CoinsCouldBePumped(RuntimeError):
    """A lucky gift's return, with the settings' share × rate, is above the ceiling."""


class Gift(NamedTuple):
    """A gift as it was loaded; price in hundredths."""

    id: int
    category: str
    price: int
    vip_level_required: int
    country: str | None


async def load_catalogue(tx: Transaction, settings: Settings) -> list[Gift]:
    """Gifts, levels, frames, themes, badges, packages and games of the demo world; the gifts.

    Raises CoinsCouldBePumped.
    """
    holds = await economy.current(tx, settings)
    for gift in GIFTS:
        if gift["lucky_odds"] is not None and not draws.fits(
            msgspec.convert(gift["lucky_odds"], lucky.OddsTable), holds
        ):
            raise CoinsCouldBePumped(f"{gift['name']} returns too much for these settings")
    await upsert(tx, Theme, THEMES)
    await upsert(tx, Badge, BADGES)
    await wallet.save_packages(tx, PACKAGES)
    frame_ids = await upsert(tx, Frame, FRAMES)
    levels = []
    for level in LEVELS:
        row = {name: value for name, value in level.items() if name != "frame"}
        frame = level["frame"]
        levels.append(row | {"frame_rewards": [] if frame is None else [frame_ids[frame]]})
    await upsert(tx, Level, levels, by=("type", "level_number"))
    provider_ids = await upsert(tx, GameProvider, [{"name": PROVIDER}])
    games = [{"provider_id": provider_ids[PROVIDER]} | game for game in GAMES]
    await upsert(tx, Game, games, by=("code",))
    gift_ids = await upsert(tx, GiftRow, GIFTS)
    return [
        Gift(
            gift_ids[gift["name"]],
            gift["category"],
            parse(gift["price"]),
            gift["vip_level_required"],
            gift["country_specific"],
        )
        for gift in GIFTS
    ]


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

    def key(values: Sequence[Any]) -> Any:
        return tuple(values) if len(values) > 1 else values[0]

    async def known() -> dict[Any, int]:
        found = await tx.execute(select(table.c.id, *(table.c[name] for name in by)))
        return {key(row[1:]): row[0] for row in found}

    ids, moment = await known(), now()
    missing: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        named = key([row[name] for name in by])
        if named in ids:
            # A bare None would become JSON's null in a column of JSON.
            values = {name: null() if value is None else value for name, value in row.items()}
            changed = update(table).where(table.c.id == ids[named])
            await tx.execute(changed.values(**values, updated_at=moment))
        else:
            filled = {name: value for name, value in row.items() if value is not None}
            filled |= {"created_at": moment, "updated_at": moment}
            missing[tuple(sorted(filled))].append(filled)
    for alike in missing.values():
        await tx.execute(insert(table), alike)
    return await known()


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


_SETTLE_IN = text(
    "UPDATE users SET email_verified_at = :at, avatar_image = :avatar WHERE id = :user_id"
)


async def settle_in(tx: Transaction, user_id: int, avatar: str | None) -> None:
    """Count a new user's e-mail address as verified, and give him his picture."""
    await tx.execute(_SETTLE_IN, {"at": now(), "avatar": avatar, "user_id": user_id})


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
