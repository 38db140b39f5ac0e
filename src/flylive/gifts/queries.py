"""SQL of a group of gifts: set-based reads after the locks, set-based writes before the commit.

Arrays go in as literals (flylive.database.arrays); money is in hundredths.
"""

OWNERS = """
    SELECT u.id, u.agency_id, a.owner_id
    FROM unnest(%s::bigint[]) AS w (id)
    JOIN users u ON u.id = w.id
    LEFT JOIN agencies a ON a.id = u.agency_id AND a.status = 'active'
"""
MEMBERS = """
    SELECT u.id, u.agency_id, a.owner_id
    FROM users u LEFT JOIN agencies a ON a.id = u.agency_id AND a.status = 'active'
    WHERE u.agency_id IS NOT NULL LIMIT %s::integer
"""
AGENCIES = """
    SELECT id, owner_id, (commission_rate * 100)::integer AS rate
    FROM agencies WHERE id = ANY(%s::bigint[]) AND status = 'active'
"""
GIFTS = """
    SELECT id, name, (price * 100)::bigint AS price, category, rarity, thumbnail_url,
           animation_url, sound_url, (wealth_xp_multiplier * 100)::integer AS wealth_multiplier,
           (charm_xp_multiplier * 100)::integer AS charm_multiplier, is_active,
           vip_level_required, country_specific, lucky_odds::text AS lucky_odds
    FROM gifts WHERE id = ANY(%s::bigint[])
"""
ANSWERED = """
    SELECT w.user_id, w.key, k.fingerprint, k.status, k.answer
    FROM unnest(%s::bigint[], %s::text[]) AS w (user_id, key)
    CROSS JOIN LATERAL (
        SELECT fingerprint, status, answer::text AS answer FROM idempotency_keys
        WHERE user_id = w.user_id AND key = w.key LIMIT 1) AS k
"""
PRESENT = """
    SELECT user_id, room_id FROM room_participants
    WHERE user_id = ANY(%s::bigint[]) AND is_active
"""
ROOMS = "SELECT id FROM rooms WHERE id = ANY(%s::bigint[]) AND deleted_at IS NULL"
BLOCKED = """
    SELECT * FROM (
        SELECT p.sender_id, p.recipient_id,
               EXISTS (SELECT FROM user_blocks b WHERE b.blocker_id = p.sender_id
                       AND b.blocked_id = p.recipient_id) AS by_sender,
               EXISTS (SELECT FROM user_blocks b WHERE b.blocker_id = p.recipient_id
                       AND b.blocked_id = p.sender_id) AS by_recipient
        FROM unnest(%s::bigint[], %s::bigint[]) AS p (sender_id, recipient_id)) AS pairs
    WHERE by_sender OR by_recipient
"""
# By the senders alone: what a popular host got in these seconds are thousands of rows.
COMBOS = """
    SELECT sender_id, recipient_id, gift_id, combo FROM gift_transactions
    WHERE sender_id = ANY(%s::bigint[]) AND sent_at >= %s::timestamptz
    ORDER BY sent_at, combo
"""
IDS = "SELECT nextval('gift_transactions_id_seq') FROM generate_series(1, %s::integer)"
LOCK_SEEDS = """
    SELECT user_id, id, server_seed, server_seed_hash, client_seed, nonce
    FROM fairness_seeds WHERE user_id = ANY(%s::bigint[]) AND revealed_at IS NULL
    ORDER BY user_id FOR NO KEY UPDATE
"""
SAVE_NONCES = """
    UPDATE fairness_seeds s SET nonce = n.nonce
    FROM unnest(%s::bigint[], %s::bigint[]) AS n (id, nonce) WHERE s.id = n.id
"""
INSERT_LINES = """
    INSERT INTO gift_transactions (
        id, batch_id, sender_id, recipient_id, gift_id, room_id, agency_id, quantity, price,
        total_cost, recipient_earnings, agency_commission, platform_fee, commission_rate,
        wealth_xp_awarded, charm_xp_awarded, combo, sent_at)
    SELECT id, batch_id, sender_id, recipient_id, gift_id, room_id, agency_id, quantity,
           price * 0.01, cost * 0.01, earnings * 0.01, commission * 0.01, fee * 0.01, rate * 0.01,
           wealth_xp, charm_xp, combo, %(at)s::timestamptz
    FROM unnest(%(id)s::bigint[], %(batch_id)s::bigint[], %(sender_id)s::bigint[],
                %(recipient_id)s::bigint[], %(gift_id)s::bigint[], %(room_id)s::bigint[],
                %(agency_id)s::bigint[], %(quantity)s::integer[], %(price)s::bigint[],
                %(cost)s::bigint[], %(earnings)s::bigint[], %(commission)s::bigint[],
                %(fee)s::bigint[], %(rate)s::integer[], %(wealth_xp)s::bigint[],
                %(charm_xp)s::bigint[], %(combo)s::integer[])
         AS l (id, batch_id, sender_id, recipient_id, gift_id, room_id, agency_id, quantity,
               price, cost, earnings, commission, fee, rate, wealth_xp, charm_xp, combo)
"""
INSERT_EARNINGS = """
    INSERT INTO agency_earnings (agency_id, user_id, amount, commission_amount, commission_rate,
                                 source_type, source_id, source_date, earned_at)
    SELECT agency_id, user_id, amount * 0.01, commission * 0.01, rate * 0.01,
           'gift', source_id, %(at)s::timestamptz, %(at)s::timestamptz
    FROM unnest(%(agency_id)s::bigint[], %(user_id)s::bigint[], %(amount)s::bigint[],
                %(commission)s::bigint[], %(rate)s::integer[], %(source_id)s::bigint[])
         AS e (agency_id, user_id, amount, commission, rate, source_id)
"""
INSERT_DRAWS = """
    INSERT INTO lucky_draws (gift_transaction_id, sent_at, seed_id, odds_id, nonce, outcome,
                             multiplier, payout)
    SELECT gift_transaction_id, %(at)s::timestamptz, seed_id, odds_id, nonce, outcome,
           multiplier * 0.01, payout * 0.01
    FROM unnest(%(gift_transaction_id)s::bigint[], %(seed_id)s::bigint[], %(odds_id)s::bigint[],
                %(nonce)s::bigint[], %(outcome)s::text[], %(multiplier)s::bigint[],
                %(payout)s::bigint[])
         AS d (gift_transaction_id, seed_id, odds_id, nonce, outcome, multiplier, payout)
"""
KEEP_ANSWERS = """
    INSERT INTO idempotency_keys (user_id, key, fingerprint, status, answer, created_at)
    SELECT user_id, key, decode(fingerprint, 'hex'), status, answer, %(at)s::timestamptz
    FROM unnest(%(user_id)s::bigint[], %(key)s::text[], %(fingerprint)s::text[],
                %(status)s::smallint[], %(answer)s::json[])
         AS k (user_id, key, fingerprint, status, answer)
"""
# The foreign key from earnings and draws to the partitioned gifts is planned anew for each row
# otherwise, at a cost that grows with the number of partitions (127 µs at 44, then 50). For other
# connections than the engine's own, which have it from the start.
GENERIC_PLANS = "SET LOCAL plan_cache_mode = force_generic_plan"
INSERT_GROUP = """
    INSERT INTO gift_groups (folds, created_at) VALUES (%s::json, %s::timestamptz)
"""
