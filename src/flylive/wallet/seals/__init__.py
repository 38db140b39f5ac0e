"""Seals over closed spans of the ledger: an edit behind the program's back is found, and named.

A job seals what is old enough (:mod:`~flylive.wallet.seals.sealing`); the proof reads sealed
spans again (:mod:`flylive.wallet.invariants.seals`); a span leaves as a file that a stranger
checks with ``scripts/check_seals.py`` (:mod:`~flylive.wallet.seals.export`). Decision 0020.
"""
