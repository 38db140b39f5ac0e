"""The console's pages: what each asks of ``/v1/admin``, and which right that takes.

Page × action, in one place against which both sides are held: a module of ``web/console/pages``
by this name declares the same `right`, each address's own guard asks for the right that stands
here, and tests/console/test_rights.py walks every role through every line. An address that stands
on no page fails there; so does one without a guard. Whoever adds an address or a page adds its
line: one Page for each module (the name is that in pages/index.js), in the menu's order.
"""

from collections.abc import Mapping
from typing import NamedTuple

from flylive.console.rules import Right


class Page(NamedTuple):
    """A page by its module's name. `right` shows it; None: everybody of the staff has it.

    `actions` are the addresses that it uses, without ``/v1/admin``, each with its right; None
    likewise.
    """

    name: str
    right: Right | None
    actions: Mapping[str, Right | None]


OPEN = "POST /session"
"""The one address that asks for no right, since it is how one comes in."""

PAGES = (
    Page("sign_in", None, {"GET /session": None, "DELETE /session": None}),
    Page(
        "dashboard",
        Right.VIEW_DASHBOARD,
        {
            "GET /dashboard": Right.VIEW_DASHBOARD,
            "GET /dashboard/series": Right.VIEW_DASHBOARD,
            "GET /dashboard/countries": Right.VIEW_DASHBOARD,
        },
    ),
    # --- people
    Page("people", Right.VIEW_PEOPLE, {"GET /users": Right.VIEW_PEOPLE}),
    Page(
        "person",
        Right.VIEW_PEOPLE,
        {
            "GET /users/{user_id}": Right.VIEW_PEOPLE,
            "GET /users/{user_id}/timeline": Right.VIEW_PEOPLE,
            "GET /game-transactions": Right.VIEW_PLAY,
            "GET /users/{user_id}/notes": Right.VIEW_PEOPLE,
            "POST /users/{user_id}/notes": Right.NOTE_PEOPLE,
            "GET /users/{user_id}/gifts": Right.VIEW_PEOPLE,
            "GET /users/{user_id}/rooms": Right.VIEW_PEOPLE,
            "GET /users/{user_id}/stays": Right.VIEW_PEOPLE,
            "GET /users/{user_id}/devices": Right.VIEW_PEOPLE,
            "GET /users/{user_id}/couples": Right.VIEW_PEOPLE,
            "GET /users/{user_id}/levels": Right.VIEW_PEOPLE,
            "GET /users/{user_id}/wardrobe": Right.VIEW_PEOPLE,
            "GET /users/{user_id}/agency": Right.VIEW_PEOPLE,
            "GET /users/{user_id}/tokens": Right.VIEW_PEOPLE,
            "DELETE /users/{user_id}/tokens": Right.END_SESSIONS,
            "POST /users/{user_id}/block": Right.BLOCK_PEOPLE,
            "POST /users/{user_id}/unblock": Right.BLOCK_PEOPLE,
            "PUT /users/{user_id}/signature": Right.GIVE_SIGNATURES,
            "PUT /users/{user_id}/role": Right.GIVE_ROLES,
            "DELETE /users/{user_id}/role": Right.GIVE_ROLES,
            "DELETE /users/{user_id}/totp": Right.RESET_TOTP,
            "PUT /users/{user_id}/vip": Right.GIVE_VIP,
            "DELETE /users/{user_id}/vip": Right.GIVE_VIP,
        },
    ),
    Page("reports", Right.VIEW_REPORTS, {"GET /reports": Right.VIEW_REPORTS}),
    Page(
        "report",
        Right.VIEW_REPORTS,
        {
            "GET /reports/{report_id}": Right.VIEW_REPORTS,
            "GET /reports/{report_id}/messages": Right.DECIDE_REPORTS,
            "POST /reports/{report_id}/decide": Right.DECIDE_REPORTS,
        },
    ),
    Page("agencies", Right.VIEW_AGENCIES, {"GET /agencies": Right.VIEW_AGENCIES}),
    Page(
        "rings",
        Right.VIEW_RINGS,
        {
            "GET /rings": Right.VIEW_RINGS,
            "GET /ring-runs": Right.VIEW_RINGS,
            "GET /ring-runs/{run_id}": Right.VIEW_RINGS,
            "POST /ring-runs": Right.DECIDE_RINGS,
            "GET /wallet-holds": Right.VIEW_RINGS,
            "POST /users/{user_id}/wallet-hold": Right.HOLD_WALLETS,
            "POST /users/{user_id}/wallet-lift": Right.HOLD_WALLETS,
        },
    ),
    Page(
        "ring",
        Right.VIEW_RINGS,
        {
            "GET /rings/{finding_id}": Right.VIEW_RINGS,
            "POST /rings/{finding_id}/dismiss": Right.DECIDE_RINGS,
            "POST /rings/{finding_id}/reopen": Right.DECIDE_RINGS,
            "POST /rings/{finding_id}/hold": Right.HOLD_WALLETS,
            "POST /rings/{finding_id}/lift": Right.HOLD_WALLETS,
        },
    ),
    Page(
        "agency",
        Right.VIEW_AGENCIES,
        {
            "GET /agencies/{agency_id}": Right.VIEW_AGENCIES,
            "GET /agencies/{agency_id}/members": Right.VIEW_AGENCIES,
            "GET /agencies/{agency_id}/requests": Right.VIEW_AGENCIES,
            "GET /agencies/{agency_id}/earnings": Right.VIEW_AGENCIES,
            "PATCH /agencies/{agency_id}": Right.MANAGE_AGENCIES,
        },
    ),
    # --- rooms
    Page("rooms", Right.VIEW_ROOMS, {"GET /rooms": Right.VIEW_ROOMS}),
    Page(
        "room",
        Right.VIEW_ROOMS,
        {
            "GET /rooms/{room_id}": Right.VIEW_ROOMS,
            "GET /rooms/{room_id}/bans": Right.VIEW_ROOMS,
            "GET /rooms/{room_id}/live": Right.WATCH_ROOMS,
            "GET /rooms/{room_id}/events": Right.WATCH_ROOMS,
            "GET /rooms/{room_id}/participants": Right.WATCH_ROOMS,
            "GET /rooms/{room_id}/messages": Right.WATCH_ROOMS,
            "GET /rooms/{room_id}/gifts": Right.WATCH_ROOMS,
            "PATCH /rooms/{room_id}": Right.MANAGE_ROOMS,
            "PATCH /rooms/{room_id}/participants/{user_id}": Right.MANAGE_ROOMS,
            "DELETE /rooms/{room_id}/participants/{user_id}": Right.MANAGE_ROOMS,
            "DELETE /rooms/{room_id}/bans/{user_id}": Right.MANAGE_ROOMS,
            "PATCH /rooms/{room_id}/seats/{number}": Right.MANAGE_ROOMS,
            "DELETE /rooms/{room_id}/seats/{number}": Right.MANAGE_ROOMS,
            "POST /rooms/{room_id}/messages": Right.MANAGE_MESSAGES,
            "DELETE /messages/{message_id}": Right.MANAGE_MESSAGES,
        },
    ),
    Page(
        "announcements",
        Right.VIEW_ANNOUNCEMENTS,
        {
            "GET /announcements": Right.VIEW_ANNOUNCEMENTS,
            "GET /announcements/{announcement_id}": Right.VIEW_ANNOUNCEMENTS,
            "POST /announcements": Right.WRITE_ANNOUNCEMENTS,
            "POST /announcements/{announcement_id}/cancel": Right.WRITE_ANNOUNCEMENTS,
        },
    ),
    Page(
        "message_filter",
        Right.MANAGE_MESSAGES,
        {
            "GET /message-filter": Right.MANAGE_MESSAGES,
            "PUT /message-filter": Right.MANAGE_MESSAGES,
        },
    ),
    # --- money
    Page(
        "orders",
        Right.VIEW_ORDERS,
        {"GET /orders": Right.VIEW_ORDERS, "GET /orders.csv": Right.VIEW_ORDERS},
    ),
    Page(
        "order",
        Right.VIEW_ORDERS,
        {
            "GET /orders/{order_id}": Right.VIEW_ORDERS,
            "GET /orders/{order_id}/provider": Right.VIEW_ORDERS,
            "POST /orders/{order_id}/look": Right.MANAGE_ORDERS,
            "POST /orders/{order_id}/refund": Right.MANAGE_ORDERS,
        },
    ),
    Page(
        "refunds",
        Right.VIEW_ORDERS,
        {
            "GET /refunds": Right.VIEW_ORDERS,
            "POST /refunds/{refund_id}/approve": Right.MANAGE_ORDERS,
            "POST /refunds/{refund_id}/reject": Right.MANAGE_ORDERS,
        },
    ),
    Page(
        "ledger",
        Right.VIEW_LEDGER,
        {
            "GET /transactions": Right.VIEW_LEDGER,
            "GET /transactions.csv": Right.VIEW_LEDGER,
        },
    ),
    Page(
        "adjustments",
        Right.VIEW_LEDGER,
        {
            "GET /adjustments": Right.VIEW_LEDGER,
            "POST /adjustments": Right.ADJUST_BALANCES,
            "POST /adjustments/{adjustment_id}/approve": Right.ADJUST_BALANCES,
            "POST /adjustments/{adjustment_id}/reject": Right.ADJUST_BALANCES,
        },
    ),
    Page(
        "gift_reversals",
        Right.VIEW_LEDGER,
        {
            "GET /gift-reversals": Right.VIEW_LEDGER,
            "POST /gift-transactions/{gift_transaction_id}/reverse": Right.ADJUST_BALANCES,
            "POST /gift-transactions/{gift_transaction_id}/keep": Right.ADJUST_BALANCES,
        },
    ),
    Page("resellers", Right.VIEW_RESELLERS, {"GET /resellers": Right.VIEW_RESELLERS}),
    Page(
        "reseller",
        Right.VIEW_RESELLERS,
        {
            "PUT /resellers/{user_id}": Right.MANAGE_RESELLERS,
            "DELETE /resellers/{user_id}": Right.MANAGE_RESELLERS,
            "GET /resellers/{user_id}/statement": Right.VIEW_RESELLERS,
            "GET /resellers/{user_id}/statement.csv": Right.VIEW_RESELLERS,
        },
    ),
    Page("coin_requests", Right.VIEW_RESELLERS, {"GET /coin-requests": Right.VIEW_RESELLERS}),
    Page(
        "coin_request",
        Right.VIEW_RESELLERS,
        {"GET /coin-requests/{request_id}": Right.VIEW_RESELLERS},
    ),
    # --- catalogues
    Page(
        "packages",
        Right.MANAGE_CATALOGUES,
        {
            "GET /packages": Right.MANAGE_CATALOGUES,
            "POST /packages": Right.MANAGE_CATALOGUES,
            "PATCH /packages/{package_id}": Right.MANAGE_CATALOGUES,
        },
    ),
    Page(
        "gifts",
        Right.MANAGE_CATALOGUES,
        {
            "GET /gifts": Right.MANAGE_CATALOGUES,
            "POST /gifts": Right.MANAGE_CATALOGUES,
            "PATCH /gifts/{gift_id}": Right.MANAGE_CATALOGUES,
            "POST /gifts/odds": Right.MANAGE_CATALOGUES,
            "POST /uploads": Right.MANAGE_CATALOGUES,
        },
    ),
    Page(
        "levels",
        Right.MANAGE_CATALOGUES,
        {
            "GET /levels": Right.MANAGE_CATALOGUES,
            "POST /levels": Right.MANAGE_CATALOGUES,
            "PATCH /levels/{level_id}": Right.MANAGE_CATALOGUES,
            "POST /uploads": Right.MANAGE_CATALOGUES,
        },
    ),
    Page(
        "runs",
        Right.MANAGE_CATALOGUES,
        {
            "GET /catalogue-runs": Right.MANAGE_CATALOGUES,
            "GET /catalogue-runs/{run_id}": Right.MANAGE_CATALOGUES,
        },
    ),
    Page(
        "badges",
        Right.MANAGE_CATALOGUES,
        {
            "GET /badges": Right.MANAGE_CATALOGUES,
            "GET /badge-metrics": Right.MANAGE_CATALOGUES,
            "POST /uploads": Right.MANAGE_CATALOGUES,
            "POST /badges": Right.MANAGE_CATALOGUES,
            "PATCH /badges/{badge_id}": Right.MANAGE_CATALOGUES,
            "POST /badges/{badge_id}/grants": Right.MANAGE_CATALOGUES,
        },
    ),
    Page(
        "frames",
        Right.MANAGE_CATALOGUES,
        {
            "GET /frames": Right.MANAGE_CATALOGUES,
            "POST /uploads": Right.MANAGE_CATALOGUES,
            "POST /frames": Right.MANAGE_CATALOGUES,
            "PATCH /frames/{frame_id}": Right.MANAGE_CATALOGUES,
        },
    ),
    Page(
        "themes",
        Right.MANAGE_CATALOGUES,
        {
            "GET /themes": Right.MANAGE_CATALOGUES,
            "POST /uploads": Right.MANAGE_CATALOGUES,
            "POST /themes": Right.MANAGE_CATALOGUES,
            "PATCH /themes/{theme_id}": Right.MANAGE_CATALOGUES,
        },
    ),
    Page(
        "games",
        Right.MANAGE_GAMES,
        {
            "GET /games": Right.MANAGE_GAMES,
            "POST /games": Right.MANAGE_GAMES,
            "PATCH /games/{game_id}": Right.MANAGE_GAMES,
            "GET /game-providers": Right.MANAGE_GAME_PROVIDERS,
            "POST /game-providers": Right.MANAGE_GAME_PROVIDERS,
            "PATCH /game-providers/{provider_id}": Right.MANAGE_GAME_PROVIDERS,
            "POST /game-providers/{provider_id}/secret": Right.MANAGE_GAME_PROVIDERS,
        },
    ),
    # --- platform
    Page(
        "proposals",
        Right.VIEW_PROPOSALS,
        {
            "GET /proposals": Right.VIEW_PROPOSALS,
            "POST /proposals/{proposal_id}/agree": Right.DECIDE_PROPOSALS,
            "POST /proposals/{proposal_id}/decline": Right.DECIDE_PROPOSALS,
        },
    ),
    Page(
        "security",
        None,
        {
            "GET /totp": None,
            "POST /totp": None,
            "POST /totp/confirm": None,
            "POST /totp/recovery-codes": None,
            "DELETE /totp": None,
        },
    ),
    Page(
        "settings",
        Right.VIEW_ECONOMY,
        {
            "GET /settings": Right.VIEW_ECONOMY,
            "GET /settings/history": Right.VIEW_ECONOMY,
            "POST /settings/preview": Right.VIEW_ECONOMY,
            "PATCH /settings": Right.CHANGE_ECONOMY,
        },
    ),
    Page(
        "jobs",
        Right.VIEW_JOBS,
        {
            "GET /jobs": Right.VIEW_JOBS,
            "GET /jobs/summary": Right.VIEW_JOBS,
            "GET /jobs/{job_id}": Right.VIEW_JOBS,
            "POST /jobs/{job_id}/retry": Right.MANAGE_JOBS,
            "POST /jobs/{job_id}/give-up": Right.MANAGE_JOBS,
        },
    ),
    Page(
        "rankings",
        Right.VIEW_RANKINGS,
        {
            "GET /rankings": Right.VIEW_RANKINGS,
            "GET /rankings/boards/{category}": Right.VIEW_RANKINGS,
            "GET /rankings/periods": Right.VIEW_RANKINGS,
            "GET /rankings/places": Right.VIEW_RANKINGS,
            "POST /rankings/close": Right.MANAGE_RANKINGS,
            "GET /rankings/rebuilds": Right.VIEW_RANKINGS,
            "GET /rankings/rebuilds/{rebuild_id}": Right.VIEW_RANKINGS,
            "POST /rankings/rebuilds": Right.MANAGE_RANKINGS,
            "GET /ranking-prizes": Right.VIEW_RANKINGS,
            "POST /ranking-prizes": Right.MANAGE_PRIZES,
            "PATCH /ranking-prizes/{prize_id}": Right.MANAGE_PRIZES,
            "DELETE /ranking-prizes/{prize_id}": Right.MANAGE_PRIZES,
        },
    ),
    Page(
        "proof",
        Right.VIEW_PROOF,
        {
            "GET /proofs": Right.VIEW_PROOF,
            "GET /proofs/{run_id}": Right.VIEW_PROOF,
            "POST /proofs": Right.RUN_PROOF,
            "GET /seals": Right.VIEW_PROOF,
            "GET /partitions": Right.VIEW_PROOF,
            "POST /partitions": Right.MANAGE_PARTITIONS,
        },
    ),
    # Each table asks for its own right besides (console/tables/); tests/console/test_tables.py.
    Page("tables", None, {"GET /tables": None}),
    Page("table", None, {"GET /tables/{name}": None}),
    Page(
        "audit",
        Right.VIEW_AUDIT,
        {"GET /audit": Right.VIEW_AUDIT, "GET /audit.csv": Right.VIEW_AUDIT},
    ),
    Page("sessions", None, {"GET /sessions": None, "DELETE /sessions/{session_id}": None}),
)
