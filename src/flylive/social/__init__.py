"""Who follows and who blocks whom.

Owns ``user_followers`` and ``user_blocks``.
"""
