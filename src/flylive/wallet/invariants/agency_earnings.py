"""Each agency earning matches its gift line, and each commission has its earning."""

from flylive.wallet.invariants import Invariant

INVARIANT = Invariant(
    "agency_earnings",
    "each agency earning is its gift's commission, and none is missing",
    """
    SELECT COALESCE(g.id, e.source_id) AS gift_transaction_id, e.id AS agency_earning_id,
           g.agency_id, e.agency_id AS earning_agency_id,
           g.agency_commission, e.commission_amount, g.commission_rate,
           e.commission_rate AS earning_rate
    FROM (SELECT * FROM gift_transactions
          WHERE agency_id IS NOT NULL AND NOT is_adopted) AS g
    FULL JOIN (SELECT * FROM agency_earnings
               WHERE source_type = 'gift' AND NOT is_adopted) AS e
         ON e.source_id = g.id AND e.source_date = g.sent_at
    WHERE g.id IS NULL OR e.id IS NULL OR e.agency_id <> g.agency_id
       OR e.user_id <> g.recipient_id OR e.commission_amount <> g.agency_commission
       OR e.amount <> g.recipient_earnings + g.agency_commission
       OR e.commission_rate <> g.commission_rate
    ORDER BY 1
    """,
)
