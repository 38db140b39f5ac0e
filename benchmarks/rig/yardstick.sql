-- One gift in one transaction: the rows that the platform writes for it, written by the server
-- itself, without HTTP, tokens or Python. It knows neither levels nor lucky draws, of which the
-- benchmark has none, and nothing of the groups that the aggregator folds.
DROP SCHEMA IF EXISTS yardstick CASCADE;
CREATE SCHEMA yardstick;
GRANT USAGE ON SCHEMA yardstick TO flylive;

CREATE FUNCTION yardstick.send_gift(
    the_sender bigint, the_recipient bigint, the_gift bigint, the_room bigint, the_key text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    sender users%ROWTYPE;
    recipient users%ROWTYPE;
    owner users%ROWTYPE;
    account users%ROWTYPE;
    agency agencies%ROWTYPE;
    gift gifts%ROWTYPE;
    known bigint;
    at timestamptz;
    line_id bigint;
    gross numeric(18, 2);
    earnings numeric(18, 2);
    commission numeric(18, 2) := 0;
    rate numeric(5, 2) := 0;
    wealth bigint;
    charm bigint;
    this_combo integer;
    stream_name text;
    stream_id bigint;
    stream_seq bigint;
    given json;
BEGIN
    SELECT a.* INTO agency FROM users u JOIN agencies a ON a.id = u.agency_id
    WHERE u.id = the_recipient AND a.status = 'active';
    IF agency.id IS NOT NULL THEN
        FOR account IN
            SELECT * FROM users WHERE id = ANY(ARRAY[the_sender, the_recipient, agency.owner_id])
            ORDER BY id FOR NO KEY UPDATE
        LOOP
            IF account.id = the_sender THEN sender := account; END IF;
            IF account.id = the_recipient THEN recipient := account; END IF;
            IF account.id = agency.owner_id THEN owner := account; END IF;
        END LOOP;
        IF recipient.agency_id IS DISTINCT FROM agency.id THEN
            RAISE EXCEPTION 'the recipient moved meanwhile';
        END IF;
        rate := agency.commission_rate;
    ELSIF the_sender < the_recipient THEN
        SELECT * INTO STRICT sender FROM users WHERE id = the_sender FOR NO KEY UPDATE;
        SELECT * INTO STRICT recipient FROM users WHERE id = the_recipient FOR NO KEY UPDATE;
    ELSE
        SELECT * INTO STRICT recipient FROM users WHERE id = the_recipient FOR NO KEY UPDATE;
        SELECT * INTO STRICT sender FROM users WHERE id = the_sender FOR NO KEY UPDATE;
    END IF;
    at := clock_timestamp();

    SELECT (answer ->> 'id')::bigint INTO known FROM idempotency_keys
    WHERE user_id = the_sender AND key = the_key;
    IF FOUND THEN
        RETURN known;
    END IF;

    SELECT * INTO STRICT gift FROM gifts WHERE id = the_gift;
    IF NOT gift.is_active
       OR gift.vip_level_required > sender.vip_level
       OR gift.country_specific <> sender.country
       OR sender.is_blocked OR recipient.is_blocked
       OR sender.deleted_at IS NOT NULL OR recipient.deleted_at IS NOT NULL
       OR EXISTS (SELECT FROM user_blocks
                  WHERE (blocker_id, blocked_id) IN
                        ((the_sender, the_recipient), (the_recipient, the_sender)))
    THEN
        RAISE EXCEPTION 'refused';
    END IF;
    IF the_room IS NOT NULL THEN
        PERFORM FROM rooms r
            JOIN room_participants s ON s.room_id = r.id AND s.user_id = the_sender AND s.is_active
            JOIN room_participants t
                 ON t.room_id = r.id AND t.user_id = the_recipient AND t.is_active
        WHERE r.id = the_room AND r.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'not in the room';
        END IF;
    END IF;

    IF sender.coin_balance < gift.price THEN
        INSERT INTO idempotency_keys (user_id, key, fingerprint, status, answer, created_at)
        VALUES (
            the_sender, the_key, sha256(convert_to(the_key, 'UTF8')), 409,
            json_build_object(
                'type', '/docs/errors#wallet.insufficient_coins', 'title', 'Not enough coins',
                'status', 409, 'detail', gift.price || ' coins are needed and '
                    || sender.coin_balance || ' are there', 'code', 'wallet.insufficient_coins',
                'coin_balance', sender.coin_balance::text, 'needed', gift.price::text),
            at);
        RETURN 0;
    END IF;

    gross := trunc(gift.price * 0.50, 2);
    IF agency.id IS NOT NULL THEN
        commission := trunc(gross * rate / 100, 2);
    END IF;
    earnings := gross - commission;
    wealth := floor(gift.price * gift.wealth_xp_multiplier);
    charm := floor(gift.price * gift.charm_xp_multiplier);
    SELECT combo INTO this_combo FROM gift_transactions
    WHERE sender_id = the_sender AND recipient_id + 0 = the_recipient AND gift_id = the_gift
      AND sent_at >= at - interval '3 seconds'
    ORDER BY sent_at DESC LIMIT 1;
    this_combo := coalesce(this_combo, 0) + 1;
    line_id := nextval('gift_transactions_id_seq');

    INSERT INTO transactions (
        user_id, type, direction, currency_type, amount, quantity,
        user_balance_before, user_balance_after,
        beneficiary_id, beneficiary_currency_type, beneficiary_amount,
        beneficiary_balance_before, beneficiary_balance_after,
        transactionable_type, transactionable_id, description, metadata, created_at, updated_at)
    VALUES (
        the_sender, 'gift', 1, 1, gift.price, 1,
        sender.coin_balance, sender.coin_balance - gift.price,
        the_recipient, 2, earnings, recipient.diamond_balance,
        recipient.diamond_balance + earnings, 'GiftTransaction', line_id, gift.name,
        jsonb_build_object('gift_id', gift.id, 'price', gift.price::text, 'share', '50.00',
                           'commission_rate', rate::text),
        at, at);
    INSERT INTO gift_transactions (
        id, batch_id, sender_id, recipient_id, gift_id, room_id, agency_id, quantity, price,
        total_cost,
        recipient_earnings, agency_commission, platform_fee, commission_rate,
        wealth_xp_awarded, charm_xp_awarded, combo, sent_at)
    VALUES (
        line_id, line_id, the_sender, the_recipient, gift.id, the_room, agency.id, 1, gift.price,
        gift.price, earnings, commission, gift.price - gross, rate, wealth, charm, this_combo, at);
    IF commission > 0 THEN
        INSERT INTO transactions (
            user_id, type, direction, currency_type, amount, quantity,
            user_balance_before, user_balance_after,
            transactionable_type, transactionable_id, metadata, created_at, updated_at)
        VALUES (
            agency.owner_id, 'agency_commission', 2, 2, commission, 1, owner.diamond_balance,
            owner.diamond_balance + commission, 'GiftTransaction', line_id,
            jsonb_build_object('agency_id', agency.id, 'member_id', the_recipient,
                               'commission_rate', rate::text),
            at, at);
        INSERT INTO agency_earnings (
            agency_id, user_id, amount, commission_amount, commission_rate, source_type,
            source_id, source_date, earned_at)
        VALUES (agency.id, the_recipient, gross, commission, rate, 'gift', line_id, at, at);
    END IF;
    INSERT INTO idempotency_keys (user_id, key, fingerprint, status, answer, created_at)
    VALUES (
        the_sender, the_key, sha256(convert_to(the_key, 'UTF8')), 201,
        json_build_object(
            'id', line_id, 'total_cost', gift.price::text,
            'coin_balance', (sender.coin_balance - gift.price)::text, 'wealth_xp', wealth,
            'level_up', NULL, 'combo', this_combo, 'lucky', NULL,
            'lines', json_build_array(json_build_object(
                'recipient_id', the_recipient, 'gift_transaction_id', line_id,
                'recipient_earnings', earnings::text, 'charm_xp_awarded', charm))),
        at);

    -- After the rows that refer to users: their foreign keys find them as they were locked.
    UPDATE users SET coin_balance = coin_balance - gift.price,
                     total_spent = total_spent + gift.price, wealth_xp = wealth_xp + wealth
    WHERE id = the_sender;
    UPDATE users SET diamond_balance = diamond_balance + earnings,
                     total_received = total_received + earnings, charm_xp = charm_xp + charm
    WHERE id = the_recipient;
    IF commission > 0 THEN
        UPDATE users SET diamond_balance = diamond_balance + commission,
                         total_received = total_received + commission
        WHERE id = agency.owner_id;
    END IF;

    given := json_build_object(
        'id', gift.id, 'name', gift.name, 'thumbnail_url', gift.thumbnail_url,
        'animation_url', gift.animation_url, 'sound_url', gift.sound_url,
        'category', gift.category, 'rarity', gift.rarity);
    stream_name := CASE WHEN the_room IS NULL THEN 'user:' || the_recipient
                        ELSE 'room:' || the_room END;
    INSERT INTO streams AS s (name, epoch, seq, first_seq, updated_at)
    VALUES (stream_name, (random() * 4503599627370496)::bigint, 1, 1, at)
    ON CONFLICT (name) DO UPDATE SET seq = s.seq + 1, updated_at = excluded.updated_at
    RETURNING id, seq INTO stream_id, stream_seq;
    INSERT INTO stream_events (stream_id, seq, type, data, at)
    VALUES (
        stream_id, stream_seq, CASE WHEN the_room IS NULL THEN 'notice' ELSE 'gift.sent' END,
        CASE WHEN the_room IS NULL THEN
            json_build_object(
                'kind', 'gift_received', 'gift_transaction_id', line_id,
                'sender', yardstick.person(sender), 'gift', given, 'quantity', 1,
                'total_cost', gift.price::text)
        ELSE
            json_build_object(
                'id', line_id, 'room_id', the_room, 'sender', yardstick.person(sender),
                'gift', given, 'quantity', 1, 'total_cost', gift.price::text,
                'combo', this_combo, 'lucky_payout', NULL,
                'lines', json_build_array(json_build_object(
                    'gift_transaction_id', line_id, 'recipient', yardstick.person(recipient),
                    'total_cost', gift.price::text, 'combo', this_combo)))
        END,
        at);
    RETURN line_id;
END
$$;

CREATE FUNCTION yardstick.person(the_user users) RETURNS json LANGUAGE sql IMMUTABLE AS $$
    SELECT json_build_object(
        'id', the_user.id, 'signature', the_user.signature, 'name', the_user.name,
        'avatar_image', the_user.avatar_image, 'static_src', the_user.static_src)
$$;

-- One gift to many, privately, in one transaction and a handful of set-based statements.
CREATE FUNCTION yardstick.send_to_many(
    the_sender bigint, the_recipients bigint[], the_gift bigint, the_key text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    sender users%ROWTYPE;
    gift gifts%ROWTYPE;
    known bigint;
    at timestamptz;
    first_id bigint;
    wealth bigint;
    charm bigint;
    given json;
    parts jsonb;
    total numeric(18, 2);
BEGIN
    PERFORM FROM users
    WHERE id = ANY(the_sender || the_recipients || ARRAY(
        SELECT a.owner_id FROM users u JOIN agencies a ON a.id = u.agency_id
        WHERE u.id = ANY(the_recipients) AND a.status = 'active'))
    ORDER BY id FOR NO KEY UPDATE;
    at := clock_timestamp();
    SELECT (answer ->> 'id')::bigint INTO known FROM idempotency_keys
    WHERE user_id = the_sender AND key = the_key;
    IF FOUND THEN
        RETURN known;
    END IF;
    SELECT * INTO STRICT sender FROM users WHERE id = the_sender;
    SELECT * INTO STRICT gift FROM gifts WHERE id = the_gift;
    total := gift.price * cardinality(the_recipients);
    IF NOT gift.is_active OR sender.coin_balance < total
       OR gift.vip_level_required > sender.vip_level
       OR gift.country_specific <> sender.country OR sender.is_blocked
       OR sender.deleted_at IS NOT NULL
       OR EXISTS (SELECT FROM users WHERE id = ANY(the_recipients)
                  AND (is_blocked OR deleted_at IS NOT NULL))
       OR EXISTS (SELECT FROM user_blocks
                  WHERE (blocker_id = the_sender AND blocked_id = ANY(the_recipients))
                     OR (blocked_id = the_sender AND blocker_id = ANY(the_recipients)))
    THEN
        RAISE EXCEPTION 'refused';
    END IF;
    wealth := floor(gift.price * gift.wealth_xp_multiplier);
    charm := floor(gift.price * gift.charm_xp_multiplier);

    -- Everything about each line, once: the statements below only pick from it.
    SELECT jsonb_agg(to_jsonb(l)) INTO parts FROM (
        SELECT nextval('gift_transactions_id_seq') AS id, n, u.id AS recipient,
               u.diamond_balance AS diamonds, a.id AS agency, a.owner_id AS owner,
               CASE WHEN a.id IS NULL THEN 0 ELSE a.commission_rate END AS rate,
               trunc(gift.price * 0.50, 2) AS gross,
               CASE WHEN a.id IS NULL THEN 0
                    ELSE trunc(trunc(gift.price * 0.50, 2) * a.commission_rate / 100, 2)
               END AS commission,
               1 + COALESCE((SELECT combo FROM gift_transactions
                             WHERE sender_id = the_sender AND recipient_id + 0 = u.id
                               AND gift_id = the_gift AND sent_at >= at - interval '3 seconds'
                             ORDER BY sent_at DESC LIMIT 1), 0) AS combo
        FROM unnest(the_recipients) WITH ORDINALITY AS r (id, n) JOIN users u ON u.id = r.id
        LEFT JOIN agencies a ON a.id = u.agency_id AND a.status = 'active' ORDER BY n) AS l;
    first_id := (parts -> 0 ->> 'id')::bigint;

    UPDATE users SET coin_balance = coin_balance - total, total_spent = total_spent + total,
                     wealth_xp = wealth_xp + wealth * cardinality(the_recipients)
    WHERE id = the_sender;
    UPDATE users u SET diamond_balance = diamond_balance + p.gross - p.commission,
                       total_received = total_received + p.gross - p.commission,
                       charm_xp = charm_xp + charm
    FROM jsonb_to_recordset(parts) AS p (recipient bigint, gross numeric, commission numeric)
    WHERE u.id = p.recipient;
    INSERT INTO gift_transactions (
        id, batch_id, sender_id, recipient_id, gift_id, agency_id, quantity, price, total_cost,
        recipient_earnings, agency_commission, platform_fee, commission_rate,
        wealth_xp_awarded, charm_xp_awarded, combo, sent_at)
    SELECT p.id, first_id, the_sender, p.recipient, gift.id, p.agency, 1, gift.price, gift.price,
           p.gross - p.commission, p.commission, gift.price - p.gross, p.rate, wealth, charm,
           p.combo, at
    FROM jsonb_to_recordset(parts) AS p (
        id bigint, recipient bigint, agency bigint, gross numeric, commission numeric,
        rate numeric, combo integer);
    INSERT INTO transactions (
        user_id, type, direction, currency_type, amount, quantity,
        user_balance_before, user_balance_after, beneficiary_id, beneficiary_currency_type,
        beneficiary_amount, beneficiary_balance_before, beneficiary_balance_after,
        transactionable_type, transactionable_id, description, metadata, created_at, updated_at)
    SELECT the_sender, 'gift', 1, 1, gift.price, 1,
           sender.coin_balance - gift.price * (p.n - 1), sender.coin_balance - gift.price * p.n,
           p.recipient, 2, p.gross - p.commission, p.diamonds,
           p.diamonds + p.gross - p.commission, 'GiftTransaction', p.id, gift.name,
           jsonb_build_object('gift_id', gift.id, 'price', gift.price::text, 'share', '50.00',
                              'commission_rate', p.rate::text),
           at, at
    FROM jsonb_to_recordset(parts) AS p (
        id bigint, n bigint, recipient bigint, diamonds numeric, gross numeric,
        commission numeric, rate numeric)
    ORDER BY p.n;
    IF EXISTS (SELECT FROM jsonb_to_recordset(parts) AS p (commission numeric)
               WHERE p.commission > 0) THEN
        INSERT INTO transactions (
            user_id, type, direction, currency_type, amount, quantity,
            user_balance_before, user_balance_after,
            transactionable_type, transactionable_id, metadata, created_at, updated_at)
        SELECT p.owner, 'agency_commission', 2, 2, p.commission, 1,
               u.diamond_balance + sum(p.commission) OVER w - p.commission,
               u.diamond_balance + sum(p.commission) OVER w, 'GiftTransaction', p.id,
               jsonb_build_object('agency_id', p.agency, 'member_id', p.recipient,
                                  'commission_rate', p.rate::text),
               at, at
        FROM jsonb_to_recordset(parts) AS p (
            id bigint, n bigint, recipient bigint, agency bigint, owner bigint,
            commission numeric, rate numeric)
        JOIN users u ON u.id = p.owner WHERE p.commission > 0
        WINDOW w AS (PARTITION BY p.owner ORDER BY p.n) ORDER BY p.n;
        INSERT INTO agency_earnings (
            agency_id, user_id, amount, commission_amount, commission_rate, source_type,
            source_id, source_date, earned_at)
        SELECT p.agency, p.recipient, p.gross, p.commission, p.rate, 'gift', p.id, at, at
        FROM jsonb_to_recordset(parts) AS p (
            id bigint, recipient bigint, agency bigint, gross numeric, commission numeric,
            rate numeric)
        WHERE p.commission > 0;
        UPDATE users u SET diamond_balance = diamond_balance + p.commission,
                           total_received = total_received + p.commission
        FROM (SELECT owner, sum(commission) AS commission
              FROM jsonb_to_recordset(parts) AS p (owner bigint, commission numeric)
              WHERE p.commission > 0 GROUP BY owner) AS p
        WHERE u.id = p.owner;
    END IF;
    INSERT INTO idempotency_keys (user_id, key, fingerprint, status, answer, created_at)
    SELECT the_sender, the_key, sha256(convert_to(the_key, 'UTF8')), 201,
           json_build_object(
               'id', first_id, 'total_cost', total::text,
               'coin_balance', (sender.coin_balance - total)::text,
               'wealth_xp', wealth * cardinality(the_recipients), 'level_up', NULL,
               'combo', min(p.combo), 'lucky', NULL,
               'lines', json_agg(json_build_object(
                   'recipient_id', p.recipient, 'gift_transaction_id', p.id,
                   'recipient_earnings', (p.gross - p.commission)::text,
                   'charm_xp_awarded', charm) ORDER BY p.n)),
           at
    FROM jsonb_to_recordset(parts) AS p (
        id bigint, n bigint, recipient bigint, gross numeric, commission numeric, combo integer);

    given := json_build_object(
        'id', gift.id, 'name', gift.name, 'thumbnail_url', gift.thumbnail_url,
        'animation_url', gift.animation_url, 'sound_url', gift.sound_url,
        'category', gift.category, 'rarity', gift.rarity);
    WITH advanced AS (
        INSERT INTO streams AS s (name, epoch, seq, first_seq, updated_at)
        SELECT 'user:' || id, (random() * 4503599627370496)::bigint, 1, 1, at
        FROM unnest(the_recipients) AS id ORDER BY 1
        ON CONFLICT (name) DO UPDATE SET seq = s.seq + 1, updated_at = excluded.updated_at
        RETURNING id, name, seq)
    INSERT INTO stream_events (stream_id, seq, type, data, at)
    SELECT s.id, s.seq, 'notice',
           json_build_object(
               'kind', 'gift_received', 'gift_transaction_id', p.id,
               'sender', yardstick.person(sender), 'gift', given, 'quantity', 1,
               'total_cost', gift.price::text),
           at
    FROM jsonb_to_recordset(parts) AS p (id bigint, recipient bigint)
    JOIN advanced s ON s.name = 'user:' || p.recipient;
    RETURN first_id;
END
$$;
