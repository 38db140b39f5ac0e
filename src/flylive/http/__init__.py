"""What every address shares: problem+json, request ids, pages, idempotency, limits.

Owns ``idempotency_keys`` and ``cache``.
"""
