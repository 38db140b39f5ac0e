"""All SQL of looking for rings: statements over a range of people, and facts of a few of them."""

from sqlalchemy import text

from flylive.rings import rules

EDGES = text(
    f"""
    INSERT INTO ring_edges (run_id, sender_id, recipient_id, gifts, coins, given, first_at,
                            last_at, is_new)
    SELECT :run_id, e.sender_id, e.recipient_id, e.gifts, e.coins, e.given, e.first_at, e.last_at,
           u.created_at >= e.first_at - make_interval(secs => {rules.NEW.total_seconds()})
    FROM (SELECT sender_id, recipient_id, count(*) AS gifts,
                 (sum(total_cost) * 100)::bigint AS coins, min(sent_at) AS first_at,
                 max(sent_at) AS last_at,
                 (sum(sum(total_cost)) OVER (PARTITION BY sender_id) * 100)::bigint AS given
          FROM gift_transactions
          WHERE sender_id > :after AND sender_id <= :upto
            AND sent_at >= :since AND sent_at < :until AND NOT is_adopted
          GROUP BY sender_id, recipient_id) AS e
    JOIN users u ON u.id = e.sender_id
    WHERE e.coins * {rules.SHARE} >= e.given
      AND (e.coins >= {rules.LEAST_COINS}
           OR (e.coins >= {rules.LEAST_COINS_NEW} AND e.coins * 5 >= e.given * 4
               AND u.created_at >= e.first_at
                                   - make_interval(secs => {rules.NEW.total_seconds()})))
    ON CONFLICT DO NOTHING
    """
)
_DEVICES = """
    INSERT INTO ring_devices (run_id, user_id, device, accounts)
    SELECT :run_id, p.id, d.device, d.accounts
    FROM ({people}) AS p (id), LATERAL (
        SELECT 'o:' || md5(t.ip_address || '|' || COALESCE(t.user_agent, '')) AS device,
               (SELECT count(DISTINCT near.tokenable_id) FROM (
                    SELECT o.tokenable_id FROM personal_access_tokens o
                    WHERE o.ip_address = t.ip_address
                      AND o.user_agent IS NOT DISTINCT FROM t.user_agent
                    LIMIT 200) AS near) AS accounts
        FROM (SELECT DISTINCT ip_address, user_agent FROM personal_access_tokens
              WHERE tokenable_type = :tokenable_type AND tokenable_id = p.id
                AND ip_address IS NOT NULL) AS t
        UNION ALL
        SELECT 'd:' || mine.device,
               (SELECT count(*) FROM (SELECT FROM device_owners o WHERE o.device = mine.device
                                      LIMIT 200) AS near)
        FROM device_owners mine WHERE mine.user_id = p.id) AS d
    ON CONFLICT DO NOTHING
"""
DEVICES = text(
    _DEVICES.format(
        people="""
        SELECT sender_id FROM ring_edges
        WHERE run_id = :run_id AND sender_id > :after AND sender_id <= :upto
        UNION
        SELECT recipient_id FROM ring_edges
        WHERE run_id = :run_id AND recipient_id > :after AND recipient_id <= :upto"""
    )
)
DEVICES_OF = text(_DEVICES.format(people="SELECT unnest(CAST(:ids AS bigint[]))"))
RECEIVED = text(
    """
    UPDATE ring_edges e SET received = r.coins, senders = r.senders
    FROM (SELECT p.recipient_id, (sum(g.total_cost) * 100)::bigint AS coins,
                 count(DISTINCT g.sender_id) AS senders
          FROM (SELECT DISTINCT recipient_id FROM ring_edges
                WHERE run_id = :run_id AND recipient_id > :after AND recipient_id <= :upto) p
          JOIN gift_transactions g ON g.recipient_id = p.recipient_id
           AND g.sent_at >= :since AND g.sent_at < :until AND NOT g.is_adopted
          GROUP BY p.recipient_id) AS r
    WHERE e.run_id = :run_id AND e.recipient_id = r.recipient_id
    """
)
# Each circle is walked once, from its lowest id; of everybody's gifts at most three ways go on.
CIRCLES = text(
    f"""
    WITH RECURSIVE walks AS (
        SELECT sender_id AS start, recipient_id AS at, ARRAY[sender_id, recipient_id] AS path
        FROM ring_edges
        WHERE run_id = :run_id AND sender_id > :after AND sender_id <= :upto
          AND recipient_id > sender_id AND coins >= {rules.LEAST_COINS}
          AND coins * {rules.SHARE} >= received
        UNION ALL
        SELECT w.start, e.recipient_id, w.path || e.recipient_id
        FROM walks w JOIN ring_edges e ON e.run_id = :run_id AND e.sender_id = w.at
        WHERE e.recipient_id > w.start AND e.recipient_id <> ALL (w.path)
          AND e.coins >= {rules.LEAST_COINS} AND e.coins * {rules.SHARE} >= e.received
          AND cardinality(w.path) < {rules.LONGEST}
    )
    SELECT w.path FROM walks w
    JOIN ring_edges e ON e.run_id = :run_id AND e.sender_id = w.at AND e.recipient_id = w.start
    WHERE e.coins >= {rules.LEAST_COINS} AND e.coins * {rules.SHARE} >= e.received
    ORDER BY w.path
    """
)
BURSTS = text(
    f"""
    SELECT recipient_id FROM ring_edges
    WHERE run_id = :run_id AND recipient_id > :after AND recipient_id <= :upto
      AND is_new AND coins * 5 >= given * 4
    GROUP BY recipient_id
    HAVING count(*) >= {rules.BURST_GIVERS} AND sum(coins) >= {rules.LEAST_COINS}
    ORDER BY recipient_id
    """
)
NEW_GIVERS = text(
    """
    SELECT * FROM ring_edges
    WHERE run_id = :run_id AND recipient_id = :recipient_id AND is_new AND coins * 5 >= given * 4
    ORDER BY first_at, sender_id LIMIT 500
    """
)
# Two people in a circle or a pair that this run found already are not told of again.
SHARED = text(
    f"""
    SELECT e.recipient_id, array_agg(e.sender_id ORDER BY e.sender_id) AS senders
    FROM ring_edges e
    WHERE e.run_id = :run_id AND e.recipient_id > :after AND e.recipient_id <= :upto
      AND e.coins >= {rules.LEAST_COINS}
      AND EXISTS (SELECT FROM ring_devices a JOIN ring_devices b
                    ON b.run_id = a.run_id AND b.device = a.device
                  WHERE a.run_id = e.run_id AND a.user_id = e.sender_id
                    AND b.user_id = e.recipient_id AND a.accounts <= {rules.ON_A_DEVICE})
      AND NOT EXISTS (SELECT FROM ring_members a JOIN ring_members b USING (finding_id)
                      JOIN ring_findings f ON f.id = a.finding_id
                      WHERE a.user_id = e.sender_id AND b.user_id = e.recipient_id
                        AND f.run_id = e.run_id AND f.kind IN ('circle', 'pair'))
    GROUP BY e.recipient_id ORDER BY e.recipient_id
    """
)
RESELLERS = text(
    """
    SELECT user_id FROM resellers WHERE user_id > :after AND user_id <= :upto
    ORDER BY user_id LIMIT :limit
    """
)
SALES = text(
    f"""
    SELECT s.beneficiary_id AS buyer_id, s.coins,
           COALESCE((SELECT (sum(g.total_cost) * 100)::bigint FROM gift_transactions g
                     WHERE g.sender_id = s.beneficiary_id AND g.recipient_id = :reseller_id
                       AND g.sent_at >= s.first_at AND g.sent_at < :until), 0) AS returned,
           s.first_at, s.last_at
    FROM (SELECT beneficiary_id, (sum(amount) * 100)::bigint AS coins, min(created_at) AS first_at,
                 max(created_at) AS last_at
          FROM transactions
          WHERE user_id = :reseller_id AND type IN ('transfer', 'coin_request')
            AND created_at >= :since AND created_at < :until
          GROUP BY beneficiary_id HAVING sum(amount) * 100 >= {rules.LEAST_COINS}
          ORDER BY sum(amount) DESC LIMIT 500) AS s
    ORDER BY s.beneficiary_id
    """
)
LINKS = text(
    """
    SELECT e.* FROM ring_edges e
    JOIN unnest(CAST(:senders AS bigint[]), CAST(:recipients AS bigint[])) AS p (s, r)
      ON e.sender_id = p.s AND e.recipient_id = p.r
    WHERE e.run_id = :run_id ORDER BY e.sender_id, e.recipient_id
    """
)
# Of each device that two of them share: who, and how many accounts there are on it in all.
COMMON = text(
    """
    SELECT device, max(accounts) AS accounts, array_agg(user_id ORDER BY user_id) AS user_ids
    FROM ring_devices WHERE run_id = :run_id AND user_id = ANY(CAST(:ids AS bigint[]))
    GROUP BY device HAVING count(*) > 1 ORDER BY device
    """
)
IS_COUPLE = text(
    """
    SELECT EXISTS (SELECT FROM couple_members
                   WHERE user_id = :one AND partner_id = :other AND is_active)
    """
)
RECYCLED = text(
    """
    SELECT COALESCE((sum(amount) * 100)::bigint, 0) FROM transactions
    WHERE user_id = ANY(CAST(:ids AS bigint[])) AND type = 'exchange' AND direction = 2
      AND created_at >= :since AND created_at < :until
    """
)
GIVEN = text(
    """
    SELECT COALESCE((sum(total_cost) * 100)::bigint, 0) FROM gift_transactions
    WHERE sender_id = ANY(CAST(:ids AS bigint[])) AND sent_at >= :since AND sent_at < :until
    """
)
GIFTS_BETWEEN = text(
    """
    SELECT id, sent_at, total_cost FROM gift_transactions
    WHERE sender_id = :sender_id AND recipient_id = :recipient_id
      AND sent_at >= :since AND sent_at < :until
    ORDER BY total_cost DESC, id LIMIT :limit
    """
)
SALES_BETWEEN = text(
    """
    SELECT id, created_at, amount FROM transactions
    WHERE user_id = :seller_id AND beneficiary_id = :buyer_id
      AND type IN ('transfer', 'coin_request') AND created_at >= :since AND created_at < :until
    ORDER BY amount DESC, id LIMIT :limit
    """
)
EXCHANGES = text(
    """
    SELECT id, user_id, created_at, amount FROM transactions
    WHERE user_id = ANY(CAST(:ids AS bigint[])) AND type = 'exchange' AND direction = 2
      AND created_at >= :since AND created_at < :until
    ORDER BY amount DESC, id LIMIT :limit
    """
)
SAVE = text(
    """
    INSERT INTO ring_findings AS f (kind, about, run_id, strength, coins, facts, first_at,
                                    last_at, created_at, updated_at)
    VALUES (:kind, :about, :run_id, :strength, :coins, CAST(:facts AS jsonb), :first_at,
            :last_at, :at, :at)
    ON CONFLICT (kind, about) DO UPDATE SET
        run_id = excluded.run_id, strength = excluded.strength, coins = excluded.coins,
        facts = excluded.facts, first_at = LEAST(f.first_at, excluded.first_at),
        last_at = excluded.last_at, updated_at = excluded.updated_at
    RETURNING id
    """
)
CLEAR_MEMBERS = text("DELETE FROM ring_members WHERE finding_id = :finding_id")
CLEAR_EVIDENCE = text("DELETE FROM ring_evidence WHERE finding_id = :finding_id")
ADD_MEMBER = text(
    "INSERT INTO ring_members (finding_id, user_id, role) VALUES (:finding_id, :user_id, :role)"
)
ADD_EVIDENCE = text(
    """
    INSERT INTO ring_evidence (finding_id, kind, user_id, other_id, source_id, amount, count, at)
    VALUES (:finding_id, :kind, :user_id, :other_id, :source_id, :amount, :count, :at)
    """
)
