"""The addresses a user can be reached at: proving the e-mail, changing e-mail and phone.

Owns ``email_verification_tokens`` and ``contact_changes``. Locks the user first.
"""
