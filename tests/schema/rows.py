"""A valid row of every table, so that a test need only say what is wrong with its own."""

import hashlib
import itertools
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

Row = dict[str, Any]
HEX = "0123456789abcdef" * 4


class Rows:
    """Adds rows; what a row refers to is added with it."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self.connection = connection
        self._numbers = itertools.count(1)

    def number(self) -> int:
        """A number not given before."""
        return next(self._numbers)

    def add(self, table: str, **values: Any) -> Row:
        """One valid row, some of its columns given; the row as it is stored."""
        row = DEFAULTS[table](self) | values
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING *").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join([sql.Placeholder()] * len(row)),
        )
        stored = self.connection.execute(statement, list(row.values())).fetchone()
        assert stored is not None
        return stored

    def id(self, table: str, **values: Any) -> int:
        """The id of a new row."""
        return int(self.add(table, **values)["id"])


def _user(rows: Rows) -> Row:
    n = rows.number()
    return {
        "name": f"Person {n}",
        "email": f"person{n}@flylive.example",
        "phone": f"+4915{n:08d}",
        "signature": f"9{n:08d}",
        "password": "!",
        "dob": "1990-01-01",
        "gender": 1,
        "country": "AE",
    }


def _transaction(rows: Rows) -> Row:
    return {
        "user_id": rows.id("users"),
        "type": "gift",
        "direction": 1,
        "currency_type": 1,
        "amount": "10.00",
        "user_balance_before": "30.00",
        "user_balance_after": "20.00",
        "beneficiary_id": rows.id("users"),
        "beneficiary_currency_type": 2,
        "beneficiary_amount": "5.00",
        "beneficiary_balance_before": "1.00",
        "beneficiary_balance_after": "6.00",
    }


def _seal(rows: Rows) -> Row:
    n = rows.number()
    return {
        "number": n,
        "from_id": n,
        "to_id": n,
        "row_count": 1,
        "content_sha256": HEX,
        "previous_seal": hashlib.sha256(str(n).encode()).hexdigest(),
        "seal": HEX,
        "row_ids": [n],
        "row_marks": [0],
    }


def _gift_transaction(rows: Rows) -> Row:
    return {
        "batch_id": rows.number(),
        "sender_id": rows.id("users"),
        "recipient_id": rows.id("users"),
        "gift_id": rows.id("gifts"),
        "room_id": rows.id("rooms"),
        "agency_id": rows.id("agencies"),
        "quantity": 2,
        "price": "5.00",
        "total_cost": "10.00",
        "recipient_earnings": "4.50",
        "agency_commission": "0.50",
        "platform_fee": "5.00",
        "commission_rate": "10.00",
    }


def _earning(rows: Rows) -> Row:
    gift = rows.add("gift_transactions")
    return {
        "agency_id": gift["agency_id"],
        "user_id": gift["recipient_id"],
        "amount": "5.00",
        "commission_amount": "0.50",
        "commission_rate": "10.00",
        "source_type": "gift",
        "source_id": gift["id"],
        "source_date": gift["sent_at"],
    }


def _reversal(rows: Rows) -> Row:
    gift = rows.add("gift_transactions")
    return {
        "gift_transaction_id": gift["id"],
        "sent_at": gift["sent_at"],
        "recipient_id": gift["recipient_id"],
        "owner_id": rows.id("users"),
        "total_cost": "10.00",
        "reason": "sent by a thief",
        "requested_by": rows.id("users"),
        "requested_at": "2026-01-01",
        "reversed_by": rows.id("users"),
        "reversed_at": "2026-01-01",
    }


def _reversal_request(rows: Rows) -> Row:
    gift = rows.add("gift_transactions")
    return {
        "gift_transaction_id": gift["id"],
        "sent_at": gift["sent_at"],
        "reason": "sent by a thief",
        "requested_by": rows.id("users"),
        "requested_at": "2026-01-01",
    }


def _draw(rows: Rows) -> Row:
    gift = rows.add("gift_transactions")
    return {
        "gift_transaction_id": gift["id"],
        "sent_at": gift["sent_at"],
        "seed_id": rows.id("fairness_seeds"),
        "odds_id": rows.id("gift_odds"),
        "nonce": 0,
        "outcome": HEX,
        "multiplier": "2",
        "payout": "20.00",
    }


def _odds(rows: Rows) -> Row:
    # As PostgreSQL spells jsonb.
    odds = f'{{"total": {rows.number()}, "entries": []}}'
    return {"odds": odds, "sha256": hashlib.sha256(odds.encode()).hexdigest()}


def _couple_request(rows: Rows) -> Row:
    gift = rows.add("gift_transactions")
    return {
        "sender_id": gift["sender_id"],
        "recipient_id": gift["recipient_id"],
        "gift_transaction_id": gift["id"],
        "sent_at": gift["sent_at"],
        "expires_at": "2100-01-01",
        "status": "accepted",
        "decided_at": "2026-01-02",
        "couple_id": rows.id("couples"),
    }


def _seed(rows: Rows) -> Row:
    seed = rows.number().to_bytes(32, "big")
    return {
        "user_id": rows.id("users"),
        "server_seed": seed,
        "server_seed_hash": hashlib.sha256(seed).hexdigest(),
        "client_seed": "",
    }


def _order(rows: Rows) -> Row:
    return {
        "user_id": rows.id("users"),
        "package_id": rows.id("recharge_packages"),
        "provider": "sandbox",
        "provider_reference": f"order-{rows.number()}",
        "coin_amount": 100,
        "price": "0.99",
        "currency": "USD",
    }


def _message(rows: Rows) -> Row:
    return {
        "sender_id": rows.id("users"),
        "room_id": rows.id("rooms"),
        "client_id": f"client-{rows.number()}",
        "seq": 1,
        "content": "Good evening",
    }


def _token(rows: Rows) -> Row:
    return {
        "tokenable_type": "App\\Models\\User",
        "tokenable_id": rows.id("users"),
        "name": "phone",
        "token": hashlib.sha256(str(rows.number()).encode()).hexdigest(),
    }


DEFAULTS: dict[str, Callable[[Rows], Row]] = {
    "users": _user,
    "levels": lambda r: {
        "name": "Bronze",
        "type": "wealth",
        "level_number": r.number() + 1,
        "required_xp": 100,
    },
    "agencies": lambda r: {"name": f"Agency {r.number()}", "owner_id": r.id("users")},
    "personal_access_tokens": _token,
    "password_reset_tokens": lambda r: {
        "email": f"reset{r.number()}@flylive.example",
        "token": HEX,
        "expires_at": "2100-01-01",
    },
    "phone_reset_tokens": lambda r: {
        "user_id": r.id("users"),
        "token": HEX,
        "expires_at": "2100-01-01",
    },
    "email_verification_tokens": lambda r: {
        "user_id": r.id("users"),
        "email": f"verify{r.number()}@flylive.example",
        "token": hashlib.sha256(str(r.number()).encode()).hexdigest(),
        "expires_at": "2100-01-01",
    },
    "contact_changes": lambda r: {
        "user_id": r.id("users"),
        "kind": "email",
        "contact": f"change{r.number()}@flylive.example",
        "expires_at": "2100-01-01",
    },
    "user_identities": lambda r: {
        "user_id": r.id("users"),
        "provider": "google",
        "provider_id": str(r.number()),
    },
    "staff_members": lambda r: {
        "user_id": r.id("users"),
        "role": "admin",
        "granted_by": r.id("users"),
    },
    "staff_totp": lambda r: {"user_id": r.id("users"), "secret": "sealed"},
    "staff_recovery_codes": lambda r: {"user_id": r.id("users"), "code": HEX},
    "audit_log": lambda r: {
        "actor_id": r.id("users"),
        "actor_role": "admin",
        "action": "user.block",
        "subject_type": "user",
        "subject_id": r.id("users"),
        "reason": "spam",
    },
    "staff_proposals": lambda r: {
        "verb": "level.edit",
        "subject_type": "level",
        "subject_id": 1,
        "body": "{}",
        "fingerprint": HEX,
        "reason": "for the feast",
        "proposed_by": r.id("users"),
    },
    "staff_notes": lambda r: {
        "user_id": r.id("users"),
        "author_id": r.id("users"),
        "author_role": "support",
        "content": "called him back",
    },
    "announcements": lambda r: {
        "title": "New gifts",
        "content": "They are here",
        "audience": "everybody",
        "starts_at": "2026-01-01",
        "created_by": r.id("users"),
    },
    "uploads": lambda r: {
        "user_id": r.id("users"),
        "purpose": "avatar",
        "url": f"/uploads/{r.number():032x}.webp",
        "content_type": "image/webp",
        "bytes": 1000,
        "width": 512,
        "height": 512,
        "sha256": HEX,
    },
    "push_tokens": lambda r: {
        "user_id": r.id("users"),
        "token_id": r.id("personal_access_tokens"),
        "token": f"device-{r.number()}",
        "platform": "ios",
    },
    "user_preferences": lambda r: {
        "user_id": r.id("users"),
        "language": "ar",
        "quiet_from": "22:00",
        "quiet_to": "07:00",
        "quiet_timezone": "Asia/Dubai",
    },
    "sessions": lambda r: {
        "id": f"session-{r.number()}",
        "user_id": r.id("users"),
        "payload": "{}",
        "last_activity": 1,
    },
    "user_followers": lambda r: {"follower_id": r.id("users"), "following_id": r.id("users")},
    "user_blocks": lambda r: {"blocker_id": r.id("users"), "blocked_id": r.id("users")},
    "themes": lambda r: {"name": "Night"},
    "rooms": lambda r: {
        "user_id": r.id("users"),
        "name": f"Room {r.number()}",
        "logo": "/assets/room.svg",
        "country": "AE",
        "theme_id": r.id("themes"),
    },
    "room_participants": lambda r: {
        "room_id": r.id("rooms"),
        "user_id": r.id("users"),
        "role": "speaker",
        "seat_number": 1,
        "seat_taken_at": "2026-01-01",
    },
    "room_seats": lambda r: {"room_id": r.id("rooms"), "seat_number": 1, "is_locked": True},
    "room_coin_minutes": lambda r: {
        "room_id": r.id("rooms"),
        "minute": "2026-01-01 10:30+00",
        "coins": 5,
    },
    "room_followers": lambda r: {"user_id": r.id("users"), "room_id": r.id("rooms")},
    "room_moderators": lambda r: {"user_id": r.id("users"), "room_id": r.id("rooms")},
    "room_mutes": lambda r: {
        "user_id": r.id("users"),
        "room_id": r.id("rooms"),
        "muted_by": r.id("users"),
    },
    "room_bans": lambda r: {
        "user_id": r.id("users"),
        "room_id": r.id("rooms"),
        "banned_by": r.id("users"),
        "until": "2100-01-01",
    },
    "seat_requests": lambda r: {
        "room_id": r.id("rooms"),
        "user_id": r.id("users"),
        "requested_by": r.id("users"),
        "kind": "invitation",
        "expires_at": "2100-01-01",
    },
    "messages": _message,
    "room_message_counters": lambda r: {"room_id": r.id("rooms")},
    "message_filters": lambda r: {
        "room_id": r.id("rooms"),
        "words": ["bad"],
        "updated_by": r.id("users"),
        "updated_at": "2026-01-01",
    },
    "gift_notices": lambda r: {
        "sender_id": r.id("users"),
        "recipient_id": r.id("users"),
        "gift_id": r.id("gifts"),
        "quantity": 1,
    },
    "adjustments": lambda r: {
        "user_id": r.id("users"),
        "currency_type": 1,
        "amount": 5,
        "reason": "lost in the move",
        "status": "pending",
        "needs_second": True,
        "requested_by": r.id("users"),
        "requested_at": "2026-01-01",
    },
    "order_refunds": lambda r: {
        "order_id": r.id("recharge_orders"),
        "coins": 5,
        "reason": "bought twice",
        "status": "pending",
        "needs_second": True,
        "requested_by": r.id("users"),
        "requested_at": "2026-01-01",
    },
    "platform_settings": lambda r: {
        "overrides": "{}",
        "before": "{}",
        "after": "{}",
        "reason": "summer",
        "changed_by": r.id("users"),
    },
    "game_providers": lambda r: {"name": f"house{r.number()}"},
    "games": lambda r: {
        "provider_id": r.id("game_providers"),
        "code": f"game{r.number()}",
        "name": "Dice",
        "launch_url": "https://games.example/dice",
        "min_bet": "1.00",
        "max_bet": "10.00",
        "max_win": "100.00",
    },
    "game_sessions": lambda r: {
        "game_id": r.id("games"),
        "user_id": r.id("users"),
        "token_hash": f"{r.number():064x}",
        "access_token_id": 1,
        "created_at": "2026-01-01",
        "expires_at": "2026-01-02",
    },
    "game_transactions": lambda r: {
        "provider_id": r.id("game_providers"),
        "game_id": r.id("games"),
        "session_id": r.id("game_sessions"),
        "user_id": r.id("users"),
        "type": "bet",
        "provider_transaction_id": f"bet-{r.number()}",
        "round_id": "round-1",
        "requested": "5.00",
        "amount": "5.00",
        "fingerprint": bytes(32),
        "status": 200,
        "answer": "{}",
        "created_at": "2026-01-01",
    },
    "game_signatures": lambda r: {
        "signature": r.number().to_bytes(32, "big"),
        "expires_at": "2026-01-01",
    },
    "ranking_scores": lambda r: {
        "category": "wealth",
        "period": "daily",
        "period_start": "2026-01-01",
        "subject_id": r.id("users"),
        "score": 5,
        "band": 5,
    },
    "ranking_bands": lambda r: {
        "category": "wealth",
        "period": "daily",
        "period_start": "2026-01-01",
        "country": "",
        "band": r.number(),
        "subjects": 1,
    },
    "device_owners": lambda r: {
        "device": HEX,
        "user_id": r.id("users"),
        "seen_at": "2026-01-01",
    },
    "ring_runs": lambda r: {
        "asked_by": r.id("users"),
        "since": "2026-01-01",
        "until": "2026-01-02",
        "end_id": 1,
        "starts_at": "2026-01-02",
    },
    "ring_edges": lambda r: {
        "run_id": r.id("ring_runs"),
        "sender_id": 1,
        "recipient_id": 2,
        "gifts": 1,
        "coins": 1,
        "given": 1,
        "first_at": "2026-01-01",
        "last_at": "2026-01-01",
        "is_new": False,
    },
    "ring_devices": lambda r: {
        "run_id": r.id("ring_runs"),
        "user_id": 1,
        "device": "d:1",
        "accounts": 2,
    },
    "ring_findings": lambda r: {
        "kind": "circle",
        "about": f"{r.number()},{r.number()}",
        "run_id": r.id("ring_runs"),
        "strength": 50,
        "coins": "1.00",
        "facts": "{}",
        "first_at": "2026-01-01",
        "last_at": "2026-01-01",
    },
    "ring_members": lambda r: {
        "finding_id": r.id("ring_findings"),
        "user_id": r.id("users"),
        "role": "member",
    },
    "ring_evidence": lambda r: {
        "finding_id": r.id("ring_findings"),
        "kind": "gifts",
        "user_id": 1,
    },
    "wallet_holds": lambda r: {
        "user_id": r.id("users"),
        "reason": "a ring",
        "placed_by": r.id("users"),
        "placed_at": "2026-01-01",
    },
    "statistics_marks": lambda r: {
        "generation": r.number(),
        "timezone": "UTC",
        "is_current": False,
    },
    "ledger_statistics": lambda r: {
        "generation": r.number(),
        "period": "day",
        "country": "",
        "starts_at": "2026-01-01",
        "type": "gift",
        "direction": 1,
        "currency_type": 1,
        "movements": 1,
        "quantity": 1,
        "amount": 1,
    },
    "statistics_gauges": lambda r: {
        "name": "new",
        "period": "day",
        "country": f"{r.number() % 1000}",
        "starts_at": "2026-01-01",
        "value": 1,
    },
    "ranking_inputs": lambda r: {
        "category": "game",
        "subject_id": 1,
        "amount": 5,
        "at": "2026-01-01",
    },
    "ranking_periods": lambda r: {
        "category": "wealth",
        "subcategory": str(r.number()),
        "period": "daily",
        "period_start": "2026-01-01",
        "closed_at": "2026-01-02",
    },
    "ranking_rebuilds": lambda r: {
        "started_by": "staff",
        "asked_by": r.id("users"),
        "asked_at": "2026-01-01",
    },
    "ranking_prizes": lambda r: {
        "category": "wealth",
        "period": "daily",
        "rank_from": 1,
        "rank_to": 3,
        "coins": 5,
    },
    "reports": lambda r: {
        "reporter_id": r.id("users"),
        "subject_type": "user",
        "subject_id": 1,
        "reason": "spam",
        "evidence": "{}",
    },
    "conversations": lambda r: {
        "low_user_id": r.id("users"),
        "high_user_id": r.id("users"),
        "seq": 1,
    },
    "conversation_members": lambda r: {
        "user_id": r.id("users"),
        "other_id": r.id("users"),
        "last_message_id": r.id("messages"),
    },
    "transactions": _transaction,
    "resellers": lambda r: {"user_id": r.id("users")},
    "coin_requests": lambda r: {
        "user_id": r.id("users"),
        "requested_from": r.id("users"),
        "amount": "100.00",
        "type": "purchase",
        "updated_by": r.id("users"),
    },
    "recharge_packages": lambda r: {"name": "Small", "coin_amount": 100, "price": "0.99"},
    "recharge_orders": _order,
    "provider_events": lambda r: {
        "provider": "stripe",
        "event_id": f"evt_{r.number()}",
        "kind": "charge.refunded",
        "order_id": r.id("recharge_orders"),
        "payload": "{}",
    },
    "recharge_changes": lambda r: {"user_id": r.id("users")},
    "vip_standings": lambda r: {
        "user_id": r.id("users"),
        "vip_level": 1,
        "vip_expires_at": "2026-01-01",
        "vip_xp": 1,
        "updated_at": "2026-01-01",
    },
    "ledger_seals": _seal,
    "proof_runs": lambda r: {"kind": "full", "started_by": "a test", "started_at": "2026-01-01"},
    "detached_partitions": lambda r: {
        "name": f"transactions_y{1000 + r.number()}m01",
        "table_name": "transactions",
        "month": f"{1000 + r.number()}-01-01",
    },
    "gifts": lambda r: {
        "name": "Rose",
        "price": "5.00",
        "thumbnail_url": "/assets/rose.svg",
        "category": "normal",
    },
    "gift_transactions": _gift_transaction,
    "gift_groups": lambda r: {"folds": "{}"},
    "agency_earnings": _earning,
    "gift_reversals": _reversal,
    "gift_reversal_requests": _reversal_request,
    "agency_member_requests": lambda r: {
        "agency_id": r.id("agencies"),
        "user_id": r.id("users"),
        "type": "application",
    },
    "gift_odds": _odds,
    "gift_walls": lambda r: {
        "user_id": r.id("users"),
        "gift_id": r.id("gifts"),
        "quantity": 1,
        "last_received_at": "2026-01-01",
    },
    "couples": lambda r: {
        "proposed_by": r.id("users"),
        "accepted_by": r.id("users"),
        "formed_at": "2026-01-01",
        "ended_at": "2026-01-02",
        "ended_by": r.id("users"),
        "end_reason": "parted",
    },
    "couple_members": lambda r: {
        "couple_id": r.id("couples"),
        "user_id": r.id("users"),
        "partner_id": r.id("users"),
    },
    "couple_requests": _couple_request,
    "fairness_seeds": _seed,
    "lucky_draws": _draw,
    "frames": lambda r: {"name": "Gold", "price": "50.00", "static_src": "/assets/gold.svg"},
    "frame_user": lambda r: {
        "user_id": r.id("users"),
        "frame_id": r.id("frames"),
        "is_active": True,
    },
    "theme_user": lambda r: {
        "user_id": r.id("users"),
        "theme_id": r.id("themes"),
        "price": "10.00",
    },
    "user_counters": lambda r: {"user_id": r.id("users")},
    "badge_checks": lambda r: {"kind": "user", "subject_id": r.number()},
    "catalogue_runs": lambda r: {
        "kind": "levels",
        "subject": "wealth",
        "end_id": 1,
        "starts_at": "2026-01-01",
    },
    "vip_notices": lambda r: {"user_id": r.id("users"), "vip_expires_at": "2026-01-01"},
    "user_levels": lambda r: {
        "user_id": r.id("users"),
        "level_id": r.id("levels"),
        "type": "wealth",
    },
    "room_levels": lambda r: {"room_id": r.id("rooms"), "level_id": r.id("levels")},
    "badges": lambda r: {
        "name": "First gift",
        "category": "achievement",
        "requirements": "{}",
        "icon_url": "/assets/badge.svg",
    },
    "user_badges": lambda r: {"user_id": r.id("users"), "badge_id": r.id("badges")},
    "room_badges": lambda r: {"room_id": r.id("rooms"), "badge_id": r.id("badges")},
    "rankings": lambda r: {
        "category": "wealth",
        "period": "daily",
        "period_start": "2026-11-01",
        "period_end": "2026-11-01",
        "user_id": r.id("users"),
        "rank_position": 1,
        "score": "100.00",
    },
    "idempotency_keys": lambda r: {
        "user_id": r.id("users"),
        "key": f"key-{r.number()}",
        "fingerprint": bytes(32),
        "status": 201,
        "answer": "{}",
    },
    "adopted_tables": lambda r: {
        "table_name": f"table{r.number()}",
        "rows": 1,
        "adopted_at": "2026-01-01",
    },
    "adopted_accounts": lambda r: {
        "user_id": r.id("users"),
        "coin_balance": "10.00",
        "diamond_balance": "0",
        "total_spent": "0",
        "total_received": "0",
        "ledger_coins": "0",
        "ledger_diamonds": "0",
        "adopted_at": "2026-01-01",
    },
    "cache": lambda r: {"key": f"limit:{r.number()}", "value": "1", "expiration": 1},
    "streams": lambda r: {"name": f"room:{r.number()}", "epoch": 1, "seq": 1},
    "stream_events": lambda r: {
        "stream_id": r.id("streams"),
        "seq": 1,
        "type": "room.updated",
        "data": "{}",
    },
    "realtime_tickets": lambda r: {
        "token_hash": r.number().to_bytes(32, "big"),
        "user_id": r.id("users"),
        "token_id": r.id("personal_access_tokens"),
        "expires_at": "2100-01-01",
    },
    "presence": lambda r: {"user_id": r.id("users")},
    "procrastinate_jobs": lambda r: {"queue_name": "default", "task_name": "test"},
    "job_exceptions": lambda r: {
        "job_id": r.id("procrastinate_jobs"),
        "exception": "ValueError: no",
    },
}
"""Every default names what the table refers to, so that each foreign key can be broken."""
