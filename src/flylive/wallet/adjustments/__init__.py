"""What staff post to somebody's balance, by the ledger; large ones wait for a second person.

Owns ``adjustments``. Locks: the two people by id, then the adjustment.
"""

SOURCE = "Adjustment"
"""``transactions.transactionable_type`` of what an adjustment moved."""
