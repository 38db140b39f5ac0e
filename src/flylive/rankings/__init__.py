"""Leaderboards: the running ones, and the closed ones frozen.

Owns ``rankings``.
"""
