"""Levels, VIP and badges: what XP, purchases and deeds earn.

Owns ``levels``, ``user_levels``, ``room_levels``, ``vip_standings``, ``vip_notices``,
``catalogue_runs``, the tables of :mod:`.badges`, and the XP and level columns of ``users``
(written by the wallet's Book in the same statement as the balances) and ``rooms``. The caller
holds the user's or room's lock.
"""
