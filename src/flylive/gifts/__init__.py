"""Gifts: the catalogue, sending, walls, and provably fair draws.

Owns ``gifts``, ``gift_transactions``, ``gift_groups``, ``gift_walls``, ``gift_odds`` and
``lucky_draws``. Promises: a send is charged whole or not at all; its lines add up to its
cost; an answered gift is committed; a draw names the odds it was drawn from. Locks: users by id
(senders, recipients, agency owners), proposals, seeds, then the stream counters.
"""
