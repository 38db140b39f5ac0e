"""Each gift line: its parts add up, and exactly one ledger row moved exactly its amounts."""

from flylive.wallet.invariants import Invariant

INVARIANT = Invariant(
    "gift_splits",
    "each gift's parts add up to its cost and stand in the ledger once",
    """
    WITH booked AS (
        SELECT transactionable_id AS id, created_at,
               count(*) FILTER (WHERE type = 'gift') AS rows,
               min(user_id) FILTER (WHERE type = 'gift') AS sender_id,
               min(beneficiary_id) FILTER (WHERE type = 'gift') AS recipient_id,
               sum(amount) FILTER (WHERE type = 'gift') AS cost,
               COALESCE(sum(beneficiary_amount) FILTER (WHERE type = 'gift'), 0) AS earnings,
               COALESCE(sum(amount) FILTER (WHERE type = 'agency_commission'), 0) AS commission
        FROM transactions
        WHERE transactionable_type = 'GiftTransaction' AND type IN ('gift', 'agency_commission')
          AND NOT is_adopted
        GROUP BY transactionable_id, created_at
    )
    SELECT COALESCE(g.id, b.id) AS gift_transaction_id, g.total_cost, b.cost AS ledger_cost,
           g.recipient_earnings, b.earnings AS ledger_earnings,
           g.agency_commission, b.commission AS ledger_commission, g.platform_fee, b.rows
    FROM (SELECT * FROM gift_transactions WHERE NOT is_adopted) AS g
    FULL JOIN booked b ON b.id = g.id AND b.created_at = g.sent_at
    WHERE g.id IS NULL OR b.id IS NULL OR b.rows <> 1
       OR g.total_cost <> g.price * g.quantity
       OR g.recipient_earnings + g.agency_commission + g.platform_fee <> g.total_cost
       OR b.cost <> g.total_cost OR b.earnings <> g.recipient_earnings
       OR b.commission <> g.agency_commission OR b.sender_id <> g.sender_id
       OR (b.recipient_id <> g.recipient_id AND g.recipient_earnings > 0)
    ORDER BY 1
    """,
)
