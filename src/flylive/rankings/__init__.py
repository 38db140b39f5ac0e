"""Boards: who gave, got, earned and won most, in a day, a week, a month and ever.

Owns ``rankings`` (closed periods), ``ranking_scores`` and ``ranking_bands`` (running ones),
``ranking_inputs``, ``ranking_periods`` and ``ranking_prizes``. Scores are hundredths of coins.
They are folded behind the gifts, by one at a time, in the transaction that forgets what it
folded: exactly once, whatever is killed. Locks: the fold's, then users by id for prizes.
"""
