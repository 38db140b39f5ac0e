"""What the dashboard shows."""

from datetime import datetime
from decimal import Decimal

import msgspec


class FiguresView(msgspec.Struct, kw_only=True):
    """What moved in a period, in coins and diamonds; `gifts` counts things.

    `coins_held` and `diamonds_held`: what everybody has at its end. `coins_created` minus
    `coins_destroyed` is how much more that is than at its beginning. `new`, `active`,
    `in_rooms`, `rooms`: people who registered, the most that were active and in rooms, and the
    most rooms with somebody in; null where nobody looked.
    """

    coins_bought: Decimal
    coins_bonus: Decimal
    coins_refunded: Decimal
    coins_spent: Decimal
    coins_created: Decimal
    coins_destroyed: Decimal
    coins_held: Decimal
    diamonds_earned: Decimal
    diamonds_exchanged: Decimal
    diamonds_created: Decimal
    diamonds_destroyed: Decimal
    diamonds_held: Decimal
    lucky_wins: Decimal
    game_bets: Decimal
    game_wins: Decimal
    reseller_sales: Decimal
    debts_repaid: Decimal
    gift_coins: Decimal
    gifts: int
    new: int | None
    active: int | None
    in_rooms: int | None
    rooms: int | None


class Point(FiguresView, kw_only=True):
    """One hour, day, week or month."""

    starts_at: datetime


class SeriesView(msgspec.Struct, kw_only=True):
    """Points in the order of time, without gaps; `timezone` is where their days begin."""

    period: str
    timezone: str
    country: str | None
    data: list[Point]


class CountryFigures(FiguresView, kw_only=True):
    """One country's."""

    country: str


class CountriesView(msgspec.Struct, kw_only=True):
    """Countries by coins spent, most first."""

    since: datetime
    until: datetime
    timezone: str
    data: list[CountryFigures]


class Now(msgspec.Struct, kw_only=True):
    """This moment: people in rooms, rooms with somebody in, people seen in the last minutes."""

    active: int
    in_rooms: int
    rooms: int


class Debts(msgspec.Struct, kw_only=True):
    """Coins owed after refunds; credit of resellers that is open, and that is overdue."""

    people: int
    coins: Decimal
    credit_open: Decimal
    credit_overdue: Decimal
    credit_overdue_count: int


class Ranked(msgspec.Struct, kw_only=True):
    """A place on a board of the day."""

    user_id: int
    name: str
    country: str
    coins: Decimal


class DashboardView(msgspec.Struct, kw_only=True):
    """The platform at one look. `folded_at`: what was committed by then is in the figures."""

    at: datetime
    folded_at: datetime | None
    timezone: str
    country: str | None
    now: Now
    today: FiguresView
    yesterday: FiguresView
    month: FiguresView
    ever: FiguresView
    debts: Debts
    top_hosts: list[Ranked]
    top_senders: list[Ranked]
