"""The addresses of boards."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from flylive.accounts import Caller
from flylive.accounts import rules as account_rules
from flylive.clock import business_day, now
from flylive.config import Settings
from flylive.database import Database, Reading
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks
from flylive.rankings import explaining, rules, service
from flylive.rankings.errors import UnknownBoard
from flylive.rankings.queries import Board
from flylive.rankings.rules import Period
from flylive.rankings.schemas import BoardView, Explained
from flylive.rankings.service import Asked

Subcategory = Literal["teen_patti", "fruit_loop"]
Game = Annotated[
    Subcategory | None,
    QueryParameter(
        name="subcategory",
        description=f"Which board of the category game; {rules.GAMES[0]}'s if left out.",
    ),
]
Day = Annotated[
    date | None,
    QueryParameter(name="date", description="A day of the period; today's if left out."),
]
SubjectId = Annotated[int, QueryParameter(ge=1, le=MAX_ID)]


def asked_for(
    category: str,
    period: Period,
    subcategory: str | None,
    day: date | None,
    country: str | None,
    timezone: str,
) -> Asked:
    """The board that a query names. Raises UnknownBoard, InvalidRequest."""
    if category not in rules.CATEGORIES:
        raise UnknownBoard
    checks = FieldChecks()
    if category == "game" and subcategory is None:
        subcategory = rules.GAMES[0]
    if category != "game" and subcategory is not None:
        checks.refuse("subcategory", "is for the category game")
    if country is not None and category == "agency":
        checks.refuse("country", "agencies are of no country")
    place = None if country is None else checks.field("country", account_rules.country, country)
    today = business_day(now(), timezone)
    if day is not None and not rules.FIRST_DAY <= day <= today:
        checks.refuse("date", "must be a day until today")
    checks.done()
    span = rules.span_of(period, day or today)
    return Asked(Board(category, subcategory or "", period, span.first, place or ""), span)


@get("/rankings/{category:str}")
async def get_board(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    category: FromPath[str],
    period: FromQuery[Period] = "daily",
    subcategory: Game = None,
    day: Day = None,
    country: FromQuery[str | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
) -> BoardView:
    """A board: wealth, charm, room, agency or game; running, or of a day that is over."""
    asked = asked_for(category, period, subcategory, day, country, settings.timezone)
    return await database.read(
        lambda tx: service.show(tx, asked, caller.user_id, limit, settings.timezone)
    )


@get("/rankings/{category:str}/explain")
async def explain_score(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    category: FromPath[str],
    subject_id: SubjectId,
    period: FromQuery[Period] = "daily",
    subcategory: Game = None,
    day: Day = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Explained:
    """The rows that somebody's score is the sum of, newest first."""
    asked = asked_for(category, period, subcategory, day, None, settings.timezone)
    before = pages.decode(cursor, datetime, int, int)

    async def work(tx: Reading) -> Explained:
        page, last = await service.explain(
            tx,
            asked,
            subject_id,
            caller.user_id,
            timezone=settings.timezone,
            before=explaining.Position(*before) if before else None,
            limit=limit,
        )
        if last is None:
            return page
        return msgspec.structs.replace(page, next_cursor=pages.encode(*last))

    return await database.read(work)


ROUTES = [get_board, explain_score]
