"""Gifts that staff take back: a correction is a new row, what was given stands as it was.

Owns ``gift_reversals`` and ``gift_reversal_requests``. Promises: a gift is taken back once,
with all that it moved; boards that are open follow, closed ones stay. Locks: the fold's, then
users by id (who acts, the sender, the recipient, the agency's owner).
"""
