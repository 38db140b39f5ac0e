"""Each kept answer about money stands for what the ledger has under it.

Of a gift: lines of that sender, as many and as dear as the answer says. Of a transfer: its
ledger row. Of two answers none names the same effect. The other way round is the key: what was
done under it is done once.
"""

from flylive.wallet.invariants import Invariant, Part
from flylive.wallet.proving.ledger import Ledger


def _parts(ledger: Ledger) -> list[Part]:
    gifts = [
        Part(
            interval.label,
            _gifts(interval.gifts, interval.limits("created_at"), "LEFT"),
            f"""SELECT NOT EXISTS (SELECT FROM idempotency_keys
                                   WHERE {interval.limits("created_at")})""",
        )
        for interval in ledger.intervals
    ]
    return [*gifts, Part("transfers", _transfers(ledger, "true"))]


def _recent(ledger: Ledger) -> list[Part]:
    which = f"created_at >= {ledger.moment}"
    # FULL, though lines without an answer fit: such a join is never made by looking through all
    # lines for each answer, as the planner does where it takes the newest of both for a handful.
    return [
        Part("gifts", _gifts(ledger.recent_gifts, which, "FULL")),
        Part("transfers", _transfers(ledger, which)),
    ]


def _gifts(gifts: str, which: str, join: str) -> str:
    # An answer is kept in its gift's transaction, under the very same moment.
    return f"""
        SELECT a.user_id, a.key, a.batch_id, a.total_cost, s.total_cost AS sent_cost,
               s.sender_id, a.lines, s.lines AS sent_lines, a.answers
        FROM (SELECT k.user_id, k.key, g.id AS batch_id, g.total_cost,
                     json_array_length(g.lines) AS lines,
                     count(*) OVER (PARTITION BY g.id) AS answers
              FROM idempotency_keys k
              CROSS JOIN LATERAL json_to_record(k.answer)
                  AS g (id bigint, total_cost numeric, lines json)
              WHERE k.status = 201 AND {which} AND k.answer::text LIKE '{{%"lines":[%') AS a
        {join} JOIN (
            SELECT batch_id, min(sender_id) AS sender_id, max(sender_id) AS last_sender_id,
                   sum(total_cost) AS total_cost, count(*) AS lines
            FROM {gifts} AS g GROUP BY batch_id
        ) AS s ON s.batch_id = a.batch_id
        WHERE s.batch_id IS NULL OR s.lines <> a.lines OR a.answers > 1
           OR s.sender_id <> a.user_id OR s.last_sender_id <> a.user_id
           OR s.total_cost <> a.total_cost
    """


def _transfers(ledger: Ledger, which: str) -> str:
    return f"""
        SELECT a.user_id, a.key, a.transaction_id, a.amount, t.amount AS ledger_amount,
               t.user_id AS paid_by, a.to_user_id, t.beneficiary_id AS paid_to, a.answers
        FROM (SELECT k.user_id, k.key, r.*,
                     count(*) OVER (PARTITION BY r.transaction_id) AS answers
              FROM idempotency_keys k
              CROSS JOIN LATERAL json_to_record(k.answer)
                  AS r (transaction_id bigint, to_user_id bigint, amount numeric)
              WHERE k.status = 201 AND {which}
                AND k.answer::text LIKE '{{%"transaction_id":%"to_user_id":%') AS a
        LEFT JOIN {ledger.transactions} AS t ON t.id = a.transaction_id
        WHERE t.id IS NULL OR a.answers > 1 OR t.type <> 'transfer' OR t.user_id <> a.user_id
           OR t.beneficiary_id <> a.to_user_id OR t.amount <> a.amount
    """


INVARIANT = Invariant(
    "answers",
    "each kept answer of a gift or transfer stands for what it says",
    _parts,
    _recent,
)
