"""Seeds that draws come from: committed to before, revealed after.

Owns ``fairness_seeds``. Everybody has a pair from his first moment on, so that there is no draw
whose commitment he could not have seen before. It stands below accounts, which call it.
"""
