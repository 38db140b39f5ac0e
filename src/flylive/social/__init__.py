"""Who follows and who blocks whom, and the one answer to 'may A do this to B?'.

Owns ``user_followers`` and ``user_blocks``. Promises: a block and a follow between the same
two people never stand side by side. Locks: the advisory lock of the pair, before all else; no
user's row, since those of hosts are hot.
"""
