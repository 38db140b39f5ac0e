"""Resellers: users who sell coins from their own balance, at once or on credit.

Owns ``resellers`` and ``coin_requests``. Promises: coins change hands in the transaction that
approves a request, and of two approvals one wins; whoever owes a reseller past the due day
gets no more credit from him. Locks: the request, then users by id.
"""
