"""The tables that staff look at, and those that they do not, each with the reason."""

from flylive.console.tables import money, people, platform
from flylive.console.tables.table import Table

TABLES: dict[str, Table] = {
    one.name: one for one in (*people.TABLES, *money.TABLES, *platform.TABLES)
}

_ON_JOBS = "the page of jobs shows it, with secrets in arguments masked"
_ENDING = "holds nothing but secrets and when they end; what came of them is in the audit log"
_WORKING = "the machine's working set, gone within seconds; tells nothing about anybody"
_PRIVATE = "private talk: staff see what was reported, in the report's evidence, and no more"
_ON_RINGS = "at /admin/rings, with everybody in it and what it rests on"
_STREAM = "what clients were told of rows that are shown; the screens show those rows"

NOT_SHOWN: dict[str, str] = {
    "jobs": _ON_JOBS,
    "failed_jobs": _ON_JOBS,
    "job_exceptions": _ON_JOBS,
    "procrastinate_jobs": _ON_JOBS,
    "procrastinate_events": _ON_JOBS,
    "procrastinate_workers": _ON_JOBS,
    "procrastinate_periodic_defers": "the library's own; nothing here is periodic in its sense",
    "staff_totp": "secrets, encrypted; who has a phone set up stands in the audit log",
    "staff_recovery_codes": "nothing but secrets, hashed, each good for one sign-in",
    "sessions": "its ids let in; the page of sessions lists and ends them without",
    "contact_changes": _ENDING,
    "email_verification_tokens": _ENDING,
    "password_reset_tokens": _ENDING,
    "phone_reset_tokens": _ENDING,
    "realtime_tickets": _ENDING,
    "game_signatures": "signatures of providers' calls, so that none counts twice; gone in minutes",
    "idempotency_keys": "answers as they were given, balances and all, for whoever asks again",
    "conversations": _PRIVATE,
    "conversation_members": _PRIVATE,
    "streams": _STREAM,
    "stream_events": _STREAM,
    "presence": "who has a socket at this moment; a room's own page shows who is in it",
    "cache": "limits on speed and computed answers, by opaque keys",
    "alembic_version": "one row: `flylive migrate` tells it",
    "badge_checks": _WORKING,
    "gift_groups": _WORKING,
    "gift_notices": _WORKING,
    "order_refunds": "at /admin/refunds, and with their orders",
    "gift_reversal_requests": "at /admin/gift-reversals, with what was taken back",
    "staff_proposals": "at /admin/proposals, with who decided",
    "gift_reversals": "at /admin/gift-reversals, with what waits for a second person",
    "ring_runs": "at /admin/ring-runs, with how far each is",
    "ring_findings": _ON_RINGS,
    "ring_members": _ON_RINGS,
    "ring_evidence": _ON_RINGS,
    "ring_edges": "work rows of a look for rings, gone when it is done",
    "ring_devices": "work rows of a look for rings, gone when it is done",
    "device_owners": "hashes of push tokens; a finding says who shares a device",
    "wallet_holds": "at /admin/wallet-holds, and on the page of a finding",
    "recharge_changes": _WORKING,
    "ranking_inputs": _WORKING,
    "ranking_bands": "counts by band of the scores that are shown; the proof of boards checks them",
    "room_message_counters": "one number for each room, which its last message carries",
    "room_coin_minutes": "an hour's coins by minute, for a room's popularity; gone after it",
    "vip_notices": "whom a notice told that his VIP ends; the notice is in his stream",
}
