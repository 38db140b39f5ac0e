"""Holds: somebody's coins and diamonds stay where they are until the staff lift it.

Held, nothing is exchanged and no reseller sells to him or buys for him; he logs in, plays and
gives as before. Asked under the locks of whoever's money moves, placed and lifted under the
person's own: an exchange is before the hold or refused.
"""
