"""Who is who in the demo world: log-ins, rooms, agencies, staff.

The first users are for whoever tries the platform out: user1 owns a room, user10 an agency.
The last are the guests that ``flylive demo --guests`` lets live, so that nobody who logs in as
user1 is carried from room to room by them.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from flylive.accounts.staff import Role

USERS = 100
GUEST_NUMBERS: Sequence[int] = range(65, USERS + 1)
LIVELY_HOSTS = (98, 99, 100)
"""The users whose rooms the guests keep alive."""

ADMIN_EMAIL = "admin@flylive.example"
RESELLER_EMAIL = "reseller@flylive.example"
RESELLER_NAME = "Rami Reseller"
RESELLER_CREDIT_DAYS = 30
"""For so long he may give credit."""
RESELLER_COINS = 1_000_000
"""At least so many coins the reseller buys, to sell them on."""


def user_email(number: int) -> str:
    """The log-in of a demo user, 1 to USERS."""
    return f"user{number}@flylive.example"


class Employee(NamedTuple):
    """A member of the staff."""

    email: str
    name: str
    role: Role


STAFF = (
    Employee(ADMIN_EMAIL, "Ada Admin", Role.ADMIN),
    Employee("moderator@flylive.example", "Mo Moderator", Role.MODERATOR),
    Employee("finance@flylive.example", "Fiona Finance", Role.FINANCE),
    Employee("catalogue@flylive.example", "Cato Catalogue", Role.CATALOGUE),
    Employee("support@flylive.example", "Suri Support", Role.SUPPORT),
    Employee("readonly@flylive.example", "Rea Readonly", Role.READ_ONLY),
)


class RoomPlan(NamedTuple):
    """A room and whose it is; `seats` and the rest as in the request that opens one.

    `logo` is its number in the artwork; `evenings` says on how many of the last days people met
    there, `guests` how many came.
    """

    owner: int
    name: str
    logo: int
    greetings: str
    seats: int = 8
    evenings: int = 1
    guests: int = 6
    can_tourists_speak: bool = True
    can_tourists_send_text: bool = True
    seat_mode: Literal["free", "apply"] = "free"
    is_private: bool = False


ROOMS = (
    RoomPlan(98, "Moonlight Karaoke", 1, "Sing first, be shy later 🎤", 8, 3, 8),
    RoomPlan(99, "Chai & Ghazal", 4, "Old songs, hot tea, slow evenings ☕", 10, 3, 8),
    RoomPlan(100, "Late Night Lounge", 2, "Who cannot sleep is at home here 🌙", 12, 3, 8),
    RoomPlan(1, "Morning Coffee Radio", 12, "Good morning, wherever you are!", 5),
    RoomPlan(2, "Guitar Corner", 3, "Bring your guitar, or your ears 🎸", 6),
    RoomPlan(3, "Language Exchange", 11, "Speak yours, learn ours 🌍", 15),
    RoomPlan(4, "Football Talk", 8, "Every match, every referee ⚽", 8),
    RoomPlan(
        5, "Poetry by Candlelight", 7, "Ask for a seat, then read to us 🕯️", 5, seat_mode="apply"
    ),
    RoomPlan(
        6,
        "Quiet Study Hall",
        5,
        "We work; only friends of the room write 📚",
        4,
        guests=4,
        can_tourists_speak=False,
        can_tourists_send_text=False,
    ),
    RoomPlan(
        7,
        "Family Table",
        6,
        "Private: the password is that of the demo accounts 🏡",
        6,
        guests=4,
        is_private=True,
    ),
    RoomPlan(8, "Desert Stars Majlis", 9, "أهلاً وسهلاً، القهوة جاهزة 🏜️", 10),
    RoomPlan(9, "Samba na Sexta", 10, "Toda sexta é feriado 💃", 8),
)


class AgencyPlan(NamedTuple):
    """An agency, its owner and members; `commission_percent` as text with two decimals."""

    owner: int
    name: str
    description: str
    commission_percent: str
    members: Sequence[int]


AGENCIES = (
    AgencyPlan(
        10, "Silver Voices", "Singers and those who love them", "10.00", (98, *range(14, 22))
    ),
    AgencyPlan(11, "Caravan Hosts", "From Casablanca to Karachi", "15.00", (99, 8, *range(22, 29))),
    AgencyPlan(
        12, "Northern Lights", "Night owls of all countries", "12.50", (100, *range(29, 36))
    ),
    AgencyPlan(
        13, "Carnival Crew", "Where there is music, there we are", "8.00", (9, *range(36, 42))
    ),
)


class Purse(NamedTuple):
    """What somebody buys in a week: the least coins, and how many of a hundred users do so."""

    least_coins: int
    users: int


PURSES = (
    Purse(0, 12),
    Purse(500, 38),
    Purse(3_000, 30),
    Purse(15_000, 14),
    Purse(80_000, 5),
    Purse(1_000_000, 1),
)
