"""A forgotten password: codes and tokens that set another one.

Works on ``password_reset_tokens`` and ``phone_reset_tokens``. Locks the user first.
"""
