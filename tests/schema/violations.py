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
_OPEN: Columns = {"status": "pending", "couple_id": None, "decided_at": None}
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
    "chk_users_levels_paid": ("users", [{"wealth_level_paid": -1}, {"charm_level_paid": -1}]),
    "chk_rooms_level_paid": ("rooms", [{"room_level_paid": -1}]),
    "chk_theme_user_positive_price": ("theme_user", [{"price": "0"}]),
    "chk_badge_checks_kind": ("badge_checks", [{"kind": "song"}]),
    "chk_device_owners_device": ("device_owners", [{"device": "ab"}]),
    "chk_ring_runs_span": ("ring_runs", [{"until": "2026-01-01"}]),
    "chk_ring_runs_step": ("ring_runs", [{"step": "songs"}]),
    "chk_ring_runs_progress": (
        "ring_runs",
        [{name: -1} for name in ("last_id", "end_id", "found")],
    ),
    "chk_ring_runs_done": ("ring_runs", [{"finished_at": "2026-01-02"}]),
    "chk_ring_runs_asked": ("ring_runs", [{"asked_by": None}, {"day": "2026-01-01"}]),
    "chk_ring_edges_sums": ("ring_edges", [{"gifts": 0}, {"coins": 0}, {"coins": 2}]),
    "chk_ring_findings_kind": ("ring_findings", [{"kind": "songs"}]),
    "chk_ring_findings_status": (
        "ring_findings",
        [
            {
                "status": "banned",
                "decided_at": "2026-01-01",
                "decided_by": "users",
                "decision": "no",
            }
        ],
    ),
    "chk_ring_findings_strength": ("ring_findings", [{"strength": -1}, {"strength": 101}]),
    "chk_ring_findings_coins": ("ring_findings", [{"coins": "0"}]),
    "chk_ring_findings_decided": (
        "ring_findings",
        [{"status": "held"}, {"decided_at": "2026-01-01"}, {"decision": "no"}],
    ),
    "chk_ring_members_role": ("ring_members", [{"role": "king"}]),
    "chk_ring_evidence_kind": ("ring_evidence", [{"kind": "song"}]),
    "chk_ring_evidence_amount": ("ring_evidence", [{"amount": "0"}]),
    "chk_ring_evidence_count": ("ring_evidence", [{"count": 0}]),
    "chk_wallet_holds_reason": ("wallet_holds", [{"reason": "  "}]),
    "chk_wallet_holds_lifted": (
        "wallet_holds",
        [{"lifted_at": "2026-01-02"}, {"lift_reason": "well"}],
    ),
    "chk_statistics_marks_last_id": ("statistics_marks", [{"last_id": -1}]),
    "chk_ledger_statistics_period": ("ledger_statistics", [{"period": "week"}]),
    "chk_ledger_statistics_sums": (
        "ledger_statistics",
        [{"movements": 0}, {"quantity": -1}, {"amount": -1}],
    ),
    "chk_statistics_gauges_name": ("statistics_gauges", [{"name": "old"}]),
    "chk_statistics_gauges_period": ("statistics_gauges", [{"period": "month"}]),
    "chk_statistics_gauges_value": ("statistics_gauges", [{"value": -1}]),
    "chk_catalogue_runs_kind": (
        "catalogue_runs",
        [{"kind": "songs", "subject": None}],
    ),
    "chk_catalogue_runs_subject": (
        "catalogue_runs",
        [
            {"subject": None},
            {"subject_id": 1},
            {"day": "2026-01-01"},
            {"kind": "badge", "subject": None},
            {"kind": "badges", "subject": None},
        ],
    ),
    "chk_catalogue_runs_progress": (
        "catalogue_runs",
        [{name: -1} for name in ("last_id", "end_id", "done", "changed", "failed")],
    ),
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
    "chk_staff_totp_last_step": ("staff_totp", [{"last_step": -1}]),
    "chk_staff_recovery_codes_code": ("staff_recovery_codes", [{"code": "abcd-efgh"}]),
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
    "chk_staff_proposals_status": (
        "staff_proposals",
        [{"status": "lost", "decided_by": 2, "decided_at": "2026-01-01", "decision": "so"}],
    ),
    "chk_staff_proposals_reason": ("staff_proposals", [{"reason": " "}]),
    "chk_staff_proposals_fingerprint": ("staff_proposals", [{"fingerprint": "abc"}]),
    "chk_staff_proposals_decided": (
        "staff_proposals",
        [{"status": "declined"}, {"decided_at": "2026-01-01"}, {"decision": "so"}],
    ),
    "chk_staff_proposals_second": (
        "staff_proposals",
        [
            {
                "status": "carried_out",
                "proposed_by": 2,
                "decided_by": 2,
                "decided_at": "2026-01-01",
                "decision": "so",
            }
        ],
    ),
    "chk_staff_notes_content": ("staff_notes", [{"content": " "}, {"content": "x" * 2001}]),
    "chk_announcements_title": ("announcements", [{"title": "  "}]),
    "chk_announcements_content": ("announcements", [{"content": " "}, {"content": "x" * 2001}]),
    "chk_announcements_audience": ("announcements", [{"audience": "nobody"}]),
    "chk_announcements_country": (
        "announcements",
        [{"audience": "country"}, {"country": "AE"}, {"audience": "country", "country": "ae"}],
    ),
    "chk_announcements_min_vip_level": (
        "announcements",
        [{"audience": "vip"}, {"min_vip_level": 2}, {"audience": "vip", "min_vip_level": 8}],
    ),
    "chk_announcements_ends_at": ("announcements", [{"ends_at": "2026-01-01"}]),
    "chk_announcements_cancelled": (
        "announcements",
        [{"cancelled_at": "2026-01-02"}, {"cancelled_by": "users#1"}],
    ),
    "chk_announcements_counts": (
        "announcements",
        [{"told_upto": -1}, {"told_count": -1}, {"devices_count": -1}],
    ),
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
    "chk_adjustments_currency_type": ("adjustments", [{"currency_type": 3}]),
    "chk_adjustments_amount": ("adjustments", [{"amount": 0}]),
    "chk_adjustments_status": (
        "adjustments",
        [{"status": "lost", "decided_at": "2026-01-01", "decided_by": 2}],
    ),
    "chk_adjustments_decided": (
        "adjustments",
        [{"status": "posted"}, {"decided_at": "2026-01-01"}, {"decided_by": 2}],
    ),
    "chk_adjustments_second": (
        "adjustments",
        [
            {
                "status": "posted",
                "requested_by": 2,
                "decided_by": 2,
                "decided_at": "2026-01-01",
            }
        ],
    ),
    "chk_adjustments_not_oneself": ("adjustments", [{"user_id": 2, "requested_by": 2}]),
    "chk_order_refunds_status": (
        "order_refunds",
        [{"status": "lost", "decided_at": "2026-01-01", "decided_by": 2}],
    ),
    "chk_order_refunds_coins": ("order_refunds", [{"coins": 0}]),
    "chk_order_refunds_reason": ("order_refunds", [{"reason": " "}]),
    "chk_order_refunds_tries": ("order_refunds", [{"tries": -1}]),
    "chk_order_refunds_decided": (
        "order_refunds",
        [{"status": "rejected"}, {"decided_at": "2026-01-01"}, {"decided_by": 2}],
    ),
    "chk_order_refunds_second": (
        "order_refunds",
        [
            {
                "status": "asked",
                "requested_by": 2,
                "decided_by": 2,
                "decided_at": "2026-01-01",
                "next_try_at": "2026-01-01",
            }
        ],
    ),
    "chk_order_refunds_next_try": ("order_refunds", [{"next_try_at": "2026-01-01"}]),
    "chk_order_refunds_finished": ("order_refunds", [{"finished_at": "2026-01-01"}]),
    "chk_platform_settings_overrides": ("platform_settings", [{"overrides": "[]"}]),
    "chk_platform_settings_states": ("platform_settings", [{"before": "[]"}, {"after": "1"}]),
    "chk_platform_settings_reason": ("platform_settings", [{"reason": " "}]),
    "chk_gift_reversals_positive": (
        "gift_reversals",
        [
            {name: -1}
            for name in (
                "coins_returned",
                "recipient_diamonds",
                "recipient_coins",
                "recipient_owed",
                "owner_diamonds",
                "owner_coins",
                "owner_owed",
            )
        ],
    ),
    "chk_gift_reversals_owner": ("gift_reversals", [{"owner_id": None, "owner_coins": 1}]),
    "chk_ranking_scores_category": ("ranking_scores", [{"category": "beauty"}]),
    "chk_ranking_scores_period": ("ranking_scores", [{"period": "hourly"}]),
    "chk_ranking_scores_positive_score": ("ranking_scores", [{"score": -1}]),
    "chk_ranking_prizes_category": ("ranking_prizes", [{"category": "beauty"}]),
    "chk_ranking_prizes_period": ("ranking_prizes", [{"period": "all_time"}]),
    "chk_ranking_prizes_ranks": (
        "ranking_prizes",
        [{"rank_from": 0}, {"rank_from": 4}, {"rank_to": 1001}],
    ),
    "chk_ranking_prizes_positive": ("ranking_prizes", [{"coins": -1}, {"diamonds": -1}]),
    "chk_ranking_prizes_something": ("ranking_prizes", [{"coins": 0}]),
    "chk_gift_notices_quantity": ("gift_notices", [{"quantity": 0}]),
    "chk_message_filters_words": ("message_filters", [{"words": ["x"] * 1001}]),
    "chk_game_providers_name": (
        "game_providers",
        [{"name": ""}, {"name": "House"}, {"name": "9lives"}],
    ),
    "chk_game_providers_secret_version": ("game_providers", [{"secret_version": 0}]),
    "chk_games_code": ("games", [{"code": "Dice"}, {"code": "a-b"}]),
    "chk_games_name": ("games", [{"name": " "}]),
    "chk_games_launch_url": (
        "games",
        [{"launch_url": "javascript:alert(1)"}, {"launch_url": "https://x.example/#y"}],
    ),
    "chk_games_bets": (
        "games",
        [{"min_bet": "0"}, {"max_bet": "0.50"}, {"max_win": "9.00"}],
    ),
    "chk_games_countries": ("games", [{"country_restrictions": []}]),
    "chk_games_blocked_countries": ("games", [{"blocked_countries": ["ae"]}]),
    "chk_game_sessions_token_hash": ("game_sessions", [{"token_hash": "A" * 64}]),
    "chk_game_sessions_expires": ("game_sessions", [{"expires_at": "2026-01-01"}]),
    "chk_game_sessions_ended": ("game_sessions", [{"ended_at": "2025-12-31"}]),
    "chk_game_transactions_type": ("game_transactions", [{"type": "gift"}]),
    "chk_game_transactions_names": (
        "game_transactions",
        [{"provider_transaction_id": "a b"}, {"provider_transaction_id": ""}, {"round_id": "é"}],
    ),
    "chk_game_transactions_about": (
        "game_transactions",
        [{"bet_transaction_id": "bet-0"}, {"round_id": None}, {"requested": None}],
    ),
    "chk_game_transactions_amount": (
        "game_transactions",
        [
            {"amount": "-1.00"},
            {"amount": "4.00"},
            {"status": 409},
            {"requested": "0", "amount": "0"},
            {"type": "win", "requested": "-1.00", "amount": "-1.00"},
        ],
    ),
    "chk_game_transactions_fingerprint": ("game_transactions", [{"fingerprint": b"x"}]),
    "chk_game_transactions_status": (
        "game_transactions",
        [{"status": 500, "amount": "0"}, {"status": 201, "amount": "0"}],
    ),
    "chk_game_signatures_signature": ("game_signatures", [{"signature": b"x"}]),
    "chk_reports_subject_type": ("reports", [{"subject_type": "wallet"}]),
    "chk_reports_reason": ("reports", [{"reason": " "}]),
    "chk_reports_details_length": ("reports", [{"details": "x" * 2001}]),
    "chk_reports_status": (
        "reports",
        [{"status": "lost", "decision": "x", "decided_by": 1, "decided_at": "2026-01-01"}],
    ),
    "chk_reports_decided": (
        "reports",
        [{"status": "upheld"}, {"decided_at": "2026-01-01"}, {"decision": "x"}],
    ),
    "chk_conversations_two_users": ("conversations", [{"low_user_id": 1, "high_user_id": 1}]),
    "chk_conversations_seq": ("conversations", [{"seq": -1}]),
    "chk_conversation_members_two_users": (
        "conversation_members",
        [{"user_id": 1, "other_id": 1}],
    ),
    "chk_conversation_members_sent_count": ("conversation_members", [{"sent_count": -1}]),
    "chk_conversation_members_read_seq": ("conversation_members", [{"read_seq": -1}]),
    "chk_conversation_members_unread_count": ("conversation_members", [{"unread_count": -1}]),
    "chk_adopted_tables_rows": ("adopted_tables", [{"rows": -1}]),
    "chk_ledger_seals_number": ("ledger_seals", [{"number": 0}]),
    "chk_ledger_seals_span": ("ledger_seals", [{"from_id": 0}, {"from_id": 9, "to_id": 8}]),
    "chk_ledger_seals_row_count": (
        "ledger_seals",
        [{"row_count": 0, "row_ids": [], "row_marks": []}],
    ),
    "chk_ledger_seals_hashes": (
        "ledger_seals",
        [{"seal": "a"}, {"content_sha256": "A" * 64}, {"previous_seal": ""}],
    ),
    "chk_ledger_seals_marks": ("ledger_seals", [{"row_ids": [1, 2]}, {"row_marks": []}]),
    "chk_ranking_rebuilds_started_by": (
        "ranking_rebuilds",
        [{"started_by": "nobody", "asked_by": None}],
    ),
    "chk_ranking_rebuilds_asked_by": ("ranking_rebuilds", [{"asked_by": None}]),
    "chk_ranking_rebuilds_steps": ("ranking_rebuilds", [{"step": -1}, {"step": 2, "steps": 1}]),
    "chk_ranking_rebuilds_finished": (
        "ranking_rebuilds",
        [{"started_at": "2026-01-02", "finished_at": "2026-01-01"}],
    ),
    "chk_proof_runs_kind": ("proof_runs", [{"kind": "quick"}]),
    "chk_proof_runs_since": ("proof_runs", [{"kind": "since"}, {"since": "2026-01-01"}]),
    "chk_proof_runs_finished": ("proof_runs", [{"finished_at": "2025-12-31"}]),
    "chk_proof_runs_counts": ("proof_runs", [{"rows_read": -1}, {"rows_unfit": -1}]),
    "chk_proof_runs_findings": ("proof_runs", [{"findings": "{}"}]),
    "chk_detached_partitions_table_name": ("detached_partitions", [{"table_name": "users"}]),
    "chk_detached_partitions_month": ("detached_partitions", [{"month": "2026-01-02"}]),
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
            {"type": "credit", "credit_days": 3, "status": "approved"},
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
            {"source_type": "gift_reversal"},
            {"source_type": "gift_reversal", "amount": "-1.00", "commission_amount": "-1.01"},
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
    "chk_gift_odds_sha256": ("gift_odds", [{"sha256": "0" * 64}]),
    "chk_gift_walls_quantity": ("gift_walls", [{"quantity": 0}]),
    "chk_couples_two_people": (
        "couples",
        [{"proposed_by": "users#1", "accepted_by": "users#1"}],
    ),
    "chk_couples_end_reason": ("couples", [{"end_reason": "bored"}]),
    "chk_couples_ended": (
        "couples",
        [
            {"ended_at": None},
            {"ended_by": None},
            {"end_reason": None},
            {
                "ended_at": None,
                "ended_by": None,
                "end_reason": None,
                "cooldown_until": "2026-01-09",
            },
        ],
    ),
    "chk_couple_members_two_people": (
        "couple_members",
        [{"user_id": "users#1", "partner_id": "users#1"}],
    ),
    "chk_couple_members_positive_coins": ("couple_members", [{"coins_given": "-0.01"}]),
    "chk_couple_requests_two_people": (
        "couple_requests",
        [{"sender_id": "users#1", "recipient_id": "users#1"}],
    ),
    "chk_couple_requests_status": (
        "couple_requests",
        [{"status": "maybe", "couple_id": None}],
    ),
    "chk_couple_requests_decided": (
        "couple_requests",
        [
            {"decided_at": None},
            {"status": "declined"},
            {"couple_id": None},
            {"status": "pending", "couple_id": None},
        ],
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

PARTIAL: dict[str, Columns] = {
    "uq_agency_earnings_reversal": {
        "source_type": "gift_reversal",
        "amount": "-5.00",
        "commission_amount": "-0.50",
    },
}
"""What both rows must hold for a unique index that is about some rows alone."""

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
    "uq_gift_odds_sha256": (
        {
            "odds": "{}",
            "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        },
        {
            "odds": "{}",
            "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        },
    ),
    "uq_ledger_seals_to_id": ({"from_id": 7, "to_id": 9}, {"from_id": 8, "to_id": 9}),
    "uq_couple_requests_pending": (
        {"sender_id": "users#1", "recipient_id": "users#2"} | _OPEN,
        {"sender_id": "users#2", "recipient_id": "users#1"} | _OPEN,
    ),
    "uq_game_sessions_open": (
        {"user_id": "users#1", "game_id": "games#1"},
        {"user_id": "users#1", "game_id": "games#1"},
    ),
    "uq_game_transactions_rolled_back": (
        {
            "provider_id": "game_providers#1",
            "type": "rollback",
            "round_id": None,
            "requested": None,
            "bet_transaction_id": "bet",
        },
        {
            "provider_id": "game_providers#1",
            "type": "rollback",
            "round_id": None,
            "requested": None,
            "bet_transaction_id": "bet",
        },
    ),
    "uq_catalogue_runs_day": (
        {"kind": "badges", "subject": None, "day": "2026-01-01"},
        {"kind": "badges", "subject": None, "day": "2026-01-01"},
    ),
    "uq_ring_runs_day": (
        {"asked_by": None, "day": "2026-01-01"},
        {"asked_by": None, "day": "2026-01-01"},
    ),
    "uq_staff_proposals_pending": ({"fingerprint": "a" * 64}, {"fingerprint": "a" * 64}),
    "uq_wallet_holds_user": ({"user_id": "users#1"}, {"user_id": "users#1"}),
    "uq_statistics_marks_current": ({"is_current": True}, {"is_current": True}),
    "uq_themes_default": ({"is_default": True}, {"is_default": True}),
}
"""Where the index is over an expression or a part of the rows, the two rows in words."""
