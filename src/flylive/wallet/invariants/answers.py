"""Each answered gift has its lines, and they cost what the answer said.

The other way round is the key: a send whose answer was kept is in the ledger.
"""

from flylive.wallet.invariants import Invariant

INVARIANT = Invariant(
    "answers",
    "each kept answer of a gift stands for lines of that sender and cost",
    """
    WITH answered AS (
        SELECT user_id, key, (answer ->> 'id')::bigint AS batch_id,
               (answer ->> 'total_cost')::numeric AS total_cost
        FROM idempotency_keys
        WHERE status = 201 AND answer -> 'lines' IS NOT NULL
    ), sent AS (
        SELECT batch_id, min(sender_id) AS sender_id, sum(total_cost) AS total_cost
        FROM gift_transactions WHERE NOT is_adopted GROUP BY batch_id
    )
    SELECT a.user_id, a.key, a.batch_id, a.total_cost, s.total_cost AS sent_cost, s.sender_id
    FROM answered a LEFT JOIN sent s ON s.batch_id = a.batch_id
    WHERE s.batch_id IS NULL OR s.sender_id <> a.user_id OR s.total_cost <> a.total_cost
    ORDER BY a.user_id, a.key
    """,
)
