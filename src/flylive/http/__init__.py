"""What every address shares: problem+json, request ids, pages and idempotency.

Owns ``idempotency_keys`` and ``cache``.
"""
