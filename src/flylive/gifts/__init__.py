"""Gifts: the catalogue, sending, and provably fair draws.

Owns ``gifts``, ``gift_transactions``, ``gift_groups``, ``fairness_seeds`` and
``lucky_draws``. Promises: a send is charged whole or not at all; its lines add up to its
cost; an answered gift is committed. Locks: users by id (senders, recipients, agency owners),
then the stream counters.
"""
