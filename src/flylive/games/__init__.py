"""Games at outside providers: who may play what, and the signed calls that move coins for it.

Owns game_providers, games, game_sessions, game_transactions and game_signatures. Promises that
what a provider asks under one id happens once and is answered alike ever after, in whatever
order bets, wins and rollbacks arrive, and that every coin it moves is in the ledger.
Locks: the signature, the calls' ids by name, then the user.
"""
