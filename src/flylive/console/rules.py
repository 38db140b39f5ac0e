"""Which role may do what. Pure: whatever does not stand here is denied."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

from flylive import money
from flylive.accounts.staff import Role


class Right(StrEnum):
    """Something that only some of the staff may do."""

    VIEW_PEOPLE = "people.view"
    NOTE_PEOPLE = "people.note"
    BLOCK_PEOPLE = "people.block"
    END_SESSIONS = "people.end_sessions"
    GIVE_SIGNATURES = "people.signature"
    GIVE_ROLES = "staff.roles"
    MANAGE_STAFF_SESSIONS = "staff.sessions"
    RESET_TOTP = "staff.totp"
    VIEW_AUDIT = "audit.view"
    VIEW_ROOMS = "rooms.view"
    WATCH_ROOMS = "rooms.watch"
    MANAGE_ROOMS = "rooms.manage"
    MANAGE_MESSAGES = "messages.manage"
    VIEW_AGENCIES = "agencies.view"
    MANAGE_AGENCIES = "agencies.manage"
    MANAGE_CATALOGUES = "catalogues.manage"
    VIEW_LEDGER = "ledger.view"
    ADJUST_BALANCES = "ledger.adjust"
    VIEW_ORDERS = "orders.view"
    MANAGE_ORDERS = "orders.manage"
    VIEW_RESELLERS = "resellers.view"
    MANAGE_RESELLERS = "resellers.manage"
    GIVE_VIP = "people.vip"
    VIEW_ECONOMY = "settings.view"
    CHANGE_ECONOMY = "settings.change"
    VIEW_REPORTS = "reports.view"
    DECIDE_REPORTS = "reports.decide"
    VIEW_ANNOUNCEMENTS = "announcements.view"
    WRITE_ANNOUNCEMENTS = "announcements.write"
    MANAGE_GAMES = "games.manage"
    MANAGE_GAME_PROVIDERS = "games.providers"
    VIEW_PLAY = "games.view"
    VIEW_DASHBOARD = "dashboard.view"
    VIEW_JOBS = "jobs.view"
    MANAGE_JOBS = "jobs.manage"
    VIEW_RANKINGS = "rankings.view"
    MANAGE_RANKINGS = "rankings.manage"
    MANAGE_PRIZES = "rankings.prizes"
    VIEW_PROOF = "proof.view"
    RUN_PROOF = "proof.run"
    MANAGE_PARTITIONS = "partitions.manage"
    VIEW_RINGS = "rings.view"
    DECIDE_RINGS = "rings.decide"
    HOLD_WALLETS = "wallets.hold"
    VIEW_PROPOSALS = "proposals.view"
    DECIDE_PROPOSALS = "proposals.decide"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.MODERATOR: frozenset(
        {
            Right.VIEW_RINGS,
            Right.DECIDE_RINGS,
            Right.HOLD_WALLETS,
            Right.VIEW_PEOPLE,
            Right.NOTE_PEOPLE,
            Right.BLOCK_PEOPLE,
            Right.END_SESSIONS,
            Right.VIEW_ROOMS,
            Right.WATCH_ROOMS,
            Right.MANAGE_ROOMS,
            Right.MANAGE_MESSAGES,
            Right.VIEW_AGENCIES,
            Right.MANAGE_AGENCIES,
            Right.VIEW_ANNOUNCEMENTS,
            Right.WRITE_ANNOUNCEMENTS,
            Right.VIEW_REPORTS,
            Right.DECIDE_REPORTS,
            Right.VIEW_RANKINGS,
        }
    ),
    Role.FINANCE: frozenset(
        {
            Right.VIEW_RINGS,
            Right.DECIDE_RINGS,
            Right.HOLD_WALLETS,
            Right.VIEW_DASHBOARD,
            Right.VIEW_PEOPLE,
            Right.NOTE_PEOPLE,
            Right.VIEW_AGENCIES,
            Right.VIEW_PLAY,
            Right.VIEW_LEDGER,
            Right.ADJUST_BALANCES,
            Right.VIEW_ORDERS,
            Right.MANAGE_ORDERS,
            Right.VIEW_RESELLERS,
            Right.MANAGE_RESELLERS,
            Right.GIVE_VIP,
            Right.VIEW_ECONOMY,
            Right.CHANGE_ECONOMY,
            Right.VIEW_PROPOSALS,
            Right.DECIDE_PROPOSALS,
            Right.VIEW_RANKINGS,
            Right.VIEW_PROOF,
            Right.RUN_PROOF,
        }
    ),
    Role.CATALOGUE: frozenset(
        {
            Right.MANAGE_CATALOGUES,
            Right.MANAGE_GAMES,
            Right.VIEW_RANKINGS,
            Right.MANAGE_PRIZES,
            Right.VIEW_PROPOSALS,
            Right.DECIDE_PROPOSALS,
        }
    ),
    Role.SUPPORT: frozenset(
        {
            Right.VIEW_DASHBOARD,
            Right.VIEW_RINGS,
            Right.VIEW_PEOPLE,
            Right.NOTE_PEOPLE,
            Right.END_SESSIONS,
            Right.VIEW_ROOMS,
            Right.VIEW_AGENCIES,
            Right.VIEW_ANNOUNCEMENTS,
            Right.VIEW_REPORTS,
            Right.VIEW_PLAY,
            Right.VIEW_LEDGER,
            Right.VIEW_ORDERS,
            Right.VIEW_RESELLERS,
            Right.VIEW_JOBS,
            Right.MANAGE_JOBS,
            Right.VIEW_RANKINGS,
        }
    ),
    Role.READ_ONLY: frozenset(
        {
            Right.VIEW_DASHBOARD,
            Right.VIEW_RINGS,
            Right.VIEW_PEOPLE,
            Right.VIEW_AUDIT,
            Right.VIEW_ROOMS,
            Right.VIEW_AGENCIES,
            Right.VIEW_ANNOUNCEMENTS,
            Right.VIEW_REPORTS,
            Right.VIEW_PLAY,
            Right.VIEW_LEDGER,
            Right.VIEW_ORDERS,
            Right.VIEW_RESELLERS,
            Right.VIEW_PROPOSALS,
            Right.VIEW_ECONOMY,
            Right.VIEW_JOBS,
            Right.VIEW_RANKINGS,
            Right.VIEW_PROOF,
        }
    ),
}


def rights(role: Role) -> list[str]:
    """The names of the rights of this role, in order."""
    return sorted(right.value for right in RIGHTS.get(role, frozenset()))


def may(role: Role, right: Right) -> bool:
    """Whether somebody in this role has the right."""
    return right in RIGHTS.get(role, frozenset())


def may_act_on(actor: Role, subject: Role | None) -> bool:
    """Whether the actor stands above the subject: of the staff, only an admin acts on staff."""
    return subject is None or actor is Role.ADMIN


def level_takes_two(before: Any | None, after: Any, limit: int) -> bool:
    """Whether a level gives more than one person may, and by this change more of it or to more.

    `before` and `after` are rows of levels, `limit` is in whole coins and diamonds.
    """
    if not after.is_active or max(after.coin_reward, after.diamond_reward) <= limit:
        return False
    return (
        before is None
        or not before.is_active
        or after.required_xp < before.required_xp
        or after.coin_reward > before.coin_reward
        or after.diamond_reward > before.diamond_reward
    )


def prize_takes_two(before: Any | None, after: Any, pays: Decimal, limit: int) -> bool:
    """Whether a board pays more in a period than one person may, `pays`, and this prize adds to
    it: more of it, or for another board or place.
    """
    if pays <= limit or not (after.coins or after.diamonds):
        return False
    board = ("category", "subcategory", "period")
    return (
        before is None
        or any(getattr(before, name) != getattr(after, name) for name in board)
        or after.rank_from < before.rank_from
        or after.rank_to > before.rank_to
        or after.coins > before.coins
        or after.diamonds > before.diamonds
    )


ALONE = ("adjustment_limit", "refund_limit")
"""Settings that bind one person of the staff."""


def settings_take_two(holds: Any, then: Any) -> bool:
    """Whether these settings raise what one person may do alone."""
    return any(getattr(then, name) > getattr(holds, name) for name in ALONE)


MAX_REASON = 500
MAX_PRICE = 1_000_000_000


def reason(text: str) -> str:
    """Trimmed, 1–500 characters."""
    trimmed = text.strip()
    if not 1 <= len(trimmed) <= MAX_REASON:
        raise ValueError(f"must have 1–{MAX_REASON} characters")
    return trimmed


MAX_NOTE = 2000


def note(text: str) -> str:
    """Trimmed, 1–2000 characters without control characters but line feed and tab."""
    trimmed = text.strip()
    if not 1 <= len(trimmed) <= MAX_NOTE:
        raise ValueError(f"must have 1–{MAX_NOTE} characters")
    if any(character < " " and character not in "\t\n" for character in trimmed):
        raise ValueError("must not contain control characters")
    return trimmed


def price(given: str | int) -> Decimal:
    """A price in coins, exact to 0.01, zero or above."""
    hundredths = money.parse(str(given))
    if hundredths > MAX_PRICE * 100:
        raise ValueError(f"must be at most {MAX_PRICE}")
    return money.to_decimal(hundredths)
