"""Each gift that was taken back: what the rows moved is what it says, and undoes the gift's line.

Coins go back less what a draw had paid; of the earnings nothing is taken twice, and the agency's
earning has its correction.
"""

from flylive.wallet.invariants import Invariant, Part
from flylive.wallet.proving.ledger import Ledger

SOURCE = "GiftReversal"
"""``transactions.transactionable_type`` of what a reversal moved; the id is the gift's."""


def _parts(ledger: Ledger) -> list[Part]:
    return [
        Part("moved", _moved(ledger.transactions, "gift_reversals")),
        Part("lines", _lines(ledger.gifts, "gift_reversals", "agency_earnings")),
    ]


def _recent(ledger: Ledger) -> list[Part]:
    # A reversal is kept in its ledger rows' transaction; the line that it undoes may be old.
    which = f"(SELECT * FROM gift_reversals WHERE reversed_at >= {ledger.moment})"
    earned = f"(SELECT * FROM agency_earnings WHERE earned_at >= {ledger.moment})"
    lines = f"""
        (SELECT g.* FROM {which} AS k
         JOIN {ledger.gifts} AS g ON g.id = k.gift_transaction_id AND g.sent_at = k.sent_at)
    """
    return [
        Part("moved", _moved(ledger.recent, which)),
        Part("lines", _lines(lines, which, earned)),
    ]


def _moved(transactions: str, reversals: str) -> str:
    # Sender, recipient and owner may be one and the same: what moved is added up by person.
    return f"""
        WITH booked AS (
            SELECT transactionable_id AS id, user_id,
                   COALESCE(sum(amount) FILTER (WHERE direction = 2), 0) AS returned,
                   COALESCE(sum(amount) FILTER (WHERE direction = 1 AND currency_type = 2), 0)
                       AS diamonds,
                   COALESCE(sum(amount) FILTER (WHERE direction = 1 AND currency_type = 1), 0)
                       AS coins,
                   bool_and(transactionable_type = '{SOURCE}') AS is_whole
            FROM {transactions} AS t
            WHERE type = 'gift_reversal'
              AND type NOT IN ('gift', 'agency_commission', 'lucky_win', 'game_bet', 'game_win')
            GROUP BY 1, 2
        ), said AS (
            SELECT id, user_id, sum(returned) AS returned, sum(diamonds) AS diamonds,
                   sum(coins) AS coins
            FROM (
                SELECT r.gift_transaction_id AS id, g.sender_id AS user_id,
                       r.coins_returned AS returned, 0 AS diamonds, 0 AS coins
                FROM {reversals} AS r
                JOIN gift_transactions g ON g.id = r.gift_transaction_id
                     AND g.sent_at = r.sent_at
                UNION ALL
                SELECT gift_transaction_id, recipient_id, 0, recipient_diamonds, recipient_coins
                FROM {reversals} AS r
                UNION ALL
                SELECT gift_transaction_id, owner_id, 0, owner_diamonds, owner_coins
                FROM {reversals} AS r WHERE owner_id IS NOT NULL) AS each
            GROUP BY 1, 2
        )
        SELECT COALESCE(s.id, b.id) AS gift_transaction_id, COALESCE(s.user_id, b.user_id)
                   AS user_id,
               s.returned, b.returned AS ledger_returned, s.diamonds,
               b.diamonds AS ledger_diamonds, s.coins, b.coins AS ledger_coins
        FROM said s FULL JOIN booked b ON b.id = s.id AND b.user_id = s.user_id
        WHERE s.id IS NULL OR NOT COALESCE(b.is_whole, true)
           OR s.returned <> COALESCE(b.returned, 0) OR s.diamonds <> COALESCE(b.diamonds, 0)
           OR s.coins <> COALESCE(b.coins, 0)
        ORDER BY 1, 2
    """


def _lines(gifts: str, reversals: str, earnings: str) -> str:
    return f"""
        SELECT COALESCE(r.gift_transaction_id, c.source_id) AS gift_transaction_id, g.total_cost,
               r.coins_returned, d.payout, g.recipient_earnings, r.recipient_diamonds,
               g.agency_commission, r.owner_diamonds, c.commission_amount AS corrected_commission
        FROM {reversals} AS r
        FULL JOIN (SELECT * FROM {earnings} AS e WHERE source_type = 'gift_reversal'
                   AND NOT is_adopted) AS c
             ON c.source_id = r.gift_transaction_id AND c.source_date = r.sent_at
        LEFT JOIN {gifts} AS g ON g.id = r.gift_transaction_id AND g.sent_at = r.sent_at
        LEFT JOIN lucky_draws d ON d.gift_transaction_id = g.id AND d.sent_at = g.sent_at
        LEFT JOIN users s ON s.id = g.sender_id
        WHERE g.id IS NULL OR r.recipient_id <> g.recipient_id
           OR r.total_cost <> g.total_cost
           OR r.coins_returned NOT IN (
                  GREATEST(g.total_cost - COALESCE(d.payout, 0), 0),
                  CASE WHEN s.deleted_at IS NULL
                       THEN GREATEST(g.total_cost - COALESCE(d.payout, 0), 0) ELSE 0 END)
           OR r.recipient_diamonds > g.recipient_earnings
           OR r.owner_diamonds > g.agency_commission
           OR (g.agency_id IS NULL) <> (c.id IS NULL)
           OR c.agency_id <> g.agency_id OR c.user_id <> g.recipient_id
           OR c.commission_amount <> - g.agency_commission
           OR c.amount <> - (g.recipient_earnings + g.agency_commission)
    """


INVARIANT = Invariant(
    "gift_reversals",
    "each gift taken back stands in the ledger as it says, once, and undoes its line",
    _parts,
    _recent,
)
