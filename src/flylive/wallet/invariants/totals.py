"""``users.total_spent`` and ``total_received`` are the sums of the rows that count for them.

On top of what an adopted database had already.
"""

from flylive.wallet.invariants import Invariant, Part
from flylive.wallet.proving.ledger import Ledger


def _parts(_ledger: Ledger) -> list[Part]:
    return [
        Part(
            "users",
            """
            WITH found AS (
                SELECT user_id, GREATEST(total_spent, 0) AS spent,
                       GREATEST(total_received, 0) AS received
                FROM adopted_accounts
            )
            SELECT u.id AS user_id, u.total_spent, COALESCE(l.spent, 0) AS ledger_spent,
                   f.spent AS adopted_spent, u.total_received,
                   COALESCE(l.received, 0) AS ledger_received, f.received AS adopted_received
            FROM users u LEFT JOIN proof_people l ON l.user_id = u.id
                 LEFT JOIN found f ON f.user_id = u.id
            WHERE u.total_spent <> COALESCE(l.spent, 0) + COALESCE(f.spent, 0)
               OR u.total_received <> COALESCE(l.received, 0) + COALESCE(f.received, 0)
            ORDER BY u.id
            """,
        )
    ]


INVARIANT = Invariant(
    "totals",
    "coins spent and diamonds earned are the sums of their ledger rows",
    _parts,
    is_about_accounts=True,
)
