"""Badges: rules over named metrics, awarded once, by what happens and by a nightly sweep.

Owns ``badges``, ``user_badges``, ``room_badges``, ``user_counters`` and ``badge_checks``.
"""
