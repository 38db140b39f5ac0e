"""A provider of games: a process of its own that knows the platform by its wallet API alone.

Each round's seed is committed to before the player stakes, and revealed after; the player adds
a seed of his own, so that neither can choose the outcome. A journal on disk carries every round
over a crash: a bet whose answer was not heard is rolled back, a win not yet paid is paid.
"""
