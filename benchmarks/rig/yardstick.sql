-- One gift in one transaction: the rows that the platform writes for it, written by the server
-- itself, without HTTP, tokens or Python. It knows neither levels, agencies nor lucky draws,
-- of which the benchmark has none, and nothing of the groups that the aggregator folds.
CREATE SCHEMA yardstick;
GRANT USAGE ON SCHEMA yardstick TO flylive;

CREATE FUNCTION yardstick.send_gift(
    the_sender bigint, the_recipient bigint, the_gift bigint, the_room bigint, the_key text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    sender users%ROWTYPE;
    recipient users%ROWTYPE;
    gift gifts%ROWTYPE;
    known bigint;
    at timestamptz;
    line_id bigint;
    earnings numeric(18, 2);
    wealth bigint;
    charm bigint;
    this_combo integer;
    stream_name text;
    stream_id bigint;
    stream_seq bigint;
    given json;
BEGIN
    IF the_sender < the_recipient THEN
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
    IF NOT gift.is_active OR sender.coin_balance < gift.price
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

    earnings := trunc(gift.price * 0.50, 2);
    wealth := floor(gift.price * gift.wealth_xp_multiplier);
    charm := floor(gift.price * gift.charm_xp_multiplier);
    SELECT combo INTO this_combo FROM gift_transactions
    WHERE sender_id = the_sender AND recipient_id = the_recipient AND gift_id = the_gift
      AND sent_at >= at - interval '3 seconds'
    ORDER BY sent_at DESC LIMIT 1;
    this_combo := coalesce(this_combo, 0) + 1;
    line_id := nextval('gift_transactions_id_seq');

    UPDATE users SET coin_balance = coin_balance - gift.price,
                     total_spent = total_spent + gift.price, wealth_xp = wealth_xp + wealth
    WHERE id = the_sender;
    UPDATE users SET diamond_balance = diamond_balance + earnings,
                     total_received = total_received + earnings, charm_xp = charm_xp + charm
    WHERE id = the_recipient;

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
                           'commission_rate', '0.00'),
        at, at);
    INSERT INTO gift_transactions (
        id, batch_id, sender_id, recipient_id, gift_id, room_id, quantity, price, total_cost,
        recipient_earnings, agency_commission, platform_fee, commission_rate,
        wealth_xp_awarded, charm_xp_awarded, combo, sent_at)
    VALUES (
        line_id, line_id, the_sender, the_recipient, gift.id, the_room, 1, gift.price, gift.price,
        earnings, 0, gift.price - earnings, 0, wealth, charm, this_combo, at);
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
