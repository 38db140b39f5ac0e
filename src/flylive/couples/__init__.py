"""Couples: a proposal by gift, an answer, points from gifts to each other, a parting.

Owns ``couples``, ``couple_members`` and ``couple_requests``. Promises: everybody has one partner
at the most; of two answers to a proposal one holds; what somebody gave his partner is counted
once. Locks: both people by id, then the request, the couple, its members; whoever holds one of
the two alone (a deletion) shuts every other verb out as well, as each needs both. Gifts, which
propose, stand above.
"""
