"""Levels and badges: what XP and deeds earn.

Owns ``levels``, ``user_levels``, ``room_levels``, ``badges``, ``user_badges`` and
``room_badges``, and the XP and level columns of ``users`` (written by the wallet's Book in
the same statement as the balances) and ``rooms``. The caller holds the user's or room's lock.
"""
