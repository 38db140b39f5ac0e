"""One way at least to break each CHECK and each unique index.

`CHECKS` names a constraint's table and, per case, the columns of a row that breaks that
constraint and no other. `UNIQUES` gives, for two rows, what makes them collide; what both
rows must share is taken from the index's own columns. Keys and NOT NULL need no cases: they
are broken by rule (test_constraints.py).
"""

from typing import Any

Columns = dict[str, Any]

ODDS = '{"entries": [{"weight": 1, "multiplier": "0.50"}], "total": 1}'
_BLANK = [{"name": "  "}]
_MEMBER = {"agency_joined_at": "2026-01-01"}
_HOUSE: Columns = {
    "beneficiary_id": None,
    "beneficiary_currency_type": None,
    "beneficiary_amount": None,
    "beneficiary_balance_before": None,
    "beneficiary_balance_after": None,
}

CHECKS: dict[str, tuple[str, list[Columns]]] = {
    "chk_levels_name": ("levels", _BLANK),
    "chk_levels_type": ("levels", [{"type": "height"}]),
    "chk_levels_level_number": (
        "levels",
        [{"type": "vip", "level_number": 0}, {"type": "vip", "level_number": -1}],
    ),
    "chk_levels_vip_level": ("levels", [{"type": "vip", "level_number": 8}]),
    "chk_levels_required_xp": ("levels", [{"required_xp": -1}]),
    "chk_levels_positive_rewards": ("levels", [{"coin_reward": -1}, {"diamond_reward": -1}]),
    "chk_levels_first_level": (
        "levels",
        [
            {"level_number": 1, "required_xp": 1},
            {"level_number": 1, "required_xp": 0, "coin_reward": 1},
            {"level_number": 1, "required_xp": 0, "diamond_reward": 1},
            {"level_number": 1, "required_xp": 0, "frame_rewards": [1]},
        ],
    ),
    "chk_levels_frame_rewards": ("levels", [{"frame_rewards": [1, None]}]),
    "chk_levels_privileges": ("levels", [{"privileges": "[]"}]),
    "chk_users_name": ("users", _BLANK),
    "chk_users_email": ("users", [{"email": "nobody"}, {"email": "a b@c"}, {"email": "@c"}]),
    "chk_users_phone": (
        "users",
        [
            {"phone": "0301234567"},
            {"phone": "+0301234567"},
            {"phone": "+4930"},
            {"phone": "+49301234567890123"},
            {"phone": "+49 30 123456"},
        ],
    ),
    "chk_users_signature": ("users", [{"signature": "queen"}, {"signature": ""}]),
    "chk_users_dob": ("users", [{"dob": "1899-12-31"}]),
    "chk_users_gender": ("users", [{"gender": 0}, {"gender": 4}]),
    "chk_users_country": ("users", [{"country": "ae"}, {"country": "ARE"}, {"country": "A"}]),
    "chk_users_positive_balances": (
        "users",
        [{"coin_balance": "-0.01"}, {"diamond_balance": "-0.01"}],
    ),
    "chk_users_positive_totals": (
        "users",
        [{"total_spent": "-0.01"}, {"total_received": "-0.01"}, {"coin_debt": "-0.01"}],
    ),
    "chk_users_positive_xp": ("users", [{"wealth_xp": -1}, {"charm_xp": -1}]),
    "chk_users_agency_role": (
        "users",
        [{"agency_id": "agencies", "agency_role": "king"} | _MEMBER],
    ),
    "chk_users_agency_membership": (
        "users",
        [{"agency_id": "agencies"}, _MEMBER, {"agency_role": "admin"}],
    ),
    "chk_users_vip_level": (
        "users",
        [
            {"vip_level": -1, "vip_expires_at": "2100-01-01"},
            {"vip_level": 8, "vip_expires_at": "2100-01-01"},
        ],
    ),
    "chk_users_vip_expires": ("users", [{"vip_level": 1}]),
    "chk_users_social_provider": (
        "users",
        [{"social_provider": "myspace", "social_provider_id": "1"}],
    ),
    "chk_users_social_pair": (
        "users",
        [{"social_provider": "google"}, {"social_provider_id": "1"}],
    ),
    "chk_users_blocked": ("users", [{"is_blocked": True}, {"blocked_at": "2026-01-01"}]),
    "chk_agencies_name": ("agencies", _BLANK),
    "chk_agencies_commission_rate": (
        "agencies",
        [{"commission_rate": "-0.01"}, {"commission_rate": "100.01"}],
    ),
    "chk_agencies_positive_earnings": ("agencies", [{"total_earnings": "-0.01"}]),
    "chk_agencies_members": (
        "agencies",
        [{"member_limit": 0}, {"member_count": -1}, {"member_count": 51}],
    ),
    "chk_agencies_status": ("agencies", [{"status": "gone"}]),
    "chk_personal_access_tokens_user_agent": (
        "personal_access_tokens",
        [{"user_agent": "x" * 513}],
    ),
    "chk_personal_access_tokens_token": ("personal_access_tokens", [{"token": "secret"}]),
    "chk_password_reset_tokens_email": ("password_reset_tokens", [{"email": "A@x.example"}]),
    "chk_password_reset_tokens_token": ("password_reset_tokens", [{"token": "123456"}]),
    "chk_password_reset_tokens_attempts": ("password_reset_tokens", [{"attempts": -1}]),
    "chk_users_recovery_barred": ("users", [{"recovery_barred": "pigeon"}]),
    "chk_email_verification_tokens_token": ("email_verification_tokens", [{"token": "secret"}]),
    "chk_contact_changes_kind": ("contact_changes", [{"kind": "pigeon"}]),
    "chk_contact_changes_code": ("contact_changes", [{"code": "123456"}]),
    "chk_contact_changes_attempts": ("contact_changes", [{"attempts": -1}]),
    "chk_phone_reset_tokens_attempts": ("phone_reset_tokens", [{"attempts": -1}]),
    "chk_user_identities_provider": ("user_identities", [{"provider": "myspace"}]),
    "chk_staff_members_role": ("staff_members", [{"role": "god"}]),
    "chk_uploads_purpose": ("uploads", [{"purpose": "virus"}]),
    "chk_uploads_url": (
        "uploads",
        [
            {"url": "https://tracker.example/a.webp"},
            {"url": "/uploads/../secret_key"},
            {"url": "/uploads/" + "A" * 32 + ".webp"},
            {"url": "/uploads/" + "0" * 32},
        ],
    ),
    "chk_uploads_private": (
        "uploads",
        [{"purpose": "proof"}, {"url": "/uploads/private/" + "0" * 32 + ".webp"}],
    ),
    "chk_uploads_content_type": (
        "uploads",
        [{"content_type": "image", "width": None, "height": None}],
    ),
    "chk_uploads_bytes": ("uploads", [{"bytes": 0}]),
    "chk_uploads_size": (
        "uploads",
        [{"width": None}, {"height": 0}, {"content_type": "audio/mpeg"}],
    ),
    "chk_uploads_sha256": ("uploads", [{"sha256": "0"}]),
    "chk_push_tokens_token": (
        "push_tokens",
        [{"token": ""}, {"token": "a b"}, {"token": "x" * 1025}],
    ),
    "chk_push_tokens_platform": ("push_tokens", [{"platform": "symbian"}]),
    "chk_user_preferences_language": ("user_preferences", [{"language": "x"}]),
    "chk_user_preferences_quiet": (
        "user_preferences",
        [{"quiet_from": None}, {"quiet_to": None}, {"quiet_timezone": None}],
    ),
    "chk_user_preferences_quiet_span": ("user_preferences", [{"quiet_to": "22:00"}]),
    "chk_audit_log_actor": ("audit_log", [{"actor_id": None}, {"actor_role": None}]),
    "chk_audit_log_actor_role": ("audit_log", [{"actor_role": "god"}]),
    "chk_audit_log_action": ("audit_log", [{"action": "block"}, {"action": "User.block"}]),
    "chk_audit_log_subject_type": ("audit_log", [{"subject_type": "a user"}]),
    "chk_audit_log_reason": ("audit_log", [{"reason": None}, {"reason": "  "}]),
    "chk_audit_log_states": ("audit_log", [{"before": "[]"}, {"after": "1"}]),
    "chk_user_followers_two_users": (
        "user_followers",
        [{"follower_id": "users#1", "following_id": "users#1"}],
    ),
    "chk_user_blocks_two_users": (
        "user_blocks",
        [{"blocker_id": "users#1", "blocked_id": "users#1"}],
    ),
    "chk_themes_name": ("themes", _BLANK),
    "chk_themes_positive_price": ("themes", [{"price": "-0.01"}]),
    "chk_themes_css_styles": ("themes", [{"css_styles": "[]"}]),
    "chk_themes_vip_level_required": (
        "themes",
        [{"vip_level_required": -1}, {"vip_level_required": 8}],
    ),
    "chk_themes_default_for_all": (
        "themes",
        [{"is_default": True, "price": "1.00"}, {"is_default": True, "is_active": False}],
    ),
    "chk_rooms_name": ("rooms", _BLANK),
    "chk_rooms_type": ("rooms", [{"type": "secret"}]),
    "chk_rooms_private_password": ("rooms", [{"type": "private"}]),
    "chk_rooms_country": ("rooms", [{"country": "xx"}]),
    "chk_rooms_seats": ("rooms", [{"mic_seat_quantity": 0}, {"mic_seat_quantity": 31}]),
    "chk_rooms_max_participants": (
        "rooms",
        [{"max_participants": 1}, {"max_participants": 10_001}],
    ),
    "chk_rooms_capacity": (
        "rooms",
        [{"participant_count": -1}, {"participant_count": 3, "max_participants": 2}],
    ),
    "chk_rooms_positive_metrics": (
        "rooms",
        [
            {column: "-0.01"}
            for column in (
                "total_coins_spent",
                "daily_coins_spent",
                "weekly_coins_spent",
                "monthly_coins_spent",
                "popularity_index",
            )
        ],
    ),
    "chk_rooms_progression": ("rooms", [{"room_level": 0}, {"room_xp": -1}]),
    "chk_rooms_seat_mode": ("rooms", [{"seat_mode": "auction"}]),
    "chk_rooms_status": ("rooms", [{"status": "gone"}]),
    "chk_room_participants_role": ("room_participants", [{"role": "king"}]),
    "chk_room_participants_seat_number": (
        "room_participants",
        [{"seat_number": 0}, {"seat_number": 31}],
    ),
    "chk_room_participants_seat_taken": (
        "room_participants",
        [{"seat_taken_at": None}, {"seat_number": None}],
    ),
    "chk_room_participants_active": (
        "room_participants",
        [{"is_active": False}, {"left_at": "2026-01-01"}],
    ),
    "chk_room_seats_seat_number": ("room_seats", [{"seat_number": 0}, {"seat_number": 31}]),
    "chk_room_mutes_two_users": ("room_mutes", [{"user_id": "users#1", "muted_by": "users#1"}]),
    "chk_room_bans_two_users": ("room_bans", [{"user_id": "users#1", "banned_by": "users#1"}]),
    "chk_room_bans_until": ("room_bans", [{"until": "2020-01-01"}]),
    "chk_seat_requests_kind": ("seat_requests", [{"kind": "order"}]),
    "chk_seat_requests_requested_by": (
        "seat_requests",
        [
            {"kind": "application"},
            {"kind": "invitation", "user_id": "users#1", "requested_by": "users#1"},
        ],
    ),
    "chk_seat_requests_seat_number": (
        "seat_requests",
        [{"seat_number": 0}, {"seat_number": 31}],
    ),
    "chk_seat_requests_status": (
        "seat_requests",
        [{"status": "lost", "decided_at": "2026-01-01"}],
    ),
    "chk_seat_requests_expires_at": ("seat_requests", [{"expires_at": "2020-01-01"}]),
    "chk_seat_requests_decided": (
        "seat_requests",
        [{"decided_at": "2026-01-01"}, {"status": "accepted"}],
    ),
    "chk_room_coin_minutes_coins": ("room_coin_minutes", [{"coins": -1}]),
    "chk_room_coin_minutes_minute": ("room_coin_minutes", [{"minute": "2026-01-01 10:30:01+00"}]),
    "chk_messages_one_target": (
        "messages",
        [{"recipient_id": "users"}, {"room_id": None}],
    ),
    "chk_messages_two_users": (
        "messages",
        [{"room_id": None, "sender_id": "users#1", "recipient_id": "users#1"}],
    ),
    "chk_messages_content_length": ("messages", [{"content": "ß" * 2001}]),
    "chk_messages_message_type": ("messages", [{"message_type": "smell"}]),
    "chk_messages_attachment_type": (
        "messages",
        [{"attachment_url": "/uploads/1", "attachment_type": "virus"}],
    ),
    "chk_messages_attachment": (
        "messages",
        [{"attachment_url": "/uploads/1"}, {"attachment_type": "image"}],
    ),
    "chk_messages_read": ("messages", [{"is_read": True}, {"read_at": "2026-01-01"}]),
    "chk_messages_seq": ("messages", [{"seq": 0}]),
    "chk_room_message_counters_seq": ("room_message_counters", [{"seq": -1}]),
    "chk_adopted_tables_rows": ("adopted_tables", [{"rows": -1}]),
    "chk_transactions_type": ("transactions", [{"type": "purchase"}]),
    "chk_transactions_currency_type": (
        "transactions",
        [{"currency_type": 0}, {"currency_type": 3}, {"beneficiary_currency_type": 3}],
    ),
    "chk_transactions_direction": (
        "transactions",
        [_HOUSE | {"direction": 0}, _HOUSE | {"direction": 3}],
    ),
    "chk_transactions_positive_amount": (
        "transactions",
        [
            {"amount": "0.00", "user_balance_after": "30.00"},
            {"amount": "-1.00", "user_balance_after": "31.00"},
        ],
    ),
    "chk_transactions_quantity": ("transactions", [{"quantity": 0}]),
    "chk_transactions_positive_balances": (
        "transactions",
        [
            {"user_balance_before": "5.00", "user_balance_after": "-5.00"},
            {"beneficiary_balance_before": "-2.00", "beneficiary_balance_after": "3.00"},
        ],
    ),
    "chk_transactions_user_balance": (
        "transactions",
        [{"user_balance_after": "40.00"}, _HOUSE | {"direction": 2}],
    ),
    "chk_transactions_beneficiary": (
        "transactions",
        [{column: None} for column in _HOUSE],
    ),
    "chk_transactions_beneficiary_balance": (
        "transactions",
        [
            {"beneficiary_balance_after": "7.00"},
            {"beneficiary_amount": "0.00", "beneficiary_balance_after": "1.00"},
        ],
    ),
    "chk_transactions_payer": (
        "transactions",
        [{"direction": 2, "user_balance_after": "40.00"}],
    ),
    "chk_transactions_two_sides": (
        "transactions",
        [{"user_id": "users#1", "beneficiary_id": "users#1"}],
    ),
    "chk_transactions_transactionable": (
        "transactions",
        [{"transactionable_type": "Gift"}, {"transactionable_id": 1}],
    ),
    "chk_transactions_status": ("transactions", [{"status": "pending"}]),
    "chk_transactions_unchanged": (
        "transactions",
        [{"updated_at": "2100-01-01"}, {"deleted_at": "2100-01-01"}],
    ),
    "chk_coin_requests_positive_amount": (
        "coin_requests",
        [{"amount": "0.00"}, {"amount": "-1.00"}],
    ),
    "chk_coin_requests_two_sides": (
        "coin_requests",
        [{"user_id": "users#1", "requested_from": "users#1"}],
    ),
    "chk_coin_requests_type": ("coin_requests", [{"type": "gift"}]),
    "chk_coin_requests_credit_days": (
        "coin_requests",
        [{"credit_days": 3}, {"type": "credit"}, {"type": "credit", "credit_days": 0}],
    ),
    "chk_coin_requests_status": ("coin_requests", [{"status": "maybe"}]),
    "chk_resellers_max_credit_days": (
        "resellers",
        [{"max_credit_days": -1}, {"max_credit_days": 366}],
    ),
    "chk_coin_requests_due": (
        "coin_requests",
        [
            {"status": "approved", "due_at": "2026-01-01"},
            {"type": "credit", "credit_days": 3, "due_at": "2026-01-01"},
        ],
    ),
    "chk_coin_requests_settled": (
        "coin_requests",
        [
            {"status": "approved", "settled_at": "2026-01-01"},
            {"type": "credit", "credit_days": 3, "settled_at": "2026-01-01"},
        ],
    ),
    "chk_recharge_packages_name": ("recharge_packages", _BLANK),
    "chk_recharge_packages_positive_coins": (
        "recharge_packages",
        [{"coin_amount": 0}, {"bonus_coins": -1}],
    ),
    "chk_recharge_packages_positive_price": ("recharge_packages", [{"price": "0.00"}]),
    "chk_recharge_packages_currency": ("recharge_packages", [{"currency": "usd"}]),
    "chk_recharge_packages_countries": (
        "recharge_packages",
        [
            {"country_restrictions": []},
            {"country_restrictions": ["ae"]},
            {"country_restrictions": ["AE", None]},
            {"country_restrictions": ["UAE"]},
        ],
    ),
    "chk_recharge_orders_user_agent": ("recharge_orders", [{"user_agent": "x" * 513}]),
    "chk_recharge_orders_provider": ("recharge_orders", [{"provider": "cash"}]),
    "chk_recharge_orders_status": ("recharge_orders", [{"status": "lost"}]),
    "chk_recharge_orders_paid": (
        "recharge_orders",
        [{"status": "paid"}, {"paid_at": "2026-01-01"}],
    ),
    "chk_recharge_orders_refunded": (
        "recharge_orders",
        [
            {"status": "refunded", "paid_at": "2026-01-01"},
            {"refunded_at": "2026-01-01"},
        ],
    ),
    "chk_recharge_orders_positive_coins": (
        "recharge_orders",
        [{"coin_amount": 0}, {"bonus_coins": -1}],
    ),
    "chk_recharge_orders_positive_price": ("recharge_orders", [{"price": "0.00"}]),
    "chk_recharge_orders_currency": ("recharge_orders", [{"currency": "$$$"}]),
    "chk_recharge_packages_product_ids": (
        "recharge_packages",
        [{"google_product_id": "Coins 1"}, {"apple_product_id": "coins 1"}],
    ),
    "chk_recharge_orders_provider_reference": (
        "recharge_orders",
        [{"provider_reference": ""}, {"provider_reference": "x" * 1025}],
    ),
    "chk_recharge_orders_refunded_coins": (
        "recharge_orders",
        [
            {"refunded_coins": 1},
            {"status": "paid", "paid_at": "2026-01-01", "refunded_coins": 100},
            {"status": "paid", "paid_at": "2026-01-01", "refunded_coins": -1},
            {
                **{"status": "refunded", "paid_at": "2026-01-01", "refunded_at": "2026-01-02"},
                "refunded_coins": 99,
            },
        ],
    ),
    "chk_recharge_orders_consumed": (
        "recharge_orders",
        [{"consumed_at": "2026-01-01"}, {"provider": "google_play", "consumed_at": "2026-01-01"}],
    ),
    "chk_provider_events_provider": ("provider_events", [{"provider": "sandbox"}]),
    "chk_provider_events_outcome": (
        "provider_events",
        [{"outcome": "lost", "handled_at": "2026-01-01"}],
    ),
    "chk_provider_events_handled": (
        "provider_events",
        [{"outcome": "settled"}, {"handled_at": "2026-01-01"}],
    ),
    "chk_provider_events_payload": ("provider_events", [{"payload": "[]"}]),
    "chk_provider_events_deliveries": ("provider_events", [{"deliveries": 0}]),
    "chk_vip_standings_vip_level": ("vip_standings", [{"vip_level": 8}]),
    "chk_vip_standings_vip_expires": (
        "vip_standings",
        [{"vip_level": 0}, {"vip_expires_at": None}],
    ),
    "chk_vip_standings_positive_xp": ("vip_standings", [{"vip_xp": -1}]),
    "chk_gifts_name": ("gifts", _BLANK),
    "chk_gifts_positive_price": ("gifts", [{"price": "0.00"}, {"price": "-1.00"}]),
    "chk_gifts_category": ("gifts", [{"category": "stolen"}]),
    "chk_gifts_rarity": ("gifts", [{"rarity": "mythic"}]),
    "chk_gifts_positive_multipliers": (
        "gifts",
        [{"wealth_xp_multiplier": "-0.01"}, {"charm_xp_multiplier": "-0.01"}],
    ),
    "chk_gifts_vip_level_required": (
        "gifts",
        [{"vip_level_required": -1}, {"vip_level_required": 8}],
    ),
    "chk_gifts_vip_gift": ("gifts", [{"category": "vip"}]),
    "chk_gifts_country_specific": ("gifts", [{"country_specific": "ae"}]),
    "chk_gifts_country_gift": ("gifts", [{"category": "country"}]),
    "chk_gifts_lucky_gift": ("gifts", [{"category": "lucky"}, {"lucky_odds": ODDS}]),
    "chk_gift_transactions_two_sides": (
        "gift_transactions",
        [{"sender_id": "users#1", "recipient_id": "users#1"}],
    ),
    "chk_gift_transactions_quantity": (
        "gift_transactions",
        [
            {
                "quantity": 10_000,
                "total_cost": "50000.00",
                "platform_fee": "49995.00",
            },
            {
                "quantity": -1,
                "total_cost": "-5.00",
                "recipient_earnings": "0.00",
                "agency_commission": "0.00",
                "platform_fee": "0.00",
            },
        ],
    ),
    "chk_gift_transactions_total_cost": (
        "gift_transactions",
        [
            {"price": "4.00"},
            {
                "price": "0.00",
                "total_cost": "0.00",
                "recipient_earnings": "0.00",
                "agency_commission": "0.00",
                "platform_fee": "0.00",
            },
        ],
    ),
    "chk_gift_transactions_split": (
        "gift_transactions",
        [{"platform_fee": "4.99"}, {"recipient_earnings": "5.00"}, {"agency_commission": "0.51"}],
    ),
    "chk_gift_transactions_positive_parts": (
        "gift_transactions",
        [
            {"platform_fee": "-0.50", "recipient_earnings": "10.00"},
            {"agency_commission": "-0.50", "recipient_earnings": "5.50"},
            {"recipient_earnings": "-0.50", "platform_fee": "10.00"},
        ],
    ),
    "chk_gift_transactions_commission_rate": (
        "gift_transactions",
        [{"commission_rate": "-0.01"}, {"commission_rate": "100.01"}],
    ),
    "chk_gift_transactions_commission": ("gift_transactions", [{"agency_id": None}]),
    "chk_gift_transactions_positive_xp": (
        "gift_transactions",
        [{"wealth_xp_awarded": -1}, {"charm_xp_awarded": -1}],
    ),
    "chk_gift_transactions_combo": ("gift_transactions", [{"combo": 0}]),
    "chk_agency_earnings_positive_amounts": (
        "agency_earnings",
        [
            {"amount": "-1.00", "commission_amount": "0.00"},
            {"commission_amount": "-0.01"},
            {"commission_amount": "5.01"},
        ],
    ),
    "chk_agency_earnings_commission_rate": (
        "agency_earnings",
        [{"commission_rate": "-0.01"}, {"commission_rate": "100.01"}],
    ),
    "chk_agency_earnings_source_type": (
        "agency_earnings",
        [{"source_type": "theft", "source_date": None}],
    ),
    "chk_agency_earnings_source": (
        "agency_earnings",
        [{"source_id": None}, {"source_date": None}, {"source_type": "purchase"}],
    ),
    "chk_agency_member_requests_type": ("agency_member_requests", [{"type": "kidnapping"}]),
    "chk_agency_member_requests_status": (
        "agency_member_requests",
        [{"status": "maybe", "processed_at": "2026-01-01"}],
    ),
    "chk_agency_member_requests_processed": (
        "agency_member_requests",
        [{"status": "approved"}, {"processed_at": "2026-01-01"}],
    ),
    "chk_fairness_seeds_server_seed": (
        "fairness_seeds",
        [
            {
                "server_seed": b"short",
                "server_seed_hash": (
                    "f9b0078b5df596d2ea19010c001bbd009e651de2c57e8fb7e355f31eb9d3f739"
                ),
            }
        ],
    ),
    "chk_fairness_seeds_server_seed_hash": ("fairness_seeds", [{"server_seed_hash": "0" * 64}]),
    "chk_fairness_seeds_nonce": ("fairness_seeds", [{"nonce": -1}]),
    "chk_lucky_draws_nonce": ("lucky_draws", [{"nonce": -1}]),
    "chk_lucky_draws_outcome": ("lucky_draws", [{"outcome": "jackpot"}]),
    "chk_lucky_draws_positive_payout": (
        "lucky_draws",
        [{"multiplier": "-1"}, {"payout": "-0.01"}],
    ),
    "chk_frames_name": ("frames", _BLANK),
    "chk_frames_positive_price": ("frames", [{"price": "0.00"}]),
    "chk_frames_rarity": ("frames", [{"rarity": "mythic"}]),
    "chk_frames_duration_days": ("frames", [{"duration_days": 0}]),
    "chk_frames_vip_level_required": (
        "frames",
        [{"vip_level_required": -1}, {"vip_level_required": 8}],
    ),
    "chk_frames_level_required": ("frames", [{"level_required": 0}]),
    "chk_frame_user_quantity": ("frame_user", [{"quantity": 0}]),
    "chk_user_levels_type": ("user_levels", [{"type": "height"}]),
    "chk_user_levels_positive_xp": ("user_levels", [{"current_xp": -1}]),
    "chk_room_levels_positive_xp": ("room_levels", [{"current_xp": -1}]),
    "chk_badges_name": ("badges", _BLANK),
    "chk_badges_category": ("badges", [{"category": "shame"}]),
    "chk_badges_requirements": ("badges", [{"requirements": "[]"}]),
    "chk_badges_rarity": ("badges", [{"rarity": "mythic"}]),
    "chk_rankings_category": ("rankings", [{"category": "height"}]),
    "chk_rankings_subcategory": ("rankings", [{"subcategory": "teen_patti"}]),
    "chk_rankings_period": ("rankings", [{"period": "hourly"}]),
    "chk_rankings_period_end": ("rankings", [{"period_end": "2026-10-31"}]),
    "chk_rankings_one_subject": (
        "rankings",
        [{"room_id": "rooms"}, {"agency_id": "agencies"}],
    ),
    "chk_rankings_subject_kind": (
        "rankings",
        [
            {"category": "room"},
            {"category": "agency"},
            {"category": "wealth", "user_id": None, "room_id": "rooms"},
        ],
    ),
    "chk_rankings_rank_position": ("rankings", [{"rank_position": 0}]),
    "chk_rankings_positive_score": ("rankings", [{"score": "-0.01"}]),
    "chk_idempotency_keys_key": ("idempotency_keys", [{"key": ""}, {"key": "a b"}]),
    "chk_idempotency_keys_fingerprint": ("idempotency_keys", [{"fingerprint": b"x"}]),
    "chk_idempotency_keys_status": ("idempotency_keys", [{"status": 500}, {"status": 100}]),
    "chk_streams_seq": (
        "streams",
        [{"seq": -1, "first_seq": 1}, {"first_seq": 0}, {"first_seq": 3}],
    ),
    "chk_stream_events_seq": ("stream_events", [{"seq": 0}]),
    "chk_realtime_tickets_token_hash": ("realtime_tickets", [{"token_hash": b"x"}]),
}
"""A value naming a table stands for the id of a new row of it; with #1, of the same one."""

UNIQUES: dict[str, tuple[Columns, Columns]] = {
    "uq_users_email": ({"email": "a@x.example"}, {"email": "A@X.example"}),
    "uq_users_phone": ({"phone": "+971501234567"}, {"phone": "+971501234567"}),
    "uq_agencies_name": ({"name": "Falcons"}, {"name": "FALCONS"}),
    "uq_rooms_name": ({"name": "Night Café"}, {"name": "NIGHT CAFÉ"}),
    "uq_messages_conversation_seq": (
        {"room_id": None, "sender_id": "users#1", "recipient_id": "users#2"},
        {"room_id": None, "sender_id": "users#2", "recipient_id": "users#1"},
    ),
    "uq_user_levels_once": (
        {"user_id": "users#1", "level_id": "levels#1", "is_active": False},
        {"user_id": "users#1", "level_id": "levels#1", "is_active": False},
    ),
    "uq_themes_default": ({"is_default": True}, {"is_default": True}),
}
"""Where the index is over an expression or a part of the rows, the two rows in words."""
