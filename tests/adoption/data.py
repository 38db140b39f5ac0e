"""Rows of every table of the seed, honest ones and nasty ones, as Laravel may have written them.

User 1 (Amal) is the one who goes on: her password is PHP's, her token Sanctum's. User 2 (Bilal)
hosts room 1 and is in agency 1, which user 3 owns. What is nasty says so in its line.
"""

import json
from pathlib import Path
from typing import Any

import psycopg

_LEFT = json.loads(
    (Path(__file__).parents[1] / "accounts" / "fixtures" / "laravel.json").read_text("utf-8")
)
PASSWORD = next(user for user in _LEFT["users"] if user["name"] == "bcrypt 10")
TOKEN = next(token for token in _LEFT["tokens"] if token["name"] == "newer Sanctum")
HASH = PASSWORD["password"]
HEX = "0123456789abcdef" * 4

LEVELS = """
    INSERT INTO levels (id, name, type, level_number, required_xp, coin_reward, diamond_reward,
                        frame_rewards, privileges, is_active) VALUES
    (1, 'Novice', 'wealth', 1, 50, 5, 0, '{1}', '[]', true),   -- level 1 asks and pays
    (2, 'Rich', 'wealth', 2, 100, 10, 0, NULL, '{"glow": true}', true),
    (3, 'Richer', 'wealth', 3, 1000, 500, 0, '{1,NULL}', NULL, NULL),  -- NULL frame, NULL flag
    (4, 'Pleasant', 'charm', 1, 0, 0, 0, NULL, NULL, true),
    (5, 'Charming', 'charm', 2, 100, 0, -7, NULL, NULL, true),   -- below zero
    (6, 'Corner', 'room', 1, 0, NULL, 0, NULL, NULL, true),
    (7, 'Hall', 'room', 2, 500, 1000, 0, NULL, NULL, true),
    (8, 'Knight', 'vip', 1, 100, 0, 0, NULL, NULL, true),
    (9, 'Tall', 'height', 1, 0, 0, 0, NULL, NULL, true),       -- no such kind
    (10, 'Emperor', 'vip', 9, 100, 0, 0, NULL, NULL, true);    -- no such VIP
"""
USERS = f"""
    INSERT INTO users (id, name, email, phone, signature, password, dob, gender, country,
        coin_balance, diamond_balance, total_spent, total_received, wealth_level_id,
        charm_level_id, wealth_xp, charm_xp, agency_role, vip_level, vip_expires_at,
        social_provider, social_provider_id, is_blocked, blocked_at, last_active_at,
        email_verified_at, created_at, deleted_at, referral_code) VALUES
    (1, 'Amal', 'Amal@example.com', '+971501234567', '100001', '{HASH}', '1990-01-01', 2, 'AE',
     1234.50, 20, 765.50, 20, 1, 4, 150, 0, 'member', 0, NULL, 'google', 'g-1', false, NULL,
     '2024-06-01 10:00', '2023-01-01', '2023-01-01 12:00', NULL, 'REF1'),
    (2, 'Bilal', 'bilal@example.com', '0501234568', '100002', '{HASH}', '1991-01-01', 1, 'ARE',
     10, 500.25, 0, 500.25, 2, 5, 120, 700, 'moderator', 3, NULL, NULL, NULL, false, NULL,
     '2024-06-01', NULL, '2023-02-01', NULL, NULL),
    (3, 'Chafik', 'chafik@example.com', NULL, 'QUEEN-7', '{HASH}', '1992-01-01', 1, 'pk',
     0, 50, 0, 50, NULL, NULL, 0, 0, 'admin', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL),
    (4, 'Dina', 'AMAL@example.com', '+971501234567x', '100004', 'plain text', '1890-05-05', 7,
     'XX', NULL, NULL, NULL, NULL, 4, 1, NULL, 5000, NULL, NULL, NULL, 'twitter', 't-1', true,
     NULL, '2024-07-01', NULL, '2023-04-01', NULL, NULL),
    (5, ' ', 'not an address', '12', '100005', '', '1993-01-01', 0, 'UK', 0, 0, 0, 0, 3, 4, 0, 0,
     'boss', 0, '2020-01-01', 'google', 'g-1', false, '2024-01-01', NULL, '2024-01-01',
     '2023-05-01', NULL, NULL),
    (6, 'Farid', 'farid@example.com', '+4930123456', '100006', '{HASH}', '1994-01-01', 3, 'DE',
     7.77, 0, 0, 0, 1, 4, 0, 0, 'member', 0, NULL, NULL, NULL, false, NULL, NULL, NULL,
     '2023-06-01', '2024-02-02', NULL),
    (7, 'Ghada', 'farid@EXAMPLE.com', '030 123456', '100007', '{HASH}', '1994-01-01', 2, 'DEU',
     0, 0, 0, 0, 1, 4, 0, 0, 'moderator', 0, NULL, 'facebook', NULL, false, NULL, '2024-01-01',
     NULL, '2023-06-02', NULL, NULL);
    INSERT INTO agencies (id, name, owner_id, commission_rate, member_limit, is_recruiting,
                          total_earnings, member_count, status, created_at) VALUES
    (1, 'Stars', 3, 10, 1, true, 99.99, 77, 'active', '2023-03-01'),
    (2, 'STARS', 3, 120, NULL, NULL, NULL, NULL, NULL, NULL),   -- name, rate, a second one
    (3, 'Moon', 6, 5, 50, true, 0, 1, 'active', '2023-03-01'),   -- its owner is deleted
    (4, 'Void', 7, 5, 50, true, 0, 0, 'frozen', '2023-03-01');   -- no such status
    UPDATE users SET agency_id = 1, agency_joined_at = '2023-03-02' WHERE id = 2;
    UPDATE users SET agency_id = 1 WHERE id = 7;                 -- joined nobody knows when
    UPDATE users SET agency_id = 3 WHERE id = 6;                 -- deleted, and a member
"""
CATALOGUES = """
    INSERT INTO themes (id, name, price, css_styles, is_active, is_default, vip_level_required)
    VALUES (1, 'Day', 0, '{"color": "white"}', true, true, 0),
           (2, 'Night', 5, '[1]', NULL, true, 9), (3, ' ', NULL, NULL, false, true, NULL);
    INSERT INTO frames (id, name, price, static_src, rarity, duration_days, is_active,
                        vip_level_required, level_required)
    VALUES (1, 'Gold', 100, '/gold.svg', 'Rare', 30, true, 0, 1),
           (2, 'Free', 0, '/free.svg', 'shiny', 0, true, NULL, 0),
           (3, 'For ever', 10, '/ever.svg', NULL, NULL, NULL, 9, 1);
    INSERT INTO frame_user (id, user_id, frame_id, quantity, expires_at, is_active, purchased_at,
                            activated_at)
    VALUES (1, 1, 1, 1, '2030-01-01', true, '2024-01-01', '2024-01-01'),
           (2, 1, 3, 0, NULL, true, NULL, '2024-05-01'), (3, 2, 1, NULL, NULL, NULL, NULL, NULL);
    INSERT INTO badges (id, name, category, requirements, icon_url, rarity, is_active)
    VALUES (1, 'Giver', 'achievement', '{"all": [{"metric": "gifts_sent", "gte": 1}]}', '/b.svg',
            'common', true),
           (2, 'Old', 'medal', '["gifts", 5]', '/o.svg', NULL, true);
    INSERT INTO user_badges (id, user_id, badge_id, earned_at)
    VALUES (1, 1, 1, '2024-01-01'), (2, 1, 2, NULL);
    INSERT INTO user_levels (id, user_id, level_id, type, current_xp, achieved_at, is_active)
    VALUES (1, 1, 1, 'wealth', 0, '2023-01-01', false),
           (2, 1, 2, 'wealth', 100, '2023-06-01', true),
           (3, 2, 2, 'charm', NULL, '2023-06-01', true),          -- a wealth level, as charm
           (4, 1, 2, 'charm', 100, '2023-07-01', true),           -- the same level again
           (5, 4, 9, 'height', 0, NULL, true),                    -- of a kind that there is not
           (6, 2, 8, 'vip', 5, '2023-01-01', true), (7, 2, 5, 'charm', 5, '2023-01-01', NULL);
    INSERT INTO recharge_packages (id, name, coin_amount, price, currency, bonus_coins, is_popular,
                                   is_active, country_restrictions)
    VALUES (1, 'Small', 100, 0.99, 'usd', 5, true, true, '{ARE,pk,Narnia}'),
           (2, 'Nothing', 0, 1, 'USD', 0, NULL, true, NULL),
           (3, 'Nowhere', 10, 1, 'E', NULL, NULL, NULL, '{Narnia}'),
           (4, 'Anywhere', 10, 1, NULL, -1, false, true, '{}');
    INSERT INTO gifts (id, name, price, thumbnail_url, category, rarity, wealth_xp_multiplier,
                       charm_xp_multiplier, is_active, vip_level_required, country_specific)
    VALUES (1, 'Rose', 10, '/rose.svg', 'normal', 'common', 1, 1, true, 0, NULL),
           (2, 'Air', 0, '/air.svg', 'normal', 'common', NULL, -1, true, 0, NULL),
           (3, 'Dice', 20, '/dice.svg', 'lucky', 'EPIC', 1, 1, true, 0, NULL),
           (4, 'Crown', 500, '/crown.svg', 'vip', 'mythic', 9.99, 1, true, 0, NULL),
           (5, 'Flag', 5, '/flag.svg', 'country', NULL, 1, 1, NULL, NULL, 'ARE'),
           (6, 'Banner', 5, '/banner.svg', 'country', 'common', 1, 1, true, 0, NULL),
           (7, 'Egg', 5, '/egg.svg', 'easter', 'common', 1, 1, true, 12, 'ZZZ');
"""
ROOMS = f"""
    INSERT INTO rooms (id, user_id, name, logo, type, password, country, theme_id,
        mic_seat_quantity, max_participants, participant_count, total_coins_spent,
        daily_coins_spent, room_level, room_xp, popularity_index, status, created_at, deleted_at)
    VALUES
    (1, 2, 'Tea house', '/logo.svg', 'public', 'forgotten', 'AE', 1, 8, 1000, 3, 100, 55, 1, 600,
     12.34, 'active', '2023-03-01', NULL),
    (2, 1, 'Secret', '', 'private', 'open sesame', 'ARE', NULL, 99, 5, 0, NULL, NULL, 9, NULL,
     -5, 'active', NULL, NULL),
    (3, 3, 'TEA HOUSE', '/l.svg', 'private', NULL, 'QQ', 2, NULL, 1, 0, 0, 0, NULL, 0, NULL,
     'banned', NULL, NULL),
    (4, 6, 'Farid''s', '/l.svg', 'club', '{HASH}', 'DE', NULL, 0, 99999, NULL, 0, 0, 0, 0, 0,
     NULL, '2023-03-01', NULL),
    (5, 4, 'Gone', '/l.svg', NULL, NULL, 'DE', NULL, 5, NULL, 0, 0, 0, 1, 0, 0, 'active',
     '2023-03-01', '2024-01-01');
    INSERT INTO room_participants (id, room_id, user_id, role, seat_number, joined_at, left_at,
                                   is_active, is_muted)
    VALUES (1, 1, 1, 'moderator', 1, '2024-06-01', NULL, true, false),
           (2, 1, 4, 'speaker', 1, '2024-06-01', NULL, true, true),     -- two on one seat
           (3, 2, 1, 'listener', NULL, NULL, NULL, true, NULL),         -- in two rooms at once
           (4, 1, 7, 'dj', 44, '2024-05-01', NULL, false, NULL),        -- left nobody knows when
           (5, 1, 5, 'moderator', NULL, '2023-05-01', '2023-05-02', false, false),
           (6, 2, 5, NULL, NULL, '2024-05-01', '2024-05-02', false, false);
    INSERT INTO room_followers (id, user_id, room_id, followed_at)
    VALUES (1, 1, 1, '2024-01-01'), (2, 4, 1, NULL);
    INSERT INTO user_followers (id, follower_id, following_id, followed_at)
    VALUES (1, 1, 2, '2024-01-01'), (2, 2, 1, NULL);
    INSERT INTO user_blocks (id, blocker_id, blocked_id, reason, blocked_at)
    VALUES (1, 7, 4, 'rude', NULL);
    INSERT INTO messages (id, sender_id, recipient_id, room_id, content, message_type,
                          attachment_url, attachment_type, is_read, is_deleted, sent_at, read_at)
    VALUES (1, 1, NULL, 1, 'Good evening', 'text', NULL, NULL, false, false, '2024-06-01 10:00',
            NULL),
           (2, 2, NULL, 1, 'First of all', NULL, NULL, NULL, NULL, NULL, '2024-05-01 10:00', NULL),
           (3, 1, 2, NULL, repeat('long ', 500), 'text', NULL, NULL, true, false, '2024-06-01',
            NULL),
           (4, 2, 1, NULL, 'look', 'image', 'https://cdn.example/p.jpg', NULL, false, false,
            '2024-06-02', '2024-06-03'),
           (5, 1, 1, NULL, 'note to self', 'text', NULL, NULL, false, false, '2024-06-02', NULL),
           (6, 1, NULL, 2, 'dance', 'dance', NULL, 'video', false, true, NULL, NULL);
"""
MONEY = """
    INSERT INTO gift_transactions (id, sender_id, recipient_id, gift_id, room_id, quantity,
        total_cost, recipient_earnings, agency_commission, platform_fee, wealth_xp_awarded,
        charm_xp_awarded, sent_at)
    VALUES (1, 1, 2, 1, 1, 3, 30, 13.50, 1.50, 15, 30, 30, '2024-01-31 23:30'),
           (2, 1, 2, 1, 1, 3, 30, 30, 3, NULL, 30, -30, '2024-02-10 10:00'),   -- does not add up
           (3, 1, 1, 1, NULL, 0, 5, 5, 0, 0, NULL, NULL, NULL),                -- to herself
           (4, 4, 2, 3, 2, NULL, 20, 10, 0, 10, 0, 0, '1999-12-31 10:00');
    INSERT INTO agency_earnings (id, agency_id, user_id, amount, commission_amount,
                                 commission_rate, source_type, source_id, earned_at)
    VALUES (1, 1, 2, 15, 1.50, 10, 'gift', 1, '2024-01-31 23:30'),
           (2, 1, 2, 15, 99, 200, 'gift', 2, '2024-02-10'),        -- another commission than it
           (3, 2, 2, 5, 1, 20, 'tip', NULL, NULL),
           (4, 1, 2, 15, 1.50, 10, 'gift', 1, '2024-02-01');       -- the same gift again
    INSERT INTO agency_member_requests (id, agency_id, user_id, type, message, status,
                                        processed_by, processed_at, created_at)
    VALUES (1, 1, 1, 'application', 'hi', 'pending', NULL, NULL, '2024-01-01'),
           (2, 1, 1, 'application', 'hi again', 'pending', NULL, '2024-01-03', '2024-01-02'),
           (3, 1, 4, 'invitation', NULL, 'approved', 3, NULL, '2024-01-02'),
           (4, 1, 4, 'bribe', NULL, 'pending', 3, NULL, NULL), (5, 1, 5, 'invitation', NULL,
            'ignored', NULL, NULL, NULL);
    INSERT INTO transactions (id, user_id, beneficiary_id, type, currency_type, amount, quantity,
        user_balance_before, user_balance_after, beneficiary_balance_before,
        beneficiary_balance_after, transactionable_type, transactionable_id, description, metadata,
        status, created_at, updated_at, deleted_at)
    VALUES (1, 1, NULL, 'purchase', 1, 2000, 1, 0, 2000, NULL, NULL, 'App\\Models\\Package', 1,
            'Coins', '{"order": "A-1"}', 'completed', '2024-01-01 09:00', '2024-01-01 09:00', NULL),
           (2, 1, 2, 'gift', 1, 30, 3, 2000, 1970, 470.25, 500.25, 'GiftTransaction', 1, NULL,
            '[1, 2]', 'completed', '2024-01-31 23:30', '2024-02-01', NULL),
           (3, 1, 1, 'transfer', 1, 735.50, 1, 1970, 1234.50, NULL, 5, NULL, 9, NULL, NULL, NULL,
            NULL, NULL, NULL),                                     -- to herself, without a date
           (4, 2, NULL, 'recharge', 1, 50, 0, 10, 10, NULL, NULL, 'RechargeOrder', 77, NULL, NULL,
            'completed', '2024-03-01', NULL, NULL),                -- moved nothing
           (5, 4, NULL, 'bonus', 3, 5, NULL, -5, 0, NULL, NULL, NULL, NULL, NULL, NULL, 'pending',
            '2024-03-01', NULL, '2024-03-02'),                     -- no such currency; deleted
           (6, 6, NULL, 'purchase', 1, 7.77, 1, 0, 7.77, NULL, NULL, NULL, NULL, NULL, NULL,
            'completed', '2031-01-01', '2031-01-01', NULL),        -- of a deleted user, and ahead
           (7, 1, NULL, 'tax', 1, 1, 1, 0, -1, NULL, NULL, NULL, NULL, NULL, NULL, 'failed',
            '1970-01-01', NULL, NULL);
    INSERT INTO coin_requests (id, user_id, requested_from, amount, type, credit_days, status,
                               updated_by, created_at, updated_at)
    VALUES (1, 1, 2, 100, 'purchase', 5, 'pending', NULL, '2024-01-01', NULL),
           (2, 1, 2, 100, 'credit', NULL, 'approved', 2, '2024-01-01', '2024-01-02'),
           (3, 1, 1, 100, 'purchase', NULL, 'rejected', 1, '2024-01-01', NULL),   -- of herself
           (4, 1, 2, 0, 'purchase', NULL, 'pending', NULL, NULL, NULL),           -- of nothing
           (5, 4, 2, 5, 'gift', NULL, 'lost', NULL, NULL, NULL);
    INSERT INTO rankings (id, category, subcategory, period, period_start, period_end, user_id,
                          room_id, agency_id, rank_position, score, metadata)
    VALUES (1, 'wealth', NULL, 'daily', '2024-01-01', '2024-01-01', 1, NULL, NULL, 1, 10, '{}'),
           (2, 'wealth', NULL, 'daily', '2024-01-01', '2024-01-01', 1, NULL, NULL, 2, 9, NULL),
           (3, 'luck', NULL, 'daily', '2024-01-01', '2024-01-01', 1, NULL, NULL, 1, 10, NULL),
           (4, 'room', NULL, 'weekly', '2024-01-01', '2024-01-07', 1, NULL, NULL, 1, 10, NULL),
           (5, 'agency', NULL, 'monthly', '2024-01-01', '2024-01-31', NULL, NULL, 1, 1, 10, '[]'),
           (6, 'charm', NULL, 'daily', '2024-01-02', '2024-01-01', 2, NULL, NULL, 0, -1, NULL),
           (7, 'game', 'ludo', 'daily', '2024-01-01', '2024-01-01', 2, NULL, NULL, 1, 5, NULL),
           (8, 'charm', 'x', 'daily', '2024-01-03', '2024-01-03', 2, NULL, NULL, 1, 5, NULL);
"""
LARAVEL = f"""
    INSERT INTO personal_access_tokens (id, tokenable_type, tokenable_id, name, token, abilities,
                                        last_used_at, expires_at, created_at, updated_at)
    VALUES ({TOKEN["id"]}, 'App\\Models\\User', 1, 'phone', '{TOKEN["token"]}', '["*"]',
            '2024-06-01', NULL, '2024-01-01', '2024-01-01'),
           (5, 'App\\Models\\Admin', 1, 'desk', '{HEX}', '["*"]', NULL, NULL, NULL, NULL),
           (6, 'App\\Models\\User', 99, 'nobody', '{HEX[::-1]}', '["*"]', NULL, NULL, NULL, NULL),
           (7, 'App\\User', 2, 'old', '{HEX.replace("0", "1")}', '["read"]', NULL, '2025-01-01',
            NULL, NULL),
           (8, 'App\\Models\\User', 2, 'odd', 'plain', '["*"]', NULL, NULL, NULL, NULL);
    INSERT INTO password_reset_tokens (email, token, created_at)
    VALUES ('amal@example.com', '{HASH}', '2024-01-01');
    INSERT INTO phone_reset_tokens (id, user_id, token, expires_at)
    VALUES (1, 1, '123456', '2024-01-01');
    INSERT INTO cache (key, value, expiration) VALUES ('laravel_cache:x', 's:1:"x";', 1700000000);
    INSERT INTO sessions (id, user_id, payload, last_activity) VALUES ('s1', 1, 'YTow', 1700000000);
    INSERT INTO jobs (id, queue, payload, attempts, available_at, created_at)
    VALUES (1, 'default', '{{"job": "App\\\\Jobs\\\\Pay"}}', 0, 1700000000, 1700000000);
    INSERT INTO failed_jobs (id, uuid, connection, queue, payload, exception)
    VALUES (1, 'u-1', 'database', 'default', '{{}}', 'RuntimeException: no');
    INSERT INTO user_notes (user_id, note) VALUES (1, 'likes tea');
"""
SEQUENCES = """
    DO $$ DECLARE t text; BEGIN
        FOR t IN SELECT table_name FROM information_schema.columns WHERE table_schema = 'public'
                 AND column_name = 'id' AND column_default LIKE 'nextval%' LOOP
            EXECUTE format('SELECT setval(pg_get_serial_sequence(%L, ''id''),
                            (SELECT COALESCE(max(id), 0) + 10 FROM %I))', t, t);
        END LOOP; END $$
"""


def fill(connection: psycopg.Connection[Any]) -> None:
    """Fill the database of :func:`tests.adoption.laravel.build`."""
    for rows in (LEVELS, USERS, CATALOGUES, ROOMS, MONEY, LARAVEL, SEQUENCES):
        connection.execute(rows.encode())
