"""Who may call what: one row for each address, against each kind of caller."""

from tests.access.accounts import ACCOUNTS, PEOPLE
from tests.access.games import GAMES
from tests.access.gifts import COUPLES, GIFTS
from tests.access.money import MONEY
from tests.access.progression import PROGRESSION
from tests.access.rooms import AGENCIES, RANKINGS, ROOMS
from tests.access.staff import ADMIN

ROWS = [
    *ACCOUNTS,
    *PEOPLE,
    *ROOMS,
    *AGENCIES,
    *RANKINGS,
    *MONEY,
    *GIFTS,
    *COUPLES,
    *GAMES,
    *PROGRESSION,
    *ADMIN,
]
